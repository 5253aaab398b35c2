"""Union of buckets, order of sets and the rule of near-duplicates, over arrays in machine code."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from glotmill.text.compiled import compiled

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]

_LOOK = 32  # steps of a merge between two looks at whether the threshold is still within reach


@compiled
def connect(bounds: Ints, numbers: Ints, count: int) -> Ints:
    """Return the smallest document of each document's component (union-find with path halving, Tarjan 1975).

    Args:
        bounds: where each bucket's members begin, and how many there are, shape (buckets + 1,).
        numbers: documents in the buckets, shape (memberships,).
        count: documents.
    """
    parents = np.arange(count)
    for bucket in range(len(bounds) - 1):
        first = numbers[bounds[bucket]]
        while parents[first] != first:
            parents[first] = parents[parents[first]]
            first = parents[first]
        for place in range(bounds[bucket] + 1, bounds[bucket + 1]):
            other = numbers[place]
            while parents[other] != other:
                parents[other] = parents[parents[other]]
                other = parents[other]
            if other < first:
                parents[first] = other
                first = other
            elif first < other:
                parents[other] = first
    for document in range(count):  # a parent is never greater than its child, so it is final before it
        parents[document] = parents[parents[document]]
    return parents


@compiled
def copy_sets(source: Hashes, starts: Ints, ends: Ints, target: Hashes, places: Ints) -> None:
    """Copy `source[starts[i]:ends[i]]` to `target[places[i]:]`, for each i."""
    for row in range(len(starts)):
        place = places[row]
        for item in range(starts[row], ends[row]):
            target[place] = source[item]
            place += 1


@compiled
def common(first: Hashes, second: Hashes, tau: float) -> int:
    """Return how many items two ascending sets share, or -1 where their Jaccard similarity is certainly below tau.

    A similarity of tau takes |A and B| >= tau / (1 + tau) (|A| + |B|); one item less is asked for, so that rounding never
    decides.
    """
    a, b = len(first), len(second)
    enough = np.int64(np.floor(tau / (1.0 + tau) * (a + b))) - 1
    i, j, shared = 0, 0, 0
    while i < a and j < b:
        until = min(i + _LOOK, a)
        while i < until and j < b:
            x, y = first[i], second[j]
            shared += x == y
            i += x <= y
            j += y <= x
        if shared + min(a - i, b - j) < enough:
            return -1
    return shared


class Sets(NamedTuple):
    """The shingle sets of a run of documents, which are numbered in keeper order.

    Args:
        first: the first document.
        last: the one behind the last.
        offsets: the set of document i is `hashes[offsets[i - first]:offsets[i - first + 1]]`.
        hashes: ascending within each set.
    """

    first: int
    last: int
    offsets: Ints
    hashes: Hashes


class Buckets(NamedTuple):
    """Which documents meet where.

    Args:
        numbers: bucket numbers of each document, one document after the other, shape (memberships,).
        of: where each document's begin, shape (documents + 1,).
        room: where the slots of each bucket begin, shape (buckets + 1,).
        slots: the kept documents of each bucket.
        filled: how many of them there are, shape (buckets,).
        beyond: how many kept documents of each bucket found no slot.
    """

    numbers: Ints
    of: Ints
    room: Ints
    slots: Ints
    filled: Ints
    beyond: Ints


class Verdicts(NamedTuple):
    """What is known of each document: `verification.Decisions` in the making."""

    keepers: Ints
    jaccards: Floats
    refused: Ints
    unchecked: Ints


@compiled
def decide_block(own: Sets, kept: Sets, buckets: Buckets, verdicts: Verdicts, fixed: Flags, tau: float) -> None:
    """Compare documents with the kept ones among others that rank higher, or with the kept ones among themselves.

    Where both runs of documents are one, each is decided before the next, and one that is kept enters the slots of its
    buckets. `buckets` and `verdicts` are changed.

    Args:
        own: the documents.
        kept: those that they are compared with.
        buckets: where they meet.
        verdicts: what is known of them.
        fixed: documents that stay whatever they are like, shape (documents,).
        tau: smallest Jaccard similarity of a near-duplicate.
    """
    met = np.full(kept.last - kept.first, -1, np.int64)
    for document in range(own.first, own.last):
        begin, end = buckets.of[document], buckets.of[document + 1]
        if not fixed[document]:
            place = document - own.first
            mine = own.hashes[own.offsets[place] : own.offsets[place + 1]]
            for membership in range(begin, end):
                bucket = buckets.numbers[membership]
                room = buckets.room[bucket]
                for slot in range(room, room + buckets.filled[bucket]):
                    other = buckets.slots[slot]
                    place = other - kept.first
                    if place < 0 or other >= kept.last or met[place] == document:
                        continue
                    met[place] = document
                    theirs = kept.hashes[kept.offsets[place] : kept.offsets[place + 1]]
                    value = _similarity(mine, theirs, tau)
                    if value < tau:
                        verdicts.refused[document] += 1
                    elif value > verdicts.jaccards[document] or (
                        value == verdicts.jaccards[document] and other < verdicts.keepers[document]
                    ):
                        verdicts.keepers[document], verdicts.jaccards[document] = other, value
        if own.first == kept.first:
            for membership in range(begin, end):
                verdicts.unchecked[document] += buckets.beyond[buckets.numbers[membership]]
            if verdicts.keepers[document] < 0:
                _enter(document, begin, end, buckets)


@compiled
def _similarity(first: Hashes, second: Hashes, tau: float) -> float:
    """Return the Jaccard similarity of two sets, or 0 where it is certainly below tau."""
    small, large = min(len(first), len(second)), max(len(first), len(second))
    if small < tau * large * (1.0 - 1e-9):  # |A and B| <= small, |A or B| >= large
        return 0.0
    shared = common(first, second, tau)
    return shared / (len(first) + len(second) - shared) if shared > 0 else 0.0


@compiled
def _enter(document: int, begin: int, end: int, buckets: Buckets) -> None:
    for membership in range(begin, end):
        bucket = buckets.numbers[membership]
        slot = buckets.room[bucket] + buckets.filled[bucket]
        if slot < buckets.room[bucket + 1]:
            buckets.slots[slot] = document
            buckets.filled[bucket] += 1
        else:
            buckets.beyond[bucket] += 1
