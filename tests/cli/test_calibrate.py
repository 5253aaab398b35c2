"""`glotmill calibrate` as people call it: what it prints, what it writes and when, and what it refuses."""

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from glotmill.dedup.tombstones import Tombstones, lines_of
from support.command import glotmill
from support.stories import BASQUE, MONTENEGRIN, stories

NAMED = ("--source", "stories of this test", "--license", "CC0-1.0")
ONE = ("--filters", "gopher_quality")
OWN = """\
# Basque as this project wants it
tag: eus_Latn
name: Basque
status: proven
stop_words: [eta, da, ez, bat, du, ditu, dute, ere]  # by hand
bounds:
  gopher_quality:
    mean_word_length: {below: 3, above: 5.4}  # much too strict above
sentence_ends: [".", "?", "!"]
relative_length: 1.1
evidence:
  - {text: made for this test, source: none, license: CC0-1.0}
"""


def jsonl(path: Path, texts: Sequence[str], *, sources: int = 0) -> Path:
    rows = [
        {"text": text, **({"source": f"magazine {number % sources}"} if sources else {})}
        for number, text in enumerate(texts)
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def prose(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prose")
    jsonl(folder / "eus.jsonl", stories(BASQUE, 300))
    jsonl(folder / "cnr.jsonl", stories(MONTENEGRIN, 300), sources=10)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project with a Basque file of its own."""
    (tmp_path / "filters" / "languages").mkdir(parents=True)
    (tmp_path / "filters" / "languages" / "eus_Latn.yaml").write_text(OWN, encoding="utf-8")
    return tmp_path


def own_file(home: Path, tag: str = "eus_Latn") -> str:
    return (home / "filters" / "languages" / f"{tag}.yaml").read_text(encoding="utf-8")


def calibrated(home: Path, language: str, reference: Path, *more: str) -> dict:
    return json.loads(glotmill("calibrate", language, "--reference", str(reference), *more, "--json", cwd=home))


def test_it_shows_rules_examples_and_the_file_and_writes_nothing(home: Path, prose: Path):
    said = glotmill("calibrate", "eu", "--reference", str(prose / "eus.jsonl"), *ONE, cwd=home)
    assert "eus_Latn: 300 documents of eus.jsonl measured; 150 to calibrate on, 150 held out" in said
    (row,) = (line for line in said.splitlines() if line.startswith("gopher_quality.words_too_long "))
    assert row.split()[1:3] == ["mean_word_length", "above"]
    assert "5.4 -> " in row
    assert "loosened" in row
    (kept,) = {line for line in said.splitlines() if line.startswith("of 150 held-out documents")}
    assert "all rules together keep 1" in kept
    assert "  held out, kept at 5" in said
    assert "eta (300)" in said
    assert "filters/languages/eus_Latn.yaml would be (--write writes it)" in said
    assert "source to be named (eus.jsonl, xxh3:" in said
    assert own_file(home) == OWN


def test_a_program_gets_every_number_in_one_object(home: Path, prose: Path):
    found = calibrated(home, "eus_Latn", prose / "eus.jsonl", *ONE)
    assert (found["language"], found["documents"], found["written"]) == ("eus_Latn", 300, False)
    assert (found["too_short"], found["repeated"], found["refused"]) == (0, 0, {})
    assert found["reached"]
    assert found["held_out"]["proposed"]["of"] == 150
    assert found["held_out"]["proposed"]["low"] > 0.9 > found["held_out"]["now"]["share"]
    (rule,) = (rule for rule in found["rules"] if rule["reason"] == "gopher_quality.words_too_long")
    assert (rule["now"], rule["change"], rule["side"]) == (5.4, "loosened", "above")
    assert 5.4 < rule["proposed"] < 7
    assert yaml.safe_load(found["text"])["bounds"]["gopher_quality"]["mean_word_length"]["above"] == rule["proposed"]
    (words,) = (rule for rule in found["rules"] if rule["reason"] == "gopher_quality.too_few_words")
    assert (words["now"], words["proposed"], words["change"]) == (50.0, 50.0, "unchanged")
    assert found["crawl"] is None


def test_a_file_is_written_with_its_evidence_and_keeps_what_people_wrote(home: Path, prose: Path):
    said = glotmill("calibrate", "eus", "--reference", str(prose / "eus.jsonl"), *ONE, "--write", *NAMED, cwd=home)
    assert "written: filters/languages/eus_Latn.yaml" in said
    text = own_file(home)
    for kept in (
        "# Basque as this project wants it",
        "ere]  # by hand",
        "}  # much too strict above",
        "{text: made for this test, source: none, license: CC0-1.0}",
    ):
        assert kept in text
    found = yaml.safe_load(text)
    assert found["status"] == "unproven"
    assert found["bounds"]["gopher_quality"]["mean_word_length"]["below"] == 3
    evidence = found["evidence"][-1]
    assert evidence["text"].startswith(
        "Bounds of gopher_quality calibrated: method quantile, 1 bound moved, each dropping"
    )
    assert evidence["source"].startswith("stories of this test (eus.jsonl, xxh3:")
    assert evidence["license"] == "CC0-1.0"
    assert json.loads(glotmill("check", "--json", cwd=home))["problems"] == {}
    assert json.loads(glotmill("lint-filters", "--json", cwd=home))["errors"] == 0


def test_bounds_rest_on_what_people_wrote_and_nobody_took_down_and_a_crawl_is_as_it_comes(home: Path, prose: Path):
    rows = [json.loads(line) for line in (prose / "eus.jsonl").read_text("utf-8").splitlines()]
    rows[0] |= {"origin": "mt"}
    rows[1] |= {"origin": "synthetic"}
    rows[2] |= {"url": "https://kendua.example/1"}
    (home / "some.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    lines = lines_of("0f" * 16, [("domain", "kendua.example")])
    (home / "manifests").mkdir(exist_ok=True)
    (home / "manifests/tombstones.txt").write_text(Tombstones().with_lines("0f" * 16, lines).text(), "utf-8")
    found = calibrated(home, "eus_Latn", home / "some.jsonl", *ONE, "--crawl", str(home / "some.jsonl"))
    assert found["documents"] == 297
    assert found["refused"] == {"origin_mt": 1, "origin_synthetic": 1, "tombstones.domain": 1}
    assert found["crawl"]["now"]["of"] == 299


def test_a_second_calibration_takes_the_place_of_the_first_and_finds_nothing_left_to_move(home: Path, prose: Path):
    for count in (2, 2):
        calibrated(home, "eus_Latn", prose / "eus.jsonl", *ONE, "--write", *NAMED)
        assert len(yaml.safe_load(own_file(home))["evidence"]) == count
    assert "method quantile, no bound moved, on" in " ".join(own_file(home).split())
    calibrated(home, "eus_Latn", prose / "eus.jsonl", "--filters", "script", "--write", *NAMED)
    assert len(yaml.safe_load(own_file(home))["evidence"]) == 3


def test_a_language_without_a_file_gets_a_draft_in_its_own_script(home: Path, prose: Path):
    found = calibrated(home, "cnr_Cyrl", prose / "cnr.jsonl", "--write", *NAMED)
    assert found["split"] == {"by": "source", "sources": 10}
    assert found["stop_words"][0]["documents"] == 300
    text = own_file(home, "cnr_Cyrl")
    assert text == found["text"]
    written = yaml.safe_load(text)
    assert (written["tag"], written["name"], written["status"]) == ("cnr_Cyrl", "Montenegrin", "unproven")
    assert written["sentence_ends"] == ["."]
    assert {"и", "на", "да", "је"} <= set(written["stop_words"])
    assert 3 < written["bounds"]["gopher_quality"]["mean_word_length"]["below"] < 5
    not_judged = {rule["why"] for rule in found["rules"] if rule["change"] == "not_judged"}
    assert not_judged == {
        "the language file has no relative_length",
        "the language's file names no confusable language",
        "the shipped table has fewer than 1,000 words of this language",
    }
    assert json.loads(glotmill("check", "--json", cwd=home))["problems"] == {}
    assert json.loads(glotmill("lint-filters", "filters/languages", "--json", cwd=home))["errors"] == 0


@pytest.mark.parametrize(("given", "tag"), [("est", "ekk_Latn"), ("fas", "pes_Arab"), ("zh-Hant", "cmn_Hani")])
def test_other_names_of_a_language_lead_to_its_file(home: Path, prose: Path, given: str, tag: str):
    assert calibrated(home, given, prose / "eus.jsonl", *ONE)["language"] == tag


def test_a_reference_in_another_script_is_doubted(home: Path, prose: Path):
    (warning,) = (one for one in calibrated(home, "fas", prose / "eus.jsonl", *ONE)["warnings"] if "script" in one)
    assert warning == "only 0% of the reference is written in the script of pes_Arab: is it in the language?"


def test_an_unknown_language_is_refused_with_what_was_meant(home: Path, prose: Path):
    said = glotmill("calibrate", "euz_Latn", "--reference", str(prose), cwd=home, code=2)
    assert "no such language: 'euz_Latn'" in said
    assert "eus_Latn" in said


def test_a_rule_that_removes_most_of_a_crawl_is_pointed_out(home: Path, prose: Path):
    menus = [f"Hasiera\nAlbisteak {number}\nKontaktua\nSaioa hasi\nBilatu\nMapa" for number in range(40)]
    crawl = jsonl(home / "crawl.jsonl", [*menus, *stories(BASQUE, 10, seed=2)])
    words = ("calibrate", "eus", "--reference", str(prose / "eus.jsonl"), "--crawl", str(crawl), *ONE)
    said = glotmill(*words, cwd=home)
    assert "WARNING: gopher_quality.too_few_words drops 80% of the crawl, more than 60%" in said
    assert "  crawl, dropped at 8: Hasiera Albisteak" in said
    assert "of 50 documents of the crawl all rules together keep 8 (0.160" in said
    found = json.loads(glotmill(*words, "--json", cwd=home))
    assert found["crawl"]["proposed"]["count"] == 8
    assert "Of a crawl sample (crawl.jsonl, xxh3:" in " ".join(
        yaml.safe_load(found["text"])["evidence"][-1]["text"].split()
    )


def test_the_tail_method_needs_a_crawl(home: Path, prose: Path):
    words = ("calibrate", "eus", "--reference", str(prose / "eus.jsonl"), *ONE, "--method", "tail")
    assert "give --crawl" in glotmill(*words, cwd=home, code=1)


def test_bounds_may_be_judged_on_texts_of_their_own(home: Path, prose: Path):
    apart = jsonl(home / "other.jsonl", stories(BASQUE, 80, seed=3))
    found = calibrated(home, "eus", prose / "eus.jsonl", *ONE, "--held-out", str(apart))
    assert found["split"]["by"] == "location"
    assert found["held_out"]["proposed"]["of"] == 80
    assert "held-out documents (other.jsonl, xxh3:" in " ".join(found["text"].split())


def test_a_reference_may_be_a_file_or_a_folder_of_any_kind(home: Path):
    texts = stories(BASQUE, 6)
    folder = home / "texts"
    folder.mkdir()
    for number, text in enumerate(texts[:2]):
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    jsonl(folder / "b.jsonl", texts[2:4])
    pq.write_table(pa.table({"text": texts[4:]}), folder / "c.parquet")
    assert calibrated(home, "eus", folder, *ONE)["documents"] == 6
    assert calibrated(home, "eus", folder / "c.parquet", *ONE)["documents"] == 2
    found = calibrated(home, "eus", folder / "b.jsonl", *ONE)
    assert any(warning.startswith("UNPROVEN: 1 held-out documents prove nothing") for warning in found["warnings"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nowhere.jsonl", None, "nowhere.jsonl"),
        ("none.jsonl", "", "no document in the column 'text' is long enough (too short: 0; left out: none)"),
        ("short.jsonl", '{"text": "Bat bi hiru."}\n' * 3, "is long enough (too short: 3; left out: none)"),
        ("bad.jsonl", '{"text": 7}\n{"edukia": "Bat."}\n', "left out: jsonl.empty_text 1, jsonl.not_text 1"),
        ("prose.doc", "Bat bi hiru.", "files that can hold them end in .jsonl"),
    ],
)
def test_a_reference_without_documents_is_refused_with_what_was_there(
    home: Path, name: str, content: str | None, message: str
):
    if content is not None:
        (home / name).write_text(content, encoding="utf-8")
    assert message in glotmill("calibrate", "eus", "--reference", name, *ONE, cwd=home, code=1)


@pytest.mark.parametrize("given", [(), ("--source", "stories"), ("--license", "CC0-1.0")])
def test_nothing_is_written_without_source_and_license(home: Path, prose: Path, given: tuple[str, ...]):
    words = ("calibrate", "eus", "--reference", str(prose / "eus.jsonl"), *ONE, "--write", *given)
    assert "--write needs --source and --license" in glotmill(*words, cwd=home, code=2)
    assert own_file(home) == OWN


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--license", "CC-BY-4"), "CC-BY-4.0"),
        (("--filters", "gopher_qualty"), "gopher_qualty"),
        (("--method", "median"), "median"),
        (("--keep", "1.5"), "less than or equal to 0.999"),
    ],
)
def test_a_mistake_in_an_option_is_refused(home: Path, prose: Path, words: tuple[str, ...], message: str):
    said = glotmill("calibrate", "eus", "--reference", str(prose / "eus.jsonl"), *words, cwd=home, code=2)
    assert message in said


def test_a_file_that_cannot_be_edited_stays_as_it_is(home: Path, prose: Path):
    flow = OWN.replace(
        OWN[OWN.index("bounds:") : OWN.index("sentence_ends")],
        "bounds: {gopher_quality: {mean_word_length: {below: 3, above: 5.4}}}\n",
    )
    path = home / "filters" / "languages" / "eus_Latn.yaml"
    path.write_text(flow, encoding="utf-8")
    words = ("calibrate", "eus", "--reference", str(prose / "eus.jsonl"), *ONE, "--write", *NAMED)
    said = glotmill(*words, cwd=home, code=2)
    assert "laid out in a way that cannot be edited in place" in said
    assert own_file(home) == flow


def test_a_disk_that_fills_up_while_writing_leaves_the_old_file(home: Path, prose: Path):
    """The process may write files of 64 bytes at most, which is where this file's first line ends."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "glotmill.cli.app", "calibrate", "eus", "--reference", str(prose / "eus.jsonl")),
            *(*ONE, "--write", *NAMED),
        ],
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)),
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "File too large" in done.stderr
    assert own_file(home) == OWN
    assert [path.name for path in (home / "filters" / "languages").iterdir()] == ["eus_Latn.yaml"]
