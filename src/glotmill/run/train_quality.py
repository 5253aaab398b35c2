"""Training a model of quality: check, leave out copies, judge on held-out domains, fit, calibrate, and write the card."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path

import numpy as np
import numpy.typing as npt

import glotmill
from glotmill.core.errors import DataError
from glotmill.dedup.classes import copies
from glotmill.plan.fingerprint import code_digest
from glotmill.plan.training import ROLES, Role, TrainingPlan
from glotmill.run.training_documents import Document, Gathered, Watch, gather
from glotmill.text.calibration.intervals import LEAST_DOCUMENTS
from glotmill.text.quality.calibrating import Curve, fit_isotonic, fit_platt, quantile_table, quantiles_of
from glotmill.text.quality.card import DataSource, Figure, LanguagePart, ModelCard, Rate
from glotmill.text.quality.features import VERSION, Reader
from glotmill.text.quality.fitting import LEAST_WORDS, Fitted, Member, fit, stretches
from glotmill.text.quality.metrics import auc, calibration_error, folds, interval
from glotmill.text.quality.scoring import FastTextScorer
from glotmill.text.scan import scan

LEAST_CRAWL = 100  # documents of a language: fewer give no quantile of a hundredth
_FEW_DOMAINS = 10  # below, intervals over domains are too narrow (Field and Welsh 2007)
_FOLDS = 5
_SIMILARITY = 0.8
_BATCH = 500
_SHOWN = 10
_LENGTHS = ((100, "up to 100"), (300, "up to 300"), (1000, "up to 1000"))
_DISTRIBUTIONS = ("fasttext-community", "icu4py", "numpy")

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
    """
    gathered = gather(plan, bindings, models, watch=watch)
    corpus, left_out = _corpus(plan, gathered)
    _check_crawl(plan, gathered.documents["crawl"])
    parts = _parts(plan, corpus)
    seeds = [plan.head.seed + more for more in range(3)]
    held_out = {seed: _held_out(plan, corpus, corpus.good, parts, seed, watch) for seed in seeds}
    shuffled = _shuffled(corpus, seed=plan.head.seed)
    blind = _held_out(plan, corpus, shuffled, parts, plan.head.seed, watch)
    watch("the model itself", len(corpus))
    fitted = _fit(plan, corpus, corpus.good, np.ones(len(corpus), np.bool_), plan.head.seed)
    data = fitted.dump()
    crawl = gathered.documents["crawl"]
    scores, words = _crawl_scores(crawl, fitted.scorer, watch)
    languages = {
        tag: _language(
            plan,
            corpus,
            tag,
            parts,
            held_out,
            (blind, shuffled),
            ([one for one in crawl if one.language == tag], *_of_language(crawl, tag, scores, words)),
        )
        for tag in plan.languages
    }
    card = ModelCard(
        name=plan.head.name,
        version=plan.head.version,
        description=plan.head.description,
        sha256=hashlib.sha256(data).hexdigest(),
        features=VERSION,
        license=plan.head.license,
        seed=plan.head.seed,
        ngrams=plan.ngrams,
        training=plan.head.training,
        bands=plan.head.bands,
        steps=tuple(spec.model_dump(mode="json") for spec, _, _ in plan.steps),
        data=_sources(plan, gathered, corpus),
        copies=left_out,
        languages=languages,
        warnings=_warnings(languages),
        code={
            "glotmill": glotmill.__version__,
            "digest": code_digest(),
            **{name: installed(name) for name in _DISTRIBUTIONS},
        },
    )
    return Trained(data, card)


@dataclass(frozen=True, slots=True, eq=False)
class _Corpus:
    """The documents of both classes.

    Args:
        documents: those of the good class first.
        good: shape (n,).
        members: of each, with names of sites left out, to learn from.
        lines: of each, as `classify` will read it, to be scored.
    """

    documents: tuple[Document, ...]
    good: Flags
    members: tuple[Member, ...]
    lines: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.documents)

    def of(self, tag: str) -> Flags:
        """Return which documents are in a language, shape (n,)."""
        return np.array([document.language == tag for document in self.documents], np.bool_)


