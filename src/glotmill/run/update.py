"""Adding to a published corpus: which deltas there are, which comes next, and what they recognise documents by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from glotmill.core.errors import SettingsError
from glotmill.core.inputs import InputFile
from glotmill.core.steps import Spec
from glotmill.dedup.tombstones import Tombstones
from glotmill.executors.base import Executor
from glotmill.io import storage
from glotmill.io.sharding import freeze_inputs
from glotmill.plan.resolve import Plan
from glotmill.plan.update import By, UpdatePlan, recipe_again, updating, version_of_delta
from glotmill.provenance.folder import RunFolder
from glotmill.run.events import Listener, silent
from glotmill.run.index import ensure_index
from glotmill.run.superseded import FILE
from glotmill.run.takedown.journal import refuse_pending

_MOST = 100_000  # deltas of one corpus
_LOOK_AHEAD = 20  # missing ones behind which one would still be noticed


@dataclass(frozen=True, slots=True)
class Update:
    """The next delta of a corpus.

    Args:
        plan: of the delta.
        out: the folder or URL that the corpus and its deltas lie in, as run settings name it.
        before: the corpus and its deltas so far, in order.
    """

    plan: UpdatePlan
    out: str
    before: tuple[RunFolder, ...]


def runs_of(base: RunFolder) -> tuple[RunFolder, ...]:
    """Return a published corpus and its finished deltas, in order.

    Raises:
        SettingsError: the folder holds no finished run, a delta of another corpus stands among its own, one is missing
            between others, or it is a delta itself.
    """
    manifest = base.read_json("manifest.json")
    if "update" in manifest:
        raise SettingsError(
            f"{base.address} is itself a delta of {manifest['update']['of']}: name the folder of that corpus"
        )
    of = f"{manifest['name']}@{manifest['version']}"
    found = [base]
    missing: RunFolder | None = None
    for folder in _deltas(base, manifest["version"]):
        if not storage.exists(folder.join("manifest.json")):
            missing = missing or folder
            if int(folder.address.rpartition("-delta")[2]) >= len(found) + _LOOK_AHEAD:
                break
            continue
        if missing is not None:
            raise SettingsError(f"{folder.address} is there, and {missing.address} before it is not: bring it back")
        about = folder.read_json("manifest.json").get("update")
        if about is None or about["of"] != of:
            raise SettingsError(f"{folder.address} is no delta of {of}, and its name says that it is: give it another")
        found.append(folder)
    return tuple(found)


def next_update(
    base: RunFolder,
    plan: Plan,
    *,
    by: By | None,
    executor: Executor,
    extra: Mapping[str, type[Spec]] | None = None,
    listener: Listener = silent,
    taken_down: Tombstones | None = None,
) -> Update:
    """Return the next delta of a corpus, or the one that was begun and not finished; indexes what is not indexed yet.

    Args:
        base: folder of the published corpus.
        plan: the recipe that it was made by (`plan.update.recipe_again`).
        by: what part of `crawl_time` names the outermost folder of the delta; None means the month, or what the recipe has.
        executor: where indexes are made.
        extra: step kinds of other packages.
        listener: told of everything that happens.
        taken_down: what has to stay out beside what was taken down from the corpus.
    """
    refuse_pending(base)
    runs = runs_of(base)
    indexes = [ensure_index(folder, plan, executor=executor, listener=listener) for folder in runs]
    number = len(runs)
    known = known_files(runs)
    delta = recipe_again(
        base, version=version_of_delta(plan.recipe.version, number), by=by, extra=extra, taken_down=taken_down
    )
    gone = [folder.join(FILE) for folder in runs[1:]]
    made = updating(base, delta, number=number, indexes=indexes, known=known, gone=gone)
    return Update(made, _out(base, plan.recipe.name), runs)


def known_files(runs: Sequence[RunFolder]) -> frozenset[tuple[str, str]]:
    """Return (source, digest) of every input file of these runs."""
    return frozenset(
        (file["source"], file["digest"])
        for folder in runs
        for file in folder.read_json("manifest.json")["inputs"]["files"]
    )


def new_files(base: RunFolder, plan: Plan, bindings: Mapping[str, str]) -> tuple[InputFile, ...]:
    """Return the files at these locations that went neither into a corpus nor into its deltas; reads them whole.

    Raises:
        DataError: a location holds no file of its source's kind.
    """
    known = known_files(runs_of(base))
    return tuple(
        file
        for source in plan.recipe.sources
        if source.of in bindings
        for file in freeze_inputs(source, bindings[source.of]).files
        if (file.source, file.digest) not in known
    )


def _deltas(base: RunFolder, version: str) -> Iterator[RunFolder]:
    above = base.address.rstrip("/").rpartition("/")[0]
    for number in range(1, _MOST):
        yield RunFolder(storage.join(above, version_of_delta(version, number)))


def _out(base: RunFolder, name: str) -> str:
    """Return OUT of a run's folder OUT/<name>/<version>.

    Raises:
        SettingsError: the folder is not named so, and its deltas would not stand beside it.
    """
    above = base.address.rstrip("/").rpartition("/")[0]
    out, _, last = above.rpartition("/")
    if last != name or not out:
        raise SettingsError(
            f"{base.address}: a delta stands beside its corpus, in OUT/{name}/; name the folder as it was written, or "
            "move it into a folder of that name"
        )
    return out
