"""Which bounds on a measure can do anything at all, and which no text of any language calls for."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from glotmill.text.linting.findings import Severity
from glotmill.text.measures import RANGES, Measure

# Of 1,929 published configurations 26 have means above 40, up to 3141: words that a segmenter did not separate.
LONGEST_MEAN = 40.0
_NARROWER: Mapping[str, tuple[float, float]] = MappingProxyType({"mean_word_length": (1.0, LONGEST_MEAN)})


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one bound.

    Args:
        kind: it drops nothing (`dead`), drops everything (`total`), or no language calls for it (`absurd`, `strict`).
    """

    kind: Literal["dead", "total", "absurd", "strict"]
    severity: Severity
    message: str
    remedy: str


def possible(measure: Measure, *, stop_words: int | None = None) -> tuple[float, float]:
    """Return the least and the greatest value that documents with text can have.

    Args:
        measure: any.
        stop_words: how many the language has on file; None where that is not known.
    """
    low, high = _NARROWER.get(measure.name, RANGES[measure.unit])
    if measure.unit == "count" and "stop_words" in measure.needs and stop_words is not None:
        high = float(stop_words)
    return low, high


def fault_of(
    measure: Measure, bound: float, *, side: Literal["below", "above"], stop_words: int | None = None
) -> Fault | None:
    """Return what is wrong with a bound, or None.

    `alpha_word_share` above 1.32 is dead, since no share is above 1; `mean_word_length` above 3141 is absurd.

    Args:
        measure: what the bound is on.
        bound: the number.
        side: of it that is dropped.
        stop_words: as in `possible`.
    """
    low, high = possible(measure, stop_words=stop_words)
    shown = f"{measure.name} {side} {bound:g}"
    if measure.name in _NARROWER and bound > high:
        return Fault(
            "absurd",
            "error",
            f"{shown} is absurd: no language has words of more than {high:g} characters on the mean",
            "Take a bound from running text: glotmill calibrate LANG --reference PATH.",
        )
    beneath, beyond = (bound <= low, bound > high) if side == "below" else (bound >= high, bound < low)
    if beneath:
        reach = f"never {side} {low:g}" if side == "below" else f"never {side} {high:g}"
        return Fault(
            "dead",
            "error",
            f"{shown} never drops anything: the measure is {reach}",
            "Give a number within the measure's range, or {switched_off: why the rule makes no sense here}.",
        )
    if beyond:
        return Fault(
            "total",
            "error",
            f"{shown} drops every document: the measure goes from {low:g} to {high:g}",
            "Give a number within the measure's range.",
        )
    if _drops_nearly_all(measure, bound, side):
        return Fault(
            "strict",
            "warning",
            f"{shown} drops every document that is not wholly on one side",
            "Leave room for running text, which is rarely pure.",
        )
    return None


def _drops_nearly_all(measure: Measure, bound: float, side: Literal["below", "above"]) -> bool:
    low, high = RANGES[measure.unit]
    return measure.unit in ("share", "ratio") and bound == (high if side == "below" else low)
