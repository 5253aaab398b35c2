"""Where a shard of a crawl keeps what it fetched: WARC files that survive a kill, closed ones published by receipt."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from glotmill import __version__
from glotmill.core.errors import DataError
from glotmill.core.inputs import InputFile
from glotmill.crawl import cdxj
from glotmill.crawl.messages import Failure, Response
from glotmill.crawl.payloads import Payloads
from glotmill.crawl.records import (
    IDENTICAL,
    NOT_MODIFIED,
    About,
    Earlier,
    Written,
    head_of,
    info_record,
    metadata_record,
    payload_digest,
    request_record,
    response_record,
    revisit_record,
    target,
)
from glotmill.io import storage
from glotmill.io.warc import is_robots
from glotmill.io.warc_records import HEAD_LIMIT, read_records
from glotmill.provenance.receipts import FileRecord, Receipt, read_receipt, write_receipt

_PIECE = 1 << 20
_REMEDY = "take it from a copy, or crawl into a new folder"
_CONFORMS = "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"

Purpose = Literal["policy"]


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """How far a shard's archive is on the disk: files before number `file` whole, that one up to byte `offset`.

    With offset 0 the file need not be there.
    """

    file: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fetch's first record stands: number and name of the file, offset and length of its gzip member, bytes.

    `capture` is the record that holds its payload, which an earlier fetch may have written; None where it has none to keep.
    """

    file: int
    name: str
    offset: int
    length: int
    capture: Earlier | None = None


@dataclass(frozen=True, slots=True)
class Operator:
    """Who crawls; stands in the warcinfo record of each file (section 6.2).

    Args:
        contact: whom site owners may write to.
        agent: the User-Agent header.
        robots: the policy on robots.txt, in words.
        crawl: name of the crawl.
    """

    contact: str
    agent: str
    crawl: str
    robots: str = "RFC 9309"


