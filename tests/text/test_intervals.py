"""Exact bounds of shares, against published values and the tails they are made of."""

import math

import pytest

from glotmill.text.calibration.intervals import clopper_pearson


def tail(count: int, of: int, share: float) -> float:
    """Return the chance of at most so many."""
    return math.fsum(
        math.comb(of, number) * share**number * (1 - share) ** (of - number) for number in range(count + 1)
    )


def test_bounds_without_any_or_with_all_follow_the_closed_form() -> None:
    assert clopper_pearson(0, 60, alpha=0.05) == pytest.approx((0.0, 1 - 0.05 ** (1 / 60)))
    assert clopper_pearson(60, 60, alpha=0.05) == pytest.approx((0.05 ** (1 / 60), 1.0))
    assert clopper_pearson(0, 0, alpha=0.05) == (0.0, 1.0)
    # The rule of three at the scale of an audit: 3.0 in 750,000.
    assert clopper_pearson(0, 750_000, alpha=0.05)[1] * 750_000 == pytest.approx(2.9957, abs=1e-3)


@pytest.mark.parametrize(("count", "of"), [(1, 2), (3, 200), (100, 200), (199, 200), (7, 13)])
def test_at_a_bound_the_tail_is_alpha(count: int, of: int) -> None:
    low, high = clopper_pearson(count, of, alpha=0.025)
    assert low < count / of < high
    assert tail(count, of, high) == pytest.approx(0.025)
    assert 1 - tail(count - 1, of, low) == pytest.approx(0.025)


def test_large_samples_take_no_time_to_speak_of() -> None:
    low, high = clopper_pearson(5_000, 50_000, alpha=0.05)
    assert (low, high) == pytest.approx((0.0978004, 0.1022340), abs=1e-6)
