"""Word boundaries by the rules of Unicode Standard Annex #29 over arrays of code points, in one pass."""

import numpy as np
import numpy.typing as npt

from glotmill.text import hashing, scripts
from glotmill.text.compiled import compiled

Points = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Columns = tuple[Ints, Ints, Ints, Flags, Flags, npt.NDArray[np.uint8], npt.NDArray[np.uint64]]

_SIZE = np.uint32(0x110000)
_CLASS_MASK, _SCRIPT_SHIFT, _SCRIPT_MASK = scripts.CLASS_MASK, scripts.SCRIPT_SHIFT, scripts.SCRIPT_MASK
_WORD_SHIFT, _WORD_MASK, _PICTOGRAPHIC = scripts.WORD_SHIFT, scripts.WORD_MASK, scripts.PICTOGRAPHIC
_LETTER, _MARK, _DIGIT, _NUMBER = scripts.LETTER, scripts.MARK, scripts.DIGIT, scripts.NUMBER
_OTHER, _CR, _LF, _NEWLINE = (scripts.WORD_BREAKS.index(name) for name in ("Other", "CR", "LF", "Newline"))
_EXTEND, _ZWJ = scripts.WORD_BREAKS.index("Extend"), scripts.WORD_BREAKS.index("ZWJ")
_ALETTER, _HEBREW = scripts.WORD_BREAKS.index("ALetter"), scripts.WORD_BREAKS.index("Hebrew_Letter")
_NUMERIC, _EXTENDNUMLET = scripts.WORD_BREAKS.index("Numeric"), scripts.WORD_BREAKS.index("ExtendNumLet")
_MIDLETTER, _MIDNUM = scripts.WORD_BREAKS.index("MidLetter"), scripts.WORD_BREAKS.index("MidNum")
_MIDNUMLET, _SINGLE_QUOTE = scripts.WORD_BREAKS.index("MidNumLet"), scripts.WORD_BREAKS.index("Single_Quote")
_DOUBLE_QUOTE, _SPACE = scripts.WORD_BREAKS.index("Double_Quote"), scripts.WORD_BREAKS.index("WSegSpace")
_REGIONAL, _HANGUL = scripts.WORD_BREAKS.index("Regional_Indicator"), scripts.WORD_BREAKS.index("Hangul_Syllable")
_DICTIONARY = scripts.WORD_BREAKS.index("<Thai>")
_SEED, _STEP = np.uint64(hashing.SEED), np.uint64(hashing.STEP)
_FIRST, _SECOND = np.uint64(hashing.FIRST), np.uint64(hashing.SECOND)
_H27, _H30, _H31, _H32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)
_LINE_FEED = np.uint32(0x0A)
_PROBES = 32  # of a table that is half full; runs made to collide are cut again


@compiled
def chain(value: np.uint64, point: np.uint32, single: Points, several: npt.NDArray[np.uint32]) -> np.uint64:
    """Return the hash so far, continued by a code point: the step of `hashing.text_hash`."""
    folded = single[point]
    if folded < _SIZE:
        value = (value ^ np.uint64(folded)) * _STEP
        return value ^ (value >> _H32)
    row = folded - _SIZE
    for part in several[row]:
        if part == 0:
            break
        value = (value ^ np.uint64(part)) * _STEP
        value ^= value >> _H32
    return value


@compiled
def closed(value: np.uint64) -> np.uint64:
    """Return the hash of what was chained: the end of `hashing.text_hash`."""
    value = (value ^ (value >> _H30)) * _FIRST
    value = (value ^ (value >> _H27)) * _SECOND
    return value ^ (value >> _H31)


