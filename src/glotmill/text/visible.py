"""The visible text of HTML pages, many at once: what a reader sees, menus and footers included, without a tree."""

import functools
import html.entities
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_RAW = "script style textarea title xmp iframe noembed noframes"  # text up to their own end tag (HTML, 13.2.5.1)
_BREAKS = (
    "address article aside blockquote button br caption center dd details dialog dir div dl dt fieldset figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 header hgroup hr label li main menu nav ol optgroup option p pre section summary"
    " table tbody tfoot thead tr ul"
)
_CELLS = "td th"
_LINE_FEED = 0x0A
_FIRST_MARK = 0x300  # below it every text is in NFC
_WINDOWS = 12


@dataclass(frozen=True, slots=True, eq=False)
class VisibleText:
    """The text of pages as code points, one line per block of a page.

    Args:
        points: code points of all pages, shape (n,).
        origins: where each page's begin, and n, shape (pages + 1,).
    """

    points: npt.NDArray[np.uint32]
    origins: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.origins) - 1

    def text_of(self, page: int, start: int = 0, end: int | None = None) -> str:
        """Return the text of a page, or the part of it between two offsets."""
        first, last = int(self.origins[page]), int(self.origins[page + 1])
        part = self.points[first + start : last if end is None else min(last, first + end)]
        return part.tobytes().decode("utf-32-le")

    def excerpt(self, most: int) -> "VisibleText":
        """Return the same texts, of longer ones than `most` code points a third from the beginning and windows.

        The windows are evenly spaced over the rest and each begins a line of its own. What a part of the text says
        costs no more than that, however long the text.

        Args:
            most: code points, at least 1,000.
        """
        if not (np.diff(self.origins) > most).any():
            return self
        return _joined([self._windows(page, most) for page in range(len(self))])

    def _windows(self, page: int, most: int) -> npt.NDArray[np.uint32]:
        points = self.points[self.origins[page] : self.origins[page + 1]]
        if len(points) <= most:
            return points
        head = most // 3
        each = (most - head) // _WINDOWS - 1
        starts = head + np.arange(_WINDOWS) * (len(points) - head - each) // (_WINDOWS - 1)
        feed = np.array([_LINE_FEED], np.uint32)
        parts = [points[:head]]
        for start in starts.tolist():
            parts += [feed, points[start : start + each]]
        return np.concatenate(parts)

    def normalized(self) -> "VisibleText":
        """Return the texts in NFC, which is all but always what they are in."""
        filled = np.diff(self.origins) > 0
        highest = np.zeros(len(self), np.uint32)
        if filled.any():
            highest[filled] = np.maximum.reduceat(self.points, self.origins[:-1][filled])
        changed: dict[int, npt.NDArray[np.uint32]] = {}
        for page in np.flatnonzero(highest >= _FIRST_MARK).tolist():
            text = self.text_of(page)
            if not unicodedata.is_normalized("NFC", text):
                changed[page] = np.frombuffer(unicodedata.normalize("NFC", text).encode("utf-32-le"), np.uint32)
        if not changed:
            return self
        pages = range(len(self))
        return _joined([changed.get(at, self.points[self.origins[at] : self.origins[at + 1]]) for at in pages])


def _joined(parts: Sequence[npt.NDArray[np.uint32]]) -> VisibleText:
    origins = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
    return VisibleText(np.concatenate(parts), origins)


def visible(data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> VisibleText:
    """Return the text that readers of pages see, in time linear in their bytes whatever the markup.

    Style sheets are not read, so hidden elements count as seen. Scripts, styles, comments, titles and form fields do not.

    Args:
        data: UTF-8 of all pages, shape (bytes,); bytes that are none become U+FFFD.
        starts: where each page begins, shape (pages,).
        ends: where each page ends, shape (pages,).
    """
    from glotmill.text import visible_kernel  # noqa: PLC0415  # brings numba

    return VisibleText(*visible_kernel.visible(data, starts, ends, _tags(), _entities(), _windows_1252()))


def visible_text(page: str) -> str:
    """Return the text that a reader of one page sees: `<p>ไป<b>ตลาด</b><p>วัด` gives two lines, ไปตลาด and วัด."""
    data = np.frombuffer(page.encode("utf-8", "replace"), np.uint8)
    return visible(data, np.zeros(1, np.int64), np.array([len(data)], np.int64)).text_of(0)


@functools.cache
def _tags() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
    from glotmill.text.visible_kernel import BREAK, CELL, RAW  # noqa: PLC0415

    kinds = (
        dict.fromkeys(_BREAKS.split(), BREAK) | dict.fromkeys(_CELLS.split(), CELL) | dict.fromkeys(_RAW.split(), RAW)
    )
    keys, places = _table(kinds)
    found = np.zeros(len(keys), np.uint8)
    for name, place in places.items():
        found[place] = kinds[name]
    return keys, found


@functools.cache
def _entities() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32]]:
    keys, places = _table(html.entities.html5)
    points = np.zeros((len(keys), 2), np.uint32)
    for name, place in places.items():
        for column, sign in enumerate(html.entities.html5[name]):
            points[place, column] = ord(sign)
    return keys, points


@functools.cache
def _windows_1252() -> npt.NDArray[np.uint32]:
    # Five of the 32 are free in Windows-1252 and stay what they are.
    signs = [bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0xA0)]
    return np.array([byte if sign == "\ufffd" else ord(sign) for byte, sign in enumerate(signs, 0x80)], np.uint32)


def _table(names: Iterable[str]) -> tuple[npt.NDArray[np.uint64], dict[str, int]]:
    """Return a table with open addressing and where each name stands in it."""
    hashes = {name: _hash(name) for name in sorted(names)}
    size = 1 << (4 * len(hashes)).bit_length()
    keys = np.zeros(size, np.uint64)
    places: dict[str, int] = {}
    for name, value in hashes.items():
        place = value & size - 1
        while keys[place]:
            place = place + 1 & size - 1
        keys[place], places[name] = value, place
    return keys, places


def _hash(name: str) -> int:
    from glotmill.text.visible_kernel import SEED, STEP  # noqa: PLC0415

    value = SEED
    for byte in name.encode("ascii"):
        value = (value ^ byte) * STEP & (1 << 64) - 1
    return value
