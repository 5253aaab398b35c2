"""Tables read row by row, by Python alone: what the readers of columns are held to."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from glotmill.core.inputs import InputFile
from glotmill.core.steps import Outcome
from glotmill.io.columns import ROW, TARGETS, Place, make_row, row_as_json
from glotmill.io.jsonl import JsonlSource, reach
from glotmill.io.parquet import ParquetSource
from glotmill.io.rows import Gatherer, Row

BATCH_ROWS = 256


def seen(outcomes: Iterator[Outcome]) -> list[tuple[Any, ...]]:
    """All that can be seen of outcomes, each checked by Arrow."""
    found = []
    for outcome in outcomes:
        outcome.batch.rows.validate(full=True)
        parts = (outcome.reasons, outcome.details)
        found.append((outcome.batch.rows.to_pylist(), *(part if part is None else part.to_pylist() for part in parts)))
    return found


def gathered(rows: Iterator[Row], *, most_chars: int = 8_000_000) -> Iterator[Outcome]:
    gatherer = Gatherer(BATCH_ROWS, most_chars)
    for row in rows:
        yield from gatherer.add(row)
    yield from gatherer.flush()


def jsonl(spec: JsonlSource, file: InputFile) -> Iterator[Outcome]:
    """Read the lines of a plain file."""
    lines = Path(file.url).read_bytes().split(b"\n")
    rows = (_line(spec, Place(file, number), line) for number, line in enumerate(lines, 1) if line.strip())
    return gathered(rows)


def _line(spec: JsonlSource, place: Place, line: bytes) -> Row:
    try:
        value = json.loads(line.removeprefix(b"\xef\xbb\xbf").decode())
        wrong = None if isinstance(value, dict) else f"{type(value).__name__}, where an object was expected"
    except UnicodeDecodeError as error:
        wrong = f"not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        wrong = f"{error.msg} at column {error.colno}"
    except (ValueError, RecursionError) as error:
        wrong = f"{type(error).__name__}: {error}"
    if wrong is not None:
        bare = make_row(spec, "jsonl", place, {})
        detail = f"line {place.number}: {wrong}"
        return Row(doc_id=bare.doc_id, source=bare.source, track=bare.track, reason="jsonl.bad_json", detail=detail)
    values = {target: reach(value, spec.source_of(target)) for target in TARGETS}
    if spec.source_of("text") == ROW:
        values["text"] = line.decode("utf-8-sig").strip()
    return make_row(spec, "jsonl", place, values, reach(value, spec.key) if spec.key else None)


def parquet(spec: ParquetSource, file: InputFile) -> Iterator[Outcome]:
    """Read the rows of a file whose columns have no dots in their names."""
    return gathered(_rows(spec, file, pq.ParquetFile(file.url)))


def _rows(spec: ParquetSource, file: InputFile, table: pq.ParquetFile) -> Iterator[Row]:
    names = table.schema_arrow.names
    number = 0
    for batch in table.iter_batches(BATCH_ROWS):
        paths = {target: spec.source_of(target) for target in TARGETS}
        columns = {target: _values(_at(batch, path)) for target, path in paths.items() if path.split(".")[0] in names}
        if spec.source_of("text") == ROW:
            cells = zip(*map(_values, batch.columns), strict=True)
            columns["text"] = [row_as_json(dict(zip(names, row, strict=True))) for row in cells]
        keys = _values(_at(batch, spec.key)) if spec.key else [None] * batch.num_rows
        for row, key in enumerate(keys):
            values = {target: column[row] for target, column in columns.items()}
            yield make_row(spec, "parquet", Place(file, number), values, key)
            number += 1


def _at(batch: pa.RecordBatch, path: str) -> pa.Array:
    top, *below = path.split(".")
    array = batch.column(top)
    for name in below:
        array = pa.compute.struct_field(array, name)
    return array


def _values(array: pa.Array) -> list[Any]:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_timestamp(array.type):
        return array.cast(pa.timestamp("us", array.type.tz), safe=False).to_pylist()
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        array = array.cast(pa.large_binary())
    if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
        return [_utf8(value) for value in array.to_pylist()]
    try:
        return array.to_pylist()
    except ValueError:  # bytes inside that are no UTF-8
        return [None] * len(array)


def _utf8(value: bytes | None) -> str | bytes | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return value
