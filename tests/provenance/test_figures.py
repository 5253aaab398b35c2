"""Figures of parts: exact bins and sums, the same however rows are cut into batches and parts."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from glotmill.provenance.figures import Figures, length_bins, log_odds_bin, score_bin, summed_figures

TEXTS = ("", "ก", "Watoto walipanda miti.", "افتتحت المكتبة أبوابها", "村里的面包师每天清晨四点开始工作。")


SCHEMA = pa.schema(
    [
        ("doc_id", pa.string()),
        ("text", pa.string()),
        ("language", pa.string()),
        ("language_score", pa.float64()),
        ("quality_score", pa.float64()),
        ("quality_quantile", pa.float64()),
        ("license", pa.string()),
        ("origin", pa.string()),
        ("tokens", pa.int64()),
        ("crawl_time", pa.timestamp("us", "UTC")),
        ("date", pa.string()),
        ("cluster_id", pa.string()),
        ("cluster_size", pa.int32()),
    ]
)


def rows(count: int) -> pa.RecordBatch:
    numbers = range(count)
    return pa.RecordBatch.from_pydict(
        {
            "doc_id": [f"{index:032x}" for index in numbers],
            "text": [TEXTS[index % 5] * (1 + index % 3) for index in numbers],
            "language": [("swh_Latn", None, "tha_Thai")[index % 3] for index in numbers],
            "language_score": [index / max(1, count) for index in numbers],
            "quality_score": [None if index % 4 == 3 else 2.75 - index for index in numbers],
            "quality_quantile": [None if index % 4 > 1 else 0.5 for index in numbers],
            "license": [("CC0-1.0", "CC-BY-4.0")[index % 2] for index in numbers],
            "origin": [("native", "mt")[index % 2] for index in numbers],
            "tokens": [index or None for index in numbers],
            "crawl_time": [datetime(2026, 1 + index % 3, 1, tzinfo=UTC) for index in numbers],
            "date": [("2024-05-01", None, "٢٠٢٤", "soon")[index % 4] for index in numbers],
            "cluster_id": [f"{index % 7:032x}" for index in numbers],
            "cluster_size": [index % 13 or None for index in numbers],
        },
        SCHEMA,
    )


def figures(batch: pa.RecordBatch) -> dict[str, Any]:
    found = Figures()
    found.add(batch)
    closed: dict[str, Any] = json.loads(json.dumps(found.close()))
    return closed


def test_lengths_fall_into_half_octaves_with_exact_powers_of_two_at_their_beginning() -> None:
    lengths = [0, 1, 2, 3, 4, 1023, 1024, 1448, 1449, 2**30]
    assert length_bins(np.array(lengths)).tolist() == [-1, 0, 2, 3, 4, 19, 20, 20, 21, 60]


def test_scores_fall_into_bins_that_begin_where_they_say() -> None:
    assert [score_bin(score) for score in (0.0, 0.0499, 0.05, 0.15, 0.3, 0.9999, 1.0, 1.2, -0.1)] == [
        0, 0, 1, 3, 6, 19, 19, 19, 0,
    ]  # fmt: skip


def test_quality_is_counted_in_log_odds_where_a_model_gave_it_and_from_0_to_1_where_none_did() -> None:
    assert [log_odds_bin(score) for score in (-11.5129, -0.5, -0.0001, 0.0, 0.4999, 5.6217, 11.5129, 40.0, -40.0)] == [
        -24, -1, -1, 0, 0, 11, 23, 23, -24,
    ]  # fmt: skip
    scores = figures(rows(4))["scores"]
    assert scores["quality_log_odds"] == {"-": {"3": 1}, "swh_Latn": {"5": 1}}
    assert scores["quality_surface"] == {"tha_Thai": {"15": 1}}


def test_weights_are_documents_tokens_and_characters_and_dates_in_other_digits_are_unknown() -> None:
    found = figures(rows(4))
    assert found["weights"]["license"] == {"CC-BY-4.0": [2, 4, 2 + 22], "CC0-1.0": [2, 2, 66]}
    assert found["dated"] == {"-": {"-": 1}, "swh_Latn": {"-": 1, "2024": 1}, "tha_Thai": {"-": 1}}
    assert found["origins"] == {"-": {"mt": 1}, "swh_Latn": {"mt": 1, "native": 1}, "tha_Thai": {"native": 1}}
    assert found["crawled"]["swh_Latn"] == {"2026-01": 2}
    assert found["cluster_sizes"] == {"1": 2, "2": 1, "3": 1}
    assert [one["size"] for one in found["clusters"]] == [3, 2]


@given(count=st.integers(0, 60), cuts=st.lists(st.integers(0, 60), max_size=4))
def test_the_sum_of_parts_is_the_figures_of_the_whole(count: int, cuts: list[int]) -> None:
    whole = rows(count)
    edges = sorted({0, count, *(cut for cut in cuts if cut < count)})
    parts = [figures(whole.slice(start, end - start)) for start, end in pairwise(edges)]
    total = summed_figures(parts or [figures(whole)])
    assert json.loads(json.dumps(total, sort_keys=True)) == json.loads(json.dumps(figures(whole), sort_keys=True))


def test_values_that_look_like_numbers_are_names_all_the_same() -> None:
    strange = {"--5": [1, 0, 2], "-5": [1, 0, 2], "12": [1, 0, 2], "٢": [1, 0, 2]}
    total = summed_figures([{"weights": {"language": strange}}, {"weights": {"language": {"--5": [1, 0, 3]}}}])
    assert total["weights"]["language"] == {**strange, "--5": [2, 0, 5]}
