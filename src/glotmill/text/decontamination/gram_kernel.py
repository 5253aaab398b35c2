"""Tokens of texts, hashes of their windows, and how much of an item a text holds: loops over arrays."""

import numpy as np
import numpy.typing as npt

from glotmill.text.compiled import compiled
from glotmill.text.decontamination import folds
from glotmill.text.hashing import FIRST, SECOND, SEED, STEP

Ints = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
Points = npt.NDArray[np.uint32]

_SIZE = np.uint32(folds.SIZE)
_SEPARATOR, _LETTER, _BASE = folds.SEPARATOR, folds.LETTER, folds.BASE
_MARK, _IGNORED = folds.MARK, folds.IGNORED
_SEED, _STEP, _FIRST, _SECOND = np.uint64(SEED), np.uint64(STEP), np.uint64(FIRST), np.uint64(SECOND)
# The multiplier of rolling hashes: odd, bits without a pattern (the 64-bit golden ratio times SplitMix64's first).
_ROLL = np.uint64(0x9E3779B97F4A7C15 * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF)
_H27, _H30, _H31, _H32, _H58 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32), np.uint64(58)
_SIX, _ONE, _ZERO = np.uint64(6), np.uint64(1), np.uint64(0)
_LOW = np.uint64(63)


@compiled
def _closed(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> _H30)) * _FIRST
    value = (value ^ (value >> _H27)) * _SECOND
    return value ^ (value >> _H31)


@compiled
def _step(value: np.uint64, part: np.uint64) -> np.uint64:
    value = (value ^ part) * _STEP
    return value ^ (value >> _H32)


@compiled
def find_tokens(
    points: Points,
    origins: Ints,
    kinds: npt.NDArray[np.uint8],
    single: Points,
    several: npt.NDArray[np.uint32],
    by_character: bool,  # noqa: FBT001  # compiled functions take no keywords
) -> tuple[Ints, Ints, Ints, U64]:
    """Return the tokens of texts in time linear in their length.

    Args:
        points: code points of all texts, shape (n,).
        origins: where each begins, and n, shape (texts + 1,).
        kinds: of `Folds`.
        single: of `Folds`.
        several: of `Folds`.
        by_character: whether each letter and digit with its marks is a token, instead of each word; signs of scripts
            without spaces are tokens either way.

    Returns:
        where each text's tokens begin, shape (texts + 1,); per token its start and end in its text and its hash.
    """
    bounds = np.zeros(len(origins), np.int64)
    starts, ends = np.empty(len(points), np.int64), np.empty(len(points), np.int64)
    hashes = np.empty(len(points), np.uint64)
    count = 0
    for text in range(len(origins) - 1):
        origin = origins[text]
        is_open, word = False, False
        value, marks = _SEED, _ZERO  # marks of the last sign are a sum: their order is a matter of normal forms
        for place in range(origin, origins[text + 1]):
            kind = kinds[points[place]]
            if kind == _IGNORED:
                continue
            if kind == _SEPARATOR or (kind == _MARK and not is_open):
                if is_open:
                    hashes[count] = _closed(_step(value, marks))
                    count += 1
                is_open, word = False, False
                continue
            if kind != _MARK and (by_character or kind == _BASE or not word):
                if is_open:
                    folded = single[points[place]]
                    if folded >= _SIZE and kinds[several[folded - _SIZE][0]] == _MARK:  # Thai and Lao am: a mark, and a
                        marks += _closed(np.uint64(several[folded - _SIZE][0]))
                    hashes[count] = _closed(_step(value, marks))
                    count += 1
                starts[count] = place - origin
                is_open, word = True, kind == _LETTER
                value, marks = _SEED, _ZERO
            folded = single[points[place]]
            if kind == _MARK and folded < _SIZE:
                marks += _closed(np.uint64(folded))
            elif folded < _SIZE:
                if marks != _ZERO:
                    value, marks = _step(value, marks), _ZERO
                value = _step(value, np.uint64(folded))
            else:
                for number, part in enumerate(several[folded - _SIZE]):
                    if part == 0:
                        break
                    if kinds[part] == _MARK:
                        if number == 0 and starts[count] == place - origin:
                            continue  # it is on the sign before
                        marks += _closed(np.uint64(part))
                        continue
                    if marks != _ZERO:
                        value, marks = _step(value, marks), _ZERO
                    value = _step(value, np.uint64(part))
            ends[count] = place - origin + 1
        if is_open:
            hashes[count] = _closed(_step(value, marks))
            count += 1
        bounds[text + 1] = count
    return bounds, starts[:count], ends[:count], hashes[:count]


@compiled
def window_hashes(tokens: U64, n: int) -> U64:
    """Return the hash of each window of n tokens of one text, shape (max(0, tokens - n + 1),)."""
    count = max(0, len(tokens) - n + 1)
    hashes = np.empty(count, np.uint64)
    if count == 0:
        return hashes
    top, value = _ONE, _ZERO
    for _ in range(n - 1):
        top *= _ROLL
    for place in range(n):
        value = value * _ROLL + tokens[place]
    hashes[0] = _closed(value + np.uint64(n))
    for start in range(1, count):
        value = (value - tokens[start - 1] * top) * _ROLL + tokens[start + n - 1]
        hashes[start] = _closed(value + np.uint64(n))
    return hashes