def _corpus(plan: TrainingPlan, gathered: Gathered) -> tuple[_Corpus, dict[str, int]]:
    roles = (gathered.documents["positives"], gathered.documents["negatives"])
    documents = [document for role in roles for document in role]
    _check_classes(plan, documents, len(roles[0]), "are given")
    classes = np.repeat(np.arange(2, dtype=np.int64)[::-1], [len(role) for role in roles])
    across, within = copies(
        [document.text for document in documents], classes, threshold=_SIMILARITY, seed=plan.head.seed
    )
    left = np.ones(len(documents), np.bool_)
    left[across] = left[within] = False
    names = _site_names(documents)
    kept: list[Document] = []
    good: list[bool] = []
    members: list[Member] = []
    lines: list[tuple[str, ...]] = []
    short = 0
    places = np.flatnonzero(left).tolist()
    for start in range(0, len(places), _BATCH):
        some = places[start : start + _BATCH]
        texts = [documents[place].text for place in some]
        table = scan(texts)
        masked, plain = Reader(texts, table, names=names), Reader(texts, table)
        for index, place in enumerate(some):
            read = tuple(plain.lines(index))
            if plain.words(index) < LEAST_WORDS or not read:
                short += 1
                continue
            kept.append(documents[place])
            good.append(bool(classes[place]))
            members.append(Member(masked, index))
            lines.append(read)
    _check_classes(plan, kept, sum(good), f"of {LEAST_WORDS} words and without a copy are left")
    counts = {"in_both_classes": len(across), "repeated": len(within), "too_short": short}
    return _Corpus(tuple(kept), np.array(good, np.bool_), tuple(members), tuple(lines)), counts


def _site_names(documents: Sequence[Document]) -> frozenset[str]:
    """Return the words that hosts are made of, the suffix and what is shorter than four letters left out."""
    hosts = {document.host for document in documents if document.host}
    return frozenset(
        part.casefold()
        for host in hosts
        for label in host.split(".")[:-1]
        for part in label.split("-")
        if len(part) > 3
    )


def _check_classes(plan: TrainingPlan, documents: Sequence[Document], positives: int, what: str) -> None:
    for tag in plan.languages:
        sides: tuple[tuple[Role, Sequence[Document]], ...]
        sides = (("positives", documents[:positives]), ("negatives", documents[positives:]))
        for role, part in sides:
            own = [document for document in part if document.language == tag]
            sources = ", ".join(source.of for source in plan.sources[role])
            if len(own) < LEAST_DOCUMENTS:
                raise DataError(
                    f"{plan.recipe_file}: {role}: {len(own)} documents in {tag} {what}, and {LEAST_DOCUMENTS} are the least\n"
                    f"  They come from {sources}. Rows whose language is not said, or is another, do not count: map a "
                    "column to `language`, or add a step of kind identify."
                )
            domains = {document.domain for document in own}
            if len(domains) < 2:
                raise DataError(
                    f"{plan.recipe_file}: {role}: all {len(own)} documents in {tag} come from {domains.pop()}\n"
                    "  Held-out domains are what a model is judged on, so each class needs two or more: add a source, or "
                    "give rows their `url`."
                )


def _check_crawl(plan: TrainingPlan, crawl: Sequence[Document]) -> None:
    counts = Counter(document.language for document in crawl)
    for tag in plan.languages:
        if counts[tag] < LEAST_CRAWL:
            sources = ", ".join(source.of for source in plan.sources["crawl"])
            raise DataError(
                f"{plan.recipe_file}: crawl: {counts[tag]} documents in {tag}, and {LEAST_CRAWL} are the least that give quantiles\n"
                f"  They come from {sources}: bind more of the crawl that is to be classified, as it comes."
            )


def _parts(plan: TrainingPlan, corpus: _Corpus) -> Ints:
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


def _both(corpus: _Corpus, among: Flags) -> bool:
    own = corpus.good[among]
    return bool(own.any() and not own.all())


