"""Which candidates really are near-duplicates: exact Jaccard in keeper order, with one result whatever the order.

The rule: a document is dropped if and only if a kept document that ranks higher shares a band with it and their
shingle sets have a Jaccard similarity of at least tau. It is decided from the best document down: each is compared
with the kept documents of its buckets, which are all ranked and all decided. (Rounds of local maxima over the graph
of candidate pairs give the same kept set: the greedy independent set in rank order is unique.) Pairs are never
written down: in a bucket of a million copies each is compared with the one that was kept, so such a bucket is linear.

Where the sets of all documents do not fit into memory, they are decided block by block in keeper order: first a block is
compared with the kept documents of every block before it, then its documents with one another. The result is the same.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from glotmill.dedup.keyed import group_starts
from glotmill.dedup.mixing import U64
from glotmill.dedup.set_store import SetStore

if TYPE_CHECKING:
    from glotmill.dedup.verification_kernel import Buckets

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Decisions:
    """What became of each document, by position in keeper order.

    Args:
        keepers: position of the most similar kept document at or above tau, the higher-ranking of equals; -1 if kept.
        jaccards: similarity with that keeper, 0 if kept, NaN where nobody compared them.
        refused: how many kept documents below tau it was compared with.
        unchecked: how many kept documents of its buckets it was not compared with, for the bucket limit.
    """

    keepers: Ints
    jaccards: npt.NDArray[np.float64]
    refused: Ints
    unchecked: Ints


def decide(
    sets: SetStore, keys: U64, members: Ints, *, fixed: npt.NDArray[np.bool_], tau: float, limit: int
) -> Decisions:
    """Apply the rule. Takes 8 bytes per shingle of the sets that are held, and some 30 per membership.

    Args:
        sets: shingles of the documents in keeper order, best first.
        keys: bucket of each membership, ascending, shape (memberships,).
        members: position of the document of each membership, shape (memberships,).
        fixed: documents that are kept whatever they are like, shape (documents,).
        tau: smallest Jaccard similarity of a near-duplicate.
        limit: how many kept documents of one bucket a document is compared with. A bucket of mutually different
            documents, such as filled-in forms, would be quadratic without it; only buckets that *keep* more than
            that lose candidates, and only pairs that meet in no other bucket.
    """
    from glotmill.dedup import verification_kernel as kernel  # noqa: PLC0415  # numba: 0.3 s

    count = len(fixed)
    found = Decisions(np.full(count, -1), np.zeros(count), np.zeros(count, np.int64), np.zeros(count, np.int64))
    verdicts = kernel.Verdicts(found.keepers, found.jaccards, found.refused, found.unchecked)
    buckets = _buckets(keys, members, count, limit)
    edges = sets.bounds
    for block in range(len(edges) - 1):
        own = sets.block(block)
        ours = kernel.Sets(edges[block], edges[block + 1], own.offsets, own.hashes)
        for earlier in range(block):
            if sets.lots[earlier] != sets.lots[block]:
                continue
            before = sets.block(earlier)
            kept = kernel.Sets(edges[earlier], edges[earlier + 1], before.offsets, before.hashes)
            kernel.decide_block(ours, kept, buckets, verdicts, fixed, tau)
        kernel.decide_block(ours, ours, buckets, verdicts, fixed, tau)
    return found


def _buckets(keys: U64, members: Ints, count: int, limit: int) -> "Buckets":
    from glotmill.dedup import verification_kernel as kernel  # noqa: PLC0415  # as above

    sizes = np.diff(group_starts(keys))
    numbers = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    order = np.argsort(members, kind="stable")
    room = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.minimum(sizes, limit))])
    return kernel.Buckets(
        numbers[order],
        np.searchsorted(members[order], np.arange(count + 1)).astype(np.int64),
        room,
        np.empty(int(room[-1]), np.int64),
        np.zeros(len(sizes), np.int64),
        np.zeros(len(sizes), np.int64),
    )


def chained(labels: Ints, fixed: npt.NDArray[np.bool_]) -> Decisions:
    """Drop every document that a chain of shared buckets connects with one that ranks higher, as FineWeb-2 does.

    Nothing is compared, so chains of pages made from one template become one cluster, and of each only the first is kept.

    Args:
        labels: position of the best document of each one's component, shape (documents,).
        fixed: documents that are kept all the same.
    """
    count = len(labels)
    keepers = np.where((labels < np.arange(count)) & ~fixed, labels, -1)
    nothing = np.zeros(count, np.int64)
    return Decisions(keepers, np.where(keepers >= 0, np.nan, 0.0), nothing, nothing.copy())
