"""What a character is to n-grams of benchmark items: a sign, a mark, nothing, or what parts words.

Texts are compared by compatibility (NFKC), case and canonical decomposition of each character, so that a decoration, a
full-width letter or a precomposed accent makes no difference; this is `Default_Ignorable` and `NFKC_Casefold` of the
Unicode Standard (3.13, R5) character by character, which keeps each character's place in the text. White space,
punctuation and symbols part words, but apostrophes are nothing. Combining marks belong to the sign before them and are never lost.
"""

import functools
import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glotmill.text import scripts

NORMALIZATION = 1  # raise it whenever a text could give other n-grams

SEPARATOR, LETTER, BASE, MARK, IGNORED = range(5)
SIZE = 0x110000
_BLOCK = 256
_HANGUL = range(0xAC00, 0xD7A4)  # a syllable is one sign; only NFD takes it apart, and documents are in NFC
_SURROGATES = range(0xD800, 0xE000)
# ' ’ ‘ ʼ ʻ ʹ ʽ ` ´: each stands for the others in Swahili (ng'ombe), French, Hausa and Uzbek, and many leave it out.
_APOSTROPHES = (0x27, 0x2019, 0x2018, 0x02BC, 0x02BB, 0x02B9, 0x02BD, 0x60, 0xB4, 0xFF07)
_ZERO_WIDTH_SPACE, _NON_JOINER, _TATWEEL = 0x200B, 0x200C, 0x0640
_VARIATION = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), *range(0x180B, 0x1810))
_FILLERS = (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0)  # default ignorable (DerivedCoreProperties.txt)
# Scripts that put no space between words: each sign is a token of its own, whatever white space stands around it.
UNSPACED = frozenset(
    {"Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Hani", "Hira", "Kana", "Bopo", "Yiii", "Java", "Bali", "Tale", "Talu"}
    | {"Lana", "Tavt", "Ahom", "Tang", "Kits", "Nshu"}
)


@dataclass(frozen=True, slots=True)
class Folds:
    """Tables over code points.

    Args:
        kinds: SEPARATOR, LETTER, BASE (a sign of a script without spaces), MARK or IGNORED, shape (0x110000,).
        single: what a code point is hashed as, or 0x110000 plus a row of `several`, shape (0x110000,).
        several: what others unfold into, closed by zeros, shape (rows, longest).
    """

    kinds: npt.NDArray[np.uint8]
    single: npt.NDArray[np.uint32]
    several: npt.NDArray[np.uint32]


@functools.cache
def folds() -> Folds:
    """Return the tables, computed once per process (0.2 s)."""
    kinds = _kinds()
    single = np.arange(SIZE, dtype=np.uint32)
    single[_SURROGATES.start : _SURROGATES.stop] = 0xFFFD
    unfolded: list[list[int]] = []
    everything = single.tobytes().decode("utf-32-le")
    for start in range(0, SIZE, _BLOCK):
        block = everything[start : start + _BLOCK]
        if start in _SURROGATES or (_decompose(block) == block and start not in _HANGUL):
            continue
        for code, sign in enumerate(block, start):
            if code in _HANGUL or code in _SURROGATES:
                continue
            points = [ord(part) for part in _decompose(sign) if kinds[ord(part)] not in (SEPARATOR, IGNORED)]
            if points == [code] or not points:
                continue
            single[code] = points[0] if len(points) == 1 else SIZE + len(unfolded)
            if len(points) > 1:
                unfolded.append(points)
    several = np.zeros((len(unfolded), 1 + max(map(len, unfolded))), np.uint32)
    for row, points in enumerate(unfolded):
        several[row, : len(points)] = points
    for table in (kinds, single, several):
        table.flags.writeable = False
    return Folds(kinds, single, several)


def _decompose(text: str) -> str:
    """Return NFD of what NFKC and case folding make of a text; İ and ı are i, as I is one or the other in Turkish."""
    plain = unicodedata.normalize("NFKC", text).replace("İ", "i").casefold().replace("ı", "i")
    return unicodedata.normalize("NFKD", plain)


def _kinds() -> npt.NDArray[np.uint8]:
    properties = scripts.properties()
    classes = properties & scripts.CLASS_MASK
    kinds = np.full(SIZE, SEPARATOR, np.uint8)
    kinds[np.isin(classes, (scripts.LETTER, scripts.DIGIT, scripts.NUMBER))] = LETTER
    kinds[classes == scripts.MARK] = MARK
    unspaced = [place for place, name in enumerate(scripts.names()) if name in UNSPACED]
    kinds[(kinds == LETTER) & np.isin((properties >> scripts.SCRIPT_SHIFT) & scripts.SCRIPT_MASK, unspaced)] = BASE
    words = (properties >> scripts.WORD_SHIFT) & scripts.WORD_MASK
    kinds[np.isin(words, [scripts.WORD_BREAKS.index(name) for name in ("Format", "ZWJ")])] = IGNORED
    kinds[[_NON_JOINER, _TATWEEL, *_APOSTROPHES, *_VARIATION, *_FILLERS]] = IGNORED
    kinds[_ZERO_WIDTH_SPACE] = SEPARATOR
    return kinds
