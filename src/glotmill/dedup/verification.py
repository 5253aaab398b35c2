"""Which candidates really are near-duplicates: exact Jaccard in keeper order, with one result whatever the order.

The rule: a document is dropped if and only if a kept document that ranks higher shares a band with it and their
shingle sets have a Jaccard similarity of at least tau. It is decided from the best document down: each is compared
with the kept documents of its buckets, which are all ranked and all decided. (Rounds of local maxima over the graph
of candidate pairs give the same kept set: the greedy independent set in rank order is unique.) Pairs are never
written down: in a bucket of a million copies each is compared with the one that was kept, so such a bucket is linear.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from glotmill.dedup.keyed import group_starts
from glotmill.dedup.mixing import U64
from glotmill.dedup.shingles import ShingleSets

_FILTER_BITS: Final = 16  # 64 KB of flags stay in the cache; 600 shingles leave 1 % false positives


@dataclass(frozen=True, slots=True)
class Decisions:
    """What became of each document, by position in keeper order.

    Args:
        keepers: position of the most similar kept document at or above tau, the higher-ranking of equals; -1 if kept.
        jaccards: similarity with that keeper, 0 if kept, NaN where nobody compared them.
        refused: how many candidates below tau it was compared with.
        unchecked: how many kept documents of its buckets it was not compared with, for the bucket limit.
    """

    keepers: npt.NDArray[np.int64]
    jaccards: npt.NDArray[np.float64]
    refused: npt.NDArray[np.int64]
    unchecked: npt.NDArray[np.int64]


def decide(sets: ShingleSets, keys: U64, members: npt.NDArray[np.int64], *, tau: float, limit: int) -> Decisions:
    """Apply the rule.

    Args:
        sets: shingles of the documents in keeper order, best first, shape (documents,).
        keys: bucket of each membership, shape (memberships,).
        members: position of the document of each membership, shape (memberships,).
        tau: smallest Jaccard similarity of a near-duplicate.
        limit: how many kept documents of one bucket a document is compared with. A bucket of mutually different
            documents, such as filled-in forms, would be quadratic without it; only buckets that *keep* more than
            that lose candidates, and only pairs that meet in no other bucket.
    """
    count = len(sets)
    decisions = Decisions(np.full(count, -1), np.zeros(count), np.zeros(count, np.int64), np.zeros(count, np.int64))
    comparison = _Comparison(sets, tau)
    bucket_of, firsts = _buckets(keys, members, count)
    kept: defaultdict[int, list[int]] = defaultdict(list)
    beyond: defaultdict[int, int] = defaultdict(int)
    for document in range(count):
        buckets = bucket_of[firsts[document] : firsts[document + 1]]
        met = sorted({other for bucket in buckets for other in kept[bucket]})
        decisions.unchecked[document] = sum(beyond[bucket] for bucket in buckets)
        found = comparison.best(document, met) if met else None
        if found:
            decisions.keepers[document], decisions.jaccards[document], similar = found
            decisions.refused[document] = len(met) - similar
            continue
        decisions.refused[document] = len(met)
        for bucket in buckets:
            if len(kept[bucket]) < limit:
                kept[bucket].append(document)
            else:
                beyond[bucket] += 1
    return decisions


def components(keys: U64, members: npt.NDArray[np.int64], count: int) -> Decisions:
    """Drop every document that a chain of shared buckets connects with one that ranks higher, as FineWeb-2 does.

    Nothing is compared, so chains of pages made from one template become one cluster, and of each only the first is kept.
    (Connected components by smallest labels and pointer jumping, Shiloach and Vishkin 1982,
    doi:10.1016/0196-6774(82)90008-6.)

    Args:
        keys: bucket of each membership, shape (memberships,).
        members: position in keeper order of the document of each membership, shape (memberships,).
        count: documents.

    Returns:
        Decisions whose keepers are the best documents of the components; similarities are unknown, NaN.
    """
    by_key = np.lexsort((members, keys))
    bounds = group_starts(keys[by_key])
    ordered = members[by_key]
    heads = np.repeat(ordered[bounds[:-1]], np.diff(bounds))  # the best of each bucket
    labels = np.arange(count)
    while True:
        least = np.minimum(labels[heads], labels[ordered])
        before = labels.copy()
        for ends in (heads, ordered):
            np.minimum.at(labels, labels[ends], least)
            np.minimum.at(labels, ends, least)
        labels = labels[labels]
        if np.array_equal(before, labels):
            break
    keepers = np.where(labels < np.arange(count), labels, -1)
    nothing = np.zeros(count, np.int64)
    return Decisions(keepers, np.where(keepers >= 0, np.nan, 0.0), nothing, nothing.copy())


def jaccard(first: U64, second: U64) -> float:
    """Return |A and B| / |A or B| of two ascending sets; 0 if both are empty."""
    if len(first) > len(second):
        first, second = second, first
    if len(first) == 0:
        return 0.0
    places = np.minimum(np.searchsorted(second, first), len(second) - 1)
    common = int(np.count_nonzero(second[places] == first))
    return common / (len(first) + len(second) - common)


class _Comparison:
    """Compares one document with many; an upper bound from 16 bits of each shingle spares most exact comparisons."""

    def __init__(self, sets: ShingleSets, tau: float) -> None:
        self._sets, self._tau = sets, tau
        self._low = (sets.hashes & np.uint64((1 << _FILTER_BITS) - 1)).astype(np.uint16)
        self._flags = np.zeros(1 << _FILTER_BITS, np.uint8)
        self._bounds: list[int] = sets.offsets.tolist()

    def best(self, document: int, others: list[int]) -> tuple[int, float, int] | None:
        """Return the most similar of the others at or above tau, its similarity, and how many reach tau."""
        own = self._sets.of(document)
        reached = [(jaccard(own, self._sets.of(other)), other) for other in self._possible(document, others)]
        similar = [(value, other) for value, other in reached if value >= self._tau]
        if not similar:
            return None
        value, other = max(similar, key=lambda pair: (pair[0], -pair[1]))
        return other, value, len(similar)

    def _possible(self, document: int, others: list[int]) -> list[int]:
        bounds, tau = self._bounds, self._tau
        start, end = bounds[document], bounds[document + 1]
        size = end - start
        near = []
        for other in others:
            length = bounds[other + 1] - bounds[other]
            if min(size, length) >= tau * max(size, length) * (1 - 1e-9):  # |A and B| <= min, |A or B| >= max
                near.append(other)
        if len(near) < 3:  # the bound costs as much as two exact comparisons (measured at 400 shingles)
            return near
        low = self._low
        self._flags[low[start:end]] = 1
        lengths = np.array([bounds[other + 1] - bounds[other] for other in near])
        seen = self._flags[np.concatenate([low[bounds[other] : bounds[other + 1]] for other in near])]
        at_most = np.add.reduceat(seen, np.cumsum(lengths) - lengths, dtype=np.int64)
        self._flags[low[start:end]] = 0
        at_most = np.minimum(at_most, size)
        return [near[place] for place in np.flatnonzero(at_most / (size + lengths - at_most) >= tau).tolist()]


def _buckets(keys: U64, members: npt.NDArray[np.int64], count: int) -> tuple[list[int], list[int]]:
    """Number the buckets and list them by document: flat list, and where each document's begin."""
    by_key = np.argsort(keys, kind="stable")
    bounds = group_starts(keys[by_key])
    numbers = np.empty(len(keys), np.int64)
    numbers[by_key] = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    by_document = np.lexsort((numbers, members))
    firsts = np.searchsorted(members[by_document], np.arange(count + 1))
    return numbers[by_document].tolist(), firsts.tolist()
