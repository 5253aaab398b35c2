"""Freezing a run's inputs and cutting them into shards, once; a resumed run must find the same files."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from glotmill.core.errors import SettingsError
from glotmill.core.inputs import InputFile, Shard
from glotmill.io.sharding import Stat, freeze_inputs, list_inputs, plan_shards
from glotmill.plan.resolve import Plan
from glotmill.provenance.folder import RunFolder
from glotmill.run.events import Event, Listener

NOTES = "inputs.json"


@dataclass(frozen=True, slots=True)
class FrozenInputs:
    """Input files in recipe and name order, and the shards: (position of its source in the recipe, shard)."""

    files: tuple[InputFile, ...]
    shards: tuple[tuple[int, Shard], ...]


def freeze(plan: Plan, bindings: Mapping[str, str], folder: RunFolder, listener: Listener) -> FrozenInputs:
    """List, digest and shard what the bound sources hold.

    Digests of local files whose size and time of change are as noted in `inputs.json` are not computed again.

    Raises:
        DataError: a location holds no file of its source's kind.
    """
    noted = _read_notes(folder)
    found: dict[str, tuple[InputFile, ...]] = {}
    notes: dict[str, Stat] = {}
    for source in plan.recipe.sources:
        if source.of not in bindings:
            listener(Event("note", "inputs", text=f"source {source.of} is optional and not bound: left out"))
            continue
        frozen = freeze_inputs(source, bindings[source.of], noted)
        found[source.of] = plan.admitted(frozen.files)
        left = len(frozen.files) - len(found[source.of])
        if left:
            text = f"source {source.of}: {left} of {len(frozen.files)} files went in before and are left out"
            listener(Event("note", "inputs", text=text))
        notes.update(frozen.stats)
    folder.write_json(NOTES, {url: asdict(stat) for url, stat in notes.items()})
    return _sharded(plan, found)


def glance(plan: Plan, bindings: Mapping[str, str]) -> FrozenInputs:
    """List and shard what the bound sources hold without digesting it, for rehearsals and estimates."""
    found = {
        source.of: list_inputs(source, bindings[source.of]) for source in plan.recipe.sources if source.of in bindings
    }
    return _sharded(plan, found)


def _sharded(plan: Plan, found: Mapping[str, tuple[InputFile, ...]]) -> FrozenInputs:
    bound = [source for source in plan.recipe.sources if source.of in found]
    position = {source.of: index for index, source in enumerate(plan.recipe.sources)}
    shards = plan_shards([(source, found[source.of]) for source in bound], int(plan.recipe.shard_mb * 1024 * 1024))
    files = tuple(file for source in bound for file in found[source.of])
    return FrozenInputs(files, tuple((position[shard.slices[0].file.source], shard) for shard in shards))


def as_one_shard_per_source(inputs: FrozenInputs) -> FrozenInputs:
    """Return the same slices bundled into one shard per source, so that a limit means the first documents of each."""
    slices: dict[int, list[Shard]] = {}
    for position, shard in inputs.shards:
        slices.setdefault(position, []).append(shard)
    shards = [
        (position, Shard(index, tuple(part for shard in members for part in shard.slices)))
        for index, (position, members) in enumerate(slices.items())
    ]
    return FrozenInputs(inputs.files, tuple(shards))


def _read_notes(folder: RunFolder) -> dict[str, Stat]:
    """Return the digests noted by an earlier run; a missing or half-written note costs time, nothing else."""
    try:
        return {url: Stat(**stat) for url, stat in folder.read_json(NOTES).items()}
    except (SettingsError, TypeError, AttributeError):
        return {}
