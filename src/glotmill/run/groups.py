"""The second meeting of a corpus step's documents: group by what their keys connect, gather their rows, decide."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa

from glotmill.core.arrow import arrow_bytes, empty, to_numpy
from glotmill.core.steps import CorpusSpec, GroupingStep
from glotmill.io import storage
from glotmill.provenance.files import read_batch, read_rounds
from glotmill.provenance.receipts import Receipt
from glotmill.run.keys import KeyFiles, batches_by_number, corpus_step, partitioned, publish, tables, whole
from glotmill.run.tasks import PhaseContext

GROUP = "group"
# Rows that a gathering task holds before it writes them, in bytes: what a task of 2 GB has left beside its tables.
_HELD_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class GroupTask:
    """Finds the groups: writes `members`, one batch per group, and `routes`, one batch per partition."""

    context: PhaseContext
    reduced: tuple[str, ...]
    attempt: str
    inputs: str

    def __call__(self, only: int) -> Receipt:
        begun = time.monotonic()
        spec, step = _grouping_step(self.context)
        found = step.group(tables(self.context, self.reduced))
        files = {
            "members": _by_group(found.members, found.count),
            "routes": partitioned(found.routes, spec.partitions),
        }
        facts = {"inputs": self.inputs, "groups": found.count}
        return publish(self.context, "group", files, attempt=self.attempt, begun=begun, facts=facts)


@dataclass(frozen=True, slots=True)
class GatherTask:
    """Takes from one partition of the gathered table what some group needs; items are partition numbers.

    Its file has rounds of one batch per group: as many as it takes to hold no more than `_HELD_BYTES` at a time.
    """

    context: PhaseContext
    table: KeyFiles
    routes: str
    groups: int
    attempt: str
    inputs: str

    def __call__(self, partition: int) -> Receipt:
        begun = time.monotonic()
        spec, step = _grouping_step(self.context)
        routes = pa.Table.from_batches([read_batch(storage.join(self.context.address, self.routes), partition)])
        batches = (
            self.table.partition(self.context.address, partition, spec.partitions) if routes.num_rows else iter(())
        )
        rounds = self._rounds(spec, step, batches, routes)
        facts, name = {"inputs": self.inputs}, f"gather-{partition:03d}"
        return publish(self.context, name, {"table": rounds}, attempt=self.attempt, begun=begun, facts=facts)

    def _rounds(
        self, spec: CorpusSpec, step: GroupingStep, batches: Iterator[pa.RecordBatch], routes: pa.Table
    ) -> Iterator[pa.RecordBatch]:
        held: list[pa.Table] = []
        written = False
        for batch in batches:
            if batch.num_rows:
                held.append(step.gather(batch, routes))
            if sum(arrow_bytes(table) for table in held) >= _HELD_BYTES:
                yield from _by_group(pa.concat_tables(held), self.groups)
                held, written = [], True
        if held or not written:
            nothing = empty(spec.tables()[cast(str, spec.gathers)])
            yield from _by_group(pa.concat_tables(held or [step.gather(nothing, routes)]), self.groups)


@dataclass(frozen=True, slots=True)
class DecideTask:
    """Decides on one group; items are group numbers."""

    context: PhaseContext
    members: str
    gathered: tuple[str, ...]
    groups: int
    attempt: str
    inputs: str

    def __call__(self, group: int) -> Receipt:
        begun = time.monotonic()
        _, step = _grouping_step(self.context)
        members = pa.Table.from_batches([read_batch(storage.join(self.context.address, self.members), group)])

        def read(columns: Sequence[str] | None) -> Iterator[pa.Table]:
            for name in self.gathered:
                address = storage.join(self.context.address, name)
                yield from map(_table, read_rounds(address, group, self.groups, columns))

        files, facts = {"table": whole(step.decide(members, read))}, {"inputs": self.inputs}
        name = f"decide-{group:05d}"
        return publish(self.context, name, files, attempt=self.attempt, begun=begun, facts=facts)


def _grouping_step(context: PhaseContext) -> tuple[CorpusSpec, GroupingStep]:
    spec, step = corpus_step(context)
    return spec, cast(GroupingStep, step)


def _by_group(table: pa.Table, groups: int) -> Iterator[pa.RecordBatch]:
    """Yield one batch per group, rows in their order; of no groups one empty batch, so that the file has a schema."""
    numbers = to_numpy(table.column(GROUP)).astype(np.int64)
    order = np.argsort(numbers, kind="stable")
    ordered = table.combine_chunks().take(pa.array(order, pa.int64()))
    yield from batches_by_number(ordered, numbers[order], max(groups, 1))


def _table(batch: pa.RecordBatch) -> pa.Table:
    return pa.Table.from_batches([batch])
