"""Rows of SOURCE_SCHEMA gathered into batches of bounded size, each with its reason or none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from glotmill.core.arrow import column, strings
from glotmill.core.schema import SOURCE_SCHEMA
from glotmill.core.steps import Batch, Outcome

_STRINGS = {f.name for f in SOURCE_SCHEMA if f.type == pa.string()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record as a source read it, with the reason why it is no document, or None."""

    doc_id: str
    source: str
    track: str
    url: str | None = None
    html: str | None = None
    http_headers: str | None = None
    text: str | None = None
    title: str | None = None
    author: str | None = None
    language: str | None = None
    license: str | None = None
    consent: str | None = None
    crawl_time: datetime | None = None
    warc_ref: str | None = None
    origin: str = "native"
    generator: str | None = None
    parent_ids: list[str] | None = None
    reason: str | None = None
    detail: str | None = None
    more: Mapping[str, Any] | None = None  # columns that the source gives beyond SOURCE_SCHEMA

    def weight(self) -> int:
        """Return the characters of text and page."""
        return len(self.html or "") + len(self.text or "")


@dataclass(slots=True)
class Gatherer:
    """Cuts rows into outcomes: by count or by characters, whichever comes first; never by time or arrival."""

    most_rows: int
    most_chars: int = 8_000_000
    more: pa.Schema | None = None
    _rows: list[Row] = field(default_factory=list)
    _chars: int = 0

    def add(self, row: Row) -> Iterator[Outcome]:
        """Take a row; yield a batch where one is full."""
        self._rows.append(row)
        self._chars += row.weight()
        if len(self._rows) >= self.most_rows or self._chars >= self.most_chars:
            yield from self.flush()

    def flush(self) -> Iterator[Outcome]:
        """Yield what is left."""
        if self._rows:
            yield outcome(self._rows, self.more)
        self._rows, self._chars = [], 0


def outcome(rows: list[Row], more: pa.Schema | None = None) -> Outcome:
    """Return rows as one batch of SOURCE_SCHEMA, and the columns `more` behind it, with their reasons and details."""
    arrays = [_array(name, rows) for name in SOURCE_SCHEMA.names]
    schema = SOURCE_SCHEMA
    for extra in more or ():
        arrays.append(column([(row.more or {}).get(extra.name) for row in rows], extra.type))
        schema = schema.append(extra)
    batch = Batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    if not any(row.reason for row in rows):
        return Outcome(batch)
    return Outcome(batch, strings(row.reason for row in rows), strings(row.detail for row in rows))


def _array(name: str, rows: list[Row]) -> pa.Array:
    values: list[Any] = [getattr(row, name) for row in rows]
    if name in _STRINGS:
        return strings(values)
    if name == "html":
        return strings(values).cast(pa.large_string())
    if name == "parent_ids":
        clean = [None if ids is None else strings(ids).to_pylist() for ids in values]
        return column(clean, SOURCE_SCHEMA.field(name).type)
    return column(values, SOURCE_SCHEMA.field(name).type)
