"""What a quality model reads of a text: stretches of its words, without what gives away a site or a format.

Words are those of the scan, casefolded. Left out are numbers and words with digits, web and e-mail addresses, names of
hosts, and every line break, so that a model cannot learn that good pages have dates and bad ones menus. The marks between two words
are a word of their own, since running text has them where lists do not; and a sign stands behind every three words that
stood in the same stretch before, since a bag of words does not see that a text repeats itself.
"""

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

import numpy as np

from glotmill.text.scan import Bools, TokenTable

VERSION: Final = "words-1"  # of what a line is; a model that was trained on another reads none of these
WINDOW: Final = 256  # words of a stretch; 3 KB of German are 430
MOST_WINDOWS: Final = 3  # of a text: its beginning, middle and end, however long it is
REPEATED: Final = "\u21bb"
_MARKS = 3  # signs between two words that are read
_GAP = 16  # characters in which they are looked for
_ADDRESS = re.compile(r"(?:https?://|ftp://|www\.)[!-~]{1,2000}|[!-?A-~]{1,64}@[!-?A-~]{1,255}", re.IGNORECASE)
_DOTTED = re.compile(r"_|\w\.\w")
_SIGNS = ("://", "www.", "WWW.", "@")

Window = tuple[int, int]  # of a document's words: the first, and the one after the last


class Reader:
    """Reads the documents of one batch.

    Args:
        texts: of the batch.
        table: their token table.
        names: casefolded words that are left out beside addresses: names of the sites that a model is trained on.
    """

    def __init__(self, texts: Sequence[str], table: TokenTable, *, names: frozenset[str] = frozenset()) -> None:
        self._texts, self._names, self._bounds = texts, names, table.word_bounds
        self._starts, self._ends = table.word_starts, table.word_starts + table.word_lengths
        self._visible = table.word_alphabetic & ~table.word_mixed

    def words(self, index: int) -> int:
        """Return how many words a document has."""
        return int(self._bounds[index + 1] - self._bounds[index])

    def line(self, index: int, window: Window) -> str:
        """Return what is read of a stretch of a document, as one line; empty where nothing is."""
        text, first = self._texts[index], int(self._bounds[index])
        part = slice(first + window[0], first + window[1])
        starts, visible = self._starts[part].tolist(), self._visible[part]
        if starts and any(sign in text for sign in _SIGNS):
            visible = visible & ~_in_addresses(text, starts)
        return _line(text, starts, self._ends[part].tolist(), visible.tolist(), self._names)

    def lines(self, index: int) -> list[str]:
        """Return what is read of a whole document: one to three lines, none where it has nothing to read."""
        found = (self.line(index, window) for window in windows(self.words(index)))
        return [line for line in found if line]


def windows(words: int) -> list[Window]:
    """Return the stretches of a text of so many words that are read: up to three, together all of it or evenly spread over it.

    >>> windows(600)
    [(0, 200), (200, 400), (400, 600)]
    >>> windows(2000)
    [(0, 256), (872, 1128), (1744, 2000)]
    """
    count = min(MOST_WINDOWS, -(-words // WINDOW))
    if count < 2:
        return [(0, words)] if words else []
    length = min(WINDOW, -(-words // count))
    starts = [(words - length) * place // (count - 1) for place in range(count)]
    return [(start, start + length) for start in starts]


def _in_addresses(text: str, starts: Sequence[int]) -> Bools:
    first, last = max(0, starts[0] - 2400), starts[-1] + 1
    hidden = np.zeros(len(starts), np.bool_)
    for found in _ADDRESS.finditer(text, first, min(len(text), last + 2400)):
        begin, end = np.searchsorted(starts, found.span())
        hidden[begin:end] = True
    return hidden


def _line(text: str, starts: Sequence[int], ends: Sequence[int], visible: Sequence[bool], names: frozenset[str]) -> str:
    tokens: list[str] = []
    last = -1
    # Host names have dots in them. fastText takes a word that begins with `__label__` for a label.
    looks = bool(names) or (bool(starts) and _DOTTED.search(text, starts[0], ends[-1]) is not None)
    for start, end, shown in zip(starts, ends, visible, strict=True):
        word = text[start:end] if shown else ""
        if not word or (looks and ("." in word or "_" in word or word.casefold() in names)):
            last = -1
            continue
        if 0 <= last < start and (start - last > 1 or text[last] != " "):
            marks = "".join(text[last : min(start, last + _GAP)].split())[:_MARKS]
            if marks:
                tokens.append(marks)
        tokens.append(word)
        last = end
    if last >= 0:
        behind = "".join(takewhile(lambda sign: not sign.isalnum(), text[last : last + _GAP])).split()
        if behind:
            tokens.append(behind[0][:_MARKS])
    return _repetitions_marked(" ".join(tokens).replace("İ", "i").casefold())


def _repetitions_marked(line: str) -> str:
    tokens = line.split(" ")
    first: dict[tuple[str, str, str], int] = {}
    threes = zip(tokens, tokens[1:], tokens[2:], strict=False)
    again = [place for place, three in enumerate(threes) if first.setdefault(three, place) != place]
    if not again:
        return line
    for place in again:
        tokens[place + 2] += f" {REPEATED}"
    return " ".join(tokens)
