"""Plans that make a corpus out of a finished one, by judging the measures or banding the scores that it stores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from glotmill.core.arrow import merge_schemas
from glotmill.core.errors import RecipeError, SettingsError
from glotmill.core.hashing import sha256_text
from glotmill.core.schema import order_columns
from glotmill.core.steps import Resources, Scope
from glotmill.core.yamlfile import validate
from glotmill.io import storage
from glotmill.io.corpus import CorpusSource
from glotmill.io.parquet import open_parquet
from glotmill.licensing.table import TABLE_FILE
from glotmill.plan.kinds import STEP_KINDS, step_class
from glotmill.plan.project import Project
from glotmill.plan.recipe import Recipe, RecipeHead
from glotmill.plan.resolve import Phase, Plan, PlannedStep, read_files
from glotmill.provenance.folder import RunFolder
from glotmill.stages.classify import ClassifySpec
from glotmill.stages.judge import JudgeSpec, language_file
from glotmill.text.quality.card import Cuts, card_path, parse_card
from glotmill.text.quality.scoring import SURFACE
from glotmill.text.rules import language_path
from glotmill.text.vintage import code_vintage, profile_vintage

# What a manifest says of its own parts; of a parent's account the rest is enough, beside the digest of the whole.
_OWN = ("parts", "totals", "columns")


@dataclass(frozen=True, slots=True)
class DerivedPlan(Plan):
    """A plan whose source is the corpus of a finished run.

    Args:
        parent: the run's manifest without its parts, and its `manifest_sha256`.
        spec: the one step.
    """

    parent: Mapping[str, Any]
    spec: JudgeSpec | ClassifySpec

    @property
    def scope(self) -> Resources:
        """What the step is built from."""
        return self.resources(self.phases[0].steps[0], {})

    def chosen_after_measuring(self) -> tuple[str, ...]:
        """Return the steps that compared documents with one another after they were measured.

        What such a step dropped in favor of another document stays dropped, also where these rules drop that one.
        """
        steps = [step for ancestor in reversed(self._ancestors()) for step in ancestor["recipe"]["steps"]]
        measured = max(index for index, step in enumerate(steps) if self._measures(step))
        return tuple(step["name"] for step in steps[measured:] if _compares(step["kind"]))

    def _measures(self, step: Mapping[str, Any]) -> bool:
        if isinstance(self.spec, JudgeSpec):
            return step.get("mode") == "annotate"
        return bool(step["kind"] == "classify" and step["scores"] == "scan")

    def _ancestors(self) -> list[Mapping[str, Any]]:
        return _with_parents(self.parent)


def rejudging(
    project: Project,
    folder: RunFolder,
    filters: Sequence[str],
    *,
    without_bounds: Literal["refuse", "keep"] | None = None,
    version: str | None = None,
) -> DerivedPlan:
    """Return the plan that judges a run's stored measures by rule sets of a project.

    Args:
        project: where rule sets and language files are read.
        folder: of a finished run whose recipe annotates.
        filters: rule sets, in the order in which they are asked.
        without_bounds: as in `judge`; None means as in the run.
        version: of the new corpus; None means the run's with `-rejudged`.

    Raises:
        SettingsError: the run is not finished, stores no measures, or not those that the sets ask for.
        RecipeError: a rule set or language file is wrong, or knows other stop words than the measures were made with.
    """
    manifest = folder.read_json("manifest.json")
    _check_parts(folder, manifest)
    schema = _schema(folder)
    name, annotation = _annotation(folder, manifest)
    spec = JudgeSpec(
        kind="judge",
        name=name,
        tracks=annotation["tracks"],
        filters=tuple(filters),
        measures="columns",
        without_bounds=without_bounds or annotation["without_bounds"],
    )
    plan = _planned(project, folder, manifest, spec, version=version, place="--filters")
    _check_measures(folder, plan.phases[0].steps[0].contract.requires, schema)
    _check_vintage(folder, spec, plan.scope, annotation)
    return plan


def rebanding(
    project: Project,
    folder: RunFolder,
    *,
    bands: Cuts | None = None,
    keep: float | None = None,
    version: str | None = None,
) -> DerivedPlan:
    """Return the plan that bands a run's stored scores of quality anew.

    Args:
        project: where the models' cards are read: quantiles are those of the run, an audit may have come since.
        folder: of a finished run with a step `classify`.
        bands: where bands begin; None means as in the cards.
        keep: the best share of each language that stays; None drops nothing.
        version: of the new corpus; None means the run's with `-rejudged`.

    Raises:
        SettingsError: the run is not finished, or stores no scores of models that the project has.
        RecipeError: a card is missing or wrong.
    """
    manifest = folder.read_json("manifest.json")
    _check_parts(folder, manifest)
    schema = _schema(folder)
    step, models = scored_by(folder, manifest)
    if SURFACE in step["model"]:
        raise SettingsError(f"{folder.address} was scored by {SURFACE} too, which has no quantiles to band anew")
    spec = validate({**step, "bands": bands, "keep": keep, "scores": "columns"}, ClassifySpec, file=folder.address)
    plan = _planned(project, folder, manifest, spec, version=version, place="--bands")
    missing = [name for name in plan.phases[0].steps[0].contract.requires.names if name not in schema.names]
    if missing:
        raise SettingsError(f"{folder.address} does not store {', '.join(missing)}: run its recipe again")
    for name in spec.model:
        card = parse_card(plan.files[card_path(name)], card_path(name))
        if card.sha256 != models[name]["sha256"]:
            raise SettingsError(
                f"{folder.address} was scored by another {name} ({models[name]['sha256'][:12]}...) than the project has "
                f"({card.sha256[:12]}...): its scores are not those of this card\n"
                "  Bring back that model's card, or run the recipe again under a new version."
            )
    return plan


def _with_parents(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a manifest, its parent, and so on."""
    found = [manifest]
    while "parent" in found[-1]:
        found.append(found[-1]["parent"])
    return found


