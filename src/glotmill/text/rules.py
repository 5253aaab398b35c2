"""Rule sets and language files: which bound on which measure drops a document, and who says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Discriminator, Field, StrictStr, Tag, ValidationInfo, field_validator, model_validator

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Frozen
from glotmill.core.yamlfile import near, parse
from glotmill.text.hashing import text_hash
from glotmill.text.measures import MEASURES, Measure, Profile
from glotmill.text.measures.script import parts_of
from glotmill.text.spelling.files import packs_of
from glotmill.text.tags import canonical

Word = Annotated[StrictStr, Field(min_length=1)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
PerLanguage = Literal["per-language"]
Side = Literal["below", "above"]


def side_of(below: object | None, above: object | None) -> Side:
    """Return which side of its bound a rule drops.

    Raises:
        ValueError: it has both bounds, or none.
    """
    if (below is None) == (above is None):
        raise ValueError("a rule has exactly one of below and above")
    return "above" if below is None else "below"


def check_distinct(reasons: Sequence[str]) -> None:
    """Refuse two rules of one set with the same reason.

    Raises:
        ValueError: there are two.
    """
    twice = sorted({reason for reason in reasons if reasons.count(reason) > 1})
    if twice:
        raise ValueError(f"two rules with one reason: {', '.join(twice)}")


class Example(Frozen):
    """A text that a rule must keep or drop: what the rule means, in a form that a test runs.

    Args:
        text: written for this purpose, in the language it names.
        language: canonical tag.
        repeat: how often the text stands in the document, one copy per line; for bounds on length.
    """

    text: StrictStr
    language: StrictStr
    repeat: int = Field(default=1, ge=1)

    def document(self) -> str:
        """Return the whole text."""
        return "\n".join([self.text] * self.repeat)


class Examples(Frozen):
    """One text on either side of a bound."""

    kept: Example
    dropped: Example


class Rule(Frozen):
    """One measure, one bound, one reason.

    Args:
        measure: a name in `MEASURES`.
        below: documents whose measure is smaller are dropped; `per-language`: the language file gives the number.
        above: documents whose measure is greater are dropped.
        reason: what the ledger says behind the name of the set.
    """

    measure: StrictStr
    below: Number | PerLanguage | None = None
    above: Number | PerLanguage | None = None
    reason: Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    cites: StrictStr | None = None
    examples: Examples

    @field_validator("measure")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in MEASURES:
            raise ValueError(f"no such measure: {name}. {near(name, MEASURES)}")
        return name

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        side_of(self.below, self.above)
        return self

    @property
    def side(self) -> Side:
        """Which side of the bound is dropped."""
        return side_of(self.below, self.above)


class RuleSet(Frozen):
    """The content of `filters/<name>.yaml`.

    Args:
        name: equals the file's name and opens every reason.
        cites: where the rules come from.
        rules: in the order in which they are asked; the first that fails is the reason.
    """

    name: Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    cites: StrictStr
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _distinct_reasons(self) -> Self:
        check_distinct([rule.reason for rule in self.rules])
        return self

    def reasons(self) -> frozenset[str]:
        """Return every reason code that the set can give."""
        return frozenset(f"{self.name}.{rule.reason}" for rule in self.rules)


class Off(Frozen):
    """A rule that makes no sense for a language, and why.

    The key is not `off`, which YAML reads as false.
    """

    switched_off: Annotated[StrictStr, Field(min_length=10)]


def _which(value: object) -> str:
    return "mapping" if isinstance(value, dict | Off) else "number"


# Told apart by shape, so that a mistake in one is not reported as a mistake in the other.
OwnBound = Annotated[Annotated[Number, Tag("number")] | Annotated[Off, Tag("mapping")], Discriminator(_which)]


class Bounds(Frozen):
    """A language's own bounds on one measure; each is a number, or `{switched_off: why}`."""

    below: OwnBound | None = None
    above: OwnBound | None = None


class Evidence(Frozen):
    """What speaks for the numbers in a language file.

    Args:
        text: what was done, in a sentence.
        source: where the figures or the text come from.
        license: SPDX id of that source.
    """

    text: Word
    source: Word
    license: Word


class Identification(Frozen):
    """What a language asks of one identifier, whose scores mean something else in each language.

    Args:
        min_score: documents that the model gives this language at a lower score are not taken for it.
        evidence: the scores of the model on text that is known to be in the language.
    """

    min_score: Annotated[float, Field(ge=0.0, le=1.0)]
    evidence: Word


