"""Plans that add to a published corpus: the recipe it was made by, new inputs, and what is published beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from glotmill.core.errors import SettingsError
from glotmill.core.inputs import InputFile
from glotmill.core.steps import CorpusSpec, Spec
from glotmill.dedup.tombstones import FILE, PROJECT_FILE, Tombstones, parsed, tombstones_at
from glotmill.io import storage
from glotmill.plan.project import Snapshot
from glotmill.plan.recipe import recipe_of
from glotmill.plan.resolve import Plan, PlannedStep, resolve_recipe
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.index import Index
from glotmill.provenance.partitions import DERIVED

By = Literal["year", "month", "day", "none"]


@dataclass(frozen=True, slots=True)
class UpdatePlan(Plan):
    """A plan whose documents are compared with those of published corpora too.

    Args:
        of: `name@version` of the corpus that is added to.
        number: of this delta, from 1.
        indexes: of that corpus and of the deltas before.
        known: (source, digest) of every input file that went into them.
        gone: addresses of what the deltas before have superseded.
    """

    of: str
    number: int
    indexes: tuple[Index, ...]
    known: frozenset[tuple[str, str]]
    gone: tuple[str, ...]

    def published(self, step: str) -> Mapping[str, Sequence[str]]:
        tables: dict[str, list[str]] = {}
        for index in self.indexes:
            for table, addresses in index.tables.get(step, {}).items():
                tables.setdefault(table, []).extend(addresses)
        return tables

    def superseded(self) -> Sequence[str]:
        return self.gone

    def beside(self) -> Mapping[str, object]:
        return {
            "of": self.of,
            "number": self.number,
            "indexes": [
                {"corpus": index.corpus, "documents": index.documents, "sha256": index.digest} for index in self.indexes
            ],
        }

    def admitted(self, files: Sequence[InputFile]) -> tuple[InputFile, ...]:
        """Leave out what went in before, and mark the others as this delta's: ids are made of names, which come again."""
        return tuple(
            replace(file, delivery=self.recipe.version)
            for file in files
            if (file.source, file.digest) not in self.known
        )


def version_of_delta(version: str, number: int) -> str:
    """Return the version of the n-th delta of a corpus.

    >>> version_of_delta("2026.11.1", 2)
    '2026.11.1-delta2'
    """
    return f"{version}-delta{number}"


def recipe_again(
    folder: RunFolder,
    *,
    version: str | None = None,
    by: By | None = "none",
    extra: Mapping[str, type[Spec]] | None = None,
    taken_down: Tombstones | None = None,
) -> Plan:
    """Return the plan of a run again, from the copies that it keeps of everything it was made by.

    What was taken down from the run, before it was made or since, stays out.

    Args:
        folder: of a finished run.
        version: of the plan; None means the run's.
        by: what part of `crawl_time` names the outermost folder of the corpus; None means the month, unless the recipe
            partitions by some part of it.
        extra: step kinds of other packages.
        taken_down: what else has to stay out.

    Raises:
        SettingsError: the run is not finished, was itself made from a corpus, or partitions by time already.
        RecipeError: this version of Glotmill does not understand the run's files any more.
    """
    manifest = folder.read_json("manifest.json")
    if "parent" in manifest:
        raise SettingsError(
            f"{folder.address} was judged again from another corpus and has no sources of its own: update that one"
        )
    recipe = dict(manifest["recipe"])
    sink = dict(recipe["sink"])
    timed = sorted(set(DERIVED) & set(sink["partition_by"]))
    if by is not None and by != "none" and timed:
        raise SettingsError(f"the recipe of {folder.address} partitions by {', '.join(timed)}: leave --by out")
    if by != "none" and not timed:
        sink["partition_by"] = [f"crawl_{by or 'month'}", *sink["partition_by"]]
    told = {name: manifest.get(name) for name in ("description", "publisher")}
    value: dict[str, Any] = {**recipe, **told, "sink": sink}
    value["version"] = version or recipe["version"]
    files = {name: storage.read_bytes(folder.join("project", name)).decode() for name in manifest["files"]}
    known = parsed(files.get(PROJECT_FILE, "")).plus(tombstones_at(folder.join(FILE))).plus(taken_down or Tombstones())
    if known:
        files[PROJECT_FILE] = known.text()
    file = folder.join("manifest.json")
    return resolve_recipe(Snapshot(files), recipe_of(value, file=file, extra=extra), file)


def updating(
    base: RunFolder,
    plan: Plan,
    *,
    number: int,
    indexes: Sequence[Index],
    known: frozenset[tuple[str, str]],
    gone: Sequence[str],
) -> UpdatePlan:
    """Return a plan (`recipe_again`) as the n-th delta of the corpus in a folder."""
    manifest = base.read_json("manifest.json")
    of = f"{manifest['name']}@{manifest['version']}"
    return UpdatePlan(
        recipe=plan.recipe,
        recipe_file=plan.recipe_file,
        phases=plan.phases,
        schema=plan.schema,
        files=plan.files,
        models=plan.models,
        of=of,
        number=number,
        indexes=tuple(indexes),
        known=known,
        gone=tuple(gone),
    )


def indexed_steps(plan: Plan) -> tuple[PlannedStep, ...]:
    """Return the steps of a plan that recognise published documents.

    Raises:
        SettingsError: there is none, or some let new documents supersede published ones and others do not.
    """
    steps = tuple(
        phase.emits
        for phase in plan.phases
        if phase.emits is not None and isinstance(phase.emits.spec, CorpusSpec) and phase.emits.spec.indexed
    )
    if not steps:
        raise SettingsError(
            f"no step of {plan.recipe.name} compares documents, so none could be recognised: it takes exact_dedup or "
            "minhash_dedup"
        )
    rules = {step.spec.name: step.spec.model_dump(mode="json").get("published") for step in steps}
    if len(set(rules.values())) > 1:
        said = ", ".join(f"{name} says {rule}" for name, rule in rules.items())
        raise SettingsError(
            f"the steps of {plan.recipe.name} differ in `published`: {said}. A document that one supersedes and another "
            "protects would be lost: give all the same, under a new version"
        )
    return steps


def changed_behind(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return, by indexed step, the steps behind it that change texts: published texts are not those that it compared."""
    behind: dict[str, tuple[str, ...]] = {}
    order = [step for phase in plan.phases for step in phase.planned]
    for planned in indexed_steps(plan):
        place = next(index for index, step in enumerate(order) if step.spec.name == planned.spec.name)
        later = [step.spec.name for step in order[place + 1 :] if "text" in step.contract.provides.names]
        if later and planned.contract.requires.names[0] == "text":
            behind[planned.spec.name] = tuple(dict.fromkeys(later))
    return behind
