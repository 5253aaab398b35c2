"""The report of a run: what it says is what the run counted, whose texts it shows, and that hostile texts stay texts."""

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from glotmill.core.errors import SettingsError
from glotmill.executors.local import LocalExecutor
from glotmill.provenance.audit import audits
from glotmill.provenance.figures import Figures
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.receipts import StepCount, replace_receipt
from glotmill.report.run_page import (
    distributions_section,
    gate_section,
    languages_section,
    naturalness_section,
    origins_section,
    warnings_section,
)
from glotmill.report.run_page.facts import Options, gather
from glotmill.report.run_page.naturalness_section import divergence
from glotmill.report.run_page.page import report
from glotmill.report.run_page.sampling import Document
from glotmill.report.run_page.times_section import BEGIN, END
from support.command import glotmill
from support.corpora import LABEL, SHORT, Bench, documents

PERMIT = {"name": "rights", "kind": "permit", "allow": "open-definition", "consent": "record-only"}
EXACT = {"name": "exact", "kind": "exact_dedup", "partitions": 2}
HOSTILE = (
    "</div><script>document.title='ebatsi'</script><img src=//evil.example/x onerror=alert(1)> \u202eezkutua\u202c \u0007",
    "افتتحت المكتبة <b>أبوابها</b> للأطفال بعد الظهر & ]]> -->",
    "ภาษาไทย \"' onmouseover=x " + "ก" * 400,
)


class Outline(HTMLParser):
    """Elements of a page with their attributes, and whether all that opens closes."""

    void = frozenset({"meta", "img", "br", "input"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def without_times(page: str) -> str:
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    assert mark
    return before + after


def bench(folder: Path, steps: list[dict[str, object]] | None = None) -> Bench:
    rows = documents(60)
    for index, text in enumerate(HOSTILE):
        url = f'https://stories.example/"><i>{index}'
        rows.append({"text": f"{text} hitzak {index} " * 5, "url": url})
        rows.append({"text": f"{text} hitzak {index} " * 5, "url": f"{url}-berriz"})
    return Bench(folder, rows, steps or [PERMIT, LABEL, SHORT, EXACT])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return bench(tmp_path_factory.mktemp("orria")).run()


@pytest.fixture(scope="module")
def page(run: RunFolder) -> str:
    return report(run, Options())


def test_the_page_loads_nothing_runs_nothing_and_is_whole(page: str) -> None:
    seen = Outline(page).seen
    tags = {tag for tag, _ in seen}
    assert tags.isdisjoint({"script", "img", "link", "iframe", "object", "embed", "form", "base", "b", "i"})
    names = {name for _, attributes in seen for name in attributes}
    assert not any(name.startswith("on") for name in names)
    assert names.isdisjoint({"src", "style", "srcset", "action"})
    assert all((attributes["href"] or "").startswith("#") for _, attributes in seen if "href" in attributes)
    [policy] = [one["content"] for tag, one in seen if one.get("http-equiv") == "Content-Security-Policy"]
    assert (policy or "").startswith("default-src 'none'")
    assert "\u202e" not in page
    assert "[U+202E]" in page


def test_every_picture_has_a_name_and_a_table_behind_it_and_every_link_a_section(page: str) -> None:
    seen = Outline(page).seen
    pictures = [attributes for tag, attributes in seen if tag == "svg"]
    assert pictures
    assert all(one["role"] == "img" and one["aria-label"] for one in pictures)
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) == len(pictures)
    assert all("<table>" in figure for figure in figures)
    ids = {attributes["id"] for _, attributes in seen if "id" in attributes}
    assert {(one["href"] or "")[1:] for tag, one in seen if tag == "a"} <= ids


def test_figures_are_those_of_the_manifest(run: RunFolder, page: str) -> None:
    account = run.read_json("manifest.json")["account"]
    tiles = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))
    assert tiles == {
        "records read": "66",
        "derived": "0",
        "kept": str(account["kept"]),
        "dropped": str(account["dropped"]),
        "quarantined": "0",
    }
    assert "exact_dedup.same_text" in page
    assert "2 copies" in page


def test_the_same_run_gives_the_same_bytes_but_for_the_times(tmp_path: Path, page: str) -> None:
    executor = LocalExecutor(2)
    try:
        other = bench(tmp_path).run(executor=executor)
    finally:
        executor.close()
    assert without_times(report(other, Options())) == without_times(page)