def scored_by(folder: RunFolder, manifest: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the step that scored a run or one that it comes from, and that run's models."""
    for one in _with_parents(manifest):
        steps = [step for step in one["recipe"]["steps"] if step["kind"] == "classify" and step["scores"] == "scan"]
        if steps:
            return steps[-1], one["models"]
    raise SettingsError(
        f"{folder.address} stores no scores of quality: no step of its recipe is of kind classify\n"
        "  Add one and run the recipe under a new version."
    )


def _planned(
    project: Project,
    folder: RunFolder,
    manifest: Mapping[str, Any],
    spec: JudgeSpec | ClassifySpec,
    *,
    version: str | None,
    place: str,
) -> DerivedPlan:
    """Return the plan of one step over the corpus of a run."""
    schema = _schema(folder)
    recipe = _recipe(manifest, spec, version, file=folder.address)
    scope = Scope(recipe.languages, (recipe.name,))
    files = _inherited(folder, manifest)
    names = read_files(project, spec, scope, files, place=place)
    contract = spec.contract(Resources(scope, {name: files[name] for name in names}))
    corpus = merge_schemas(schema, contract.provides)
    corpus = pa.schema([corpus.field(name) for name in order_columns(corpus.names)])
    step = PlannedStep(spec, contract, names, tuple(sorted(corpus.names)))
    parent = {key: value for key, value in manifest.items() if key not in _OWN}
    parent["manifest_sha256"] = sha256_text(storage.read_bytes(folder.join("manifest.json")).decode())
    phase = Phase(0, None, (step,), None, corpus)
    return DerivedPlan(recipe, folder.address, (phase,), corpus, files, {}, parent, spec)


def _compares(kind: str) -> bool:
    return kind in STEP_KINDS and step_class(kind, file="", field="", extra={}).shape == "corpus"


def _schema(folder: RunFolder) -> pa.Schema:
    parts = folder.parts()
    if not parts:
        raise SettingsError(f"{folder.address} kept no document: there is nothing to judge again")
    address = folder.join(parts[0])
    with storage.open_read(address) as stream:
        return open_parquet(stream, address).schema_arrow.remove_metadata()


def _check_parts(folder: RunFolder, manifest: Mapping[str, Any]) -> None:
    """Refuse a corpus whose files are not those of its manifest, by name and size."""
    listed = {part["path"]: part["bytes"] for part in manifest["parts"]}
    address = folder.join("data")
    found = {f"data/{name}": size for name, size in storage.list_files(address)} if storage.exists(address) else {}
    different = sorted(name for name, size in listed.items() | found.items() if listed.get(name) != found.get(name))
    if different:
        raise SettingsError(
            f"{folder.address}: {different[0]} is not as the manifest says\n"
            f"  `glotmill verify {folder.address}` shows all that is wrong."
        )


def _annotation(folder: RunFolder, manifest: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the last annotating step of a run, whose columns are those that stand in the corpus."""
    found: Mapping[str, Mapping[str, Any]] = manifest.get("annotations", {})
    if not found:
        raise SettingsError(
            f"{folder.address} stores no measures: no step of its recipe has mode: annotate\n"
            "  Give its judge step `mode: annotate` and run the recipe under a new version."
        )
    ordered = [step["name"] for step in manifest["recipe"]["steps"] if step["name"] in found]
    return ordered[-1], found[ordered[-1]]


def _recipe(manifest: Mapping[str, Any], spec: JudgeSpec | ClassifySpec, version: str | None, *, file: str) -> Recipe:
    old = manifest["recipe"]
    chosen = version if version is not None else f"{old['version']}-rejudged"
    head = validate(
        {
            **old,
            "version": chosen,
            "description": manifest["description"],
            "publisher": manifest.get("publisher"),
            "steps": [spec.model_dump(mode="json")],
        },
        RecipeHead,
        file=file,
    )
    source = CorpusSource(kind="corpus", of=head.name)
    return Recipe(
        name=head.name,
        version=head.version,
        description=head.description,
        publisher=head.publisher,
        languages=head.languages,
        sources=(source,),
        steps=(spec,),
        sink=head.sink,
        shard_mb=head.shard_mb,
    )


def _inherited(folder: RunFolder, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the run's own copies of what its rows' rights rest on."""
    wanted = (name for name in manifest["files"] if name == TABLE_FILE or name.startswith("manifests/sources/"))
    return {name: storage.read_bytes(folder.join("project", name)).decode() for name in sorted(wanted)}


def _check_measures(folder: RunFolder, wanted: pa.Schema, schema: pa.Schema) -> None:
    missing = [name.removeprefix("measure_") for name in wanted.names if name not in schema.names]
    if missing:
        stored = ", ".join(name for name in schema.names if name.startswith("measure_"))
        raise SettingsError(
            f"{folder.address} does not store what the rules ask for: {', '.join(missing)}; it has {stored}\n"
            "  Name the rule sets in the annotating step of the recipe and run it under a new version."
        )


def _check_vintage(folder: RunFolder, spec: JudgeSpec, resources: Resources, annotation: Mapping[str, Any]) -> None:
    """Refuse measures that measuring again would not give."""
    if annotation["code"] != code_vintage():
        raise SettingsError(
            f"{folder.address} was measured by other code ({annotation['code']}, this is {code_vintage()}): the same "
            "text may have other measures now\n  Judge it with the version that its manifest names, or run its recipe "
            "again under a new version."
        )
    for tag, rules in spec.asked(resources).items():
        language = language_file(tag, resources.files)
        needing = sorted({rule.measure.name for rule in rules if rule.measure.needs})
        if language is None or not needing:
            continue
        if annotation["profiles"].get(tag) != profile_vintage(language.profile()):
            path = language_path(tag)
            raise RecipeError(
                f"{folder.address} was measured by another file: its stop words, ends of sentences or relative length "
                f"differ, and {', '.join(needing)} depend on them",
                file=path,
                remedy="Bounds can be changed freely, these cannot. The file that the run used is "
                f"{folder.join('project', path)}; to use new ones, run the recipe again under a new version.",
            )
