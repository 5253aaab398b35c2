"""From a recipe and a project to a plan: every file read, every contract checked, before any data is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from glotmill.core.arrow import merge_schemas
from glotmill.core.errors import ContractError, RecipeError
from glotmill.core.inputs import InputFile, SourceSpec
from glotmill.core.models import MODELS_FILE, ModelEntry, Models
from glotmill.core.schema import DOCUMENT_SCHEMA, SOURCE_SCHEMA, order_columns
from glotmill.core.steps import NOWHERE, Contract, Places, Resources, Scope, Spec
from glotmill.core.yamlfile import near, parse
from glotmill.dedup.tombstones import PROJECT_FILE, parsed
from glotmill.licensing.sources import load_source, missing_source
from glotmill.plan.kinds import advice
from glotmill.plan.project import ProjectFiles
from glotmill.plan.recipe import Recipe, parse_recipe
from glotmill.provenance.partitions import DERIVED, can_partition


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step of a plan, its contract, and the columns that exist after it."""

    spec: Spec
    contract: Contract
    files: tuple[str, ...]
    columns_after: tuple[str, ...]  # columns that a later step or the corpus still needs


@dataclass(frozen=True, slots=True)
class Phase:
    """Steps that one pass over the shards carries out.

    Args:
        index: 0 reads the sources; others read the phase before.
        applies: the corpus step whose table this phase applies first.
        steps: map and expand steps, in order.
        emits: the corpus step whose keys this phase writes last.
        schema: the columns that this phase writes.
    """

    index: int
    applies: PlannedStep | None
    steps: tuple[PlannedStep, ...]
    emits: PlannedStep | None
    schema: pa.Schema

    @property
    def planned(self) -> tuple[PlannedStep, ...]:
        """All steps that can remove rows in this phase, in order."""
        return (*((self.applies,) if self.applies else ()), *self.steps)

    @property
    def name(self) -> str:
        """The name of the phase's folder."""
        return f"phase-{self.index}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides a run's bytes, but for the inputs and the installed code.

    Args:
        recipe: the validated recipe.
        recipe_file: its name, for messages.
        phases: what is done, in order.
        schema: the corpus schema.
        files: project path -> text, for every file any step reads.
        models: name -> entry, for every model any step opens.
    """

    recipe: Recipe
    recipe_file: str
    phases: tuple[Phase, ...]
    schema: pa.Schema
    files: Mapping[str, str]
    models: Mapping[str, ModelEntry]

    def published(self, step: str) -> Mapping[str, Sequence[str]]:
        """Return, by table of a corpus step, the indexes of published corpora that its documents are compared with."""
        return {}

    def superseded(self) -> Sequence[str]:
        """Return the lists of published documents that earlier updates have superseded."""
        return ()

    def beside(self) -> Mapping[str, object]:
        """Return what decides the run's bytes beside recipe, files, models and inputs."""
        return {}

    def admitted(self, files: Sequence[InputFile]) -> tuple[InputFile, ...]:
        """Return the frozen input files that the run reads, by the names that its ids are made of."""
        return tuple(files)

    def resources(self, step: PlannedStep, models: Mapping[str, Path], places: Places = NOWHERE) -> Resources:
        """Return what a step is built from; `models` are the local files by name, `places` those of the run."""
        scope = Scope(self.recipe.languages, tuple(source.of for source in self.recipe.sources))
        wanted = step.spec.models()
        files = {name: self.files[name] for name in step.files}
        return Resources(scope, files, {name: models[name] for name in wanted if name in models}, places)


def resolve(project: ProjectFiles, recipe_file: str, *, extra: Mapping[str, type[Spec]] | None = None) -> Plan:
    """Return the plan of a recipe in a project.

    Raises:
        RecipeError: a file is wrong or missing; the message names it and what would be right.
        ContractError: the steps do not fit together.
    """
    text = project.read(recipe_file)
    if text is None:
        raise RecipeError("no such file", file=recipe_file)
    return resolve_recipe(project, parse_recipe(text, file=recipe_file, extra=extra), recipe_file)


def resolve_recipe(project: ProjectFiles, recipe: Recipe, recipe_file: str) -> Plan:
    """Return the plan of a recipe; its file's name is for messages, errors as `resolve`."""
    scope = Scope(recipe.languages, tuple(source.of for source in recipe.sources))
    files: dict[str, str] = {}
    for index, source in enumerate(recipe.sources):
        files.update(source_files(project, source, place=f"{recipe_file}: source.{index}"))
    contracts, used = planned_steps(project, recipe.steps, scope, files, recipe_file=recipe_file)
    files.update(taken_down(project))
    given = source_schema(recipe.sources, recipe_file=recipe_file)
    schema = _check_contracts(recipe, contracts, given, recipe_file=recipe_file)
    phases = _cut_into_phases(_with_live_columns(contracts, schema), schema, given)
    return Plan(recipe, recipe_file, phases, schema, files, used)


