"""What one worker does with one shard: read, step by step, account, write, publish."""

import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any, cast

import numpy as np
import pyarrow as pa

from glotmill.core.errors import DataError, LedgerError
from glotmill.core.hashing import canonical_json
from glotmill.core.inputs import Slice
from glotmill.core.schema import LEDGER_SCHEMA, SOURCE_SCHEMA
from glotmill.core.steps import Batch, CorpusSpec, CorpusStep, ExpandStep, MapStep, Outcome
from glotmill.dedup import tombstones
from glotmill.io import storage
from glotmill.plan.resolve import PlannedStep, source_schema
from glotmill.provenance.files import ArrowFile, read_batches, write_parquet
from glotmill.provenance.ledger import StepAccount, ledger_rows, removal_mask
from glotmill.provenance.partitions import partition_values
from glotmill.provenance.receipts import FileRecord, PartitionCount, Receipt, publish_first, read_receipt
from glotmill.run.apply import align, grow, run_step
from glotmill.run.keys import KeyTables
from glotmill.run.rounds import rounds
from glotmill.run.spool import Spool
from glotmill.run.tasks import PhaseContext, Quarantined, ShardItem, attempt_at

SOURCE = "source"  # the name under which the reader's own refusals are accounted

Built = MapStep | ExpandStep | CorpusStep

# Steps open models once per process: they stay while tasks of the same phase arrive.
_BUILT: dict[tuple[str, str], Built] = {}
_TABLES: dict[str, pa.Table] = {}


def release_steps() -> None:
    """Close what the steps of this process hold open (child processes, models)."""
    for step in _BUILT.values():
        close = getattr(step, "close", None)
        if close is not None:
            close()
    _BUILT.clear()
    _TABLES.clear()


def built(context: PhaseContext, planned: PlannedStep) -> Built:
    """Return the step, built at first use in this process."""
    key = (context.fingerprint, planned.spec.name)
    if key not in _BUILT:
        if any(other[0] != context.fingerprint for other in _BUILT):
            release_steps()
        _BUILT[key] = planned.spec.build(context.plan.resources(planned, context.models, context.places))
    return _BUILT[key]


@dataclass(frozen=True, slots=True)
class ShardTask:
    """Carries out one phase on one shard and returns its receipt."""

    context: PhaseContext

    def __call__(self, item: ShardItem) -> Receipt:
        worker = _ShardWorker(self.context, item)
        with worker.ledger:
            return worker.work()


