"""The source of Parquet files: one document per row, sliced by row groups."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, BinaryIO, ClassVar, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glotmill.core.arrow import pylist
from glotmill.core.errors import DataError
from glotmill.core.inputs import InputFile, Slice
from glotmill.core.steps import Outcome
from glotmill.core.yamlfile import near
from glotmill.io.columns import ROW, TARGETS, TableSource, check_columns, row_as_json
from glotmill.io.storage import open_read
from glotmill.io.tables import BATCH_ROWS, Column, Cutter, Rows, documents

_FIRST_TIME, _LAST_TIME = -62_135_596_800_000_000, 253_402_300_799_999_999  # microseconds: what Python's datetime holds


class ParquetSource(TableSource):
    """Documents out of Parquet files; columns of the document columns' names are taken, others by `columns`."""

    suffixes: ClassVar[tuple[str, ...]] = (".parquet",)

    kind: Literal["parquet"]

    def split(self, file: InputFile, target_bytes: int) -> Sequence[Slice]:
        return row_group_slices(file, target_bytes)

    def read(self, part: Slice) -> Iterator[Outcome]:
        with open_read(part.file.url) as stream:
            table = open_parquet(stream, part.file.url)
            names = table.schema_arrow.names
            mapped = [path for path in self.columns.values() if path != ROW]
            check_columns([*mapped, *([self.key] if self.key else [])], names, part.file.url)
            if self.source_of("text") != ROW and not {self.source_of("text"), self.source_of("html")} & {
                *names,
                *self.columns.values(),
            }:
                check_columns(["text"], names, part.file.url)
            paths = {target: self.source_of(target) for target in TARGETS}
            paths = {target: path for target, path in paths.items() if _top(path, names)}
            try:
                yield from self._rows(table, part, paths)
            except DataError as error:
                raise DataError(f"{part.file.url}: {error}") from error

    def reasons(self) -> frozenset[str]:
        return self.table_reasons("parquet")

    def _rows(self, table: pq.ParquetFile, part: Slice, paths: dict[str, str]) -> Iterator[Outcome]:
        names = table.schema_arrow.names
        needed = [*paths.values(), *([self.key] if self.key else [])]
        whole = self.source_of("text") == ROW
        wanted = names if whole else sorted({top for path in needed if (top := _top(path, names))})
        number = sum(table.metadata.row_group(group).num_rows for group in range(part.start))
        cutter = Cutter(self.of, self.track)
        groups = list(range(part.start, part.end))
        try:
            # Columns are decoded on this thread: a worker has one core, and threads cost a third more of it (measured).
            for batch in table.iter_batches(BATCH_ROWS, row_groups=groups, columns=wanted, use_threads=False):
                columns: dict[str, Column] = {
                    target: _column(_reach(batch, path, names), target) for target, path in paths.items()
                }
                if whole:
                    cells = [_values(column) for column in batch.columns]
                    columns["text"] = [
                        row_as_json(dict(zip(names, row, strict=True))) for row in zip(*cells, strict=True)
                    ]
                keys = _values(_reach(batch, self.key, names)) if self.key else None
                numbers = range(number, number + batch.num_rows)
                yield from cutter.add(documents(self, "parquet", part.file, Rows(numbers, columns, keys)))
                number += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            # Rows before the fault were given already; what is left cannot be counted, so the shard fails.
            raise DataError(f"unreadable after row {number}: {error}") from error
        yield from cutter.flush()


def row_group_slices(file: InputFile, target_bytes: int) -> tuple[Slice, ...]:
    """Return runs of row groups of about `target_bytes` compressed each; start and end count row groups.

    A file that cannot be opened is one slice, whose reading says why: one bad file does not stop the rest.
    """
    try:
        with open_read(file.url) as stream:
            metadata = open_parquet(stream, file.url).metadata
    except DataError:
        return (Slice(file, 0, 0),)
    cuts, size = [0], 0
    for group in range(metadata.num_row_groups):
        columns = metadata.row_group(group)
        weight = sum(columns.column(index).total_compressed_size for index in range(columns.num_columns))
        if size and size + weight > target_bytes:
            cuts.append(group)
            size = 0
        size += weight
    cuts.append(metadata.num_row_groups)
    return tuple(Slice(file, start, end) for start, end in pairwise(cuts))


def open_parquet(stream: BinaryIO, url: str) -> pq.ParquetFile:
    """Return the Parquet file in a stream.

    Raises:
        DataError: it is none; names `url`.
    """
    try:
        return pq.ParquetFile(stream, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{url}: no Parquet file: {error}") from error


def _top(path: str, names: Sequence[str]) -> str | None:
    """Return the file's column that holds a dotted path; a column whose name holds the dots goes first."""
    if path in names:
        return path
    top = path.split(".", 1)[0]
    return top if top in names and "." in path else None


def _reach(batch: pa.RecordBatch, path: str, names: Sequence[str]) -> pa.Array:
    if path in names:
        return batch.column(path)
    top, *below = path.split(".")
    here = batch.column(top)
    for name in below:
        fields = [field.name for field in here.type] if pa.types.is_struct(here.type) else []
        if name not in fields:
            raise DataError(f"no field {name!r} of column {path!r}. {near(name, fields)}")
        here = pc.struct_field(here, name)
    return here


def _column(array: pa.Array, target: str) -> Column:
    """Return a column as it lies in the file if that is text in UTF-8, or the time of a crawl; else as Python values."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _column(array.dictionary_decode(), target)
    if pa.types.is_timestamp(kind) and target == "crawl_time":
        return _within_years(array)
    try:
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            array.validate(full=True)
            return array
        if pa.types.is_binary(kind) or pa.types.is_string_view(kind) or pa.types.is_large_binary(kind):
            return array.cast(pa.large_string() if pa.types.is_large_binary(kind) else pa.string())
    except pa.ArrowInvalid:
        pass  # bytes that are no UTF-8
    return _values(array)


def _within_years(array: pa.Array) -> pa.Array:
    """Return times in microseconds, null where they are before the year 1 or after 9999."""
    times = array.cast(pa.timestamp("us", array.type.tz), safe=False)
    counts = times.view(pa.int64())
    held = pc.and_(pc.greater_equal(counts, _FIRST_TIME), pc.less_equal(counts, _LAST_TIME))
    return pc.if_else(held, times, pa.nulls(len(times), times.type))


def _times(array: pa.Array) -> list[Any]:
    times = _within_years(array)
    try:
        return pylist(times)
    except (KeyError, OverflowError):  # a zone that nobody knows, or a year that is outside in its zone alone
        return pylist(times.view(pa.timestamp("us", "UTC")))


def _values(array: pa.Array) -> list[Any]:
    """Return a column as Python values; bytes are text where they are UTF-8, and themselves where not."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    if pa.types.is_timestamp(kind):
        return _times(array)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        try:
            return pylist(array)
        except UnicodeDecodeError:
            array = array.cast(pa.binary() if pa.types.is_string(kind) else pa.large_binary())
            kind = array.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return [_utf8(value) for value in pylist(array)]
    try:
        return pylist(array)
    except (ValueError, OverflowError, UnicodeDecodeError):
        return [None] * len(array)


def _utf8(value: bytes | None) -> str | bytes | None:
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return value
