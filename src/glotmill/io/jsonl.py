"""The source of JSON lines: one document per line, plain, gzip or Zstandard."""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar, Literal

from glotmill.core.inputs import InputFile, Slice
from glotmill.core.steps import Outcome
from glotmill.io.columns import ROW, TARGETS, Place, TableSource, make_row
from glotmill.io.frames import GZIP_MAGIC, ZSTD_MAGIC, BrokenError, zstd_reader
from glotmill.io.rows import Gatherer, Row
from glotmill.io.storage import open_read

LINE_LIMIT = 16 << 20  # bytes; longer lines are skipped in pieces
_PIECE = 256 << 10
_BOM = b"\xef\xbb\xbf"
_BATCH_ROWS = 256


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
        gatherer = Gatherer(_BATCH_ROWS)
        with open_read(part.file.url) as stream:
            for line in _lines(_pieces(stream)):
                if line.fault or line.data.strip():
                    yield from gatherer.add(self._row(line, part.file))
        yield from gatherer.flush()

    def reasons(self) -> frozenset[str]:
        return self.table_reasons("jsonl") | {"jsonl.bad_json", "jsonl.line_too_long", "jsonl.truncated"}

    def _row(self, line: "_Line", file: InputFile) -> Row:
        place = Place(file, line.number)
        if line.fault:
            return _faulty(self, place, line.fault, line.detail)
        value = _parse(line.data)
        if isinstance(value, str):
            return _faulty(self, place, "bad_json", value)
        if not self.columns:  # most data sets: nothing is mapped, and a field is a column where their names are equal
            values = {target: value[target] for target in TARGETS if target in value}
        else:
            values = {target: reach(value, self.source_of(target)) for target in TARGETS}
        if self.source_of("text") == ROW:
            values["text"] = line.data.decode("utf-8-sig").strip()
        return make_row(self, "jsonl", place, values, reach(value, self.key) if self.key else None)


def read_objects(stream: BinaryIO) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield the number of each line that is not blank, from 1, and its object, or what is wrong with it, in words."""
    for line in _lines(_pieces(stream)):
        if line.fault:
            yield line.number, f"{line.fault.replace('_', ' ')}: {line.detail}"
        elif line.data.strip():
            yield line.number, _parse(line.data)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    data: bytes
    fault: str | None = None
    detail: str | None = None


def _faulty(spec: JsonlSource, place: Place, fault: str, detail: str | None) -> Row:
    row = make_row(spec, "jsonl", place, {})
    detail = f"line {place.number}: {detail}"
    return Row(doc_id=row.doc_id, source=row.source, track=row.track, reason=f"jsonl.{fault}", detail=detail)


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


def _lines(pieces: Iterator[bytes]) -> Iterator[_Line]:
    """Yield numbered lines; one too long or cut off is a line with a fault."""
    number, length = 1, 0
    kept: list[bytes] = []
    try:
        for piece in pieces:
            start = 0
            while (end := piece.find(b"\n", start)) >= 0:
                length += end - start
                yield _line(number, [*kept, piece[start:end]], length)
                number, length, start = number + 1, 0, end + 1
                kept = []
            length += len(piece) - start
            if length <= LINE_LIMIT:
                kept.append(piece[start:])
            else:
                kept = []
    except BrokenError as error:
        yield _Line(number, b"", "truncated", f"{error}; {length} bytes of the line were there")
        return
    if length:
        yield _line(number, kept, length)


def _line(number: int, pieces: list[bytes], length: int) -> _Line:
    if length > LINE_LIMIT:
        return _Line(number, b"", "line_too_long", f"{length} bytes > {LINE_LIMIT}")
    return _Line(number, b"".join(pieces))


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
        inflater = zlib.decompressobj(31)
        while not inflater.eof:
            if not data:
                raise BrokenError("the file ends inside a gzip member")
            before = inflater.copy()
            try:
                yield inflater.decompress(data, _PIECE)
            except zlib.error as error:
                yield from _until_fault(before, data)
                raise BrokenError(f"broken gzip member: {error}") from error
            data = inflater.unconsumed_tail or (b"" if inflater.eof else stream.read(_PIECE))
        data = inflater.unused_data.lstrip(b"\0")
        while not data and (more := stream.read(_PIECE)):
            data = more.lstrip(b"\0")


def _until_fault(inflater: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """Yield what a piece holds before the fault: zlib gives nothing of a call that fails."""
    for start in range(0, len(data), 64):
        try:
            yield inflater.decompress(data[start : start + 64])
        except zlib.error:
            return
