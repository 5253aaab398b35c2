"""Increments: a corpus and what is added to it, as folders, manifests and rows."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from glotmill.core.errors import DataError, SettingsError
from glotmill.executors.local import LocalExecutor
from glotmill.plan.update import recipe_again
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.verify import verify
from glotmill.run.index import ensure_index
from glotmill.run.update import new_files, runs_of
from support.corpora import LABEL, Bench, digests, documents
from support.increments import all_of, lines, texts, updated
from support.kinds import KINDS

EXACT = {"name": "exact", "kind": "exact_dedup"}
NEAR = {"name": "near", "kind": "minhash_dedup"}


def holds(folder: RunFolder) -> bool:
    return verify(folder, check_row=lambda row: None).holds


def test_three_increments_add_what_is_not_published_yet_and_touch_nothing_that_is(tmp_path: Path) -> None:
    rows = documents(120)
    bench = Bench(tmp_path, rows[:60], [LABEL, EXACT, NEAR])
    base = RunFolder(str(bench.run().address))
    before = digests(base)
    first = updated(base, lines(tmp_path / "one", rows[50:90]))
    second = updated(base, lines(tmp_path / "two", rows[:30] + rows[80:100]))
    third = updated(base, lines(tmp_path / "three", rows))
    assert [Path(folder.address).name for folder in (first, second, third)] == [f"1.0.0-delta{n}" for n in (1, 2, 3)]
    assert digests(base) == before
    everything = {str(row["text"]) for row in rows}
    assert texts(base, first, second, third) == sorted(everything)
    assert set(texts(third)) == {str(row["text"]) for row in rows[100:]} - set(texts(base))
    assert all(holds(folder) for folder in (base, first, second, third))
    ids = [name for folder in (base, first, second, third) for name in all_of(folder, "doc_id")]
    assert len(ids) == len(set(ids))
    about = third.read_json("manifest.json")["update"]
    assert (about["of"], about["number"]) == ("tiny@1.0.0", 3)
    assert [index["corpus"] for index in about["indexes"]] == ["tiny@1.0.0", "tiny@1.0.0-delta1", "tiny@1.0.0-delta2"]
    assert about["superseded"]["documents"] == 0
    assert [folder.address for folder in runs_of(base)] == [f.address for f in (base, first, second, third)]


def test_the_ledger_of_a_delta_names_the_published_document(tmp_path: Path) -> None:
    rows = documents(20)
    base = Bench(tmp_path, rows, [LABEL, EXACT]).run()
    delta = updated(base, lines(tmp_path / "one", rows[:3]))
    known = dict(zip(all_of(base, "text"), all_of(base, "doc_id"), strict=True))
    gone = [row for batch in delta.ledger() for row in batch.to_pylist()]
    assert {row["related"] for row in gone} == {known[str(row["text"])] for row in rows[:3]}
    assert all(row["detail"].endswith(", published before") for row in gone)
    assert delta.read_json("manifest.json")["account"]["kept"] == 0


def test_a_file_that_went_in_before_is_left_out_whatever_its_name(tmp_path: Path) -> None:
    rows = documents(40)
    base = Bench(tmp_path, rows[:20], [LABEL, EXACT]).run()
    folder = lines(tmp_path / "grows", rows[:20], "old.jsonl")
    (folder / "old.jsonl").write_bytes(next(Path(tmp_path / "inputs").rglob("*.jsonl")).read_bytes())
    lines(folder, rows[20:], "new.jsonl")
    delta = updated(base, folder)
    files = delta.read_json("manifest.json")["inputs"]["files"]
    assert [file["name"] for file in files] == ["new.jsonl"]
    assert new_files(base, recipe_again(base, extra=KINDS), {"stories": str(folder)}) == ()


def test_a_delta_is_partitioned_by_the_month_of_crawling(tmp_path: Path) -> None:
    rows = documents(9)
    base = Bench(tmp_path, rows[:4], [LABEL, EXACT]).run()
    for row, month in zip(rows[4:8], ("10", "11", "11", "12"), strict=True):
        row["date"] = f"2026-{month}-03T00:00:00Z"
    dated = [{**row, "crawl_time": row.pop("date", None)} for row in rows[4:]]
    delta = updated(base, lines(tmp_path / "one", dated), by="month")
    folders = {part.split("/")[1] for part in delta.parts()}
    assert folders == {"2026-10", "2026-11", "2026-12", "unknown"}
    assert holds(delta)


def test_an_interrupted_delta_is_resumed_and_has_the_same_bytes(tmp_path: Path) -> None:
    rows = documents(60)
    bases = [Bench(tmp_path / name, rows[:30], [LABEL, EXACT, NEAR]).run() for name in ("quiet", "cut")]
    inputs = lines(tmp_path / "new", rows[20:])
    quiet = updated(bases[0], inputs, workers=2)
    cut = updated(bases[1], inputs)
    for name in ("manifest.json", "superseded.parquet"):
        Path(cut.join(name)).unlink()
    for path in Path(cut.join("phase-1", "receipts")).iterdir():
        path.unlink()
    for path in Path(cut.join("phase-0", "receipts")).glob("decide-*"):
        path.unlink()
    again = updated(bases[1], inputs)
    assert again.address == cut.address
    assert digests(again) == digests(quiet)


def test_a_recipe_that_ranks_lists_the_published_documents_that_new_ones_supersede(tmp_path: Path) -> None:
    rows = documents(9)
    ranked = {**EXACT, "published": "ranked", "keep": ["earlier"]}
    late = [{**row, "crawl_time": "2026-11-01T00:00:00Z"} for row in rows]
    base = Bench(tmp_path, late, [LABEL, ranked]).run()
    early = [{**row, "crawl_time": "2026-01-01T00:00:00Z"} for row in rows[:2]]
    delta = updated(base, lines(tmp_path / "one", early))
    assert texts(delta) == sorted(str(row["text"]) for row in rows[:2])
    listed = pq.read_table(delta.join("superseded.parquet")).to_pylist()
    known = dict(zip(all_of(base, "doc_id"), all_of(base, "text"), strict=True))
    fresh = dict(zip(all_of(delta, "doc_id"), all_of(delta, "text"), strict=True))
    assert [known[row["doc_id"]] for row in listed] == [fresh[row["superseded_by"]] for row in listed]
    assert delta.read_json("manifest.json")["update"]["superseded"]["documents"] == 2
    assert holds(delta)
    Path(delta.join("superseded.parquet")).write_bytes(b"PAR1")
    assert not holds(delta)


def test_an_index_is_made_once_and_again_where_it_is_damaged_or_the_corpus_is_another(tmp_path: Path) -> None:
    base = Bench(tmp_path, documents(30), [LABEL, EXACT, NEAR]).run()
    plan, executor = recipe_again(base, extra=KINDS), LocalExecutor(1)
    made = ensure_index(base, plan, executor=executor)
    written = {path: path.stat().st_mtime_ns for path in Path(base.join("index")).rglob("*") if path.is_file()}
    assert ensure_index(base, plan, executor=executor) == made
    assert written == {path: path.stat().st_mtime_ns for path in Path(base.join("index")).rglob("*") if path.is_file()}
    assert not Path(base.join("index", "keys")).exists()
    victim = Path(made.tables["near"]["bands"][3])
    victim.write_bytes(victim.read_bytes()[:-7])
    with pytest.raises(SettingsError, match="can be made again"):
        ensure_index(base, plan, executor=executor)
    Path(base.join("index", "index.json")).unlink()
    assert ensure_index(base, plan, executor=executor).digest == made.digest


def test_a_flipped_bit_in_an_index_is_found_before_it_decides(tmp_path: Path) -> None:
    rows = documents(30)
    base = Bench(tmp_path, rows, [LABEL, EXACT]).run()
    made = ensure_index(base, recipe_again(base, extra=KINDS), executor=LocalExecutor(1))
    victim = next(Path(name) for name in made.tables["exact"]["exact"] if pq.read_metadata(name).num_rows)
    whole = victim.read_bytes()
    victim.write_bytes(whole[:60] + bytes([whole[60] ^ 1]) + whole[61:])
    with pytest.raises((SettingsError, DataError), match="index"):
        updated(base, lines(tmp_path / "one", rows[:3]))


def test_what_cannot_be_updated_says_why(tmp_path: Path) -> None:
    plain = Bench(tmp_path / "plain", documents(5), [LABEL]).run()
    with pytest.raises(SettingsError, match="no step of tiny compares documents"):
        updated(plain, lines(tmp_path / "one", documents(2)))
    base = Bench(tmp_path / "base", documents(5), [LABEL, EXACT]).run()
    delta = updated(base, lines(tmp_path / "two", documents(7)))
    with pytest.raises(SettingsError, match=r"itself a delta of tiny@1\.0\.0"):
        updated(delta, lines(tmp_path / "three", documents(8)))
    with pytest.raises(SettingsError, match=r"holds no manifest\.json"):
        updated(RunFolder(str(tmp_path)), lines(tmp_path / "three", documents(8)))
