"""YAML files that people write, read into frozen models; every mistake names file, field and what would be right."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from glotmill.core.errors import RecipeError

M = TypeVar("M", bound=BaseModel)

# No file of ours is nested deeper than 10. Below, readers are recursive, and the one in C has no limit of its own.
_DEEPEST = 100
# Where libyaml reads another value than PyYAML's own reader: tabs, byte order marks, tags. Of 400,000 mutated pieces
# of this project's files no other had two values; what libyaml lets through beyond these is a ? within [a word?].
_READ_OTHERWISE = re.compile(r"[\t\ufeff]|(?:^|[\s\[{,:])!")


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses a key given twice. It says best what is wrong with a text, and reads 600 KB a second."""


class _FastLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same over libyaml, 9 times as fast, where PyYAML was built with it: its wheels are."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys: set[object] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str | int | float | bool | type(None)):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key_node.start_mark)
        if key in keys:
            raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
        keys.add(key)
    return loader.construct_mapping(node, deep=True)


for _one in (_Loader, _FastLoader):
    _one.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def near(word: str, known: Iterable[str], *, limit: int = 3) -> str:
    """Return `did you mean a, b?`, or the known words where none is near."""
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, n=limit, cutoff=0.55)
    if close:
        return f"Did you mean {', '.join(close)}?"
    shown = ", ".join(choices[:40])
    return f"Known: {shown}{' ...' if len(choices) > 40 else ''}."


def load(text: str, *, file: str) -> object:
    """Return the plain value of a YAML text.

    Raises:
        RecipeError: not YAML, with line and column; an alias, which would blow up a small file; nested too deeply.
    """
    if _READ_OTHERWISE.search(text) is None:
        try:
            return _read(text, _FastLoader, file=file)
        except (yaml.YAMLError, ValueError):
            pass  # the words about it come from the other reader, and do not depend on how PyYAML was built
    return _read_slowly(text, file=file)


def _read(text: str, loader: type[yaml.SafeLoader], *, file: str) -> object:
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.AliasEvent):
            raise RecipeError("YAML aliases (*name) are not supported", file=file, remedy="Write the value out.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise RecipeError(f"not readable as YAML: nested deeper than {_DEEPEST} levels", file=file)
    return yaml.load(text, Loader=loader)  # noqa: S506  # a SafeLoader


def _read_slowly(text: str, *, file: str) -> object:
    try:
        return _read(text, _Loader, file=file)
    except yaml.YAMLError as error:
        raise RecipeError(f"not valid YAML: {error}", file=file) from error
    except (ValueError, LookupError, AttributeError) as error:  # the latter two: a value that is none of its tag
        raise RecipeError(f"not readable as YAML: {error}", file=file) from error


def parse(text: str, model: type[M], *, file: str) -> M:
    """Return a YAML text as a validated model.

    Raises:
        RecipeError: naming the file, the field and what would be right.
    """
    value = load(text, file=file)
    if not isinstance(value, dict):
        raise RecipeError("the file must hold a mapping of fields", file=file, remedy=near("", model.model_fields))
    return validate(value, model, file=file)


def validate(value: object, model: type[M], *, file: str) -> M:
    """Return a plain value as a validated model; errors as `parse`."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        # A misspelt field shows up as one that is missing and one that nobody knows: the second says more.
        problems = error.errors()
        first = next((one for one in problems if one["type"] == "extra_forbidden"), problems[0])
        field, message, remedy = _explain(first, value, model)
        more = error.error_count() - 1
        suffix = f" (and {more} more)" if more else ""
        raise RecipeError(message + suffix, file=file, field=field, remedy=remedy) from None


def _explain(problem: Any, value: object, model: type[BaseModel]) -> tuple[str, str, str | None]:
    location: Sequence[str | int] = problem["loc"]
    field = _dotted(location, value)
    kind: str = problem["type"]
    context = problem.get("ctx", {})
    given = problem.get("input")
    if kind == "extra_forbidden":
        owner = _model_at(location[:-1], model)
        return field, "no such field", near(str(location[-1]), _keys(owner) if owner else {})
    if kind == "union_tag_invalid":
        tags = [tag.strip(" '") for tag in str(context.get("expected_tags", "")).split(",")]
        tag_field = str(context.get("discriminator", "kind")).strip("'")
        return (
            f"{field}.{tag_field}",
            f"no such {tag_field}: {context.get('tag')!r}",
            near(str(context.get("tag")), tags),
        )
    if kind == "union_tag_not_found":
        return field, f"{context.get('discriminator', 'kind')} is missing", None
    if kind == "literal_error":
        choices = [choice.strip(" '") for choice in str(context.get("expected", "")).replace(" or ", ",").split(",")]
        return field, f"no such value: {given!r}", near(str(given), choices)
    if kind == "missing":
        return field, "this field is required", None
    if kind == "string_type" and isinstance(given, bool | float | int):
        return field, f"must be text, and YAML reads it as {given!r}", f'Put it in quotes: "{given}".'
    return field, f"{problem['msg']} (given: {given!r:.80})", None


def _dotted(location: Sequence[str | int], value: object) -> str:
    """Leave out pydantic's union tags: parts of the location that the user's file does not have."""
    parts: list[str] = []
    here: Any = value
    for index, part in enumerate(location):
        last = index == len(location) - 1
        if isinstance(here, dict) and (part in here or last):
            here = here.get(part)
            parts.append(str(part))
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
            parts.append(str(part))
    return ".".join(parts)


def _model_at(location: Sequence[str | int], model: type[BaseModel]) -> type[BaseModel] | None:
    here: type[BaseModel] | None = model
    candidates: list[Any] = [model]
    for part in location:
        following: list[Any] = []
        for candidate in candidates:
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                if isinstance(part, str) and part in _keys(candidate):
                    following.extend(_models_in(_keys(candidate)[part]))
                elif _tag_of(candidate) == part:
                    following.append(candidate)
        if isinstance(part, int):
            following = candidates
        candidates = following or [c for c in candidates if _tag_of(c) == part] or candidates
    for candidate in candidates:
        here = candidate
        if _tag_of(candidate) in location:
            return here
    return here


def _keys(model: type[BaseModel]) -> dict[str, Any]:
    """Return field name, as the user writes it, -> annotation."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _tag_of(model: Any) -> str | None:
    kind = getattr(model, "model_fields", {}).get("kind")
    choices = get_args(kind.annotation) if kind else ()
    return str(choices[0]) if choices else None


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]
