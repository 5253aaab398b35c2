"""Training a model of quality: check, leave out copies, judge on held-out domains, fit, calibrate, and write the card."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path

import numpy as np
import numpy.typing as npt

import glotmill
from glotmill.core.errors import DataError
from glotmill.plan.fingerprint import code_digest
from glotmill.plan.training import TrainingPlan
from glotmill.run.quality_card import Crawl, Judged, data_sources, language_part, warnings
from glotmill.run.quality_corpus import Corpus, check_crawl, corpus_of
from glotmill.run.quality_learners import EmbeddingLearner, FastTextLearner, Learner
from glotmill.run.training_documents import Document, Watch, gather
from glotmill.text.quality.card import ModelCard
from glotmill.text.quality.embedding import Embedding, open_embedding
from glotmill.text.quality.features import VERSION
from glotmill.text.quality.metrics import folds
from glotmill.text.quality.scoring import Scorer
from glotmill.text.scan import scan

_FOLDS = 5
_BATCH = 500
_DISTRIBUTIONS = ("icu4py", "numpy")

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Trained:
    """A model and its card; equal recipes, inputs and versions give equal bytes of both.

    Args:
        data: of the model file.
        card: what is written beside it.
    """

    data: bytes
    card: ModelCard


def train_quality(
    plan: TrainingPlan, bindings: Mapping[str, str], models: Mapping[str, Path], *, watch: Watch
) -> Trained:
    """Train, judge and calibrate the model of a training recipe.

    Args:
        plan: the resolved recipe.
        bindings: source -> location, for all sources.
        models: model name -> local file, for those that the steps open.
        watch: told now and then what goes on.

    Raises:
        DataError: a class, a language or the crawl has too few documents or domains to learn or to judge by; said
            before anything is trained.
        SettingsError: the embedding cannot be opened; said before anything is read.
    """
    embedding = _embedding(plan, models)
    gathered = gather(plan, bindings, models, watch=watch)
    corpus, left_out = corpus_of(plan, gathered)
    check_crawl(plan, gathered.documents["crawl"])
    parts = _parts(plan, corpus)
    learner: Learner = FastTextLearner(plan, corpus)
    if embedding is not None:
        learner = EmbeddingLearner(plan, corpus, embedding, watch)
    judged = _judged(plan, corpus, learner, parts, watch)
    watch("the model itself", len(corpus))
    fitted = learner.fit(corpus.good, np.ones(len(corpus), np.bool_), seed=plan.head.seed)
    data = fitted.dump()
    known = dict(
        zip((document.text for document in corpus.documents), judged.held_out[plan.head.seed].tolist(), strict=True)
    )
    crawl = _crawl(gathered.documents["crawl"], fitted.scorer, known, watch)
    languages = {tag: language_part(plan, corpus, tag, judged, crawl) for tag in plan.languages}
    card = ModelCard(
        name=plan.head.name,
        version=plan.head.version,
        description=plan.head.description,
        sha256=hashlib.sha256(data).hexdigest(),
        features=VERSION,
        license=plan.head.license,
        seed=plan.head.seed,
        ngrams=plan.ngrams,
        training=plan.head.training if embedding is None else None,
        embedding=None if embedding is None else embedding.info,
        network=None if embedding is None else plan.head.network,
        bands=plan.head.bands,
        steps=tuple(spec.model_dump(mode="json") for spec, _, _ in plan.steps),
        data=data_sources(plan, gathered, corpus),
        copies=left_out,
        languages=languages,
        warnings=warnings(plan, languages),
        code={
            "glotmill": glotmill.__version__,
            "digest": code_digest(),
            **{name: installed(name) for name in (*_DISTRIBUTIONS, *([] if embedding else ["fasttext-community"]))},
        },
    )
    return Trained(data, card)


def _embedding(plan: TrainingPlan, models: Mapping[str, Path]) -> Embedding | None:
    head = plan.head
    if head.backend == "fasttext":
        return None
    return open_embedding(head.embedding, models.get(head.embedding), gpu=head.gpus > 0)


def _parts(plan: TrainingPlan, corpus: Corpus) -> Ints:
    """Return the fold of each document, such that every fold can be judged by what the others teach."""
    domains = [document.domain for document in corpus.documents]
    for count in range(min(_FOLDS, len(set(domains))), 1, -1):
        found = folds(domains, corpus.good, count=count)
        if all(_both(corpus, corpus.of(tag) & (found != fold)) for tag in plan.languages for fold in range(count)):
            return found
    raise DataError(
        f"{plan.recipe_file}: no half of the domains has documents of both classes in every language\n"
        "  Add sources, so that good and bad text comes from several domains each."
    )


def _both(corpus: Corpus, among: Flags) -> bool:
    own = corpus.good[among]
    return bool(own.any() and not own.all())


def _judged(plan: TrainingPlan, corpus: Corpus, learner: Learner, parts: Ints, watch: Watch) -> Judged:
    seeds = [plan.head.seed + more for more in range(3)]
    held_out = {seed: _held_out(learner, corpus.good, parts, seed, watch) for seed in seeds}
    shuffled = _shuffled(corpus, seed=plan.head.seed)
    return Judged(parts, held_out, _held_out(learner, shuffled, parts, plan.head.seed, watch), shuffled)


def _held_out(learner: Learner, good: Flags, parts: Ints, seed: int, watch: Watch) -> Numbers:
    """Return the score of each document by a model that saw no document of its fold, shape (n,)."""
    scores = np.full(len(parts), np.nan)
    for fold in range(int(parts.max()) + 1):
        judge = learner.fit(good, parts != fold, seed=seed)
        for place in np.flatnonzero(parts == fold).tolist():
            scores[place] = judge.score(place)
        watch(f"seed {seed}, held-out part {fold + 1}", len(parts))
    return scores


def _shuffled(corpus: Corpus, *, seed: int) -> Flags:
    """Return the labels dealt anew within each language."""
    chance = np.random.default_rng(seed)
    found = corpus.good.copy()
    for tag in sorted({document.language for document in corpus.documents}):
        own = np.flatnonzero(corpus.of(tag))
        found[own] = chance.permutation(found[own])
    return found


def _crawl(documents: Sequence[Document], scorer: Scorer, known: Mapping[str, float], watch: Watch) -> Crawl:
    """Score a crawl; what the model learned from has the score that it got unseen, or its quantiles would be the training's."""
    scores: list[Numbers] = []
    words: list[Ints] = []
    for start in range(0, len(documents), _BATCH):
        texts = [document.text for document in documents[start : start + _BATCH]]
        words.append(scan(texts).word_counts)
        found = np.array([known.get(text, np.nan) for text in texts], np.float64)
        left = np.flatnonzero(np.isnan(found))
        others = [texts[place] for place in left.tolist()]
        found[left] = scorer.score(others, scan(others))
        scores.append(found)
        watch("the crawl", start + len(texts))
    return Crawl(documents, np.concatenate(scores), np.concatenate(words))