def source_schema(sources: Sequence[SourceSpec], *, recipe_file: str) -> pa.Schema:
    """Return the columns that a recipe's sources give: those of every source, then what some give beyond.

    Raises:
        ContractError: two sources give one column as two types.
    """
    schema = SOURCE_SCHEMA
    for index, source in enumerate(sources):
        for column in source.provides():
            if column.name in schema.names and schema.field(column.name).type != column.type:
                message = (
                    f"the column {column.name!r} is {column.type} here and {schema.field(column.name).type} elsewhere"
                )
                raise ContractError(message, file=recipe_file, field=f"source.{index}")
        if len(source.provides()):
            schema = merge_schemas(schema, source.provides())
    return schema


def source_files(project: ProjectFiles, source: SourceSpec, *, place: str) -> dict[str, str]:
    """Return the project files that a source needs, its manifest first: path -> text.

    Raises:
        RecipeError: one is missing or wrong.
    """
    files = _source_manifest(project, source.of)
    for name in source.files():
        text = project.read(name)
        if text is None:
            folder = name.rpartition("/")[0]
            remedy = f"Write {name}. {near(name, project.names(folder) or (folder,))}"
            raise RecipeError(f"{name} is missing", file=place, remedy=remedy)
        files[name] = text
    try:
        source.check(files)
    except RecipeError as error:
        if error.file is not None:
            raise
        raise type(error)(error.message, file=place, field=error.field, remedy=error.remedy) from error
    return files


def planned_steps(
    project: ProjectFiles, steps: Sequence[Spec], scope: Scope, files: dict[str, str], *, recipe_file: str
) -> tuple[list[tuple[Spec, Contract, tuple[str, ...]]], dict[str, ModelEntry]]:
    """Return steps with their contracts and files, and the models that they open; read files go into `files`, which the caller owns.

    Raises:
        RecipeError: a file or model is wrong or missing; the message names it and what would be right.
    """
    models = load_models(project)
    contracts: list[tuple[Spec, Contract, tuple[str, ...]]] = []
    used: dict[str, ModelEntry] = {}
    for index, spec in enumerate(steps):
        names = read_files(project, spec, scope, files, place=f"{recipe_file}: steps.{index}")
        for model in spec.models():
            used[model] = _model(models, model, recipe_file=recipe_file, field=f"steps.{index}.model")
        if spec.models():
            text_of_models = project.read(MODELS_FILE)
            if text_of_models is not None:
                files.setdefault(MODELS_FILE, text_of_models)
        resources = Resources(scope, {name: files[name] for name in names})
        try:
            contract = spec.contract(resources)
        except RecipeError as error:
            if error.file is not None:
                raise
            field = f"steps.{index}.{error.field}" if error.field else f"steps.{index}"
            raise type(error)(error.message, file=recipe_file, field=field, remedy=error.remedy) from error
        contracts.append((spec, contract, names))
    return contracts, used


def taken_down(project: ProjectFiles) -> dict[str, str]:
    """Return the project's list of what was taken down, if it has one: no recipe has to name it."""
    text = project.read(PROJECT_FILE)
    if text is None:
        return {}
    parsed(text)
    return {PROJECT_FILE: text}


def load_models(project: ProjectFiles) -> Mapping[str, ModelEntry]:
    """Return the model registry of a project; empty where it has none."""
    text = project.read(MODELS_FILE)
    return {} if text is None else parse(text, Models, file=MODELS_FILE).models


def _model(models: Mapping[str, ModelEntry], name: str, *, recipe_file: str, field: str) -> ModelEntry:
    if name not in models:
        message = f"no model {name!r} in {MODELS_FILE}"
        raise RecipeError(message, file=recipe_file, field=field, remedy=near(name, models))
    return models[name]


def _source_manifest(project: ProjectFiles, of: str) -> dict[str, str]:
    file = f"manifests/sources/{of}.yaml"
    text = project.read(file)
    if text is None:
        raise missing_source(of)
    load_source(text, file)
    return {file: text}


