"""Words: one definition for every script, by the Unicode rules and dictionaries that ICU carries.

A word is a segment between two word boundaries (Unicode Standard Annex #29, ICU's root locale) that holds at least
one letter or number. Thai, Lao, Khmer, Burmese, Chinese and Japanese are cut by ICU's dictionaries, everything else by
rule; Tibetan comes out as syllables, which is what the script itself marks.
"""

import re
from collections.abc import Sequence

_ROOT = "root"
_SURROGATE = re.compile("[\ud800-\udfff]")


def well_formed(text: str) -> str:
    """Return the text with every lone surrogate replaced by U+FFFD, so that it has the same length and a UTF-8 form."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def pieces(text: str) -> Sequence[str]:
    """Return all segments of a well-formed text in order, words and what stands between; joined they are the text.

    ICU counts in UTF-16 units, so its offsets go wrong behind an emoji; its segments as strings do not.
    """
    from icu4py.breakers import WordBreaker  # noqa: PLC0415  # specs import this module, and only workers need ICU

    return list(WordBreaker(text, _ROOT))
