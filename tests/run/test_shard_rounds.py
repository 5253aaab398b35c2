"""Rounds of a shard's rows: all of them, in order, of a bounded size, cut alike however the rows were batched."""

from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.provenance.verify import verify
from glotmill.run import shard
from glotmill.run.rounds import rounds
from glotmill.run.spool import Spool
from support.corpora import LABEL, SHORT, Bench, documents

SCHEMA = pa.schema([("text", pa.large_string()), ("url", pa.string()), ("tokens", pa.int64())])


def batch(texts):
    urls = [None if len(text) % 3 else f"https://a.example/{len(text)}" for text in texts]
    return pa.RecordBatch.from_arrays(
        [pa.array(texts, pa.large_string()), pa.array(urls), pa.array(range(len(texts)))], schema=SCHEMA
    )


def cut(texts, sizes, most):
    batches, at = [], 0
    for size in sizes:
        batches.append(batch(texts)[at : at + size])
        at += size
    batches.append(batch(texts)[at:])
    return list(rounds(batches, SCHEMA, most))


@given(
    st.lists(st.text("กาดขอ\U00020000ab", max_size=40), max_size=30),
    st.lists(st.integers(0, 7), max_size=10),
    st.integers(1, 8_000),
)
def test_rounds_hold_every_row_once_and_do_not_depend_on_batches(texts, sizes, most):
    found = cut(texts, sizes, most)
    assert [row for table in found for row in table.to_pylist()] == batch(texts).to_pylist()
    assert [table.num_rows for table in found] == [table.num_rows for table in cut(texts, [], most)]


def test_a_round_ends_behind_the_row_that_fills_it():
    texts = ["a" * 100, "ไม้" * 100, "b" * 100, "", "c" * 5_000, "d"]
    assert [table.num_rows for table in cut(texts, [2], 2_050)] == [2, 2, 1, 1]


def test_no_rows_are_no_rounds():
    assert list(rounds([], SCHEMA)) == []


@pytest.mark.parametrize("table", cut(["ura", "lurra"] * 50, [7, 1], 3_000))
def test_each_round_is_in_one_chunk(table):
    assert {column.num_chunks for column in table.columns} == {1}


def test_a_shard_written_in_many_rounds_has_the_rows_of_one_in_their_order(tmp_path, monkeypatch):
    steps = [LABEL, SHORT, {"name": "exact", "kind": "exact_dedup"}]
    whole = Bench(tmp_path / "one", documents(40), steps).run()
    monkeypatch.setattr(shard, "rounds", partial(rounds, most=3_000))
    monkeypatch.setattr(shard, "Spool", partial(Spool, most=100))
    pieces = Bench(tmp_path / "many", documents(40), steps).run()
    assert verify(pieces, check_row=lambda row: None).problems == []
    counts = [len(receipt.partitions) for receipt in pieces.receipts("phase-1", "shard-")]
    assert max(counts) > 4 * max(len(receipt.partitions) for receipt in whole.receipts("phase-1", "shard-"))
    rows = [pq.read_table(folder.join("data")).to_pylist() for folder in (whole, pieces)]
    assert rows[0] == rows[1] != []
    ledgers = [[row for batch in folder.ledger() for row in batch.to_pylist()] for folder in (whole, pieces)]
    assert ledgers[0] == ledgers[1] != []
