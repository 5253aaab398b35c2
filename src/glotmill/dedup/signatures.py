"""MinHash signatures of shingle sets, and the band keys under which similar sets meet."""

import numpy as np
import numpy.typing as npt

from glotmill.dedup.mixing import U64, fixed_weights, mix, weights
from glotmill.dedup.shingles import ShingleSets

_BLOCK = 1 << 14  # shingles at a time: values and scratch together are 128 KB, which the L2 cache holds
_PERMUTATION_STREAM, _BAND_STREAM = 11, 12


def permutations(count: int, *, seed: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return odd multipliers and addends of `count` permutations of the 32-bit integers, each of shape (count,)."""
    both = weights(2 * count, stream=_PERMUTATION_STREAM + (seed << 8))
    high = (both >> np.uint64(32)).astype(np.uint32)
    return high[:count] | np.uint32(1), high[count:]


def signatures(sets: ShingleSets, *, count: int, seed: int) -> npt.NDArray[np.uint32]:
    """Return the MinHash signature of each set, shape (sets, count); an empty set gets the largest value.

    Broder (1997), with x -> a x + b modulo 2^32, a odd, as permutations, on the upper 32 bits of each shingle.
    These are already well mixed, so an affine map is as good as a random permutation (tests compare the spread
    with the binomial); 32-bit arithmetic runs in vector registers, which the 61-bit Mersenne prime's does not.
    Ties between different shingles make estimates too high by less than (set size) / 2^32.
    """
    multipliers, addends = permutations(count, seed=seed)
    values = (sets.hashes >> np.uint64(32)).astype(np.uint32)
    result = np.full((len(sets), count), np.iinfo(np.uint32).max, np.uint32)
    filled = np.flatnonzero(np.diff(sets.offsets) > 0)
    starts = sets.offsets[:-1][filled]
    ends = sets.offsets[1:][filled]
    first = 0
    while first < len(filled):
        last = max(int(np.searchsorted(ends, starts[first] + _BLOCK, "right")), first + 1)
        block = values[starts[first] : ends[last - 1]]
        places = starts[first:last] - starts[first]
        scratch = np.empty_like(block)
        minima = np.empty((count, last - first), np.uint32)
        for row in range(count):
            np.multiply(block, multipliers[row], out=scratch)
            np.add(scratch, addends[row], out=scratch)
            np.minimum.reduceat(scratch, places, out=minima[row])
        result[filled[first:last]] = minima.T
        first = last
    return result


def band_keys(signature: npt.NDArray[np.uint32], *, bands: int, rows: int) -> U64:
    """Return the key of each band of each signature, shape (signatures, bands); the band's number is part of it."""
    cells = signature.reshape(len(signature), bands, rows).astype(np.uint64)
    factors = fixed_weights(rows, _BAND_STREAM)
    sums: U64 = (cells * factors).sum(axis=2, dtype=np.uint64)
    return mix(mix(sums) + np.arange(bands, dtype=np.uint64) * fixed_weights(rows + 1, _BAND_STREAM)[rows])


def band_probability(jaccard: float, *, bands: int, rows: int) -> float:
    """Return the probability that two sets of this similarity share a band: 1 - (1 - J^rows)^bands."""
    return float(1.0 - (1.0 - jaccard**rows) ** bands)
