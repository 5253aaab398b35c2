"""Keyed rows of corpus steps on disk: one file per shard and table, rounds of one batch per partition; reduce and resolve."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import Any, Final, Self, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import empty, to_numpy
from glotmill.core.errors import DataError
from glotmill.core.steps import COUNTS, Batch, CorpusSpec, CorpusStep
from glotmill.io import storage
from glotmill.io.keyed import partition_numbers, rows_of_partition
from glotmill.provenance.files import ArrowFile, read_batches, read_rounds
from glotmill.provenance.receipts import FileRecord, Receipt, publish_first
from glotmill.run.rounds import Rounds, row_bytes
from glotmill.run.superseded import superseded_ids
from glotmill.run.tasks import PhaseContext, ShardItem, attempt_at

# About four times that is held while a round is written (measured); smaller ones are more requests (decision 66).
ROUND_BYTES: Final = 64 << 20


class KeyTables:
    """Takes what a corpus step emits on one shard, and writes it in rounds sorted into partitions.

    Each table has a file of its own, whose rounds have one batch per partition: as many rounds as it takes to hold no more
    than `most` bytes of a table at a time. Rows keep their order within a partition, from round to round.

    Args:
        spec: of the step.
        step: built.
        address: the folder in which `keys/` lies.
        item: the shard; its attempt names the files.
        most: bytes of a round.
    """

    def __init__(
        self, spec: CorpusSpec, step: CorpusStep, address: str, item: ShardItem, *, most: int = ROUND_BYTES
    ) -> None:
        self.name = spec.name
        self._spec, self._step, self._address, self._item = spec, step, address, item
        self._schemas = spec.tables()
        self._rounds = {name: Rounds(self._schemas[name], most, row_bytes) for name in sorted(self._schemas)}
        self._files: dict[str, ArrowFile] = {}
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            for name in self._rounds:
                file_name = f"keys/{name}-{self._item.task}-{self._item.attempt}.arrow"
                self._files[name] = opened.enter_context(ArrowFile(self._address, file_name, self._schemas[name]))
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.__exit__(kind, error, trace)

    def add(self, batch: Batch) -> None:
        """Emit the keys of the rows of one batch that the step is for."""
        if self._spec.tracks is not None:
            wanted = pc.is_in(batch.column("track"), value_set=pa.array(self._spec.tracks, pa.string()))
            batch = batch.take(np.flatnonzero(to_numpy(wanted)).astype(np.int64))
        for name, rows in self._step.emit(batch).items():
            for table in self._rounds[name].add(rows.cast(self._schemas[name])):
                self._write(name, table)

    def close(self) -> dict[str, FileRecord]:
        """Write what is left, finish the files and return their records; a table without rows is one round of none."""
        for name, gathered in self._rounds.items():
            for table in gathered.rest():
                self._write(name, table)
            if not self._files[name].batches:
                self._write(name, self._schemas[name].empty_table())
        return {f"keys.{name}": file.close() for name, file in self._files.items()}

    def _write(self, name: str, table: pa.Table) -> None:
        for rows in partitioned(table, self._spec.partitions):
            self._files[name].write(rows)


def partitioned(table: pa.Table, partitions: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of each partition by the column `key`, one batch each, in the order of the table."""
    numbers = partition_numbers(to_numpy(table.column("key")).astype(np.uint64), partitions)
    order = np.argsort(numbers, kind="stable")
    yield from batches_by_number(table.combine_chunks().take(pa.array(order, pa.int64())), numbers[order], partitions)


