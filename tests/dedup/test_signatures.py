"""MinHash signatures and bands, measured against datasketch and the binomial."""

import numpy as np
import pytest
from datasketch import MinHash, MinHashLSH
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.dedup.shingles import ShingleSets
from glotmill.dedup.signatures import band_keys, band_probability, permutations, signatures


def random_sets(pairs, jaccard, size, seed):
    """Return 2 x pairs sets of 64-bit integers; the two of a pair have about this Jaccard similarity."""
    random = np.random.default_rng(seed)
    common = round(2 * size * jaccard / (1 + jaccard))
    found = []
    for _ in range(pairs):
        pool = random.integers(0, 2**64, 2 * size - common, dtype=np.uint64)
        found += [np.sort(pool[:size]), np.sort(pool[-size:])]
    return found, common / (2 * size - common)


def packed(found):
    return ShingleSets(np.cumsum([0, *map(len, found)]), np.concatenate(found))


@pytest.mark.parametrize("jaccard", [0.3, 0.5, 0.8, 0.9])
def test_estimates_are_unbiased_and_spread_like_the_binomial_as_datasketchs_do(jaccard):
    found, true = random_sets(300, jaccard, 200, seed=int(jaccard * 10))
    ours = signatures(packed(found), count=112, seed=1)
    estimates = (ours[::2] == ours[1::2]).mean(axis=1)
    sigma = (true * (1 - true) / 112) ** 0.5
    assert abs(estimates.mean() - true) < 4 * sigma / 300**0.5
    assert 0.85 < estimates.std() / sigma < 1.15
    theirs = MinHash.bulk([[item.tobytes() for item in own] for own in found[:120]], num_perm=112, seed=1)
    oracle = np.array([a.jaccard(b) for a, b in zip(theirs[::2], theirs[1::2], strict=True)])
    assert abs(oracle.mean() - estimates[:60].mean()) < 4 * sigma * (2 / 60) ** 0.5


@pytest.mark.parametrize(("jaccard", "bands", "rows"), [(0.5, 14, 8), (0.7, 14, 8), (0.8, 14, 8), (0.6, 20, 5)])
def test_pairs_meet_in_a_band_as_often_as_the_formula_says(jaccard, bands, rows):
    found, true = random_sets(1500, jaccard, 150, seed=3)
    keys = band_keys(signatures(packed(found), count=bands * rows, seed=1), bands=bands, rows=rows)
    met = (keys[::2] == keys[1::2]).any(axis=1).mean()
    expected = band_probability(true, bands=bands, rows=rows)
    assert abs(met - expected) < 4 * (expected * (1 - expected) / 1500) ** 0.5


def test_the_formula_is_datasketchs():
    lsh = MinHashLSH(params=(14, 8), num_perm=112)
    assert (lsh.b, lsh.r) == (14, 8)
    assert band_probability(0.9, bands=14, rows=8) == pytest.approx(0.99963, abs=1e-5)
    assert band_probability(0.5, bands=14, rows=8) == pytest.approx(0.0533, abs=1e-4)


def test_no_band_meets_another_band():
    keys = band_keys(np.zeros((1, 112), np.uint32), bands=14, rows=8)
    assert len(set(keys[0].tolist())) == 14


def test_keys_use_the_whole_range_so_that_partitions_are_even():
    found, _ = random_sets(300, 0.5, 20, seed=5)
    keys = band_keys(signatures(packed(found), count=112, seed=1), bands=14, rows=8).reshape(-1)
    share = np.bincount((keys >> np.uint64(60)).astype(int), minlength=16) / len(keys)
    assert share.min() > 0.045
    assert share.max() < 0.08


def test_permutations_depend_on_the_seed_and_multipliers_are_odd():
    first, second = permutations(112, seed=1), permutations(112, seed=2)
    assert (first[0] & 1).all()
    assert not np.array_equal(first[0], second[0])
    assert len(set(first[0].tolist())) == 112


def test_a_signature_is_the_smallest_image_of_the_set():
    multipliers, addends = permutations(5, seed=9)
    items = np.array([7 << 32, 11 << 32, 2**64 - 1], np.uint64)
    expected = [
        min((int(a) * (int(item) >> 32) + int(b)) % 2**32 for item in items)
        for a, b in zip(multipliers, addends, strict=True)
    ]
    sets = ShingleSets(np.array([0, 0, 3, 3]), items)
    assert signatures(sets, count=5, seed=9).tolist() == [[2**32 - 1] * 5, expected, [2**32 - 1] * 5]


def slowly(found, count, seed):
    """Return the signatures of sets by numpy, one permutation at a time."""
    values = [(own >> np.uint64(32)).astype(np.uint32) for own in found]
    rows = [
        [int((own * a + b).min(initial=2**32 - 1)) for own in values]
        for a, b in zip(*permutations(count, seed=seed), strict=True)
    ]
    return np.array(rows, np.uint32).T


SIZES = st.sampled_from([0, 1, 2, 15, 16, 63, 64, 65, 127, 128, 376, 8191, 8192, 8193, 16_385]) | st.integers(0, 300)


@given(st.lists(SIZES, min_size=1, max_size=5), st.integers(1, 40), st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_signatures_of_sets_of_any_size_are_those_that_numpy_finds(sizes, count, seed):
    random = np.random.default_rng(seed)
    found = [np.sort(random.integers(0, 2**64, size, dtype=np.uint64)) for size in sizes]
    assert np.array_equal(signatures(packed(found), count=count, seed=seed), slowly(found, count, seed))


def test_signatures_are_those_of_earlier_versions():
    found = [np.arange(1, 6, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)]
    assert signatures(packed(found), count=4, seed=1).tolist() == [[868110905, 213825393, 910054886, 119612976]]


def test_sets_larger_than_a_block_and_their_neighbours_get_their_own_signatures():
    random = np.random.default_rng(1)
    found = [np.sort(random.integers(0, 2**64, size, dtype=np.uint64)) for size in (3, 40_000, 5, 16_384, 1)]
    together = signatures(packed(found), count=16, seed=1)
    alone = np.concatenate([signatures(packed([own]), count=16, seed=1) for own in found])
    assert np.array_equal(together, alone)
