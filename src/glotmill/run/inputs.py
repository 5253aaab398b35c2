"""Freezing a run's inputs and cutting them into shards, once; a resumed run must find the same files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glotmill.core.inputs import InputFile, Shard
from glotmill.io.sharding import freeze_inputs, make_shards
from glotmill.plan.resolve import Plan
from glotmill.provenance.folder import RunFolder
from glotmill.run.events import Event, Listener


@dataclass(frozen=True, slots=True)
class FrozenInputs:
    """Input files in recipe and name order, and the shards of each source: (position of the source, shard)."""

    files: tuple[InputFile, ...]
    shards: tuple[tuple[int, Shard], ...]


def freeze(plan: Plan, bindings: Mapping[str, str], folder: RunFolder, listener: Listener) -> FrozenInputs:
    """List, digest and shard what the bound sources hold.

    Digests of files whose size and time of change are as noted in `inputs.json` are not computed again.
    """
    try:
        noted: dict[str, Any] = folder.read_json("inputs.json")
    except Exception as error:  # noqa: BLE001  # a missing or half-written note costs a digest, nothing else
        listener(Event("note", "inputs", text=f"digesting inputs ({type(error).__name__})"))
        noted = {}
    files: list[InputFile] = []
    shards: list[tuple[int, Shard]] = []
    notes: dict[str, Any] = {}
    target = int(plan.recipe.shard_mb * 1024 * 1024)
    for position, source in enumerate(plan.recipe.sources):
        if source.of not in bindings:
            listener(Event("note", "inputs", text=f"source {source.of} is optional and not bound: left out"))
            continue
        found, note = freeze_inputs(source, bindings[source.of], previous=noted.get(source.of))
        notes[source.of] = note
        files.extend(found)
        for shard in make_shards(source, found, target_bytes=target):
            shards.append((position, Shard(len(shards), shard.slices)))
    folder.write_json("inputs.json", notes)
    return FrozenInputs(tuple(files), tuple(shards))
