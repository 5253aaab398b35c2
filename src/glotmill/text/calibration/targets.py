"""The rules that a calibration looks at, and how each of them stands for the language so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from glotmill.text.linting.bounds import fault_of
from glotmill.text.measures import MEASURES, Measure, Values
from glotmill.text.rules import Bounds, LanguageFile, Rule, RuleSet, switched_off
from glotmill.text.scan import Bools

# What may become of a rule's number: `free` is proposed anew, `loosen` changes only where it drops too much of the
# reference, `fixed` stays.
Freedom = Literal["free", "loosen", "fixed"]
_FIELDS = {"stop_words": "stop_words", "length": "relative_length"}


@dataclass(frozen=True, slots=True)
class Target:
    """One rule of one set.

    Args:
        rules: the set's name.
        rule: the rule.
        current: the number by which it judges now; None where the language gives none or the rule is off.
        freedom: what may become of the number.
        off: why it does not judge the language, or None.
        stop_words: how many the language has on file.
    """

    rules: str
    rule: Rule
    current: float | None
    freedom: Freedom
    off: str | None
    stop_words: int

    @property
    def reason(self) -> str:
        """The reason code, `gopher_quality.words_too_long`."""
        return f"{self.rules}.{self.rule.reason}"

    @property
    def measure(self) -> Measure:
        """What the rule measures."""
        return MEASURES[self.rule.measure]

    def fails(self, values: Values, bound: float) -> Bools:
        """Return which values a bound drops, shape as `values`."""
        return values < bound if self.rule.side == "below" else values > bound


def targets(sets: Sequence[RuleSet], language: LanguageFile, *, tighten: bool) -> tuple[Target, ...]:
    """Return every rule of these sets, in order.

    A rule without a number for the language is free, and so is one whose number is absurd. Any other is only
    loosened, unless `tighten`: a reference shows what running text can be, not all that it can be, so that it is
    cleaner than a rule asks for is no reason to ask for more of the web. A count that has a number stays: counts grow
    with documents, so the reference's lengths would decide.

    Args:
        sets: in the order in which they are asked.
        language: the language's file, or a draft of one.
        tighten: whether numbers that stand may become stricter too.
    """
    return tuple(_target(rules, rule, language, tighten=tighten) for rules in sets for rule in rules.rules)


def _target(rules: RuleSet, rule: Rule, language: LanguageFile, *, tighten: bool) -> Target:
    own = getattr(language.bounds.get(rules.name, {}).get(rule.measure, Bounds()), rule.side)
    number = getattr(rule, rule.side) if own is None else own
    off = switched_off(rules, language).get(f"{rules.name}.{rule.reason}") or _lacking(rule, language)
    current = float(number) if off is None and isinstance(number, int | float) else None
    freedom: Freedom = "free" if tighten or current is None or _absurd(rule, current, language) else "loosen"
    if current is not None and MEASURES[rule.measure].unit == "count":
        freedom = "fixed"
    return Target(rules.name, rule, current, freedom, off, len(language.stop_words))


def _absurd(rule: Rule, bound: float, language: LanguageFile) -> bool:
    fault = fault_of(MEASURES[rule.measure], bound, side=rule.side, stop_words=len(language.stop_words))
    return fault is not None and fault.severity == "error"


def _lacking(rule: Rule, language: LanguageFile) -> str | None:
    """Return what the measure needs and the language's file does not say."""
    for need, field in _FIELDS.items():
        if need in MEASURES[rule.measure].needs and not getattr(language, field):
            return f"the language file has no {field}"
    return None
