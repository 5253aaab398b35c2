"""Lines, paragraphs and their hashes over arrays of code points, in one pass each."""

import numpy as np
import numpy.typing as npt

from glotmill.dedup.normalization import BEGINS, CHANGES, COMBINING, JOINS
from glotmill.text import hashing, scripts
from glotmill.text.compiled import compiled
from glotmill.text.line_kernel import BREAK
from glotmill.text.word_kernel import Ints, Points, chain, closed

_CLASS_MASK = scripts.CLASS_MASK
_LETTER, _DIGIT, _SPACE = scripts.LETTER, scripts.DIGIT, scripts.SPACE
_SEED, _STEP, _H32, _BLANK = np.uint64(hashing.SEED), np.uint64(hashing.STEP), np.uint64(32), np.uint64(0x20)
_SIZE = np.uint32(0x110000)
_LF, _CR, _ZERO = np.uint32(0x0A), np.uint32(0x0D), np.uint32(0x30)


@compiled
def find_units(
    points: Points,
    origins: Ints,
    properties: Points,
    signs: npt.NDArray[np.uint8],
    paragraphs: bool,  # noqa: FBT001
) -> tuple[Ints, Ints, Ints]:
    """Return the units of texts without the white space around them; one of white space alone is none.

    Args:
        points: code points of all texts, shape (n,).
        origins: where each text begins, and n, shape (texts + 1,).
        properties: `scripts.properties()`.
        signs: `line_kernel.marks()`.
        paragraphs: whether lines without a blank line between them are one unit.

    Returns:
        the first unit of each text, shape (texts + 1,); where each begins and ends in `points`, shape (units,).
    """
    texts = len(origins) - 1
    bounds = np.zeros(texts + 1, np.int64)
    room = (len(points) + texts) // 2 + 1  # each unit but a text's last has a visible character and a break
    starts, ends = np.empty(room, np.int64), np.empty(room, np.int64)
    count = 0
    for text in range(texts):
        origin, end = origins[text], origins[text + 1]
        opened, reached, visible = -1, -1, False
        for place in range(origin, end + 1):
            if place < end and not signs[points[place]] & BREAK:
                if properties[points[place]] & _CLASS_MASK != _SPACE:
                    if opened < 0:
                        opened = place
                    reached, visible = place, True
                continue
            # The line feed of CR LF closes no second, blank line.
            halved = place < end and place > origin and points[place] == _LF and points[place - 1] == _CR
            blank = not visible and not halved
            if opened >= 0 and (not paragraphs or blank or place == end):
                starts[count], ends[count] = opened, reached + 1
                count += 1
                opened = -1
            visible = False
        bounds[text + 1] = count
    return bounds, starts[:count].copy(), ends[:count].copy()


@compiled
def hash_spans(
    points: Points,
    starts: Ints,
    ends: Ints,
    properties: Points,
    single: Points,
    several: npt.NDArray[np.uint32],
    forms: npt.NDArray[np.uint16],
    fold_digits: bool,  # noqa: FBT001
) -> tuple[Ints, npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
    """Return letters and hash of the counted form of each span: casefolded, white space as one space, none at the ends.

    Where the third column is true, the span may not be in NFKC, and the others are not what they should be: this is the
    quick check of UAX #15, 9, but for white space, which is one space in any form.

    Args:
        points: code points, shape (n,).
        starts: where each span begins, shape (spans,).
        ends: where it ends, shape (spans,).
        properties: `scripts.properties()`.
        single: case folding, from `hashing.folding`.
        several: the same.
        forms: `normalization.forms()`.
        fold_digits: whether a run of decimal digits is one zero.
    """
    letters, hashes = np.zeros(len(starts), np.int64), np.empty(len(starts), np.uint64)
    composes = np.zeros(len(starts), np.bool_)
    for span in range(len(starts)):
        value, begun, gap, numeric = _SEED, False, False, False
        begins, order = np.uint16(0), np.uint16(0)
        count = 0
        for place in range(starts[span], ends[span]):
            point = points[place]
            kind = properties[point] & _CLASS_MASK
            if kind == _SPACE:
                gap, numeric, begins, order = begun, False, np.uint16(0), np.uint16(0)
                continue
            form = forms[point]
            combining = form & COMBINING
            if form & CHANGES or (begins and form & JOINS) or 0 < combining < order:
                composes[span] = True
                break
            order = combining
            if combining == 0:
                begins = form & BEGINS
            if gap:
                value = (value ^ _BLANK) * _STEP
                value ^= value >> _H32
                gap = False
            begun = True
            if fold_digits and kind == _DIGIT:
                if not numeric:
                    value = chain(value, _ZERO, single, several)
                numeric = True
                continue
            numeric = False
            folded = single[point]
            if folded < _SIZE:  # `chain` by hand, as in the word kernel
                value = (value ^ np.uint64(folded)) * _STEP
                value ^= value >> _H32
                count += kind == _LETTER
            else:
                value = chain(value, point, single, several)
                if kind == _LETTER:
                    count += _letters(several[folded - _SIZE], properties)
        letters[span], hashes[span] = count, closed(value)
    return letters, hashes, composes


@compiled
def _letters(points: Points, properties: Points) -> int:
    count = 0
    for point in points:
        if point and properties[point] & _CLASS_MASK == _LETTER:
            count += 1
    return count
