"""What each code point is to shingles: a part of a token, a gap or nothing, in which form, and whether neighbors matter.

A text's form is NFKC, full case folding and NFKC again (Unicode 3.13, D146), but for `İ`, which is a plain `i` as in all
hashes of Glotmill. Where a quick check (after UAX #15, 9) holds in the text and in what its characters fold to, the form of the
text is that of each character by itself. It does in each of 11,955 documents of prose in NFC, and in 94 of 100 as they were found.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from glotmill.dedup.normalization import BEGINS, COMBINING, JOINS, PLANES, SIZE, altered, forms, joining, pieces
from glotmill.text.hashing import folded

Points = npt.NDArray[np.uint32]
Pairs = npt.NDArray[np.uint64]

# Unicode blocks whose letters and numbers are one token each (Blocks.txt; those of line-breaking class ID or SA, and
# Tibetan, Javanese, Balinese, which also put no space between words). Hangul is written with spaces.
UNSPACED = (
    (0x0E00, 0x0E7F),  # Thai
    (0x0E80, 0x0EFF),  # Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x1B00, 0x1B7F),  # Balinese
    (0x2E80, 0x2FDF),  # CJK Radicals Supplement, Kangxi Radicals
    (0x3005, 0x3007),  # CJK Symbols and Punctuation: iteration mark, closing mark, zero
    (0x3021, 0x303C),  # CJK Symbols and Punctuation: Suzhou numerals, kana repeat marks
    (0x3040, 0x312F),  # Hiragana, Katakana, Bopomofo
    (0x31A0, 0x31BF),  # Bopomofo Extended
    (0x31F0, 0x31FF),  # Katakana Phonetic Extensions
    (0x3400, 0x4DBF),  # CJK Unified Ideographs Extension A
    (0x4E00, 0x9FFF),  # CJK Unified Ideographs
    (0xA000, 0xA4CF),  # Yi Syllables, Yi Radicals
    (0xA980, 0xA9FF),  # Javanese, Myanmar Extended-B
    (0xAA60, 0xAADF),  # Myanmar Extended-A, Tai Viet
    (0xF900, 0xFAFF),  # CJK Compatibility Ideographs
    (0x11700, 0x1174F),  # Ahom
    (0x17000, 0x18D8F),  # Tangut, Khitan
    (0x1AFF0, 0x1B2FF),  # Kana Extended and Supplement, Nushu
    (0x20000, 0x3FFFF),  # CJK Unified Ideographs Extensions B and later
)
# Default-ignorable characters that are not format characters (DerivedCoreProperties.txt): fillers, variation selectors.
_INVISIBLE = (
    *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0),
    *range(0x180B, 0x1810),
    *range(0xFE00, 0xFE10),
    *range(0xE0100, 0xE01F0),
)
_ZERO_WIDTH_SPACE = 0x200B

# Where the properties of a code point stand in one 32-bit number, so that the kernel looks up once: what it folds to, or
# a row of the second table; whether it may join one before or behind it; the rank of its combining class; its kind.
POINT_MASK, BEGINS_BIT, JOINS_BIT, RANK_SHIFT, RANK_MASK, KIND_SHIFT = 0x1FFFFF, 1 << 21, 1 << 22, 23, 0x3F, 29
PAIR_SHIFT = 21
# LETTER is the least, so that one comparison tells it. JOINING: a letter that may join the one before it. SEVERAL: several
# code points, of which the first joins none before. CONTEXT: only the whole text tells what becomes of it.
LETTER, JOINING, MARK, BASE, SEPARATOR, IGNORED, SEVERAL, CONTEXT = range(8)
MOST = 2  # tokens that one code point may begin: ½ begins two; ㍿, which would begin four, is of kind CONTEXT


def normalize(text: str) -> str:
    """Return a text as shingles see it, separators aside: `"ＳＴＲＡẞＥ İzmir"` is `"strasse izmir"`."""
    if text.isascii():
        return text.lower()
    return "".join(map(_fold, pieces(text)))


def _fold(text: str) -> str:
    composed = unicodedata.normalize("NFKC", text).replace("İ", "i").casefold()
    return unicodedata.normalize("NFKC", composed)


@cache
def folds() -> tuple[Points, Points, Pairs]:
    """Return the tables of the kernel, computed once per process (0.1 s, 4.5 MB).

    Returns:
        the properties of each code point as above, shape (0x110000,); in each row the kinds and code points that one
        code point unfolds into, closed by zeros; the pairs of folded code points that are one in some case, ascending.
        Code points are those that `hashing.text_hash` chains for the normalized token.
    """
    kinds, ranks, found = _kinds(), _ranks(), forms()
    table = np.arange(SIZE, dtype=np.uint32) | ranks << np.uint32(RANK_SHIFT)
    table |= np.where(found & BEGINS, np.uint32(BEGINS_BIT), np.uint32(0))
    table |= np.where(found & JOINS, np.uint32(JOINS_BIT), np.uint32(0))
    table |= np.where((kinds == LETTER) & (found & JOINS > 0), np.uint32(JOINING), kinds) << np.uint32(KIND_SHIFT)
    rows: list[list[int]] = [[]]
    for sign in altered(_fold, str.casefold):
        row = [ord(part) | int(kinds[ord(part)]) << KIND_SHIFT for part in folded(_fold(sign))]
        entry = _entry(sign, row, ranks)
        if entry >> KIND_SHIFT == SEVERAL:
            entry |= len(rows)
            rows.append(row)
        table[ord(sign)] = entry
    longest = max(map(len, rows))
    unfolded = np.array([row + [0] * (longest + 1 - len(row)) for row in rows], np.uint32)
    pairs = _pairs()
    for array in (table, unfolded, pairs):
        array.flags.writeable = False
    return table, unfolded, pairs


def _kinds() -> Points:
    of = dict.fromkeys(("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No"), LETTER)
    # Unassigned and private characters count as letters: this Python's Unicode may be older than the text.
    of |= {"Cn": LETTER, "Co": LETTER, "Mn": MARK, "Mc": MARK, "Me": MARK, "Cf": IGNORED}
    kinds = np.full(SIZE, LETTER, np.uint32)
    for plane in PLANES:
        categories = map(unicodedata.category, map(chr, plane))
        own = np.fromiter((of.get(category, SEPARATOR) for category in categories), np.uint32, len(plane))
        kinds[plane.start : plane.stop] = own
    for first, last in UNSPACED:
        block = kinds[first : last + 1]
        block[block == LETTER] = BASE
    kinds[list(_INVISIBLE)] = IGNORED
    kinds[_ZERO_WIDTH_SPACE] = SEPARATOR
    return kinds


def _ranks() -> Points:
    """Return the combining class of each code point, as its place among all 56 that there are (Unicode 14 to 16)."""
    classes = forms() & COMBINING
    present = np.flatnonzero(np.bincount(classes))
    rank_of = np.zeros(256, np.uint32)
    rank_of[present] = np.arange(len(present))
    ranks: Points = rank_of[classes]
    return ranks


def _pairs() -> Pairs:
    keys = {ord(_fold(first)[-1]) << PAIR_SHIFT | ord(_fold(second)[0]) for first, second in joining()}
    return np.array(sorted(keys), np.uint64)


def _entry(sign: str, row: Sequence[int], ranks: Points) -> int:
    """Return the properties of a character that folds to this row; without its number where the kind is SEVERAL."""
    stages = (unicodedata.normalize("NFKC", sign), _fold(sign))  # both have to be in normal form with their neighbors
    begins, joins = False, False
    for stage in stages:
        starters = [part for part in stage if not ranks[ord(part)]]
        begins |= bool(starters) and bool(forms()[ord(starters[-1])] & BEGINS)
        joins |= bool(forms()[ord(stage[0])] & JOINS)
    before, after = ({int(ranks[ord(stage[end])]) for stage in stages} for end in (0, -1))
    if len(before) > 1 or len(after) > 1:
        return CONTEXT << KIND_SHIFT
    flags = begins * BEGINS_BIT | joins * JOINS_BIT | max(after) << RANK_SHIFT
    if len(row) == 1 and max(map(len, stages)) == 1:
        return flags | (row[0] | JOINING << KIND_SHIFT if joins and row[0] >> KIND_SHIFT == LETTER else row[0])
    if joins or max(before) or _begun(row) > MOST:
        return CONTEXT << KIND_SHIFT
    return flags | SEVERAL << KIND_SHIFT


def _begun(row: Sequence[int]) -> int:
    """Return how many tokens this begins behind a separator; elsewhere it is as many or fewer."""
    count, last = 0, SEPARATOR
    for kind in (part >> KIND_SHIFT for part in row):
        if kind == IGNORED:
            continue
        count += kind == BASE or (kind == LETTER and last != LETTER) or (kind == MARK and last == SEPARATOR)
        last = last if kind == MARK and last != SEPARATOR else LETTER if kind == MARK else kind
    return count
