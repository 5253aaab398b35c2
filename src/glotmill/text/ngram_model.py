"""A language model of characters, of a few million of them: interpolated Kneser-Ney, in numpy.

Characters need no segmentation and leave no word unknown, so models of two corpora share one alphabet and their numbers
can be compared, in any script.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

ORDER: Final = 6
_END, _START = 0, 1  # codes of the end of a document, and of what stands before it
_FIRST = 2
_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0x9E3779B97F4A7C15)

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """Counts of the n-grams of one length: raw ones of the greatest, below the number of characters that they follow.

    Args:
        grams: their hashes, ascending; shape (n,).
        counts: shape (n,).
        contexts: hashes of what stands before the last character, ascending; shape (m,).
        totals: of the counts, shape (m,).
        kinds: different characters that follow, shape (m,).
        discount: taken from each count.
    """

    grams: Hashes
    counts: Numbers
    contexts: Hashes
    totals: Numbers
    kinds: Numbers
    discount: float


@dataclass(frozen=True, slots=True, eq=False)
class NgramModel:
    """A trained model.

    Args:
        alphabet: code points that it shares with what it is compared with, ascending.
        levels: from single characters to the longest n-grams.
    """

    alphabet: Ints
    levels: tuple[_Level, ...]

    def bits(self, texts: Sequence[str]) -> Numbers:
        """Return the bits that each text takes, the end of it among them, shape (texts,).

        A character that is not in the alphabet counts as any other that the training has not seen.
        """
        owners = _coded(texts, self.alphabet, len(self.levels))[2]
        return np.bincount(owners, self.bits_of_each(texts), len(texts)).astype(np.float64)

    def bits_of_each(self, texts: Sequence[str]) -> Numbers:
        """Return the bits of every character and of the end of every text, one text after the other."""
        codes, targets, _ = _coded(texts, self.alphabet, len(self.levels))
        found = np.full(len(targets), 1 / (len(self.alphabet) + 2))  # one more for what is outside, one for the end
        for length, level in enumerate(self.levels, start=1):
            hashes = _hashes(codes, length)[targets]
            before = _hashes(codes, length - 1)[targets - 1]
            counts, there = (
                _looked_up(level.grams, level.counts, hashes),
                _looked_up(level.contexts, level.totals, before),
            )
            kinds = _looked_up(level.contexts, level.kinds, before)
            known = there > 0
            safe = np.where(known, there, 1.0)
            mixed = (np.maximum(counts - level.discount, 0.0) + level.discount * kinds * found) / safe
            found = np.where(known, mixed, found)
        bits: Numbers = -np.log2(found)
        return bits


def alphabet_of(texts: Sequence[str]) -> Ints:
    """Return the code points of texts, ascending."""
    points = [np.unique(_points(text)) for text in texts]
    return np.unique(np.concatenate([np.zeros(0, np.int64), *points]))


def fit_ngrams(texts: Sequence[str], alphabet: Ints, *, order: int = ORDER) -> NgramModel:
    """Count the n-grams of texts and return the model (Kneser and Ney 1995; interpolated: Chen and Goodman 1999).

    One discount per length, estimated from n-grams that occur once and twice (Ney et al. 1994). Takes about 120 bytes and
    half a microsecond per character.

    Args:
        texts: to learn from; one character at least among them.
        alphabet: code points of all texts of the comparison, those to be judged too: what is outside shares one code.
        order: characters of the longest n-gram.
    """
    codes, targets, _ = _coded(texts, alphabet, order)
    levels: list[_Level] = []
    longer: Ints | None = None  # where each different n-gram of the next length ends
    for length in range(order, 0, -1):
        hashes, before = _hashes(codes, length), _hashes(codes, length - 1)
        ends = targets if longer is None else longer
        grams, first, counts = np.unique(hashes[ends], return_index=True, return_counts=True)
        places = ends[first]
        contexts, place, kinds = np.unique(before[places - 1], return_inverse=True, return_counts=True)
        totals = np.bincount(place, counts, minlength=len(contexts)).astype(np.float64)
        once, twice = int((counts == 1).sum()), int((counts == 2).sum())
        discount = once / (once + 2 * twice) if once and twice else 0.5
        levels.append(
            _Level(grams, counts.astype(np.float64), contexts, totals, kinds.astype(np.float64), float(discount))
        )
        longer = places
    return NgramModel(alphabet, tuple(reversed(levels)))


def _points(text: str) -> Ints:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)


def _coded(texts: Sequence[str], alphabet: Ints, order: int) -> tuple[Ints, Ints, Ints]:
    """Return the codes of all texts, each behind `order` signs of a start; where they stand; and whose they are."""
    parts, targets, owners, at = [], [], [], 0
    for number, text in enumerate(texts):
        points = _points(text)
        place = np.searchsorted(alphabet, points)
        inside = (
            alphabet[np.minimum(place, len(alphabet) - 1)] == points
            if len(alphabet)
            else np.zeros(len(points), np.bool_)
        )
        own = np.where(inside, place + _FIRST, len(alphabet) + _FIRST)
        parts += [np.full(order, _START, np.int64), own, np.array([_END])]
        targets.append(np.arange(at + order, at + order + len(own) + 1))
        owners.append(np.full(len(own) + 1, number))
        at += order + len(own) + 1
    empty = np.zeros(0, np.int64)
    return tuple(np.concatenate([empty, *some]) for some in (parts, targets, owners))  # type: ignore[return-value]


def _hashes(codes: Ints, length: int) -> Hashes:
    """Return the 64-bit hash of the `length` codes that end at each place; those that would begin before the first wrap."""
    given = codes.astype(np.uint64) + np.uint64(1)
    found = np.full(len(codes), np.uint64(length + 1), np.uint64)
    with np.errstate(over="ignore"):
        for back in range(length - 1, -1, -1):
            found = (found ^ np.roll(given, back)) * _PRIME
            found = (found ^ (found >> np.uint64(29))) * _MIX
    return found


def _looked_up(keys: Hashes, values: Numbers, wanted: Hashes) -> Numbers:
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0.0)
