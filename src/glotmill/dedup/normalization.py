"""What normalization to NFKC does at each code point, and where a text may be cut for it."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache, partial

import numpy as np
import numpy.typing as npt

SIZE = 0x110000
PLANES = (range(0x40000), range(0xE0000, 0xF0000))  # the others are private or empty (Unicode 17)
# Beside the combining class in the lower bits: NFKC writes it otherwise; it may join what is before, or behind.
COMBINING, CHANGES, JOINS, BEGINS = np.uint16(0xFF), np.uint16(0x100), np.uint16(0x200), np.uint16(0x400)
_BLOCK = 256
_PIECE = 1024  # characters normalized at a time


def altered(*forms_of: Callable[[str], str]) -> Iterator[str]:
    """Yield the characters that one of these changes, ascending.

    Args:
        forms_of: functions that change a text where they change one of its characters, as normal forms and case
            folding do. They leave most blocks of characters as they are, which is quickly found.
    """
    for plane in PLANES:
        for start in range(plane.start, plane.stop, _BLOCK):
            block = "".join(map(chr, range(start, start + _BLOCK)))
            if any(form(block) != block for form in forms_of):
                yield from (sign for sign in block if any(form(sign) != sign for form in forms_of))


@cache
def joining() -> tuple[tuple[str, str], ...]:
    """Return the pairs of characters in NFC that NFC writes otherwise in a row, but for Hangul, which is arithmetic.

    `a` and an acute accent are one; so are `ń` and a dot below, which goes before the accent and gives `ṇ` with an acute.
    """
    nfc = partial(unicodedata.normalize, "NFC")
    shorter: dict[str, str] = {}
    behind: dict[str, list[str]] = defaultdict(list)
    for sign in altered(partial(unicodedata.normalize, "NFD")):
        parts = unicodedata.decomposition(sign).split()
        if len(parts) == 2 and nfc(sign) == sign:
            first, second = (chr(int(part, 16)) for part in parts)
            shorter[sign] = first
            behind[first].append(second)
    found = []
    for sign in sorted({*shorter, *behind}):
        start: str | None = sign
        while start is not None:
            found += [(sign, second) for second in behind.get(start, ()) if nfc(sign + second) != sign + second]
            start = shorter.get(start)
    return tuple(found)


@cache
def forms() -> npt.NDArray[np.uint16]:
    """Return per code point what NFKC may do at it, shape (0x110000,): its combining class and the flags above."""
    found = np.zeros(SIZE, np.uint16)
    for plane in PLANES:
        found[plane.start : plane.stop] = np.fromiter(
            map(unicodedata.combining, map(chr, plane)), np.uint16, len(plane)
        )
    for sign in altered(partial(unicodedata.normalize, "NFKC")):
        found[ord(sign)] |= CHANGES
    for first, second in joining():
        found[ord(first)] |= BEGINS
        found[ord(second)] |= JOINS
    # Hangul composes by arithmetic (The Unicode Standard, 3.12): leading consonants and LV syllables begin.
    found[0x1100:0x1113] |= BEGINS
    found[0xAC00:0xD7A4:28] |= BEGINS
    found[0x1161:0x1176] |= JOINS
    found[0x11A8:0x11C3] |= JOINS
    found.flags.writeable = False
    return found


def pieces(text: str) -> Iterator[str]:
    """Cut before white space, across which nothing composes.

    `unicodedata.normalize` is quadratic in the length of a run of unordered marks: 100,000 of them take 8 s in one
    piece and 0.1 s in pieces. A piece without white space is cut where it is full, but not before a mark.
    """
    start = 0
    while len(text) - start > _PIECE:
        end = max(text.rfind(" ", start + 1, start + _PIECE), text.rfind("\n", start + 1, start + _PIECE))
        if end < 0:
            end = start + _PIECE
            while end < min(start + _PIECE + 32, len(text)) and unicodedata.combining(text[end]):
                end += 1
        yield text[start:end]
        start = end
    yield text[start:]
