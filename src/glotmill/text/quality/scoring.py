"""What scores documents: a trained fastText model, or the surface of the text; one interface for both."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from glotmill.core.errors import DataError, SettingsError
from glotmill.text.identification.fasttext import Predict, open_model
from glotmill.text.measures import Profile
from glotmill.text.measures.surface import surface_score
from glotmill.text.quality.features import Reader
from glotmill.text.scan import TokenTable

GOOD, BAD = "good", "bad"  # the labels that a model is trained on
SURFACE: Final = "surface"
_LEAST = 1e-5  # what fastText adds to a probability before it takes its logarithm
_TENTHS = 10.0

Scores = npt.NDArray[np.float64]


class Scorer(Protocol):
    """Scores documents of one language; greater is better. Equal texts get equal scores, alone and beside others."""

    def score(self, texts: Sequence[str], table: TokenTable) -> Scores:
        """Return a score per document, 4 decimals, NaN where there is nothing to read, shape (texts,)."""
        ...


@dataclass(frozen=True, slots=True)
class FastTextScorer:
    """Scores by a model that tells good text from bad (Joulin et al. 2016, arXiv:1607.01759).

    The score is the log-odds of good against bad where both are as frequent, the mean over the stretches that are read,
    from about -11.5 to 11.5: probabilities of a model that is sure are all 1.0000, their odds still differ.

    Args:
        predict: gives the model's labels of one line with probabilities, the best first.
    """

    predict: Predict

    def score(self, texts: Sequence[str], table: TokenTable) -> Scores:
        reader = Reader(texts, table)
        return np.array([self.of_lines(reader.lines(index)) for index in range(len(texts))], np.float64)

    def of_lines(self, lines: Sequence[str]) -> float:
        """Return the score of a document by what is read of it; NaN of nothing.

        Raises:
            DataError: the model gives probabilities that are no numbers.
        """
        if not lines:
            return math.nan
        score = sum(map(self._of_line, lines)) / len(lines)
        if not math.isfinite(score):
            raise DataError(
                "the model of quality gives scores that are no finite numbers: it is broken, train it again"
            )
        return round(score, 4)

    def _of_line(self, line: str) -> float:
        chances = dict(self.predict(line))
        good, bad = (min(max(chances.get(name, 0.0), _LEAST), 1.0) for name in (GOOD, BAD))
        return math.log(good) - math.log(bad)


@dataclass(frozen=True, slots=True)
class SurfaceScorer:
    """Scores by the surface of the text, 0 to 1: a tenth of `surface_score` (HPLT web-docs-scorer, arXiv:2503.10267).

    Args:
        profile: of the language.
    """

    profile: Profile

    def score(self, texts: Sequence[str], table: TokenTable) -> Scores:
        scores = np.round(surface_score(table, self.profile) / _TENTHS, 4)
        return np.where(table.word_counts > 0, scores, np.nan)


def open_scorer(path: Path) -> FastTextScorer:
    """Open a fastText model of quality, once per process.

    Raises:
        SettingsError: the file is no fastText model, or knows other labels than good and bad.
    """
    predict, labels = open_model(path)
    if set(labels) != {GOOD, BAD}:
        raise SettingsError(f"{path} is no model of quality: its labels are {', '.join(sorted(labels)[:8])}")
    return FastTextScorer(predict)
