"""Increments under strain: interrupted, damaged, with other rules, over steps that drop what supersedes."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glotmill.core.errors import SettingsError, ShardsFailed
from glotmill.executors.local import LocalExecutor
from glotmill.plan.update import recipe_again
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.verify import verify
from glotmill.run.cleaning import clean_run
from glotmill.run.index import ensure_index
from glotmill.run.shard import write_marker
from glotmill.run.tasks import Quarantined
from support.corpora import LABEL, Bench, digests, documents
from support.increments import all_of, lines, texts, updated
from support.kinds import KINDS

EXACT = {"name": "exact", "kind": "exact_dedup"}
NEAR = {"name": "near", "kind": "minhash_dedup"}
EARLIEST = {"published": "ranked", "keep": ["earlier"]}
TEXT = str(documents(1)[0]["text"])


def dated(text: str, day: str, url: str | None = None) -> dict[str, object]:
    return {"text": text, "url": url or f"https://x.example/{day}", "crawl_time": f"{day}T00:00:00Z"}


def superseded(*folders: RunFolder) -> set[str]:
    return {row["doc_id"] for folder in folders for row in pq.read_table(folder.join("superseded.parquet")).to_pylist()}


def left(*folders: RunFolder) -> list[str]:
    """Texts that a reader of these folders has, who leaves out what is superseded."""
    gone = superseded(*folders[1:])
    pairs = [pair for folder in folders for pair in zip(all_of(folder, "text"), all_of(folder, "doc_id"), strict=True)]
    return sorted(text for text, name in pairs if name not in gone)


def test_one_that_a_later_step_drops_supersedes_nobody(tmp_path: Path) -> None:
    by_url = {**EXACT, **EARLIEST, "by": "url"}
    steps = [LABEL, by_url, {"name": "short", "kind": "short", "characters": 60}]
    page = "https://x.example/orria"
    base = Bench(tmp_path, [dated(TEXT, "2026-05-01", page)], steps).run()
    delta = updated(base, lines(tmp_path / "one", [dated("Laburra da hau.", "2026-01-01", page)]))
    assert left(base, delta) == [TEXT]


def test_steps_with_different_rules_are_refused(tmp_path: Path) -> None:
    steps = [LABEL, {**EXACT, "published": "ranked"}, NEAR]
    base = Bench(tmp_path, [dated(TEXT, "2026-05-01")], steps).run()
    with pytest.raises(SettingsError, match="exact says ranked, near says wins"):
        updated(base, lines(tmp_path / "one", [dated(TEXT, "2026-01-01")]))


def test_who_supersedes_is_the_one_that_is_kept_in_the_end(tmp_path: Path) -> None:
    steps = [LABEL, {**EXACT, **EARLIEST}, {**NEAR, **EARLIEST}]
    base = Bench(tmp_path, [dated(TEXT, "2026-05-01")], steps).run()
    new = [dated(TEXT, "2026-02-01"), dated(f"{TEXT}!", "2026-01-01")]
    delta = updated(base, lines(tmp_path / "one", new))
    listed = pq.read_table(delta.join("superseded.parquet")).to_pylist()
    assert [row["superseded_by"] for row in listed] == all_of(delta, "doc_id")
    assert left(base, delta) == [f"{TEXT}!"]


def test_a_step_for_another_track_compares_nobody(tmp_path: Path) -> None:
    step = {**EXACT, **EARLIEST, "tracks": ["curated"]}  # all rows are of the web
    base = Bench(tmp_path, [dated(TEXT, "2026-05-01"), dated(TEXT, "2026-04-01")], [LABEL, step]).run()
    assert len(all_of(base, "text")) == 2
    delta = updated(base, lines(tmp_path / "one", [dated(TEXT, "2026-01-01")]))
    assert superseded(delta) == set()


def test_a_superseded_document_drops_nobody_in_the_next_delta(tmp_path: Path) -> None:
    words = [f"hitza{number}" for number in range(60)]
    published, new, later = (
        " ".join(each) for each in (words, ["a1", "a2", "a3", *words[3:]], [*words[:-3], "b1", "b2", "b3"])
    )
    near = {**NEAR, **EARLIEST, "threshold": 0.85, "seed": 3}
    rows = [dated(published, "2026-05-01"), dated(new, "2026-01-01"), dated(later, "2026-07-01")]
    base = Bench(tmp_path, rows[:1], [LABEL, near]).run()
    first = updated(base, lines(tmp_path / "one", rows[1:2]))
    second = updated(base, lines(tmp_path / "two", rows[2:]))
    together = Bench(tmp_path / "all", rows, [LABEL, near]).run()
    assert len(superseded(first)) == 1
    assert left(base, first, second) == texts(together)


@pytest.mark.parametrize("rights_first", [True, False])
def test_ranks_of_an_index_are_those_of_the_run(tmp_path: Path, rights_first: bool) -> None:  # noqa: FBT001
    ranked = {**EXACT, "published": "ranked"}
    base = Bench(tmp_path, [dated(TEXT, "2026-01-01")], [LABEL, ranked] if rights_first else [ranked, LABEL]).run()
    delta = updated(base, lines(tmp_path / "one", [dated(TEXT, "2026-11-01")]))
    assert superseded(delta) == set()


def test_copies_of_a_superseded_document_are_counted_once(tmp_path: Path) -> None:
    steps = [LABEL, {**EXACT, **EARLIEST}, {**NEAR, **EARLIEST}]
    base = Bench(tmp_path, [dated(TEXT, f"2026-11-0{number}") for number in range(1, 4)], steps).run()
    delta = updated(base, lines(tmp_path / "one", [dated(TEXT, "2026-01-01")]))
    assert all_of(delta, "cluster_size") == [4]
    assert [len(copies) for copies in all_of(delta, "copies")] == [3]


def test_a_recipe_with_letters_beyond_the_basic_plane_is_understood_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, documents(5), [LABEL, EXACT])
    path = bench.project / "pipelines" / "tiny.yaml"
    value = {**json.loads(path.read_text("utf-8")), "description": "𞤀𞤣𞤤𞤢𞤥 🌧"}
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    delta = updated(bench.run(), lines(tmp_path / "one", documents(9)[5:]))
    assert delta.read_json("manifest.json")["description"] == "𞤀𞤣𞤤𞤢𞤥 🌧"


@pytest.mark.parametrize("cut", [0, 100])
def test_a_half_written_index_is_none(tmp_path: Path, cut: int) -> None:
    base = Bench(tmp_path, documents(20), [LABEL, EXACT]).run()
    plan = recipe_again(base, extra=KINDS)
    made = ensure_index(base, plan, executor=LocalExecutor(1))
    path = Path(base.join("index", "index.json"))
    path.write_bytes(path.read_bytes()[:cut])
    assert ensure_index(base, plan, executor=LocalExecutor(1)) == made


def test_a_part_that_is_not_as_the_manifest_says_is_not_indexed(tmp_path: Path) -> None:
    base = Bench(tmp_path, documents(60), [LABEL, EXACT]).run()
    first, second = base.parts()[:2]
    shutil.copy(base.join(first), base.join(second))
    with pytest.raises(ShardsFailed) as caught:
        ensure_index(base, recipe_again(base, extra=KINDS), executor=LocalExecutor(1))
    assert "is not as the manifest says" in str(caught.value.exceptions[0])


def test_keys_of_an_interrupted_index_are_digested_before_they_are_sorted(tmp_path: Path) -> None:
    base = Bench(tmp_path, documents(30), [LABEL, EXACT]).run()
    plan, executor = recipe_again(base, extra=KINDS), LocalExecutor(1)
    good = ensure_index(base, plan, executor=executor)
    # As a kill between the two passes leaves it: keys, and no file made of them.
    shutil.rmtree(base.join("index"))
    blocked = Path(base.join("index", "exact"))
    blocked.parent.mkdir()
    blocked.write_bytes(b"")
    with pytest.raises((ShardsFailed, OSError)):
        ensure_index(base, plan, executor=executor)
    blocked.unlink()
    victim = min(Path(base.join("index", "keys")).glob("*.arrow"))
    whole = victim.read_bytes()
    middle = len(whole) // 2
    victim.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    assert ensure_index(base, plan, executor=executor) == good


def test_an_update_goes_on_after_what_it_needs_no_more_was_cleaned(tmp_path: Path) -> None:
    rows = documents(60)
    base = Bench(tmp_path, rows[:30], [LABEL, EXACT, NEAR]).run()
    delta = updated(base, lines(tmp_path / "new", rows[20:]))
    before = digests(delta)
    for name in ("manifest.json", "superseded.parquet", "phase-sink/receipts/superseded.json"):
        Path(delta.join(name)).unlink()
    clean_run(delta)
    assert digests(updated(base, tmp_path / "new")) == before


def test_a_damaged_list_is_made_again(tmp_path: Path) -> None:
    rows = documents(20)
    base = Bench(tmp_path, rows[:10], [LABEL, EXACT]).run()
    delta = updated(base, lines(tmp_path / "one", rows[10:]))
    Path(delta.join("superseded.parquet")).write_bytes(b"PAR1")
    Path(delta.join("manifest.json")).unlink()
    assert verify(updated(base, tmp_path / "one"), check_row=lambda row: None).holds


def test_a_missing_delta_between_others_is_refused(tmp_path: Path) -> None:
    rows = documents(30)
    base = Bench(tmp_path, rows[:10], [LABEL, EXACT]).run()
    updated(base, lines(tmp_path / "one", rows[10:20]))
    updated(base, lines(tmp_path / "two", rows[20:30]))
    Path(f"{base.address}-delta1").rename(tmp_path / "away")
    with pytest.raises(SettingsError, match=r"delta1 before it is not"):
        updated(base, lines(tmp_path / "three", rows[20:25]))


def test_ids_differ_where_deliveries_have_files_of_one_name_and_references_still_name_the_file(tmp_path: Path) -> None:
    base = Bench(tmp_path, documents(4), [LABEL, EXACT]).run()
    rows = [{"text": f"Egunon, {number}. eguna da gaur."} for number in range(2)]
    first = updated(base, lines(tmp_path / "one", rows[:1]))
    second = updated(base, lines(tmp_path / "two", rows[1:]))
    assert all_of(first, "doc_id") != all_of(second, "doc_id")
    assert [file["name"] for file in second.read_json("manifest.json")["inputs"]["files"]] == ["new.jsonl"]


def test_passes_over_other_keys_are_done_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [], [LABEL, EXACT])
    bench.write_inputs([{"text": TEXT, "url": f"https://x.example/{number}"} for number in range(3)], per_file=1)
    run = bench.run(out=tmp_path / "full")
    kept, phase = all_of(run, "doc_id")[0], Path(run.join("phase-0"))
    for receipt in sorted((phase / "receipts").glob("shard-*.json")):
        name = json.loads(receipt.read_text("utf-8"))["receipt"]["files"]["data"]["name"]
        with pa.ipc.open_file(str(phase / name)) as reader:
            if kept in reader.read_all().column("doc_id").to_pylist():
                number = int(receipt.stem.split("-")[1])
                receipt.unlink()
    (phase / "receipts" / "resolve.json").unlink()
    for name in ("phase-sink", "data"):
        shutil.rmtree(run.join(name))
    Path(run.join("manifest.json")).unlink()
    # As it is left where the shard is done again and this document kills its worker.
    write_marker(str(phase), Quarantined(kept, "label", "label.worker_crash", "x", number, None, None))
    again = bench.run(out=tmp_path / "full")
    account = again.read_json("manifest.json")["account"]
    assert (account["kept"], account["quarantined"]) == (1, 1)


def test_the_manifest_says_how_many_candidates_were_compared(tmp_path: Path) -> None:
    run = Bench(tmp_path, [dated(TEXT, f"2026-11-0{number}") for number in range(1, 4)], [LABEL, NEAR]).run()
    assert run.read_json("manifest.json")["comparisons"] == {
        "near": {"candidates": 3, "dropped": 2, "refused": 0, "unchecked": 0}
    }
