"""Lines that a quality model reads, over arrays of code points in one pass: `features` says what they are."""

import functools
import re

import numpy as np
import numpy.typing as npt

from glotmill.text import hashing
from glotmill.text.compiled import compiled
from glotmill.text.quality.features import REPEATED
from glotmill.text.word_kernel import equal

Points = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Kinds = npt.NDArray[np.uint8]
Tables = tuple[Kinds, Points, Points]

_MARKS = 3  # signs between two words that are read
_GAP = 16  # characters in which they are looked for
_SIZE, _LONGEST = 0x110000, 3
_WHITE, _ALPHANUMERIC = np.uint8(1), np.uint8(2)
_SPACE, _DOT, _UNDERSCORE, _REPEATED = (np.uint32(ord(sign)) for sign in (" ", ".", "_", REPEATED))
_ROOM_PER_CHARACTER, _ROOM_PER_WORD = 2 * _LONGEST, 2 * (_LONGEST * _MARKS + 4)  # folded, with a sign behind each token
_SEED, _STEP, _H32 = np.uint64(hashing.SEED), np.uint64(hashing.STEP), np.uint64(32)


@functools.cache
def kinds() -> Kinds:
    """Return which code points `str.isspace` and `str.isalnum` are true of, as bits 1 and 2, shape (0x110000,)."""
    found = np.zeros(_SIZE, np.uint8)
    everything = np.arange(_SIZE, dtype=np.uint32).tobytes().decode("utf-32-le", "surrogatepass")
    for pattern, bit in ((r"\s+", _WHITE), (r"[^\W_]+", _ALPHANUMERIC)):
        for match in re.finditer(pattern, everything):
            found[match.start() : match.end()] |= bit
    found.flags.writeable = False
    return found


@compiled
def read_stretches(
    points: Points,
    spans: Ints,
    words: tuple[Ints, Ints, Flags],
    dotted: bool,  # noqa: FBT001  # numba takes no keywords
    tables: Tables,
) -> tuple[Points, Ints]:
    """Return the line of each stretch: words, the marks between them, and a sign behind what was said before.

    Args:
        points: code points of all documents, shape (n,).
        spans: per stretch how many of the words are its own, and where its document ends, shape (stretches, 2).
        words: of one stretch after the other, where each begins and ends in `points`, and whether it is read.
        dotted: whether words with a dot or an underscore are left out also of stretches without a host name.
        tables: `kinds()`, and both of `hashing.folding()`.

    Returns:
        the code points of all lines, and where each begins, and the last ends, shape (stretches + 1,).
    """
    starts, ends, shown = words
    room, longest, first = 0, 0, 0
    for stretch in range(len(spans)):
        own = _ROOM_PER_WORD * (spans[stretch, 0] + 1)
        for word in range(first, first + spans[stretch, 0]):
            if shown[word]:
                own += _ROOM_PER_CHARACTER * (ends[word] - starts[word])
        room, longest, first = room + own, max(longest, own), first + spans[stretch, 0]
    lines, line = np.empty(room, np.uint32), np.empty(longest, np.uint32)
    bounds = np.zeros(len(spans) + 1, np.int64)
    size, first = 0, 0
    for stretch in range(len(spans)):
        last = first + spans[stretch, 0]
        length = _join(points, spans[stretch, 1], (first, last), words, dotted, tables, line)
        size = _mark_repetitions(line, length, lines, size)
        bounds[stretch + 1], first = size, last
    return lines[:size], bounds


