"""The source of JSON lines: one document per line, plain, gzip or Zstandard."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, ClassVar, Literal

from glotmill.core.arrow import pylist
from glotmill.core.inputs import Slice
from glotmill.core.steps import Outcome
from glotmill.io.columns import ROW, TARGETS, TableSource
from glotmill.io.deflate import GZIP, DeflateError, Inflater, inflater
from glotmill.io.frames import GZIP_MAGIC, ZSTD_MAGIC, BrokenError, zstd_reader
from glotmill.io.json_columns import read_columns
from glotmill.io.storage import open_read
from glotmill.io.tables import Column, Cutter, Rows, documents

LINE_LIMIT = 16 << 20  # bytes; longer lines are skipped in pieces
_PIECE = 256 << 10
_BLOCK = 512 << 10  # bytes of lines that are parsed at once: smaller ones cost more per byte (measured)
_UNASKED = (
    4  # blocks that Python's parser is given after one that Arrow's could not read: few fields have two types once
)
_BOM = b"\xef\xbb\xbf"


class JsonlSource(TableSource):
    """Documents out of JSON lines; fields of the document columns' names are taken, others by `columns`."""

    suffixes: ClassVar[tuple[str, ...]] = (
        ".jsonl",
        ".jsonl.gz",
        ".jsonl.zst",
        ".ndjson",
        ".ndjson.gz",
        ".ndjson.zst",
        ".json.gz",
        ".json.zst",
    )

    kind: Literal["jsonl"]

    def read(self, part: Slice) -> Iterator[Outcome]:
        cutter = Cutter(self.of, self.track)
        paths = {target: self.source_of(target) for target in TARGETS}
        unasked = 0
        with open_read(part.file.url) as stream:
            for block in _blocks(_pieces(stream)):
                rows = None
                if unasked:
                    unasked -= 1
                elif (rows := self._rows(block, paths)) is None:
                    unasked = _UNASKED
                if rows is None:
                    rows = self._rows_one_by_one(block, paths)
                if rows.numbers:
                    yield from cutter.add(documents(self, "jsonl", part.file, rows))
        yield from cutter.flush()

    def reasons(self) -> frozenset[str]:
        return self.table_reasons("jsonl") | {"jsonl.bad_json", "jsonl.line_too_long", "jsonl.truncated"}

    def _rows(self, block: "_Block", paths: Mapping[str, str]) -> Rows | None:
        if block.fault or paths["text"] == ROW:
            return None
        read = read_columns(block.data, sorted({*paths.values(), *([self.key] if self.key else [])}))
        if read is None:
            return None
        count, found = read
        columns = {target: found[path] for target, path in paths.items() if path in found}
        keys = None if self.key is None else _listed(found.get(self.key), count)
        return Rows(range(block.number, block.number + count), columns, keys)

    def _rows_one_by_one(self, block: "_Block", paths: Mapping[str, str]) -> Rows:
        numbers: list[int] = []
        objects: list[dict[str, Any]] = []
        faults: dict[int, tuple[str, str]] = {}
        whole: list[str | None] = []
        for line in block.lines():
            value = _parse(line.data) if line.fault is None else f"{line.detail}"
            if isinstance(value, str):
                faults[len(numbers)] = (line.fault or "bad_json", f"line {line.number}: {value}")
                value = {}
            if paths["text"] == ROW:
                whole.append(None if len(numbers) in faults else line.data.decode("utf-8-sig").strip())
            numbers.append(line.number)
            objects.append(value)
        columns: dict[str, list[Any]] = {}
        for target, path in paths.items():
            values = whole if path == ROW else [reach(value, path) for value in objects]
            if any(value is not None for value in values):
                columns[target] = values
        keys = None if self.key is None else [reach(value, self.key) for value in objects]
        return Rows(numbers, columns, keys, faults)


def read_objects(stream: BinaryIO) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield the number of each line that is not blank, from 1, and its object, or what is wrong with it, in words."""
    for block in _blocks(_pieces(stream)):
        for line in block.lines():
            if line.fault:
                yield line.number, f"{line.fault.replace('_', ' ')}: {line.detail}"
            else:
                yield line.number, _parse(line.data)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    data: bytes
    fault: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class _Block:
    """Whole lines, the first of them `number`; one too long or cut off is a block of its own, without data."""

    number: int
    data: bytes
    fault: str | None = None
    detail: str | None = None

    def lines(self) -> Iterator[_Line]:
        """Yield the lines that are not blank."""
        if self.fault:
            yield _Line(self.number, b"", self.fault, self.detail)
            return
        for number, data in enumerate(self.data.split(b"\n"), self.number):
            if data.strip():
                yield _Line(number, data)


def _listed(values: Column | None, count: int) -> list[Any]:
    if values is None:
        return [None] * count
    return values if isinstance(values, list) else pylist(values)


def _parse(data: bytes) -> dict[str, Any] | str:
    """Return a line's object, or what is wrong with it, in words."""
    try:
        value = json.loads(data.removeprefix(_BOM).decode("utf-8"))
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        return f"{error.msg} at column {error.colno}"
    except (ValueError, RecursionError) as error:
        return f"{type(error).__name__}: {error}"
    return value if isinstance(value, dict) else f"{type(value).__name__}, where an object was expected"


