"""The rule over arrays: exact similarities, blocks of any size, components."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.dedup.candidates import components
from glotmill.dedup.set_store import SetStore, lots
from glotmill.dedup.verification import decide
from glotmill.dedup.verification_kernel import common

SETS = st.lists(st.frozensets(st.integers(0, 40), min_size=1, max_size=24), min_size=1, max_size=24)


def ascending(items):
    return np.array(sorted(items), np.uint64)


@given(
    st.frozensets(st.integers(0, 300), max_size=200),
    st.frozensets(st.integers(0, 300), max_size=200),
    st.floats(0.01, 1.0),
)
def test_shared_items_are_counted_wherever_the_threshold_is_reached(first, second, tau):
    counted = common(ascending(first), ascending(second), tau)
    union = len(first | second)
    if union and len(first & second) / union >= tau:
        assert counted == len(first & second)
    else:
        assert counted in {-1, len(first & second)}


def store(sets, order, *, memory_bytes, lots=None):
    """Return a store that was given the sets in this order, a few at a time."""
    lengths = np.array([len(one) for one in sets], np.int64)
    filled = SetStore(lengths, np.zeros(len(sets), np.int64) if lots is None else lots, memory_bytes=memory_bytes)
    for start in range(0, len(order), 3):
        own = order[start : start + 3]
        offsets = np.concatenate([[0], np.cumsum([len(sets[place]) for place in own])])
        filled.add(np.array(own, np.int64), offsets, np.concatenate([ascending(sets[place]) for place in own]))
    return filled


@given(SETS, st.integers(1, 900), st.randoms(use_true_random=False))
def test_sets_come_back_in_order_whatever_the_memory_and_the_order_they_came_in(sets, memory_bytes, source):
    order = source.sample(range(len(sets)), len(sets))
    with store(sets, order, memory_bytes=memory_bytes) as filled:
        assert filled.bounds[0] == 0
        assert filled.bounds[-1] == len(sets)
        back = []
        for number in range(len(filled.bounds) - 1):
            block = filled.block(number)
            assert len(block) == filled.bounds[number + 1] - filled.bounds[number]
            back += [frozenset(block.of(place).tolist()) for place in range(len(block))]
    assert back == sets


def brute(sets, buckets, fixed, tau):
    """Return the rule's verdicts from its words: keeper and similarity, or None."""
    kept, fates = [], []
    for place, own in enumerate(sets):
        met = [other for other in kept if any({place, other} <= bucket for bucket in buckets)]
        near = [(-len(own & sets[other]) / len(own | sets[other]), other) for other in met]
        near = [pair for pair in near if -pair[0] >= tau]
        if near and not fixed[place]:
            fates.append((min(near)[1], -min(near)[0]))
        else:
            fates.append(None)
            kept.append(place)
    return fates


@given(SETS, st.data(), st.sampled_from([0.3, 0.5, 0.8]), st.integers(1, 900))
def test_blocks_of_any_size_decide_as_the_rule_says(sets, data, tau, memory_bytes):
    places = st.frozensets(st.integers(0, len(sets) - 1), min_size=1)
    buckets = data.draw(st.lists(places, max_size=8))
    fixed = np.array(data.draw(st.lists(st.booleans(), min_size=len(sets), max_size=len(sets))))
    keys = np.array([number for number, bucket in enumerate(buckets) for _ in bucket], np.uint64)
    members = np.array([place for bucket in buckets for place in sorted(bucket)], np.int64)
    with store(sets, list(range(len(sets))), memory_bytes=memory_bytes) as filled:
        found = decide(filled, keys, members, fixed=fixed, tau=tau, limit=1000)
    expected = brute(sets, buckets, fixed, tau)
    assert found.keepers.tolist() == [-1 if fate is None else fate[0] for fate in expected]
    assert found.jaccards.tolist() == [0.0 if fate is None else fate[1] for fate in expected]
    assert found.unchecked.tolist() == [0] * len(sets)