def _fit(plan: TrainingPlan, corpus: _Corpus, good: Flags, among: Flags, seed: int) -> Fitted:
    lines: list[str] = []
    for tag in plan.languages:
        own = corpus.of(tag) & among
        sides = [[corpus.members[place] for place in np.flatnonzero(own & side).tolist()] for side in (good, ~good)]
        if all(sides):
            lines += stretches(sides[0], sides[1], seed=seed)
    # Languages one after the other would leave the model with the last one's words.
    order = np.random.default_rng(seed).permutation(len(lines) // 2) if len(plan.languages) > 1 else None
    if order is not None:
        lines = [lines[2 * pair + side] for pair in order.tolist() for side in (0, 1)]
    return fit(lines, plan.head.training, ngrams=plan.ngrams, seed=seed)


def _held_out(plan: TrainingPlan, corpus: _Corpus, good: Flags, parts: Ints, seed: int, watch: Watch) -> Numbers:
    """Return the score of each document by a model that saw no document of its fold, shape (n,)."""
    scores = np.full(len(corpus), np.nan)
    for fold in range(int(parts.max()) + 1):
        scorer = _fit(plan, corpus, good, parts != fold, seed).scorer
        for place in np.flatnonzero(parts == fold).tolist():
            scores[place] = scorer.of_lines(corpus.lines[place])
        watch(f"seed {seed}, held-out part {fold + 1}", len(corpus))
    return scores


def _shuffled(corpus: _Corpus, *, seed: int) -> Flags:
    """Return the labels dealt anew within each language."""
    chance = np.random.default_rng(seed)
    found = corpus.good.copy()
    for tag in sorted({document.language for document in corpus.documents}):
        own = np.flatnonzero(corpus.of(tag))
        found[own] = chance.permutation(found[own])
    return found


def _crawl_scores(crawl: Sequence[Document], scorer: FastTextScorer, watch: Watch) -> tuple[Numbers, Ints]:
    scores: list[Numbers] = []
    words: list[Ints] = []
    for start in range(0, len(crawl), _BATCH):
        texts = [document.text for document in crawl[start : start + _BATCH]]
        table = scan(texts)
        scores.append(scorer.score(texts, table))
        words.append(table.word_counts)
        watch("the crawl", start + len(texts))
    return np.concatenate(scores), np.concatenate(words)


def _of_language(crawl: Sequence[Document], tag: str, scores: Numbers, words: Ints) -> tuple[Numbers, Ints]:
    own = np.array([document.language == tag for document in crawl], np.bool_)
    return scores[own], words[own]


def _language(
    plan: TrainingPlan,
    corpus: _Corpus,
    tag: str,
    parts: Ints,
    held_out: Mapping[int, Numbers],
    blind: tuple[Numbers, Flags],
    crawl: tuple[Sequence[Document], Numbers, Ints],
) -> LanguagePart:
    own = corpus.of(tag)
    good, seed = corpus.good[own], plan.head.seed
    documents = [corpus.documents[place] for place in np.flatnonzero(own).tolist()]
    numbers = {name: number for number, name in enumerate(sorted({document.domain for document in documents}))}
    groups = np.array([numbers[document.domain] for document in documents], np.int64)
    scores = held_out[seed][own]

    def figure(values: Numbers, labels: Flags, among: Flags | None = None) -> Figure:
        chosen = np.ones(len(values), np.bool_) if among is None else among
        return _figure(values[chosen], labels[chosen], groups[chosen], seed=seed)

    of = np.array([document.of for document in documents])
    against = {
        f"auc_against_{source.of}": figure(scores, good, good | (of == source.of))
        for source in plan.sources["negatives"]
    }
    sizes = Counter(document.domain for document in documents)
    known, known_scores, known_words = _scored(crawl)
    quantiles = quantile_table(known_scores)
    share = quantiles_of(known_scores, quantiles)
    return LanguagePart(
        positives=int(good.sum()),
        negatives=int((~good).sum()),
        domain_count=len(sizes),
        domains={name: _by_class(documents, good, name) for name, _ in _largest(sizes)},
        metrics={
            "auc": figure(scores, good),
            **against,
            "calibration_error": _error(plan, scores, good, parts[own]),
        },
        seeds={str(other): figure(values[own], good) for other, values in held_out.items()},
        controls={
            "auc_shuffled_labels": figure(blind[0][own], blind[1][own]),
            "auc_words_alone": _either_way(_counts(corpus, own), good),
            "auc_line_breaks_alone": _either_way(
                np.array([one.text.count("\n") / max(1, len(one.text)) for one in documents]), good
            ),
        },
        curve=_curve(plan, scores, good),
        crawl=len(known),
        quantiles=quantiles,
        by_source={
            name: _rate(plan, share[[one.domain == name for one in known]])
            for name, _ in _largest(Counter(one.domain for one in known))
        },
        by_length={
            name: _rate(plan, share[chosen]) for name, chosen in _by_length(known_words).items() if chosen.any()
        },
    )


def _scored(crawl: tuple[Sequence[Document], Numbers, Ints]) -> tuple[list[Document], Numbers, Ints]:
    documents, scores, words = crawl
    there = ~np.isnan(scores)
    return [documents[place] for place in np.flatnonzero(there).tolist()], scores[there], words[there]


def _figure(scores: Numbers, good: Flags, groups: Ints, *, seed: int) -> Figure:
    value = auc(scores, good)
    found = interval(auc, scores, good, groups, seed=seed) if value is not None else None
    low, high = found or (None, None)
    return Figure(value=_short(value), low=_short(low), high=_short(high))


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _either_way(values: Numbers, good: Flags) -> Figure:
    """Return the AUC of a number that may part the classes in either direction."""
    value = auc(values, good)
    return Figure(value=None if value is None else round(max(value, 1 - value), 4))


def _counts(corpus: _Corpus, own: Flags) -> Numbers:
    return np.array([corpus.members[place].words for place in np.flatnonzero(own).tolist()], np.float64)


def _curve(plan: TrainingPlan, scores: Numbers, good: Flags) -> Curve:
    return fit_platt(scores, good) if plan.head.calibration == "platt" else fit_isotonic(scores, good)


def _error(plan: TrainingPlan, scores: Numbers, good: Flags, parts: Ints) -> Figure:
    """Return the calibration error of curves that were fitted without the fold that they are asked about."""
    chances = np.full(len(scores), np.nan)
    for fold in np.unique(parts).tolist():
        rest = parts != fold
        if good[rest].any() and not good[rest].all():
            chances[~rest] = _curve(plan, scores[rest], good[rest]).apply(scores[~rest])
    there = ~np.isnan(chances)
    # Classes weigh alike, as they do in the curves: the smaller one is taken as often as the larger.
    weighed = _balanced(good[there])
    return Figure(value=_short(calibration_error(chances[there][weighed], good[there][weighed])))


def _balanced(good: Flags) -> Ints:
    sides = [np.flatnonzero(good), np.flatnonzero(~good)]
    most = max(map(len, sides))
    return np.concatenate([np.resize(side, most) for side in sides if len(side)])


def _largest(sizes: Counter[str]) -> list[tuple[str, int]]:
    return sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]


