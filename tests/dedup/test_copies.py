"""What a kept document says of its copies, and when its license is suspected."""

import datetime as dt

import pytest
from engine import document, run

from glotmill.core.errors import RecipeError
from glotmill.core.yamlfile import validate
from glotmill.dedup.exact import ExactDedupSpec
from glotmill.dedup.minhash import MinhashDedupSpec

SAME = ExactDedupSpec(name="same", kind="exact_dedup")
NEAR = MinhashDedupSpec(name="near", kind="minhash_dedup")
TEXT = "Euria ari du mendian, eta artzainak etxera doaz ardiekin, gaua baino lehen iristeko."
ONE_MORE = TEXT + " Bai!"
EARLY, LATE = (dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in (2020, 2026))

OPEN = {"license": "CC-BY-4.0", "license_class": "attribution", "license_state": "declared"}
RESERVED = {"license": "LicenseRef-all-rights-reserved", "license_class": "reserved", "license_state": "declared"}
NOTHING_KNOWN = {"license": None, "license_class": "unknown", "license_state": "none"}


def page(name, *, text=TEXT, at=EARLY, terms=OPEN, **columns):
    return document(text, name, url=f"https://adibidea.eus/{name}", crawl_time=at, **terms, **columns)


def listed(row):
    return {
        "doc_id": row["doc_id"],
        "url": row["url"],
        "license": row["license"],
        "license_state": row["license_state"],
    }


@pytest.mark.parametrize("spec", [SAME, NEAR], ids=["exact", "near"])
def test_the_kept_document_lists_where_its_copies_were_and_under_which_license(spec):
    kept, second, third = (
        page("bat"),
        page("bi", at=LATE),
        page("hiru", terms=NOTHING_KNOWN),
    )
    alone = page("bakarrik", text="Hau beste gauza bat da, inork kopiatu ez duena.")
    ran = run(spec, [third, alone, second, kept], shards=2)
    assert ran[kept].copies == [listed(second), listed(third)]
    assert (ran[alone].copies, ran[alone].cluster_size) == (None, 1)
    assert ran[second].related == ran[third].related == kept["doc_id"]


@pytest.mark.parametrize("spec", [SAME, NEAR], ids=["exact", "near"])
def test_at_most_so_many_copies_are_listed_and_all_are_counted(spec):
    rows = [page(f"{number:02d}", at=EARLY + dt.timedelta(days=number)) for number in range(30)]
    ran = run(spec.model_copy(update={"most_copies": 4}), rows[::-1], shards=3)
    assert ran[rows[0]].copies == [listed(row) for row in rows[1:5]]
    assert ran[rows[0]].cluster_size == 30
    none = run(spec.model_copy(update={"most_copies": 0}), rows)
    assert (none[rows[0]].copies, none[rows[0]].cluster_size) == ([], 30)


def test_copies_of_an_earlier_step_are_handed_on_behind_the_document_that_had_them():
    first, second = ({"doc_id": sign * 32, "url": sign, "license": None, "license_state": "none"} for sign in "ab")
    kept = page("bat", text=ONE_MORE, copies=[first], cluster_size=2, cluster_id="x")
    dropped = page("bi", copies=[second], cluster_size=2, cluster_id="y")
    fresh = page("hiru", at=LATE, copies=None, cluster_size=None, cluster_id="z")
    ran = run(NEAR.model_copy(update={"threshold": 0.5}), [dropped, kept, fresh])
    assert ran[kept].copies == [first, listed(dropped), second, listed(fresh)]
    assert ran[kept].cluster_size == 5


def test_rows_that_no_copy_was_found_of_keep_what_was_known_of_them():
    known = [{"doc_id": "a" * 32, "url": None, "license": None, "license_state": None}]
    row = page("bat", copies=known, cluster_size=2, cluster_id="x", possible_laundering=True)
    ran = run(SAME, [row])
    assert (ran[row].copies, ran[row].cluster_size, ran[row].possible_laundering) == (known, 2, True)


@pytest.mark.parametrize("spec", [SAME, NEAR], ids=["exact", "near"])
@pytest.mark.parametrize(
    ("reserved_at", "open_at", "suspected"),
    [(EARLY, LATE, True), (LATE, EARLY, False), (None, LATE, True), (EARLY, None, True), (EARLY, EARLY, False)],
)
def test_an_open_copy_of_a_text_whose_earlier_copy_reserves_all_rights_is_suspected(
    spec, reserved_at, open_at, suspected
):
    claimed, original = page("askea", at=open_at), page("jatorrizkoa", at=reserved_at, terms=RESERVED)
    ran = run(spec, [claimed, original])
    assert ran[original].related == claimed["doc_id"]  # the better license is kept ...
    assert ran[claimed].possible_laundering is suspected  # ... and suspected
    assert ran[claimed].copies == [listed(original)]


def test_a_copy_of_unknown_rights_makes_nobody_suspect_and_a_reserved_text_is_not_upgraded():
    claimed, unknown = page("askea", at=LATE), page("ezezaguna", terms=NOTHING_KNOWN)
    assert run(SAME, [claimed, unknown])[claimed].possible_laundering is False
    reserved = page("jatorrizkoa", terms=RESERVED)
    earliest = SAME.model_copy(update={"keep": ("earlier",)})
    ran = run(earliest, [reserved, claimed])
    assert ran[claimed].related == reserved["doc_id"]
    assert ran[reserved].possible_laundering is False  # it has no open license that could be doubted


def test_suspicion_is_inherited_from_a_copy_that_is_dropped():
    suspected = page("bi", at=LATE, possible_laundering=True)
    kept = page("bat", text=ONE_MORE, possible_laundering=None)
    ran = run(NEAR.model_copy(update={"threshold": 0.5}), [suspected, kept])
    assert ran[kept].possible_laundering is True


@pytest.mark.parametrize("spec", [SAME, NEAR], ids=["exact", "near"])
def test_the_better_text_is_kept_by_a_column_of_the_recipe(spec):
    rows = [page(str(place), measure_ink=value) for place, value in enumerate([0.25, -3.0, None, float("nan"), 0.5])]
    chosen = spec.model_copy(update={"keep": ("license", "quality"), "quality": "measure_ink"})
    assert run(chosen, rows).kept() == {rows[4]["doc_id"]}
    assert run(chosen, rows[1:4]).kept() == {rows[1]["doc_id"]}
    assert chosen.contract(None).requires.names[-1] == "measure_ink"


def test_a_quality_that_is_no_name_is_refused():
    with pytest.raises(RecipeError, match="quality"):
        validate({"name": "near", "kind": "minhash_dedup", "quality": 3}, MinhashDedupSpec, file="r.yaml")


def test_pages_of_one_address_need_not_have_one_text_so_nobody_is_suspected():
    by_url = SAME.model_copy(update={"by": "url"})
    original, claimed = (page("orria", at=at, terms=terms) for at, terms in ((EARLY, RESERVED), (LATE, OPEN)))
    claimed["doc_id"] = "f" * 32
    ran = run(by_url, [original, claimed])
    assert ran[original].related == claimed["doc_id"]
    assert ran[claimed].possible_laundering is False
