"""Rules on translations: `filters/mt.yaml` and sets like it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, StrictStr, field_validator, model_validator

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Frozen
from glotmill.core.yamlfile import near, parse
from glotmill.mt.checks import CHECKS, Check
from glotmill.mt.direction import Lexicon
from glotmill.text.rules import Bound, check_distinct, side_of
from glotmill.text.tags import canonical

FOLDER = "filters/translation"
Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]
Word = Annotated[StrictStr, Field(min_length=1)]


class Example(Frozen):
    """A text and its translation, segment by segment, written for this purpose.

    Args:
        source: language tag.
        target: language tag.
        segments: a source segment and its translation each.
    """

    source: StrictStr
    target: StrictStr
    segments: Annotated[tuple[tuple[Word, StrictStr], ...], Field(min_length=1)]


class Examples(Frozen):
    """One translation on either side of a bound."""

    kept: Example
    dropped: Example


class TranslationRule(Frozen):
    """One check, one bound, one reason.

    Args:
        measure: a name in `CHECKS`.
        below: translations whose measure is smaller are dropped.
        above: translations whose measure is greater are dropped.
        directions: `eng_Latn-spa_Latn` -> its own bound, learned on human translations.
        reason: what the ledger says behind the name of the set.
        evidence: what the bound rests on.
    """

    measure: StrictStr
    below: Number | None = None
    above: Number | None = None
    directions: Mapping[StrictStr, Number] = Field(default_factory=dict)
    reason: Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    evidence: Word
    examples: Examples

    @field_validator("measure")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in CHECKS:
            raise ValueError(f"no such measure of translations: {name}. {near(name, CHECKS)}")
        return name

    @field_validator("directions")
    @classmethod
    def _tags(cls, directions: Mapping[str, float]) -> Mapping[str, float]:
        for name in directions:
            source, _, target = name.partition("-")
            if not target or (canonical(source), canonical(target)) != (source, target):
                raise ValueError(f"{name} is no direction: write eng_Latn-spa_Latn")
        return directions

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        side_of(self.below, self.above)
        return self


class TranslationRules(Frozen):
    """The content of `filters/translation/<name>.yaml`.

    Args:
        name: equals the file's name and opens every reason.
        cites: where the rules come from.
        refusals: how engines say that they will not translate; compared without regard to case.
        negations: language tag -> words of negation; for languages that negate by words.
        translated: language tag -> words that it writes with a capital although they are no names: days, months, kin, animals of
            stories.
        rules: in the order in which they are asked; the first that fails is the reason.
    """

    name: Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    cites: Word
    refusals: tuple[Word, ...] = ()
    negations: Mapping[StrictStr, Annotated[tuple[Word, ...], Field(min_length=1)]] = Field(default_factory=dict)
    translated: Mapping[StrictStr, Annotated[tuple[Word, ...], Field(min_length=1)]] = Field(default_factory=dict)
    rules: Annotated[tuple[TranslationRule, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        check_distinct([rule.reason for rule in self.rules])
        for tag in (*self.negations, *self.translated):
            if canonical(tag) != tag:
                raise ValueError(f"{tag} is written {canonical(tag)}")
        return self

    def reasons(self) -> frozenset[str]:
        """Return every reason code that the set can give."""
        return frozenset(f"{self.name}.{rule.reason}" for rule in self.rules)

    def lexicon(self) -> Lexicon:
        """Return what checks look for, casefolded."""
        return Lexicon(
            tuple(phrase.casefold() for phrase in self.refusals),
            {tag: tuple(word.casefold() for word in words) for tag, words in self.negations.items()},
            {tag: tuple(word.casefold() for word in words) for tag, words in self.translated.items()},
        )


@dataclass(frozen=True, slots=True)
class BoundCheck(Bound):
    """A rule with its number for one direction."""

    check: Check

    def detail(self, value: float) -> str:
        """Return the evidence: `length_ratio 0.31 < 0.6`."""
        return self.evidence(self.check.name, value)


def bind(rules: TranslationRules, source: str, target: str) -> tuple[BoundCheck, ...]:
    """Return the rules with their numbers for a direction."""
    bound = []
    for rule in rules.rules:
        general = rule.above if rule.below is None else rule.below
        number = float(rule.directions.get(f"{source}-{target}", general or 0.0))
        side = side_of(rule.below, rule.above)
        bound.append(BoundCheck(f"{rules.name}.{rule.reason}", side, number, CHECKS[rule.measure]))
    return tuple(bound)


def rules_path(name: str) -> str:
    """Return the project path of a set."""
    return f"{FOLDER}/{name}.yaml"


def read_rules(name: str, files: Mapping[str, str]) -> TranslationRules:
    """Return a set from the project's files.

    Raises:
        RecipeError: it is missing, wrong, or bears another name than its file.
    """
    path = rules_path(name)
    if path not in files:
        raise RecipeError(f"no rules on translations {name!r}", file=path, remedy="Write the file or name another set.")
    found = parse(files[path], TranslationRules, file=path)
    if found.name != name:
        raise RecipeError(f"the set calls itself {found.name!r}", file=path, field="name", remedy=f"name: {name}")
    return found