@compiled
def dictionary_runs(points: Points, origins: Ints, properties: Points) -> Ints:
    """Return the runs that ICU's dictionaries have to cut, those of each of the five; a single letter has nothing to cut.

    A run ends with its document, or the beginning of the next one would be cut by what stands before it.

    Args:
        points: code points of all documents, shape (n,).
        origins: where each document starts, and n, shape (documents + 1,).
        properties: `scripts.properties()`.

    Returns:
        where each run starts and ends in `points`, shape (runs, 2).
    """
    count = 0
    for filled in range(2):
        runs = np.empty((count if filled else 0, 2), np.int64)
        count = 0
        for document in range(len(origins) - 1):
            current, letters, begin = np.int64(0), 0, np.int64(0)
            for place in range(origins[document], origins[document + 1] + 1):
                kind = np.int64(0)
                if place < origins[document + 1]:
                    kind = np.int64((properties[points[place]] >> _WORD_SHIFT) & _WORD_MASK)
                    if _EXTEND <= kind <= _ZWJ:
                        continue
                    if kind < _DICTIONARY:
                        kind = np.int64(0)
                if kind == current:
                    letters += 1
                    continue
                if current > 0 and letters > 1:
                    if filled:
                        runs[count, 0], runs[count, 1] = begin, place
                    count += 1
                current, letters, begin = kind, 1, np.int64(place)
    return runs


@compiled
def distinct_runs(points: Points, runs: Ints) -> tuple[Points, Ints]:
    """Return the text that ICU is given, every run once: ICU takes ten times as long to cut a run as this to find it again.

    Args:
        points: code points, shape (n,).
        runs: from `dictionary_runs`, shape (runs, 2).

    Returns:
        the code points of the runs that differ, each closed by a line feed; and where each run stands in them, shape (runs,).
    """
    size = np.int64(0)
    for run in range(len(runs)):
        size += runs[run, 1] - runs[run, 0] + 1
    text, found = np.empty(size, np.uint32), np.empty(len(runs), np.int64)
    slots = 1
    while slots < 2 * len(runs):
        slots *= 2
    table, hashes = np.full(slots, -1, np.int64), np.empty(len(runs), np.uint64)
    size = np.int64(0)
    for run in range(len(runs)):
        begin, length = runs[run, 0], runs[run, 1] - runs[run, 0]
        value = _SEED
        for place in range(begin, begin + length):
            value = (value ^ np.uint64(points[place])) * _STEP
            value ^= value >> _H32
        hashes[run] = value
        slot, same = np.int64(value & np.uint64(slots - 1)), np.int64(-1)
        for _ in range(_PROBES):
            other = table[slot]
            if other < 0:
                table[slot] = run
                break
            if hashes[other] == value and _same_run(points, runs, run, other):
                same = other
                break
            slot = (slot + 1) & (slots - 1)
        if same >= 0:
            found[run] = found[same]
            continue
        found[run] = size
        text[size : size + length] = points[begin : begin + length]
        text[size + length] = _LINE_FEED
        size += length + 1
    return text[:size], found


@compiled
def equal(points: Points, one: np.int64, other: np.int64, length: np.int64) -> bool:
    """Say whether the code points from two places on are the same, so many of them."""
    for place in range(length):  # noqa: SIM110  # numba has no generators
        if points[one + place] != points[other + place]:
            return False
    return True


@compiled
def _same_run(points: Points, runs: Ints, one: int, other: int) -> bool:
    length = runs[one, 1] - runs[one, 0]
    return bool(runs[other, 1] - runs[other, 0] == length and equal(points, runs[one, 0], runs[other, 0], length))


@compiled
def run_breaks(size: int, runs: Ints, found: Ints, starts: Flags) -> Flags:
    """Return where a dictionary starts a segment.

    Args:
        size: number of code points of all documents.
        runs: from `dictionary_runs`, shape (runs, 2).
        found: where each run stands in the text of `distinct_runs`, shape (runs,).
        starts: per code point of that text whether a segment starts there.

    Returns:
        per code point of the documents whether a segment starts there, shape (size,).
    """
    breaks = np.zeros(size, np.bool_)
    for run in range(len(runs)):
        begin, end = runs[run, 0], runs[run, 1]
        breaks[begin:end] = starts[found[run] : found[run] + end - begin]
    return breaks