class _ShardWorker:
    def __init__(self, context: PhaseContext, item: ShardItem) -> None:
        self.context, self.item, self.attempt = context, item, attempt_at(item.attempt)
        self.phase = context.phase
        self.poison: dict[str, dict[str, Quarantined]] = {}
        for entry in item.quarantined:
            self.poison.setdefault(entry.step, {})[entry.doc_id] = entry
        names = [SOURCE] if self.phase.index == 0 else []
        self.accounts = {name: StepAccount(name) for name in [*names, *(p.spec.name for p in self.phase.planned)]}
        self.ledger = Spool(LEDGER_SCHEMA)
        self.rows_in = 0
        self.seconds = dict.fromkeys(self.accounts, 0.0)
        self.taken_down = tombstones.parsed(context.plan.files.get(tombstones.PROJECT_FILE, ""))

    def work(self) -> Receipt:
        begun = time.monotonic()
        self._translations()  # what an attempt that failed in this process left is not this one's
        files: dict[str, FileRecord] = {}
        with self._key_tables() as keys:
            files["data"], partitions = self._write_data(self._kept_batches(keys))
            if keys is not None:
                files.update(keys.close())
        name = f"ledger/{self.item.task}-{self.attempt}.parquet"
        files["ledger"], _ = write_parquet(
            self.context.address, name, self.ledger.batches(), LEDGER_SCHEMA, row_group_rows=20_000
        )
        receipt = Receipt(
            plan=self.context.fingerprint,
            task=self.item.task,
            files=files,
            counts=[account.close() for account in self.accounts.values()],
            partitions=partitions,
            facts={"reads": self.item.reads},
            about={
                "order": self.item.attempt,
                "attempt": self.attempt,
                "host": platform.node(),
                "pid": os.getpid(),
                "seconds": round(time.monotonic() - begun, 3),
                "steps": {name: round(seconds, 3) for name, seconds in self.seconds.items()},
                "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "inputs": [f"{s.file.source}/{s.file.name}[{s.start}:{s.end}]" for s in self.item.shard.slices],
                **({"translations": done} if (done := self._translations()) else {}),
            },
        )
        self._check_flow(receipt)
        return publish_first(storage.join(self.context.address, "receipts"), receipt)

    def _translations(self) -> dict[str, Any]:
        """Return, by step, what engines did since this was last asked: what it took, which is no part of the data."""
        keys = [(planned.spec.name, (self.context.fingerprint, planned.spec.name)) for planned in self.phase.planned]
        takers = {name: getattr(_BUILT.get(key), "take_work", None) for name, key in keys}
        return {name: take() for name, take in takers.items() if take is not None}

    def _check_flow(self, receipt: Receipt) -> None:
        """Law 1 along the whole shard: what one step keeps is what the next is handed."""
        rows = self.rows_in
        for count in receipt.counts:
            if count.rows_in != rows:
                raise LedgerError(f"step {count.step!r} was handed {count.rows_in} of {rows} rows")
            rows = count.kept

    def _kept_batches(self, keys: KeyTables | None) -> Iterator[pa.RecordBatch]:
        reading = time.monotonic()
        for outcome in self._read():
            batch = self._account(SOURCE, self._as_read(outcome)) if self.phase.index == 0 else outcome.batch
            if self.phase.index == 0:
                self.seconds[SOURCE] += time.monotonic() - reading
            for planned in self.phase.planned:
                begun = time.monotonic()
                batch = self._step(planned, batch)
                self.seconds[planned.spec.name] += time.monotonic() - begun
            if keys is not None and len(batch):
                self._beacon(batch, keys.name)
                keys.add(batch)
            if len(batch):
                yield align(batch.rows, self.phase.schema)
            reading = time.monotonic()

    def _read(self) -> Iterator[Outcome]:
        limit = self.item.limit
        for outcome in self._outcomes():
            chosen = outcome
            if limit is not None:
                if self.rows_in >= limit:
                    return
                chosen = _head(outcome, limit - self.rows_in)
            for piece in _single(chosen) if self.item.cautious else (chosen,):
                self.rows_in += len(piece.batch)
                if self.phase.index == 0:
                    self.accounts[SOURCE].rows_in += len(piece.batch)
                yield piece

    def _outcomes(self) -> Iterable[Outcome]:
        if self.phase.index == 0:
            sources = self.context.plan.recipe.sources
            read = sources[self.item.source].read
            outcomes = chain.from_iterable(read(_unchanged(part)) for part in self.item.shard.slices)
            given = source_schema(sources, recipe_file=self.context.plan.recipe_file)
            return outcomes if given is SOURCE_SCHEMA else (_with_columns(one, given) for one in outcomes)
        if self.item.previous is None:
            raise LedgerError(f"{self.item.task} of {self.phase.name} has no data file to read")
        address = storage.join(self.context.folder.phase(self.phase.index - 1), self.item.previous)
        return (Outcome(Batch(rows)) for rows in read_batches(address) if rows.num_rows)

    def _step(self, planned: PlannedStep, batch: Batch) -> Batch:
        if not len(batch):
            return batch
        name = planned.spec.name
        account = self.accounts[name]
        account.rows_in += len(batch)
        self._beacon(batch, name)
        step = built(self.context, planned)
        if planned.spec.shape == "expand":
            expand = cast(ExpandStep, step)
            with _named(name, self.item.task, batch, expand):
                grown = grow(batch, expand(batch), poisoned=self.poison.get(name, {}))
            account.derived += len(grown.batch) - len(batch)
            self._mark_quarantined(name, grown)
            return _only(self._account(name, grown, allowed=planned.contract.reasons), planned.columns_after)
        provides = planned.contract.provides
        poisoned = self.poison.get(name, {})
        call = self._call(planned, step)
        with _named(name, self.item.task, batch, call):
            outcome = run_step(planned.spec, call, batch, poisoned=poisoned, provides=provides)
        if self.taken_down and self._gives_texts(planned):
            outcome = tombstones.refused(outcome, self.taken_down.texts(outcome.batch.rows))
        self._mark_quarantined(name, outcome)
        return _only(self._account(name, outcome, allowed=planned.contract.reasons), planned.columns_after)

    def _as_read(self, outcome: Outcome) -> Outcome:
        """Refuse what was taken down, before any step sees it."""
        if not self.taken_down:
            return outcome
        rows = outcome.batch.rows
        return tombstones.refused(outcome, tombstones.first(self.taken_down.records(rows), self.taken_down.texts(rows)))

    def _gives_texts(self, planned: PlannedStep) -> bool:
        """Tell whether texts are others after a step than before, or it is the last to see them."""
        last = self.phase is self.context.plan.phases[-1] and planned is self.phase.planned[-1]
        return last or "text" in planned.contract.provides.names

    def _call(self, planned: PlannedStep, step: Built) -> Callable[[Batch], Outcome]:
        if planned.spec.shape != "corpus":
            return cast(MapStep, step)
        address = self.item.table
        if address is None:
            raise LedgerError(f"step {planned.spec.name!r} has no table to apply")
        if address not in _TABLES:
            _TABLES.clear()
            batches = list(read_batches(address))
            _TABLES[address] = pa.Table.from_batches(batches)
        table = _TABLES[address]
        return lambda batch: cast(CorpusStep, step).apply(batch, table)

    def _account(self, name: str, outcome: Outcome, *, allowed: frozenset[str] | None = None) -> Batch:
        account = self.accounts[name]
        gone = removal_mask(outcome)
        if gone.any():
            known = self._source_reasons() if allowed is None else allowed
            # Crashes that the executor contained carry the step's own crash reason, whatever its contract.
            allowed = known | {crash_reason(name)} | tombstones.REASONS
            removed = tombstones.hidden(ledger_rows(name, outcome, allowed=allowed))
            account.add_removed(removed)
            self.ledger.add(removed)
            kept = outcome.batch.take(np.flatnonzero(~gone).astype(np.int64))
        else:
            kept = outcome.batch
        account.add_kept(kept)
        return kept

    def _source_reasons(self) -> frozenset[str]:
        return self.context.plan.recipe.sources[self.item.source].reasons()

    def _mark_quarantined(self, step: str, outcome: Outcome) -> None:
        if outcome.quarantined is None or outcome.reasons is None:
            return
        for index in np.flatnonzero(outcome.quarantined.to_numpy(zero_copy_only=False)).tolist():
            row = outcome.batch.rows.slice(index, 1).select(["doc_id", "url", "warc_ref"]).to_pylist()[0]
            detail = outcome.details[index].as_py() if outcome.details is not None else None
            reason = outcome.reasons[index].as_py()
            entry = Quarantined(row["doc_id"], step, reason, detail, self.item.shard.index, row["url"], row["warc_ref"])
            if entry.doc_id not in self.poison.get(step, {}):
                write_marker(self.context.address, entry)

    def _beacon(self, batch: Batch, step: str) -> None:
        """Leave word of the document about to be worked on, where a crash is being looked for."""
        if self.item.cautious and len(batch):
            row = batch.rows.slice(0, 1).select(["doc_id", "url", "warc_ref"]).to_pylist()[0]
            reason = crash_reason(step)
            detail = "the worker process died three times while it worked on this document"
            shard = self.item.shard.index
            entry = Quarantined(row["doc_id"], step, reason, detail, shard, row["url"], row["warc_ref"])
            address = storage.join(self.context.address, "quarantine", beacon_name(shard))
            storage.write_bytes(address, canonical_json(asdict(entry)).encode())

    def _key_tables(self) -> AbstractContextManager[KeyTables | None]:
        planned = self.phase.emits
        if planned is None:
            return nullcontext()
        spec, step = cast(CorpusSpec, planned.spec), cast(CorpusStep, built(self.context, planned))
        return KeyTables(spec, step, self.context.address, replace(self.item, attempt=self.attempt))

    def _write_data(self, batches: Iterator[pa.RecordBatch]) -> tuple[FileRecord, list[PartitionCount]]:
        name = f"data/{self.item.task}-{self.attempt}.arrow"
        with ArrowFile(self.context.address, name, self.phase.schema) as file:
            if self.phase is not self.context.plan.phases[-1]:
                for batch in batches:
                    file.write(batch)
                return file.close(), []
            partitions = [
                count for table in rounds(batches, self.phase.schema) for count in self._write_partitions(file, table)
            ]
            return file.close(), partitions

    def _write_partitions(self, file: ArrowFile, table: pa.Table) -> list[PartitionCount]:
        """Write one batch per partition, partitions sorted by value, rows in reading order."""
        groups: dict[tuple[str, ...], list[int]] = {}
        for row, values in enumerate(partition_values(table, self.context.plan.recipe.sink.partition_by)):
            groups.setdefault(values, []).append(row)
        counts: list[PartitionCount] = []
        for values in sorted(groups):
            batch = table.take(pa.array(groups[values], pa.int64())).combine_chunks().to_batches()[0]
            counts.append(PartitionCount(values, file.write(batch), batch.num_rows, batch.nbytes))
        return counts