@given(SETS, st.data(), st.integers(1, 900))
def test_lots_are_whole_components_and_their_blocks_alone_are_compared(sets, data, memory_bytes):
    parts = np.array(data.draw(st.lists(st.integers(0, 5), min_size=len(sets), max_size=len(sets))))
    heads = {part: int(np.flatnonzero(parts == part)[0]) for part in set(parts.tolist())}
    labels = np.array([heads[part] for part in parts.tolist()], np.int64)
    lengths = np.array([len(one) for one in sets], np.int64)
    found = lots(labels, lengths, memory_bytes=memory_bytes)
    assert all(len(set(found[labels == head].tolist())) == 1 for head in heads.values())
    order = np.argsort(found, kind="stable")
    ordered = [sets[place] for place in order.tolist()]
    with store(ordered, list(range(len(sets))), memory_bytes=memory_bytes, lots=found[order]) as filled:
        for number, (first, last) in enumerate(itertools.pairwise(filled.bounds)):
            assert set(found[order][first:last].tolist()) == {filled.lots[number]} or len(filled.bounds) == 2
            assert [frozenset(filled.block(number).of(place).tolist()) for place in range(last - first)] == ordered[
                first:last
            ]


def test_small_components_beyond_the_memory_are_read_once(monkeypatch):
    sets = [frozenset(range(place // 2 * 100, place // 2 * 100 + 90)) for place in range(64)]
    labels = np.arange(64) // 2 * 2
    own = lots(labels, np.full(64, 90), memory_bytes=6000)
    read = []
    block = SetStore.block
    monkeypatch.setattr(SetStore, "block", lambda self, number: read.append(number) or block(self, number))
    keys, members = np.repeat(np.arange(32, dtype=np.uint64), 2), np.arange(64)
    with store(sets, list(range(64)), memory_bytes=6000, lots=own) as filled:
        found = decide(filled, keys, members, fixed=np.zeros(64, bool), tau=0.8, limit=10)
    assert sorted(read) == list(range(len(filled.bounds) - 1))
    assert len(read) > 10
    assert found.keepers.tolist() == [-1 if place % 2 == 0 else place - 1 for place in range(64)]


def test_what_is_refused_and_what_is_beyond_the_limit_is_counted_alike_in_blocks():
    source = np.random.default_rng(5)
    sets = [frozenset(source.choice(1000, 30, replace=False).tolist()) for _ in range(50)]
    members = np.arange(50)
    counts = []
    for memory_bytes in (1 << 20, 2000, 300):
        with store(sets, list(range(50)), memory_bytes=memory_bytes) as filled:
            blocks = len(filled.bounds) - 1
            found = decide(filled, np.zeros(50, np.uint64), members, fixed=np.zeros(50, bool), tau=0.8, limit=8)
        counts.append((found.refused.tolist(), found.unchecked.tolist()))
    assert blocks > 20
    assert counts[0] == counts[1] == counts[2]
    assert counts[0][0] == [min(place, 8) for place in range(50)]
    assert counts[0][1] == [max(place - 8, 0) for place in range(50)]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_documents_of_no_bucket_are_components_of_their_own(count):
    labels = components(np.empty(0, np.uint64), np.empty(0, np.int64), count)
    assert labels.tolist() == list(range(count))


@given(st.lists(st.frozensets(st.integers(0, 30), min_size=1), max_size=15))
def test_components_are_named_by_their_smallest_document(buckets):
    keys = np.array([number for number, bucket in enumerate(buckets) for _ in bucket], np.uint64)
    numbers = np.array([place for bucket in buckets for place in sorted(bucket)], np.int64)
    labels = components(keys, numbers, 31)
    expected = list(range(31))
    for _ in range(31):
        for bucket in buckets:
            least = min(expected[place] for place in bucket)
            for place in bucket:
                expected[place] = least
    assert labels.tolist() == expected
