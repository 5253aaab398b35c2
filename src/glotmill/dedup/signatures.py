"""MinHash signatures of shingle sets, and the band keys under which similar sets meet."""

import numpy as np
import numpy.typing as npt

from glotmill.dedup.mixing import U64, fixed_weights, mix, weights
from glotmill.dedup.shingles import ShingleSets

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
    from glotmill.dedup.signature_kernel import minima  # noqa: PLC0415  # numba takes 0.3 s that `check` need not pay

    return minima(sets.offsets, sets.hashes, *permutations(count, seed=seed))


def band_keys(signature: npt.NDArray[np.uint32], *, bands: int, rows: int) -> U64:
    """Return the key of each band of each signature, shape (signatures, bands); the band's number is part of it."""
    cells = signature.reshape(len(signature), bands, rows).astype(np.uint64)
    factors = fixed_weights(rows, _BAND_STREAM)
    sums: U64 = (cells * factors).sum(axis=2, dtype=np.uint64)
    return mix(mix(sums) + np.arange(bands, dtype=np.uint64) * fixed_weights(rows + 1, _BAND_STREAM)[rows])


def band_probability(jaccard: float, *, bands: int, rows: int) -> float:
    """Return the probability that two sets of this similarity share a band: 1 - (1 - J^rows)^bands."""
    return float(1.0 - (1.0 - jaccard**rows) ** bands)
