"""The global shuffle, with bounded memory: every piece is dealt to ranges of the order, and each range sorted by itself."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glotmill.core.arrow import arrow_bytes, booleans, column, nulls, strings, to_numpy
from glotmill.core.schema import LEDGER_SCHEMA
from glotmill.core.steps import Batch
from glotmill.io import storage
from glotmill.plan.mixing import RIGHTS, STEP, recipe_entry
from glotmill.provenance.files import ArrowFile, read_batch, write_parquet
from glotmill.provenance.ledger import StepAccount
from glotmill.provenance.lineage import policies, step_chain
from glotmill.provenance.parts import Origin, write_part
from glotmill.provenance.receipts import PartitionCount, Receipt, StepCount, write_receipt
from glotmill.provenance.verify_parts import EPOCH, GROUP
from glotmill.run.mix.context import REFUSED, MixContext, read_piece, sums_by_group
from glotmill.run.mix.judging import LEFT_OUT, OVER_BUDGET, Judge, Judged
from glotmill.run.mix.order import NONE, Bools, Keys, bucket, reading_keys, selection_keys
from glotmill.run.mix.sharing import Selection

_HELD_BYTES: Final = (
    64 << 20
)  # of rows that wait to be written together, or those of a part, which another task holds anyway
_BATCH_ROWS: Final = 1_000
_LEDGER_GROUP: Final = 20_000

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ScatterTask:
    """Takes the documents of one piece as often as was decided, deals the copies to buckets, and writes the rest into the ledger.

    Args:
        context: of the mix.
        selection: how often documents are taken.
        again: file, one for each bucket of keys, of rows that an earlier piece holds.
        buckets: ranges of the order; each becomes a part.
    """

    context: MixContext
    selection: Selection
    again: tuple[str, ...]
    buckets: int

    def __call__(self, index: int) -> Receipt:
        begun = time.monotonic()
        plan = self.context.plan
        piece = plan.pieces[index]
        task = f"shard-{index:05d}"
        judge = Judge(plan)
        deal = _Deal(self.selection)
        again = self._again(index)
        ledger: list[pa.RecordBatch] = []
        names = [name for name in plan.schema.names if name not in (GROUP, EPOCH)]
        file = ArrowFile(self.context.address, f"data/{task}-{self.context.attempt}.arrow", plan.schema)
        with file:
            hand = _Hand(file, self.buckets, max(_HELD_BYTES, int(plan.recipe.part_mb * 1024 * 1024)))
            start = 0
            for rows in read_piece(plan, piece, names):
                places = np.arange(start, start + rows.num_rows)
                start += rows.num_rows
                fresh = rows.filter(booleans(~np.isin(places, again)))
                copies, gone = deal(fresh, judge(fresh, piece.corpus), plan.recipe.seed)
                ledger.append(gone)
                for some in copies:
                    hand.add(some.cast(plan.schema), plan.recipe.seed)
            hand.flush()
            data = file.close()
        attempt = f"ledger/{task}-{self.context.attempt}.parquet"
        written, _ = write_parquet(self.context.address, attempt, ledger, LEDGER_SCHEMA, row_group_rows=_LEDGER_GROUP)
        receipt = Receipt(
            plan.fingerprint,
            task,
            {"data": data, "ledger": written},
            counts=deal.close(),
            partitions=hand.partitions,
            facts={"groups": deal.sums, "again": len(again)},
            about={"seconds": round(time.monotonic() - begun, 3)},
        )
        write_receipt(storage.join(self.context.address, "receipts"), receipt)
        return receipt

    def _again(self, index: int) -> Ints:
        found = [
            to_numpy(read_batch(storage.join(self.context.address, name), index).column("row")) for name in self.again
        ]
        return np.concatenate([one.astype(np.int64) for one in found]) if found else np.empty(0, np.int64)


class _Deal:
    """Takes rows as often as was decided, and keeps account.

    `sums` is, for each group that has rows here: documents and units that are taken at least once, copies and units beyond that,
    documents and units that are left out.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._places = {group.values: number for number, group in enumerate(selection.groups)}
        self._readings = np.array([*selection.readings, 0], np.int64)
        self._bounds = np.array([*selection.bounds, NONE], np.uint64)
        self._rights, self._share = StepAccount(RIGHTS), StepAccount(STEP)
        self.sums: dict[str, list[int]] = {}

    def __call__(
        self, rows: pa.RecordBatch, judged: Judged, seed: int
    ) -> tuple[Iterator[pa.RecordBatch], pa.RecordBatch]:
        """Return the copies that are taken, with their group and epoch, batch by batch, and ledger rows of what is not."""
        refused = np.array([reason is not None for reason in judged.reasons], np.bool_)
        group = np.array(
            [
                REFUSED if reason else self._places[values]
                for reason, values in zip(judged.reasons, judged.groups, strict=True)
            ],
            np.int64,
        )
        times = self._times(selection_keys(rows.column("doc_id"), seed), group)
        self._count(group, times, judged.units)
        self._rights.rows_in += rows.num_rows
        self._rights.add_kept(Batch(rows.filter(booleans(~refused))))
        self._share.rows_in += int((~refused).sum())
        self._share.derived += int(np.maximum(times - 1, 0).sum())
        gone = self._ledger(rows, judged, group, times == 0)
        return self._copies(rows, group, times), gone

    def _copies(self, rows: pa.RecordBatch, group: Ints, times: Ints) -> Iterator[pa.RecordBatch]:
        chosen = np.repeat(np.arange(rows.num_rows), times)
        epochs = np.arange(len(chosen)) - np.repeat(np.cumsum(times) - times, times)
        fields = pa.schema([*rows.schema, pa.field(GROUP, pa.string()), pa.field(EPOCH, pa.int32())])
        for start in range(0, len(chosen), _BATCH_ROWS):
            own = chosen[start : start + _BATCH_ROWS]
            copies = rows.take(pa.array(own, pa.int64()))
            self._share.add_kept(Batch(copies))
            names = [self._selection.groups[number].name for number in group[own].tolist()]
            more = [strings(names), column(epochs[start : start + _BATCH_ROWS], pa.int32())]
            yield pa.RecordBatch.from_arrays([*copies.columns, *more], schema=fields)

    def close(self) -> list[StepCount]:
        """Return the counts of both steps; raises LedgerError where rows were gained or lost."""
        return [self._rights.close(), self._share.close()]

    def _times(self, keys: Keys, group: Ints) -> Ints:
        times: Ints = self._readings[group] + keys.before(self._bounds[group].T)
        return times

    def _count(self, group: Ints, times: Ints, units: Ints) -> None:
        allowed = group != REFUSED
        own, times, units = group[allowed], times[allowed], units[allowed]
        taken, more, left = np.minimum(times, 1), np.maximum(times - 1, 0), np.int64(1) * (times == 0)
        found = sums_by_group(own, taken, taken * units, more, more * units, left, left * units)
        for number, values in found.items():
            before = self.sums.get(number, [0] * len(values))
            self.sums[number] = [first + second for first, second in zip(before, values, strict=True)]

    def _ledger(self, rows: pa.RecordBatch, judged: Judged, group: Ints, gone: Bools) -> pa.RecordBatch:
        places = np.flatnonzero(gone)
        left = rows.take(pa.array(places, pa.int64()))
        steps: list[str] = []
        reasons: list[str] = []
        details: list[str | None] = []
        for place in places.tolist():
            reason = judged.reasons[place]
            if reason is None:
                found = self._selection.groups[int(group[place])]
                steps.append(STEP)
                reasons.append(OVER_BUDGET if found.weight else LEFT_OUT)
                details.append(found.name)
            else:
                steps.append(RIGHTS)
                reasons.append(reason)
                details.append(judged.details[place])
        given = {
            **{name: left.column(name) for name in ("doc_id", "source", "language", "parent_ids")},
            "step": strings(steps),
            "reason": strings(reasons),
            "detail": strings(details),
            "fate": strings(["dropped"] * len(places)),
        }
        arrays = [
            given[field.name].cast(field.type) if field.name in given else nulls(field.type, len(places))
            for field in LEDGER_SCHEMA
        ]
        found_rows = pa.RecordBatch.from_arrays(arrays, schema=LEDGER_SCHEMA)
        rights = booleans(np.array([step == RIGHTS for step in steps], np.bool_))
        self._rights.add_removed(found_rows.filter(rights))
        self._share.add_removed(found_rows.filter(booleans(np.array([step == STEP for step in steps], np.bool_))))
        return found_rows