@contextmanager
def _named(step: str, shard: str, batch: Batch, call: Callable[[Batch], object]) -> Iterator[None]:
    """Add step, shard and document to an error of a step; the first document that fails alone is the one."""
    try:
        yield
    except LedgerError:
        raise
    except Exception as error:
        error.add_note(f"in step {step}, {shard}, {_failing(batch, call)}")
        raise


def _failing(batch: Batch, call: Callable[[Batch], object]) -> str:
    for index in range(len(batch)):
        one = Batch(batch.rows.slice(index, 1))
        try:
            call(one)
        except Exception:  # noqa: BLE001 - which error it is is known; this is about whose
            row = one.rows.select(["doc_id", "url", "warc_ref"]).to_pylist()[0]
            return f"document {' '.join(str(value) for value in row.values() if value is not None)}"
    return f"a batch of {len(batch)} documents, none of which fails alone"


def _unchanged(part: Slice) -> Slice:
    """Return the slice if its file still has the size that the run's input list froze."""
    size = storage.size(part.file.url)
    if size != part.file.size:
        raise DataError(
            f"{part.file.url} has {size} bytes, and had {part.file.size} when the run began: it was changed"
        )
    return part


def _with_columns(outcome: Outcome, schema: pa.Schema) -> Outcome:
    """Return what a source read with the columns that other sources of the recipe give, null."""
    return replace(outcome, batch=Batch(align(outcome.batch.rows, schema)))


