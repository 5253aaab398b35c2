"""Keyed rows of corpus steps on disk: one file per shard and table, one batch per partition; reduce and resolve."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa

from glotmill.core.arrow import empty, to_numpy
from glotmill.core.steps import Batch, CorpusSpec, CorpusStep
from glotmill.io import storage
from glotmill.provenance.files import ArrowFile, read_batch, read_batches
from glotmill.provenance.receipts import FileRecord, Receipt, write_receipt
from glotmill.run.tasks import PhaseContext, ShardItem


class KeyTables:
    """Collects what a corpus step emits on one shard and writes it sorted into partitions."""

    def __init__(self, spec: CorpusSpec, step: CorpusStep) -> None:
        self.name = spec.name
        self._spec, self._step = spec, step
        self._schemas = spec.tables()
        self._rows: dict[str, list[pa.RecordBatch]] = {name: [] for name in sorted(self._schemas)}

    def add(self, batch: Batch) -> None:
        """Emit the keys of one batch."""
        for name, rows in self._step.emit(batch).items():
            if rows.num_rows:
                self._rows[name].append(rows.cast(self._schemas[name]))

    def write(self, address: str, item: ShardItem) -> dict[str, FileRecord]:
        """Write one file per table; rows keep their order within a partition."""
        records: dict[str, FileRecord] = {}
        for name, batches in self._rows.items():
            file_name = f"keys/{name}-{item.task}-{item.attempt}.arrow"
            with ArrowFile(address, file_name, self._schemas[name]) as file:
                for rows in _partitioned(batches, self._schemas[name], self._spec.partitions):
                    file.write(rows)
                records[f"keys.{name}"] = file.close()
        return records


def _partitioned(batches: list[pa.RecordBatch], schema: pa.Schema, partitions: int) -> Iterator[pa.RecordBatch]:
    table = pa.Table.from_batches(batches, schema=schema).combine_chunks()
    keys = to_numpy(table.column("key")).astype(np.uint64)
    # Range partition by the upper 32 bits: floor(key / 2^64 * partitions) without overflow.
    numbers = ((keys >> np.uint64(32)) * np.uint64(partitions)) >> np.uint64(32)
    order = np.argsort(numbers, kind="stable")
    bounds = np.searchsorted(numbers[order], np.arange(partitions + 1, dtype=np.uint64))
    sorted_rows = table.take(pa.array(order, pa.int64()))
    for index in range(partitions):
        part = sorted_rows.slice(int(bounds[index]), int(bounds[index + 1] - bounds[index])).combine_chunks()
        yield part.to_batches()[0] if part.num_rows else empty(schema)


@dataclass(frozen=True, slots=True)
class ReduceTask:
    """Reduces one partition of a corpus step's keys. Items are partition numbers and the shards' receipts' files.

    Args:
        context: the phase that emitted.
        tables: table name -> the shards' key files, relative to the phase folder, in shard order.
        attempt: names the attempt's files.
    """

    context: PhaseContext
    tables: tuple[tuple[str, tuple[str, ...]], ...]
    attempt: str

    def __call__(self, partition: int) -> Receipt:
        begun = time.monotonic()
        spec, step = _corpus_step(self.context)
        names = dict(self.tables)

        def read(table: str) -> pa.Table:
            addresses = [storage.join(self.context.address, name) for name in names[table]]
            batches = [read_batch(address, partition) for address in addresses]
            # The files' own schema, not the spec's: its metadata says with which parameters the keys were made.
            return pa.Table.from_batches(batches) if batches else spec.tables()[table].empty_table()

        return _publish(self.context, f"reduce-{partition:03d}", step.reduce(read), self.attempt, begun)


@dataclass(frozen=True, slots=True)
class ResolveTask:
    """Joins all partitions of a corpus step into the table that the next phase applies."""

    context: PhaseContext
    tables: tuple[tuple[str, tuple[str, ...]], ...]
    reduced: tuple[str, ...]
    attempt: str

    def __call__(self, only: int) -> Receipt:
        begun = time.monotonic()
        _, step = _corpus_step(self.context)
        names = dict(self.tables)

        def read(table: str) -> Iterator[pa.Table]:
            for name in names[table]:
                batches = list(read_batches(storage.join(self.context.address, name)))
                yield pa.Table.from_batches(batches)

        parts = (
            pa.Table.from_batches(list(read_batches(storage.join(self.context.address, name)))) for name in self.reduced
        )
        return _publish(self.context, "resolve", step.resolve(parts, read), self.attempt, begun)


def _corpus_step(context: PhaseContext) -> tuple[CorpusSpec, CorpusStep]:
    planned = context.phase.emits
    if planned is None:
        raise TypeError(f"{context.phase.name} emits no keys")
    step = planned.spec.build(context.plan.resources(planned, context.models))
    return cast(CorpusSpec, planned.spec), cast(CorpusStep, step)


def _publish(context: PhaseContext, task: str, table: pa.Table, attempt: str, begun: float) -> Receipt:
    name = f"keys/{task}-{attempt}.arrow"
    with ArrowFile(context.address, name, table.schema) as file:
        for batch in table.combine_chunks().to_batches() or [empty(table.schema)]:
            file.write(batch)
        record = file.close()
    about = {"attempt": attempt, "seconds": round(time.monotonic() - begun, 3)}
    receipt = Receipt(context.fingerprint, task, {"table": record}, facts={"rows": table.num_rows}, about=about)
    write_receipt(storage.join(context.address, "receipts"), receipt)
    return receipt
