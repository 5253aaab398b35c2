"""Where hashes of a seed and a document's id put it: which documents are taken first, and in which order all are read."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glotmill.core.arrow import optional_texts
from glotmill.core.errors import DataError
from glotmill.dedup.mixing import mix

U64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]

_SELECTION, _READING = 0, 1  # streams of hashes that have nothing to do with each other
_HALF = np.uint64(32)
_DIGITS = 32  # of a doc_id


@dataclass(frozen=True, slots=True)
class Keys:
    """Ids of documents and the hashes that order them; arrays of shape (rows,).

    Args:
        hash: what comes first.
        high: first half of the id, which decides between equal hashes.
        low: second half of the id.
    """

    hash: U64
    high: U64
    low: U64

    def before(self, bounds: U64) -> Bools:
        """Return which rows stand before their bounds, an array of shape (3, rows): hash, and both halves of an id."""
        first, high, low = bounds
        less: Bools = (self.hash < first) | (
            (self.hash == first) & ((self.high < high) | ((self.high == high) & (self.low < low)))
        )
        return less

    def order(self, *then: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the places of rows in their order; `then` decides, last argument last, between rows of one id."""
        return np.lexsort((*reversed(then), self.low, self.high, self.hash))


Bound = tuple[int, int, int]  # hash, and both halves of an id
NONE: Bound = (0, 0, 0)  # no row stands before it


def selection_keys(ids: pa.Array, seed: int) -> Keys:
    """Return the keys by which documents of a group are taken when it is not taken whole.

    Args:
        ids: `doc_id`, 32 hexadecimal digits each.
        seed: of the recipe.

    Raises:
        DataError: an id has another form.
    """
    high, low = _halves(ids)
    return Keys(_hash(high, low, seed, _SELECTION, np.zeros(len(high), np.uint64)), high, low)


def reading_keys(ids: pa.Array, epochs: npt.NDArray[np.int32], seed: int) -> Keys:
    """Return the keys by which copies of documents are read; each copy has a hash of its own. Errors as `selection_keys`."""
    high, low = _halves(ids)
    return Keys(_hash(high, low, seed, _READING, epochs.astype(np.uint64)), high, low)


def bucket(hashes: U64, buckets: int) -> npt.NDArray[np.int64]:
    """Return which of so many equal ranges of hashes each is in: the order of buckets is that of hashes."""
    return (((hashes >> _HALF) * np.uint64(buckets)) >> _HALF).astype(np.int64)


def _hash(high: U64, low: U64, seed: int, stream: int, epochs: U64) -> U64:
    start = mix(mix(np.array([seed], np.uint64)) ^ np.uint64(stream))
    return mix(low ^ mix(high ^ mix(epochs ^ start)))


def _halves(ids: pa.Array) -> tuple[U64, U64]:
    names = optional_texts(ids)
    raw = b""
    if all(name is not None and len(name) == _DIGITS for name in names):
        with suppress(ValueError):
            raw = bytes.fromhex("".join(name or "" for name in names))
    if len(raw) != len(names) * _DIGITS // 2:
        raise DataError("a doc_id is not made of 32 hexadecimal digits: this is no corpus of Glotmill")
    whole = np.frombuffer(raw, ">u8").astype(np.uint64).reshape(-1, 2)
    return whole[:, 0].copy(), whole[:, 1].copy()
