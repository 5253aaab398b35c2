"""Copies within and across classes of documents that fit into memory: what a model must not be trained and tested on alike."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from glotmill.dedup.shingles import ShingleSets, shingle
from glotmill.dedup.signatures import band_keys, signatures

Ints = npt.NDArray[np.int64]

_WORDS, _CHARACTERS = 5, 8  # per shingle: see MinhashDedupSpec
_BANDS, _ROWS = 14, 8
_BUCKET = 64  # documents of a bucket that one is compared with


def copies(texts: Sequence[str], classes: Ints, *, threshold: float, seed: int) -> tuple[Ints, Ints]:
    """Return which documents to leave out: those that the other class has too, and repeats within a class.

    Copies are chains of pairs whose shingle sets have a Jaccard similarity of at least `threshold`, compared exactly where
    they share a band of their MinHash signatures. A chain with documents of several classes says nothing of any and goes
    whole; of one within a class the first document stays. Texts without a letter or digit are no copies.

    Args:
        texts: of all classes.
        classes: of each, shape (n,).
        threshold: smallest similarity of copies.
        seed: of the permutations.

    Returns:
        Positions of documents in chains across classes, and of repeats within one, both ascending.
    """
    sets = shingle(texts, n=_WORDS, n_unspaced=_CHARACTERS)
    filled = np.flatnonzero(np.diff(sets.offsets) > 0)
    parents = np.arange(len(texts), dtype=np.int64)
    if len(filled):
        offsets = np.concatenate([np.zeros(1, np.int64), sets.offsets[1:][filled]])
        keys = band_keys(
            signatures(ShingleSets(offsets, sets.hashes), count=_BANDS * _ROWS, seed=seed), bands=_BANDS, rows=_ROWS
        )
        for band in range(_BANDS):
            _connect(keys[:, band], filled, sets, parents, threshold)
    roots = np.array([_root(parents, place) for place in range(len(texts))], np.int64)
    order = np.lexsort((np.arange(len(texts)), roots))
    across: list[int] = []
    within: list[int] = []
    for chain in np.split(order, np.flatnonzero(np.diff(roots[order])) + 1) if len(texts) else []:
        if len(np.unique(classes[chain])) > 1:
            across += chain.tolist()
        else:
            within += chain[1:].tolist()
    return np.array(sorted(across), np.int64), np.array(sorted(within), np.int64)


def _connect(keys: npt.NDArray[np.uint64], filled: Ints, sets: ShingleSets, parents: Ints, threshold: float) -> None:
    """Join the copies of each bucket in `parents`, a forest that the caller owns."""
    order = np.argsort(keys, kind="stable")
    for bucket in np.split(order, np.flatnonzero(np.diff(keys[order])) + 1):
        heads: list[int] = []
        for document in filled[bucket].tolist() if len(bucket) > 1 else []:
            for head in heads[:_BUCKET]:
                one, other = _root(parents, head), _root(parents, document)
                if one == other or _similarity(sets.of(head), sets.of(document)) >= threshold:
                    parents[max(one, other)] = min(one, other)
                    break
            else:
                heads.append(document)


def _root(parents: Ints, place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = int(parents[place])
    return place


def _similarity(one: npt.NDArray[np.uint64], other: npt.NDArray[np.uint64]) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)