def test_texts_that_no_policy_let_pass_are_not_shown_unless_one_asks_for_them(tmp_path: Path) -> None:
    rows = [
        {"text": f"Ezkutuko testu bat {index}. " * 3, "url": f"https://stories.example/{index}"} for index in range(9)
    ]
    rows += [{"text": "labur", "url": "https://stories.example/labur"}]
    run = Bench(tmp_path, rows, [SHORT, LABEL]).run()
    assert "labur</div>" not in report(run, Options())
    assert "nothing checked it" in report(run, Options())
    assert "labur</div>" in report(run, Options(texts="all"))
    before = Bench(tmp_path / "lehen", rows, [SHORT, PERMIT, LABEL]).run()
    assert "labur</div>" not in report(before, Options())
    after = Bench(tmp_path / "gero", rows, [PERMIT, SHORT, LABEL]).run()
    assert "labur</div>" in report(after, Options())
    assert "labur</div>" not in report(after, Options(texts="none"))
    web = Bench(tmp_path / "web", rows, [{**PERMIT, "tracks": ["web"]}, SHORT, LABEL]).run()
    assert "labur</div>" not in report(web, Options())
    noted = Bench(tmp_path / "noted", rows, [{**PERMIT, "allow": "any"}, SHORT, LABEL]).run()
    assert "labur</div>" not in report(noted, Options())


def test_refused_and_taken_down_documents_leave_no_word(tmp_path: Path) -> None:
    rows = documents(20)
    rows[3] = {"text": "Debekatutako testua hemen. " * 4, "url": "https://stories.example/3", "license": "CC-BY-NC-4.0"}
    rows[4] = {"text": "Kendutako testua hemen dago. " * 4, "url": "https://gone.example/4"}
    rows[5] = dict(rows[4], url="https://gone.example/5")
    project = Bench(tmp_path, rows, [PERMIT, LABEL, SHORT, EXACT])
    run = project.run()
    address = glotmill("report", run.address, "--texts", "all", "--json", cwd=tmp_path)
    shown = Path(json.loads(address)["report"])
    assert "Debekatutako" not in shown.read_text(encoding="utf-8")
    assert "Kendutako" in shown.read_text(encoding="utf-8")
    glotmill("takedown", run.address, "--domain", "gone.example", "--project", str(project.project), cwd=tmp_path)
    assert not shown.exists()
    status = json.loads(glotmill("status", run.address, "--json", cwd=tmp_path))
    assert (status["state"], status["missing"]) == ("finished", [])
    assert all(phase["done"] == phase["total"] for phase in status["phases"])
    again = report(run, Options(texts="all"))
    assert "Kendutako" not in again
    assert "gone.example" not in again
    assert "takedown." in again


def test_origins_are_told_apart_by_language_in_parts_that_mix_both(tmp_path: Path) -> None:
    rows = [
        {
            "text": f"{words} {index}. " * 4,
            "url": f"https://stories.example/{tag}/{index}",
            "language": tag,
            "origin": origin,
        }
        for tag, words in (("eus_Latn", "Azokan sagarrak saltzen dituzte"), ("tha_Thai", "ชาวบ้านช่วยกันซ่อมสะพานไม้"))
        for origin, count in (("native", 1 if tag == "tha_Thai" else 3), ("mt", 2))
        for index in range(count)
    ]
    project = Bench(tmp_path, rows, [PERMIT, SHORT])
    project.write_recipe([PERMIT, SHORT], sink={"kind": "parquet", "partition_by": ["license_class"], "part_mb": 1})
    run = project.run()
    page = report(run, Options())
    assert origins(page.partition('<section id="origins"')[2].partition("</section>")[0]) == {
        "eus_Latn": ["3", "2", "0", "0", "60.0 %"],
        "tha_Thai": ["1", "2", "0", "0", "33.3 %"],
    }
    assert "tha_Thai: 66.7 % of the documents are machine-made." in page
    # A run of an earlier version says of a part only which languages and which origins it has.
    uncounted = replace(gather(run, Options()), figures={})
    assert origins(origins_section.section(uncounted).body)["tha_Thai"] == ["0", "0", "0", "0", "3", "–"]


