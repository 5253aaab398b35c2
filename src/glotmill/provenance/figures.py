"""What a report draws of a part's rows: lengths, scores, weights, origins, dates and clusters, as integers that add up."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import nulls, optional_texts, to_numpy

NONE: Final = "-"  # rows that have no value
WEIGHED: Final = ("license", "license_class", "license_state", "consent", "origin", "source", "quality_band")
LOG_ODDS: Final = "quality_log_odds"  # what `quality_score` is where a model gave it
SURFACE: Final = "quality_surface"  # and where the surface of the text did, 0 to 1
SCORE_BINS: Final = 20  # of 0.05, for scores from 0 to 1; a score of 1 is in the last
LOG_ODDS_BINS_PER_UNIT: Final = 2  # bin b holds log-odds from b/2 to (b+1)/2
_MOST_LOG_ODDS: Final = 12  # those of models are within 11.5 on both sides
LENGTH_BINS_PER_OCTAVE: Final = 2  # bin b holds texts of 2^(b/2) to 2^((b+1)/2) code points; -1 is the empty text
MOST_CLUSTERS: Final = 10
_MOST_VALUES: Final = 500  # of a column that is weighed; the rest is `*`


def score_bin(score: float) -> int:
    """Return the bin of a score from 0 to 1."""
    return min(SCORE_BINS - 1, max(0, int(score * SCORE_BINS + 1e-9)))


def log_odds_bin(score: float) -> int:
    """Return the bin of a score in log-odds; what is beyond the outermost bins is in them."""
    most = _MOST_LOG_ODDS * LOG_ODDS_BINS_PER_UNIT
    return math.floor(min(max(score * LOG_ODDS_BINS_PER_UNIT, -most), most - 1) + 1e-9)


class Figures:
    """Figures of one part, filled batch by batch. Columns that the corpus does not have are left out."""

    def __init__(self) -> None:
        self._weights: dict[str, dict[str, list[int]]] = {}
        self._lengths: dict[str, Counter[int]] = {}
        self._scores: dict[str, dict[str, Counter[int]]] = {}
        self._origins: dict[str, Counter[str]] = {}
        self._crawled: dict[str, Counter[str]] = {}
        self._dated: dict[str, Counter[str]] = {}
        self._sizes: Counter[int] = Counter()
        self._clusters: list[tuple[int, str, str]] = []

    def passing(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield batches and count them."""
        for batch in batches:
            self.add(batch)
            yield batch

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch of a corpus."""
        names = set(batch.schema.names)
        characters = to_numpy(pc.fill_null(pc.utf8_length(batch.column("text")), 0)).astype(np.int64)
        if "tokens" in names:
            tokens = to_numpy(pc.fill_null(batch.column("tokens"), 0)).astype(np.int64)
        else:
            tokens = np.zeros(batch.num_rows, np.int64)
        languages = _values(batch, "language")
        weighed = ["language", *(name for name in WEIGHED if name in names)]
        for name in weighed:
            table = self._weights.setdefault(name, {})
            for value, length, count in zip(
                _values(batch, name), characters.tolist(), tokens.tolist(), strict=True
            ):  # the three sums that a document adds to
                row = table.setdefault(value, [0, 0, 0])
                row[0] += 1
                row[1] += count
                row[2] += length
        for tag, length in zip(languages, length_bins(characters).tolist(), strict=True):
            self._lengths.setdefault(tag, Counter())[length] += 1
        if "language_score" in names:
            self._add_scores("language_score", languages, batch.column("language_score"))
        if {"quality_score", "quality_quantile"} <= names:
            self._add_quality(batch, languages)
        if "origin" in names:
            self._add_origins(batch, languages)
        self._add_dates(batch, languages, names)
        if {"cluster_id", "cluster_size", "doc_id"} <= names:
            self._add_clusters(batch)

    def _add_scores(
        self, name: str, languages: list[str], scores: pa.Array, bin_of: Callable[[float], int] = score_bin
    ) -> None:
        own = self._scores.setdefault(name, {})
        for tag, score in zip(languages, scores.to_pylist(), strict=True):
            if score is not None:
                own.setdefault(tag, Counter())[bin_of(score)] += 1

    def _add_quality(self, batch: pa.RecordBatch, languages: list[str]) -> None:
        scores = batch.column("quality_score")
        by_model = pc.is_valid(batch.column("quality_quantile"))  # the surface has no quantiles
        none = nulls(pa.float64(), len(scores))
        self._add_scores(SURFACE, languages, pc.if_else(by_model, none, scores))
        self._add_scores(LOG_ODDS, languages, pc.if_else(by_model, scores, none), log_odds_bin)

    def _add_origins(self, batch: pa.RecordBatch, languages: list[str]) -> None:
        for tag, origin in zip(languages, _values(batch, "origin"), strict=True):
            self._origins.setdefault(tag, Counter())[origin] += 1

    def _add_dates(self, batch: pa.RecordBatch, languages: list[str], names: set[str]) -> None:
        if "crawl_time" in names:
            months = optional_texts(pc.strftime(batch.column("crawl_time"), format="%Y-%m"))
            for tag, month in zip(languages, months, strict=True):
                self._crawled.setdefault(tag, Counter())[month or NONE] += 1
        if "date" in names:
            for tag, day in zip(languages, optional_texts(batch.column("date")), strict=True):
                year = (day or "")[:4]
                self._dated.setdefault(tag, Counter())[year if year.isascii() and year.isdigit() else NONE] += 1

    def _add_clusters(self, batch: pa.RecordBatch) -> None:
        sizes = to_numpy(pc.fill_null(batch.column("cluster_size"), 1)).astype(np.int64)
        self._sizes.update(np.maximum(sizes, 1).tolist())
        large = np.flatnonzero(sizes > 1)
        ids = batch.column("cluster_id").take(pa.array(large, pa.int64())).to_pylist()
        docs = batch.column("doc_id").take(pa.array(large, pa.int64())).to_pylist()
        found = [
            (-size, cluster or "", doc) for size, cluster, doc in zip(sizes[large].tolist(), ids, docs, strict=True)
        ]
        self._clusters = sorted([*self._clusters, *found])[:MOST_CLUSTERS]

    def close(self) -> dict[str, Any]:
        """Return the figures as a JSON value: counts by value, bin or month, keys sorted; the largest clusters."""
        return {
            "weights": {name: _cut(table) for name, table in sorted(self._weights.items())},
            "lengths": _sorted(self._lengths),
            "scores": {name: _sorted(own) for name, own in sorted(self._scores.items())},
            "origins": _sorted(self._origins),
            "crawled": _sorted(self._crawled),
            "dated": _sorted(self._dated),
            "cluster_sizes": {str(size): self._sizes[size] for size in sorted(self._sizes)},
            "clusters": [{"size": -size, "cluster": cluster, "doc_id": doc} for size, cluster, doc in self._clusters],
        }


def length_bins(characters: "np.ndarray[Any, np.dtype[np.int64]]") -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return the bin of each length in code points; shape (rows,)."""
    filled = np.maximum(characters, 1).astype(np.float64)
    # The small share keeps exact powers of two in their own bin whatever the logarithm rounds to.
    bins = np.floor(np.log2(filled) * LENGTH_BINS_PER_OCTAVE + 1e-9).astype(np.int64)
    return np.where(characters <= 0, -1, bins)