class _Hand:
    """Copies that wait until there are enough of them to be written bucket by bucket."""

    def __init__(self, file: ArrowFile, buckets: int, held_bytes: int) -> None:
        self._file, self._buckets, self._most = file, buckets, held_bytes
        self._rows: list[pa.RecordBatch] = []
        self._where: list[Ints] = []
        self._bytes = 0
        self.partitions: list[PartitionCount] = []

    def add(self, rows: pa.RecordBatch, seed: int) -> None:
        """Take rows with their epochs."""
        keys = reading_keys(rows.column("doc_id"), to_numpy(rows.column(EPOCH)), seed)
        self._rows.append(rows)
        self._where.append(bucket(keys.hash, self._buckets))
        self._bytes += arrow_bytes(rows)
        if self._bytes >= self._most:
            self.flush()

    def flush(self) -> None:
        """Write what waits, one batch for each bucket that has some."""
        if self._rows:
            table = pa.Table.from_batches(self._rows)
            where = np.concatenate(self._where)
            order = np.argsort(where, kind="stable")
            edges = [0, *(np.flatnonzero(np.diff(where[order])) + 1).tolist(), len(order)]
            for first, last in pairwise(edges):
                if last > first:
                    own = table.take(pa.array(order[first:last])).combine_chunks().to_batches()
                    number = int(where[order[first]])
                    for rows in own:
                        place = self._file.write(rows)
                        values = (f"{number:05d}",)
                        self.partitions.append(PartitionCount(values, place, rows.num_rows, arrow_bytes(rows)))
        self._rows, self._where, self._bytes = [], [], 0


