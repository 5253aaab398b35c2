"""Phrases that give a line away as a notice or an advertisement: files of `filters/lines/`, and which lines have them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StrictStr, field_validator, model_validator

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Frozen
from glotmill.core.yamlfile import parse
from glotmill.text.tags import canonical

FOLDER = "filters/lines"
# A phrase of one sign would be found everywhere; of two letters, inside words.
Phrase = Annotated[StrictStr, Field(min_length=3)]


class LineExamples(Frozen):
    """Lines on either side, written for this purpose in a language of the file."""

    kept: Annotated[tuple[StrictStr, ...], Field(min_length=1)]
    removed: Annotated[tuple[StrictStr, ...], Field(min_length=1)]


class PhraseRule(Frozen):
    """Phrases of one kind.

    Args:
        phrases: a line that holds one of them, in any case, is taken; a space stands for any white space or none.
        most_letters: of such a line; a longer one is a paragraph that speaks about the matter, and stays.
        examples: lines that the rule keeps and removes.
    """

    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    most_letters: Annotated[int, Field(ge=1)]
    examples: LineExamples


class PhraseFile(Frozen):
    """The content of `filters/lines/<name>.yaml`.

    Args:
        name: equals the file's name.
        about: what such lines are.
        limits: what the rules get wrong.
        cites: where the idea and the phrases come from.
        languages: canonical tags of the documents whose lines are looked at; others stay as they are.
        rules: each is asked of every line.
    """

    name: Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    about: Annotated[StrictStr, Field(min_length=1)]
    limits: Annotated[StrictStr, Field(min_length=1)]
    cites: Annotated[StrictStr, Field(min_length=1)]
    languages: Annotated[tuple[StrictStr, ...], Field(min_length=1)]
    rules: Annotated[tuple[PhraseRule, ...], Field(min_length=1)]

    @field_validator("languages")
    @classmethod
    def _canonical(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        for tag in tags:
            if canonical(tag) != tag:
                raise ValueError(f"write {canonical(tag)} for {tag}")
        return tags

    @model_validator(mode="after")
    def _examples_hold(self) -> "PhraseFile":
        for rule in self.rules:
            taken = Lines((rule,))
            kept = [line for line in rule.examples.kept if taken(line)]
            missed = [line for line in rule.examples.removed if not taken(line)]
            if kept or missed:
                raise ValueError(f"the rule {'takes' if kept else 'keeps'} its example {(kept or missed)[0]!r}")
        return self


@dataclass(frozen=True, slots=True)
class _Pattern:
    found: re.Pattern[str]
    most_letters: int


class Lines:
    """Tells which lines hold a phrase of some rules; time is linear in the line, and it never looks at a long one."""

    def __init__(self, rules: Sequence[PhraseRule]) -> None:
        self._patterns = tuple(_Pattern(_pattern(rule.phrases), rule.most_letters) for rule in rules)

    def __call__(self, line: str) -> bool:
        """Return whether a line is taken.

        >>> rule = PhraseRule(
        ...     phrases=("무단 전재",), most_letters=60, examples=LineExamples(kept=("비가 온다.",), removed=("무단전재 금지",))
        ... )
        >>> Lines([rule])("ⓒ 산마을신문, 무단전재 및 재배포 금지")
        True
        """
        count = letters(line)
        return any(count <= one.most_letters and one.found.search(line) is not None for one in self._patterns)


def letters(line: str) -> int:
    """Return how many letters a line has."""
    return sum(map(str.isalpha, line))


def _pattern(phrases: Sequence[str]) -> re.Pattern[str]:
    # Longest first does not matter for whether one is found; sorted, so that equal files give equal patterns.
    whole = sorted(r"\s*".join(map(re.escape, phrase.split())) for phrase in phrases)
    return re.compile("|".join(whole), re.IGNORECASE)


def phrases_path(name: str) -> str:
    """Return the project path of a file of phrases."""
    return f"{FOLDER}/{name}.yaml"


def read_phrases(text: str, file: str) -> PhraseFile:
    """Return a file of phrases.

    Raises:
        RecipeError: it is wrong, one of its rules fails its own examples, or it bears another name than its file.
    """
    found = parse(text, PhraseFile, file=file)
    if phrases_path(found.name) != file:
        raise RecipeError(f"the file calls itself {found.name!r}", file=file, field="name")
    return found
