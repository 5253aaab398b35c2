"""The shingle sets of documents in keeper order: in memory, or block by block in files where they are too many."""

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from glotmill.dedup.mixing import U64
from glotmill.dedup.shingles import ShingleSets

Ints = npt.NDArray[np.int64]
_BYTES = 8  # of a shingle's hash
# Two blocks are held at once, and one of them twice while it is put in order.
_HELD_BLOCKS = 3


class SetStore:
    """Takes the sets of documents in any order and gives them block by block in theirs; a context manager.

    Blocks are runs of documents. There is one where all sets fit into memory; otherwise each has a scratch file. A lot is
    one block where it fits, and else several: a caller that compares each with all before it in the same lot
    reads half the square of their number.

    Args:
        lengths: shingles of each document, shape (documents,).
        lots: of each document, ascending: documents of two lots need not be compared, shape (documents,).
        memory_bytes: of sets that may be held at once.
    """

    def __init__(self, lengths: Ints, lots: Ints, *, memory_bytes: int) -> None:
        self._lengths = lengths
        self._ends = np.cumsum(lengths)
        total = int(self._ends[-1]) if len(lengths) else 0
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        if total * _BYTES <= memory_bytes:
            self.bounds = [0, len(lengths)]
            self.lots = [0]
            self._whole: U64 = np.empty(total, np.uint64)
        else:
            self._scratch = tempfile.TemporaryDirectory(prefix="glotmill-sets-")
            starts = np.flatnonzero(np.diff(lots, prepend=lots[:1] - 1))
            before = np.repeat((self._ends - lengths)[starts], np.diff(starts, append=len(lots)))
            numbers = (self._ends - before - 1) // _held(memory_bytes)
            breaks = np.flatnonzero((np.diff(numbers) != 0) | (np.diff(lots) != 0)) + 1
            self.bounds = [0, *breaks.tolist(), len(lengths)]
            self.lots = lots[self.bounds[:-1]].tolist()
            self._parts: list[list[Ints]] = [[] for _ in self.bounds[1:]]

    def add(self, documents: Ints, offsets: Ints, hashes: U64) -> None:
        """Take sets: `hashes[offsets[i]:offsets[i + 1]]` is that of `documents[i]`."""
        if self._scratch is None:
            _copy(hashes, offsets[:-1], offsets[1:], self._whole, (self._ends - self._lengths)[documents])
            return
        blocks = np.searchsorted(self.bounds[1:], documents, side="right")
        for block in np.unique(blocks).tolist():
            own = np.flatnonzero(blocks == block)
            part, _ = _ordered(hashes, offsets[:-1][own], offsets[1:][own])
            with self._file(block).open("ab") as file:
                part.tofile(file)
            self._parts[block].append(documents[own])

    def block(self, number: int) -> ShingleSets:
        """Return the sets of the documents from `bounds[number]` to `bounds[number + 1]`."""
        first, last = self.bounds[number], self.bounds[number + 1]
        lengths = self._lengths[first:last]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        if self._scratch is None:
            return ShingleSets(offsets, self._whole)
        documents = np.concatenate([np.empty(0, np.int64), *self._parts[number]])
        ends = np.cumsum(self._lengths[documents])
        hashes: U64 = np.empty(int(offsets[-1]), np.uint64)
        if len(hashes):
            raw = np.fromfile(self._file(number), np.uint64)
            _copy(raw, ends - self._lengths[documents], ends, hashes, offsets[documents - first])
        return ShingleSets(offsets, hashes)

    def _file(self, block: int) -> Path:
        if self._scratch is None:
            raise TypeError("sets in memory have no file")
        return Path(self._scratch.name) / f"{block}.sets"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._scratch is not None:
            self._scratch.cleanup()


def lots(labels: Ints, lengths: Ints, *, memory_bytes: int) -> Ints:
    """Return the lot of each document: whole components, as many as a block has room for, in order of their best document.

    Args:
        labels: position of the best document of each one's component, shape (documents,).
        lengths: shingles of each document.
        memory_bytes: of sets that may be held at once.
    """
    heads, places = np.unique(labels, return_inverse=True)
    sizes = np.bincount(places, weights=lengths, minlength=len(heads)).astype(np.int64)
    if int(sizes.sum()) * _BYTES <= memory_bytes:
        return np.zeros(len(labels), np.int64)
    room = _held(memory_bytes)
    numbers = np.empty(len(heads), np.int64)
    number, filled = 0, 0
    for place, size in enumerate(sizes.tolist()):
        if filled and filled + size > room:
            number, filled = number + 1, 0
        numbers[place], filled = number, filled + size
    return numbers[places]


def _held(memory_bytes: int) -> int:
    """Return how many shingles a block has."""
    return max(memory_bytes // _BYTES // _HELD_BLOCKS, 1)


def _ordered(hashes: U64, starts: Ints, ends: Ints) -> tuple[U64, Ints]:
    lengths = ends - starts
    places = np.cumsum(lengths) - lengths
    part: U64 = np.empty(int(lengths.sum()), np.uint64)
    _copy(hashes, starts, ends, part, places)
    return part, places


def _copy(source: U64, starts: Ints, ends: Ints, target: U64, places: Ints) -> None:
    from glotmill.dedup.verification_kernel import copy_sets  # noqa: PLC0415  # numba takes 0.3 s that `check` need not pay

    copy_sets(source, starts, ends, target, places)