def _only(batch: Batch, columns: Iterable[str]) -> Batch:
    wanted = set(columns)
    surplus = [name for name in batch.rows.schema.names if name not in wanted]
    return batch.without_columns(surplus) if surplus else batch


def _head(outcome: Outcome, rows: int) -> Outcome:
    return outcome if len(outcome.batch) <= rows else _slice(outcome, 0, rows)


def _single(outcome: Outcome) -> Iterator[Outcome]:
    for index in range(len(outcome.batch)):
        yield _slice(outcome, index, 1)


def _slice(outcome: Outcome, start: int, rows: int) -> Outcome:
    def cut(array: Any) -> Any:
        return None if array is None else array.slice(start, rows)

    batch = Batch(outcome.batch.rows.slice(start, rows))
    return Outcome(batch, *(cut(a) for a in (outcome.reasons, outcome.details, outcome.related, outcome.quarantined)))


def crash_reason(step: str) -> str:
    """Return the reason for a document that kills the worker process in this step."""
    return f"{step}.worker_crash"


def beacon_name(shard: int) -> str:
    """Return the name of the file in which a cautious attempt says what it works on."""
    return f"beacon-{shard:05d}.json"


def write_marker(phase_address: str, entry: Quarantined) -> None:
    """Write the file that keeps a document quarantined in every later attempt of this plan."""
    name = f"{entry.shard:05d}-{entry.doc_id}.json"
    storage.write_bytes(storage.join(phase_address, "quarantine", name), canonical_json(asdict(entry)).encode())


def finished(context: PhaseContext, task: str) -> Receipt | None:
    """Return the valid receipt of a task of this plan, or None."""
    receipt = read_receipt(storage.join(context.address, "receipts"), task)
    return receipt if receipt is not None and receipt.plan == context.fingerprint else None


def files_exist(address: str, files: Mapping[str, FileRecord]) -> bool:
    """Tell whether all published files are there with the size that the receipt states."""
    try:
        return all(storage.size(storage.join(address, record.name)) == record.bytes for record in files.values())
    except DataError:
        return False


def files_intact(address: str, files: Mapping[str, FileRecord]) -> bool:
    """Tell whether all published files are there with the bytes that the receipt's digests state; reads them whole."""
    return files_exist(address, files) and all(
        f"sha256:{storage.sha256(storage.join(address, record.name))[0]}" == record.digest for record in files.values()
    )
