"""Document ids as 16 bytes, and where the documents of a batch stand in a table of results."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

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


def ascending(*columns: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    """Return the rows in ascending order of these columns, the first counting most; equal rows keep their order."""
    return np.lexsort(columns[::-1]).astype(np.int64)


class DocumentIndex:
    """Finds the rows of a table in ascending order of its column `doc_id` (16 bytes each); holds 16 bytes per row."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self._ids = sortable(words(table.column("doc_id")))

    def rows(self, doc_ids: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return the table's row for each id, or -1, shape (ids,)."""
        if len(self._ids) == 0 or not doc_ids:
            return np.full(len(doc_ids), -1, np.int64)
        wanted = sortable(words(pack(doc_ids)))
        places = np.minimum(np.searchsorted(self._ids, wanted), len(self._ids) - 1)
        return np.where(self._ids[places] == wanted, places, -1)


@dataclass(frozen=True, slots=True)
class Numbered:
    """Distinct documents in ascending order: of one id, the new one stands before the published one.

    Args:
        words: ids, shape (documents, 2).
        published: whether each stands in a published corpus, shape (documents,).
    """

    words: Words
    published: npt.NDArray[np.bool_]


def number(identities: Words, published: npt.NDArray[np.bool_]) -> tuple[Numbered, npt.NDArray[np.int64]]:
    """Return the distinct documents, and for each row which of them it is."""
    order = ascending(identities[:, 0], identities[:, 1], published)
    ordered, flags = identities[order], published[order]
    bounds = group_starts(ordered[:, 0], ordered[:, 1], flags.astype(np.uint64))
    numbers = np.empty(len(identities), np.int64)
    numbers[order] = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    return Numbered(ordered[bounds[:-1]], flags[bounds[:-1]]), numbers


def places(wanted: Numbered, identities: Words, published: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return where each row's document stands among the wanted ones, or -1, shape (rows,)."""
    if len(wanted.published) == 0:
        return np.full(len(identities), -1, np.int64)
    known, own = _tagged(wanted.words, wanted.published), _tagged(identities, published)
    found = np.minimum(np.searchsorted(known, own), len(known) - 1)
    return np.where(known[found] == own, found, -1)


def _tagged(identities: Words, published: npt.NDArray[np.bool_]) -> npt.NDArray[np.bytes_]:
    """Return 17 bytes that sort by id and then by whether published; the last is never zero, which numpy would cut off."""
    raw = np.empty((len(identities), 17), np.uint8)
    raw[:, :16] = np.ascontiguousarray(identities).astype(">u8").view(np.uint8).reshape(-1, 16)
    raw[:, 16] = published.astype(np.uint8) + np.uint8(1)
    return raw.view("S17").reshape(-1)
