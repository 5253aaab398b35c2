"""Rows of a shard gathered until they are worth writing: a shard may be one compressed file of any size."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import to_numpy

ROUND_BYTES: Final = 128 << 20
_ROW_BYTES = 1_000  # of a row beside its texts
Ints = npt.NDArray[np.int64]


class Rounds:
    """Gathers batches and gives their rows back in tables of about one size, each in one chunk.

    Cut behind a row by what stands in the rows alone: a shard that is read document by document, since one of them kills,
    has the same rounds.

    Args:
        schema: of the batches and tables.
        most: size of a table; it is larger by at most its last row.
        sizes: gives the size of each row of a batch, shape (rows,).
    """

    def __init__(self, schema: pa.Schema, most: int, sizes: Callable[[pa.RecordBatch], Ints]) -> None:
        self._schema, self._most, self._sizes = schema, most, sizes
        self._held: list[pa.RecordBatch] = []
        self._size = 0

    def add(self, batch: pa.RecordBatch) -> Iterator[pa.Table]:
        """Take a batch; yield the tables that it fills."""
        totals = np.cumsum(self._sizes(batch))
        start = done = 0
        while (cut := int(np.searchsorted(totals, done + self._most - self._size))) < len(totals):
            self._held.append(batch.slice(start, cut + 1 - start))
            yield from self.rest()
            start, done = cut + 1, int(totals[cut])
        if start < len(totals):
            self._held.append(batch.slice(start))
            self._size += int(totals[-1]) - done

    def rest(self) -> Iterator[pa.Table]:
        """Yield what is left, if anything is."""
        if self._held:
            table = pa.Table.from_batches(self._held, schema=self._schema).combine_chunks()
            self._held, self._size = [], 0  # before it is handed out: both would be held while it is written
            yield table


def rounds(batches: Iterable[pa.RecordBatch], schema: pa.Schema, most: int = ROUND_BYTES) -> Iterator[pa.Table]:
    """Yield all rows of documents in tables of about `most` bytes, each in one chunk.

    Args:
        batches: of `schema`.
        schema: of the tables.
        most: bytes of texts, and of rows at 1,000 bytes each; a table is larger by at most its last row.
    """
    gathered = Rounds(schema, most, _document_sizes)
    for batch in batches:
        yield from gathered.add(batch)
    yield from gathered.rest()


def row_bytes(rows: pa.RecordBatch) -> Ints:
    """Return the bytes of each row, shape (rows,): of its values, lists and structures included; null texts and lists have none."""
    return sum((_bytes(values) for values in rows.columns), np.zeros(rows.num_rows, np.int64))


def _bytes(values: pa.Array) -> Ints:
    kind = values.type
    if _has_bytes(kind):
        return to_numpy(pc.fill_null(pc.binary_length(values), 0)).astype(np.int64)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        lengths = to_numpy(pc.fill_null(pc.list_value_length(values), 0)).astype(np.int64)
        ends = np.cumsum(lengths)
        items = np.concatenate([np.zeros(1, np.int64), np.cumsum(_bytes(values.flatten()))])
        sums: Ints = items[ends] - items[ends - lengths]
        return sums
    if pa.types.is_struct(kind):
        return sum((_bytes(field) for field in values.flatten()), np.zeros(len(values), np.int64))
    return np.full(len(values), -(-kind.bit_width // 8), np.int64)


def _document_sizes(batch: pa.RecordBatch) -> Ints:
    sizes = np.full(batch.num_rows, _ROW_BYTES, np.int64)
    for field, values in zip(batch.schema, batch.columns, strict=True):
        if _has_bytes(field.type):
            sizes += to_numpy(pc.fill_null(pc.binary_length(values), 0)).astype(np.int64)
    return sizes


def _has_bytes(type_: pa.DataType) -> bool:
    return any(
        is_it(type_)
        for is_it in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    )
