"""Words: one definition for every script, after the Unicode rules and dictionaries that ICU carries.

A text falls into runs: letters of Thai, of Lao, of Khmer, of Burmese, and of Chinese and Japanese (Han and kana) with
the marks on them, and what stands between such runs. ICU's root locale cuts each run by itself: those of the five
by dictionary, everything else by the rules of Unicode Standard Annex #29, but that ICU
joins Hangul syllables to one another alone, neither to Latin letters nor to digits. A word is a segment that holds at least one
letter or number. Tibetan comes out as syllables, which is what the script itself marks.
"""

import re
from collections.abc import Iterator, Sequence
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from glotmill.text import scripts

_ROOT = "root"
_FIRST_DICTIONARY = scripts.WORD_BREAKS.index("<Thai>")
_ATTACHED = tuple(scripts.WORD_BREAKS.index(name) for name in ("Extend", "Format", "ZWJ"))
_WORD_CLASSES = (scripts.LETTER, scripts.DIGIT, scripts.NUMBER)
_ASTRAL = 0x10000
_SURROGATE = re.compile("[\ud800-\udfff]")


def well_formed(text: str) -> str:
    """Return the text with every lone surrogate replaced by U+FFFD, so that it has the same length and a UTF-8 form."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def words(text: str) -> list[tuple[int, int]]:
    """Return where each word starts and ends, in code points: the definition that the scan has to equal.

    `words("ไปตลาด 2 วัน")` is `[(0, 2), (2, 6), (7, 8), (9, 12)]`.
    """
    text = well_formed(text)
    found: list[tuple[int, int]] = []
    place = 0
    for start, end in _runs(text):
        for piece in pieces(text[start:end]):
            if np.isin(scripts.classes_of(scripts.code_points(piece)), _WORD_CLASSES).any():
                found.append((place, place + len(piece)))
            place += len(piece)
    return found


def _runs(text: str) -> Iterator[tuple[int, int]]:
    table = scripts.properties()
    start, current = 0, 0
    for place, sign in enumerate(text):
        kind = int(table[ord(sign)]) >> scripts.WORD_SHIFT & scripts.WORD_MASK
        if kind in _ATTACHED:
            continue
        dictionary = kind if kind >= _FIRST_DICTIONARY else 0
        if dictionary != current and place > start:
            yield start, place
            start = place
        current = dictionary
    if len(text) > start:
        yield start, len(text)


def pieces(text: str) -> Sequence[str]:
    """Return all segments of a well-formed text in order, words and what stands between; joined they are the text.

    ICU counts in UTF-16 units, so its offsets go wrong behind an emoji; its segments as strings do not.
    """
    from icu4py.breakers import WordBreaker  # noqa: PLC0415  # specs import this module, and only workers need ICU

    return list(WordBreaker(text, _ROOT))


def dictionary_breaks(points: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """Return where the segments of a text start, in code points and in order; the text itself where it has none.

    Args:
        points: code points of runs for the dictionaries, each closed by a line feed.
    """
    from icu4py.breakers import WordBreaker  # noqa: PLC0415

    text = points.tobytes().decode("utf-32-le")
    offsets = np.fromiter(map(itemgetter(0), WordBreaker(text, _ROOT).segments()), np.int64)
    if not (points >= _ASTRAL).any():
        return offsets
    units = np.cumsum(1 + (points >= _ASTRAL), dtype=np.int64)  # UTF-16 units up to and with each code point
    return np.searchsorted(units, offsets, side="right").astype(np.int64)


def sentences(text: str) -> Sequence[str]:
    """Return the sentences of a text with the white space behind each; joined they are the well-formed text.

    After UAX #29 in ICU's root locale, which closes a sentence at the marks of every script, danda and `。` among them, and
    knows no abbreviations. Thai and Lao mark no end; there a line is one sentence.

    `sentences("यह है। वह था।")` is `["यह है। ", "वह था।"]`.
    """
    from icu4py.breakers import SentenceBreaker  # noqa: PLC0415

    return list(SentenceBreaker(well_formed(text), _ROOT))
