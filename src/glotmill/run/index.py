"""Making the index of a published corpus: the keys of its texts by the steps of its recipe, sorted, in Parquet."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa

from glotmill.core.arrow import booleans, to_numpy
from glotmill.core.errors import DataError, SettingsError, ShardsFailed
from glotmill.core.hashing import canonical_json, sha256_text
from glotmill.core.inputs import Shard
from glotmill.core.steps import Batch, CorpusSpec, CorpusStep
from glotmill.executors.base import Executor
from glotmill.io import storage
from glotmill.io.keyed import partition_numbers
from glotmill.io.parquet import open_parquet
from glotmill.plan.fingerprint import code_digest
from glotmill.plan.resolve import Plan, PlannedStep
from glotmill.plan.update import changed_behind, indexed_steps
from glotmill.provenance.files import read_rounds, write_parquet
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.index import FILE, FOLDER, FORMAT, Index, manifest_digest, read_index
from glotmill.provenance.receipts import FileRecord, Receipt, read_receipt, write_receipt
from glotmill.run.corpus import Tasks
from glotmill.run.events import Listener, silent
from glotmill.run.keys import KeyTables, joined
from glotmill.run.shard import files_intact
from glotmill.run.takedown.journal import refuse_pending
from glotmill.run.tasks import ShardItem, attempt_at

_BATCH_ROWS = 1000
_STANDING = ("cluster_size", "copies", "possible_laundering")
_RANGE_BYTES = 64 << 20  # of key files that are sorted at a time: about five times that is held (measured)
_ROW_GROUP = 20_000  # of shingle sets some 64 MB, which is what a reader of one partition holds at a time


def ensure_index(folder: RunFolder, plan: Plan, *, executor: Executor, listener: Listener = silent) -> Index:
    """Return the index of a finished run, made now where there is none for its manifest and the steps' parameters.

    Args:
        folder: of the run.
        plan: its recipe (`plan.update.recipe_again`).
        executor: where tasks run.
        listener: told of everything that happens.
    """
    refuse_pending(folder)
    parameters = {step.spec.name: cast(CorpusSpec, step.spec).parameters() for step in indexed_steps(plan)}
    found = read_index(folder, parameters)
    if found is not None:
        return found
    try:
        _Build(folder, plan, parameters, Tasks(executor, listener)).run()
    except (PermissionError, ShardsFailed) as error:
        causes = error.exceptions if isinstance(error, ShardsFailed) else (error,)
        if not all(isinstance(cause, PermissionError) for cause in causes):
            raise
        raise SettingsError(
            f"{folder.join(FOLDER)} cannot be written, and this corpus has no index yet\n"
            f"  Let somebody who may write there run: glotmill index {folder.address}"
        ) from error
    made = read_index(folder, parameters)
    if made is None:
        raise TypeError(f"{folder.address}: the index that was just written is not one")
    return made


@dataclass(frozen=True, slots=True)
class _EmitTask:
    """Writes the keys of one part file; items are its place, its path in the run's folder and its SHA-256."""

    folder: RunFolder
    plan: Plan
    fingerprint: str

    def __call__(self, item: tuple[int, str, str]) -> Receipt:
        begun = time.monotonic()
        number, path, digest = item
        if storage.sha256(self.folder.join(path))[0] != digest:
            raise DataError(f"{self.folder.join(path)} is not as the manifest says: see `glotmill verify`")
        files: dict[str, FileRecord] = {}
        with ExitStack() as opened:
            tables = [
                (opened.enter_context(self._key_tables(step, number)), columns) for step, columns in _seen(self.plan)
            ]
            with storage.open_read(self.folder.join(path)) as stream:
                for rows in open_parquet(stream, path).iter_batches(_BATCH_ROWS):
                    for keys, columns in tables:
                        keys.add(Batch(rows.replace_schema_metadata(None).select(columns)))
            for keys, _ in tables:
                files.update({f"{keys.name}.{kind}": record for kind, record in keys.close().items()})
        receipt = Receipt(self.fingerprint, f"emit-{number:05d}", files, about=_about(begun))
        write_receipt(storage.join(_address(self.folder), "receipts"), receipt)
        return receipt

    def _key_tables(self, step: PlannedStep, number: int) -> KeyTables:
        spec, resources = cast(CorpusSpec, step.spec), self.plan.resources(step, {})
        shard = ShardItem(Shard(number, ()), 0, attempt=attempt_at(spec.name))
        return KeyTables(spec, cast(CorpusStep, spec.build(resources)), _address(self.folder), shard)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One file of an index: a partition of one table of a step."""

    step: str
    table: str
    partition: int

    @property
    def task(self) -> str:
        return f"merge-{self.step}-{self.table}-{self.partition:03d}"

    @property
    def file(self) -> str:
        return f"{self.step}/{self.table}/part-{self.partition:05d}.parquet"


@dataclass(frozen=True, slots=True)
class _MergeTask:
    """Writes one partition of a table of all parts, as published and sorted by key and id."""

    folder: RunFolder
    plan: Plan
    fingerprint: str
    emitted: tuple[Receipt, ...]

    def __call__(self, piece: _Piece) -> Receipt:
        begun = time.monotonic()
        spec = next(cast(CorpusSpec, step.spec) for step in indexed_steps(self.plan) if step.spec.name == piece.step)
        schema = spec.tables()[piece.table]
        files = [receipt.files[f"{piece.step}.keys.{piece.table}"] for receipt in self.emitted]
        stated = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
        record, rows = write_parquet(
            _address(self.folder),
            piece.file,
            self._sorted(files, piece.partition, spec.partitions, schema),
            schema.remove_metadata(),
            row_group_rows=_ROW_GROUP,
            metadata=stated,
        )
        receipt = Receipt(self.fingerprint, piece.task, {"table": record}, facts={"rows": rows}, about=_about(begun))
        write_receipt(storage.join(_address(self.folder), "receipts"), receipt)
        return receipt

    def _sorted(
        self, files: Sequence[FileRecord], partition: int, partitions: int, schema: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a partition by key and id, range of keys by range, so that few are held at a time."""
        ranges = 1 + sum(file.bytes for file in files) // partitions // _RANGE_BYTES
        place = schema.get_field_index("published")
        for number in range(ranges):
            batches = []
            for file in files:
                for batch in read_rounds(storage.join(_address(self.folder), file.name), partition, partitions):
                    own = batch if ranges == 1 else _within(batch, partition * ranges + number, partitions * ranges)
                    batches.append(own)
            table = joined(batches, schema).sort_by([("key", "ascending"), ("doc_id", "ascending")])
            flags = booleans(np.ones(table.num_rows, np.bool_))
            yield from table.set_column(place, schema.field(place), flags).to_batches()


