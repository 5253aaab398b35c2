"""How much of a page's main content an extractor found, and how much else: F1 over shingles of words and of characters."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glotmill.text import scripts
from glotmill.text.scan import scan

# Four words in a row are hardly ever said twice, neither are eight characters: menus gain nothing from the words that
# any text has. Shingles of four words are what the benchmark of article extraction by Scrapinghub (2020) counts.
WORDS, CHARACTERS = 4, 8
_FORMATS = dict.fromkeys(
    code for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"
)  # joiners and marks of direction: whether they are kept is asked elsewhere
_STEP = np.uint64(0x9E3779B97F4A7C15)

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and their harmonic mean, each 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """2PR / (P + R); 0 where both are."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def by_words(found: Sequence[str], gold: Sequence[str]) -> list[Score]:
    """Compare texts by shingles of four words, as the scan cuts them; punctuation and white space count for nothing."""
    return [_score(one, other) for one, other in zip(_words(found), _words(gold), strict=True)]


def by_characters(found: Sequence[str], gold: Sequence[str]) -> list[Score]:
    """Compare texts by runs of eight letters, marks and digits, whatever stands between them."""
    return [_score(_letters(one), _letters(other)) for one, other in zip(found, gold, strict=True)]


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text.translate(_FORMATS))


def _words(texts: Sequence[str]) -> list[Hashes]:
    found = []
    for at in range(0, len(texts), 256):
        part = [_clean(text) for text in texts[at : at + 256]]
        table = scan(part)
        found += [_shingles(table.words_of(row).astype(np.uint64), WORDS) for row in range(len(part))]
    return found


def _letters(text: str) -> Hashes:
    points = scripts.code_points(_clean(text))
    classes = scripts.classes_of(points)
    wanted = np.isin(classes, (scripts.LETTER, scripts.MARK, scripts.DIGIT, scripts.NUMBER))
    return _shingles(points[wanted].astype(np.uint64), CHARACTERS)


def _shingles(tokens: Hashes, length: int) -> Hashes:
    size = max(1, len(tokens) - length + 1) if len(tokens) else 0
    mixed = np.zeros(size, np.uint64)
    for at in range(min(length, len(tokens))):
        mixed = (mixed ^ tokens[at : at + size]) * _STEP
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _score(found: Hashes, gold: Hashes) -> Score:
    one, one_counts = np.unique(found, return_counts=True)
    other, other_counts = np.unique(gold, return_counts=True)
    _, ones, others = np.intersect1d(one, other, assume_unique=True, return_indices=True)
    common = int(np.minimum(one_counts[ones], other_counts[others]).sum())
    return Score(common / max(1, len(found)), common / max(1, len(gold)))
