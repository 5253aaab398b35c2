"""Columns of keyed tables as numpy arrays, and groups of equal keys in them."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import to_numpy
from glotmill.core.errors import DataError
from glotmill.dedup.mixing import U64


def group_starts(*keys: U64) -> npt.NDArray[np.int64]:
    """Return where each group of equal keys begins in sorted columns, and the number of rows as last item."""
    rows = len(keys[0])
    if rows == 0:
        return np.zeros(1, np.int64)
    changes = np.zeros(rows - 1, bool)
    for key in keys:
        changes |= key[1:] != key[:-1]
    return np.concatenate([[0], np.flatnonzero(changes) + 1, [rows]]).astype(np.int64)


def checked(table: pa.Table, metadata: bytes, wanted: str, *, step: str) -> pa.Table:
    """Return a table if it was written with a step's parameters; an empty one holds for any.

    Args:
        table: of keys, or of what was made of them.
        metadata: the key under which the table states them.
        wanted: those of now.
        step: its name.

    Raises:
        DataError: it was not, so that its keys mean something else.
    """
    written = (table.schema.metadata or {}).get(metadata, b"nothing stated").decode()
    if table.num_rows and written != wanted:
        raise DataError(
            f"the keys of step {step} were written with {written} and cannot be compared with {wanted}; "
            "run with --restart or raise the version of the recipe"
        )
    return table


def integers(table: pa.Table, name: str) -> npt.NDArray[np.int64]:
    """Return an integer column without nulls as 64-bit integers, shape (rows,)."""
    return to_numpy(table.column(name)).astype(np.int64)


def unsigned(table: pa.Table, name: str) -> U64:
    """Return an unsigned integer column without nulls, shape (rows,)."""
    return to_numpy(table.column(name)).astype(np.uint64)


def one_chunk(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column as one array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def offsets(lists: pa.Array) -> npt.NDArray[np.int64]:
    """Return where each list begins among all items, and how many there are, shape (rows + 1,)."""
    lengths = to_numpy(pc.list_value_length(lists)).astype(np.int64)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])


def flat(lists: pa.Array) -> U64:
    """Return the items of all lists one after the other, as unsigned integers."""
    return to_numpy(lists.flatten()).astype(np.uint64)
