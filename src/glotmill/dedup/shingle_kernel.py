"""Tokens of texts and hashes of their windows, in one pass over arrays of code points each."""

import numpy as np
import numpy.typing as npt

from glotmill.dedup import folds
from glotmill.text import hashing
from glotmill.text.compiled import compiled
from glotmill.text.word_kernel import closed

Points = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
U64 = npt.NDArray[np.uint64]

_MOST = folds.MOST
_JOINING, _MARK, _BASE = np.uint32(folds.JOINING), np.uint32(folds.MARK), np.uint32(folds.BASE)
_SEPARATOR, _PAIR_SHIFT = np.uint32(folds.SEPARATOR), np.uint64(folds.PAIR_SHIFT)
_IGNORED, _SEVERAL, _CONTEXT = np.uint32(folds.IGNORED), np.uint32(folds.SEVERAL), np.uint32(folds.CONTEXT)
_KIND_SHIFT, _RANK_SHIFT = np.uint32(folds.KIND_SHIFT), np.uint32(folds.RANK_SHIFT)
_POINT_MASK, _RANK_MASK = np.uint32(folds.POINT_MASK), np.uint32(folds.RANK_MASK)
_BEGINS_BIT, _JOINS_BIT = np.uint32(folds.BEGINS_BIT), np.uint32(folds.JOINS_BIT)
_FIRST_OF_OTHERS = np.uint32((folds.LETTER + 1) << folds.KIND_SHIFT)  # what is less is a letter that joins nothing
_SEED, _STEP, _H32 = np.uint64(hashing.SEED), np.uint64(hashing.STEP), np.uint64(32)
_NONE, _NOTHING, _ONE = np.uint32(0), np.uint64(0), np.uint64(1)
_GAP, _WORD, _CHARACTER = range(3)  # what is open


@compiled
def find_tokens(
    points: Points,
    origins: Ints,
    tables: tuple[Points, Points, U64],
    trusted: bool,  # noqa: FBT001  # compiled functions take no keywords
) -> tuple[Ints, U64, Flags, Flags]:
    """Return the tokens of texts, in time linear in their length.

    Args:
        points: code points of all texts, each closed by a line feed, shape (n,).
        origins: where each text begins, and n, shape (texts + 1,).
        tables: of `folds.folds()`.
        trusted: whether texts are normalized, so that characters are folded one by one whatever they are.

    Returns:
        where each text's tokens begin, shape (texts + 1,); the hash of each token; whether it is a character of a script
        without spaces; per text whether its characters may not be folded one by one, which leaves it without a token.
    """
    table, rows, pairs = tables
    bounds = np.zeros(len(origins), np.int64)
    hashes, unspaced = np.empty(_MOST * len(points), np.uint64), np.empty(_MOST * len(points), np.bool_)
    entangled = np.zeros(len(origins) - 1, np.bool_)
    count, place = _NOTHING, _NOTHING  # unsigned, or each look-up asks whether it counts from the end
    for text in range(len(origins) - 1):
        first, end = count, np.uint64(origins[text + 1])
        state, value = _GAP, _SEED
        last, order, broken = _NONE, _NONE, False
        while place < end:
            entry = table[points[place]]
            place += _ONE
            if entry < _FIRST_OF_OTHERS and state != _CHARACTER:
                # The bulk of most texts. The line feed ends it, in the last word of the text at the latest.
                if state == _GAP:
                    state, value = _WORD, _SEED
                while entry < _FIRST_OF_OTHERS:
                    last = entry
                    value = (value ^ np.uint64(entry & _POINT_MASK)) * _STEP  # `chain` by hand, as in the word kernel
                    value ^= value >> _H32
                    entry = table[points[place]]
                    place += _ONE
                order = _NONE
            kind = entry >> _KIND_SHIFT
            rank = (entry >> _RANK_SHIFT) & _RANK_MASK
            if kind >= _SEVERAL:
                if kind == _CONTEXT:
                    broken = True
                    continue
                last, order = entry, rank
                row = entry & _POINT_MASK
                for column in range(rows.shape[1]):
                    part = rows[row, column]
                    if part == _NONE:
                        break
                    kind = part >> _KIND_SHIFT
                    if kind == _IGNORED:
                        continue
                    if kind == _SEPARATOR:
                        if state != _GAP:
                            hashes[count], unspaced[count] = closed(value), state == _CHARACTER
                            count += _ONE
                            state = _GAP
                        continue
                    if kind == _BASE or state == _GAP or (state == _CHARACTER and kind != _MARK):
                        if state != _GAP:
                            hashes[count], unspaced[count] = closed(value), state == _CHARACTER
                            count += _ONE
                        state, value = _CHARACTER if kind == _BASE else _WORD, _SEED
                    value = (value ^ np.uint64(part & _POINT_MASK)) * _STEP
                    value ^= value >> _H32
                continue
            # Marks in canonical order, and nothing that NFC writes otherwise behind the last character of class zero?
            if entry & _JOINS_BIT and last & _BEGINS_BIT:
                broken |= _joins(last, entry, pairs)
            if rank == _NONE:
                last = entry
            else:
                broken |= rank < order
            order = rank
            if kind == _SEPARATOR:
                if state != _GAP:
                    hashes[count], unspaced[count] = closed(value), state == _CHARACTER
                    count += _ONE
                    state = _GAP
                continue
            if kind == _IGNORED:
                continue
            if kind == _BASE or state == _GAP or (state == _CHARACTER and kind != _MARK):
                if state != _GAP:
                    hashes[count], unspaced[count] = closed(value), state == _CHARACTER
                    count += _ONE
                state, value = _CHARACTER if kind == _BASE else _WORD, _SEED
            value = (value ^ np.uint64(entry & _POINT_MASK)) * _STEP
            value ^= value >> _H32
        if broken and not trusted:
            entangled[text] = True
            count = first
        bounds[text + 1] = count
    return bounds, hashes[:count], unspaced[:count], entangled