class LanguageFile(Frozen):
    """The content of `filters/languages/<tag>.yaml`.

    Args:
        tag: canonical tag, equal to the file's name.
        name: English name.
        status: `proven` once its bounds were checked on native documents by the quality gates.
        stop_words: frequent function words as a reader writes them, each one word of the scan.
        bounds: rule set -> measure -> bounds.
        relative_length: code points that it takes to say what takes one in English (`scripts/relative_length.py`
            measures it); 0.27 in Chinese. Bounds on lengths go by it.
        sentence_ends: the marks that close a sentence; none where a space does, as in Thai.
        evidence: what the numbers rest on.
        identification: model name -> what this language asks of it, where the recipe's own bound does not fit.
        normalize: packs of spelling for this language alone; `normalize` runs them with `packs: language`.
        confusable: a language that pages are mixed with or taken for -> function words of it that are no words of this.
    """

    tag: StrictStr
    name: Word
    status: Literal["proven", "unproven"]
    stop_words: tuple[Word, ...]
    bounds: Mapping[StrictStr, Mapping[StrictStr, Bounds]]
    sentence_ends: tuple[Word, ...]
    relative_length: Annotated[float, Field(gt=0.0, le=10.0)] | None = None
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]
    identification: Mapping[StrictStr, Identification] = Field(default_factory=dict)
    normalize: tuple[StrictStr, ...] = ()
    confusable: Mapping[StrictStr, Annotated[tuple[Word, ...], Field(min_length=1)]] = Field(default_factory=dict)

    @field_validator("confusable")
    @classmethod
    def _other_languages(
        cls, found: Mapping[str, tuple[str, ...]], info: ValidationInfo
    ) -> Mapping[str, tuple[str, ...]]:
        own = {word.casefold() for word in info.data.get("stop_words", ())}
        for tag, words in found.items():
            if canonical(tag) != tag or tag == info.data.get("tag"):
                raise ValueError(f"{tag} is not how another language's tag is written; write {canonical(tag)}")
            shared = [word for word in words if word.casefold() in own]
            if shared:
                raise ValueError(f"{', '.join(shared)} are stop words of this language, too; take them out of {tag}")
        return found

    @field_validator("normalize")
    @classmethod
    def _known_packs(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        packs_of(names)
        return names

    @field_validator("bounds")
    @classmethod
    def _known_measures(cls, bounds: Mapping[str, Mapping[str, Bounds]]) -> Mapping[str, Mapping[str, Bounds]]:
        for measures in bounds.values():
            for name in measures:
                if name not in MEASURES:
                    raise ValueError(f"no such measure: {name}. {near(name, MEASURES)}")
        return bounds

    def profile(self) -> Profile:
        """Return what measures need of it."""
        script = self.tag.partition("_")[2]
        others = [word for words in self.confusable.values() for word in words]
        return profile(
            self.stop_words, self.sentence_ends, script=script, length=self.relative_length, confusable=others
        )


def profile(
    stop_words: Sequence[str],
    sentence_ends: Sequence[str] = (),
    *,
    script: str | None = None,
    length: float | None = None,
    confusable: Sequence[str] = (),
) -> Profile:
    """Return the profile of a language; None and empty where nothing is known.

    Args:
        stop_words: its stop words.
        sentence_ends: marks that close its sentences; of `……` the last code point counts.
        script: the script of its tag.
        length: its relative length.
        confusable: function words of the languages it is confused with.
    """
    return Profile(
        stop_words=_hashes(stop_words),
        sentence_ends=np.array(sorted({ord(mark[-1]) for mark in sentence_ends}), np.uint32),
        scripts=parts_of(script),
        length=length,
        confusable=_hashes(confusable),
    )


def _hashes(words: Sequence[str]) -> npt.NDArray[np.uint64]:
    return np.array(sorted({text_hash(word) for word in words}), np.uint64)


@dataclass(frozen=True, slots=True)
class Bound:
    """One number that drops what lies on one side of it.

    Args:
        reason: the whole code, `gopher_quality.too_few_words`.
        side: which is dropped.
        bound: the number; what equals it is kept.
    """

    reason: str
    side: Side
    bound: float

    def fails(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Return which values are dropped, shape as `values`."""
        return values < self.bound if self.side == "below" else values > self.bound

    def evidence(self, name: str, value: float) -> str:
        """Return what speaks against a value of a measure: `word_count 12 < 50`."""
        sign = "<" if self.side == "below" else ">"
        shown, bound = _number(value), _number(self.bound)
        return f"{name} {repr(value) if shown == bound else shown} {sign} {bound}"


@dataclass(frozen=True, slots=True)
class BoundRule(Bound):
    """A rule with its number for one language."""

    measure: Measure

    def detail(self, value: float) -> str:
        """Return the evidence: `word_count 12 < 50`."""
        return self.evidence(self.measure.name, value)


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def language_path(tag: str) -> str:
    """Return the project path of a language's file."""
    return f"filters/languages/{tag}.yaml"


def rule_set_path(name: str) -> str:
    """Return the project path of a rule set."""
    return f"filters/{name}.yaml"


def read_rule_set(name: str, files: Mapping[str, str]) -> RuleSet:
    """Return a rule set from the project's files.

    Raises:
        RecipeError: it is missing, wrong, or bears another name than its file.
    """
    path = rule_set_path(name)
    if path not in files:
        raise RecipeError(f"no rule set {name!r}", file=path, remedy="Write the file or name another set.")
    found = parse(files[path], RuleSet, file=path)
    if found.name != name:
        raise RecipeError(f"the set calls itself {found.name!r}", file=path, field="name", remedy=f"name: {name}")
    return found


def read_language(tag: str, files: Mapping[str, str]) -> LanguageFile | None:
    """Return a language's file, or None where the project has none.

    Raises:
        RecipeError: it is wrong, or is about another language than its name says.
    """
    path = language_path(tag)
    if path not in files:
        return None
    found = parse(files[path], LanguageFile, file=path)
    if found.tag != tag or canonical(found.tag) != tag:
        raise RecipeError(f"the file is about {found.tag!r}", file=path, field="tag", remedy=f"tag: {tag}")
    return found


# What a measure needs of a language file -> the field that says it, and what to write into it.
_FIELDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "stop_words": ("stop_words", "List them"),
        "length": ("relative_length", "Write it, 1.0 in an alphabet unless measured"),
    }
)
_NO_CONFUSABLE = "the language's file names no confusable language"
_NO_SENTENCE_ENDS = "no mark closes a sentence in this language (sentence_ends is empty)"


