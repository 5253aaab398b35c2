"""What cannot be meant as it stands in a configuration of FineWeb-2: thresholds and stop words of one language.

Such files (github.com/huggingface/fineweb-2, configs, Apache-2.0) were computed, for nearly two thousand languages,
from a few documents each. Their fields are parameters of datatrove's filters, so what a number does is what those do
with it: a `dup_line_frac` of 0 switches a check off, and `max_non_alpha_words_ratio` is the least share of words with
a letter.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictStr, TypeAdapter, ValidationError

from glotmill.core.errors import RecipeError
from glotmill.text.linting.bounds import fault_of
from glotmill.text.linting.findings import Finding
from glotmill.text.linting.languages import lint_tag, lint_word_lengths
from glotmill.text.linting.words import common_words, lint_words
from glotmill.text.measures import MEASURES

_LEAST_STOP_WORDS = 2  # in a document, or datatrove drops it
_OWN = "Take a bound from running text: glotmill calibrate LANG --reference PATH."
Pair = tuple[int, float]


class Published(BaseModel):
    """One configuration; fields that nobody knows are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    dup_line_frac: float
    dup_n_grams: tuple[Pair, ...]
    top_n_grams: tuple[Pair, ...]
    language_score: float
    line_punct_thr: float
    max_avg_word_length: float
    max_non_alpha_words_ratio: float
    min_avg_word_length: float
    new_line_ratio: float
    stopwords: tuple[Annotated[StrictStr, Field(min_length=1)], ...]


_MANY = TypeAdapter(Mapping[str, Published])


def is_published(value: object) -> bool:
    """Return whether a value is meant as one configuration."""
    return isinstance(value, dict) and {"stopwords", "dup_line_frac"} <= value.keys()


def read_published(value: object, *, file: str) -> Mapping[str, Published]:
    """Return configurations by tag.

    Args:
        value: tag -> configuration, plain.
        file: for errors.

    Raises:
        RecipeError: a field is missing or of another type.
    """
    try:
        return _MANY.validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise RecipeError(f"no configuration of FineWeb-2: {first['msg']}", file=file, field=field) from None


def lint_published(configs: Mapping[str, tuple[str, Published]]) -> tuple[Finding, ...]:
    """Return what is wrong with configurations, one after the other.

    Args:
        configs: what findings call the file -> tag and configuration.
    """
    common = common_words({name: config.stopwords for name, (_, config) in configs.items()})
    found: list[Finding] = []
    for name, (tag, config) in configs.items():
        script = tag.partition("_")[2]
        found.extend(lint_tag(tag, file=name, field="tag"))
        found.extend(_shares(config, name))
        found.extend(_lines(config, name))
        found.extend(_words(config, name, script))
        if len(config.stopwords) < _LEAST_STOP_WORDS:
            message = (
                f"{len(config.stopwords)} stop words, of which {_LEAST_STOP_WORDS} must occur: drops every document"
            )
            found.append(Finding(name, "stopwords", "error", message, "glotmill calibrate proposes some."))
        found.extend(lint_words(config.stopwords, file=name, field="stopwords", script=script, common=common))
    return tuple(found)


def _shares(config: Published, file: str) -> Iterator[Finding]:
    """Yield thresholds on shares of repeated text, which drop what is above."""
    named = [("dup_line_frac", config.dup_line_frac)]
    named += [(f"top_n_grams.{n}", value) for n, value in config.top_n_grams]
    named += [(f"dup_n_grams.{n}", value) for n, value in config.dup_n_grams]
    for field, value in named:
        if value >= 1 and field.startswith("top_n_grams"):  # datatrove counts n-grams that overlap
            message = f"{value:g} is absurd: only a word said over and over fills more than the text"
            yield Finding(file, field, "error", message, _OWN)
        elif value >= 1:
            message = f"{value:g} never drops anything: a share of the text is never above 1"
            yield Finding(file, field, "error", message, _OWN)
        elif value < 0:
            yield Finding(file, field, "error", f"{value:g} drops every document: no share is below 0", _OWN)
        elif value == 0 and field == "dup_line_frac":
            yield Finding(file, field, "warning", "0 switches the check off in datatrove", _OWN)
        elif value == 0:
            yield Finding(file, field, "warning", "0 drops every document with one repetition", _OWN)
    score = config.language_score
    if not 0 <= score <= 1:
        yield Finding(file, "language_score", "error", f"{score:g} is no probability", "Give one from 0 to 1.")


def _lines(config: Published, file: str) -> Iterator[Finding]:
    ending, breaks = config.line_punct_thr, config.new_line_ratio
    if ending <= 0:
        message = f"{ending:g} never drops anything: the check on ends of lines is off"
        yield Finding(file, "line_punct_thr", "warning", message, "State that the check is off, and why.")
    elif ending > 1:
        yield Finding(file, "line_punct_thr", "error", f"{ending:g} drops every document: a share is at most 1", _OWN)
    if breaks >= 1:
        message = f"{breaks:g} is absurd: running text has no line break to every word"
        yield Finding(file, "new_line_ratio", "error", message, _OWN)
    elif breaks <= 0:
        yield Finding(file, "new_line_ratio", "error", f"{breaks:g} drops every document of two lines", _OWN)


def _words(config: Published, file: str, script: str) -> Iterator[Finding]:
    fields = ("min_avg_word_length", "max_avg_word_length")
    shortest, longest = config.min_avg_word_length, config.max_avg_word_length
    below = fault_of(MEASURES["mean_word_length"], shortest, side="below")
    above = fault_of(MEASURES["mean_word_length"], longest, side="above")
    for field, fault in zip(fields, (below, above), strict=True):
        if fault is not None:
            yield Finding(file, field, fault.severity, fault.message, fault.remedy)
    yield from lint_word_lengths(shortest, longest, script=script, file=file, fields=fields)
    letters = fault_of(MEASURES["alpha_word_share"], config.max_non_alpha_words_ratio, side="below")
    if letters is not None:
        message = f"as the least share of words with a letter: {letters.message}"
        yield Finding(file, "max_non_alpha_words_ratio", letters.severity, message, letters.remedy)
