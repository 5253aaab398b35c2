"""A whole run in one process: the account, the corpus, resuming and refusing."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from glotmill.core.errors import LedgerError, PlanConflictError, ShardsFailed
from glotmill.provenance.receipts import Receipt
from glotmill.run.sink import assign_parts
from support.corpora import LABEL, SHORT, Bench, digests, documents

EXACT = {"name": "exact", "kind": "exact_dedup"}
NEAR = {"name": "near", "kind": "minhash_dedup", "bands": 14, "rows": 8}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, documents(120), [LABEL, SHORT, EXACT, NEAR])


def ledger(folder) -> list[dict]:
    return [row for batch in folder.ledger() for row in batch.to_pylist()]


def test_every_document_is_kept_or_in_the_ledger_with_its_reason(bench: Bench) -> None:
    folder = bench.run()
    table = pq.read_table(folder.join("data"))
    gone = ledger(folder)
    assert {row["reason"] for row in gone} == {"short.too_short"}
    assert {row["detail"] for row in gone} == {"characters 5 < 20"}
    assert table.num_rows + len(gone) == 120
    assert set(table.column("url").to_pylist()) | {row["url"] for row in gone} == {
        f"https://stories.example/{index}" for index in range(120)
    }
    account = folder.read_json("manifest.json")["account"]
    assert (account["read"], account["kept"], account["dropped"], account["quarantined"]) == (120, 108, 12, 0)


def test_the_corpus_has_the_documented_columns_whatever_the_recipe(bench: Bench) -> None:
    table = pq.read_table(bench.run().join("data"))
    assert table.column_names[:5] == ["doc_id", "url", "source", "track", "text"]
    assert "html" not in table.column_names
    assert table.column("cluster_size").to_pylist() == [1] * 108


def test_duplicates_name_the_document_that_is_kept(tmp_path: Path) -> None:
    rows = documents(20)
    rows.append({**rows[0], "url": "https://stories.example/copy"})
    folder = Bench(tmp_path, rows, [LABEL, EXACT]).run()
    copies = [
        row for row in ledger(folder) if row["reason"] == "exact_dedup.same_text" and "short" not in row["sample"]
    ]
    assert len(copies) == 1
    kept = pq.read_table(folder.join("data"), columns=["doc_id"]).column("doc_id").to_pylist()
    assert copies[0]["related"] in kept


def test_a_second_run_redoes_nothing_and_changes_no_byte(bench: Bench) -> None:
    folder = bench.run()
    before = digests(folder)
    times = {path: path.stat().st_mtime_ns for path in Path(folder.address).rglob("*.arrow")}
    bench.run()
    assert digests(folder) == before
    assert {path: path.stat().st_mtime_ns for path in Path(folder.address).rglob("*.arrow")} == times


def test_a_lost_receipt_costs_its_own_shard_alone(bench: Bench) -> None:
    folder = bench.run()
    before = digests(folder)
    Path(folder.join("phase-0", "receipts", "shard-00001.json")).unlink()
    Path(folder.join("manifest.json")).unlink()
    others = {path: path.stat().st_mtime_ns for path in Path(folder.join("phase-0", "data")).iterdir()}
    bench.run()
    assert digests(folder) == before
    assert all(path.stat().st_mtime_ns == time for path, time in others.items())


def test_a_receipt_cut_short_by_a_crash_is_no_receipt(bench: Bench) -> None:
    folder = bench.run()
    before = digests(folder)
    receipt = Path(folder.join("phase-2", "receipts", "shard-00000.json"))
    receipt.write_bytes(receipt.read_bytes()[:200])
    Path(folder.join("manifest.json")).unlink()
    bench.run()
    assert digests(folder) == before
    json.loads(receipt.read_bytes())


def test_another_recipe_under_the_same_version_is_refused_and_the_difference_named(bench: Bench) -> None:
    bench.run()
    bench.write_recipe([LABEL, {**SHORT, "characters": 21}, EXACT, NEAR])
    with pytest.raises(PlanConflictError, match=r"recipe\.steps\.1\.characters: 20 -> 21") as caught:
        bench.run()
    assert "--restart" in str(caught.value)


def test_other_inputs_under_the_same_version_are_refused_by_name(bench: Bench) -> None:
    bench.run()
    path = bench.inputs / "part-001.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("sagarrak", "madariak"), encoding="utf-8")
    with pytest.raises(PlanConflictError, match=r"inputs\.stories/part-001\.jsonl"):
        bench.run()


def test_restart_reuses_the_phases_that_did_not_change(bench: Bench) -> None:
    folder = bench.run()
    first = {path: path.stat().st_mtime_ns for path in Path(folder.join("phase-0", "data")).iterdir()}
    bench.write_recipe([LABEL, SHORT, EXACT, {**NEAR, "threshold": 0.9}])
    with pytest.raises(PlanConflictError):
        bench.run()
    bench.run(restart=True)
    assert {path: path.stat().st_mtime_ns for path in Path(folder.join("phase-0", "data")).iterdir()} == first
    assert folder.read_json("manifest.json")["recipe"]["steps"][3]["threshold"] == 0.9


def test_a_change_of_needs_ends_a_phase_and_changes_no_result(tmp_path: Path) -> None:
    steps = [LABEL, {"name": "greedy", "kind": "greedy", "characters": 20}]
    bench = Bench(tmp_path, documents(60), steps)
    assert [len(phase.steps) for phase in bench.plan().phases] == [1, 1]
    assert bench.run().read_json("manifest.json")["account"]["kept"] == 54


def test_derived_rows_enter_the_account_with_their_parents(tmp_path: Path) -> None:
    rows = [{"text": f"+ egunkari honen {index}. orria"} for index in range(30)]
    folder = Bench(tmp_path, rows, [LABEL, {"name": "echo", "kind": "echo"}]).run()
    account = folder.read_json("manifest.json")["account"]
    assert (account["read"], account["derived"], account["kept"]) == (30, 30, 60)
    table = pq.read_table(folder.join("data")).to_pylist()
    ids = {row["doc_id"] for row in table}
    assert all(set(row["parent_ids"]) <= ids for row in table if row["origin"] == "augmented")


def test_steps_pass_rows_of_other_tracks_untouched(tmp_path: Path) -> None:
    bench = Bench(tmp_path, documents(20), [LABEL, {**SHORT, "tracks": ["curated"]}])
    assert bench.run().read_json("manifest.json")["account"]["dropped"] == 0


def test_a_step_that_loses_a_row_ends_the_run(tmp_path: Path) -> None:
    bench = Bench(tmp_path, documents(10), [LABEL, {"name": "losing", "kind": "losing"}])
    with pytest.raises(ShardsFailed) as caught:
        bench.run()
    assert isinstance(caught.value.exceptions[0], LedgerError)


def test_one_failed_shard_does_not_hide_the_others(tmp_path: Path) -> None:
    rows = documents(75)
    rows[30] = {"text": "Zer da hau‽ " * 5, "url": "https://stories.example/30"}
    bench = Bench(tmp_path, rows, [LABEL, {"name": "failing", "kind": "failing"}])
    with pytest.raises(ShardsFailed) as caught:
        bench.run()
    assert len(caught.value.exceptions) == 1
    assert any("shard-00001" in note for note in caught.value.exceptions[0].__notes__)
    receipts = sorted(path.name for path in (bench.out / "tiny" / "1.0.0" / "phase-0" / "receipts").iterdir())
    assert receipts == ["shard-00000.json", "shard-00002.json"]


def test_part_files_follow_from_counts_alone() -> None:
    def receipt(task: str, *partitions: tuple[tuple[str, ...], int, int, int]) -> Receipt:
        value = {
            "files": {"data": {"name": f"data/{task}.arrow", "bytes": 0, "digest": ""}},
            "partitions": partitions,
        }
        from glotmill.provenance.receipts import FileRecord, PartitionCount

        return Receipt(
            "plan",
            task,
            {"data": FileRecord(**value["files"]["data"])},
            partitions=[PartitionCount(values, batch, rows, size) for values, batch, rows, size in partitions],
        )

    first = receipt("shard-00000", (("eus_Latn",), 0, 10, 100), (("tha_Thai",), 1, 4, 1000))
    second = receipt("shard-00001", (("eus_Latn",), 0, 5, 60))
    parts = assign_parts([second, first], part_bytes=150)
    shape = [(part.name, [(piece.file, piece.start, piece.rows) for piece in part.pieces]) for part in parts]
    assert shape[:2] == [
        ("data/eus_Latn/part-00000.parquet", [("data/shard-00000.arrow", 0, 10)]),
        ("data/eus_Latn/part-00001.parquet", [("data/shard-00001.arrow", 0, 5)]),
    ]
    assert sum(rows for name, pieces in shape if "tha_Thai" in name for _, _, rows in pieces) == 4
