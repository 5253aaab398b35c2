"""The card of a model of quality: what its scores on held-out domains and on the crawl say, language by language."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glotmill.plan.training import ROLES, TrainingPlan
from glotmill.run.quality_corpus import Corpus
from glotmill.run.training_documents import Document, Gathered
from glotmill.text.quality.calibrating import Curve, fit_isotonic, fit_platt, quantile_table, quantiles_of
from glotmill.text.quality.card import DataSource, Figure, LanguagePart, Rate, unrated
from glotmill.text.quality.metrics import Measure, auc, calibration_error, interval

_FEW_DOMAINS = 10  # below, intervals over domains are too narrow (Field and Welsh 2007)
_SHOWN = 10
_MOST_LICENSES = 20
_LENGTHS = ((100, "up to 100"), (300, "up to 300"), (1000, "up to 1000"))

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Scores of the documents of both classes by models that saw nothing of their domains.

    Args:
        parts: fold of each document, shape (n,).
        held_out: seed -> scores, shape (n,).
        blind: scores by models that were trained on shuffled labels, shape (n,).
        shuffled: those labels, shape (n,).
    """

    parts: Ints
    held_out: Mapping[int, Numbers]
    blind: Numbers
    shuffled: Flags


@dataclass(frozen=True, slots=True, eq=False)
class Crawl:
    """The documents of the crawl, with score (NaN where there is nothing to read) and number of words of each."""

    documents: Sequence[Document]
    scores: Numbers
    words: Ints

    def of(self, tag: str) -> "Crawl":
        """Return those in a language that have a score."""
        own = np.array([document.language == tag for document in self.documents], np.bool_) & ~np.isnan(self.scores)
        documents = [self.documents[place] for place in np.flatnonzero(own).tolist()]
        return Crawl(documents, self.scores[own], self.words[own])


def language_part(plan: TrainingPlan, corpus: Corpus, tag: str, judged: Judged, crawl: Crawl) -> LanguagePart:
    """Return what the card says of one language."""
    own = corpus.of(tag)
    good, seed = corpus.good[own], plan.head.seed
    documents = [corpus.documents[place] for place in np.flatnonzero(own).tolist()]
    numbers = {name: number for number, name in enumerate(sorted({document.domain for document in documents}))}
    groups = np.array([numbers[document.domain] for document in documents], np.int64)
    scores = judged.held_out[seed][own]

    def figure(values: Numbers, labels: Flags, among: Flags | None = None) -> Figure:
        chosen = np.ones(len(values), np.bool_) if among is None else among
        return _figure(auc, values[chosen], labels[chosen], groups[chosen], seed=seed)

    of = np.array([document.of for document in documents])
    against = {
        f"auc_against_{source.of}": figure(scores, good, good | (of == source.of))
        for source in plan.sources["negatives"]
    }
    sizes = Counter(document.domain for document in documents)
    known = crawl.of(tag)
    quantiles = quantile_table(known.scores)
    share = quantiles_of(known.scores, quantiles)
    return LanguagePart(
        positives=int(good.sum()),
        negatives=int((~good).sum()),
        domain_count=len(sizes),
        domains={name: _by_class(documents, good, name) for name, _ in _largest(sizes)},
        metrics={
            "auc": figure(scores, good),
            **against,
            "calibration_error": _error(plan, scores, good, judged.parts[own], groups),
        },
        seeds={str(other): figure(values[own], good) for other, values in judged.held_out.items()},
        controls={
            "auc_shuffled_labels": figure(judged.blind[own], judged.shuffled[own]),
            "auc_words_alone": _either_way(_counts(corpus, own), good),
            "auc_line_breaks_alone": _either_way(
                np.array([one.text.count("\n") / max(1, len(one.text)) for one in documents]), good
            ),
        },
        curve=_curve(plan, scores, good),
        crawl=len(known.documents),
        quantiles=quantiles,
        by_source={
            name: _rate(plan, share[[one.domain == name for one in known.documents]])
            for name, _ in _largest(Counter(one.domain for one in known.documents))
        },
        by_length={
            name: _rate(plan, share[chosen]) for name, chosen in _by_length(known.words).items() if chosen.any()
        },
        by_genre=_by_words(plan, share, [(one.genre,) for one in known.documents]),
        by_variety=_by_words(plan, share, [(one.variety,) for one in known.documents]),
        by_label=_by_words(plan, share, [one.labels for one in known.documents]),
    )


