"""What a quality model reads of a text: stretches of its words, without what gives away a site or a format.

Words are those of the scan, casefolded. Left out are numbers and words with digits, web and e-mail addresses, names of
hosts, and every line break, so that a model cannot learn that good pages have dates and bad ones menus. The marks between two words
are a word of their own, since running text has them where lists do not; and a sign stands behind every three words that
stood in the same stretch before, since a bag of words does not see that a text repeats itself.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from glotmill.text.groups import joined
from glotmill.text.hashing import folding
from glotmill.text.scan import Bools, TokenTable

VERSION: Final = "words-1"  # of what a line is; a model that was trained on another reads none of these
WINDOW: Final = 256  # words of a stretch; 3 KB of German are 430
REPEATED: Final = "\u21bb"
MOST_WINDOWS: Final = 3  # of a text: its beginning, middle and end, however long it is
_WEB = r"(?:https?://|ftp://|www\.)[!-~]{1,2000}"
_WEB_ADDRESS = re.compile(_WEB, re.IGNORECASE)
_ADDRESS = re.compile(_WEB + r"|[!-?A-~]{1,64}@[!-?A-~]{1,255}", re.IGNORECASE)
_REACH = 2_400  # characters around words in which an address may begin that holds them: longer than any
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
        return self._read([index], [(0, window)])[0]

    def lines(self, index: int) -> list[str]:
        """Return what is read of a whole document: one to three lines, none where it has nothing to read."""
        return self._documents([index])[0]

    def documents(self) -> list[list[str]]:
        """Return `lines` of every document of the batch, in a fraction of the time."""
        return self._documents(range(len(self._texts)))

    def _documents(self, indices: Sequence[int]) -> list[list[str]]:
        wanted = [(place, window) for place, index in enumerate(indices) for window in windows(self.words(index))]
        found: list[list[str]] = [[] for _ in indices]
        for (place, _), line in zip(wanted, self._read(indices, wanted), strict=True):
            if line:
                found[place].append(line)
        return found

    def _read(self, indices: Sequence[int], wanted: Sequence[tuple[int, Window]]) -> list[str]:
        """Return the lines of windows into documents, which are given as positions in `indices`."""
        from glotmill.text.quality import reading_kernel  # noqa: PLC0415  # numba takes 0.3 s that `check` need not pay

        texts = [self._texts[index] for index in indices]
        points, origins = joined(texts)
        signed = [any(sign in text for sign in _SIGNS) for text in texts]
        parts: list[slice] = []
        shown: list[Bools] = [np.zeros(0, np.bool_)]
        addresses: dict[tuple[int, Window], list[Window]] = {}  # the windows of a short text look in all of it
        for place, (first, last) in wanted:
            part = slice(*(self._bounds[indices[place]] + (first, last)).tolist())
            parts.append(part)
            visible = self._visible[part]
            starts = self._starts[part].tolist() if signed[place] else []
            if starts:
                key = place, _reach(texts[place], starts)
                if key not in addresses:
                    addresses[key] = _addresses(texts[place], key[1])
                visible = visible.copy()
                for span in addresses[key]:
                    begin, end = np.searchsorted(starts, span)
                    visible[begin:end] = False
            shown.append(self._without_names(texts[place], part, visible) if self._names else visible)
        sizes = np.array([part.stop - part.start for part in parts], np.int64)
        places = np.array([place for place, _ in wanted], np.int64)
        shift = np.repeat(origins[places], sizes)
        rows = np.repeat(np.array([part.start for part in parts], np.int64) - np.cumsum(sizes) + sizes, sizes)
        rows += np.arange(len(rows))
        lines, bounds = reading_kernel.read_stretches(
            points,
            np.stack([sizes, origins[places + 1]], axis=1),
            (self._starts[rows] + shift, self._ends[rows] + shift, np.concatenate(shown)),
            bool(self._names),
            (reading_kernel.kinds(), *folding()),
        )
        whole, ends = lines.tobytes().decode("utf-32-le"), bounds.tolist()
        return [whole[start:end] for start, end in pairwise(ends)]

    def _without_names(self, text: str, part: slice, visible: Bools) -> Bools:
        spans = zip(self._starts[part].tolist(), self._ends[part].tolist(), strict=True)
        return visible & ~np.array([text[start:end].casefold() in self._names for start, end in spans], np.bool_)


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


def _reach(text: str, starts: Sequence[int]) -> Window:
    """Return the part of a text in which addresses are looked for that may hold words which start at these places."""
    return max(0, starts[0] - _REACH), min(len(text), starts[-1] + 1 + _REACH)


def _addresses(text: str, reach: Window) -> list[Window]:
    # Looking for mail takes five times as long.
    pattern = _WEB_ADDRESS if text.find("@", *reach) < 0 else _ADDRESS
    return [found.span() for found in pattern.finditer(text, *reach)]