@compiled
def _join(
    points: Points,
    document_end: np.int64,
    part: tuple[int, int],
    words: tuple[Ints, Ints, Flags],
    dotted: bool,  # noqa: FBT001
    tables: Tables,
    line: Points,
) -> int:
    """Write words and marks of a stretch into `line`, casefolded and parted by spaces, and return their length."""
    starts, ends, shown = words
    kinds, single, several = tables
    first, last = part
    length, behind, searched = 0, np.int64(-1), False
    for word in range(first, last):
        start, end = starts[word], ends[word]
        read = shown[word]
        has_dot = False
        for place in range(start, end if read else start):
            has_dot |= points[place] == _DOT or points[place] == _UNDERSCORE
        if has_dot:
            if not (dotted or searched):
                dotted, searched = _has_host(points, starts[first], ends[last - 1], kinds), True
            read = not dotted
        if not read:
            behind = np.int64(-1)
            continue
        if 0 <= behind < start and (start - behind > 1 or points[behind] != _SPACE):
            marks = 0
            for place in range(behind, min(start, behind + _GAP)):
                if kinds[points[place]] & _WHITE or marks == _MARKS:
                    continue
                if marks == 0 and length > 0:
                    line[length] = _SPACE
                    length += 1
                length = _fold(points[place], single, several, line, length)
                marks += 1
        if length > 0:
            line[length] = _SPACE
            length += 1
        for place in range(start, end):
            folded = single[points[place]]
            if folded < _SIZE:  # `_fold` by hand: calling it for each letter takes three times the time
                line[length] = folded
                length += 1
            else:
                length = _fold(points[place], single, several, line, length)
        behind = end
    if behind >= 0:
        marks = 0
        for place in range(behind, min(document_end, behind + _GAP)):
            kind = kinds[points[place]]
            if kind & _ALPHANUMERIC or marks == _MARKS or (kind & _WHITE and marks > 0):
                break
            if kind & _WHITE:
                continue
            if marks == 0:
                line[length] = _SPACE
                length += 1
            length = _fold(points[place], single, several, line, length)
            marks += 1
    return length


@compiled
def _fold(point: np.uint32, single: Points, several: Points, line: Points, length: int) -> int:
    folded = single[point]
    if folded < _SIZE:
        line[length] = folded
        return length + 1
    for part in several[folded - _SIZE]:
        if part == 0:
            break
        line[length] = part
        length += 1
    return length


@compiled
def _has_host(points: Points, start: np.int64, end: np.int64, kinds: Kinds) -> bool:
    """Say whether there is an underscore, or a dot between two letters or digits."""
    for place in range(start, end):
        if points[place] == _UNDERSCORE:
            return True
        if (
            points[place] == _DOT
            and start < place < end - 1
            and kinds[points[place - 1]] & _ALPHANUMERIC
            and kinds[points[place + 1]] & _ALPHANUMERIC
        ):
            return True
    return False


@compiled
def _mark_repetitions(line: Points, length: int, lines: Points, size: int) -> int:
    """Copy a line behind the others, a sign behind every three words that stood in it before; return where it ends."""
    count = 1
    for place in range(length):
        count += line[place] == _SPACE
    places, slots = np.empty(count + 1, np.int64), 1
    while slots < 2 * count:
        slots *= 2
    places[0], places[count], found = 0, length + 1, 1
    for place in range(length):
        if line[place] == _SPACE:
            places[found] = place + 1
            found += 1
    hashes = np.empty(count, np.uint64)
    for token in range(count):
        value = _SEED
        for place in range(places[token], places[token + 1] - 1):
            value = (value ^ np.uint64(line[place])) * _STEP
            value ^= value >> _H32
        hashes[token] = value
    table, again = np.full(slots, -1, np.int64), np.zeros(count, np.bool_)
    for token in range(count - 2):
        value = _three(hashes, token)
        slot = np.int64(value & np.uint64(slots - 1))
        while table[slot] >= 0:
            other = table[slot]
            wanted = places[token + 3] - places[token]
            if (
                _three(hashes, other) == value
                and places[other + 3] - places[other] == wanted
                and equal(line, places[token], places[other], wanted - 1)
            ):
                again[token + 2] = True
                break
            slot = (slot + 1) & (slots - 1)
        if table[slot] < 0:
            table[slot] = token
    for token in range(count if length else 0):
        if token:
            lines[size] = _SPACE
            size += 1
        begin, end = places[token], places[token + 1] - 1
        lines[size : size + end - begin] = line[begin:end]
        size += end - begin
        if again[token]:
            lines[size], lines[size + 1] = _SPACE, _REPEATED
            size += 2
    return size


@compiled
def _three(hashes: npt.NDArray[np.uint64], token: int) -> np.uint64:
    value: np.uint64 = ((hashes[token] * _STEP) ^ hashes[token + 1]) * _STEP ^ hashes[token + 2]
    value *= _STEP
    return value ^ (value >> _H32)