def _within(batch: pa.RecordBatch, number: int, count: int) -> pa.RecordBatch:
    """Return the rows of one of `count` ranges of keys."""
    keys = to_numpy(batch.column("key")).astype(np.uint64)
    return batch.filter(booleans(partition_numbers(keys, count) == number))


class _Build:
    def __init__(self, folder: RunFolder, plan: Plan, parameters: Mapping[str, str], tasks: Tasks) -> None:
        self._folder, self._plan, self._parameters, self._tasks = folder, plan, parameters, tasks
        self._steps: Sequence[PlannedStep] = indexed_steps(plan)
        stated = [manifest_digest(folder), dict(parameters), code_digest()]
        self._fingerprint = sha256_text(canonical_json(stated))

    def run(self) -> None:
        manifest = self._folder.read_json("manifest.json")
        parts = [(place, part["path"], part["sha256"]) for place, part in enumerate(manifest["parts"])]
        pieces = list(self._pieces())
        merged = [self._done(piece.task) for piece in pieces]
        if None in merged:
            emitted = self._tasks.run(
                _EmitTask(self._folder, self._plan, self._fingerprint),
                parts,
                "index emit",
                done=lambda item: self._done(f"emit-{item[0]:05d}"),
                address=_address(self._folder),
            )
            merge = _MergeTask(self._folder, self._plan, self._fingerprint, tuple(emitted))
            self._tasks.run(
                merge, pieces, "index sort", done=lambda piece: self._done(piece.task), address=_address(self._folder)
            )
        about = {
            "format": FORMAT,
            "corpus": f"{manifest['name']}@{manifest['version']}",
            "manifest": manifest_digest(self._folder),
            "documents": manifest["totals"]["documents"],
            "changed_behind": {name: list(steps) for name, steps in changed_behind(self._plan).items()},
            "steps": {step.spec.name: self._described(step, pieces) for step in self._steps},
        }
        text = json.dumps(about, sort_keys=True, ensure_ascii=False, indent=2) + "\n"
        storage.write_bytes(storage.join(_address(self._folder), FILE), text.encode())
        storage.delete(storage.join(_address(self._folder), "keys"))

    def _described(self, step: PlannedStep, pieces: Sequence[_Piece]) -> dict[str, object]:
        tables: dict[str, list[dict[str, object]]] = {}
        for piece in pieces:
            receipt = self._done(piece.task) if piece.step == step.spec.name else None
            if receipt is not None:
                record = receipt.files["table"]
                about = {"name": record.name, "bytes": record.bytes, "digest": record.digest, **receipt.facts}
                tables.setdefault(piece.table, []).append(about)
        return {
            "kind": step.spec.model_dump(mode="json")["kind"],
            "parameters": self._parameters[step.spec.name],
            "tables": tables,
        }

    def _pieces(self) -> Iterator[_Piece]:
        for step in self._steps:
            spec = cast(CorpusSpec, step.spec)
            for table in sorted(spec.tables()):
                for partition in range(spec.partitions):
                    yield _Piece(spec.name, table, partition)

    def _done(self, task: str) -> Receipt | None:
        receipt = read_receipt(storage.join(_address(self._folder), "receipts"), task)
        if receipt is None or receipt.plan != self._fingerprint:
            return None
        return receipt if files_intact(_address(self._folder), receipt.files) else None


def _seen(plan: Plan) -> Iterator[tuple[PlannedStep, list[str]]]:
    """Yield the indexed steps and the columns that each sees: those it saw in the run, so that ranks can be compared.

    What a document stands for is what the whole run made it stand for.
    """
    for step in indexed_steps(plan):
        phase = next(phase for phase in plan.phases if phase.emits is step)
        yield step, [name for name in plan.schema.names if name in phase.schema.names or name in _STANDING]


def _address(folder: RunFolder) -> str:
    return folder.join(FOLDER)


def _about(begun: float) -> dict[str, float]:
    return {"seconds": round(time.monotonic() - begun, 3)}
