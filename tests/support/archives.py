"""What a crawl left behind, read by every reader and held against its frontier."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from glotmill.core.inputs import InputFile, Slice
from glotmill.crawl.archive import published
from glotmill.crawl.frontier import DONE
from glotmill.crawl.job import frontier_folder
from glotmill.crawl.shards import shard_path
from glotmill.io.warc import PURPOSE, WarcSource

_CAPTURES = ("response", "revisit")


@dataclass(frozen=True, slots=True)
class Capture:
    """A response or revisit record of a page."""

    url: str
    kind: str
    status: int
    address: str


def captures(folder: Path) -> list[Capture]:
    """The captures of pages in all published files, policies without; digests verified by both readers."""
    found: list[Capture] = []
    for path in published(folder):
        before = len(found)
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, parse_http=False):
                assert record.verify_block_digest(), record.headers
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, parse_http=True):
                kind = record.headers["WARC-Type"]
                if kind == "response" and "WARC-Payload-Digest" in record.headers:
                    assert record.verify_payload_digest(), record.headers
                if kind in _CAPTURES and PURPOSE not in record.headers:
                    status, address = record.http_headers.status_code, record.headers["WARC-IP-Address"]
                    found.append(Capture(record.headers["WARC-Target-URI"], kind, status, address))
        assert _by_warcio(path) == [(one.kind, one.url) for one in found[before:]]
    return found


def _by_warcio(path: Path) -> list[tuple[str, str]]:
    with path.open("rb") as stream:
        found = []
        for record in WarcioIterator(stream, check_digests="raise"):
            record.raw_stream.read()
            if record.rec_type in _CAPTURES and record.rec_headers.get_header(PURPOSE) is None:
                found.append((record.rec_type, record.rec_headers.get_header("WARC-Target-URI")))
        return found


def documents(folder: Path) -> Counter[str]:
    """The URLs of rows that the package's own source reads as documents."""
    found: Counter[str] = Counter()
    for path in published(folder):
        file = InputFile("proba", path.name, str(path), path.stat().st_size, "xxh3:0")
        for outcome in WarcSource(kind="warc", of="proba").read(Slice(file, 0, file.size)):
            reasons = outcome.reasons.to_pylist() if outcome.reasons is not None else [None] * len(outcome.batch)
            urls = outcome.batch.rows.column("url").to_pylist()
            found.update(url for url, reason in zip(urls, reasons, strict=True) if reason is None)
    return found


def places(folder: Path) -> Iterator[tuple[str, str]]:
    """Of every page that the frontier holds for done: its URL, and that of the record where it says the page is."""
    with sqlite3.connect(shard_path(frontier_folder(folder), 0)) as db:
        rows = db.execute(
            "SELECT u.url, f.name, u.place FROM urls u JOIN files f ON f.id = u.file WHERE u.state = ?", (DONE,)
        ).fetchall()
    for url, name, place in rows:
        with (folder / "warc" / name).open("rb") as stream:
            stream.seek(place)
            record = next(iter(ArchiveIterator(stream, parse_http=False)))
            yield url, record.headers["WARC-Target-URI"]


def done(folder: Path) -> set[str]:
    """The URLs that the frontier holds for done."""
    with sqlite3.connect(shard_path(frontier_folder(folder), 0)) as db:
        return {row[0] for row in db.execute("SELECT url FROM urls WHERE state = ?", (DONE,))}
