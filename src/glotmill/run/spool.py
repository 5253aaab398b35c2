"""Batches kept until the end of a task: in memory while they are few, on disk beyond."""

import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Any, Final, Self

import pyarrow as pa

from glotmill.core.arrow import arrow_bytes

HELD_BYTES: Final = 32 << 20


class Spool:
    """Batches of one schema that are added one by one and read once, in their order.

    Args:
        schema: of all batches.
        most: bytes held in memory; what is more goes into one temporary file, which has no name and ends with the process.
    """

    def __init__(self, schema: pa.Schema, most: int = HELD_BYTES) -> None:
        self._schema, self._most = schema, most
        self._held: list[pa.RecordBatch] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._writer: Any = None

    def add(self, batch: pa.RecordBatch) -> None:
        """Take a batch."""
        self._held.append(batch)
        self._bytes += arrow_bytes(batch)
        if self._bytes > self._most:
            self._spill()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all batches; nothing can be added any more."""
        if self._file is not None:
            self._writer.close()
            self._file.seek(0)
            with pa.ipc.open_stream(self._file) as reader:
                yield from reader
        yield from self._held

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="glotmill-")  # noqa: SIM115 - closed when the spool is left
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            self._writer = pa.ipc.new_stream(self._file, self._schema, options=options)
        for batch in self._held:
            self._writer.write_batch(batch)
        self._held, self._bytes = [], 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
