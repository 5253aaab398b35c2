"""Rows of a table as documents, column by column; what single rows need is done for those rows alone.

It gives what `columns.make_row` and `rows.Gatherer` give row by row, in a fraction of the time: the checks are
kernels over whole columns, and Python meets only the rows that they cannot decide.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import booleans, column, is_null, nulls, pylist, strings, to_numpy
from glotmill.core.hashing import document_ids
from glotmill.core.inputs import InputFile
from glotmill.core.schema import SOURCE_SCHEMA
from glotmill.core.steps import Batch, Outcome
from glotmill.io.columns import STRINGS, TableSource, as_ids, as_text, as_time, fault_of, origin_of

BATCH_ROWS, BATCH_CHARACTERS = 256, 8_000_000
_CONTENTS = ("text", "html")
# First characters of a text that may be nothing but space: all for which str.isspace holds, and none.
_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
_FIRSTS = pa.array(["", *_SPACES, *map(chr, range(0x2000, 0x200B))])
_UTC = pa.timestamp("us", "UTC")

Column: TypeAlias = pa.Array | list[Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of one file as it holds them.

    Args:
        numbers: row or line of each.
        columns: document column -> its values: an array of strings that are UTF-8, of `crawl_time` perhaps an array of
            times in microseconds, or Python values. Those that are missing are null.
        keys: the value of the source's key column of each row, if it has one.
        faults: index of a row that could not be read -> reason without the kind of the source, and evidence.
    """

    numbers: Sequence[int]
    columns: Mapping[str, Column]
    keys: Sequence[object] | None = None
    faults: Mapping[int, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Piece:
    """Documents of consecutive rows.

    Args:
        rows: how many.
        columns: of `SOURCE_SCHEMA`, those that are not the same in all rows.
        reasons: per row, or None where every row is a document.
        details: likewise.
    """

    rows: int
    columns: Mapping[str, pa.Array]
    reasons: pa.StringArray | None
    details: pa.StringArray | None

    def cut(self, start: int, end: int) -> "Piece":
        """Return some of the rows, copying nothing."""
        if start == 0 and end == self.rows:
            return self
        here = slice(start, end)
        reasons = None if self.reasons is None else self.reasons[here]
        details = None if self.details is None else self.details[here]
        return Piece(end - start, {name: array[here] for name, array in self.columns.items()}, reasons, details)

    def most_characters(self) -> int:
        """Return a bound of the characters of text and page: their bytes and what Arrow keeps beside them."""
        return sum(self.columns[name].nbytes for name in _CONTENTS if name in self.columns)

    def characters(self) -> npt.NDArray[np.int64]:
        """Return the characters of text and page of each row, of shape (rows,)."""
        total = np.zeros(self.rows, np.int64)
        for name in _CONTENTS:
            if name in self.columns:
                total += to_numpy(pc.fill_null(pc.utf8_length(self.columns[name]), 0))
        return total


def documents(spec: TableSource, kind: str, file: InputFile, rows: Rows) -> Piece:
    """Return rows as documents; what is no text where text must be is a reason, elsewhere null.

    Args:
        spec: the source.
        kind: first part of the reasons.
        file: that the rows are of.
        rows: as the file holds them.
    """
    count = len(rows.numbers)
    given = rows.columns
    found: dict[str, pa.Array] = {"doc_id": strings(_ids(spec, file, rows))}
    contents = {
        name: _contents(given[name]).cast(SOURCE_SCHEMA.field(name).type) for name in _CONTENTS if name in given
    }
    unsure = np.ones(count, bool)
    for array in contents.values():
        unsure &= is_null(array)
    for name in contents:
        unsure |= _foreign(given[name])
    if "origin" in given:
        origins = [origin_of(value) for value in _listed(given["origin"])]
        unsure |= [value is None for value in origins]
        found["origin"] = strings(value or "native" for value in origins)
    reasons, details = _reasons(kind, rows, np.flatnonzero(unsure))
    if reasons is not None:
        kept = pc.is_null(reasons)
        contents = {name: pc.if_else(kept, array, nulls(array.type, count)) for name, array in contents.items()}
    found |= contents
    found |= {name: _strings(given[name]) for name in STRINGS if name in given}
    if "crawl_time" in given:
        found["crawl_time"] = _times(given["crawl_time"])
    if "parent_ids" in given:
        lists = [
            None if (ids := as_ids(value)) is None else pylist(strings(ids)) for value in _listed(given["parent_ids"])
        ]
        found["parent_ids"] = column(lists, SOURCE_SCHEMA.field("parent_ids").type)
    return Piece(count, found, reasons, details)


@dataclass(slots=True)
class Cutter:
    """Cuts documents into outcomes: by count or by characters, whichever comes first; never by time or arrival.

    Args:
        source: that all of them are of.
        track: of the source.
        most_rows: of a batch.
        most_characters: a batch ends with the document that reaches so many.
    """

    source: str
    track: str
    most_rows: int = BATCH_ROWS
    most_characters: int = BATCH_CHARACTERS
    _pieces: list[Piece] = field(default_factory=list)
    _rows: int = 0
    _characters: int = 0  # at most so many: counted one by one only where they might be enough

    def add(self, piece: Piece) -> Iterator[Outcome]:
        """Take documents; yield the batches that are full."""
        start = 0
        while start < piece.rows:
            part = piece.cut(start, min(start + self.most_rows - self._rows, piece.rows))
            size, full = part.most_characters(), False
            if self._characters + size >= self.most_characters:
                held = sum(int(own.characters().sum()) for own in self._pieces)
                sums = held + np.cumsum(part.characters())
                end = int(np.searchsorted(sums, self.most_characters)) + 1
                part = part.cut(0, min(end, part.rows))
                self._characters, size = 0, int(sums[part.rows - 1])
                full = size >= self.most_characters
            self._pieces.append(part)
            self._rows += part.rows
            self._characters += size
            start += part.rows
            if full or self._rows == self.most_rows:
                yield from self.flush()

    def flush(self) -> Iterator[Outcome]:
        """Yield what is left."""
        if self._pieces:
            yield self._outcome()
        self._pieces, self._rows, self._characters = [], 0, 0

    def _outcome(self) -> Outcome:
        same = {"source": self.source, "track": self.track, "origin": "native"}
        arrays = [self._joined(field, same.get(field.name)) for field in SOURCE_SCHEMA]
        batch = Batch(pa.RecordBatch.from_arrays(arrays, schema=SOURCE_SCHEMA))
        reasons = _concatenated([_or_nulls(piece.reasons, pa.string(), piece.rows) for piece in self._pieces])
        if reasons.null_count == len(reasons):
            return Outcome(batch)
        details = _concatenated([_or_nulls(piece.details, pa.string(), piece.rows) for piece in self._pieces])
        return Outcome(batch, reasons, details)

    def _joined(self, wanted: pa.Field, same: str | None) -> pa.Array:
        if not any(wanted.name in piece.columns for piece in self._pieces):
            return nulls(wanted.type, self._rows) if same is None else pa.repeat(same, self._rows)
        parts = []
        for piece in self._pieces:
            own = piece.columns.get(wanted.name)
            if own is None and same is not None:
                own = pa.repeat(same, piece.rows)
            parts.append(_or_nulls(own, wanted.type, piece.rows))
        return _concatenated(parts)


def _or_nulls(array: pa.Array | None, kind: pa.DataType, rows: int) -> pa.Array:
    return nulls(kind, rows) if array is None else array


def _concatenated(parts: Sequence[pa.Array]) -> pa.Array:
    return parts[0] if len(parts) == 1 else pa.concat_arrays(parts)


def _ids(spec: TableSource, file: InputFile, rows: Rows) -> list[str]:
    parts = list(map(str, rows.numbers))
    if rows.keys is not None:
        named = map(as_text, rows.keys)
        parts = [part if key is None else f"{part}\x1f{key}" for part, key in zip(parts, named, strict=True)]
    return document_ids(spec.of, file.identity, parts)


def _contents(values: Column) -> pa.Array:
    """Return text or pages: null where there is nothing but space, or no text at all."""
    if isinstance(values, list):
        return strings(value if isinstance(value, str) and value and not value.isspace() else None for value in values)
    firsts = pc.is_in(pc.utf8_slice_codeunits(values, 0, 1), value_set=_FIRSTS.cast(values.type))
    blank = np.zeros(len(values), bool)
    for row in np.flatnonzero(to_numpy(firsts)):
        text = values[int(row)].as_py()
        blank[row] = not text or text.isspace()
    return pc.if_else(booleans(~blank), values, nulls(values.type, len(values))) if blank.any() else values


def _foreign(values: Column) -> npt.NDArray[np.bool_]:
    """Return where there is something other than text."""
    if isinstance(values, list) and not set(map(type, values)) <= {str, type(None)}:
        return np.array([value is not None and not isinstance(value, str) for value in values])
    return np.zeros(len(values), bool)


def _reasons(
    kind: str, rows: Rows, unsure: npt.NDArray[np.int64]
) -> tuple[pa.StringArray | None, pa.StringArray | None]:
    reasons: list[str | None] = [None] * len(rows.numbers)
    details = list(reasons)
    for row in map(int, unsure):
        cells = {name: _cell(values, row) for name, values in rows.columns.items()}
        reason, details[row] = rows.faults[row] if row in rows.faults else fault_of(cells)
        reasons[row] = f"{kind}.{reason}" if reason else None
    return (strings(reasons), strings(details)) if any(reasons) else (None, None)


def _cell(values: Column, row: int) -> object:
    if isinstance(values, list):
        return values[row]
    value = values[row]
    return value.as_py() if not pa.types.is_timestamp(values.type) else value if value.is_valid else None


def _strings(values: Column) -> pa.Array:
    if isinstance(values, list):
        return strings(map(as_text, values))
    array = values.cast(pa.string())
    empty = pc.equal(pc.binary_length(array), 0)
    return pc.if_else(empty, nulls(pa.string(), len(array)), array) if pc.any(empty).as_py() else array


def _times(values: Column) -> pa.Array:
    if isinstance(values, list) or not pa.types.is_timestamp(values.type):
        return column(map(as_time, _listed(values)), _UTC)
    return values.view(_UTC)


def _listed(values: Column) -> list[Any]:
    return values if isinstance(values, list) else pylist(values)
