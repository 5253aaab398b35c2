"""Lines, paragraphs and characters of documents over arrays of code points, in one pass."""

import functools

import numpy as np
import numpy.typing as npt

from glotmill.text import hashing, scripts
from glotmill.text.compiled import compiled
from glotmill.text.word_kernel import Ints, Points, chain, closed

Flags = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]
Lines = tuple[Ints, Ints, Points, Points, Flags, Flags, Hashes]
Paragraphs = tuple[Ints, Ints, Hashes]

# What the scan looks for beyond what Unicode's properties say; `marks` gives each code point its set of these.
BREAK, DOT, ELLIPSIS, BULLET, SPACED_BULLET, HASH_SIGN, BRACE, INTRUDER = (1 << place for place in range(8))
_SIGNS = {
    # LF, VT, FF, CR, NEL, LINE SEPARATOR, PARAGRAPH SEPARATOR; CR LF makes one more line, empty and not counted.
    BREAK: "\n\v\f\r\x85\u2028\u2029",
    DOT: ".。・･",  # three or more in a row are one ellipsis
    ELLIPSIS: "…⋯᠁︙",
    BULLET: "•‣⁃◦▪▫■□●○◆◇▶►➤✓✔∙·・",
    # Only before a space: without one they open a dialogue, a number or emphasis. Dashes proper always open a dialogue.
    SPACED_BULLET: "-*",
    HASH_SIGN: "#＃",
    BRACE: "{}",
    # Punctuation that no spelling sets between two letters, but lost and mistaken characters leave there: `f?r`, `ma¿a`.
    INTRUDER: "?¿¡§¶¦%‰†‡\\",
}
# Columns of what is counted per document, in front of classes and scripts.
COUNTS = ("newlines", "hash_signs", "ellipses", "symbol_runs", "braces", "sentences", "uppercase", "intruders")
_NEWLINES, _HASHES, _ELLIPSES, _SYMBOL_RUNS, _BRACES, _SENTENCES, _UPPERCASE, _INTRUDERS = range(len(COUNTS))

_CLASS_MASK, _SCRIPT_SHIFT, _SCRIPT_MASK = scripts.CLASS_MASK, scripts.SCRIPT_SHIFT, scripts.SCRIPT_MASK
_CLOSES, _ENDS_SENTENCE, _UPPER = scripts.CLOSES, scripts.ENDS_SENTENCE, scripts.UPPERCASE
_LETTER, _DIGIT, _NUMBER, _SPACE = scripts.LETTER, scripts.DIGIT, scripts.NUMBER, scripts.SPACE
_PUNCTUATION, _SYMBOL, _MARK = scripts.PUNCTUATION, scripts.SYMBOL, scripts.MARK
_WORD_SHIFT, _WORD_MASK = scripts.WORD_SHIFT, scripts.WORD_MASK
_DICTIONARY = scripts.WORD_BREAKS.index("<Thai>")
_SEED, _STEP, _H32 = np.uint64(hashing.SEED), np.uint64(hashing.STEP), np.uint64(32)
_SIZE = np.uint32(0x110000)
_ASCII, _LF, _CR = 0x80, 0x0A, 0x0D
_PARENTHESIS, _BRACKET = ord(")"), ord("]")  # `[…]` is how pages show that a text goes on elsewhere


@functools.cache
def marks() -> npt.NDArray[np.uint8]:
    """Return per code point the signs above that it is, as bits, shape (0x110000,)."""
    table = np.zeros(0x110000, np.uint8)
    for bit, signs in _SIGNS.items():
        table[[ord(sign) for sign in signs]] |= bit
    table.flags.writeable = False
    return table


