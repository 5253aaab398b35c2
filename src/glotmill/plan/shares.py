"""How groups share a budget: pure arithmetic over sizes, weights and caps."""

from collections.abc import Sequence
from dataclasses import dataclass


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
    given = [0] * len(shares)
    open_ = [index for index, share in enumerate(shares) if share.weight > 0 and share.cap > 0]
    left = budget
    while open_ and left:
        total = sum(shares[index].weight for index in open_)
        full = [index for index in open_ if left * (shares[index].weight / total) >= shares[index].cap]
        if not full:
            for index, amount in zip(open_, _rounded([shares[one].weight / total for one in open_], left), strict=True):
                given[index] = min(amount, shares[index].cap)
            return given, 0
        for index in full:
            given[index] = shares[index].cap
        # Of groups that are full at once, rounding may let the sum pass what is left by a token.
        over = sum(given[index] for index in full) - left
        if over > 0:
            given[full[-1]] -= over
        left -= sum(given[index] for index in full)
        open_ = [index for index in open_ if index not in full]
    return given, left


def _rounded(parts: Sequence[float], budget: int) -> list[int]:
    exact = [budget * part for part in parts]
    floors = [int(value) for value in exact]
    order = sorted(range(len(exact)), key=lambda index: (floors[index] - exact[index], index))
    for index in order[: max(0, budget - sum(floors))]:
        floors[index] += 1
    return floors
