"""Document ids as 16 bytes, and where the documents of a batch stand in a table of results."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glotmill.core.arrow import pylist
from glotmill.dedup.keyed import group_starts

ID = pa.binary(16)
Words = npt.NDArray[np.uint64]


def pack(hexadecimal: Sequence[str]) -> pa.Array:
    """Return 128-bit hexadecimal ids as a fixed-size binary column: a third of the bytes on disk.

    Raises:
        ValueError: an id is not 32 hexadecimal digits.
    """
    if any(len(value) != 32 for value in hexadecimal):
        raise ValueError("a document id must have 32 hexadecimal digits")
    data = bytes.fromhex("".join(hexadecimal))
    return pa.Array.from_buffers(ID, len(hexadecimal), [None, pa.py_buffer(data)])


def words(column: pa.Array | pa.ChunkedArray) -> Words:
    """Return a column of 16-byte ids as integers of shape (rows, 2), high word first; they sort as the ids do."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    parts = [
        np.frombuffer(chunk.buffers()[1], ">u8", count=2 * len(chunk), offset=16 * chunk.offset)
        for chunk in chunks
        if len(chunk)
    ]
    joined = np.concatenate(parts) if parts else np.empty(0, ">u8")
    return joined.astype(np.uint64).reshape(-1, 2)


def column(ids: Words) -> pa.Array:
    """Return integers of shape (rows, 2) as a column of 16-byte ids."""
    data = np.ascontiguousarray(ids).astype(">u8").tobytes()
    return pa.Array.from_buffers(ID, len(ids), [None, pa.py_buffer(data)])


def unpack(ids: Words) -> list[str]:
    """Return integers of shape (rows, 2) as hexadecimal ids."""
    digits = np.ascontiguousarray(ids).astype(">u8").tobytes().hex()
    return [digits[start : start + 32] for start in range(0, len(digits), 32)]


def sortable(ids: Words) -> npt.NDArray[np.bytes_]:
    """Return integers of shape (rows, 2) as byte strings, for sorting and searching (never for reading back)."""
    return np.frombuffer(np.ascontiguousarray(ids).astype(">u8").tobytes(), "S16")


class DocumentIndex:
    """Finds the rows of a result table by `doc_id`; built once per table, 32 bytes per row."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        ids = np.array(pylist(table.column("doc_id")), dtype="S32")
        self._order: npt.NDArray[np.int64] = np.argsort(ids, kind="stable").astype(np.int64)
        self._ids = ids[self._order]

    def rows(self, doc_ids: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return the table's row for each id, or -1, shape (ids,)."""
        found = np.full(len(doc_ids), -1, np.int64)
        if len(self._ids) == 0 or not doc_ids:
            return found
        wanted = np.array(doc_ids, dtype="S32")
        places = np.minimum(np.searchsorted(self._ids, wanted), len(self._ids) - 1)
        hit = self._ids[places] == wanted
        found[hit] = self._order[places[hit]]
        return found

    def values(self, name: str, rows: npt.NDArray[np.int64]) -> list[object]:
        """Return a column's values at these rows as Python values; a row of -1 gives None."""
        present = np.flatnonzero(rows >= 0)
        taken = pylist(self.table.column(name).take(pa.array(rows[present], pa.int64())))
        values: list[object] = [None] * len(rows)
        for place, value in zip(present.tolist(), taken, strict=True):
            values[place] = value
        return values


def number(identities: Words) -> tuple[Words, npt.NDArray[np.int64]]:
    """Return the distinct ids in ascending order, and for each row which of them it has."""
    order = np.lexsort((identities[:, 1], identities[:, 0]))
    ordered = identities[order]
    bounds = group_starts(ordered[:, 0], ordered[:, 1])
    numbers = np.empty(len(identities), np.int64)
    numbers[order] = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    return ordered[bounds[:-1]], numbers
