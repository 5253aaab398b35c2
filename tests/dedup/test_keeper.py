"""The keeper order: which copy ranks first."""

import datetime as dt

import pytest
from engine import batch, document, run

from glotmill.dedup.exact import ExactDedupSpec
from glotmill.dedup.keeper import rank_columns
from glotmill.licensing.table import CLASSES, STATES

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


def test_the_order_of_licenses_is_that_of_the_table_s_classes_and_states():
    known = [(name, state) for state in STATES for name in CLASSES]
    rows = [
        document(f"{name} {state}", license_class=name, license_state=state)
        for name, state in [*known, (None, None), ("attribution", None), ("strange", "strange")]
    ]
    *found, nothing, stateless, strange = [rank for (rank,) in ranks(rows, "license")]
    rank = dict(zip(known, found, strict=True))
    for state in STATES:  # of one state the freer class ...
        own = [rank[name, state] for name in CLASSES]
        assert own == sorted(set(own))
    for name in CLASSES:  # ... of one class the surer state
        own = [rank[name, state] for state in STATES]
        assert own == sorted(set(own))
    assert rank["noncommercial", "declared"] < rank["public-domain", "weak"] < rank["public-domain", "mention"]
    assert rank["noncommercial", "verified"] > rank["sharealike", "declared"]
    assert stateless == rank["attribution", "none"]
    assert strange == rank["unknown", "none"]
    assert nothing > max(found)


def suspected(original, copy):
    """Of an early and a late document of one text, by class: whether the one that is kept may be laundered."""
    rows = [
        document("Tere!", name, crawl_time=at, license_class=own, license_state="declared")
        for name, at, own in (("jatorrizkoa", EARLY, original), ("kopia", LATE, copy))
    ]
    ran = run(ExactDedupSpec(name="same", kind="exact_dedup"), rows)
    (kept,) = [ran[row] for row in rows if ran[row].reason is None]
    return kept.possible_laundering


GRANTING = tuple(name for name in CLASSES if name not in ("reserved", "unknown"))


@pytest.mark.parametrize("name", CLASSES)
def test_what_can_be_laundered_is_a_class_that_grants_something_and_what_makes_suspect_are_reserved_rights(name):
    assert suspected("reserved", name) is (name in GRANTING)
    assert suspected(name, "attribution") is (name == "reserved")


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
