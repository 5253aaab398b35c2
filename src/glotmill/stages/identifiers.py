"""What a recipe says under `identifier`: one name, or several that vote."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StrictStr, WithJsonSchema

from glotmill.core.errors import RecipeError
from glotmill.core.models import MODELS_FILE, ModelEntry, registered
from glotmill.core.steps import Resources, Scope
from glotmill.text.identification.opening import BUILT_IN, TAUGHT, known_labels
from glotmill.text.identification.own import OwnLanguage, own_path, read_own


def _several(given: object) -> object:
    return (given,) if isinstance(given, str) else given


def _each_once(given: tuple[str, ...]) -> tuple[str, ...]:
    if not given:
        raise ValueError(f"names no identifier; there are {', '.join(BUILT_IN)}, and models of {MODELS_FILE}")
    if len(set(given)) < len(given):
        raise ValueError("names an identifier twice")
    return given


_SCHEMA = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}]
}
Identifiers = Annotated[
    tuple[StrictStr, ...], BeforeValidator(_several), AfterValidator(_each_once), WithJsonSchema(_SCHEMA)
]


def own_files(names: Sequence[str], scope: Scope) -> tuple[str, ...]:
    """Return the files, which may be missing, that teach these identifiers the recipe's languages."""
    return tuple(f"{own_path(tag)}?" for tag in scope.languages) if any(name in TAUGHT for name in names) else ()


def own_languages(resources: Resources) -> tuple[OwnLanguage, ...]:
    """Return what those files say, in the order of the recipe's languages.

    Raises:
        RecipeError: one of them is wrong.
    """
    found = [read_own(tag, resources.files) for tag in resources.scope.languages]
    return tuple(own for own in found if own is not None)


def labels_of(name: str, resources: Resources) -> tuple[str, ...] | None:
    """Return the labels that an identifier can give, None where it has to be opened to know.

    Raises:
        RecipeError: there is no identifier of that name, or a language's own file is wrong.
    """
    if name in BUILT_IN:
        known = known_labels(name)
        taught = [own.tag for own in own_languages(resources)] if name in TAUGHT else []
        return None if known is None else tuple(dict.fromkeys([*known, *taught]))
    return model_entry(name, resources.files[MODELS_FILE]).labels or None


def model_entry(name: str, registry: str) -> ModelEntry:
    """Return what is on record about a fastText model.

    Args:
        name: under `identifier`.
        registry: the text of `manifests/models.yaml`.

    Raises:
        RecipeError: there is no identifier of that name.
    """
    try:
        return registered(name, "fasttext", registry)
    except RecipeError as error:
        remedy = f"{error.remedy or ''} Without a model there are {', '.join(BUILT_IN)}.".strip()
        raise RecipeError(error.message, field="identifier", remedy=remedy) from None
