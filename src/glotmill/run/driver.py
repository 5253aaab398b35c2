"""Carrying out a plan: phases in order, what is finished never again, what is missing always."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from glotmill.core.errors import PlanConflictError
from glotmill.core.steps import Needs, Places
from glotmill.dedup.tombstones import FILE, PROJECT_FILE, tombstones_at
from glotmill.executors.base import Executor
from glotmill.io import storage
from glotmill.plan.fingerprint import components, differences, phase_fingerprints
from glotmill.plan.resolve import Phase, Plan
from glotmill.provenance.exports import exports_receipt, remove_exports, write_exports
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.index import manifest_digest
from glotmill.provenance.manifest import write_manifest
from glotmill.provenance.receipts import FileRecord, Receipt, read_receipt, receipts_of
from glotmill.run.containment import Containment, markers
from glotmill.run.corpus import Passes, Tasks, digest_of, resolved
from glotmill.run.describe import describe
from glotmill.run.event_log import EventLog
from glotmill.run.events import Event, Listener, silent
from glotmill.run.incidents import note_incidents, noted
from glotmill.run.inputs import FrozenInputs, as_one_shard_per_source, freeze, glance
from glotmill.run.settings import Settings
from glotmill.run.shard import ShardTask, files_exist, files_intact, finished
from glotmill.run.sink import Part, PartTask, assign_parts
from glotmill.run.superseded import write_superseded
from glotmill.run.takedown.journal import refuse_pending
from glotmill.run.tasks import PhaseContext, ShardItem


class Driver:
    """Runs one plan with one executor, resuming whatever an earlier run of the same plan has finished.

    Args:
        plan: the resolved plan.
        settings: where to read and write.
        models: model name -> local file, for every model of the plan.
        executor: where tasks run; stays open.
        listener: told of everything that happens.
        limit: at most so many documents, shared by the sources (rehearsals).
    """

    def __init__(
        self,
        plan: Plan,
        settings: Settings,
        models: Mapping[str, Path],
        *,
        executor: Executor,
        listener: Listener = silent,
        limit: int | None = None,
    ) -> None:
        self._plan, self._settings, self._models, self._executor = plan, settings, models, executor
        self._listener, self._limit = listener, limit
        self._log: EventLog | None = None
        self._tasks = Tasks(executor, self._tell)
        out = storage.absolute(settings.out)  # workers may stand in another folder
        self.folder = RunFolder(storage.join(out, plan.recipe.name, plan.recipe.version))

    def run(self) -> RunFolder:
        """Carry the plan out and return the run's folder, its manifest written.

        Raises:
            PlanConflictError: the folder holds a run of another plan, and `restart` is not set.
            ShardsFailed: some tasks failed; the others are done.
        """
        refuse_pending(self.folder)
        inputs = self._inputs()
        fingerprints = phase_fingerprints(self._plan, inputs.files)
        if self._was_taken_down_from(inputs, fingerprints):
            return self.folder
        self._claim(inputs, fingerprints)
        with EventLog(self.folder, total=len(inputs.shards), workers=self._settings.workers) as self._log:
            return self._carry_out(inputs, fingerprints)

    def _tell(self, event: Event) -> None:
        self._listener(event)
        if self._log is not None:
            self._log(event)

    def _carry_out(self, inputs: FrozenInputs, fingerprints: Sequence[str]) -> RunFolder:
        if self._settings.retry_quarantined:
            self._forget_quarantine(fingerprints)
        if not self._sink_is_done(fingerprints[-1]):
            name = _attempt()
            with noted(self.folder, name, self._executor.incidents):
                for phase in self._plan.phases[self._first_needed(inputs, fingerprints) :]:
                    self._run_phase(phase, inputs, fingerprints)
                    note_incidents(self.folder, name, self._executor.incidents)
                receipts = self._run_sink(inputs, fingerprints)
        else:
            receipts = self.folder.receipts("phase-sink", "part-")
        description = describe(
            self._plan,
            inputs.files,
            fingerprints,
            comparisons=self._comparisons(fingerprints),
            superseded=self._superseded(receipts, fingerprints),
        )
        manifest = write_manifest(self.folder, description, receipts)
        if self._limit is None:
            self._export(manifest)
        return self.folder

    def _inputs(self) -> FrozenInputs:
        if self._limit is not None:
            return as_one_shard_per_source(glance(self._plan, self._settings.bindings))
        return freeze(self._plan, self._settings.bindings, self.folder, self._tell)

    def _comparisons(self, fingerprints: Sequence[str]) -> dict[str, Mapping[str, int]]:
        """Return what corpus steps say of their work in numbers, by step."""
        found: dict[str, Mapping[str, int]] = {}
        for phase in self._plan.phases:
            receipt = finished(self._context(phase, fingerprints), "resolve")
            if phase.emits is not None and receipt is not None and "counts" in receipt.facts:
                found[phase.emits.spec.name] = receipt.facts["counts"]
        return found

    def _superseded(self, receipts: Sequence[Receipt], fingerprints: Sequence[str]) -> Receipt | None:
        """Return the receipt of the list of published documents that new ones supersede, for updates alone."""
        if not self._plan.beside():
            return None
        tables = self._resolved_tables(fingerprints, before=len(self._plan.phases))
        parts = [part.files["part"].name for part in receipts]
        return write_superseded(self.folder, tables, parts, fingerprints[-1])

    def _resolved_tables(self, fingerprints: Sequence[str], *, before: int) -> list[str]:
        """Return the tables of steps that compared with published documents, of the phases before this one."""
        return [
            storage.join(context.address, receipt.files["table"].name)
            for phase in self._plan.phases[:before]
            if phase.emits is not None and self._plan.published(phase.emits.spec.name)
            for context in [self._context(phase, fingerprints)]
            for receipt in [finished(context, "resolve")]
            if receipt is not None
        ]

    # Resuming

    def _was_taken_down_from(self, inputs: FrozenInputs, fingerprints: Sequence[str]) -> bool:
        """Tell whether the folder holds this plan's corpus, finished, and documents were taken down from it since.

        Raises:
            PlanConflictError: something was taken down, and this would write a corpus in its place.
        """
        if not tombstones_at(self.folder.join(FILE)):
            return False
        files = {name: text for name, text in self._plan.files.items() if name != PROJECT_FILE}
        before = phase_fingerprints(replace(self._plan, files=files), inputs.files)
        anew = self._settings.restart or self._settings.retry_quarantined
        if not anew and storage.exists(self.folder.join("manifest.json")):
            found = self.folder.read_json("manifest.json")["fingerprint"]
            if found in (fingerprints[-1], before[-1]):
                text = "finished, and documents were taken down since: left as it is"
                self._tell(Event("note", "plan", text=text))
                return True
        raise PlanConflictError(
            f"documents were taken down from {self.folder.address}: no run writes over what is left, and its receipts",
            file=self._plan.recipe_file,
            remedy=f"Give the recipe a new version; with {FILE} of that folder in manifests/ they stay out.",
        )

    def _claim(self, inputs: FrozenInputs, fingerprints: Sequence[str]) -> None:
        mine = components(self._plan, inputs.files)
        address = self.folder.join("plan.json")
        record = {
            "components": mine,
            "fingerprints": list(fingerprints),
            "phases": [phase.name for phase in self._plan.phases],
            "shards": len(inputs.shards),
        }
        if storage.exists(address):
            old = self.folder.read_json("plan.json")
            if old["fingerprints"] == record["fingerprints"]:
                return
            if not self._settings.restart:
                lines = differences(old["components"], mine)
                shown = "\n    ".join(lines[:12]) + (f"\n    and {len(lines) - 12} more" if len(lines) > 12 else "")
                raise PlanConflictError(
                    f"{self.folder.address} holds a run of another plan; what differs:\n    {shown}",
                    file=self._plan.recipe_file,
                    remedy="Give the recipe a new version, or run with --restart to redo the phases that changed.",
                )
            self._discard(old["fingerprints"], fingerprints)
        for name, text in sorted(self._plan.files.items()):
            storage.write_bytes(self.folder.join("project", name), text.encode())
        self.folder.write_json("plan.json", record)

    def _discard(self, old: Sequence[str], new: Sequence[str]) -> None:
        """Delete the phases of another plan; leading phases with the same fingerprint stay."""
        same = 0
        while same < min(len(old), len(new)) - 1 and old[same] == new[same]:
            same += 1
        for index in range(same, max(len(old), len(new))):
            storage.delete(self.folder.phase(index))
        for name in ("phase-sink", "data", "project", "manifest.json"):
            storage.delete(self.folder.join(name))
        remove_exports(self.folder)
        self._tell(Event("note", "plan", text=f"restarted: {same} of {len(new) - 1} phases reused"))

    def _forget_quarantine(self, fingerprints: Sequence[str]) -> None:
        """Delete quarantine markers, the receipts of the shards they stand in, and everything after them."""
        first: int | None = None
        for phase in self._plan.phases:
            entries = markers(self.folder.phase(phase.index))
            if first is None and entries:
                first = phase.index
                for shard in {entry.shard for entry in entries}:
                    storage.delete(self.folder.join(phase.name, "receipts", f"shard-{shard:05d}.json"))
                for receipt in self.folder.receipts(phase.name, ""):
                    if not receipt.task.startswith("shard-"):
                        storage.delete(self.folder.join(phase.name, "receipts", f"{receipt.task}.json"))
                storage.delete(self.folder.join(phase.name, "quarantine"))
            elif first is not None:
                storage.delete(self.folder.phase(phase.index))
        if first is not None:
            for name in ("phase-sink", "data", "manifest.json"):
                storage.delete(self.folder.join(name))
            remove_exports(self.folder)
        self._tell(
            Event(
                "note",
                "plan",
                text="quarantined documents get another try" if first is not None else "no document is quarantined",
            )
        )

    def _context(self, phase: Phase, fingerprints: Sequence[str]) -> PhaseContext:
        return PhaseContext(
            self._plan, phase, self.folder, fingerprints[phase.index], self._models, places=self._places()
        )

    def _places(self) -> Places:
        where = self._settings.translations or self.folder.join("translations")
        return Places(dict(self._settings.engines), storage.absolute(where))

    def _first_needed(self, inputs: FrozenInputs, fingerprints: Sequence[str]) -> int:
        """Return the first phase to look at.

        That is the one after the last whose files are all there (`clean` may have deleted earlier ones), unless an
        earlier phase lacks a receipt, which the run's account needs.
        """
        start = 0
        for phase in self._plan.phases:
            context = self._context(phase, fingerprints)
            names = [f"shard-{shard.index:05d}" for _, shard in inputs.shards]
            receipts = [finished(context, name) for name in names]
            if None in receipts or (phase.emits and finished(context, "resolve") is None):
                break
            present = all(receipt is None or files_exist(context.address, receipt.files) for receipt in receipts)
            if present and (not phase.emits or resolved(context)):
                start = phase.index + 1
        return min(start, len(self._plan.phases) - 1)

    # Phases

    def _run_phase(self, phase: Phase, inputs: FrozenInputs, fingerprints: Sequence[str]) -> None:
        context = self._context(phase, fingerprints)
        previous = self._previous_files(phase, fingerprints, inputs)
        record = self._table(phase, fingerprints)
        above = None if phase.index == 0 else self.folder.phase(phase.index - 1)
        table = None if record is None or above is None else storage.join(above, record.name)
        entries = markers(context.address)
        limit = None if self._limit is None or phase.index else -(-self._limit // max(1, len(inputs.shards)))
        items = [
            ShardItem(
                shard,
                position,
                attempt=_attempt(),
                previous=None if (data := previous.get(f"shard-{shard.index:05d}")) is None else data.name,
                table=table,
                quarantined=tuple(entry for entry in entries if entry.shard == shard.index),
                limit=limit,
                reads=digest_of(one for one in (data, record) if one is not None) if phase.index else "",
            )
            for position, shard in inputs.shards
        ]
        receipts: dict[str, Receipt] = {}
        pending: list[ShardItem] = []
        keys_needed = phase.emits is not None and not resolved(context)
        for item in items:
            receipt = finished(context, item.task)
            same = receipt is not None and receipt.facts.get("reads", "") == item.reads
            if receipt is not None and same and _usable(context.address, receipt, keys_needed=keys_needed):
                receipts[item.task] = receipt
            else:
                pending.append(item)
        self._tell(Event("phase", phase.name, len(receipts), len(items)))
        if receipts:
            self._tell(Event("note", phase.name, text=f"{len(receipts)} of {len(items)} shards were finished before"))
        needs = next((planned.spec.task_needs() for planned in phase.steps), Needs())
        containment = Containment(ShardTask(context), context, self._executor, needs)
        for item, receipt in containment.run(pending):
            receipts[item.task] = receipt
            self._tell(Event("done", phase.name, len(receipts), len(items), tuple(receipt.counts)))
        if phase.emits is not None:
            published = self._plan.published(phase.emits.spec.name)
            gone = [*self._plan.superseded(), *self._resolved_tables(fingerprints, before=phase.index)]
            passes = Passes(context, self._tasks, attempt=_attempt, published=published, gone=gone)
            passes.run([receipts[name] for name in sorted(receipts)])

    def _previous_files(self, phase: Phase, fingerprints: Sequence[str], inputs: FrozenInputs) -> dict[str, FileRecord]:
        if phase.index == 0:
            return {}
        context = self._context(self._plan.phases[phase.index - 1], fingerprints)
        names = [f"shard-{shard.index:05d}" for _, shard in inputs.shards]
        receipts = {name: finished(context, name) for name in names}
        return {name: receipt.files["data"] for name, receipt in receipts.items() if receipt is not None}

    def _table(self, phase: Phase, fingerprints: Sequence[str]) -> FileRecord | None:
        if phase.applies is None:
            return None
        context = self._context(self._plan.phases[phase.index - 1], fingerprints)
        receipt = finished(context, "resolve")
        return None if receipt is None else receipt.files["table"]

    # Sink

    def _sink_is_done(self, fingerprint: str) -> bool:
        if not storage.exists(self.folder.join("manifest.json")):
            return False
        parts = self.folder.receipts("phase-sink", "part-")
        manifest = self.folder.read_json("manifest.json")
        return (
            manifest.get("fingerprint") == fingerprint
            and len(parts) == len(manifest["parts"])
            and all(part.plan == fingerprint and files_exist(self.folder.address, part.files) for part in parts)
        )

    def _run_sink(self, inputs: FrozenInputs, fingerprints: Sequence[str]) -> tuple[Receipt, ...]:
        context = self._context(self._plan.phases[-1], fingerprints)
        receipts = [finished(context, f"shard-{shard.index:05d}") for _, shard in inputs.shards]
        part_bytes = int(self._plan.recipe.sink.part_mb * 1024 * 1024)
        parts = assign_parts([receipt for receipt in receipts if receipt is not None], part_bytes=part_bytes)
        folder = storage.join(self.folder.sink, "receipts")

        def done(item: int) -> Receipt | None:
            receipt = read_receipt(folder, parts[item].task)
            return receipt if receipt is not None and receipt.plan == fingerprints[-1] else None

        task = _IndexedPartTask(PartTask(self._plan, self.folder, fingerprints[-1]), parts)
        self._tasks.run(task, range(len(parts)), "sink", done=done, address=self.folder.address)
        return receipts_of(folder, [part.task for part in parts])

    def _export(self, manifest: Mapping[str, Any]) -> None:
        """Write what is derived from the manifest, unless an earlier run has, from this manifest."""
        receipt = exports_receipt(self.folder, manifest_digest(self.folder))
        if receipt is None or not files_exist(self.folder.address, receipt.files):
            self._tell(Event("note", "exports", text="writing what is derived from the manifest"))
            write_exports(self.folder, manifest)


class _IndexedPartTask:
    """Part tasks by number, so that the assignment travels to each worker once."""

    def __init__(self, task: PartTask, parts: tuple[Part, ...]) -> None:
        self._task, self._parts = task, parts

    def __call__(self, index: int) -> Receipt:
        return self._task(self._parts[index])


def _usable(address: str, receipt: Receipt, *, keys_needed: bool) -> bool:
    """Tell whether a shard's files are there, and its keys undamaged where they will be read.

    Keys are digested and not only measured: a flipped bit in a hash is no error to the reader, but another corpus.
    """
    if not files_exist(address, receipt.files):
        return False
    keys = {kind: record for kind, record in receipt.files.items() if kind.startswith("keys.")}
    return not keys_needed or files_intact(address, keys)


def _attempt() -> str:
    return uuid.uuid4().hex[:8]
