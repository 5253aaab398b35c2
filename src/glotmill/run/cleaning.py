"""Removing intermediate files that no later phase needs."""

from dataclasses import dataclass

from glotmill.io import storage
from glotmill.provenance.folder import RunFolder


@dataclass(frozen=True, slots=True)
class Freed:
    """What was deleted: folder names inside the run, and bytes."""

    folders: tuple[str, ...]
    bytes: int


def clean_run(folder: RunFolder) -> Freed:
    """Delete data and keys of every phase whose successor is complete; ledger, receipts, quarantine stay.

    Until the run is finished, the tables that its corpus steps resolved stay too: the manifest is made of them.

    Raises:
        SettingsError: this is no folder of a run.
    """
    plan = folder.read_json("plan.json")
    phases, shards = list(plan["phases"]), int(plan["shards"])
    whole = [len(folder.receipts(phase, "shard-")) == shards for phase in phases]
    finished = storage.exists(folder.join("manifest.json"))
    deleted: list[str] = []
    freed = 0
    for index, phase in enumerate(phases):
        successor_done = finished if index == len(phases) - 1 else whole[index + 1]
        if not successor_done:
            continue
        for kind in ("data", "keys"):
            address = folder.join(phase, kind)
            if not storage.exists(address):
                continue
            files = storage.list_files(address)
            spared = {name for name, _ in files if not finished and name.startswith("resolve-")}
            freed += sum(size for name, size in files if name not in spared)
            if not spared:
                storage.delete(address)
            for name in () if not spared else (name for name, _ in files if name not in spared):
                storage.delete(storage.join(address, name))
            if len(files) > len(spared):
                deleted.append(f"{phase}/{kind}")
    return Freed(tuple(deleted), freed)
