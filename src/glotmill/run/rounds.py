"""Rows of a shard gathered until they are worth writing: a shard may be one compressed file of any size."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import to_numpy

ROUND_BYTES: Final = 128 << 20
_ROW_BYTES = 1_000  # of a row beside its texts


def rounds(batches: Iterable[pa.RecordBatch], schema: pa.Schema, most: int = ROUND_BYTES) -> Iterator[pa.Table]:
    """Yield all rows in tables of about `most` bytes, each in one chunk.

    Cut behind a row by what stands in the rows alone: a shard that is read document by document, since one of them kills,
    has the same rounds.

    Args:
        batches: of `schema`.
        schema: of the tables.
        most: bytes of texts, and of rows at 1,000 bytes each; a table is larger by at most its last row.
    """
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        totals = np.cumsum(_sizes(batch))
        start = done = 0
        while (cut := int(np.searchsorted(totals, done + most - size))) < len(totals):
            held.append(batch.slice(start, cut + 1 - start))
            yield pa.Table.from_batches(held, schema=schema).combine_chunks()
            held, size, start, done = [], 0, cut + 1, int(totals[cut])
        if start < len(totals):
            held.append(batch.slice(start))
            size += int(totals[-1]) - done
    if held:
        yield pa.Table.from_batches(held, schema=schema).combine_chunks()


def _sizes(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
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