def _by_class(documents: Sequence[Document], good: Flags, name: str) -> tuple[int, int]:
    own = np.array([document.domain == name for document in documents], np.bool_)
    return int((own & good).sum()), int((own & ~good).sum())


def _rate(plan: TrainingPlan, share: Numbers) -> Rate:
    cuts = plan.head.bands
    hq, mid = (round(float((share >= cut).mean()), 4) for cut in (cuts.hq, cuts.mid))
    return Rate(documents=len(share), hq=hq, mid=mid)


def _by_length(words: Ints) -> dict[str, Flags]:
    found: dict[str, Flags] = {}
    least = 0
    for most, name in _LENGTHS:
        found[name] = (words > least) & (words <= most)
        least = most
    return {**found, "more": words > least}


def _sources(plan: TrainingPlan, gathered: Gathered, corpus: _Corpus) -> tuple[DataSource, ...]:
    documents = (*corpus.documents, *gathered.documents["crawl"])
    used = Counter(document.of for document in documents)
    licenses = {
        source.of: Counter[str]() for source in plan.all_sources if not plan.manifests[source.of].license.single
    }
    for document in documents:
        if document.of in licenses:
            licenses[document.of][document.license or "not stated"] += 1
    counts = {count.of: count for count in gathered.counts}
    return tuple(
        DataSource(
            role=role,
            of=source.of,
            name=plan.manifests[source.of].name,
            license=plan.manifests[source.of].license.expression,
            licenses=dict(sorted(licenses.get(source.of, {}).items())),
            evidence=plan.manifests[source.of].license.evidence,
            read=counts[source.of].read,
            refused=counts[source.of].refused,
            used=used[source.of],
            digest=counts[source.of].digest,
        )
        for role in ROLES
        for source in plan.sources[role]
    )


def _warnings(languages: Mapping[str, LanguagePart]) -> tuple[str, ...]:
    found: list[str] = []
    for tag, part in languages.items():
        if part.domain_count < _FEW_DOMAINS:
            found.append(
                f"{tag}: {part.domain_count} domains: intervals over so few are too narrow, and other sites may be unlike them"
            )
        auc_found, blind = part.metrics["auc"], part.controls["auc_shuffled_labels"].value
        if blind is not None and abs(blind - 0.5) > 0.1:
            found.append(
                f"{tag}: shuffled labels reach an AUC of {blind:.2f}, not about 0.5: something else is learned"
            )
        simple = max(
            value
            for name in ("auc_words_alone", "auc_line_breaks_alone")
            if (value := part.controls[name].value) is not None
        )
        if auc_found.value is not None and auc_found.value < simple + 0.05:
            found.append(
                f"{tag}: length or line breaks alone reach an AUC of {simple:.2f}, the model {auc_found.value:.2f}: the "
                "classes differ in format, and the model is not shown to know more"
            )
        found.append(f"{tag}: no person has rated its bands: they are called unaudited")
    return tuple(found)
