"""How groups share a budget: pure arithmetic over sizes, weights and caps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_SCALE: Final = 1 << 60


@dataclass(frozen=True, slots=True)
class Share:
    """One group that shares.

    Args:
        size: tokens (or bytes) that it has.
        weight: of its share; 0 gives it nothing.
        cap: most that it may be given.
    """

    size: int
    weight: float
    cap: int


def allot(shares: Sequence[Share], budget: int) -> tuple[list[int], int]:
    """Return what each group is given, and what of the budget none of them could take.

    In proportion to the weights; what a group's cap cuts off is shared by the others in the same proportion, until
    nobody's cap is passed. With equal weights and caps of N times the size this is UniMax (arXiv 2304.09151, algorithm 1).
    Fractions go to the largest remainders, of equals the first.

    >>> allot([Share(100, 1.0, 400), Share(1000, 1.0, 4000)], 1000)
    ([400, 600], 0)
    """
    weights = _whole([share.weight for share in shares])
    given = [0] * len(shares)
    open_ = [index for index, share in enumerate(shares) if weights[index] and share.cap > 0]
    left = budget
    while open_ and left:
        total = sum(weights[index] for index in open_)
        full = [index for index in open_ if left * weights[index] >= shares[index].cap * total]
        if not full:
            for index, amount in zip(open_, _rounded([weights[one] for one in open_], left), strict=True):
                given[index] = amount
            return given, 0
        for index in full:
            given[index] = shares[index].cap
        left -= sum(given[index] for index in full)
        open_ = [index for index in open_ if given[index] == 0]
    return given, left


def _whole(weights: Sequence[float]) -> list[int]:
    """Return weights in proportion as integers, so that no share of a large budget is lost to rounding, nor a sum to overflow."""
    most = max(weights, default=0.0)
    return [max(1, int(weight / most * _SCALE)) if weight > 0 else 0 for weight in weights]


def _rounded(weights: Sequence[int], budget: int) -> list[int]:
    total = sum(weights)
    floors = [budget * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda index: (-(budget * weights[index] % total), index))
    for index in order[: budget - sum(floors)]:
        floors[index] += 1
    return floors