@compiled
def find_lines(
    points: Points,
    origins: Ints,
    properties: Points,
    signs: npt.NDArray[np.uint8],
    single: Points,
    several: npt.NDArray[np.uint32],
    widths: tuple[int, int, int],
) -> tuple[Ints, Lines, Ints, Paragraphs, Ints, npt.NDArray[np.int32]]:
    """Return lines, paragraphs and counts of documents, in time linear in the number of code points.

    Args:
        points: code points of all documents, shape (n,).
        origins: where each document starts, and n, shape (documents + 1,).
        properties: `scripts.properties()`.
        signs: `marks()`.
        single: case folding, from `hashing.folding`.
        several: the same.
        widths: how many counts, classes and scripts there are.

    Returns:
        the first line of each document; the columns of the lines; the first paragraph of each document; the columns
        of the paragraphs; counts and classes, shape (documents, counts + classes); letters per script, shape
        (documents, scripts).
    """
    documents = len(origins) - 1
    counts = np.zeros((documents, widths[0] + widths[1]), np.int64)
    letters = np.zeros((documents, widths[2]), np.int32)
    bounds, paragraph_bounds = np.zeros(documents + 1, np.int64), np.zeros(documents + 1, np.int64)
    size = len(points)
    starts, lengths = np.empty(size, np.int64), np.empty(size, np.int64)
    last, closing = np.empty(size, np.uint32), np.empty(size, np.uint32)
    bullets, ellipses = np.empty(size, np.bool_), np.empty(size, np.bool_)
    hashes = np.empty(size, np.uint64)
    paragraph_starts, paragraph_lengths = np.empty(size, np.int64), np.empty(size, np.int64)
    paragraph_hashes = np.empty(size, np.uint64)
    count, paragraphs = 0, 0
    for document in range(documents):
        origin, end = origins[document], origins[document + 1]
        row = counts[document]
        first, final = -1, -1  # of the line: its first and last visible code point
        opened, reached = -1, -1  # the same of the paragraph
        value, visible, block = _SEED, _SEED, _SEED
        ended = 0  # 1: behind an ASCII end of a sentence, which counts before space; 2: behind one that counted
        dots, marks_in_a_row = 0, 0
        wordy, signed = False, False  # what stood in this stretch between white space
        behind, intruded = False, False  # nothing but signs since a letter of a spaced script; one joins no letters
        for place in range(origin, end + 1):
            broken = place == end
            if not broken:
                point = points[place]
                found, sign = properties[point], signs[point]
                kind = np.int64(found & _CLASS_MASK)
                row[widths[0] + kind] += 1
                if kind == _LETTER:
                    letters[document, (found >> _SCRIPT_SHIFT) & _SCRIPT_MASK] += 1
                    wordy = True
                    if found & _UPPER:
                        row[_UPPERCASE] += 1
                    # Where no spaces part words, a sign between two letters is nothing to wonder about.
                    spaced_script = (found >> _WORD_SHIFT) & _WORD_MASK < _DICTIONARY
                    if intruded and spaced_script:
                        row[_INTRUDERS] += 1
                    behind, intruded = spaced_script, False
                else:
                    if kind in (_DIGIT, _NUMBER):
                        wordy = True
                    elif kind in (_PUNCTUATION, _SYMBOL):
                        signed = True
                    if kind in (_SYMBOL, _NUMBER) or sign & INTRUDER:
                        intruded = behind
                    elif kind not in (_MARK, _PUNCTUATION):
                        behind = intruded = False
                dots = dots + 1 if sign & DOT else 0
                marks_in_a_row = marks_in_a_row + 1 if sign & ELLIPSIS else 0
                if sign:
                    broken = sign & BREAK != 0
                    row[_NEWLINES] += broken and not (point == _LF and place > origin and points[place - 1] == _CR)
                    row[_ELLIPSES] += dots == 3 or marks_in_a_row == 1
                    row[_HASHES] += sign & HASH_SIGN != 0
                    row[_BRACES] += sign & BRACE != 0
                if found & _ENDS_SENTENCE:
                    if point >= _ASCII:
                        if ended != 2:
                            row[_SENTENCES] += 1
                        ended = 2
                    elif ended == 0:
                        ended = 1
                elif kind != _SPACE and not (found & _CLOSES and ended > 0):
                    ended = 0
            if broken or kind == _SPACE:
                if ended == 1:
                    row[_SENTENCES] += 1
                ended = 0
                if signed and not wordy:
                    row[_SYMBOL_RUNS] += 1
                wordy = signed = False
            if not broken:
                if kind != _SPACE and first < 0:
                    first, value = place, _SEED
                folded = single[point]
                if folded < _SIZE:  # `chain` by hand, as in the word kernel
                    value = (value ^ np.uint64(folded)) * _STEP
                    value ^= value >> _H32
                else:
                    value = chain(value, point, single, several)
                if kind != _SPACE:
                    final, visible = place, value
                continue
            if first >= 0:
                starts[count], lengths[count] = first - origin, final + 1 - first
                last[count], closing[count] = points[final], points[_before_closers(points, first, final, properties)]
                opening = signs[points[first]]
                spaced = first + 1 < end and (properties[points[first + 1]] & _CLASS_MASK) == _SPACE
                spaced = spaced or first + 1 == end
                bullets[count] = opening & BULLET != 0 or (opening & SPACED_BULLET != 0 and spaced)
                tail = final - 1 if final > first and points[final] in (_PARENTHESIS, _BRACKET) else final
                three = tail - first >= 2
                for back in range(3):
                    three = three and signs[points[tail - back]] & DOT != 0
                ellipses[count] = three or signs[points[tail]] & ELLIPSIS != 0
                hashes[count] = closed(visible)
                block = (block ^ hashes[count]) * _STEP
                block ^= block >> _H32
                count += 1
                if opened < 0:
                    opened = first
                reached = final
            # The line feed of CR LF closes no second, blank line.
            blank = first < 0 and not (
                place < end and place > origin and points[place] == _LF and points[place - 1] == _CR
            )
            if opened >= 0 and (blank or place == end):
                paragraph_starts[paragraphs] = opened - origin
                paragraph_lengths[paragraphs] = reached + 1 - opened
                paragraph_hashes[paragraphs] = closed(block)
                paragraphs += 1
                opened, block = -1, _SEED
            first = -1
            value = visible = _SEED
        bounds[document + 1], paragraph_bounds[document + 1] = count, paragraphs
    lines = (
        starts[:count],
        lengths[:count],
        last[:count],
        closing[:count],
        bullets[:count],
        ellipses[:count],
        hashes[:count],
    )
    blocks = (paragraph_starts[:paragraphs], paragraph_lengths[:paragraphs], paragraph_hashes[:paragraphs])
    return bounds, lines, paragraph_bounds, blocks, counts, letters


@compiled
def _before_closers(points: Points, first: int, final: int, properties: Points) -> int:
    """Return the last place of a line behind which only closing marks and spaces stand; its end if nothing else does.

    French sets a space before its closing quote.
    """
    place = final
    while place >= first:
        found = properties[points[place]]
        if not found & _CLOSES and found & _CLASS_MASK != _SPACE:
            return place
        place -= 1
    return final
