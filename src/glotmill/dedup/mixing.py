"""Vectorised 64-bit hashing: from integers to well-spread integers, and from sequences to one integer."""

from functools import cache

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]

# Increment and multipliers of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))


def mix(values: U64) -> U64:
    """Return SplitMix64's output function of each value: a bijection on 64 bits that leaves no pattern in any bit."""
    mixed = values + _GAMMA
    mixed ^= mixed >> _SHIFTS[0]
    mixed *= _FIRST
    mixed ^= mixed >> _SHIFTS[1]
    mixed *= _SECOND
    mixed ^= mixed >> _SHIFTS[2]
    return mixed


def weights(count: int, *, stream: int) -> U64:
    """Return `count` fixed pseudo-random multipliers; another `stream` gives others.

    A sum of values times such weights, modulo 2^64, is multilinear hashing (Lemire, Kaser: Strongly universal
    string hashing is fast, 2014). Unlike a polynomial modulo 2^64 it has no Thue-Morse collisions.
    Numpy's own generators are not used, since their streams may change between versions.
    """
    start = mix(np.array([stream], np.uint64))
    return mix(mix(np.arange(count, dtype=np.uint64)) ^ start) | np.uint64(1)


@cache
def fixed_weights(count: int, stream: int) -> U64:
    """Return `weights`, computed once per process."""
    return weights(count, stream=stream)
