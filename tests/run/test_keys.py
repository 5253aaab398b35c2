"""Keys of a shard in rounds: every row once and in order, the same bytes however the rows were batched, few in memory."""

import datetime as dt
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.core.arrow import booleans
from glotmill.core.hashing import document_id
from glotmill.core.inputs import Shard
from glotmill.core.schema import COPIES
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.dedup.exact import ExactDedupSpec
from glotmill.executors.local import LocalExecutor
from glotmill.io import storage
from glotmill.plan.update import recipe_again
from glotmill.provenance.files import read_batches
from glotmill.run import index, shard
from glotmill.run.index import ensure_index
from glotmill.run.keys import KeyFiles, KeyTables
from glotmill.run.rounds import row_bytes
from glotmill.run.tasks import ShardItem
from support.corpora import LABEL, SENTENCES, SHORT, Bench, digests, documents
from support.kinds import KINDS

EXACT = {"name": "exact", "kind": "exact_dedup", "partitions": 3}
NEAR = {"name": "near", "kind": "minhash_dedup", "partitions": 3}
LINES = {"name": "lines", "kind": "line_dedup", "partitions": 3, "min_documents": 8, "min_hosts": 1}
SPEC = ExactDedupSpec(name="exact", kind="exact_dedup", partitions=3)
STEP = SPEC.build(Resources(Scope((), ())))
FILE = "keys/exact-shard-00007-first.arrow"


def rows(texts):
    urls = [f"https://{number % 3}.example/{number}" if number % 2 else None for number in range(len(texts))]
    names = [document_id("test", str(number)) for number in range(len(texts))]
    return pa.record_batch({"doc_id": names, "url": urls, "text": pa.array(texts, pa.string())})


def write(folder, batches, most):
    with KeyTables(SPEC, STEP, str(folder), ShardItem(Shard(7, ()), 0, "first"), most=most) as keys:
        for batch in batches:
            keys.add(Batch(batch))
        return keys.close()["keys.exact"]


def cut(batch, sizes):
    at = 0
    for size in sizes:
        yield batch[at : at + size]
        at += size
    yield batch[at:]


def batches_in(address):
    return len(list(read_batches(address)))


def partitions(folder, name=FILE):
    found = [KeyFiles((name,)).partition(str(folder), number, SPEC.partitions) for number in range(SPEC.partitions)]
    return [[row for batch in batches for row in batch.to_pylist()] for batches in found]


@settings(max_examples=40)
@given(
    texts=st.lists(st.one_of(st.none(), st.sampled_from(SENTENCES), st.text("ឈើទន្លេ浪ab", max_size=9)), max_size=30),
    sizes=st.lists(st.integers(0, 9), max_size=8),
    most=st.integers(1, 3_000),
)
def test_partitions_hold_every_row_once_in_order_whatever_the_rounds_and_batches(tmp_path_factory, texts, sizes, most):
    one, many, again = (tmp_path_factory.mktemp("keys") for _ in range(3))
    write(one, [rows(texts)], 1 << 30)
    record = write(many, cut(rows(texts), sizes), most)
    assert batches_in(str(one / FILE)) == SPEC.partitions
    assert partitions(many) == partitions(one)
    assert write(again, [rows(texts)], most) == record
    assert sum(table.num_rows for table in KeyFiles((FILE,)).rounds(str(many), SPEC.partitions)) == len(
        [text for text in texts if text is not None]
    )


def test_rounds_of_a_file_are_no_larger_than_asked_for_but_for_their_last_row(tmp_path):
    write(tmp_path, [rows([f"{SENTENCES[4]} {number}" for number in range(200)])], 2_000)
    tables = list(KeyFiles((FILE,)).rounds(str(tmp_path), SPEC.partitions))
    sizes = [row_bytes(table.combine_chunks().to_batches()[0]) for table in tables]
    assert len(tables) == 10
    assert all(2_000 <= own.sum() < 2_000 + own.max() for own in sizes[:-1])