def summed_figures(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sums of several parts' figures, as `Figures.close` gives them; the clusters are the largest of all."""
    total: dict[str, Any] = {}
    clusters: list[Mapping[str, Any]] = []
    for figures in parts:
        clusters += figures.get("clusters", ())
        for name, value in figures.items():
            if name != "clusters":
                total[name] = _plus(total.get(name), value)
    clusters.sort(key=lambda one: (-one["size"], one["cluster"], one["doc_id"]))
    return {**total, "clusters": clusters[:MOST_CLUSTERS]}


def _plus(first: Any, second: Any) -> Any:
    if first is None:
        return second
    if isinstance(first, Mapping):
        return {
            key: _plus(first.get(key), second[key]) if key in second else first[key]
            for key in sorted({*first, *second})
        }
    if isinstance(first, list):
        return [one + other for one, other in zip(first, second, strict=True)]
    return first + second


def _values(batch: pa.RecordBatch, name: str) -> list[str]:
    if name not in batch.schema.names:
        return [NONE] * batch.num_rows
    return [value or NONE for value in optional_texts(batch.column(name))]


def _cut(table: Mapping[str, list[int]]) -> dict[str, list[int]]:
    ordered = sorted(table.items(), key=lambda item: (-item[1][0], item[0]))
    kept = dict(ordered[:_MOST_VALUES])
    rest = ordered[_MOST_VALUES:]
    if rest:
        kept["*"] = [sum(row[place] for _, row in rest) for place in range(3)]
    return dict(sorted(kept.items()))


def _sorted(found: Mapping[str, Counter[Any]]) -> dict[str, dict[str, int]]:
    return {tag: {str(key): count for key, count in sorted(found[tag].items())} for tag in sorted(found)}
