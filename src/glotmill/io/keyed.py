"""Keyed rows and their partitions: by the upper bits of a 64-bit key, in files that are read part by part."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glotmill.io import storage
from glotmill.io.parquet import open_parquet

KEY = "key"


def partition_numbers(keys: npt.NDArray[np.uint64], partitions: int) -> npt.NDArray[np.int64]:
    """Return the partition of each key, floor(key / 2^64 * partitions), by its upper 32 bits; shape (keys,)."""
    return (((keys >> np.uint64(32)) * np.uint64(partitions)) >> np.uint64(32)).astype(np.int64)


def partition_bounds(number: int, partitions: int) -> tuple[int, int]:
    """Return the smallest and the largest key of a partition."""
    first, behind = (-(-(place << 32) // partitions) for place in (number, number + 1))
    return first << 32, (behind << 32) - 1


def rows_of_partition(address: str, number: int, partitions: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one partition from a Parquet file sorted by `key`; row groups outside it are not read.

    The schema of the batches is that of the file, metadata included.
    """
    low, high = partition_bounds(number, partitions)
    with storage.open_read(address) as stream:
        file = open_parquet(stream, address)
        schema = _stated(file)
        place = schema.get_field_index(KEY)
        for group in range(file.num_row_groups):
            statistics = file.metadata.row_group(group).column(place).statistics
            if statistics is not None and statistics.has_min_max and (statistics.max < low or statistics.min > high):
                continue
            table = file.read_row_group(group)
            keys = table.column(KEY)
            chosen = table.filter(
                pc.and_(
                    pc.greater_equal(keys, pa.scalar(low, pa.uint64())),
                    pc.less_equal(keys, pa.scalar(high, pa.uint64())),
                )
            )
            for batch in chosen.combine_chunks().to_batches():
                yield batch.replace_schema_metadata(schema.metadata)


def _stated(file: pq.ParquetFile) -> pa.Schema:
    """Return the schema of a file with the metadata that its writer gave it, without that of Parquet itself."""
    schema = file.schema_arrow
    return schema.with_metadata(
        {key: value for key, value in (schema.metadata or {}).items() if key != b"ARROW:schema"}
    )
