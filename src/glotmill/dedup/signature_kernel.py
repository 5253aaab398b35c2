"""The smallest images of sets of hashes under many permutations."""

import numpy as np
import numpy.typing as npt

from glotmill.text.compiled import compiled

Ints = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
U32 = npt.NDArray[np.uint32]

_BLOCK = 1 << 13  # hashes at a time: their 32 KB stay in the L1 cache while all permutations pass over them
_LANES = 64  # four registers of 16 values: loops over a multiple of it leave no rest, which would run one by one
_H32, _LARGEST = np.uint64(32), np.uint32(0xFFFFFFFF)


@compiled
def minima(offsets: Ints, hashes: U64, multipliers: U32, addends: U32) -> U32:
    """Return the smallest a x + b modulo 2^32 of each set for each permutation, shape (sets, permutations).

    Args:
        offsets: where each set begins, shape (sets + 1,).
        hashes: of which x is the upper half, shape (offsets[-1],).
        multipliers: each a, shape (permutations,).
        addends: each b, shape (permutations,).
    """
    found = np.full((len(offsets) - 1, len(multipliers)), _LARGEST, np.uint32)
    buffer = np.empty(_BLOCK, np.uint32)
    for row in range(len(offsets) - 1):
        for first in range(offsets[row], offsets[row + 1], _BLOCK):
            size = min(_BLOCK, offsets[row + 1] - first)
            for place in range(size):
                buffer[place] = np.uint32(hashes[first + place] >> _H32)
            filled = -(-size // _LANES) * _LANES
            buffer[size:filled] = buffer[0]  # one more of what is there is no other minimum
            values = buffer[:filled]
            for permutation in range(len(multipliers)):
                multiplier, addend = multipliers[permutation], addends[permutation]
                least = found[row, permutation]
                for value in values:
                    # Back to 32 bits at each step: numba's products of 32-bit numbers have 64.
                    least = min(least, np.uint32(np.uint32(value * multiplier) + addend))
                found[row, permutation] = least
    return found