def reach(value: dict[str, Any], path: str) -> object:
    """Return the value at a dotted path; a field whose name holds the dots goes first."""
    if path in value:
        return value[path]
    here: object = value
    for name in path.split("."):
        here = here.get(name) if isinstance(here, dict) else None
    return here


@dataclass(slots=True)
class _Lines:
    """Gathers pieces of a file and gives whole lines of them."""

    number: int = 1  # of the first line that was not given
    length: int = 0  # of the line that has not ended
    _ended: list[bytes] = field(default_factory=list)  # pieces that together are whole lines
    _begun: list[bytes] = field(default_factory=list)  # pieces of the line that has not ended
    _size: int = 0  # of what has ended

    def add(self, piece: bytes) -> Iterator[_Block]:
        """Take a piece; yield the lines that it completes where there are enough of them."""
        end = piece.find(b"\n")
        self.length += end if end >= 0 else len(piece)
        if self.length > LINE_LIMIT:
            self._begun = []
            if end < 0:
                return
            yield from self.flush()
            yield self.too_long()
            self.number += 1
            piece = piece[end + 1 :]
            self.length, end = len(piece), piece.find(b"\n")
        if end < 0:
            self._begun.append(piece)
            return
        last = piece.rfind(b"\n") + 1
        self._ended += [*self._begun, piece[:last]]
        self._size += sum(map(len, self._begun)) + last
        self._begun, self.length = [piece[last:]], len(piece) - last
        if self._size >= _BLOCK:
            yield from self.flush()

    def flush(self) -> Iterator[_Block]:
        """Yield the lines that have ended."""
        if self._ended:
            data = b"".join(self._ended)
            self._ended, self._size = [], 0
            yield _Block(self.number, data)
            self.number += data.count(b"\n")

    def close(self) -> Iterator[_Block]:
        """Yield the lines that have ended, and the last one, that ends with the file."""
        yield from self.flush()
        if self.length > LINE_LIMIT:
            yield self.too_long()
        elif self.length:
            yield _Block(self.number, b"".join(self._begun))

    def too_long(self) -> _Block:
        """Return the line that is longer than any may be."""
        return _Block(self.number, b"", "line_too_long", f"{self.length} bytes > {LINE_LIMIT}")


def _blocks(pieces: Iterator[bytes]) -> Iterator[_Block]:
    """Yield numbered lines by the block; one too long or cut off is a block with a fault."""
    lines = _Lines()
    try:
        for piece in pieces:
            yield from lines.add(piece)
    except BrokenError as error:
        yield from lines.flush()
        yield _Block(lines.number, b"", "truncated", f"{error}; {lines.length} bytes of the line were there")
        return
    yield from lines.close()


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the decompressed content; raise BrokenError where it breaks off, after all that stands before."""
    head = stream.read(4)
    stream.seek(0)
    if head.startswith(GZIP_MAGIC):
        yield from gunzip(stream)
        return
    reader = zstd_reader(stream) if head == ZSTD_MAGIC else stream
    while True:
        try:
            piece = reader.read(_PIECE)
        except (OSError, ValueError) as error:
            if reader is stream:
                raise
            raise BrokenError(f"broken zstd frame: {error}") from error
        if not piece:
            return
        yield piece


def gunzip(stream: BinaryIO) -> Iterator[bytes]:
    """Yield what the members of a gzip file hold, one after the other; NULs after a member are padding."""
    data = stream.read(_PIECE)
    while data:
        member = inflater(GZIP)
        while not member.eof:
            if not data:
                raise BrokenError("the file ends inside a gzip member")
            before = member.copy()
            try:
                yield member.decompress(data, _PIECE)
            except DeflateError as error:
                yield from _until_fault(before, data)
                raise BrokenError(f"broken gzip member: {error}") from error
            data = member.unconsumed_tail or (b"" if member.eof else stream.read(_PIECE))
        data = member.unused_data.lstrip(b"\0")
        while not data and (more := stream.read(_PIECE)):
            data = more.lstrip(b"\0")


def _until_fault(member: Inflater, data: bytes) -> Iterator[bytes]:
    """Yield what a piece holds before the fault: zlib gives nothing of a call that fails."""
    for start in range(0, len(data), 64):
        try:
            yield member.decompress(data[start : start + 64])
        except DeflateError:
            return
