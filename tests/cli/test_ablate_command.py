"""The ablation: equal sizes, what is left out, and when a difference is called one."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.command import glotmill
from support.quality import THAI, lists, prose
from support.stories import BASQUE


def write(folder: Path, name: str, texts: Sequence[str]) -> str:
    rows = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    (folder / f"{name}.jsonl").write_text(rows, encoding="utf-8")
    return f"{name}.jsonl"


def run(folder: Path, first: Sequence[str], second: Sequence[str], held_out: Sequence[str], *words: str) -> dict:
    files = [write(folder, name, texts) for name, texts in (("a", first), ("b", second), ("h", held_out))]
    return json.loads(glotmill("ablate", files[0], files[1], "--held-out", files[2], "--json", *words, cwd=folder))


@pytest.mark.parametrize("sentences", [BASQUE, THAI])
def test_stories_foretell_stories_better_than_lists_of_their_words_do(tmp_path: Path, sentences) -> None:
    half = len(sentences) // 2
    stories, listed = prose(sentences[:half], 30, seed=1), lists(sentences[:half], 60, seed=2)
    others = prose(sentences[half:], 60, seed=3)
    found = run(tmp_path, stories, listed, others)
    assert found["better"] == 0
    assert found["difference"]["low"] <= found["difference"]["value"] <= found["difference"]["high"] < 0
    assert found["sides"][0]["words"] == found["sides"][1]["words"] >= 500
    assert found["sides"][0]["perplexity"] == pytest.approx(2 ** found["sides"][0]["bits"]["value"], abs=1e-3)
    swapped = run(tmp_path, listed, stories, others)
    assert swapped["better"] == 1
    assert swapped["difference"]["value"] == -found["difference"]["value"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_the_draw_of_documents_does_is_no_difference_however_narrow_the_interval(tmp_path: Path, seed) -> None:
    texts = prose(BASQUE, 200, seed=1)
    found = run(tmp_path, texts[:100], texts[100:], prose(BASQUE, 60, seed=3), "--seed", str(seed))
    assert found["chance"] > 0
    assert (found["better"] is None) or abs(found["difference"]["value"]) > found["chance"]
    assert abs(found["difference"]["value"]) < 0.02


def test_what_both_corpora_have_is_taken_from_both_and_the_same_again(tmp_path: Path) -> None:
    texts, others = prose(BASQUE, 60, seed=1), prose(BASQUE, 30, seed=3)
    first = run(tmp_path, texts, texts[::-1], others, "--words", "1000")
    assert (first["difference"], first["better"]) == ({"value": 0.0, "low": 0.0, "high": 0.0}, None)
    assert first["sides"][0]["words"] == 1000
    assert first == run(tmp_path, texts, texts[::-1], others, "--words", "1000")


def test_held_out_documents_that_a_corpus_has_are_left_out_and_counted(tmp_path: Path) -> None:
    texts, others = prose(BASQUE, 60, seed=1), prose(BASQUE, 30, seed=3)
    listed = lists(BASQUE, 100, seed=2)
    found = run(tmp_path, texts, listed, [*others, *texts[:5]])
    clean = run(tmp_path, texts, listed, others)
    assert (found["held_out"], found["copies"]) == (clean["held_out"], clean["copies"] + 5)
    assert found["difference"] == clean["difference"]


@pytest.mark.parametrize(
    ("first", "held_out", "said"),
    [
        (["Azokan gaude."], BASQUE, "words are in the smaller of"),
        ([], BASQUE, "0 words are in the smaller of"),
        (prose(BASQUE, 60, seed=1), ["Azokan gaude."] * 20, "1 documents are left"),
        (prose(BASQUE, 60, seed=1), prose(BASQUE, 60, seed=1), "0 documents are left"),
        (["☃ \x01 … " * 1000] * 20, BASQUE, "words are in the smaller of"),
    ],
)
def test_too_little_to_go_by_is_said(tmp_path: Path, first, held_out, said: str) -> None:
    for name, texts in (("a", first), ("b", prose(BASQUE, 60, seed=1)), ("h", held_out)):
        write(tmp_path, name, texts)
    assert said in glotmill("ablate", "a.jsonl", "b.jsonl", "--held-out", "h.jsonl", cwd=tmp_path, code=1)


def test_a_place_without_documents_and_a_wrong_number_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a", prose(BASQUE, 60, seed=1))
    assert "nowhere" in glotmill("ablate", "a.jsonl", "nowhere", "--held-out", "a.jsonl", cwd=tmp_path, code=1)
    words = ["ablate", "a.jsonl", "a.jsonl", "--held-out", "a.jsonl", "--words", "3"]
    assert "--words" in glotmill(*words, cwd=tmp_path, code=2)


def test_held_out_text_that_says_it_is_a_machines_is_left_out(tmp_path: Path) -> None:
    texts, listed, others = prose(BASQUE, 30, seed=1), lists(BASQUE, 60, seed=2), prose(BASQUE, 30, seed=3)
    clean = run(tmp_path, texts, listed, others)
    with (tmp_path / "h.jsonl").open("a", encoding="utf-8") as file:
        for text in lists(BASQUE, 5, seed=7):
            file.write(json.dumps({"text": text, "origin": "mt"}, ensure_ascii=False) + "\n")
    again = glotmill("ablate", "a.jsonl", "b.jsonl", "--held-out", "h.jsonl", "--json", cwd=tmp_path)
    assert json.loads(again) == clean
