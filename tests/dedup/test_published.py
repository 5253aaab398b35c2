"""New documents beside those of published corpora: who is dropped, and who stays whatever arrives."""

import datetime as dt

import pytest
from engine import document, run
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.dedup.exact import ExactDedupSpec
from glotmill.dedup.minhash import MinhashDedupSpec

SAME = ExactDedupSpec(name="same", kind="exact_dedup")
NEAR = MinhashDedupSpec(name="near", kind="minhash_dedup")
SPECS = pytest.mark.parametrize("spec", [SAME, NEAR], ids=["exact", "near"])
TEXT = "ฝนตกบนภูเขาแต่เช้า คนเลี้ยงแกะจึงพาฝูงแกะกลับหมู่บ้านก่อนค่ำ"
EARLY, LATE = (dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in (2020, 2030))


@SPECS
def test_a_new_copy_of_a_published_document_goes_however_well_it_ranks(spec):
    old = document(TEXT, "old", origin="mt", crawl_time=LATE, url="https://x.example/old")
    new = document(TEXT, "new", crawl_time=EARLY, url="https://x.example/new")
    ran = run(spec, [new], published=[old])
    assert ran[new].related == ran[new].cluster_id == old["doc_id"]
    assert ran[new].detail.endswith(", published before")


@SPECS
def test_a_recipe_may_let_a_better_new_copy_supersede_the_published_one(spec):
    old = document(TEXT, "old", origin="mt", url="https://x.example/old")
    new = document(TEXT, "new", url="https://x.example/new")
    ranked = spec.model_copy(update={"published": "ranked"})
    ran = run(ranked, [new], published=[old])
    assert ran[new].reason is None
    assert ran[new].copies[0]["doc_id"] == old["doc_id"]
    rows = {row["published"]: row for row in ran.table.to_pylist()}
    assert (rows[True]["drop"], rows[True]["keeper"].hex()) == (True, new["doc_id"])
    worse = document(TEXT, "worse", origin="mt", crawl_time=LATE, url="https://x.example/worse")
    assert run(ranked, [worse], published=[old])[worse].related == old["doc_id"]


@SPECS
def test_the_same_record_again_is_dropped_for_itself(spec):
    row = document(TEXT, "row", url="https://x.example/")
    ran = run(spec, [row], published=[row])
    assert ran[row].related == row["doc_id"]
    assert ran[row].reason is not None


@SPECS
def test_published_documents_are_never_dropped_for_one_another(spec):
    old = [document(TEXT, str(number)) for number in range(5)]
    assert run(spec, [document("Beste testu bat.", "new")], published=old).table.num_rows == 0
    new = document(TEXT, "new")
    ran = run(spec, [new], published=old)
    assert ran[new].related in {row["doc_id"] for row in old}
    assert not any(row["drop"] for row in ran.table.to_pylist() if row["published"])
    chained = run(NEAR.model_copy(update={"linkage": "components"}), [new], published=old)
    assert chained[new].related in {row["doc_id"] for row in old}
    assert not any(row["drop"] for row in chained.table.to_pylist() if row["published"])


WORDS = st.lists(st.sampled_from(["gaur", "bihar", "elurra", "euria", "haizea", "山", "川"]), min_size=1, max_size=6)
FINE = NEAR.model_copy(update={"n": 1, "n_unspaced": 1, "bands": 20, "rows": 2, "threshold": 0.6})


@given(st.lists(st.lists(WORDS, max_size=6), min_size=1, max_size=4))
@settings(max_examples=40)
def test_increments_keep_what_the_rule_predicts_with_the_old_before_the_new(drawn):
    """Three increments are one run in which age comes before everything else."""
    increments = [
        [
            document(" ".join(words), f"{age}-{place}", crawl_time=EARLY + dt.timedelta(days=age))
            for place, words in enumerate(own)
        ]
        for age, own in enumerate(drawn)
    ]
    kept: list[dict] = []
    for own in increments:
        names = run(FINE, own, published=kept).kept() if own else set()
        kept += [row for row in own if row["doc_id"] in names]
    together = FINE.model_copy(update={"keep": ("earlier", "native", "longer")})
    everything = [row for own in increments for row in own]
    if everything:
        assert {row["doc_id"] for row in kept} == run(together, everything).kept()