def _figure(measure: Measure, scores: Numbers, good: Flags, groups: Ints, *, seed: int) -> Figure:
    value = measure(scores, good)
    found = interval(measure, scores, good, groups, seed=seed) if value is not None else None
    low, high = found or (None, None)
    return Figure(value=_short(value), low=_short(low), high=_short(high))


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _either_way(values: Numbers, good: Flags) -> Figure:
    """Return the AUC of a number that may part the classes in either direction."""
    value = auc(values, good)
    return Figure(value=None if value is None else round(max(value, 1 - value), 4))


def _counts(corpus: Corpus, own: Flags) -> Numbers:
    return np.array([corpus.members[place].words for place in np.flatnonzero(own).tolist()], np.float64)


def _curve(plan: TrainingPlan, scores: Numbers, good: Flags) -> Curve:
    return fit_platt(scores, good) if plan.head.calibration == "platt" else fit_isotonic(scores, good)


def _error(plan: TrainingPlan, scores: Numbers, good: Flags, parts: Ints, groups: Ints) -> Figure:
    """Return the calibration error of curves that were fitted without the fold that they are asked about."""
    chances = np.full(len(scores), np.nan)
    for fold in np.unique(parts).tolist():
        rest = parts != fold
        if good[rest].any() and not good[rest].all():
            chances[~rest] = _curve(plan, scores[rest], good[rest]).apply(scores[~rest])
    there = ~np.isnan(chances)
    return _figure(_weighed_error, chances[there], good[there], groups[there], seed=plan.head.seed)


def _weighed_error(chances: Numbers, good: Flags) -> float | None:
    if good.all() or not good.any():
        return None
    # Classes weigh alike, as they do in the curves: the smaller one is taken as often as the larger.
    weighed = _balanced(good)
    return calibration_error(chances[weighed], good[weighed])


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


def _by_words(plan: TrainingPlan, share: Numbers, words: Sequence[Sequence[str]]) -> dict[str, Rate]:
    """Return keep rates by what is said of documents, the most frequent first; nothing where nothing is said."""
    sizes = Counter(word for own in words for word in own if word)
    return {name: _rate(plan, share[[name in own for own in words]]) for name, _ in _largest(sizes)}


def data_sources(plan: TrainingPlan, gathered: Gathered, corpus: Corpus) -> tuple[DataSource, ...]:
    """Return what the card says of the sources, in the order of the recipe."""
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
            licenses=_listed(licenses.get(source.of, Counter())),
            evidence=plan.manifests[source.of].license.evidence,
            read=counts[source.of].read,
            refused=counts[source.of].refused,
            used=used[source.of],
            digest=counts[source.of].digest,
        )
        for role in ROLES
        for source in plan.sources[role]
    )


def _listed(licenses: Counter[str]) -> dict[str, int]:
    """Return the most frequent licenses with their documents, and those of all others together."""
    most = sorted(licenses.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in most[_MOST_LICENSES:])
    return dict(sorted(most[:_MOST_LICENSES])) | ({"others": rest} if rest else {})


def warnings(plan: TrainingPlan, languages: Mapping[str, LanguagePart]) -> tuple[str, ...]:
    """Return what to know before the model is trusted."""
    found: list[str] = []
    if not any(getattr(spec, "kind", "") == "decontaminate" for spec, _, _ in plan.steps):
        found.append("no step decontaminate: items of benchmarks may be among the documents that it learned from")
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
        found += [f"{tag}: {uneven}" for uneven in _uneven(plan, part)]
        found.append(unrated(tag))
    return tuple(found)


def _uneven(plan: TrainingPlan, part: LanguagePart) -> list[str]:
    """Return what to say of bands that ties empty or fill: documents of one score have one quantile, the middle of theirs."""
    levels = np.asarray(part.quantiles, np.float64)
    share = quantiles_of(levels, part.quantiles)
    found: list[str] = []
    for band, cut in (("hq", plan.head.bands.hq), ("mid or better", plan.head.bands.mid)):
        wanted, got = 1 - cut, float((share >= cut).mean())
        if abs(got - wanted) > max(0.02, wanted / 2):
            found.append(
                f"{got:.0%} of the crawl are {band}, not {wanted:.0%}: too many documents have one and the same score, so the "
                "model does not rank them; teach it with more, and less alike, documents"
            )
    return found
