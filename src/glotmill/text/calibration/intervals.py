"""Shares of documents, and what so many documents can show about them."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, lgamma, log, sqrt

_Z95 = 1.959963984540054  # two-sided 95 %
LEAST_DOCUMENTS = 60  # fewer prove nothing: even 60 kept of 60 leave 0.94 possible


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many documents.

    Args:
        count: those meant.
        of: all.
    """

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share itself; 0 of nothing."""
        return self.count / self.of if self.of else 0.0

    @property
    def low(self) -> float:
        """The lower end of the Wilson interval at 95 %."""
        return wilson(self.value, self.of)[0]

    @property
    def high(self) -> float:
        """The upper end of the Wilson interval at 95 %."""
        return wilson(self.value, self.of)[1]


def wilson(share: float, of: float) -> tuple[float, float]:
    """Return the Wilson interval of a share at 95 % (Wilson 1927, doi:10.1080/01621459.1927.10502953); of nothing, (0, 1).

    Args:
        share: found, 0 to 1.
        of: documents, or of a weighted sample its effective size, which need not be whole.
    """
    if not of:
        return 0.0, 1.0
    square = _Z95 * _Z95
    middle = share + square / (2 * of)
    spread = _Z95 * sqrt(share * (1 - share) / of + square / (4 * of * of))
    low, high = ((middle + sign * spread) / (1 + square / of) for sign in (-1, 1))
    return min(1.0, max(0.0, low)), min(1.0, max(0.0, high))


def clopper_pearson(count: int, of: int, *, alpha: float) -> tuple[float, float]:
    """Return exact one-sided bounds of a share: it is less than the lower, or more than the upper, with chance alpha each.

    (Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404, by bisection of the binomial tails.) Of nothing nothing is
    known: (0, 1).

    Args:
        count: those meant.
        of: all.
        alpha: chance of being wrong on one side, between 0 and 1.
    """
    low = 0.0 if count == 0 else _bisect(lambda share: 1 - _at_most(count - 1, of, share) < alpha)
    high = 1.0 if count >= of else _bisect(lambda share: _at_most(count, of, share) > alpha)
    return low, high


def _bisect(below: Callable[[float], bool]) -> float:
    """Return the share up to which a condition holds."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return (low + high) / 2


def _at_most(count: int, of: int, share: float) -> float:
    """Return the chance of at most so many of a binomial distribution, by its smaller tail."""
    if share <= 0 or share >= 1:
        return 1.0 if share <= 0 or count >= of else 0.0
    logs = log(share), log(1 - share)

    def chance(number: int) -> float:
        ways = lgamma(of + 1) - lgamma(number + 1) - lgamma(of - number + 1)
        return exp(ways + number * logs[0] + (of - number) * logs[1])

    if count <= of // 2:
        return min(1.0, sum(map(chance, range(count + 1))))
    return max(0.0, 1 - sum(map(chance, range(count + 1, of + 1))))