class Archive:
    """The WARC files of one shard, `warc/<shard>-00000.warc.gz` and so on, below a local folder.

    Nothing that a caller has not committed counts. It goes round like this: `write` any number of fetches, `flush`,
    commit the mark it returns together with the states of those fetches, `settle` that mark. After a kill, `recover`
    with the last committed mark before anything else: what was written after it is cut off, and is fetched again.
    Only files that lie wholly before a settled mark are published, so no reader sees a record that a recovery removes.

    The bytes depend on what is written alone, not on when: dates are those of the responses, ids are derived. Between
    two files a fetch is never split.

    Args:
        folder: local; gets the folders `warc` (files and their indexes), `receipts` and `payloads`.
        shard: name of the shard; letters, digits, `-` and `_`.
        operator: who crawls.
        plan: fingerprint of what this crawl is; stands in the receipts.
        max_bytes: a file that has so many gets no further fetch.

    Raises:
        DataError: files of this shard are there and `recover` was not called: raised by the first `write`.
    """

    def __init__(
        self, folder: Path, shard: str, *, operator: Operator, plan: str, max_bytes: int = 1_000_000_000
    ) -> None:
        self._warc, self._receipts = folder / "warc", folder / "receipts"
        self._shard, self._operator, self._plan, self._max_bytes = shard, operator, plan, max_bytes
        self._warc.mkdir(parents=True, exist_ok=True)
        self._payloads = Payloads(folder / "payloads" / f"{shard}.sqlite")
        self._number = 0
        self._open: _File | None = None
        self._ended: list[_File] = []  # whole, and not yet settled
        self._ready = False

    def write(self, result: Response | Failure, about: About, *, purpose: Purpose | None = None) -> Place:
        """Append the records of one fetch: response or revisit, request, metadata. A failure has metadata alone.

        A payload that this shard has archived before, at any URL, becomes a revisit (section 6.7.2). Only whole, non-empty
        bodies of status 200 count, and policy files do not: so a page is never archived as a revisit of what no reader
        takes for a page. A 304 is a revisit by section 6.7.3; `about.earlier` says of what.

        Args:
            result: what came of the request.
            about: what else is known of it.
            purpose: `policy` for robots.txt, tdmrep.json and what their redirects lead to: archived like any other
                response and marked, so that `WarcSource` takes none of them for a document. A robots.txt is one in any case.

        Raises:
            DataError: the shard has files, and `recover` was not called.
            OSError: the disk is full or broken. The file is as it was before the call.
        """
        file = self._writable(result.started)
        if isinstance(result, Failure):
            place = file.append([metadata_record(result, about, None)])
            return Place(file.number, file.path.name, *place)
        return self._fetch(file, result, about, purpose)

    def _writable(self, date: datetime) -> "_File":
        """Return the file that is written to next; one that is full is ended, and the next begins with this date."""
        if not self._ready:
            if self._numbers():
                raise DataError(f"{self._warc}: files of {self._shard} are there; recover to the committed mark first")
            self._ready = True
        if self._open is not None and self._open.size >= self._max_bytes:
            self._end()
        return self._open or self._begin(date)

    def _fetch(self, file: "_File", response: Response, about: About, purpose: Purpose | None) -> Place:
        purpose = purpose or ("policy" if is_robots(target(response.url).encode()) else None)
        payload = payload_digest(response)
        unique = response.status == 200 and response.body and not response.truncated and not purpose
        known = self._payloads.find(payload) if payload and unique else None
        if response.status == 304:
            first = revisit_record(response, profile=NOT_MODIFIED, payload=None, earlier=about.earlier, purpose=purpose)
        elif known:
            first = revisit_record(response, profile=IDENTICAL, payload=payload, earlier=known, purpose=purpose)
        else:
            first = response_record(response, about, payload, purpose=purpose)
        revisit = known is not None or response.status == 304
        start, length = file.append(
            [first, request_record(response, first.identity), metadata_record(response, about, first.identity)]
        )
        status, mime = cdxj.http_facts(head_of(response) + (b"" if revisit else response.body[:HEAD_LIMIT]))
        file.lines.append(
            cdxj.entry(
                url=target(response.url),
                date=response.started,
                mime=cdxj.REVISIT if revisit else mime,
                status=status,
                digest=None if response.status == 304 else payload,
                filename=file.path.name,
                offset=start,
                length=length,
            )
        )
        capture = known or Earlier(response.url, response.started, first.identity)
        if payload and unique and known is None:
            self._payloads.add(payload, capture, file=file.number, offset=start)
        held = response.status == 200 and not purpose
        return Place(file.number, file.path.name, start, length, capture if held else None)

    def take(self, records: Sequence[Written], *, date: datetime, line: Callable[[str, int, int], str]) -> None:
        """Append records that were made elsewhere, the first of them a capture, as they are.

        Args:
            records: in order; they stay together.
            date: of the capture; a new file begins with it.
            line: from file name, offset and length of the first record to its line in the index.

        Raises:
            DataError: the shard has files, and `recover` was not called.
            OSError: the disk is full or broken. The file is as it was before the call.
        """
        file = self._writable(date)
        start, length = file.append(list(records))
        file.lines.append(line(file.path.name, start, length))

    def flush(self) -> Mark:
        """Bring everything written so far to the disk and return the mark to commit."""
        if self._open is not None:
            self._open.sync()
        self._payloads.save()
        return Mark(self._number, self._open.size if self._open else 0)

    def end(self) -> Mark:
        """End the open file, however short, as a crawl does at its end; `flush` for the rest."""
        if self._open is not None:
            self._end()
        return self.flush()

    @property
    def publishes(self) -> bool:
        """Whether files are whole, and the next settled mark publishes them."""
        return bool(self._ended)

    def settle(self, mark: Mark) -> tuple[Receipt, ...]:
        """Publish the files that lie before a mark which is committed: index first, receipt last.

        Returns:
            Their receipts: task `warc-<shard>-00000`, files `warc` and `cdxj`, facts `records` and `captures`.
        """
        done = [file for file in self._ended if file.number < mark.file]
        self._ended = [file for file in self._ended if file.number >= mark.file]
        return tuple(self._publish(file) for file in done)

    def recover(self, mark: Mark) -> tuple[Receipt, ...]:
        """Bring the files back to a committed mark, by cutting and deleting, and publish those that lie before it.

        A shard that was never committed recovers to `Mark()`.

        Returns:
            Receipts that were still missing.

        Raises:
            DataError: the archive has less than the mark says, or has published more than that: the mark is not this
                archive's. Nothing was changed.
        """
        numbers = self._numbers()
        self._check(mark, numbers)
        for number in numbers:
            if number > mark.file or (number == mark.file and mark.offset == 0):
                self._path(number).unlink()
        self._payloads.forget(file=mark.file, offset=mark.offset)
        self._number, self._ready, self._ended, self._open = mark.file, True, [], None
        missing = [
            number for number in range(mark.file) if read_receipt(str(self._receipts), self._task(number)) is None
        ]
        receipts = tuple(self._publish(_File.reopen(self._path(number), number, None)) for number in missing)
        if mark.offset:
            self._open = _File.reopen(self._path(mark.file), mark.file, mark.offset)
        _sync_folder(self._warc)
        return receipts

    def close(self) -> None:
        """Let go of files. What was not flushed may be lost, as in a kill."""
        for file in (*self._ended, *([self._open] if self._open else [])):
            file.close()
        self._payloads.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self, date: datetime) -> "_File":
        operator = self._operator
        path = self._path(self._number)
        lines = (
            ("software", f"glotmill/{__version__}"),
            ("format", "WARC File Format 1.1"),
            ("conformsTo", _CONFORMS),
            ("isPartOf", operator.crawl),
            ("operator", operator.contact),
            ("robots", operator.robots),
            ("http-header-user-agent", operator.agent),
        )
        self._open = _File(path, self._number)
        self._open.append([info_record(path.name, lines, date)])
        _sync_folder(self._warc)
        return self._open

    def _end(self) -> None:
        assert self._open is not None
        self._open.sync()
        self._open.close()
        self._ended.append(self._open)
        self._open = None
        self._number += 1

    def _publish(self, file: "_File") -> Receipt:
        file.close()
        index, name = cdxj.index(file.lines), f"{file.path.name.removesuffix('.warc.gz')}.cdxj"
        storage.write_bytes(str(self._warc / name), index)
        receipt = Receipt(
            plan=self._plan,
            task=self._task(file.number),
            files={
                "warc": FileRecord(f"warc/{file.path.name}", file.size, f"sha256:{file.digest.hexdigest()}"),
                "cdxj": FileRecord(f"warc/{name}", len(index), f"sha256:{hashlib.sha256(index).hexdigest()}"),
            },
            facts={"records": file.records, "captures": len(file.lines)},
        )
        write_receipt(str(self._receipts), receipt)
        _sync_folder(self._warc)
        _sync_folder(self._receipts)
        return receipt

    def _check(self, mark: Mark, numbers: list[int]) -> None:
        here = f"{self._warc}, shard {self._shard}: the committed mark is file {mark.file}, byte {mark.offset}"
        receipts, task = str(self._receipts), self._task  # a published file may have been moved to where it is kept
        gone = [n for n in range(mark.file) if n not in numbers and read_receipt(receipts, task(n)) is None]
        if gone:
            raise DataError(f"{here}, and file {gone[0]} is missing: {_REMEDY}")
        size = self._path(mark.file).stat().st_size if mark.file in numbers else 0
        if size < mark.offset:
            raise DataError(f"{here}, and that file has {size} bytes: {_REMEDY}")
        later = [number for number in numbers if number >= mark.file]
        published = [number for number in later if read_receipt(str(self._receipts), self._task(number)) is not None]
        if published:
            raise DataError(f"{here}, and file {published[0]} is published: the mark is older than the archive")

    def _numbers(self) -> list[int]:
        stems = [path.name.removesuffix(".warc.gz") for path in self._warc.glob(f"{self._shard}-*.warc.gz")]
        tails = [stem.removeprefix(f"{self._shard}-") for stem in stems]
        return sorted(int(tail) for tail in tails if tail.isdecimal())

    def _path(self, number: int) -> Path:
        return self._warc / f"{self._shard}-{number:05d}.warc.gz"

    def _task(self, number: int) -> str:
        return f"warc-{self._shard}-{number:05d}"


