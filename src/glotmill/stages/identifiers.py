"""What a recipe says under `identifier`: one name, or several that vote."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StrictStr, WithJsonSchema

from glotmill.core.errors import RecipeError
from glotmill.core.models import MODELS_FILE, registered
from glotmill.core.steps import Resources
from glotmill.text.identification.opening import BUILT_IN, known_labels


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


def labels_of(name: str, resources: Resources) -> tuple[str, ...] | None:
    """Return the labels that an identifier can give, None where it has to be opened to know.

    Raises:
        RecipeError: there is no identifier of that name.
    """
    if name in BUILT_IN:
        return known_labels(name)
    try:
        return registered(name, "fasttext", resources.files[MODELS_FILE]).labels or None
    except RecipeError as error:
        remedy = f"{error.remedy or ''} Without a model there are {', '.join(BUILT_IN)}.".strip()
        raise RecipeError(error.message, field="identifier", remedy=remedy) from None
