"""Words that say what the number behind them is."""

import re
import unicodedata

REACH = 40  # code points before a number in which a word announces it


def pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern that finds any of the words in what `before` returns.

    A word of at most four letters stands alone ("OIB", not "Globoib"), where its script puts spaces between words;
    a longer one may have endings and be part of another.
    """
    alternatives = []
    for word in words:
        folded = re.escape(_folded(word))
        short = len(word) <= 4 and all(unicodedata.name(letter, "").startswith(_SPACED) for letter in word[:1])
        alternatives.append(rf"(?<![^\W\d_]){folded}(?![^\W\d_])" if short else folded)
    return re.compile("|".join(alternatives))


def before(text: str, position: int) -> str:
    """Return what stands before a position, within reach and on its line, without case."""
    window = text[max(0, position - REACH) : position]
    return _folded(window.rpartition("\n")[2])


def _folded(text: str) -> str:
    # The dot that Turkish capitals keep when their case is folded.
    return text.casefold().replace("\u0307", "")


_SPACED = ("LATIN", "CYRILLIC", "GREEK", "HEBREW", "ARABIC")
