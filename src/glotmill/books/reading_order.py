"""The order in which the lines of a page are read, by where they stand on it: columns that a scan runs through one another.

A page is cut along white space that runs down through it (after Nagy and Seth 1984, Hierarchical Representation of Optically
Scanned Documents, ICPR) and only where its lines prove that they were taken across: their order jumps from side to side. An
engine that found the columns itself is believed. Lines that reach across the white space, headings, cut the columns in two.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

_LEAST_LINES: Final = 4  # of each column; fewer may be a table, a dialogue or a title page
_LEAST_WORDS: Final = 2.0  # per line of each column: prose, not a table of figures
_LEAST_SHARE: Final = 0.2  # of the width of what is printed, for each column
_MOST_ACROSS: Final = 0.25  # of the lines may reach across: headings, footers
_JUMPS: Final = 0.4  # of the steps from line to line change sides where columns were taken across; 0.1 where not
_BINS: Final = 400  # across the page; a gutter is at least 1 % of its width
_LEAST_GUTTER: Final = 4
_LEVELS: Final = 3  # cuts within cuts: eight columns
_MOST_LINES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a line, and where it stands.

    Args:
        left: edge of its box in the page's own unit, as is `right`.
    """

    text: str
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page.

    Args:
        words: in reading order, without the spaces between them.
        top: upper edge of its box in the page's own unit, growing downwards, as is `bottom`.
        bottom: lower edge.
        block: number of the block that the engine put it into.
    """

    words: tuple[Word, ...]
    top: int
    bottom: int
    block: int

    @property
    def left(self) -> int:
        """The left edge."""
        return min(word.left for word in self.words)

    @property
    def right(self) -> int:
        """The right edge."""
        return max(word.right for word in self.words)


def in_reading_order(lines: Sequence[Line], *, right_to_left: bool) -> tuple[tuple[Line, ...], int]:
    """Return the lines of a page in reading order, and how many of them were moved or cut in two; 0: they stay as they are.

    Args:
        lines: in the order of the file, each with a word at least.
        right_to_left: whether the right column is read first.
    """
    if len(lines) > _MOST_LINES:
        return tuple(lines), 0
    ordered, cut = _ordered(list(lines), 1 if right_to_left else -1, _LEVELS)
    if not cut:
        return tuple(lines), 0
    return tuple(ordered), cut


def _ordered(lines: list[Line], first: int, levels: int) -> tuple[list[Line], int]:
    gutter = _gutter(lines) if levels and len(lines) >= _LEAST_LINES else None
    if gutter is None:
        return lines, 0
    halves = [part for line in lines for part in _parted(line, gutter)]
    sides = [_side(line, gutter) for line in halves]
    if not _is_interleaved(lines, sides, gutter):
        return lines, 0
    # A new block begins at each change of column, or paragraphs would run on from one into the other.
    result: list[Line] = []
    moved = 0
    band: list[tuple[int, Line]] = []

    def close() -> None:
        nonlocal moved
        for side in (first, -first):
            column, deeper = _ordered([line for at, line in band if at == side], first, levels - 1)
            moved += deeper
            result.extend(replace(line, block=2 * line.block + (side == 1)) for line in column)
        band.clear()

    for side, line in zip(sides, halves, strict=True):
        if side == 0:
            close()
            result.append(replace(line, block=2 * line.block))
        else:
            band.append((side, line))
            moved += 1
    close()
    return result, moved


def _gutter(lines: Sequence[Line]) -> float | None:
    """Return the middle of the widest white space that runs down the page, or None."""
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    width = right - left
    if width < _BINS:
        return None
    covered = np.zeros(_BINS + 1, np.int64)
    for line in lines:
        for word in line.words:
            covered[(word.left - left) * _BINS // width] += 1
            covered[min((word.right - left) * _BINS // width + 1, _BINS)] -= 1
    free = np.cumsum(covered)[:_BINS] <= _MOST_ACROSS * len(lines)
    start, end = int(_LEAST_SHARE * _BINS), int((1 - _LEAST_SHARE) * _BINS)
    best, run = (0, 0), 0
    for place in range(start, end):
        run = run + 1 if free[place] else 0
        best = max(best, (run, place))
    if best[0] < _LEAST_GUTTER:
        return None
    return left + (best[1] - (best[0] - 1) / 2 + 0.5) * width / _BINS


def _parted(line: Line, gutter: float) -> tuple[Line, ...]:
    """Return a line that an engine took across two columns as two; one without a word on either side stays whole."""
    if any(word.left < gutter < word.right for word in line.words):
        return (line,)
    sides = (
        tuple(word for word in line.words if word.right <= gutter),
        tuple(word for word in line.words if word.left >= gutter),
    )
    if not all(sides):
        return (line,)
    apart = min(word.left for word in sides[1]) - max(word.right for word in sides[0])
    if 2 * apart < line.bottom - line.top:  # a space between words, not between columns
        return (line,)
    return tuple(replace(line, words=words) for words in sides)


def _side(line: Line, gutter: float) -> int:
    if line.right <= gutter:
        return -1
    return 1 if line.left >= gutter else 0


def _is_interleaved(lines: Sequence[Line], sides: Sequence[int], gutter: float) -> bool:
    columns = [side for side in sides if side]
    if min(columns.count(-1), columns.count(1)) < _LEAST_LINES or sides.count(0) > _MOST_ACROSS * len(sides):
        return False
    words = [0, 0]
    for line in lines:
        for word in line.words:
            words[word.left >= gutter] += 1
    if min(words[0] / columns.count(-1), words[1] / columns.count(1)) < _LEAST_WORDS:
        return False
    jumps = sum(one != other for one, other in itertools.pairwise(columns))
    return jumps >= _JUMPS * (len(columns) - 1)
