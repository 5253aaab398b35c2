"""What scores documents: fastText, a network over an embedding, or the surface of the text; one interface for all."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from glotmill.core.errors import DataError, SettingsError
from glotmill.text.identification.fasttext import Predict, open_model
from glotmill.text.measures import Profile
from glotmill.text.measures.surface import surface_score
from glotmill.text.quality.embedding import Embedding, Vectors
from glotmill.text.quality.features import Reader
from glotmill.text.quality.perceptron import MAGIC, Perceptron, load_perceptron
from glotmill.text.scan import TokenTable

GOOD, BAD = "good", "bad"  # the labels that a model is trained on
SURFACE: Final = "surface"
_LEAST = 1e-5  # what fastText adds to a probability before it takes its logarithm
_MOST = math.log((1 + _LEAST) / _LEAST)  # so that both kinds of models end at the same log-odds
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
        return np.array([self.of_lines(lines) for lines in Reader(texts, table).documents()], np.float64)

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
class EmbeddingScorer:
    """Scores by a network over the vectors of an embedding, as FineWeb2-HQ does (Messmer et al. 2025, arXiv:2502.10361).

    The embedding is given the same stretches as fastText, so that neither sees more of a text than the other. The score is
    the log-odds of good against bad, the mean over them, from about -11.5 to 11.5.

    Args:
        embedding: the one that the network was trained on.
        network: gives log-odds.
    """

    embedding: Embedding
    network: Perceptron

    def score(self, texts: Sequence[str], table: TokenTable) -> Scores:
        lines = Reader(texts, table).documents()
        vectors = self.embedding.embed([line for own in lines for line in own])
        ends = np.cumsum([len(own) for own in lines]).tolist()
        starts = [0, *ends[:-1]] if ends else []
        return np.array([self.of_vectors(vectors[a:b]) for a, b in zip(starts, ends, strict=True)], np.float64)

    def of_vectors(self, vectors: Vectors) -> float:
        """Return the score of a document by the vectors of its lines, shape (lines, width); NaN of none."""
        if not len(vectors):
            return math.nan
        score = sum(min(max(self.network.logit(vector), -_MOST), _MOST) for vector in vectors) / len(vectors)
        return round(score, 4)


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


def open_scorer(path: Path, embedding: Callable[[str], Embedding]) -> FastTextScorer | EmbeddingScorer:
    """Open a model of quality, once per process.

    Args:
        path: a file that `glotmill train quality` wrote, of either back-end.
        embedding: opens the one of this name.

    Raises:
        SettingsError: the file is no model of quality, or its embedding is another than it was trained on.
    """
    with path.open("rb") as file:
        embedded = file.read(len(MAGIC)) == MAGIC
    if embedded:
        network, wanted = load_perceptron(path)
        found = embedding(wanted.name)
        if (found.info.sha256, found.info.width) != (wanted.sha256, wanted.width):
            raise SettingsError(
                f"{path} was trained on the embedding {wanted.name} of {wanted.engine} ({wanted.sha256[:12]}...), and "
                f"{found.info.engine} has another ({found.info.sha256[:12]}...)\n"
                "  Install that version, or train the model again."
            )
        return EmbeddingScorer(found, network)
    predict, labels = open_model(path)
    if set(labels) != {GOOD, BAD}:
        raise SettingsError(f"{path} is no model of quality: its labels are {', '.join(sorted(labels)[:8])}")
    return FastTextScorer(predict)