@compiled
def script_breaks(points: Points, properties: Points) -> Flags:
    """Return where the script of letters for the dictionaries changes, shape (n,), or nothing where there are none.

    Args:
        points: code points, shape (n,).
        properties: `scripts.properties()`.
    """
    breaks, any_letter = np.zeros(len(points), np.bool_), False
    before = np.int64(-1)
    for place in range(len(points)):
        found = properties[points[place]]
        kind = np.int64((found >> _WORD_SHIFT) & _WORD_MASK)
        if kind >= _DICTIONARY:
            script = np.int64((found >> _SCRIPT_SHIFT) & _SCRIPT_MASK)
            breaks[place] = script != before
            before, any_letter = script, True
        elif not _EXTEND <= kind <= _ZWJ:
            before = np.int64(-1)
    return breaks if any_letter else np.zeros(0, np.bool_)


@compiled
def find_words(
    points: Points,
    origins: Ints,
    breaks: npt.NDArray[np.bool_],
    properties: Points,
    single: Points,
    several: npt.NDArray[np.uint32],
) -> tuple[Ints, Columns]:
    """Return the words of documents: `segment.words`, in time linear in the number of code points.

    Args:
        points: code points of all documents, shape (n,).
        origins: where each document starts, and n, shape (documents + 1,).
        breaks: per code point whether a dictionary starts a segment there; shape (0,) where there is no such letter.
        properties: `scripts.properties()`.
        single: case folding, from `hashing.folding`.
        several: the same.

    Returns:
        the first word of each document, shape (documents + 1,); then per word its start in the document, its length,
        its length without marks, whether it has a letter, whether it has letters and numbers, the script of its first
        letter (0: none) and its hash.
    """
    size = len(points)
    bounds = np.zeros(len(origins), np.int64)
    starts, lengths = np.empty(size, np.int64), np.empty(size, np.int64)
    bases, alphabetic, mixed = np.empty(size, np.int64), np.empty(size, np.bool_), np.empty(size, np.bool_)
    script_of, hashes = np.empty(size, np.uint8), np.empty(size, np.uint64)
    count = 0
    for document in range(len(origins) - 1):
        origin, end = origins[document], origins[document + 1]
        place = origin
        while place < end:
            start = place
            # Most segments are letters, a space or a sign that nothing is attached to. They are found here, since
            # calling `_segment_end` takes as long as ten letters.
            base, kind = np.int64((properties[points[start]] >> _WORD_SHIFT) & _WORD_MASK), np.int64(_OTHER)
            place += 1
            while place < end:
                kind = np.int64((properties[points[place]] >> _WORD_SHIFT) & _WORD_MASK)
                if kind != base or not (base == _ALETTER or (base >= _DICTIONARY and not breaks[place])):
                    break
                place += 1
            if place < end and not _parted(base, kind):
                place = _segment_end(points, start, end, breaks, properties)
            sort = properties[points[start]] & _CLASS_MASK
            if place == start + 1 and not (_LETTER <= sort <= _NUMBER and sort != _MARK):  # most often a space
                continue
            letters, numbers, marks, script = 0, 0, 0, np.int64(0)
            value = _SEED
            for inside in range(start, place):
                found = properties[points[inside]]
                sort = found & _CLASS_MASK
                if sort == _LETTER:
                    if letters == 0:
                        script = np.int64((found >> _SCRIPT_SHIFT) & _SCRIPT_MASK)
                    letters += 1
                elif sort == _MARK:
                    marks += 1
                elif sort in (_DIGIT, _NUMBER):
                    numbers += 1
                folded = single[points[inside]]
                if folded < _SIZE:  # `chain` by hand: calling it for each letter takes twice the time
                    value = (value ^ np.uint64(folded)) * _STEP
                    value ^= value >> _H32
                else:
                    value = chain(value, points[inside], single, several)
            if letters + numbers > 0:
                starts[count], lengths[count] = start - origin, place - start
                bases[count], alphabetic[count] = place - start - marks, letters > 0
                mixed[count] = letters > 0 and numbers > 0
                script_of[count], hashes[count] = script, closed(value)
                count += 1
        bounds[document + 1] = count
    return bounds, (
        starts[:count],
        lengths[:count],
        bases[:count],
        alphabetic[:count],
        mixed[:count],
        script_of[:count],
        hashes[:count],
    )