@dataclass(frozen=True, slots=True)
class Place:
    """One batch of one file of the phase."""

    file: str
    batch: int


@dataclass(frozen=True, slots=True)
class GatherTask:
    """Sorts one range of the order and writes it as a part.

    Args:
        context: of the mix.
        parts: number of each part that has rows, and where these are.
    """

    context: MixContext
    parts: tuple[tuple[int, tuple[Place, ...]], ...]

    def __call__(self, index: int) -> Receipt:
        begun = time.monotonic()
        plan = self.context.plan
        number, places = self.parts[index]
        batches = [read_batch(storage.join(self.context.address, one.file), one.batch) for one in places]
        table = pa.Table.from_batches(batches, schema=plan.schema).combine_chunks()
        epochs = to_numpy(table.column(EPOCH)).astype(np.int32)
        order = reading_keys(table.column("doc_id"), epochs, plan.recipe.seed).order(epochs.astype(np.int64))
        entry = {"name": plan.recipe.name, "version": plan.recipe.version, "recipe": recipe_entry(plan)}
        origin = Origin(
            corpus=f"{plan.recipe.name}@{plan.recipe.version}",
            plan=plan.fingerprint,
            partition=(),
            policies=policies(entry),
            steps=step_chain(entry),
        )
        record, facts = write_part(
            self.context.folder.address,
            f"data/part-{number:05d}.parquet",
            _in_order(table, order),
            plan.schema,
            row_group_rows=plan.recipe.row_group_rows,
            origin=origin,
        )
        about = {"seconds": round(time.monotonic() - begun, 3)}
        receipt = Receipt(plan.fingerprint, part_task(number), {"part": record}, facts=facts, about=about)
        write_receipt(storage.join(self.context.folder.sink, "receipts"), receipt)
        return receipt


def part_task(number: int) -> str:
    """Return the name of the receipt of a part."""
    return f"part-{number:05d}"


def part_places(receipts: Sequence[Receipt]) -> tuple[tuple[int, tuple[Place, ...]], ...]:
    """Return which batches each part is made of, from the receipts of all pieces, in order."""
    found: dict[int, list[Place]] = {}
    for receipt in receipts:
        for partition in receipt.partitions:
            place = Place(receipt.files["data"].name, partition.batch)
            found.setdefault(int(partition.values[0]), []).append(place)
    return tuple((number, tuple(found[number])) for number in sorted(found))


def _in_order(table: pa.Table, order: Ints) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(order), _BATCH_ROWS):
        yield from table.take(pa.array(order[start : start + _BATCH_ROWS])).combine_chunks().to_batches()