@compiled
def _joins(last: np.uint32, entry: np.uint32, pairs: U64) -> bool:
    """Return whether two may be one character: letters of Hangul, the end of several, or one of the pairs.

    Without the pairs, each text in Yoruba (`ẹ́`), with Russian stress marks or in the spelling of the Quran would be
    normalized as a whole, which takes five times as long.
    """
    if last >> _KIND_SHIFT == _SEVERAL or entry >> _KIND_SHIFT == _JOINING:
        return True
    key = np.uint64(last & _POINT_MASK) << _PAIR_SHIFT | np.uint64(entry & _POINT_MASK)
    place = np.searchsorted(pairs, key)
    return bool(place < len(pairs) and pairs[place] == key)


@compiled
def find_windows(bounds: Ints, tokens: U64, unspaced: Flags, weights: U64, n: int, n_unspaced: int) -> tuple[Ints, U64]:
    """Return the hash of each window of each text, and of its last tokens where one of them is in no window.

    A hash is the sum of a window's tokens times the weights of their places, and its length, mixed. Sums of all windows
    grow together, place by place, which runs in vector registers.

    Args:
        bounds: where each text's tokens begin, shape (texts + 1,).
        tokens: hashes, shape (tokens,).
        unspaced: whether the window that begins here has `n_unspaced` tokens instead of `n`, shape (tokens,).
        weights: one per place in a window, shape (max(n, n_unspaced),).
        n: at least 1.
        n_unspaced: at least 1.

    Returns:
        where each text's hashes begin, shape (texts + 1,); the hashes, in no order and with repetitions.
    """
    ends = np.zeros(len(bounds), np.int64)
    # As many as tokens: each window begins at one, and the one over the end stands for one in which none begins.
    hashes, scratch = np.empty(len(tokens), np.uint64), np.empty(len(tokens), np.uint64)
    longer = max(n, n_unspaced)
    count = 0
    for text in range(len(bounds) - 1):
        own, kinds = tokens[bounds[text] : bounds[text + 1]], unspaced[bounds[text] : bounds[text + 1]]
        size = len(own)
        characters = 0
        for kind in kinds:
            characters += kind
        sums = scratch[:size]
        sums[:] = 0
        summed = 0
        for turn in range(2):  # the shorter windows first: the longer ones begin with them
            character = (turn == 1) == (n_unspaced >= n)
            length = n_unspaced if character else n
            if characters == (0 if character else size):
                continue
            for ahead in range(summed, min(length, size)):
                weight, added, begun = weights[ahead], own[ahead:], sums[: size - ahead]
                for place in range(len(added)):
                    begun[place] += added[place] * weight
            summed = length
            for place in range(size - length + 1):
                if kinds[place] == character:
                    hashes[count] = _mixed(sums[place], length)
                    count += 1
        if _leaves_one(kinds, n, n_unspaced):
            value, length = _NOTHING, min(size, longer)
            for place in range(length):
                value += own[size - length + place] * weights[place]
            hashes[count] = _mixed(value, length)
            count += 1
        ends[text + 1] = count
    return ends, hashes[:count]


@compiled
def _mixed(value: np.uint64, length: int) -> np.uint64:
    return closed(value + np.uint64(length) + _SEED)  # `mixing.mix`, whose increment is the same number


@compiled
def _leaves_one(unspaced: Flags, n: int, n_unspaced: int) -> bool:
    """Return whether a token of a text is in no window. It is so near the end that its own does not fit."""
    size, longer = len(unspaced), max(n, n_unspaced)
    reached = max(0, size - 2 * longer)  # windows that begin before end before any such token
    for place in range(reached, size):
        end = place + (n_unspaced if unspaced[place] else n)
        if end <= size:
            reached = max(reached, end)
        elif place >= reached:
            return True
    return False


@compiled
def distinct(bounds: Ints, hashes: U64) -> tuple[Ints, U64]:
    """Return the hashes of each text once, where they are in ascending order.

    Args:
        bounds: where each text's hashes begin, shape (texts + 1,).
        hashes: shape (bounds[-1],).
    """
    ends, kept = np.zeros(len(bounds), np.int64), np.empty(len(hashes), np.uint64)
    count = 0
    for text in range(len(bounds) - 1):
        for place in range(bounds[text], bounds[text + 1]):
            kept[count] = hashes[place]  # the next one takes its place where it is the same: no branch to guess
            count += place + 1 == bounds[text + 1] or hashes[place + 1] != hashes[place]
        ends[text + 1] = count
    return ends, kept[:count]
