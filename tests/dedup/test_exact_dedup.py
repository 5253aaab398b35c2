"""Exact deduplication: same text, same address, and who is kept."""

import datetime as dt

import pyarrow as pa
import pytest
from engine import NOTHING, batch, document, run
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.core.errors import RecipeError
from glotmill.core.yamlfile import validate
from glotmill.dedup.exact import ExactDedupSpec

BY_TEXT = ExactDedupSpec(name="same", kind="exact_dedup")
BY_URL = ExactDedupSpec(name="same", kind="exact_dedup", by="url")


def test_the_earlier_of_two_equal_texts_is_kept_and_the_other_names_it():
    later = document("Egun on guztioi.", "later", url="https://b.example/")
    earlier = document("Egun on guztioi.", "earlier", url="https://a.example/")
    earlier["crawl_time"] = later["crawl_time"] - dt.timedelta(seconds=1)
    other = document("Gabon denoi.", "other", url="https://c.example/")
    ran = run(BY_TEXT, [later, other, earlier])
    assert ran[later].reason == "exact_dedup.same_text"
    assert ran[later].related == earlier["doc_id"]
    assert ran[later].detail == f"same text as {earlier['doc_id']} (https://a.example/)"
    assert ran[later].cluster_id == earlier["doc_id"]
    assert (ran[earlier].reason, ran[earlier].cluster_id, ran[earlier].cluster_size) == (None, earlier["doc_id"], 2)
    assert (ran[other].reason, ran[other].cluster_id, ran[other].cluster_size) == (None, other["doc_id"], 1)


def test_texts_that_differ_in_one_vowel_sign_are_not_the_same():
    rows = [document("कल आना"), document("काल आना")]
    assert len(run(BY_TEXT, rows).kept()) == 2


def test_a_null_text_is_no_duplicate_of_another_but_two_empty_texts_are_equal():
    nulls = [document(None, "a"), document(None, "b")]
    empties = [document("", "c"), document("", "d")]
    ran = run(BY_TEXT, nulls + empties)
    assert all(ran[row].reason is None for row in nulls)
    assert sorted(str(ran[row].reason) for row in empties) == ["None", "exact_dedup.same_text"]


def test_the_same_address_in_other_words_is_a_duplicate_whatever_the_texts():
    rows = [
        document("Первая запись.", "a", url="https://Example.org:443/путь?b=2&a=1#верх"),
        document("Вторая запись, длиннее.", "b", url="HTTPS://EXAMPLE.ORG/путь?b=2&a=1"),
        document("Третья.", "c", url="https://example.org/путь?a=1&b=2"),
        document("Четвёртая.", "d", url=None),
        document("Пятая.", "e", url=None),
        document("Шестая.", "f", url="  "),
    ]
    ran = run(BY_URL, rows)
    assert ran[rows[0]].reason == "exact_dedup.same_url"
    assert ran[rows[0]].related == rows[1]["doc_id"]
    assert ran[rows[0]].detail.startswith("same address as ")
    assert len(ran.kept()) == 5


def test_sizes_of_an_earlier_deduplication_are_added_up():
    rows = [
        document("Saluton!", name, cluster_id="x", cluster_size=size) for name, size in [("a", 3), ("b", 1), ("c", 2)]
    ]
    rows.append(document("Adiaŭ!", "d", cluster_id="x", cluster_size=7))
    ran = run(BY_TEXT, rows)
    assert {ran[row].cluster_size for row in rows[:3]} == {6}
    assert ran[rows[3]].cluster_size == 7


def test_an_empty_corpus_gives_an_empty_table():
    assert run(BY_TEXT, []).table.num_rows == 0


def test_a_batch_without_the_optional_columns_is_enough():
    rows = [{"doc_id": document("Bom dia", name)["doc_id"], "text": "Bom dia"} for name in "ab"]
    ran = run(BY_TEXT, rows)
    assert ran.kept() == {min(row["doc_id"] for row in rows)}


@given(
    st.lists(st.tuples(st.sampled_from(["ഒന്ന്", "രണ്ട്", "മൂന്ന്", ""]), st.integers(0, 3)), max_size=12),
    st.integers(1, 4),
    st.integers(1, 5),
    st.randoms(use_true_random=False),
)
@settings(deadline=None)
def test_neither_shards_nor_batches_nor_order_change_who_is_kept(texts, shards, batch_rows, random):
    rows = [
        document(text, str(place), crawl_time=dt.datetime(2026, 1, 1 + day, tzinfo=dt.UTC))
        for place, (text, day) in enumerate(texts)
    ]
    one = run(BY_TEXT, rows)
    shuffled = random.sample(rows, len(rows))
    other = run(BY_TEXT, shuffled, shards=shards, batch_rows=batch_rows, partitions=3, seed=shards)
    assert one.verdicts == other.verdicts
    assert one.table.equals(other.table)
    for text in {text for text, _ in texts}:
        same = [row for row in rows if row["text"] == text]
        best = min(same, key=lambda row: (row["crawl_time"], row["doc_id"]))
        assert [row["doc_id"] for row in same if one[row].reason is None] == [best["doc_id"]]


def test_the_contract_states_columns_tables_and_the_reason():
    contract = BY_URL.contract(NOTHING)
    assert contract.requires.names == ["url"]
    assert contract.provides.names == ["cluster_id", "cluster_size", "copies", "possible_laundering"]
    assert contract.reasons == {"exact_dedup.same_url"}
    assert BY_URL.tables()["exact"].field(0) == pa.field("key", pa.uint64(), nullable=False)
    assert BY_URL.build(NOTHING).emit(batch([], like=document("")))["exact"].num_rows == 0


def test_a_criterion_given_twice_is_refused():
    with pytest.raises(RecipeError, match=r"keep: .*longer stands twice"):
        validate({"name": "same", "kind": "exact_dedup", "keep": ["longer", "longer"]}, ExactDedupSpec, file="r.yaml")
