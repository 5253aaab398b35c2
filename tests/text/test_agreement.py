"""Shares over strata and agreement beyond chance, against published numbers and independent computations."""

from itertools import product
from random import Random

import numpy as np
import pytest

from glotmill.text.calibration.intervals import Share
from glotmill.text.quality.agreement import Stratum, kappa, precision

WORDS = ("good", "bad", "unsure")


def pairs(table: dict[tuple[str, str], int]) -> list[tuple[str, str]]:
    return [pair for pair, count in table.items() for _ in range(count)]


def test_one_stratum_has_its_wilson_interval_whatever_it_weighs() -> None:
    found = precision([Stratum(documents=12_345, rated=67, good=60)])
    assert found is not None
    assert found.value == round(60 / 67, 4)
    assert (found.low, found.high) == pytest.approx((Share(60, 67).low, Share(60, 67).high), abs=1e-4)


def test_strata_weigh_as_many_documents_as_they_have_and_those_nobody_rated_are_left_out() -> None:
    large, small = Stratum(900, 10, 9), Stratum(100, 10, 4)
    found = precision([large, small])
    assert found is not None
    assert found.value == 0.85
    assert precision([large, small, Stratum(5_000, 0, 0)]) == found
    assert precision([Stratum(10, 0, 0)]) is None
    assert precision([]) is None


def test_an_interval_is_wider_than_if_all_had_been_drawn_as_one() -> None:
    found, plain = precision([Stratum(950, 10, 10), Stratum(50, 90, 90)]), Share(100, 100)
    assert found is not None
    assert found.value == 1.0
    assert found.low < 0.75 < plain.low


@pytest.mark.parametrize("shares", [(0.95, 0.6, 0.2), (1.0, 0.5, 0.9), (0.99, 0.98, 0.97)])
def test_the_interval_of_weighted_strata_holds_the_truth_in_95_of_a_hundred_samples(shares: tuple[float, ...]) -> None:
    sizes, chance = (1_000, 4_000, 5_000), Random(7)
    truth = sum(size * share for size, share in zip(sizes, shares, strict=True)) / sum(sizes)
    held = 0
    for _ in range(1_000):
        drawn = [
            Stratum(size, 40, sum(chance.random() < share for _ in range(40)))
            for size, share in zip(sizes, shares, strict=True)
        ]
        found = precision(drawn)
        assert found is not None
        held += found.low <= truth <= found.high
    assert held >= 930


def test_kappa_of_the_textbook_table() -> None:
    table = {("good", "good"): 20, ("good", "bad"): 5, ("bad", "good"): 10, ("bad", "bad"): 15}
    found = kappa(pairs(table))
    assert found is not None
    assert found.value == 0.4


def test_the_interval_of_kappa_is_that_of_the_delta_method() -> None:
    chance = np.random.default_rng(3)
    for _ in range(20):
        counts = chance.integers(1, 30, (3, 3))
        p, total = counts / counts.sum(), int(counts.sum())

        def value(p: np.ndarray) -> float:
            by_chance = float(p.sum(1) @ p.sum(0))
            return (float(np.trace(p)) - by_chance) / (1 - by_chance)

        slopes = np.zeros(9)
        for place in range(9):
            step = np.zeros(9)
            step[place] = 1e-6
            slopes[place] = (value(p + step.reshape(3, 3)) - value(p - step.reshape(3, 3))) / 2e-6
        flat = p.ravel()
        spread = 1.96 * float(np.sqrt((slopes @ (np.diag(flat) - np.outer(flat, flat)) @ slopes) / total))
        found = kappa(pairs({(WORDS[a], WORDS[b]): int(counts[a, b]) for a, b in product(range(3), repeat=2)}))
        assert found is not None
        assert (found.value, found.low, found.high) == pytest.approx(
            (value(p), value(p) - spread, value(p) + spread), abs=2e-4
        )


def test_kappa_is_undefined_without_two_words_and_one_where_all_agree() -> None:
    assert kappa([]) is None
    assert kappa([("good", "good")] * 9) is None
    perfect = kappa([("good", "good"), ("bad", "bad")] * 5)
    assert perfect is not None
    assert (perfect.value, perfect.low, perfect.high) == (1.0, 1.0, 1.0)
    opposite = kappa([("good", "bad"), ("bad", "good")] * 5)
    assert opposite is not None
    assert opposite.value == -1.0
