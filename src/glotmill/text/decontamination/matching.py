"""Which items of which benchmarks stand in a text, where, and how much of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glotmill.text.decontamination.grams import Tokens, Unit, tokenize
from glotmill.text.decontamination.index import Index
from glotmill.text.groups import grouped

Ints = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

# What a question's n-grams may be spread over, in lengths of the question: a number, a name or a link may stand
# between its parts, and n-grams that a long document holds here and there are none of it.
_SPREAD = 2
_CHARACTERS = 1_000_000  # of texts looked through at a time
_LEAST_BITS, _BITS_PER_KEY = 10, 32


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that stands in a text.

    Args:
        index: the position of its index among those that were looked for.
        item: the line of the item in the benchmark's file, from 1.
        share: of its n-grams that stand there, four decimals.
        spans: where in the text, in code points, ascending: from the first such n-gram to the last.
    """

    index: int
    item: int
    share: float
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """N-grams of one length, of all indexes in the same unit."""

    n: int
    keys: U64
    bitmap: U64
    slots: npt.NDArray[np.int32]
    bounds: Ints  # of postings, per key
    owners: Ints  # per posting: which question of the table
    ranks: Ints  # per posting: which n-gram of its question
    sources: Ints  # per question: which index
    items: Ints  # per question: its line
    sizes: Ints  # per question: its n-grams
    needed: Ints  # per question: how many make it an item that is found
    widths: Ints  # per question: units that they must stand within


class Matcher:
    """Looks for the items of several benchmarks at once.

    A question is found where at least `containment` of its n-grams stand within twice its length; a question that is
    too short for n-grams of the full length only where all of it stands in one piece.

    Args:
        indexes: of any units and languages.
        containment: from above 0 to 1.
    """

    def __init__(self, indexes: Sequence[Index], *, containment: float) -> None:
        parts: dict[tuple[Unit, int], list[tuple[int, Index, npt.NDArray[np.bool_]]]] = {}
        for place, index in enumerate(indexes):
            long = index.units >= index.grams.n
            for n, chosen in ((index.grams.n, long), (index.grams.short, ~long)):
                if chosen.any():
                    parts.setdefault((index.grams.unit, n), []).append((place, index, chosen))
        self._tables: dict[Unit, list[_Table]] = {}
        for (unit, n), members in sorted(parts.items(), key=lambda part: part[0]):
            self._tables.setdefault(unit, []).append(_table(n, members, containment))

    def find(self, texts: Sequence[str]) -> list[list[Hit]]:
        """Return per text the items that stand in it, by index and line; what is found does not depend on its neighbors."""
        found: list[list[Hit]] = []
        for group in grouped(texts, _CHARACTERS):
            hits: list[list[Hit]] = [[] for _ in group]
            for unit, tables in self._tables.items():
                tokens = tokenize(group, unit)
                for table in tables:
                    _look(table, tokens, hits)
            found += [sorted(row, key=lambda hit: (hit.index, hit.item)) for row in hits]
        return found


def _table(n: int, members: Sequence[tuple[int, Index, npt.NDArray[np.bool_]]], containment: float) -> _Table:
    from glotmill.text.decontamination.gram_kernel import hash_set  # noqa: PLC0415  # numba takes 0.3 s

    hashes, owners, sources, items, units, whole = [], [], [], [], [], []
    count = 0
    for place, index, chosen in members:
        positions = np.where(chosen, np.cumsum(chosen) - 1 + count, -1)[index.postings.astype(np.int64)]
        ends = index.bounds.astype(np.int64)
        every = np.repeat(index.hashes, ends[1:] - ends[:-1])
        hashes.append(every[positions >= 0])
        owners.append(positions[positions >= 0])
        number = int(chosen.sum())
        sources.append(np.full(number, place, np.int64))
        items.append(index.numbers[chosen].astype(np.int64))
        units.append(index.units[chosen].astype(np.int64))
        whole.append(np.full(number, index.grams.n > n))
        # One table can hold full-length n-grams of one benchmark and short ones of another.
        whole[-1] &= index.units[chosen] < index.grams.n
        count += number
    joined, by = np.concatenate(hashes), np.concatenate(owners)
    order = np.lexsort((by, joined))
    joined, by = joined[order], by[order]
    keys, first = np.unique(joined, return_index=True)
    sizes = np.bincount(by, minlength=count).astype(np.int64)
    bits = max(_LEAST_BITS, int(len(keys) * _BITS_PER_KEY - 1).bit_length())
    length, all_of_it = np.concatenate(units), np.concatenate(whole)
    enough = np.maximum(1, np.ceil(np.round(sizes * containment, 9))).astype(np.int64)
    return _Table(
        n,
        keys,
        *hash_set(keys, bits),
        bounds=np.concatenate([first, [len(by)]]).astype(np.int64),
        owners=by,
        ranks=_ranks(by),
        sources=np.concatenate(sources),
        items=np.concatenate(items),
        sizes=sizes,
        needed=np.where(all_of_it, sizes, enough),
        widths=np.where(all_of_it, length, length * _SPREAD),
    )


def _ranks(owners: Ints) -> Ints:
    """Number the postings of each owner from 0."""
    order = np.argsort(owners, kind="stable")
    counts = np.bincount(owners)
    ranks = np.empty(len(owners), np.int64)
    ranks[order] = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    return ranks


def _look(table: _Table, tokens: Tokens, hits: list[list[Hit]]) -> None:
    """Write what a table finds into the caller's lists, one per text."""
    from glotmill.text.decontamination.gram_kernel import find_items, find_windows  # noqa: PLC0415  # as above

    texts, places, keys = find_windows(tokens.bounds, tokens.hashes, table.n, table.keys, table.bitmap, table.slots)
    if not len(texts):
        return
    counts = table.bounds[keys + 1] - table.bounds[keys]
    expanded = np.repeat(np.arange(len(keys)), counts)
    postings = np.arange(len(expanded)) - np.repeat(np.cumsum(counts) - counts, counts) + table.bounds[keys][expanded]
    groups = texts[expanded] * len(table.items) + table.owners[postings]
    order = np.argsort(groups, kind="stable")  # places stay ascending
    names, first = np.unique(groups[order], return_index=True)
    questions = names % len(table.items)
    owners, most, firsts, lasts = find_items(
        np.concatenate([first, [len(order)]]).astype(np.int64),
        places[expanded][order],
        table.ranks[postings[order]],
        table.sizes[questions],
        table.needed[questions],
        table.widths[questions],
        table.n,
    )
    for group in np.unique(owners).tolist():
        stretches = np.arange(*np.searchsorted(owners, [group, group + 1]))
        text, question = divmod(int(names[group]), len(table.items))
        base = tokens.bounds[text]
        spans = tuple(
            (int(tokens.starts[base + firsts[place]]), int(tokens.ends[base + lasts[place] - 1])) for place in stretches
        )
        share = round(int(most[stretches].max()) / int(table.sizes[question]), 4)
        hits[text].append(Hit(int(table.sources[question]), int(table.items[question]), share, spans))
