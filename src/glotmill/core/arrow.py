"""The only module that meets pyarrow's untyped edges: columns to Python values and back."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def strings(values: Iterable[str | None]) -> pa.StringArray:
    """Return a string column; None becomes null. A lone surrogate becomes U+FFFD, since Arrow holds UTF-8."""
    given = list(values)
    try:
        return cast(pa.StringArray, pa.array(given, pa.string()))
    except UnicodeEncodeError:
        cleaned = [value if value is None else _encodable(value) for value in given]
        return cast(pa.StringArray, pa.array(cleaned, pa.string()))


def _encodable(value: str) -> str:
    if value.isascii():
        return value
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def joined_texts(values: Sequence[bytes | None]) -> pa.LargeStringArray:
    """Return a large string column of texts that are UTF-8 already (not checked), copied once; None becomes null."""
    lengths = np.fromiter((0 if value is None else len(value) for value in values), np.int64, len(values))
    offsets = np.zeros(len(values) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    present = None
    if any(value is None for value in values):
        present = booleans([value is not None for value in values]).buffers()[1]
    data = pa.py_buffer(b"".join(value for value in values if value is not None))
    buffers = [present, pa.py_buffer(offsets), data]
    return cast(pa.LargeStringArray, pa.Array.from_buffers(pa.large_string(), len(values), buffers))


def utf8(array: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return a string column as the bytes it lies in, and where each value begins and ends; null is empty."""
    large = cast(Any, array).cast(pa.large_string())
    _, offsets, data = large.buffers()
    bounds = np.zeros(1, np.int64) if not len(large) else np.frombuffer(offsets, np.int64)
    bounds = bounds[large.offset : large.offset + len(large) + 1]
    ends = np.where(is_null(large), bounds[:-1], bounds[1:])
    return np.frombuffer(data or b"", np.uint8), bounds[:-1].copy(), ends


def column(values: Iterable[Any], kind: pa.DataType) -> pa.Array:
    """Return a column of any type from Python values."""
    return pa.array(list(values), kind)


def texts(array: pa.Array | pa.ChunkedArray) -> list[str]:
    """Return a string column as a list in which null is the empty string."""
    return [value or "" for value in cast(list[str | None], array.to_pylist())]


def optional_texts(array: pa.Array | pa.ChunkedArray) -> list[str | None]:
    """Return a string column as a list that keeps nulls as None."""
    return cast(list[str | None], array.to_pylist())


def pylist(array: pa.Array | pa.ChunkedArray) -> list[Any]:
    """Return any column as a list of Python values."""
    return cast(list[Any], array.to_pylist())


def booleans(mask: npt.NDArray[np.bool_] | Sequence[bool]) -> pa.BooleanArray:
    """Return a boolean column from a mask of shape (rows,)."""
    return cast(pa.BooleanArray, pa.array(np.asarray(mask, dtype=bool)))


def to_numpy(array: pa.Array | pa.ChunkedArray) -> npt.NDArray[Any]:
    """Return a column without nulls as a numpy array of shape (rows,)."""
    if isinstance(array, pa.ChunkedArray):
        return cast(npt.NDArray[Any], array.to_numpy())
    return cast(npt.NDArray[Any], array.to_numpy(zero_copy_only=False))


def nulls(kind: pa.DataType, length: int) -> pa.Array:
    """Return a column of `length` nulls."""
    return pa.nulls(length, kind)


def is_null(array: pa.Array) -> npt.NDArray[np.bool_]:
    """Return a mask of shape (rows,) that is true where the column is null."""
    return cast(npt.NDArray[np.bool_], pc.is_null(array).to_numpy(zero_copy_only=False))


def empty(schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch of no rows."""
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def merge_schemas(first: pa.Schema, second: pa.Schema) -> pa.Schema:
    """Return `first` with the fields of `second`: replaced in place where names are equal, else appended."""
    fields = {field.name: field for field in first}
    fields.update({field.name: field for field in second})
    return pa.schema(list(fields.values()))


def arrow_bytes(rows: pa.RecordBatch | pa.Table) -> int:
    """Return the uncompressed Arrow size in bytes of what the rows refer to, whatever buffers they share."""
    return int(cast(Any, rows).nbytes)


def apply_texts(array: pa.Array, change: Callable[[str], str]) -> pa.StringArray:
    """Return the column with `change` applied to every value that is not null."""
    return strings(None if value is None else change(value) for value in optional_texts(array))