class _File:
    """One WARC file in the making, with its digest and the lines of its index so far (300 bytes a capture)."""

    def __init__(self, path: Path, number: int, mode: str = "x") -> None:
        self.path, self.number = path, number
        self.size = self.records = 0
        self.digest = hashlib.sha256()
        self.lines: list[str] = []
        self._stream = FileIO(path, mode)

    @classmethod
    def reopen(cls, path: Path, number: int, size: int | None) -> "_File":
        """Return a file as it was at `size` bytes (None: all of them), what stood behind them cut off."""
        file = cls(path, number, "r+")
        file.size = path.stat().st_size if size is None else size
        file._stream.truncate(file.size)
        file.sync()
        while piece := file._stream.read(_PIECE):
            file.digest.update(piece)
        with path.open("rb") as stream:
            file.records = sum(1 for _ in read_records(stream, 0, file.size, keep=0))
        file.lines = cdxj.rebuild(path)
        return file

    def append(self, records: list[Written]) -> tuple[int, int]:
        """Append records; return offset and length of the first."""
        start, data = self.size, b"".join(record.data for record in records)
        left = memoryview(data)
        try:
            while left:
                left = left[self._stream.write(left) :]
        except OSError:
            self._stream.truncate(start)
            self._stream.seek(start)
            raise
        self.digest.update(data)
        self.size += len(data)
        self.records += len(records)
        return start, len(records[0].data)

    def sync(self) -> None:
        os.fsync(self._stream.fileno())

    def close(self) -> None:
        self._stream.close()


def published(folder: Path) -> Iterator[Path]:
    """Yield the WARC files below an archive's folder that have a receipt, all shards, by name."""
    for path in sorted((folder / "warc").glob("*.warc.gz")):
        receipt = read_receipt(str(folder / "receipts"), f"warc-{path.name.removesuffix('.warc.gz')}")
        if receipt is not None and receipt.files["warc"].bytes == path.stat().st_size:
            yield path


def stem(name: str) -> str:
    """Return what a WARC file's receipt is named by: `shard-0-00000` of `warc/shard-0-00000.warc.gz`."""
    return name.rpartition("/")[2].partition(".warc")[0]


def check_size(file: InputFile) -> None:
    """Hold a WARC file against its receipt, where it has one.

    Raises:
        DataError: it is shorter or longer than it was when it was written.
    """
    folder = file.url.removesuffix(file.name) + "receipts"
    receipt = read_receipt(folder, f"warc-{stem(file.name)}")
    if receipt is not None and receipt.files["warc"].bytes != file.size:
        raise DataError(
            f"{file.url} has {file.size} bytes, and {receipt.files['warc'].bytes} by its receipt: take it from a copy"
        )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
