"""Fills .cache/real/markdown with Markdown documents with code: READMEs and manuals that npm packages carry, asked for by name and version.

Run `python scripts/fetch_markdown.py [--cache .cache/real]`, or `make markdown`. It writes `documents.jsonl`, one object per line with
`package`, `path` and `text`, without repetitions: what benchmarks/translate.py counts placeholders in. Nothing is installed, archives
are deleted after use, and a finished cache is left alone; delete the folder to fill it again.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fetch_real import STAMP, CannotFetch, Package, download, unpack

LEAST, MOST = 200, 200_000  # characters of a document
# Package and version -> sha256 of its archive.
PINNED = {
    "npm@6.14.18": "c9b15f277e2a0b1b57e05bad04504296a27024555d56c2aa967f862e957ad2ed",
    "sails@1.5.14": "610a3fd6c47c8b8c68ee79e1ab3680a4d6cd7dcf90a39ac84be59afe0fc26cbd",
    "aws-cdk-lib@2.160.0": "c882ab165bd62933e95c0d7875a795667040d25a4314e186ee9c0225b60ac36d",
    "stylelint@13.13.1": "2a9c562173896e9faf8593add48ce0204eaa290b059a3265fe8ba3e4de966d7c",
    "npm@10.9.0": "c12def16fe3efdc80b1e652d60903d807ac4b78b9e7c3e76f633f4b13a32897c",
    "npm@8.19.4": "2667a1b8300f315d223e43c307fbe946eb8b97792af399424ef67ea9cb0a72f6",
    "nativescript@8.8.3": "5ee8b3da8cf12c962860c960e8dcc11815ea6581ca983360b7afd0156cd48e85",
    "webdriverio@4.14.4": "c66b4a648f15663c4c2a97b76c57e5179f99c99d36f32116067914a8c5c9951d",
    "eslint-plugin-jest@28.8.3": "63fd78ba45f218773cab33dba96807c756666d898842d6449ee635401aebe7bf",
    "markdownlint@0.35.0": "cdcc6b66482a6d27ef8511381e16b35e099de7ed585acbae1c56cc12920f2c36",
    "eslint-plugin-import@2.31.0": "57880dcb9f6322e6f11114088be9d1c2ca1fa10bec4b94619c725eb18ba03dc8",
    "carbon-components@10.58.12": "d734b7f075f5ebe2728cbd5d9405fceaf3316671ade449210cf4de5d9856ec16",
    "eslint-plugin-jsx-a11y@6.10.0": "e19b0c935a8304b5955bd9b96c056666e2ca348dbb323e66f99b04119aff4c18",
    "fastify@4.28.1": "df149dcab400c90ed4b703d77381d7c6a47dc394c76f2491ff3a8647d332854b",
    "marko@5.35.0": "0d6e52b7f48ecf1366395aa37839e83e187c8cc83b2737a323a75d384d906f23",
    "fastify@5.0.0": "51b47989828cd51984c690efe8f34e49467a3cbcccbd007a0a334c24aaf0c6b6",
    "pino@9.5.0": "e76004f2329b7aba62af90f416c60dd9f7dc0513587e57e90508a2d80938afd9",
    "date-fns@2.30.0": "0a6899307d0887bb23b9b982068b4f4a6509e3075fc798ad0d8abe6b0dc2cc4e",
}


def documents(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the path and text of each Markdown file with code in it, in the order of paths."""
    for path in sorted(folder.rglob("*.md"), key=lambda path: path.relative_to(folder).as_posix()):
        try:
            text = path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if "`" in text and LEAST < len(text) < MOST:
            yield path.relative_to(folder).as_posix(), text


def gather(request: str, digest: str, cache: Path) -> list[tuple[str, str]]:
    """Return the documents of one package.

    Raises:
        CannotFetch: it cannot be had, or is another one than is pinned.
    """
    package = Package("markdown", "npm", request, "package", "")
    with tempfile.TemporaryDirectory(dir=cache, prefix=".fetch-") as name:
        downloads, unpacked = Path(name) / "archive", Path(name) / "unpacked"
        downloads.mkdir()
        unpacked.mkdir()
        archive = download(package, downloads)
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != digest:
            raise CannotFetch(f"{request} came with sha256 {found}, expected {digest}")
        unpack(package, archive, unpacked)
        return list(documents(unpacked))


def main() -> int:
    """Fetch all packages; return 1 where one could not be had."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path(".cache/real"))
    place = parser.parse_args().cache.resolve() / "markdown"
    if (place / STAMP).is_file():
        print(f"markdown: {json.loads((place / STAMP).read_text('utf-8'))['documents']} documents are there")
        return 0
    place.mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()
    failed = False
    with (place / "documents.jsonl").open("w", encoding="utf-8") as lines:
        for request, digest in PINNED.items():
            try:
                found = gather(request, digest, place)
            except CannotFetch as error:
                failed = True
                print(f"markdown: {error}", file=sys.stderr)
                continue
            for path, text in found:
                if text not in seen:
                    seen.add(text)
                    lines.write(json.dumps({"package": request, "path": path, "text": text}, ensure_ascii=False) + "\n")
    if not failed:
        (place / STAMP).write_text(json.dumps({"documents": len(seen)}) + "\n", "utf-8")
    print(f"markdown: {len(seen)} documents of {len(PINNED)} packages")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
