"""WET files of Common Crawl: the text that it has extracted from pages, read to see what a crawl holds.

They have no markup, links or headers, so that nothing in them can show a license, and nothing a denial.
"""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import xxhash

from glotmill.core.errors import DataError
from glotmill.core.hashing import document_id
from glotmill.core.inputs import InputFile, Slice
from glotmill.core.steps import Outcome
from glotmill.crawl.commoncrawl.base import Base, Missing, read_again, size_again
from glotmill.crawl.commoncrawl.pace import Pace
from glotmill.io.rows import Gatherer, Row
from glotmill.io.storage import open_read, sha256
from glotmill.io.warc_records import Record, read_records
from glotmill.licensing.consent import consent_column
from glotmill.provenance.receipts import FileRecord, Receipt, read_receipt, write_receipt

SUFFIX = ".warc.wet.gz"
FOLDER = "wet"
REASONS = frozenset({"wet.truncated", "wet.bad_record", "wet.undecodable", "wet.empty"})
_PIECE = 8 << 20
_LARGEST = 4 << 30  # bytes of a file; real ones have 60 to 150 MB
_TEXT = 5_000_000
_BATCH_ROWS = 64


def is_wet(name: str) -> bool:
    """Tell whether a file of a fetch is one of extracted text."""
    return name.endswith(SUFFIX)


def sampled(paths: Sequence[str], number: int) -> list[str]:
    """Return so many of a crawl's WET files, those whose paths have the smallest hashes: a larger sample holds the smaller."""
    found = sorted((path for path in paths if is_wet(path)), key=lambda path: (xxhash.xxh3_64_intdigest(path), path))
    return sorted(found[:number])


def fetch(path: str, folder: Path, *, base: Base, pace: Pace, plan: str) -> Receipt:
    """Fetch one file whole, in pieces of 8 MiB; what is there already is not asked for again.

    Raises:
        DataError: it is missing, larger than 4 GiB, or no gzip file of WARC records.
    """
    task = f"wet-{xxhash.xxh3_64_hexdigest(path)}"
    receipts = str(folder / "receipts")
    done = read_receipt(receipts, task)
    if done is not None and done.plan == plan:
        return done
    size = size_again(base, pace, path)
    if isinstance(size, Missing) or size > _LARGEST:
        raise DataError(size.detail if isinstance(size, Missing) else f"{path} has {size:,} bytes: no WET file")
    where = folder / FOLDER / path
    where.parent.mkdir(parents=True, exist_ok=True)
    with where.open("ab") as stream:
        here = min(stream.tell(), size) // _PIECE * _PIECE  # the last piece may be half written
        stream.truncate(here)
        while here < size:
            data = read_again(base, pace, path, here, min(_PIECE, size - here))
            if isinstance(data, Missing):
                raise DataError(f"{data.detail} ({data.reason}); the same command goes on from here")
            stream.write(data)
            here += len(data)
        stream.flush()
        os.fsync(stream.fileno())
    records = _count(where)
    digest, _ = sha256(str(where))
    record = FileRecord(where.relative_to(folder).as_posix(), size, f"sha256:{digest}")
    receipt = Receipt(plan, task, files={"wet": record}, facts=records)
    write_receipt(receipts, receipt)
    return receipt


def _count(where: Path) -> dict[str, int]:
    """Return how many records a file has, and how many of them are broken; a DataError where it is no such file."""
    records = broken = 0
    try:
        with where.open("rb") as stream:
            for record in read_records(stream, 0, where.stat().st_size, keep=0):
                records += 1
                broken += record.fault is not None
    except DataError as error:
        where.unlink()  # asked for anew by the next call
        raise DataError(f"{where}: {error}") from error
    return {"records": records, "broken": broken}


def read(part: Slice, *, source: str, track: str) -> Iterator[Outcome]:
    """Yield one row per text, with the address that it was extracted from; no row has markup, headers or a license."""
    gatherer = Gatherer(_BATCH_ROWS)
    with open_read(part.file.url) as stream:
        try:
            for record in read_records(stream, part.start, part.end, keep=_TEXT):
                if record.fault or record.headers.get(b"warc-type", b"").lower() == b"conversion":
                    yield from gatherer.add(_row(record, part.file, source=source, track=track))
        except DataError as error:
            raise DataError(f"{part.file.url}: {error}") from error
    yield from gatherer.flush()


def _row(record: Record, file: InputFile, *, source: str, track: str) -> Row:
    url = record.headers.get(b"warc-target-uri", b"").decode("utf-8", "replace").strip("<>")
    date = record.headers.get(b"warc-date", b"").decode("utf-8", "replace")
    text, reason, detail = None, record.fault and f"wet.{record.fault}", record.detail
    if reason is None:
        try:
            text = record.block.decode("utf-8") if record.length <= _TEXT else record.block.decode("utf-8", "ignore")
        except UnicodeDecodeError as error:
            reason, detail = "wet.undecodable", str(error)[:200]
        else:
            reason, detail = (None, None) if text.strip() else ("wet.empty", "no text")
    return Row(
        doc_id=document_id(source, file.identity, record.ref, url, date),
        source=source,
        track=track,
        url=url or None,
        text=text if reason is None else None,
        consent=consent_column({}),
        crawl_time=_time(date),
        warc_ref=f"{file.name.removeprefix(f'{FOLDER}/')}:{record.ref}",
        reason=reason,
        detail=detail,
    )


def _time(date: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(date)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
