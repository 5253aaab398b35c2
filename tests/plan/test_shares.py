"""How groups share a budget: nothing lost, no cap passed, whatever the weights."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.plan.shares import Share, allot

WEIGHTS = st.one_of(st.just(0.0), st.floats(min_value=5e-324, max_value=1.7e308))
SHARES = st.lists(
    st.builds(Share, size=st.integers(0, 10**15), weight=WEIGHTS, cap=st.integers(0, 10**18)), max_size=12
)


@given(SHARES, st.integers(1, 10**18))
def test_what_is_given_and_what_is_missing_make_the_budget(shares: list[Share], budget: int) -> None:
    given_, missing = allot(shares, budget)
    assert sum(given_) + missing == budget
    assert all(0 <= amount <= share.cap for amount, share in zip(given_, shares, strict=True))
    assert all(amount == 0 for amount, share in zip(given_, shares, strict=True) if share.weight == 0)
    if missing:
        assert given_ == [share.cap if share.weight else 0 for share in shares]


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 8)), min_size=1, max_size=8), st.integers(1, 10**6))
def test_equal_weights_are_unimax(groups: list[tuple[int, int]], budget: int) -> None:
    """By the definition of Chung et al. 2023, algorithm 1: smallest first, an equal part of what is left, or all it can give."""
    caps = sorted(size * epochs for size, epochs in groups)
    expected, left = [], float(budget)
    for place, cap in enumerate(caps):
        expected.append(min(cap, left / (len(caps) - place)))
        left -= expected[-1]
    found, _ = allot([Share(cap, 1.0, cap) for cap in caps], budget)
    assert found == pytest.approx(expected, abs=1.0)


def test_weights_whose_sum_no_float_holds_share_in_proportion() -> None:
    assert allot([Share(1, 1.5e308, 10**18), Share(1, 1.5e308, 10**18)], 10**18 - 1) == (
        [5 * 10**17, 5 * 10**17 - 1],
        0,
    )