UNCOUNTED = {
    "weights": "tokens and characters by language, license, consent and origin",
    "lengths": "lengths",
    "scores": "scores",
    "origins": "origins by language",
    "crawled": "months of fetches",
    "dated": "years of publication",
    "cluster_sizes": "sizes of clusters",
    "clusters": "the largest clusters",
}


@pytest.mark.parametrize("gone", [*([name] for name in Figures().close()), list(UNCOUNTED)], ids="-".join)
def test_a_report_of_a_run_that_did_not_count_something_is_made_and_says_so(
    run: RunFolder, page: str, tmp_path: Path, gone: list[str]
) -> None:
    older = RunFolder(str(shutil.copytree(run.address, tmp_path / "older")))
    folder = older.join("phase-sink", "receipts")
    receipt = older.receipts("phase-sink", "part-")[-1]
    figures = {name: value for name, value in receipt.facts["figures"].items() if name not in gone}
    replace_receipt(folder, replace(receipt, facts={**receipt.facts, "figures": figures}))
    found = report(older, Options())
    Outline(found)
    warning = "What it did not count is missing here"
    assert warning not in page
    assert re.findall(rf"{warning}: ([^.]*)\.", found) == [", ".join(UNCOUNTED[name] for name in gone)]


def test_scores_that_older_code_counted_as_if_they_were_from_0_to_1_are_not_drawn(run: RunFolder) -> None:
    facts = gather(run, Options())
    older = replace(facts, figures={**facts.figures, "scores": {"quality_score": {"eus_Latn": {"0": 3, "19": 8}}}})
    section = distributions_section.section(older, {})
    assert "Quality scores were counted by an earlier version of Glotmill, which took log-odds" in section.body
    assert "Quality score," not in section.body


def origins(section: str) -> dict[str, list[str]]:
    found = dict(re.findall(r"<bdi>[^<]*\((\w+)\)</bdi></th>(.*?)</tr>", section))
    return {tag: re.findall(r">([^<>]+)<", row) for tag, row in found.items()}


def test_personal_data_of_dropped_documents_is_replaced_as_the_recipe_says(tmp_path: Path) -> None:
    rows = [
        {"text": f"Testu luze bat da {index}. " * 4, "url": f"https://stories.example/{index}"} for index in range(5)
    ]
    rows += [{"text": "a@b.example", "url": "https://stories.example/l"}]
    redact = {"name": "privacy", "kind": "redact", "find": ["email"]}
    page = report(Bench(tmp_path, rows, [PERMIT, SHORT, LABEL, redact]).run(), Options())
    assert "a@b.example" not in page
    assert "&lt;email&gt;" in page


def test_tokens_per_word_and_byte_are_counted_and_compared_with_english(tmp_path: Path, run: RunFolder) -> None:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(pattern="", behavior="isolated")
    tokenizer.save(str(tmp_path / "letters.json"))
    (tmp_path / "english.txt").write_text("The baker opens early. " * 300, encoding="utf-8")
    glotmill(
        "report", run.address, "--tokenizer", f"letters={tmp_path / 'letters.json'}",
        "--english", str(tmp_path / "english.txt"), "--out", str(tmp_path / "r.html"), cwd=tmp_path,
    )  # fmt: skip
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    [row] = re.findall(r"<tr><th scope=\"row\"><bdi>English \(eng_Latn\)</bdi></th>(.*?)</tr>", text)
    # One token a letter: 23 characters with the blank, four words, and a byte each.
    assert re.findall(r">([^<>]+)<", row) == ["1,200", "5.75", "1", "1", "1", "–", "–"]
    wrong = glotmill("report", run.address, "--tokenizer", "letters", cwd=tmp_path, code=2)
    assert "NAME=FILE" in wrong


def test_what_an_earlier_version_did_not_count_is_not_shown_as_nothing(run: RunFolder) -> None:
    facts = gather(run, Options())
    counted, uncounted = (
        re.findall(r"<td[^>]*>([^<]*)</td>", languages_section.section(one).body)
        for one in (facts, replace(facts, figures={}))
    )
    assert counted[2] == f"{facts.weights('language')[facts.languages[0]][2]:,}"
    assert uncounted[:3] == [counted[0], "–", "–"]


