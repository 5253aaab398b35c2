"""What a measure is: a number about each document of a token table, seen by what its language is like."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from glotmill.text.scan import Bools, Hashes, Ints, Points, TokenTable

Values = npt.NDArray[np.float64]
Need = Literal["stop_words", "sentence_ends", "scripts", "length", "confusable", "known_words"]
Unit = Literal["share", "ratio", "count", "characters", "points"]
# What a value can be: at least the first, at most the second.
RANGES: dict[Unit, tuple[float, float]] = {
    "share": (0.0, 1.0),
    "ratio": (0.0, float("inf")),
    "count": (0.0, float("inf")),
    "characters": (0.0, float("inf")),
    "points": (0.0, 10.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What measures need to know about the language of the documents.

    Where the language file does not say what a measure needs, no rule asks for it, and `compute` gives some number
    within its range.

    Args:
        stop_words: `text_hash` of each stop word, sorted.
        sentence_ends: code points that close a sentence, sorted.
        scripts: which scripts it is written in, by position in `scripts.names()`.
        length: code points that it takes to say what takes one in English, the language that the constants of
            published measures were found on; None where unknown.
        confusable: `text_hash` of each function word of the languages that it is mixed with or taken for, sorted.
        language: its canonical tag, by which its known words are looked up; None where nobody says it.
    """

    stop_words: Hashes
    sentence_ends: Points
    scripts: Bools
    length: float | None
    confusable: Hashes
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A number about a document.

    Args:
        name: as rules spell it.
        about: what it counts, a clause for reports.
        cites: the paper or project that it comes from.
        unit: a `share` of a whole, a `ratio` of two counts, a `count`, a length in `characters`, `points` of ten.
        needs: what the language's profile must hold for it to mean anything.
        compute: token table of n documents, profile of their language -> shape (n,), finite for every text and within
            the range of its unit.
    """

    name: str
    about: str
    cites: str
    unit: Unit
    compute: Callable[[TokenTable, Profile], Values]
    needs: frozenset[Need] = frozenset()


def ratio(part: Ints | Values, whole: Ints | Values) -> Values:
    """Divide; a whole below one counts as one, so that signs without any word are many rather than undefined."""
    quotient: Values = part / np.maximum(whole, 1)
    return quotient
