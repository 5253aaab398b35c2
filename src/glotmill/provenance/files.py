"""Arrow and Parquet files of a run: written once under an attempt's name, with size and digest."""

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from glotmill.io import storage
from glotmill.provenance.receipts import FileRecord


class DigestingStream(io.RawIOBase):
    """A binary stream that passes bytes on and digests them, so that a file need not be read again."""

    def __init__(self, target: Any) -> None:
        self._target, self._digest, self._bytes = target, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self._target.write(view)
        self._digest.update(view)
        self._bytes += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        return self._bytes

    def close(self) -> None:
        if not self.closed:
            self._target.close()
        super().close()

    def discard(self) -> None:
        """Close after an error: an object store is given nothing; a local file stays half-written, and nobody names it."""
        if not self.closed:
            getattr(self._target, "discard", self._target.close)()
        super().close()

    def sha256(self) -> str:
        """Return the SHA-256 of all bytes so far, hexadecimal."""
        return self._digest.copy().hexdigest()

    def record(self, name: str) -> FileRecord:
        """Return what a receipt says about the file."""
        return FileRecord(name, self._bytes, f"sha256:{self._digest.hexdigest()}")


class ArrowFile:
    """An Arrow IPC file in the making; the batches stay as they are given, each addressable by its index."""

    def __init__(self, folder: str, name: str, schema: pa.Schema) -> None:
        self._name, self._schema = name, schema
        self._stream = DigestingStream(storage.open_write(storage.join(folder, name)))
        options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=1))
        self._writer = pa.ipc.new_file(pa.PythonFile(self._stream, mode="w"), schema, options=options)
        self.batches = 0

    def write(self, batch: pa.RecordBatch) -> int:
        """Append a batch and return its index."""
        self._writer.write_batch(batch.cast(self._schema) if batch.schema != self._schema else batch)
        self.batches += 1
        return self.batches - 1

    def close(self) -> FileRecord:
        """Finish the file and return its record."""
        self._writer.close()
        self._stream.close()
        return self._stream.record(self._name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._stream.closed:
            self._stream.discard()


def read_batches(address: str) -> Iterator[pa.RecordBatch]:
    """Yield the batches of an Arrow file, one in memory at a time."""
    with storage.open_read(address) as stream, pa.ipc.open_file(stream) as reader:
        for index in range(reader.num_record_batches):
            yield reader.get_batch(index)


def read_batch(address: str, index: int, columns: Sequence[str] | None = None) -> pa.RecordBatch:
    """Return one batch of an Arrow file, with all its columns or with these, in the order of the file."""
    with _opened(address, columns) as reader:
        return reader.get_batch(index)


def read_rounds(address: str, index: int, count: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the batch `index` of each round of an Arrow file whose rounds have `count` batches, one in memory at a time."""
    with _opened(address, columns) as reader:
        for number in range(index, reader.num_record_batches, count):
            yield reader.get_batch(number)


def read_schema(address: str) -> pa.Schema:
    """Return the schema of an Arrow file."""
    with storage.open_read(address) as stream, pa.ipc.open_file(stream) as reader:
        return reader.schema


@contextmanager
def _opened(address: str, columns: Sequence[str] | None) -> Iterator[pa.RecordBatchFileReader]:
    with storage.open_read(address) as stream:
        options = pa.ipc.IpcReadOptions()
        if columns is not None:
            with pa.ipc.open_file(stream) as reader:
                options.included_fields = [reader.schema.get_field_index(name) for name in columns]
            stream.seek(0)
        with pa.ipc.open_file(stream, options=options) as reader:
            yield reader


def write_parquet(
    folder: str,
    name: str,
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    *,
    row_group_rows: int,
    metadata: dict[str, str] | None = None,
) -> tuple[FileRecord, int]:
    """Write one Parquet file whose bytes depend on its rows alone, not on how they were batched.

    One writer, row groups re-chunked to `row_group_rows`, zstd level 3, no statistics of the machine.

    Returns:
        The file's record and its number of rows.
    """
    stream = DigestingStream(storage.open_write(storage.join(folder, name)))
    rows = write_rows(stream, batches, schema, row_group_rows=row_group_rows, metadata=metadata or {})
    return stream.record(name), rows


def write_rows(
    stream: DigestingStream,
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    *,
    row_group_rows: int,
    metadata: Mapping[str, str],
    closing: Callable[[], Mapping[str, str]] = dict,
) -> int:
    """Write a Parquet file as `write_parquet` does, close the stream, and return the number of rows.

    Args:
        stream: nothing is in it yet.
        batches: the rows.
        schema: of the rows.
        row_group_rows: rows of each row group but the last.
        metadata: of the schema.
        closing: asked when all rows are in the stream and the footer is not; what it returns stands in the footer too.
    """
    full = schema.with_metadata({key.encode(): value.encode() for key, value in metadata.items()})
    rows = 0
    try:
        with pq.ParquetWriter(
            pa.PythonFile(stream, mode="w"),
            full,
            compression="zstd",
            compression_level=3,
            version="2.6",
            store_schema=True,
        ) as writer:
            for table in _rechunk(batches, full, row_group_rows):
                writer.write_table(table, row_group_size=row_group_rows)
                rows += table.num_rows
            added = closing()
            if added:
                writer.add_key_value_metadata(dict(added))
    except BaseException:
        stream.discard()
        raise
    stream.close()
    return rows


def _rechunk(batches: Iterable[pa.RecordBatch], schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch.cast(schema))
        count += batch.num_rows
        while count >= rows:
            table = pa.Table.from_batches(waiting, schema=schema)
            yield table.slice(0, rows).combine_chunks()
            rest = table.slice(rows)
            waiting, count = rest.to_batches(), rest.num_rows
    if count:
        yield pa.Table.from_batches(waiting, schema=schema).combine_chunks()