def test_divergence_is_nothing_between_equal_and_one_bit_between_disjoint_words() -> None:
    one, other = np.array([1, 2, 2, 3], np.uint64), np.array([7, 8, 9, 9], np.uint64)
    assert divergence(one, one[::-1]) == 0.0
    assert divergence(one, other) == 1.0
    half = divergence(np.array([1, 1], np.uint64), np.array([1, 2], np.uint64))
    assert half == pytest.approx(0.311278, abs=1e-6)


def spoken(words: str, count: int, origin: str, *, labels: tuple[str, ...] = ()) -> list[Document]:
    """Documents of eight words each, drawn from a vocabulary in turn."""
    known = words.split()
    texts = [" ".join(known[(index * 3 + place) % len(known)] for place in range(8)) for index in range(count)]
    return [
        Document(f"{origin}{index}", "swh_Latn", origin, text, (), None, labels, whole=True)
        for index, text in enumerate(texts)
    ]


def test_translated_words_are_set_beside_native_ones_with_the_same_labels_and_as_many() -> None:
    native = spoken("watoto walipanda miti kando ya shule yao mpya asubuhi", 200, "native")
    alike = naturalness_section.section(
        {
            ("swh_Latn", "native"): native,
            ("swh_Latn", "mt"): spoken("watoto walipanda miti kando ya shule yao mpya asubuhi", 200, "mt"),
        }
    )
    apart = naturalness_section.section(
        {("swh_Latn", "native"): native, ("swh_Latn", "mt"): spoken("mmoja wa wale ambao ni kwa hiyo basi", 200, "mt")}
    )
    other = naturalness_section.section(
        {("swh_Latn", "native"): native, ("swh_Latn", "mt"): spoken("watoto walipanda", 200, "mt", labels=("bible",))}
    )
    cells = [re.findall(r'<td class="n">([^<]*)</td>', one.body) for one in (alike, apart)]
    assert [row[0] for row in cells] == ["800", "800"]
    assert float(cells[0][1]) < 0.01
    assert cells[1][1] == "1"
    assert "too little text" in other.body
    assert "no translated" in naturalness_section.section({("swh_Latn", "native"): native}).body


def test_an_audited_gate_shows_what_it_lost_at_most(run: RunFolder) -> None:
    reasons = {"-": {"gate.no_target_language": 900, "gate.audit_confirmed": 98, "gate.audit_missed_eus_Latn": 2}}
    counts = [
        StepCount("gate", 1100, 0, 100, 1000, 0, reasons),
        StepCount("language", 100, 0, 100, 0, 0, {}, {"eus_Latn": 100}),
    ]
    steps = [
        {"name": "gate", "kind": "gate", "audit": {"share": 0.1, "model": "lid176"}},
        {"name": "language", "kind": "identify"},
    ]
    found = audits(counts, steps, ["eus_Latn"])
    facts = replace(gather(run, Options()), manifest={**run.read_json("manifest.json"), "audits": found})
    body = gate_section.section(facts).body
    row = re.search(r"<tr><th scope=\"row\"><bdi>Basque \(eus_Latn\)</bdi></th>(.*?)</tr>", body)
    assert row is not None
    of = found["gate"]["languages"]["eus_Latn"]
    assert re.findall(r">([^<>]+)<", row[1]) == [
        "100",
        "2",
        "20",
        f"{of['lost_at_most']:.4g}",
        f"{of['recall']:.4g}",
        f"{of['recall_at_least']:.4g}",
    ]
    assert "does not prove a recall of 99%; what it proves: eus_Latn" in warnings_section.section(facts).body


def test_a_dry_run_has_a_report_too_and_an_unfinished_run_none(tmp_path: Path) -> None:
    project = bench(tmp_path, [PERMIT, {"name": "language", "kind": "identify", "identifier": "words"}, EXACT])
    glotmill(
        "dry-run", "tiny", "--project", str(project.project), "--bind", f"stories={project.inputs}",
        "--docs", "20", "--report", "dry/r.html", cwd=tmp_path,
    )  # fmt: skip
    assert "This is a dry run" in (tmp_path / "dry" / "r.html").read_text(encoding="utf-8")
    with pytest.raises(SettingsError, match="manifest"):
        report(RunFolder(str(tmp_path)), Options())