@compiled
def hash_set(keys: U64, bits: int) -> tuple[U64, npt.NDArray[np.int32]]:
    """Return what `find_windows` looks up in: a bitmap of 2^bits bits, and an open-addressed table of key numbers.

    Args:
        keys: distinct hashes, shape (keys,).
        bits: of the bitmap, from 10 to 36; the table has a sixteenth as many slots, more than there are keys.
    """
    bitmap = np.zeros(1 << (bits - 6), np.uint64)
    slots = np.full(1 << (bits - 4), -1, np.int32)
    shift, mask = np.uint64(64 - bits), np.uint64(len(slots) - 1)
    for number in range(len(keys)):
        key = keys[number]
        place = key >> shift
        bitmap[place >> _SIX] |= _ONE << (place & _LOW)
        slot = key & mask
        while slots[slot] >= 0:
            slot = (slot + _ONE) & mask
        slots[slot] = number
    return bitmap, slots


@compiled
def find_windows(
    bounds: Ints, tokens: U64, n: int, keys: U64, bitmap: U64, slots: npt.NDArray[np.int32]
) -> tuple[Ints, Ints, Ints]:
    """Return which windows of n tokens are keys: the text, the first token counted in its text, and the key's number.

    Args:
        bounds: where each text's tokens begin, shape (texts + 1,).
        tokens: hashes, shape (tokens,).
        n: tokens per window.
        keys: as in `hash_set`.
        bitmap: of `hash_set`.
        slots: of `hash_set`.
    """
    texts, places, found = np.empty(64, np.int64), np.empty(64, np.int64), np.empty(64, np.int64)
    count = 0
    bits = 6
    while (1 << (bits - 6)) < len(bitmap):
        bits += 1
    shift, mask = np.uint64(64 - bits), np.uint64(len(slots) - 1)
    top = _ONE
    for _ in range(n - 1):
        top *= _ROLL
    length = np.uint64(n)
    for text in range(len(bounds) - 1):
        first, end = bounds[text], bounds[text + 1]
        if end - first < n:
            continue
        value = _ZERO
        for place in range(first, first + n):
            value = value * _ROLL + tokens[place]
        start = first
        while True:
            key = _closed(value + length)
            bit = key >> shift
            if (bitmap[bit >> _SIX] >> (bit & _LOW)) & _ONE:
                slot = key & mask
                while slots[slot] >= 0:
                    if keys[slots[slot]] == key:
                        if count == len(texts):
                            more = np.empty(count, np.int64)
                            texts = np.concatenate((texts, more))
                            places = np.concatenate((places, more))
                            found = np.concatenate((found, more))
                        texts[count], places[count], found[count] = text, start - first, slots[slot]
                        count += 1
                        break
                    slot = (slot + _ONE) & mask
            if start + n >= end:
                break
            value = (value - tokens[start] * top) * _ROLL + tokens[start + n]
            start += 1
    return texts[:count], places[:count], found[:count]


@compiled
def find_items(
    groups: Ints, places: Ints, ranks: Ints, sizes: Ints, needed: Ints, widths: Ints, n: int
) -> tuple[Ints, Ints, Ints, Ints]:
    """Return which groups of hits hold enough of their item within a stretch of text.

    A group is one item in one text. It is found where at least `needed` of the item's n-grams stand within `widths`
    tokens. Where it stands several times, stretches are taken from the left, each with as many n-grams as there are
    within `widths` tokens of where it begins.

    Args:
        groups: where each group's hits begin, shape (groups + 1,).
        places: first token of each hit, ascending within a group, shape (hits,).
        ranks: which of its item's n-grams a hit is, from 0, shape (hits,).
        sizes: n-grams of each group's item, shape (groups,).
        needed: how many of them must stand there, at least 1, shape (groups,).
        widths: tokens that they must stand within, shape (groups,).
        n: tokens per n-gram.

    Returns:
        per stretch its group, the most n-grams that stand within the width anywhere in the text, its first token and the
        token behind its last.
    """
    room = len(places)
    owners, most = np.empty(room, np.int64), np.empty(room, np.int64)
    firsts, lasts = np.empty(room, np.int64), np.empty(room, np.int64)
    count = 0
    for group in range(len(groups) - 1):
        begin, end = groups[group], groups[group + 1]
        width, least = widths[group], needed[group]
        if end - begin < least:
            continue
        inside = np.zeros(sizes[group], np.int64)
        left, distinct, highest = begin, 0, 0
        for right in range(begin, end):
            inside[ranks[right]] += 1
            if inside[ranks[right]] == 1:
                distinct += 1
            while places[right] + n - places[left] > width:
                inside[ranks[left]] -= 1
                if inside[ranks[left]] == 0:
                    distinct -= 1
                left += 1
            highest = max(highest, distinct)
        if highest < least:
            continue
        start = begin
        while end - start >= least:
            inside[:] = 0
            left, distinct, best, anchor = start, 0, 0, np.int64(-1)
            first, last = np.int64(0), np.int64(0)
            for right in range(start, end):
                if anchor >= 0 and places[right] + n - anchor > width:
                    break
                inside[ranks[right]] += 1
                if inside[ranks[right]] == 1:
                    distinct += 1
                while places[right] + n - places[left] > width:
                    inside[ranks[left]] -= 1
                    if inside[ranks[left]] == 0:
                        distinct -= 1
                    left += 1
                while inside[ranks[left]] > 1:  # a stretch needs no n-gram that stands in it again
                    inside[ranks[left]] -= 1
                    left += 1
                if distinct >= least and anchor < 0:
                    anchor = places[left]
                if distinct >= least and distinct > best:
                    best, first, last = distinct, places[left], places[right] + n
            if best == 0:
                break
            owners[count], most[count] = group, highest
            firsts[count], lasts[count] = first, last
            count += 1
            while start < end and places[start] < last:
                start += 1
    return owners[:count], most[:count], firsts[:count], lasts[:count]
