"""The keeper order: which copy ranks first."""

import datetime as dt

import pytest
from engine import batch, document, run

from glotmill.dedup.exact import ExactDedupSpec
from glotmill.dedup.keeper import rank_columns

EARLY = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
LATE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def ranks(rows, *keep, quality=None):
    return [
        tuple(values)
        for values in zip(
            *(column.to_pylist() for column in rank_columns(batch(rows), keep, quality=quality)), strict=True
        )
    ]


def test_native_text_ranks_before_translated_text():
    rows = [document("a", origin="mt"), document("b", origin="native"), document("c", origin="synthetic")]
    assert ranks(rows, "native") == [(1,), (0,), (1,)]


def test_length_is_counted_in_characters_not_bytes():
    thai, latin = ranks([document("ไทย"), document("abcd")], "longer")
    assert latin < thai  # 9 bytes against 4, but 3 characters against 4


def test_a_null_text_is_the_shortest():
    assert ranks([document(None, "n"), document("")], "longer") == [(0,), (0,)]


def test_the_earlier_crawl_ranks_first_and_an_unknown_time_last():
    early, late, unknown = ranks(
        [document("a", crawl_time=EARLY), document("b", crawl_time=LATE), document("c", crawl_time=None)], "earlier"
    )
    assert early < late < unknown


def test_a_criterion_whose_column_is_missing_is_neutral():
    rows = [{"doc_id": document(text)["doc_id"], "text": text} for text in ("a", "bb")]
    assert ranks(rows, "license", "native", "earlier") == [(0, 0, 0), (0, 0, 0)]


def test_a_better_license_ranks_first_and_a_missing_one_last():
    pytest.importorskip("glotmill.licensing.ranking", reason="licensing is not there yet")
    rows = [
        document("open", license_class="attribution", license_state="verified"),
        document("weak", license_class="attribution", license_state="weak"),
        document("none", license_class=None, license_state=None),
    ]
    verified, weak, none = ranks(rows, "license")
    assert verified < weak < none


@pytest.mark.parametrize(
    ("keep", "kept"), [(("native", "earlier"), "late native"), (("earlier", "native"), "early translation"), ((), None)]
)
def test_the_recipe_orders_the_criteria_and_the_smallest_id_decides_last(keep, kept):
    rows = [
        document("Tere!", "early translation", origin="mt", crawl_time=EARLY),
        document("Tere!", "late native", crawl_time=LATE),
    ]
    expected = document("", kept)["doc_id"] if kept else min(row["doc_id"] for row in rows)
    assert run(ExactDedupSpec(name="same", kind="exact_dedup", keep=keep), rows).kept() == {expected}
