"""Lines and paragraphs of texts: where each stands, and the hash by which two are counted as one."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from glotmill.dedup.mixing import U64
from glotmill.dedup.normalization import forms, pieces
from glotmill.text import scripts
from glotmill.text.groups import grouped, joined
from glotmill.text.hashing import folding

Unit = Literal["line", "paragraph"]
Digits = Literal["keep", "fold"]
Ints = npt.NDArray[np.int64]
Points = npt.NDArray[np.uint32]

NORM_VERSION = 2  # raise it whenever a unit could get another hash
# White space that ends no line (Unicode property White_Space without the breaks of the scan).
_BLANKS = frozenset(
    "\t \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_GAPS = re.compile("\n{4,}")  # what `normalize` leaves of blank lines
_GROUP_CHARACTERS = 1_000_000  # texts at once; bounds memory at about 20 bytes per character


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The lines or paragraphs of a batch of texts, as columns; those of text i are `bounds[i]` to `bounds[i + 1]`.

    Args:
        bounds: shape (texts + 1,).
        starts: offset of the first visible character in its text, in code points, shape (units,).
        ends: offset behind the last visible character.
        letters: letters of the counted form.
        hashes: of the counted form, 64 bits.
    """

    bounds: Ints
    starts: Ints
    ends: Ints
    letters: Ints
    hashes: U64

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def texts(self) -> Ints:
        """The text that each unit stands in, shape (units,)."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.bounds))


def find(texts: Sequence[str], *, unit: Unit, digits: Digits) -> Units:
    """Return the units of each text, in time linear in its length; those of a text do not depend on its neighbors.

    Two units count as one where they are equal in NFKC, casefolded, with any white space as one space: `"ＭＥＮＵ　一"`
    and `"Menu 一"`. Combining marks, joiners and punctuation count: `"काल"` and `"कल"` are two.

    Args:
        texts: any strings.
        unit: `line`: what stands between line breaks (those of the scan) and is not white space alone; `paragraph`:
            lines without a blank line between them.
        digits: `keep`: they count; `fold`: any run of decimal digits is one zero.
    """
    parts = [_group(group, unit, digits) for group in grouped(texts, _GROUP_CHARACTERS)]
    if not parts:
        nothing = np.zeros(0, np.int64)
        return Units(np.zeros(1, np.int64), nothing, nothing, nothing, np.zeros(0, np.uint64))
    counts = np.concatenate([np.diff(part.bounds) for part in parts])
    return Units(
        np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)]),
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.ends for part in parts]),
        np.concatenate([part.letters for part in parts]),
        np.concatenate([part.hashes for part in parts]),
    )


def without(text: str, starts: Sequence[int], ends: Sequence[int]) -> str:
    """Return a text without these units and the line break behind each, and with at most two blank lines in a row.

    Args:
        text: any string.
        starts: offsets of units, ascending.
        ends: offsets behind them.
    """
    kept: list[str] = []
    place = 0
    for start, end in zip(starts, ends, strict=True):
        cut = start
        while cut > place and text[cut - 1] in _BLANKS:
            cut -= 1
        kept.append(text[place:cut])
        place = end
        while place < len(text) and text[place] in _BLANKS:
            place += 1
        place += 2 if text.startswith("\r\n", place) else 1
    kept.append(text[place:])
    left = "".join(kept).strip()
    return _GAPS.sub("\n\n\n", left) if "\n\n\n\n" in left else left  # the search alone is ten times as fast


def _group(texts: list[str], unit: Unit, digits: Digits) -> Units:
    from glotmill.dedup import unit_kernel  # noqa: PLC0415  # numba takes 0.3 s that `check` need not pay
    from glotmill.text.line_kernel import marks  # noqa: PLC0415  # as above

    points, origins = joined(texts)
    tables = (scripts.properties(), *folding(), forms())
    bounds, starts, ends = unit_kernel.find_units(points, origins, tables[0], marks(), unit == "paragraph")
    letters, hashes, composes = unit_kernel.hash_spans(points, starts, ends, *tables, digits == "fold")
    shift = np.repeat(origins[:-1], np.diff(bounds))
    starts, ends = starts - shift, ends - shift
    again = np.flatnonzero(composes)
    if len(again):
        numbers = np.repeat(np.arange(len(texts)), np.diff(bounds))[again].tolist()
        places = zip(numbers, starts[again].tolist(), ends[again].tolist(), strict=True)
        points, origins = joined([_composed(texts[number][start:end]) for number, start, end in places])
        letters[again], hashes[again], _ = unit_kernel.hash_spans(
            points, origins[:-1], origins[1:], *tables, digits == "fold"
        )
    return Units(bounds, starts, ends, letters, hashes)


def _composed(text: str) -> str:
    if text.isascii():
        return text
    return "".join(unicodedata.normalize("NFKC", piece) for piece in pieces(text))