def read_files(
    project: ProjectFiles, spec: Spec, scope: Scope, files: dict[str, str], *, place: str
) -> tuple[str, ...]:
    """Read the files that a step names into `files`, which the caller owns, and return the names of those there are.

    Raises:
        RecipeError: one that must exist is missing; names near ones.
    """
    names: list[str] = []
    for wanted in spec.files(scope):
        name = wanted.removesuffix("?")
        text = files.get(name) or project.read(name)
        if text is None:
            if wanted.endswith("?"):
                continue
            folder = name.rpartition("/")[0]
            remedy = f"Write {name}. {near(name, project.names(folder) or (folder,))}"
            raise RecipeError(f"{name} is missing", file=place, remedy=remedy)
        files[name] = text
        names.append(name)
    return tuple(names)


def _check_contracts(
    recipe: Recipe, contracts: Sequence[tuple[Spec, Contract, tuple[str, ...]]], given: pa.Schema, *, recipe_file: str
) -> pa.Schema:
    schema = checked_schema(contracts, given, recipe_file=recipe_file)
    provided = {column.name for _, contract, _ in contracts for column in contract.provides}
    for name in ("license", "license_state", "license_class", "license_evidence"):
        if name not in provided:
            raise ContractError(
                f"the corpus needs the column {name!r} and no step provides it",
                file=recipe_file,
                field="steps",
                remedy=advice(name),
            )
    corpus = merge_schemas(DOCUMENT_SCHEMA, pa.schema([f for f in schema if f.name not in SOURCE_SCHEMA.names]))
    corpus = pa.schema([corpus.field(name) for name in order_columns(corpus.names)])
    # What a source claims of language and license is no more than a claim: a step has to say it.
    filled = frozenset(provided | (set(given.names) - {"language", "license"}))
    _check_partitions(recipe, corpus, filled=filled, recipe_file=recipe_file)
    _check_origin(recipe, recipe_file=recipe_file)
    _check_derived(recipe, contracts, recipe_file=recipe_file)
    return corpus


def checked_schema(
    contracts: Sequence[tuple[Spec, Contract, tuple[str, ...]]], given: pa.Schema, *, recipe_file: str
) -> pa.Schema:
    """Return the columns after the last of these steps; `given` are those before the first.

    Raises:
        ContractError: a step needs a column that no earlier one provides, or comes too late.
    """
    schema = given
    for index, (spec, contract, _) in enumerate(contracts):
        for column in contract.requires:
            _check_column(schema, column, contracts, index=index, spec=spec, recipe_file=recipe_file)
        _check_order(contracts, index=index, recipe_file=recipe_file)
        schema = merge_schemas(schema, contract.provides)
    return schema


def _check_origin(recipe: Recipe, *, recipe_file: str) -> None:
    """Refuse to write what models wrote beside what people wrote: who reads one folder must not get both."""
    makers = [spec.name for spec in recipe.steps if spec.generates]
    if makers and "origin" not in recipe.sink.partition_by:
        raise RecipeError(
            f"step {makers[0]!r} derives text by a model, which stands in parts of its own",
            file=recipe_file,
            field="sink.partition_by",
            remedy=f"partition_by: [origin, {', '.join(recipe.sink.partition_by)}]",
        )


def _check_derived(
    recipe: Recipe, contracts: Sequence[tuple[Spec, Contract, tuple[str, ...]]], *, recipe_file: str
) -> None:
    """Refuse steps behind one that derives text by a model where they would keep the model's and lose the people's."""
    first = next((index for index, spec in enumerate(recipe.steps) if spec.generates), None)
    if first is None:
        return
    checked = {name for spec in recipe.steps[:first] for name in _benchmarks(spec)}
    dropping: str | None = None
    for index, (spec, contract, _) in enumerate(contracts[first + 1 :], first + 1):
        keep = getattr(spec, "keep", None)
        if isinstance(keep, tuple) and next(iter(keep), None) != "native":
            raise RecipeError(
                f"step {spec.name!r} comes behind {recipe.steps[first].name!r}, which derives text by a model, and could drop a"
                " native document for a copy of it that the model wrote",
                file=recipe_file,
                field=f"steps.{index}.keep",
                remedy=f"keep: [{', '.join(['native', *(one for one in keep if one != 'native')])}]",
            )
        if dropping is not None and not checked.issuperset(_benchmarks(spec)):
            raise RecipeError(
                f"step {spec.name!r} does not see the documents that {dropping!r} drops, and keeps what"
                f" {recipe.steps[first].name!r} derived from them",
                file=recipe_file,
                field=f"steps.{index}",
                remedy=f"Put it right behind {recipe.steps[first].name!r}, or one with the same benchmarks before that.",
            )
        if contract.reasons and not spec.generates and not _benchmarks(spec):
            dropping = dropping or spec.name


