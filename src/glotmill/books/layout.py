"""Pages of lines with boxes, as engines of character recognition give them, made into blocks of text in reading order."""

import math
import unicodedata
from itertools import groupby
from typing import Final

from glotmill.books.building import Builder
from glotmill.books.pages import RefusedError
from glotmill.books.reading_order import Line, Word, in_reading_order

_MOST_WORDS: Final = 200_000  # on a page: a sheet of a newspaper has some ten thousand
_FARTHEST: Final = 1e9  # of any coordinate, in whatever unit; pages are not larger
_ASKED: Final = 2000  # characters of a page that say in which direction it is read
_RIGHT_TO_LEFT: Final = frozenset(("R", "AL"))  # Unicode property Bidi_Class


def coordinate(value: str | None) -> int:
    """Return a number as an engine writes it, rounded; 0 where it is none."""
    try:
        number = float(value or 0)
    except ValueError:
        return 0
    return round(number) if math.isfinite(number) and abs(number) <= _FARTHEST else 0


class PageLines:
    """The lines of the page that is being read."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._lines: list[Line] = []
        self._words: list[Word] = []
        self._extent = (0, 0)
        self._block = self._count = 0

    def begin_block(self) -> None:
        """Begin a paragraph."""
        self.end_line()
        self._block += 1

    def begin_line(self, top: int, bottom: int) -> None:
        """Begin a line, with the edges of its box."""
        self.end_line()
        self._extent = (top, bottom)

    def add_word(self, text: str, left: int, right: int) -> None:
        """Add a word to the line."""
        text = text.strip()
        if text:
            self._count += 1
            if self._count > _MOST_WORDS:
                raise RefusedError("too_many_words", f"more than {_MOST_WORDS} words on a page")
            self._words.append(Word(text, left, max(left, right)))

    def lengthen_word(self, text: str) -> None:
        """Add a sign to the last word of the line, a hyphen."""
        if self._words:
            last = self._words[-1]
            self._words[-1] = Word(last.text + text, last.left, last.right)

    def end_line(self) -> None:
        """End the line; one without words is none."""
        if self._words:
            top, bottom = self._extent
            self._lines.append(Line(tuple(self._words), top, bottom, self._block))
            self._words = []

    def end_page(self) -> None:
        """Hand the page's blocks over, in reading order."""
        self.end_line()
        lines, moved = in_reading_order(self._lines, right_to_left=self._is_right_to_left())
        for _, members in groupby(lines, key=lambda line: line.block):
            self._builder.add("\n".join(" ".join(word.text for word in line.words) for line in members), moved=moved)
            moved = 0
        self._lines, self._count = [], 0

    def _is_right_to_left(self) -> bool:
        score = asked = 0
        for line in self._lines:
            for word in line.words:
                for sign in word.text:
                    kind = unicodedata.bidirectional(sign)
                    score += (kind in _RIGHT_TO_LEFT) - (kind == "L")
                    asked += 1
            if asked > _ASKED:
                break
        return score > 0