def test_the_bytes_of_a_row_are_those_of_its_values_in_lists_and_structures_too():
    copies = [
        {"doc_id": "ab", "url": "https://ö.example", "license": None, "license_state": "declared"},
        {"doc_id": "cde", "url": None, "license": "CC0-1.0", "license_state": None},
    ]
    columns = {
        "key": pa.array([1, 2, 3, 4], pa.uint64()),
        "hash": pa.array([bytes(16)] * 4, pa.binary(16)),
        "drop": booleans([True, False, True, False]),
        "url": pa.array([None, "https://ค.example", "", "x"]),
        "crawl_time": pa.array([None, None, dt.datetime(2026, 5, 1, tzinfo=dt.UTC), None], pa.timestamp("us", "UTC")),
        "shingles": pa.array([[1, 2, 3], None, [], [4]], pa.large_list(pa.uint64())),
        "copies": pa.array([copies, None, [], copies[:1]], COPIES),
    }
    batch = pa.record_batch(columns)
    fixed = 8 + 16 + 1 + 8
    expected = [fixed + 24 + 2 + 18 + 8 + 3 + 7, fixed + 19, fixed, fixed + 1 + 8 + 2 + 18 + 8]
    assert row_bytes(batch).tolist() == expected
    assert row_bytes(batch[1:]).tolist() == expected[1:]
    assert row_bytes(batch[:0]).tolist() == []


def test_a_shard_without_keys_has_one_round_of_none_that_states_how_keys_are_made(tmp_path):
    write(tmp_path, [], 1)
    batches = list(read_batches(str(tmp_path / FILE)))
    assert [batch.num_rows for batch in batches] == [0] * SPEC.partitions
    assert batches[0].schema.equals(SPEC.tables()["exact"], check_metadata=True)


def test_keys_that_are_written_are_not_in_memory(tmp_path):
    before, peak = pa.total_allocated_bytes(), 0
    with KeyTables(SPEC, STEP, str(tmp_path), ShardItem(Shard(7, ()), 0, "first"), most=1 << 20) as keys:
        for number in range(200):
            keys.add(Batch(rows([f"{SENTENCES[0]} {number} {row}" for row in range(500)])))
            peak = max(peak, pa.total_allocated_bytes() - before)
        keys.close()
    written = sum(row_bytes(batch).sum() for batch in read_batches(str(tmp_path / FILE)))
    assert peak < 4 << 20 < 9 << 20 < written


def test_keys_of_an_attempt_that_failed_are_not_in_a_store(tmp_path):
    address = "memory://keys-of-a-failed-attempt"

    def failing():
        yield rows(list(SENTENCES))
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write(address, failing(), 1)
    assert not storage.exists(storage.join(address, FILE))


def test_a_corpus_has_the_same_bytes_whatever_the_rounds_of_its_keys(tmp_path, monkeypatch):
    bench = Bench(tmp_path, repeated(90), [LABEL, SHORT, EXACT, NEAR, LINES])
    bench.write_inputs(repeated(90), per_file=45)
    one = bench.run(out=tmp_path / "one")
    monkeypatch.setattr(shard, "KeyTables", partial(KeyTables, most=600))
    many = bench.run()
    assert digests(many) == digests(one)
    files = sorted(Path(many.address).glob("phase-*/keys/*-shard-00000-*"))
    counts = {path.name.partition("-")[0]: batches_in(str(path)) for path in files}
    assert sorted(counts) == ["bands", "exact", "shingles", "sites", "units"]
    assert all(counts[name] > 3 for name in ("bands", "exact", "shingles", "units"))
    account = many.read_json("manifest.json")["account"]
    assert 0 < account["kept"] < account["read"]


def repeated(count):
    """Documents with a menu, every seventh one twice."""
    found = documents(count)
    for number, row in enumerate(found):
        row["text"] = f"หน้าแรก | ទំព័រដើម | 首页\n{found[number - number % 7 // 6]['text']}"
    return found


def test_an_index_has_the_same_bytes_whatever_the_rounds_of_its_keys(tmp_path, monkeypatch):
    base = Bench(tmp_path, documents(60), [LABEL, EXACT, NEAR]).run()
    plan, executor = recipe_again(base, extra=KINDS), LocalExecutor(1)
    folder = Path(base.join("index"))

    def made():
        about = ensure_index(base, plan, executor=executor)
        files = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.parquet")}
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        return about, files

    one = made()
    monkeypatch.setattr(index, "KeyTables", partial(KeyTables, most=700))
    assert made() == one
    assert len(one[1]) == 9
