"""Making a mix: looked through, shared out, shuffled and accounted for; what is finished never again."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final

from glotmill.core.errors import LedgerError, PlanConflictError, RecipeError, SettingsError
from glotmill.dedup.tombstones import FILE, tombstones_at
from glotmill.executors.base import Executor
from glotmill.io import storage
from glotmill.plan.fingerprint import differences
from glotmill.plan.mixing import MixPlan, mix_components, mix_files
from glotmill.provenance.exports import exports_receipt, remove_exports, write_exports
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.index import manifest_digest
from glotmill.provenance.manifest import FILE as MANIFEST
from glotmill.provenance.manifest import write_manifest
from glotmill.provenance.receipts import Receipt, read_receipt
from glotmill.run.corpus import Tasks
from glotmill.run.events import Event, Listener, silent
from glotmill.run.mix.account import describe_mix
from glotmill.run.mix.context import PHASE, MixContext, Scans
from glotmill.run.mix.judging import Values
from glotmill.run.mix.scanning import ScanTask, SelectTask
from glotmill.run.mix.sharing import Group, Selection, check_translations, select, share_out
from glotmill.run.mix.shuffling import GatherTask, ScatterTask, part_places, part_task
from glotmill.run.shard import files_exist
from glotmill.run.takedown.journal import refuse_pending

_BUCKET_ROWS: Final = 1_000_000  # keys in memory at a time, about 60 bytes each
_PASSING: Final = ("keys", "again", "data")  # files of receipts that the parts take the place of


class Mixer:
    """Makes one mix with one executor, resuming whatever an earlier attempt has finished.

    Args:
        plan: of the mix.
        out: folder or fsspec URL; the mix goes to `<out>/<name>/<version>`.
        executor: where tasks run; stays open.
        listener: told of everything that happens.
        restart: throw away a mix of another plan instead of refusing.
    """

    def __init__(
        self,
        plan: MixPlan,
        out: str,
        *,
        executor: Executor,
        listener: Listener = silent,
        restart: bool = False,
    ) -> None:
        # Workers may stand in another folder.
        self.folder = RunFolder(storage.join(storage.absolute(out), plan.recipe.name, plan.recipe.version))
        self._plan, self._tell, self._restart = plan, listener, restart
        self._tasks = Tasks(executor, listener)
        self._context = MixContext(plan, self.folder, uuid.uuid4().hex[:8])

    def run(self) -> RunFolder:
        """Make the mix and return its folder, its manifest written.

        Raises:
            PlanConflictError: the folder holds something else, and `restart` is not set, or something was taken down from it.
            RecipeError: see `share_out`.
            ShardsFailed: some tasks failed; the others are done.
        """
        self._begin()
        if not self._is_done():
            try:
                scanned, scans, groups, selects = self._look()
                selection = select(self._context, scans, groups, selects)
                check_translations(self._plan.recipe, selection, file=self._plan.file)
            except RecipeError:
                self._forget()  # nothing was mixed yet: the recipe with another budget may take the place
                raise
            shards = self._scatter(selection, selects, self._parts(selection, scanned))
            places = part_places(shards)
            task = GatherTask(self._context, places)
            names = [part_task(number) for number, _ in places]
            parts = self._each(task, names, "shuffle", self.folder.sink, self.folder.address)
            description = describe_mix(self._plan, selection, shards)
            _check(description["mix"], selection, parts)
            write_manifest(self.folder, description, parts)
            self._tidy([*scanned, *selects, *shards])
        self._export()
        self._tidy(())
        return self.folder

    def _tidy(self, receipts: Sequence[Receipt]) -> None:
        """Delete what only the making needed: by name, since the listing of a store may be behind, and whatever is listed."""
        names = [receipt.files[kind].name for receipt in receipts for kind in _PASSING if kind in receipt.files]
        for name in (*names, "data", "keys"):
            storage.delete(self.folder.join(PHASE, name))

    def _begin(self) -> None:
        refuse_pending(self.folder)
        for parent in self._plan.parents:
            refuse_pending(RunFolder(parent.address))
            if _same_place(parent.address, self.folder.address):
                raise SettingsError(f"{parent.address} is one of the corpora: give the mix another name or version")
        if self._was_taken_down_from():
            return
        record = {
            "components": mix_components(self._plan),
            "fingerprints": [self._plan.fingerprint],
            "phases": [PHASE],
            "shards": len(self._plan.pieces),
        }
        if storage.exists(self.folder.join("plan.json")):
            old = self.folder.read_json("plan.json")
            if old["fingerprints"] == record["fingerprints"]:
                return
            self._discard(old["components"], record["components"])
        for name, text in mix_files(self._plan).items():
            storage.write_bytes(self.folder.join("project", name), text.encode())
        self.folder.write_json("plan.json", record)

    def _discard(self, old: dict[str, Any], new: Any) -> None:
        if not self._restart:
            lines = differences(old, new)
            shown = "\n    ".join(lines[:12]) + (f"\n    and {len(lines) - 12} more" if len(lines) > 12 else "")
            raise PlanConflictError(
                f"{self.folder.address} holds something made by another plan; what differs:\n    {shown}",
                file=self._plan.file,
                remedy="Give the mix a new version, or add --restart to make it anew.",
            )
        self._forget()

    def _forget(self) -> None:
        storage.delete(self.folder.join(MANIFEST))
        remove_exports(self.folder)
        # The plan last: as long as receipts of it are left, nobody takes them for those of another.
        for name in (PHASE, "phase-sink", "data", "project", "plan.json"):
            storage.delete(self.folder.join(name))

    def _was_taken_down_from(self) -> bool:
        """Tell whether the folder holds this mix, finished, and documents were taken down from it since.

        Raises:
            PlanConflictError: something was taken down, and this would write in its place.
        """
        if not tombstones_at(self.folder.join(FILE)):
            return False
        if not self._restart and self._is_done():
            self._tell(Event("note", "mix", text="finished, and documents were taken down since: left as it is"))
            return True
        raise PlanConflictError(
            f"documents were taken down from {self.folder.address}: nothing writes over what is left, and its receipts",
            file=self._plan.file,
            remedy="Take them down from the corpora, too, and give the mix a new version.",
        )

    def _is_done(self) -> bool:
        if not storage.exists(self.folder.join(MANIFEST)):
            return False
        manifest = self.folder.read_json(MANIFEST)
        parts = {part["path"]: part["bytes"] for part in manifest["parts"]}
        return manifest.get("fingerprint") == self._plan.fingerprint and all(
            storage.exists(self.folder.join(path)) and storage.size(self.folder.join(path)) == size
            for path, size in parts.items()
        )

    def _look(self) -> tuple[list[Receipt], Scans, tuple[Group, ...], list[Receipt]]:
        plan = self._plan
        documents = sum(int(parent.manifest["account"]["kept"]) for parent in plan.parents)
        buckets = max(1, -(-documents // _BUCKET_ROWS))
        names = [f"scan-{index:05d}" for index in range(len(plan.pieces))]
        scanned = self._each(ScanTask(self._context, buckets), names, "look", self._context.address)
        values = [tuple(tuple(own) for own in receipt.facts["groups"]) for receipt in scanned]
        known = {group: number for number, group in enumerate(sorted({one for own in values for one in own}))}
        scans = Scans(
            tuple(receipt.files["keys"].name for receipt in scanned),
            tuple(tuple(known[one] for one in own) for own in values),
        )
        names = [f"select-{number:05d}" for number in range(buckets)]
        selects = self._each(SelectTask(self._context, scans), names, "select", self._context.address)
        sizes: dict[Values, tuple[int, int]] = {}
        for group, number in known.items():
            found = [receipt.facts["groups"].get(str(number), (0, 0)) for receipt in selects]
            sizes[group] = (sum(one[0] for one in found), sum(one[1] for one in found))
        return scanned, scans, share_out(plan.recipe, sizes, file=plan.file), selects

    def _scatter(self, selection: Selection, selects: Sequence[Receipt], parts: int) -> list[Receipt]:
        again = tuple(receipt.files["again"].name for receipt in selects)
        task = ScatterTask(self._context, selection, again, parts)
        names = [f"shard-{index:05d}" for index in range(len(self._plan.pieces))]
        return self._each(task, names, PHASE, self._context.address)

    def _parts(self, selection: Selection, scanned: Sequence[Receipt]) -> int:
        """Return how many parts the mix has, by the sizes that the corpora's files state."""
        rows = sum(int(receipt.facts["rows"]) for receipt in scanned)
        size = sum(int(receipt.facts["rows"]) * int(receipt.facts["row_bytes"]) for receipt in scanned)
        taken = sum(group.documents * group.target / group.units if group.units else 0.0 for group in selection.groups)
        part_bytes = self._plan.recipe.part_mb * 1024 * 1024
        return max(1, -int(-(size / max(1, rows)) * taken // part_bytes))

    def _each(
        self, task: Callable[[int], Receipt], names: Sequence[str], label: str, phase: str, address: str | None = None
    ) -> list[Receipt]:
        folder = storage.join(phase, "receipts")

        def done(index: int) -> Receipt | None:
            receipt = read_receipt(folder, names[index])
            return receipt if receipt is not None and receipt.plan == self._plan.fingerprint else None

        where = phase if address is None else address
        return self._tasks.run(task, range(len(names)), label, done=done, address=where)

    def _export(self) -> None:
        receipt = exports_receipt(self.folder, manifest_digest(self.folder))
        if receipt is None or not files_exist(self.folder.address, receipt.files):
            self._tell(Event("note", "exports", text="writing what is derived from the manifest"))
            write_exports(self.folder, self.folder.read_json(MANIFEST))


def _same_place(first: str, second: str) -> bool:
    """Tell whether two addresses are one folder: a link and `..` lead to a corpus, too, that a restart would delete."""
    here, there = storage.local_path(first), storage.local_path(second)
    return first == second if here is None or there is None else here.resolve() == there.resolve()


def _check(account: dict[str, Any], selection: Selection, parts: Sequence[Receipt]) -> None:
    """Refuse a mix whose parts hold other rows than its groups were given, or whose groups lost some."""
    rows = sum(int(part.facts["documents"]) for part in parts)
    taken = sum(one["taken"]["documents"] + one["repeated"]["documents"] for one in account["groups"])
    if rows != taken:
        raise LedgerError(f"the parts hold {rows} rows, the groups were given {taken}")
    for one, units in zip(account["groups"], selection.units, strict=True):
        if one["taken"]["units"] + one["repeated"]["units"] != units:
            raise LedgerError(f"group {one['group']} was given {units} units: {one}")
        for name in ("documents", "units"):
            if one["available"][name] != one["taken"][name] + one["left_out"][name]:
                raise LedgerError(f"group {one['group']} does not balance in {name}: {one}")