def batches_by_number(table: pa.Table, numbers: npt.NDArray[np.int64], count: int) -> Iterator[pa.RecordBatch]:
    """Yield one batch for each number from 0 to `count` - 1: its rows in a table whose numbers ascend."""
    bounds = np.searchsorted(numbers, np.arange(count + 1))
    for index in range(count):
        part = table.slice(int(bounds[index]), int(bounds[index + 1] - bounds[index])).combine_chunks()
        yield part.to_batches()[0] if part.num_rows else empty(table.schema)


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """The files that hold one table of a corpus step.

    Args:
        shards: of this run, relative to the phase's folder, in shard order.
        published: addresses of indexes of published corpora (`io.keyed`), in their order.
        gone: addresses of lists of published documents that are superseded (`run.superseded`): they are as if not there.
    """

    shards: tuple[str, ...]
    published: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def rounds(self, address: str, partitions: int) -> Iterator[pa.Table]:
        """Yield the rows of this run's shards, round by round."""
        for name in self.shards:
            batches = read_batches(storage.join(address, name))
            while held := list(islice(batches, partitions)):
                yield pa.Table.from_batches(held)

    def partition(self, address: str, number: int, partitions: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows of one partition, shard by shard and round by round, with the schemas of the files: they say how keys were made."""
        for name in self.shards:
            yield from read_rounds(storage.join(address, name), number, partitions)
        gone = pa.array(sorted(superseded_ids(self.gone)), pa.binary(16)) if self.published and self.gone else None
        for published in self.published:
            for rows in rows_of_partition(published, number, partitions):
                yield rows if gone is None else rows.filter(pc.invert(pc.is_in(rows.column("doc_id"), value_set=gone)))


@dataclass(frozen=True, slots=True)
class ReduceTask:
    """Reduces one partition of a corpus step's keys; items are partition numbers.

    Args:
        context: the phase that emitted.
        tables: table name -> its files.
        attempt: names the attempt's files.
        inputs: digest of what it reads, which goes into the receipt.
    """

    context: PhaseContext
    tables: Mapping[str, KeyFiles]
    attempt: str
    inputs: str

    def __call__(self, partition: int) -> Receipt:
        begun = time.monotonic()
        spec, step = corpus_step(self.context)

        def read(table: str) -> pa.Table:
            batches = list(self.tables[table].partition(self.context.address, partition, spec.partitions))
            # The files' own schema, not the spec's: its metadata says with which parameters the keys were made.
            return joined(batches, spec.tables()[table])

        files, facts = {"table": whole(step.reduce(read))}, {"inputs": self.inputs}
        name = f"reduce-{partition:03d}"
        return publish(self.context, name, files, attempt=self.attempt, begun=begun, facts=facts)


@dataclass(frozen=True, slots=True)
class ResolveTask:
    """Joins what the tasks before it left into the table that the next phase applies."""

    context: PhaseContext
    tables: Mapping[str, KeyFiles]
    before: tuple[str, ...]
    attempt: str
    inputs: str

    def __call__(self, only: int) -> Receipt:
        begun = time.monotonic()
        spec, step = corpus_step(self.context)
        table = step.resolve(
            tables(self.context, self.before),
            lambda name: self.tables[name].rounds(self.context.address, spec.partitions),
        )
        stated = (table.schema.metadata or {}).get(COUNTS)
        facts = {"inputs": self.inputs, **({"counts": json.loads(stated)} if stated else {})}
        files = {"table": whole(table)}
        return publish(self.context, "resolve", files, attempt=self.attempt, begun=begun, facts=facts)


def tables(context: PhaseContext, names: Sequence[str]) -> Iterator[pa.Table]:
    """Yield the tables that tasks of this phase left, in order of the names of their files."""
    for name in names:
        yield pa.Table.from_batches(list(read_batches(storage.join(context.address, name))))


def corpus_step(context: PhaseContext) -> tuple[CorpusSpec, CorpusStep]:
    """Return the corpus step whose keys a phase emits, freshly built."""
    planned = context.phase.emits
    if planned is None:
        raise TypeError(f"{context.phase.name} emits no keys")
    step = planned.spec.build(context.plan.resources(planned, context.models))
    return cast(CorpusSpec, planned.spec), cast(CorpusStep, step)


def joined(batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """Return batches as one table that states what their files state.

    Raises:
        DataError: the files state different things, so that their keys cannot be compared.
    """
    filled = [batch for batch in batches if batch.num_rows] or list(batches[:1])
    if not filled:
        return schema.empty_table()
    stated = [batch.schema.metadata or {} for batch in filled]
    for other in stated[1:]:
        if other != stated[0]:
            raise DataError(
                f"keys of one step were written with {_shown(stated[0])} and with {_shown(other)}: they cannot be compared; "
                "run with --restart, and index published corpora anew"
            )
    return pa.Table.from_batches(filled)


def _shown(metadata: Mapping[bytes, bytes]) -> str:
    return "; ".join(value.decode() for value in metadata.values()) or "nothing stated"


def whole(table: pa.Table) -> Iterable[pa.RecordBatch]:
    """Return a table as one batch, so that an empty one has a schema too."""
    return table.combine_chunks().to_batches() or [empty(table.schema)]


def publish(
    context: PhaseContext,
    task: str,
    files: Mapping[str, Iterable[pa.RecordBatch]],
    *,
    attempt: str,
    begun: float,
    facts: Mapping[str, Any],
) -> Receipt:
    """Write one file per kind, batches as they come, and then the receipt that makes them count."""
    records: dict[str, FileRecord] = {}
    rows, order, attempt = 0, attempt, attempt_at(attempt)
    for kind, batches in files.items():
        name = f"keys/{task}-{attempt}.arrow" if kind == "table" else f"keys/{task}-{kind}-{attempt}.arrow"
        iterator = iter(batches)
        first = next(iterator)
        with ArrowFile(context.address, name, first.schema) as file:
            file.write(first)
            rows += first.num_rows
            for batch in iterator:
                file.write(batch)
                rows += batch.num_rows
            records[kind] = file.close()
    about = {"order": order, "attempt": attempt, "seconds": round(time.monotonic() - begun, 3)}
    receipt = Receipt(context.fingerprint, task, records, facts={"rows": rows, **facts}, about=about)
    return publish_first(storage.join(context.address, "receipts"), receipt)
