"""Three ways from a distribution of measured values to a bound.

The families are those that FineWeb2 compares for carrying thresholds to another language (Penedo et al. 2025,
arXiv:2506.20920); the formulas are stated here, and none of them starts from numbers of another language.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from statistics import NormalDist
from typing import Literal

import numpy as np

from glotmill.text.calibration.intervals import Share
from glotmill.text.measures import Values

Method = Literal["quantile", "deviation", "tail"]
Side = Literal["below", "above"]

_DIGITS = 3  # of a bound; more would pretend to a precision that no reference has
TAIL = 0.1  # of a crawl that one rule may drop at most, the tail that FineWeb2 cuts off


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """The values of one measure over many documents.

    Args:
        ordered: shape (documents,), ascending; at least one.
        mean: of the values.
        deviation: their standard deviation, over the whole (not of a sample).
    """

    ordered: Values
    mean: float
    deviation: float

    @classmethod
    def of(cls, values: Values) -> "Distribution":
        """Return the distribution of values, shape (documents,)."""
        return cls(np.sort(values), float(values.mean()), float(values.std()))

    def outermost(self, side: Side) -> "Outermost":
        """Return the value that lies farthest on a side, the next one, and the share of documents that have the first."""
        ordered = self.ordered if side == "below" else self.ordered[::-1]
        last = ordered[0]
        count = int((ordered == last).sum())
        following = None if count == len(ordered) else float(ordered[count])
        return Outermost(float(last), following, Share(count, len(ordered)))


@dataclass(frozen=True, slots=True)
class Outermost:
    """The end of a distribution.

    Args:
        value: the least or the greatest.
        following: the next value, which bounds the documents of `value` alone; None where all documents have one value.
        share: documents that have `value`.
    """

    value: float
    following: float | None
    share: Share


def quantile_bound(found: Distribution, *, side: Side, share: float) -> float:
    """Return the strictest bound that drops at most `share` of the documents.

    It is the value of rank floor(share x documents) from the bound's own side, so that only what lies strictly
    beyond it is dropped; with a share of 0 it is the least or the greatest value.
    """
    last = len(found.ordered) - 1
    rank = min(int(share * len(found.ordered) + 1e-9), last)
    return float(found.ordered[rank if side == "below" else last - rank])


def deviation_bound(found: Distribution, *, side: Side, share: float) -> float:
    """Return mean -/+ k standard deviations, with the k beyond which a normal distribution has `share`.

    k is 1.64 for a share of 0.05 and 3.09 for 0.001.

    Args:
        found: the distribution.
        side: of the bound that is dropped.
        share: above 0 and below 0.5.
    """
    spread = NormalDist().inv_cdf(1 - share) * found.deviation
    return found.mean - spread if side == "below" else found.mean + spread


def rounded(bound: float, *, side: Side) -> float:
    """Return a bound of three significant digits, rounded to the side on which it drops less."""
    rounding = ROUND_FLOOR if side == "below" else ROUND_CEILING
    return float(Context(prec=_DIGITS, rounding=rounding).plus(Decimal(repr(bound))))


def looser(first: float, second: float, *, side: Side) -> float:
    """Return the bound that drops less."""
    return min(first, second) if side == "below" else max(first, second)