def switched_off(rules: RuleSet, language: LanguageFile) -> Mapping[str, str]:
    """Return the rules of a set that a language is not judged by: reason code -> why.

    The language file switches a rule off by name, or all rules on ends of sentences or confusable languages by having
    none.
    """
    given = language.bounds.get(rules.name, {})
    found: dict[str, str] = {}
    for rule in rules.rules:
        own = getattr(given.get(rule.measure, Bounds()), rule.side)
        if isinstance(own, Off):
            found[f"{rules.name}.{rule.reason}"] = own.switched_off
        elif "sentence_ends" in MEASURES[rule.measure].needs and not language.sentence_ends:
            found[f"{rules.name}.{rule.reason}"] = _NO_SENTENCE_ENDS
        elif "confusable" in MEASURES[rule.measure].needs and not language.confusable:
            found[f"{rules.name}.{rule.reason}"] = _NO_CONFUSABLE
    return found


def bind(rules: RuleSet, language: LanguageFile) -> tuple[BoundRule, ...]:
    """Return the rules with their numbers for a language; those of `switched_off` are left out.

    A number in the language file goes before the one in the set.

    Raises:
        RecipeError: the language gives no number for a rule that asks for one, or not what its measure needs; names
            the field.
    """
    path = language_path(language.tag)
    given = language.bounds.get(rules.name, {})
    off = switched_off(rules, language)
    bound_rules = []
    for rule in rules.rules:
        reason = f"{rules.name}.{rule.reason}"
        if reason in off:
            continue
        own = getattr(given.get(rule.measure, Bounds()), rule.side)
        bound = getattr(rule, rule.side) if own is None else own
        field = f"bounds.{rules.name}.{rule.measure}.{rule.side}"
        if not isinstance(bound, int | float):
            raise RecipeError(
                f"the rule {reason} needs a bound for {language.tag}",
                file=path,
                field=field,
                remedy="Write a number, or {switched_off: why the rule makes no sense for this language}.",
            )
        measure = MEASURES[rule.measure]
        for need, (name, remedy) in _FIELDS.items():
            if need in measure.needs and not getattr(language, name):
                raise RecipeError(
                    f"the rule {reason} needs {name.replace('_', ' ')} for {language.tag}",
                    file=path,
                    field=name,
                    remedy=f"{remedy}, or switch the rule off at {field}: {{switched_off: why}}.",
                )
        bound_rules.append(BoundRule(reason, rule.side, float(bound), measure))
    return tuple(bound_rules)
