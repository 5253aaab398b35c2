"""A recipe: what to build, for which languages, from which sources, by which steps."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, TypeVar

from pydantic import Field, StrictStr, field_validator

from glotmill.core.errors import RecipeError
from glotmill.core.inputs import SourceSpec
from glotmill.core.steps import Frozen, Spec
from glotmill.core.yamlfile import load, near, validate
from glotmill.plan.kinds import source_class, step_class
from glotmill.text.tags import canonical

S = TypeVar("S", bound=SourceSpec | Spec)


class SinkSpec(Frozen):
    """How the corpus is written.

    Args:
        partition_by: what the folders are named by, the outermost first: columns, and `crawl_year`, `crawl_month` and
            `crawl_day`, which are the UTC date of `crawl_time` (`2026`, `2026-11`, `2026-11-27`).
        part_mb: uncompressed Arrow bytes per part file, in MiB.
        row_group_rows: rows per row group.
    """

    kind: Literal["parquet"]
    partition_by: tuple[StrictStr, ...] = ("language", "license_class")
    part_mb: Annotated[float, Field(gt=0)] = 512.0
    row_group_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 5_000

    @field_validator("partition_by")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands twice")
        return names


class Publisher(Frozen):
    """Who gives the corpus to others, for catalogs that ask; changes no document, and no fingerprint.

    Args:
        name: of the organization or person.
        url: where the corpus can be found.
        contact: whom readers and owners of texts may write to.
        published: day of publication.
    """

    name: Annotated[StrictStr, Field(min_length=1)]
    url: Annotated[StrictStr, Field(pattern=r"^https?://\S+$")]
    contact: StrictStr | None = None
    published: date | None = None


class RecipeHead(Frozen):
    """The fields of a recipe, before its sources and steps get their own classes."""

    name: Annotated[StrictStr, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    version: Annotated[StrictStr, Field(pattern=r"^\d+\.\d+\.\d+([.-][a-z0-9]+)*$")]
    description: StrictStr = ""
    publisher: Publisher | None = None
    languages: Annotated[tuple[StrictStr, ...], Field(min_length=1)]
    source: object
    steps: Annotated[tuple[dict[str, object], ...], Field(min_length=1)]
    sink: SinkSpec
    shard_mb: Annotated[float, Field(gt=0)] = 64.0  # input bytes per shard, in MiB; part of the plan: it orders rows


class Recipe(Frozen):
    """A recipe with every part validated. `languages` are canonical tags."""

    name: str
    version: str
    description: str
    publisher: Publisher | None
    languages: tuple[str, ...]
    sources: tuple[SourceSpec, ...]
    steps: tuple[Spec, ...]
    sink: SinkSpec
    shard_mb: float


def parse_recipe(text: str, *, file: str, extra: Mapping[str, type[Spec]] | None = None) -> Recipe:
    """Return a recipe from its YAML text.

    Args:
        text: the file's text.
        file: its name, for messages.
        extra: step kinds of other packages.

    Raises:
        RecipeError: naming the file, the field and what would be right.
    """
    return recipe_of(load(text, file=file), file=file, extra=extra)


def recipe_of(value: object, *, file: str, extra: Mapping[str, type[Spec]] | None = None) -> Recipe:
    """Return a recipe from what stands in its YAML; errors as `parse_recipe`."""
    if not isinstance(value, dict):
        raise RecipeError("a recipe is a mapping of fields", file=file, remedy=near("", RecipeHead.model_fields))
    if value.get("kind") == "ablation":
        remedy = "It compares two corpora: `glotmill ablate`."
        raise RecipeError("no recipe of a corpus but an ablation", file=file, field="kind", remedy=remedy)
    head = validate(value, RecipeHead, file=file)
    given = value.get("source")
    sources = given if isinstance(given, list) else [given]
    prefix = "source" if not isinstance(given, list) else "source.{}"
    return Recipe(
        name=head.name,
        version=head.version,
        description=head.description,
        publisher=head.publisher,
        languages=parse_languages(head.languages, file=file),
        sources=parse_sources(sources, prefix=prefix, file=file),
        steps=parse_steps(value["steps"], file=file, extra=extra or {}),
        sink=head.sink,
        shard_mb=head.shard_mb,
    )


def parse_languages(tags: tuple[str, ...], *, file: str) -> tuple[str, ...]:
    """Return the canonical tags that a recipe means; RecipeError for what is none or stands twice."""
    resolved: list[str] = []
    for index, tag in enumerate(tags):
        try:
            name = canonical(tag)
        except RecipeError as error:
            raise RecipeError(error.message, file=file, field=f"languages.{index}", remedy=error.remedy) from error
        if name in resolved:
            raise RecipeError(f"{tag!r} stands twice", file=file, field=f"languages.{index}")
        resolved.append(name)
    return tuple(resolved)


def parse_sources(values: list[object], *, prefix: str, file: str) -> tuple[SourceSpec, ...]:
    """Return sources from what stands in a recipe's YAML.

    Args:
        values: of the list.
        prefix: of the field, for messages, with `{}` for the position.
        file: name, for messages.
    """
    if not values:
        raise RecipeError("a recipe needs a source", file=file, field="source")
    sources: list[SourceSpec] = []
    for index, value in enumerate(values):
        field = prefix.format(index)
        kind = _kind(value, file=file, field=field)
        source = _prefixed(value, source_class(kind, file=file, field=field), file=file, field=field)
        if any(source.of == other.of for other in sources):
            raise RecipeError(f"source {source.of!r} stands twice", file=file, field=f"{field}.of")
        sources.append(source)
    return tuple(sources)


def parse_steps(values: list[object], *, file: str, extra: Mapping[str, type[Spec]]) -> tuple[Spec, ...]:
    """Return steps from what stands in a recipe's YAML; `extra` are step kinds of other packages."""
    steps: list[Spec] = []
    for index, value in enumerate(values):
        field = f"steps.{index}"
        kind = _kind(value, file=file, field=field)
        step = _prefixed(value, step_class(kind, file=file, field=field, extra=extra), file=file, field=field)
        if step.name == "source" or any(step.name == other.name for other in steps):
            message = f"the name {step.name!r} is taken"
            raise RecipeError(message, file=file, field=f"{field}.name", remedy="Give every step a name of its own.")
        steps.append(step)
    return tuple(steps)


def _kind(value: object, *, file: str, field: str) -> str:
    if not isinstance(value, dict):
        raise RecipeError("must be a mapping such as {kind: ...}", file=file, field=field)
    kind = value.get("kind")
    if not isinstance(kind, str):
        raise RecipeError("this field is required", file=file, field=f"{field}.kind")
    return kind


def _prefixed(value: object, model: type[S], *, file: str, field: str) -> S:
    try:
        return validate(value, model, file=file)
    except RecipeError as error:
        path = f"{field}.{error.field}" if error.field else field
        raise RecipeError(error.message, file=file, field=path, remedy=error.remedy) from None