@compiled
def _parted(base: np.int64, kind: np.int64) -> bool:
    """Say whether a segment that ends in the one kind surely ends before the other; where not, the rules have to tell."""
    if base == _ALETTER:
        return bool(kind <= _NEWLINE or kind >= _SPACE)
    if _EXTEND <= kind <= _ZWJ or (kind == _SPACE and base == _SPACE):
        return False
    return bool(base in (_OTHER, _SPACE) or base >= _DICTIONARY)


@compiled
def _kind(point: np.uint32, properties: Points) -> np.int64:
    return np.int64((properties[point] >> _WORD_SHIFT) & _WORD_MASK)


@compiled
def _after(points: Points, place: np.int64, end: np.int64, properties: Points) -> np.int64:
    """Return the place behind this one that is not attached to it (rule WB4), or the end."""
    place += 1
    while place < end and _EXTEND <= _kind(points[place], properties) <= _ZWJ:
        place += 1
    return place


@compiled
def _segment_end(
    points: Points, place: np.int64, end: np.int64, breaks: npt.NDArray[np.bool_], properties: Points
) -> np.int64:
    """Return where the segment that starts here ends; the comments name the rules of UAX #29."""
    base = _kind(points[place], properties)  # the last code point that is not attached to one before
    if _CR <= base <= _NEWLINE:  # WB3, WB3a
        both = base == _CR and place + 1 < end and _kind(points[place + 1], properties) == _LF
        return place + 2 if both else place + 1
    pairs = base == _REGIONAL
    while True:
        if base == _ALETTER:  # the bulk of most texts: WB5 alone
            while place + 1 < end and (properties[points[place + 1]] >> _WORD_SHIFT) & _WORD_MASK == _ALETTER:
                place += 1
        bare = place
        place = _after(points, place, end, properties)  # WB4
        if place >= end:
            return end
        found = properties[points[place]]
        kind = np.int64((found >> _WORD_SHIFT) & _WORD_MASK)
        if _ALETTER <= base <= _HEBREW:
            if _ALETTER <= kind <= _EXTENDNUMLET:  # WB5, WB9, WB13a
                base = kind
                continue
            if kind in (_MIDLETTER, _MIDNUMLET, _SINGLE_QUOTE):
                further = _after(points, place, end, properties)
                if further < end and _ALETTER <= _kind(points[further], properties) <= _HEBREW:  # WB6, WB7
                    base, place = _kind(points[further], properties), further
                    continue
                if base == _HEBREW and kind == _SINGLE_QUOTE:  # WB7a
                    base = kind
                    continue
            if base == _HEBREW and kind == _DOUBLE_QUOTE:  # WB7b, WB7c
                further = _after(points, place, end, properties)
                if further < end and _kind(points[further], properties) == _HEBREW:
                    place = further
                    continue
        elif base == _NUMERIC:
            if _ALETTER <= kind <= _EXTENDNUMLET:  # WB8, WB10, WB13a
                base = kind
                continue
            if kind in (_MIDNUM, _MIDNUMLET, _SINGLE_QUOTE):  # WB11, WB12
                further = _after(points, place, end, properties)
                if further < end and _kind(points[further], properties) == _NUMERIC:
                    place = further
                    continue
        elif base == _EXTENDNUMLET:
            if _ALETTER <= kind <= _EXTENDNUMLET:  # WB13a, WB13b
                base = kind
                continue
        elif base >= _DICTIONARY:
            if kind == base and not breaks[place]:
                continue
        elif base == _HANGUL:
            if kind == _HANGUL and place == bare + 1:  # for WB5, WB9, WB10, WB13a: see the head of `segment`
                continue
        elif base == _SPACE:
            if kind == _SPACE and place == bare + 1:  # WB3d
                continue
        elif base == _REGIONAL and kind == _REGIONAL and pairs:  # WB15, WB16
            pairs = False
            continue
        if found & _PICTOGRAPHIC and base < _DICTIONARY and _kind(points[place - 1], properties) == _ZWJ:  # WB3c
            base, pairs = kind, False
            continue
        return place
