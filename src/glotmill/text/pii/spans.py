"""What a finder returns, and how the spans of several finders become one list."""

from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """A piece of text, `[start, end)` in code points, and what it is: `email`, `iban`, ..."""

    start: int
    end: int
    kind: str


def united(first: list[Span], more: Iterable[Span]) -> list[Span]:
    """Return `first` and what of `more` overlaps none of it, by position; both are sorted and free of overlaps.

    Time is linear in both.
    """
    kept: list[Span] = []
    position = 0
    for span in more:
        while position < len(first) and first[position].end <= span.start:
            kept.append(first[position])
            position += 1
        if position == len(first) or first[position].start >= span.end:
            kept.append(span)
    return kept + first[position:]
