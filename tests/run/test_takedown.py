"""Takedowns: what goes, what stays byte for byte, what is left of a text, and what cannot come back."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glotmill.cli.inspect import prove
from glotmill.core.errors import DataError, PlanConflictError, RecipeError, SettingsError
from glotmill.dedup.tombstones import Tombstones
from glotmill.executors.local import LocalExecutor
from glotmill.plan.update import recipe_again
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.receipts import read_receipt
from glotmill.provenance.validators import VALIDATORS
from glotmill.report.why import why
from glotmill.run.cleaning import clean_run
from glotmill.run.index import ensure_index
from glotmill.run.takedown.carrying import begin, carry_out
from glotmill.run.takedown.request import request_of
from support.corpora import LABEL, SENTENCES, SHORT, Bench, digests, documents
from support.effort import done_within
from support.increments import all_of, lines, texts, updated
from support.kinds import KINDS
from support.rights import check
from support.takedowns import everything, holding, holds, planned, taken_down

EXACT = {"name": "exact", "kind": "exact_dedup"}
NEAR = {"name": "near", "kind": "minhash_dedup"}
ECHO = {"name": "echo", "kind": "echo"}
STEPS = [LABEL, ECHO, SHORT, EXACT]

# Of the page that is taken down: a sentence that stands nowhere else, in each of nine languages.
MARKS = {
    "eus_Latn": "Errotako zubian galdutako giltza urdina ez zuen inork aurkitu",
    "deu_Latn": "Der vergessene Regenschirm der Müllerin hing noch am Haselstrauch",
    "hin_Deva": "कुम्हार की नीली सुराही आज भी कुएँ के पास टूटी पड़ी है",
    "tha_Thai": "กุญแจสีน้ำเงินที่หล่นตรงท่าน้ำยังไม่มีใครเก็บได้",
    "khm_Khmr": "កូនសោពណ៌ខៀវដែលជ្រុះនៅមាត់ទឹកនៅតែរកមិនឃើញ",
    "arb_Arab": "لم يعثر أحد على المفتاح الأزرق الذي سقط عند الطاحونة",
    "cmn_Hani": "掉在磨坊桥下的蓝色钥匙至今无人找到",
    "swh_Latn": "Ufunguo wa buluu uliopotea kwenye daraja la kinu haujapatikana",
    "tur_Latn": "Değirmen köprüsünde düşen mavi anahtarı kimse bulamadı",
}


def corpus(folder: Path, *marks: str, steps: list[dict[str, object]] = STEPS) -> Bench:
    """A corpus with pages, each with copies of it elsewhere, one nearly equal where a step knows them, and what was derived."""
    rows = documents(60)
    for mark in marks:
        page = page_of(mark)
        rows.insert(7, {"text": page, "url": "https://page.example/giltza"})
        rows.insert(30, {"text": page, "url": "https://mirror.example/1"})
        rows.append({"text": page, "url": "https://mirror.example/2"})
        if NEAR in steps:
            rows.append({"text": page + " !", "url": "https://mirror.example/3"})
        rows.append({"text": f"{mark}"[:15], "url": "https://page.example/laburra"})
    return Bench(folder, rows, steps)


def page_of(mark: str) -> str:
    return f"+{mark}. " + " ".join(f"{mark[:20]} {number}." for number in range(12))


def test_no_byte_of_a_text_is_left_and_the_rest_stays_as_it_was(tmp_path: Path) -> None:
    bench = corpus(tmp_path, *MARKS.values(), steps=[*STEPS, NEAR])
    run = bench.run()
    before = digests(run)
    needles = [needle for mark in MARKS.values() for needle in (mark, mark.upper())]
    assert all(holding(Path(run.address), mark) for mark in MARKS.values())
    receipt = taken_down(run, domains=["page.example"], project=bench.project)
    assert receipt is not None
    assert holding(Path(run.address), *needles, "page.example", "mirror.example") == []
    assert holds(run)
    after = digests(run)
    (about,) = receipt["runs"]
    touched = {part["before"]["path"] for part in about["parts"]}
    assert touched
    assert touched < set(before)
    changed = {name for name in before if after.get(name) != before[name]}
    assert {name for name in changed if name.startswith("data/")} == touched
    assert "manifest.json" in changed
    assert receipt["named"] == {"urls": 0, "domains": 1, "documents": 0}
    assert holding(bench.project, "page.example") == []


def test_twins_and_what_was_derived_go_with_the_page_and_the_account_says_why(tmp_path: Path) -> None:
    bench = corpus(tmp_path, MARKS["eus_Latn"], steps=[LABEL, ECHO, SHORT])
    run = bench.run()
    kept = len(all_of(run, "doc_id"))
    receipt = taken_down(run, urls=["https://page.example/giltza"])
    assert receipt is not None
    gone = [row for batch in run.ledger() for row in batch.to_pylist() if row["step"] == "takedown-1"]
    assert {row["fate"] for row in gone} == {"dropped"}
    assert receipt["runs"][0]["documents"] == len(gone) == kept - len(all_of(run, "doc_id"))
    assert receipt["runs"][0]["relations"] == {"named": 1, "twin": 2, "derived": 3}
    assert sum(row["parent_ids"] is not None for row in gone) == 3
    manifest = run.read_json("manifest.json")
    account = manifest["account"]
    assert account["read"] + account["derived"] == account["kept"] + account["dropped"] + account["quarantined"]
    assert account["steps"][-1]["step"] == "takedown-1"
    assert manifest["release"] == "2.0.0"
    (entry,) = manifest["takedowns"]
    assert (entry["documents"], entry["requested"], entry["receipt"]) == (len(gone), "2026-11-20", receipt["receipt"])
    assert "2026-11-27" not in json.dumps(manifest)
    assert run.read_json(f"takedowns/{receipt['receipt']}.json") == receipt
    assert (receipt["by"], receipt["recorded"]) == ("a letter", "2026-11-27")


def test_a_story_goes_with_its_translations_and_those_of_others_stay(tmp_path: Path) -> None:
    rows = [
        {"text": f"{text} {story}", "title": f"story-{story}", "url": f"https://{tag[:3]}.example/{story}"}
        for tag, text in MARKS.items()
        for story in (1, 2)
    ]
    run = Bench(tmp_path, rows, [LABEL, {"name": "parallel", "kind": "parallel"}]).run()
    receipt = taken_down(run, urls=["https://hin.example/1"])
    assert receipt is not None
    assert receipt["runs"][0]["relations"] == {"derived": 8, "named": 1}
    assert {url.rpartition("/")[2] for url in all_of(run, "url")} == {"2"}
    assert holds(run)


def test_another_run_that_is_named_loses_the_same_documents(tmp_path: Path) -> None:
    bench = Bench(tmp_path, documents(20), [LABEL])
    first, second = bench.run(), bench.run(out=tmp_path / "second")
    receipt = taken_down(first, urls=["https://stories.example/4"], also=[second])
    assert receipt is not None
    assert [run["documents"] for run in receipt["runs"]] == [1, 1]
    assert texts(first) == texts(second)
    assert holds(first, second)


def test_a_keeper_goes_for_the_copy_that_was_dropped_and_stays_where_twins_are_kept(tmp_path: Path) -> None:
    rows = [{"text": text, "url": f"https://first.example/{number}"} for number, text in enumerate(SENTENCES)]
    rows.append({"text": SENTENCES[3], "url": "https://copy.example/a"})
    bench = Bench(tmp_path, rows, [LABEL, EXACT])
    run = bench.run()
    (keeper,) = [row for row in _kept(run) if row["text"] == SENTENCES[3]]
    (member,) = keeper["copies"]
    other = member["url"]
    found = planned(run, urls=[other])
    assert found.found.runs[0].removed == {keeper["doc_id"]: "twin"}
    taken_down(run, urls=[other], twins="keep")
    assert holds(run)
    (left,) = [row for row in _kept(run) if row["text"] == SENTENCES[3]]
    assert (left["copies"], left["cluster_size"]) == ([], 1)
    assert holding(Path(run.address), other) == []
    assert run.read_json("manifest.json")["totals"]["documents"] == len(SENTENCES)


def test_equal_texts_go_where_no_step_compared_them(tmp_path: Path) -> None:
    rows = [{"text": SENTENCES[2], "url": f"https://x.example/{number}"} for number in range(3)]
    run = Bench(tmp_path, rows, [LABEL]).run()
    taken_down(run, urls=["https://x.example/1"])
    assert all_of(run, "doc_id") == []
    assert run.parts() == ()
    assert holds(run)
    assert run.read_json("manifest.json")["account"]["kept"] == 0


def test_the_same_again_changes_nothing_and_a_second_one_is_told_apart(tmp_path: Path) -> None:
    bench = corpus(tmp_path, MARKS["tha_Thai"])
    run = bench.run()
    assert taken_down(run, domains=["page.example"], project=bench.project) is not None
    before = everything(tmp_path)
    assert taken_down(run, domains=["page.example"], project=bench.project) is None
    assert everything(tmp_path) == before
    second = taken_down(run, urls=["https://stories.example/3"], project=bench.project)
    assert second is not None
    assert second["runs"][0]["release"] == {"before": "2.0.0", "after": "3.0.0"}
    assert [one["release"] for one in run.read_json("manifest.json")["takedowns"]] == ["2.0.0", "3.0.0"]
    assert [count.step for count in run.counts()][-2:] == ["takedown-1", "takedown-2"]
    assert holds(run)


def test_what_is_in_no_corpus_is_kept_out_all_the_same(tmp_path: Path) -> None:
    bench = corpus(tmp_path, MARKS["hin_Deva"])
    run = bench.run()
    before = everything(Path(run.address))
    receipt = taken_down(run, urls=["https://never.example/read"], project=bench.project)
    assert receipt is not None
    assert receipt["tombstones"] == 1
    after = everything(Path(run.address))
    assert {name for name in after if after[name] != before.get(name)} == {
        "tombstones.txt",
        f"takedowns/{receipt['receipt']}.json",
    }
    assert taken_down(run, urls=["https://never.example/read"], project=bench.project) is None


def test_a_later_run_refuses_what_was_taken_down_and_why_explains_it(tmp_path: Path) -> None:
    mark = MARKS["khm_Khmr"]
    bench = corpus(tmp_path, mark)
    run = bench.run()
    taken_down(run, urls=["https://page.example/giltza"], project=bench.project)
    left = texts(run)
    again = bench.run(out=tmp_path / "again")
    assert holding(Path(again.address), mark, mark.upper(), "page.example/giltza") == []
    assert texts(again) == left
    reasons = {
        row["reason"] for batch in again.ledger() for row in batch.to_pylist() if row["reason"].startswith("tomb")
    }
    assert reasons == {"tombstones.document"}
    (fate,) = why(again, "https://page.example/giltza")
    assert (fate.fate, fate.row["reason"]) == ("taken down", "tombstones.url")
    assert holds(again)
    assert "manifests/tombstones.txt" in again.read_json("manifest.json")["files"]


def test_a_new_copy_of_a_text_is_refused_by_the_text_alone(tmp_path: Path) -> None:
    mark = MARKS["arb_Arab"]
    bench = corpus(tmp_path, mark)
    run = bench.run()
    taken_down(run, urls=["https://page.example/giltza"], project=bench.project)
    bench.write_inputs(
        [{"text": page_of(mark), "url": "https://new.example/"}, {"text": SENTENCES[1], "url": "https://new.example/2"}]
    )
    fresh = bench.run(out=tmp_path / "fresh")
    gone = {row["reason"]: row for batch in fresh.ledger() for row in batch.to_pylist()}
    assert gone["tombstones.text"]["sample"] is None
    assert "https://new.example/2" in all_of(fresh, "url")
    assert holding(Path(fresh.address), mark) == []


def test_a_run_is_never_written_over_what_is_left(tmp_path: Path) -> None:
    bench = corpus(tmp_path, MARKS["tur_Latn"])
    run = bench.run()
    taken_down(run, domains=["page.example"], project=bench.project)
    before = everything(Path(run.address))
    assert bench.run().address == run.address
    after = everything(Path(run.address))
    assert {name for name in before if before[name] != after.get(name)} <= {"inputs.json"}
    for settings in ({"restart": True}, {"retry_quarantined": True}):
        with pytest.raises(PlanConflictError, match="were taken down from"):
            bench.run(**settings)
    Path(run.join("manifest.json")).unlink()
    with pytest.raises(PlanConflictError, match="Give the recipe a new version"):
        bench.run()


def test_tombstones_of_the_project_are_part_of_the_plan(tmp_path: Path) -> None:
    bench = Bench(tmp_path, documents(5), [LABEL])
    bench.run()
    file = bench.project / "manifests" / "tombstones.txt"
    salt = "ab" * 16
    file.write_text(Tombstones().with_lines(salt, [f"url {'0' * 32}"]).text(), encoding="utf-8")
    with pytest.raises(PlanConflictError, match=r"manifests/tombstones\.txt"):
        bench.run()
    file.write_text("url 123", encoding="utf-8")
    with pytest.raises(RecipeError, match="line 1 is no tombstone"):
        bench.run(out=tmp_path / "other")


def test_phases_indexes_and_receipts_agree_afterwards(tmp_path: Path) -> None:
    bench = corpus(tmp_path, MARKS["cmn_Hani"])
    run = bench.run()
    plan, executor = recipe_again(run, extra=KINDS), LocalExecutor(1)
    first = ensure_index(run, plan, executor=executor)
    taken_down(run, domains=["page.example"])
    assert not Path(run.join("index")).exists()
    assert not [path for phase in run.phases() for path in (Path(run.join(phase)) / "data").glob("*")]
    for phase in run.phases():
        for receipt in run.receipts(phase, "shard-"):
            ledger = Path(run.join(phase, receipt.files["ledger"].name))
            assert ledger.stat().st_size == receipt.files["ledger"].bytes
            assert [path.name for path in ledger.parent.glob(f"{receipt.task}*")] == [ledger.name]
    second = ensure_index(run, recipe_again(run, extra=KINDS), executor=executor)
    assert second.documents < first.documents
    assert clean_run(run).bytes == 0
    assert holds(run)


def test_a_ledger_that_an_attempt_left_when_it_died_goes_too(tmp_path: Path) -> None:
    run = corpus(tmp_path, MARKS["tur_Latn"]).run()
    ledger = next(Path(run.join("phase-0", "ledger")).glob("shard-00000-*.parquet"))
    ledger.with_name("shard-00000-0badbeef.parquet").write_bytes(ledger.read_bytes())
    taken_down(run, domains=["page.example"])
    assert holding(Path(run.address), "page.example") == []
    assert holds(run)


def test_markers_of_quarantined_documents_lose_their_address(tmp_path: Path) -> None:
    from glotmill.run.containment import markers
    from glotmill.run.shard import write_marker
    from glotmill.run.tasks import Quarantined

    bench = corpus(tmp_path, MARKS["swh_Latn"])
    run = bench.run()
    short = next(
        row for batch in run.ledger() for row in batch.to_pylist() if row["url"] == "https://page.example/laburra"
    )
    entry = Quarantined(short["doc_id"], "label", "label.worker_crash", "x", 0, short["url"], "a.warc:1")
    write_marker(run.phase(0), entry)
    taken_down(run, domains=["page.example"])
    (marker,) = markers(run.phase(0))
    assert (marker.doc_id, marker.url, marker.detail, marker.warc_ref) == (entry.doc_id, None, None, None)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"urls": ["azoka"]}, "no absolute URL"),
        ({"domains": ["eus"]}, "public suffix"),
        ({"domains": ["co.uk"]}, "public suffix"),
        ({"domains": ["a b"]}, "no domain"),
        ({"domains": ["*.example.org"]}, "no domain"),
        ({"documents": ["12"]}, "no doc_id"),
    ],
)
def test_what_names_nothing_is_refused(tmp_path: Path, named: dict[str, list[str]], said: str) -> None:
    run = Bench(tmp_path, documents(3), [LABEL]).run()
    with pytest.raises(SettingsError, match=said):
        taken_down(run, **named)


def test_a_list_names_urls_domains_and_ids(tmp_path: Path) -> None:
    run = Bench(tmp_path, documents(9), [LABEL]).run()
    first = all_of(run, "doc_id")[4]
    listed = tmp_path / "list.txt"
    listed.write_text(
        f"\ufeff# from the letter\n{first}\n\nhttps://stories.example/5#x\nother.example\n", encoding="utf-8"
    )
    receipt = taken_down(run, files=[str(listed)])
    assert receipt is not None
    assert receipt["named"] == {"urls": 1, "domains": 1, "documents": 1}
    assert receipt["runs"][0]["relations"] == {"named": 2}
    listed.write_text("https://x.example/\nnot a domain\n", encoding="utf-8")
    with pytest.raises(RecipeError, match="line 2"):
        taken_down(run, files=[str(listed)])


def test_a_page_goes_under_an_address_with_tracking_parameters_too(tmp_path: Path) -> None:
    urls = [
        "https://page.example/giltza?utm_source=x",
        "https://page.example./giltza",
        "https://page.example/giltza?b=2",
    ]
    rows = [{"text": text, "url": url} for text, url in zip(SENTENCES, urls, strict=False)]
    run = Bench(tmp_path, rows, [LABEL]).run()
    taken_down(run, urls=["https://page.example/giltza"])
    assert all_of(run, "url") == ["https://page.example/giltza?b=2"]


def test_a_list_of_many_lines_is_read_line_by_line_and_not_copied_at_each(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("".join(f"https://azoka.example/{number}\n" for number in range(60_000)), encoding="utf-8")
    # 0.3 s; where every line copied what was read before, more than 30.
    assert len(done_within(15, lambda: request_of(files=[str(listed)])).urls) == 60_000


def test_deltas_are_reached_and_what_they_dropped_names_the_published_copy(tmp_path: Path) -> None:
    mark = MARKS["deu_Latn"]
    bench = corpus(tmp_path, mark)
    base = RunFolder(str(bench.run().address))
    page = next(text for text in texts(base) if mark in text)
    one = updated(base, lines(tmp_path / "one", [{"text": page, "url": "https://later.example/"}, *documents(64)[60:]]))
    two = updated(
        base,
        lines(
            tmp_path / "two",
            [{"text": f"+{mark} {number}" * 3, "url": "https://page.example/giltza"} for number in range(2)],
        ),
    )
    receipt = taken_down(one, urls=["https://later.example/"])
    assert receipt is not None
    assert [run["corpus"] for run in receipt["runs"]] == ["tiny@1.0.0", "tiny@1.0.0-delta1", "tiny@1.0.0-delta2"]
    assert not any(page == text for text in texts(base, one, two))
    assert holding(Path(one.address), mark, "later.example") == []
    assert holds(base, one, two)
    taken_down(base, urls=["https://page.example/giltza"])
    assert holding(tmp_path / "out", mark, mark.upper()) == []
    assert holds(base, one, two)
    three = updated(base, lines(tmp_path / "three", [{"text": page, "url": "https://again.example/"}]))
    assert texts(three) == []
    reasons = [row["reason"] for batch in three.ledger() for row in batch.to_pylist()]
    assert reasons == ["tombstones.text"]


def test_what_supersedes_and_is_superseded_goes_together(tmp_path: Path) -> None:
    ranked = {**EXACT, "published": "ranked", "keep": ["earlier"]}
    rows = [{**row, "crawl_time": "2026-11-01T00:00:00Z"} for row in documents(9)]
    base = Bench(tmp_path, rows, [LABEL, ranked]).run()
    early = [
        {**row, "url": f"https://early.example/{n}", "crawl_time": "2026-01-01T00:00:00Z"}
        for n, row in enumerate(rows[:2])
    ]
    delta = updated(base, lines(tmp_path / "one", early))
    assert taken_down(base, urls=["https://early.example/0"]) is not None
    assert str(rows[0]["text"]) not in texts(base, delta)
    assert str(rows[1]["text"]) in texts(delta)
    assert delta.read_json("manifest.json")["update"]["superseded"]["documents"] == 1
    assert holds(base, delta)


def test_an_unfinished_delta_is_refused(tmp_path: Path) -> None:
    base = Bench(tmp_path, documents(20), [LABEL, EXACT]).run()
    delta = updated(base, lines(tmp_path / "one", documents(30)[20:]))
    Path(delta.join("manifest.json")).unlink()
    with pytest.raises(SettingsError, match="is not finished"):
        taken_down(base, urls=["https://stories.example/3"])


def test_no_run_is_taken_down_from_while_another_holds_the_journal_of_one_that_reaches_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, documents(20), [LABEL])
    first, second = bench.run(), bench.run(out=tmp_path / "second")
    begin(planned(first, urls=["https://stories.example/4"], also=[second]))
    before = everything(tmp_path)
    for run, also in ((second, []), (bench.run(out=tmp_path / "third"), [second]), (second, [first])):
        with pytest.raises(SettingsError, match=f"glotmill takedown {first.address} carries it out"):
            taken_down(run, urls=["https://stories.example/5"], also=also)
    assert {name: digest for name, digest in everything(tmp_path).items() if name in before} == before
    carry_out(first)
    taken_down(second, urls=["https://stories.example/5"])
    left = {f"https://stories.example/{number}" for number in range(20)} - {"https://stories.example/4"}
    assert set(all_of(first, "url")) == left
    assert set(all_of(second, "url")) == left - {"https://stories.example/5"}
    assert holds(first, second)
    assert not [name for name in everything(tmp_path) if "pending" in name]


def test_a_run_whose_receipt_is_damaged_is_not_touched(tmp_path: Path) -> None:
    run = Bench(tmp_path, documents(20), [LABEL, EXACT]).run()
    receipts = Path(run.join("phase-sink", "receipts"))
    (receipts / "part-00000.json").write_text("{", encoding="utf-8")
    assert read_receipt(str(receipts), "part-00000") is None
    before = everything(tmp_path)
    with pytest.raises(SettingsError, match="no receipt of"):
        taken_down(run, urls=["https://stories.example/0"])
    assert everything(tmp_path) == before


def _kept(run: RunFolder) -> list[dict[str, object]]:
    import pyarrow.parquet as pq

    return [row for part in run.parts() for row in pq.ParquetFile(run.join(part)).read().to_pylist()]


def test_a_part_that_was_changed_is_not_written_again_as_if_it_were_not(tmp_path: Path) -> None:
    bench = corpus(tmp_path, MARKS["arb_Arab"])
    run = bench.run()
    part = Path(run.join(run.parts()[0]))
    table = pq.read_table(part, partitioning=None)
    footer = pq.read_metadata(part).metadata
    title = table.schema.get_field_index("title")
    forged = table.set_column(title, table.schema.field(title), pa.array(["Forged"] * len(table), pa.string()))
    url = table.column("url")[0].as_py()
    pq.write_table(forged.replace_schema_metadata(footer), part)
    before = everything(tmp_path)
    with pytest.raises(DataError, match="sha256"):
        planned(run, urls=[url])
    pq.write_table(table.replace_schema_metadata(None), part)
    before = everything(tmp_path)
    with pytest.raises(DataError, match="footer"):
        planned(run, urls=[url])
    assert everything(tmp_path) == before


def test_verification_knows_a_takedown_that_was_interrupted(tmp_path: Path) -> None:
    bench = corpus(tmp_path, MARKS["tha_Thai"])
    run = bench.run()
    begin(planned(run, domains=["page.example"], project=bench.project))
    verdict = prove(run.address)
    assert [one for one in verdict.problems if "a takedown was interrupted" in one]
    carry_out(run)
    assert not [one for one in prove(run.address).problems if "takedown" in one]


def test_a_corpus_of_which_nothing_is_left_is_still_verified(tmp_path: Path) -> None:
    rows = [{"text": text, "url": f"https://x.example/{number}"} for number, text in enumerate(SENTENCES)]
    run = Bench(tmp_path, rows, [LABEL]).run()
    taken_down(run, domains=["x.example"])
    assert run.parts() == ()
    assert check(run, VALIDATORS).problems == []


def test_answers_of_engines_go_with_a_takedown(tmp_path: Path) -> None:
    bench = corpus(tmp_path, MARKS["deu_Latn"])
    run = bench.run()
    beside = Path(run.join("translations"))
    beside.mkdir()
    (beside / "translations.sqlite").write_bytes(MARKS["deu_Latn"].encode())
    taken_down(run, domains=["page.example"], project=bench.project)
    assert not beside.exists()