def _benchmarks(spec: Spec) -> tuple[str, ...]:
    found: tuple[str, ...] = getattr(spec, "benchmarks", ())
    return found


def _check_partitions(recipe: Recipe, corpus: pa.Schema, *, filled: frozenset[str], recipe_file: str) -> None:
    """Refuse partitions by what is no column, is filled by no step, or cannot be the name of a folder."""
    fitting = [field.name for field in corpus if field.name in filled and can_partition(field.type)]
    remedy = f"It can be {', '.join(DERIVED)}, and the columns {', '.join(fitting)}."
    for index, name in enumerate(recipe.sink.partition_by):
        field = f"sink.partition_by.{index}"
        if name in DERIVED or name in fitting:
            continue
        if name not in corpus.names:
            message = f"the corpus has no column {name!r}"
            raise RecipeError(message, file=recipe_file, field=field, remedy=remedy)
        if name in filled:
            message = f"the column {name!r} is {corpus.field(name).type}, which names no folder"
            raise RecipeError(message, file=recipe_file, field=field, remedy=remedy)
        message = f"the corpus needs the column {name!r} and no step provides it"
        raise ContractError(message, file=recipe_file, field=field, remedy=f"{advice(name)} {remedy}".lstrip())


def _check_column(
    schema: pa.Schema,
    column: pa.Field,
    contracts: Sequence[tuple[Spec, Contract, tuple[str, ...]]],
    *,
    index: int,
    spec: Spec,
    recipe_file: str,
) -> None:
    field = f"steps.{index}"
    if column.name not in schema.names:
        later = [other.name for other, contract, _ in contracts[index + 1 :] if column.name in contract.provides.names]
        remedy = (
            f"The step {later[0]!r} provides it: put it before {spec.name!r}."
            if later
            else f"{advice(column.name)} Columns at this point: {', '.join(schema.names)}.".lstrip()
        )
        message = f"step {spec.name!r} needs the column {column.name!r}, which no earlier step provides"
        raise ContractError(message, file=recipe_file, field=field, remedy=remedy)
    have = schema.field(column.name).type
    if have != column.type:
        message = f"step {spec.name!r} needs {column.name!r} as {column.type}, and it is {have}"
        raise ContractError(message, file=recipe_file, field=field)


def _check_order(contracts: Sequence[tuple[Spec, Contract, tuple[str, ...]]], *, index: int, recipe_file: str) -> None:
    spec, contract, _ = contracts[index]
    for other, earlier, _ in contracts[:index]:
        for column in sorted(contract.precedes & set(earlier.provides.names)):
            raise ContractError(
                f"step {other.name!r} decides on {column!r} before {spec.name!r} has given its evidence",
                file=recipe_file,
                field=f"steps.{index}",
                remedy=f"Put {spec.name!r} before {other.name!r}.",
            )


def _with_live_columns(
    contracts: Sequence[tuple[Spec, Contract, tuple[str, ...]]], corpus: pa.Schema
) -> tuple[PlannedStep, ...]:
    """Find, backwards, which columns each step must leave behind: what later steps and the corpus need."""
    live = set(corpus.names)
    planned: list[PlannedStep] = []
    for spec, contract, files in reversed(contracts):
        planned.append(PlannedStep(spec, contract, files, tuple(sorted(live))))
        live |= set(contract.requires.names)
    return tuple(reversed(planned))


def _cut_into_phases(steps: Sequence[PlannedStep], corpus: pa.Schema, given: pa.Schema) -> tuple[Phase, ...]:
    phases: list[Phase] = []
    applies: PlannedStep | None = None
    current: list[PlannedStep] = []
    columns = given

    def close(emits: PlannedStep | None) -> None:
        needed = set(emits.columns_after) | set(emits.contract.requires.names) if emits else live
        kept = pa.schema([field for field in columns if field.name in needed])
        phases.append(Phase(len(phases), applies, tuple(current), emits, kept))

    live: set[str] = set(columns.names)
    for step in steps:
        if step.spec.shape == "corpus":
            close(step)
            applies, current = step, []
        else:
            if current and current[-1].spec.task_needs() != step.spec.task_needs():
                close(None)
                applies, current = None, []
            current.append(step)
        columns = merge_schemas(columns, step.contract.provides)
        live = set(step.columns_after)
    phases.append(Phase(len(phases), applies, tuple(current), None, corpus))
    return tuple(phases)
