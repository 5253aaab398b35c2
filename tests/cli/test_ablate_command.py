"""The ablation: equal sizes, what is left out, and when a difference is called one."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.command import glotmill
from support.quality import CORPUS, SOURCE, THAI, lists, prose, rows
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


ABLATION = {
    "kind": "ablation",
    "name": "alderaketa",
    "version": "1.0.0",
    "language": "eu",
    "corpora": ["ipuinak@1.0.0", "zerrendak@1.0.0"],
    "held_out": {"kind": "jsonl", "of": "liburuak"},
    "words": 3000,
    "seeds": [1, 2],
}


def settle(folder: Path, **changes: object) -> Path:
    (folder / "pipelines").mkdir(exist_ok=True)
    (folder / "pipelines" / "alderaketa.yaml").write_text(json.dumps({**ABLATION, **changes}), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the runs `ipuinak` and `zerrendak` in `out`, held-out text, and an ablation of them."""
    folder = settle(tmp_path_factory.mktemp("ablation"))
    (folder / "manifests" / "sources").mkdir(parents=True)
    for name in ("ipuinak", "zerrendak", "liburuak"):
        (folder / "manifests" / "sources" / f"{name}.yaml").write_text(SOURCE, encoding="utf-8")
    data = {"ipuinak": prose(BASQUE[:12], 40, seed=1), "zerrendak": lists(BASQUE[:12], 40, seed=2)}
    for name, texts in data.items():
        made = rows(texts, tag="eus_Latn") + rows(["Der Imker öffnet den Bienenstock."] * 3, tag="deu_Latn")
        licensed = [{**row, "license": "CC0-1.0"} for row in made]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in licensed)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
        recipe = {**CORPUS, "name": name, "source": {"kind": "jsonl", "of": name}}
        (folder / "pipelines" / f"{name}.yaml").write_text(json.dumps(recipe), encoding="utf-8")
        glotmill("run", name, "--bind", f"{name}={name}.jsonl", "--out", "out", "--json", cwd=folder)
    held = [{"text": text, "language": "eu"} for text in prose(BASQUE[12:], 30, seed=3)]
    held += [{"text": text, "origin": "mt"} for text in lists(BASQUE, 9, seed=4)]
    held += [{"text": text, "language": "de"} for text in lists(BASQUE, 9, seed=5)]
    (folder / "liburuak.jsonl").write_text("".join(json.dumps(row) + "\n" for row in held), encoding="utf-8")
    return folder


def test_a_recipe_compares_two_runs_in_its_language_and_asks_every_seed(two_runs: Path) -> None:
    words = ("ablate", "alderaketa", "--runs", "out", "--bind", "liburuak=liburuak.jsonl")
    found = json.loads(glotmill(*words, "--json", cwd=two_runs))
    assert (found["language"], found["corpora"], found["better"]) == ("eus_Latn", ABLATION["corpora"], 0)
    assert list(found["draws"]) == ["1", "2"]
    for draw in found["draws"].values():
        assert draw["better"] == 0
        assert draw["held_out"] == 30
        assert [side["location"] for side in draw["sides"]] == ABLATION["corpora"]
    assert found["draws"]["1"]["sides"] != found["draws"]["2"]["sides"]


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"corpora": ["ipuinak@1.0.0", "ipuinak@1.0.0"]}, 2, "corpora: both corpora are one and the same"),
        ({"corpora": ["ipuinak@1.0.0", "out/zerrendak"]}, 2, "alderaketa.yaml: corpora.1"),
        ({"corpora": ["ipuinak@1.0.0", "zerrendak@9.0.0"]}, 2, "out/zerrendak/9.0.0 is no finished run"),
        ({"language": "hin_Deva"}, 1, "ipuinak/1.0.0 has no document in hin_Deva"),
        ({"language": "xxx_Latn"}, 2, "alderaketa.yaml: language"),
        ({"seeds": [1, 1]}, 2, "a seed stands twice"),
        ({"held_out": {"kind": "warc", "of": "liburuak"}}, 2, "held_out.kind: pages have no text of their own"),
        ({"held_out": {"kind": "jsonl", "of": "ezezaguna"}}, 2, "source 'ezezaguna' has no manifest"),
        ({"kind": "recipe"}, 2, "kind: it is no ablation"),
    ],
)
def test_an_ablation_that_cannot_be_made_is_refused_by_file_and_field(
    two_runs: Path, changes: dict, code: int, said: str
) -> None:
    settle(two_runs, **changes)
    of = str(changes.get("held_out", ABLATION["held_out"])["of"])
    try:
        message = glotmill("ablate", "alderaketa", "--bind", f"{of}=liburuak.jsonl", cwd=two_runs, code=code)
        assert said in message
    finally:
        settle(two_runs)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("alderaketa",), "--bind liburuak=LOCATION"),
        (("alderaketa", "--seed", "2"), "an ablation recipe says its own"),
        (("ipuinak", "--bind", "liburuak=liburuak.jsonl"), "ipuinak.yaml: kind: it is no ablation"),
        (("nowhere",), "no recipe 'nowhere'"),
        (("ipuinak.jsonl", "zerrendak.jsonl"), "--held-out"),
        (("a", "b", "--held-out", "c", "--bind", "d=e"), "--bind goes with an ablation recipe"),
    ],
)
def test_recipes_and_locations_do_not_mix(two_runs: Path, words: tuple[str, ...], said: str) -> None:
    assert said in glotmill("ablate", *words, cwd=two_runs, code=2)
    assert "no recipe of a corpus but an ablation" in glotmill("run", "alderaketa", "--out", "o", cwd=two_runs, code=2)
