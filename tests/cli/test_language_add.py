"""`glotmill language add` as people call it: what it says, what it writes and when, and what it refuses."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from glotmill.dedup.tombstones import Tombstones, lines_of
from glotmill.text.identification.own import own_path, parse_own
from support.command import glotmill
from support.romaji import TAG, sentences
from support.stories import BASQUE, MONTENEGRIN, stories

MACHINES = ("mt", "synthetic", "augmented")
NAMED = ("--source", "sentences of this test", "--license", "CC0-1.0")


def jsonl(path: Path, texts: Sequence[str], *, column: str = "text", sources: int = 0) -> str:
    rows = [
        {column: text, **({"source": f"page {number % sources}"} if sources else {})}
        for number, text in enumerate(texts)
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path.name


def added(folder: Path, *words: str, tag: str = TAG) -> dict:
    return json.loads(glotmill("language", "add", tag, *words, "--json", cwd=folder))


def test_it_says_what_the_words_are_worth_and_writes_nothing_unless_told(tmp_path: Path):
    text = jsonl(tmp_path / "romaji.jsonl", [*sentences(), sentences()[0]], sources=10)
    said = glotmill("language", "add", TAG, "--text", text, cwd=tmp_path)
    assert (
        "jpn_Latn: 40 documents of romaji.jsonl, 378 words in its script, 221 different ones listed; left out: repeated 1"
        in said
    )
    assert "WARNING: 2,050 bytes of text are little" in said
    assert "recall on 8 documents held out by source (10), by the words of the rest" in said
    assert "--against TAG=PATH measures it" in said
    assert "filters/identification/jpn_Latn.yaml would be (--write writes it)" in said
    assert "filters/languages/jpn_Latn.yaml would be (stop words and marks that end sentences, no bounds" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["romaji.jsonl"]


def test_written_files_are_valid_carry_their_evidence_and_are_the_same_each_time(tmp_path: Path):
    text = jsonl(tmp_path / "romaji.jsonl", sentences(), sources=10)
    home = tmp_path / "home"
    words = ("language", "add", TAG, "--text", str(tmp_path / text), "--project", str(home), "--write", *NAMED)
    said = glotmill(*words, cwd=tmp_path)
    assert f"written: {home / own_path(TAG)}" in said
    files = [home / own_path(TAG), home / "filters" / "languages" / f"{TAG}.yaml"]
    first = [path.read_bytes() for path in files]
    own = parse_own(first[0].decode(), own_path(TAG))
    assert (own.words[0], own.counts[0]) == ("wa", 28)
    for content in first:
        (evidence,) = yaml.safe_load(content)["evidence"]
        assert evidence["license"] == "CC0-1.0"
        assert evidence["source"].startswith("sentences of this test (romaji.jsonl, xxh3:")
    assert "0 with problems" in glotmill("check", "--project", str(home), cwd=tmp_path)
    files[1].unlink()
    glotmill(*words, cwd=tmp_path)
    assert [path.read_bytes() for path in files] == first


def test_words_that_a_machine_wrote_or_that_were_taken_down_are_in_no_list(tmp_path: Path):
    rows = [{"text": text} for text in sentences()]
    rows += [{"text": f"kikai honyaku {text}", "origin": origin} for text in sentences()[:4] for origin in MACHINES]
    rows += [{"text": f"kesareta kiji {text}", "url": "https://kesareta.example/1"} for text in sentences()[:5]]
    (tmp_path / "romaji.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    lines = lines_of("0f" * 16, [("domain", "kesareta.example")])
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/tombstones.txt").write_text(Tombstones().with_lines("0f" * 16, lines).text(), "utf-8")
    found = added(tmp_path, "--text", "romaji.jsonl")
    assert found["documents"] == 40
    assert found["refused"] == {"origin_augmented": 4, "origin_mt": 4, "origin_synthetic": 4, "tombstones.domain": 5}
    words = {word for file in ("text", "language_text") for word in found[file].split()}
    assert not {"kikai", "honyaku", "kesareta", "kiji"} & words


def test_a_language_file_that_is_there_stays_unless_asked(tmp_path: Path):
    text = jsonl(tmp_path / "cnr.jsonl", stories(MONTENEGRIN, 150), sources=5)
    draft = added(tmp_path, "--text", text, "--write", *NAMED, tag="cnr_Cyrl")
    assert draft["note"].startswith("bounds from ")
    path = tmp_path / "filters" / "languages" / "cnr_Cyrl.yaml"
    mine = path.read_text(encoding="utf-8").replace("status: unproven", "status: unproven  # looked at by us")
    path.write_text(mine, encoding="utf-8")
    again = added(tmp_path, "--text", text, "--write", *NAMED, tag="cnr_Cyrl")
    assert (again["language_text"], path.read_text(encoding="utf-8")) == (None, mine)
    assert "--redraft" in again["note"]
    redrafted = added(tmp_path, "--text", text, "--redraft", "--write", *NAMED, tag="cnr_Cyrl")
    assert "# looked at by us" in redrafted["language_text"] == path.read_text(encoding="utf-8")


def test_recall_is_that_of_text_held_out_before_and_after(tmp_path: Path):
    text = jsonl(tmp_path / "romaji.jsonl", sentences(), column="body")
    found = added(tmp_path, "--text", text, "--column", "body")
    assert found["held_out"] == {"by": "document", "unit": "document", "count": 8, "sources": 0}
    assert {(one["length"], one["identifier"]) for one in found["recall"]} == {
        (length, name) for length in (30, 60, 120) for name in ("words", "ngrams", "both")
    }
    assert all(one["before"]["count"] == 0 for one in found["recall"])
    both = [one["after"] for one in found["recall"] if one["identifier"] == "both"]
    assert sum(one["count"] for one in both) >= 0.8 * sum(one["of"] for one in both)
    evidence = yaml.safe_load(found["text"])["evidence"][0]["text"]
    assert "held out (every 5th document by content hash) are named: words" in evidence


def test_one_long_text_is_held_out_by_its_lines(tmp_path: Path):
    (tmp_path / "book.txt").write_text("\n".join(sentences()), encoding="utf-8")
    found = added(tmp_path, "--text", "book.txt")
    assert (found["documents"], found["held_out"]["unit"], found["held_out"]["count"]) == (1, "line", 8)


def test_words_of_a_language_that_is_given_are_marked_and_what_is_taken_from_it_is_said(tmp_path: Path):
    # Every second sentence of the new language is Basque: its words are Basque's as well.
    mixed = [text for pair in zip(sentences(), BASQUE * 2, strict=False) for text in pair]
    text = jsonl(tmp_path / "mixed.jsonl", mixed)
    basque = jsonl(tmp_path / "basque.jsonl", stories(BASQUE, 60))
    alone = added(tmp_path, "--text", text)
    cleared = added(tmp_path, "--text", text, "--against", f"eu={basque}")
    words = [parse_own(one["text"], own_path(TAG)) for one in (alone, cleared)]
    assert set(words[0].others) == {0}
    marked = {word for word, others in zip(words[1].words, words[1].others, strict=True) if others}
    assert {"eta", "amona"} <= marked
    assert not marked & {"wa", "kodomotachi"}
    assert {one["texts"] for one in alone["taken"]} <= {"words"}
    given = [one for one in cleared["taken"] if one["texts"] == "text"]
    assert {one["language"] for one in given} == {"eus_Latn"}
    assert any(one["of"] > 20 for one in given)


def test_it_warns_of_a_language_that_is_listed_already_and_of_another_script(tmp_path: Path):
    basque = jsonl(tmp_path / "basque.jsonl", BASQUE)
    listed = added(tmp_path, "--text", basque, tag="ldn_Latn")["warnings"]
    assert any("is it eus_Latn?" in warning for warning in listed)
    half = jsonl(tmp_path / "half.jsonl", [*sentences(), *MONTENEGRIN])
    scripts = added(tmp_path, "--text", half)["warnings"]
    assert any(warning.startswith("only 6") and "others: Cyrl 24" in warning for warning in scripts)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("jpn_Latn", "--text", "romaji.jsonl", "--write"), 2, "--write needs --source and --license"),
        (
            ("jpn_Latn", "--text", "romaji.jsonl", "--against", "ita_Latn"),
            2,
            "--against ita_Latn: write a language and a location",
        ),
        (("xqz", "--text", "romaji.jsonl"), 2, "no such language: 'xqz'"),
        (("jpn_Latn", "--text", "nowhere.jsonl"), 1, "nowhere.jsonl"),
        (("jpn_Latn", "--text", "short.jsonl"), 1, "different words in the script of jpn_Latn, and 30 are the least"),
        (("rus_Cyrl", "--text", "romaji.jsonl"), 1, "0 different words in the script of rus_Cyrl"),
        (("jpn_Latn", "--text", "romaji.jsonl", "--license", "CC-BY-9.9", "--source", "x"), 2, "CC-BY-9.9"),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path: Path, words: tuple[str, ...], code: int, says: str):
    jsonl(tmp_path / "romaji.jsonl", sentences())
    jsonl(tmp_path / "short.jsonl", sentences()[:2])
    assert says in glotmill("language", "add", *words, cwd=tmp_path, code=code)
    assert not (tmp_path / "filters").exists()
