"""What people's ratings of a sample say: shares over strata, and how far two people agree beyond chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from glotmill.text.calibration.intervals import wilson

_Z95: Final = 1.959963984540054  # two-sided 95 %


@dataclass(frozen=True, slots=True)
class Stratum:
    """Documents that were drawn from as one.

    Args:
        documents: all of them.
        rated: those drawn and rated.
        good: those among the rated that were called good.
    """

    documents: int
    rated: int
    good: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its interval at 95 %."""

    value: float
    low: float
    high: float


def precision(strata: Sequence[Stratum]) -> Estimate | None:
    """Return the share of good documents over strata, each weighing as many documents as it has; None where none is rated.

    The interval is Wilson's at the effective size of the sample: the lesser of 1 / sum of weight^2 / rated (Kish 1965,
    Survey Sampling, section 11.2), which holds also where every rated document is good, and of share * (1 - share) /
    variance, the variance being that of a stratified sample. Of one stratum that is its plain Wilson interval. Strata
    without a rated document are left out: the share is that of the others.

    >>> precision([Stratum(documents=900, rated=10, good=9), Stratum(documents=100, rated=10, good=4)]).value
    0.85
    """
    known = [one for one in strata if one.rated]
    total = sum(one.documents for one in known)
    if not total:
        return None
    weights = [one.documents / total for one in known]
    share = sum(weight * one.good / one.rated for weight, one in zip(weights, known, strict=True))
    parts = [weight * weight / one.rated for weight, one in zip(weights, known, strict=True)]
    shares = [one.good / one.rated for one in known]
    variance = sum(part * own * (1 - own) for part, own in zip(parts, shares, strict=True))
    size = 1 / sum(parts)
    if variance:
        size = min(size, share * (1 - share) / variance)
    low, high = wilson(share, size)
    return Estimate(round(share, 4), round(low, 4), round(high, 4))


def kappa(pairs: Sequence[tuple[str, str]]) -> Estimate | None:
    """Return Cohen's kappa of two raters with its 95 % interval; None where both always say one and the same, or nothing.

    (Cohen 1960, doi:10.1177/001316446002000104; the interval by the standard error of Fleiss, Cohen and Everitt 1969,
    doi:10.1037/h0028106, which is for large samples: with perfect agreement it has no width.)

    Args:
        pairs: what the one and the other say of each item.
    """
    count = len(pairs)
    names = sorted({word for pair in pairs for word in pair})
    if not count:
        return None
    first = {name: sum(one == name for one, _ in pairs) / count for name in names}
    second = {name: sum(other == name for _, other in pairs) / count for name in names}
    chance = sum(first[name] * second[name] for name in names)
    if chance >= 1:
        return None
    cells = {(a, b): pairs.count((a, b)) / count for a in names for b in names}
    value = (sum(cells[name, name] for name in names) - chance) / (1 - chance)
    agreed = sum(cells[name, name] * (1 - (first[name] + second[name]) * (1 - value)) ** 2 for name in names)
    apart = sum(cells[a, b] * (second[a] + first[b]) ** 2 for a in names for b in names if a != b)
    variance = (agreed + (1 - value) ** 2 * apart - (value - chance * (1 - value)) ** 2) / (count * (1 - chance) ** 2)
    spread = _Z95 * sqrt(max(0.0, variance))
    return Estimate(round(value, 4), round(max(-1.0, value - spread), 4), round(min(1.0, value + spread), 4))
