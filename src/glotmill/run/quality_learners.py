"""The back-ends of the training: each fits a model on part of the corpus and judges any document of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from glotmill.plan.training import TrainingPlan
from glotmill.run.quality_corpus import Corpus
from glotmill.run.training_documents import Watch
from glotmill.text.quality.embedding import Embedding, Vectors
from glotmill.text.quality.features import VERSION
from glotmill.text.quality.fitting import Fitted, Stretch, fit, labelled, stretches
from glotmill.text.quality.perceptron import Perceptron, dump_perceptron, fit_perceptron
from glotmill.text.quality.scoring import EmbeddingScorer, Scorer

_EMBEDDED_AT_ONCE = 256

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


class Judge(Protocol):
    """A model that has just been trained."""

    @property
    def scorer(self) -> Scorer:
        """What scores any text by it."""
        ...

    def score(self, place: int) -> float:
        """Return the score of a document of the corpus; NaN where there is nothing to read."""
        ...

    def dump(self) -> bytes:
        """Return the model's file."""
        ...


class Learner(Protocol):
    """Trains models on parts of one corpus."""

    def fit(self, good: Flags, among: Flags, *, seed: int) -> Judge:
        """Train a model.

        Args:
            good: labels of all documents, shape (n,).
            among: which documents it may see, shape (n,).
            seed: of what is drawn.
        """
        ...


@dataclass(frozen=True, slots=True)
class FastTextLearner:
    """Trains fastText: every model gets pairs of stretches of its own.

    Args:
        plan: of the training.
        corpus: to learn from.
    """

    plan: TrainingPlan
    corpus: Corpus

    def fit(self, good: Flags, among: Flags, *, seed: int) -> Judge:
        lines: list[str] = []
        for tag in self.plan.languages:
            own = self.corpus.of(tag) & among
            sides = _sides(own, good)
            if all(map(len, sides)):
                lines += labelled(_stretches(self.corpus, sides, seed=seed))
        # Languages one after the other would leave the model with the last one's words.
        order = np.random.default_rng(seed).permutation(len(lines) // 2) if len(self.plan.languages) > 1 else None
        if order is not None:
            lines = [lines[2 * pair + side] for pair in order.tolist() for side in (0, 1)]
        return _FastTextJudge(self.corpus, fit(lines, self.plan.head.training, ngrams=self.plan.ngrams, seed=seed))


@dataclass(frozen=True, slots=True)
class _FastTextJudge:
    corpus: Corpus
    fitted: Fitted

    @property
    def scorer(self) -> Scorer:
        return self.fitted.scorer

    def score(self, place: int) -> float:
        return self.fitted.scorer.of_lines(self.corpus.lines[place])

    def dump(self) -> bytes:
        return self.fitted.dump()


class EmbeddingLearner:
    """Trains networks over vectors: stretches are dealt and embedded once, since that is what takes the time.

    A model that may not see some documents is trained on the stretches of the others; of each class they weigh alike.

    Args:
        plan: of the training.
        corpus: to learn from.
        embedding: whose vectors the networks read.
        watch: told how far the embedding is.
    """

    def __init__(self, plan: TrainingPlan, corpus: Corpus, embedding: Embedding, watch: Watch) -> None:
        self._training, self._embedding = plan.head.network, embedding
        places: list[int] = []
        lines: list[str] = []
        for tag in plan.languages:
            sides = _sides(corpus.of(tag), corpus.good)
            for one in _stretches(corpus, sides, seed=plan.head.seed):
                places.append(int(sides[0 if one.good else 1][one.place]))
                lines.append(one.line)
        self._places = np.array(places, np.int64)
        self._stretches = _embedded(embedding, lines, "stretches", watch)
        self._bounds = np.cumsum([0, *(len(own) for own in corpus.lines)])
        self._documents = _embedded(embedding, [line for own in corpus.lines for line in own], "documents", watch)

    def fit(self, good: Flags, among: Flags, *, seed: int) -> Judge:
        seen = among[self._places]
        network = fit_perceptron(self._stretches[seen], good[self._places[seen]], self._training, seed=seed)
        return _EmbeddingJudge(EmbeddingScorer(self._embedding, network), network, self._documents, self._bounds)


@dataclass(frozen=True, slots=True, eq=False)
class _EmbeddingJudge:
    scorer: EmbeddingScorer
    network: Perceptron
    vectors: Vectors
    bounds: Ints

    def score(self, place: int) -> float:
        return self.scorer.of_vectors(self.vectors[self.bounds[place] : self.bounds[place + 1]])

    def dump(self) -> bytes:
        return dump_perceptron(self.network, self.scorer.embedding.info, features=VERSION)


def _sides(own: Flags, good: Flags) -> tuple[Ints, Ints]:
    return np.flatnonzero(own & good), np.flatnonzero(own & ~good)


def _stretches(corpus: Corpus, sides: tuple[Ints, Ints], *, seed: int) -> list[Stretch]:
    good, bad = ([corpus.members[place] for place in side.tolist()] for side in sides)
    return stretches(good, bad, seed=seed)


def _embedded(embedding: Embedding, lines: Sequence[str], what: str, watch: Watch) -> Vectors:
    found: list[Vectors] = [np.zeros((0, embedding.info.width), np.float32)]
    for start in range(0, len(lines), _EMBEDDED_AT_ONCE):
        some = lines[start : start + _EMBEDDED_AT_ONCE]
        found.append(embedding.embed(some))
        watch(f"lines of {what} embedded", start + len(some))
    return np.concatenate(found)
