"""`glotmill index` and `glotmill update`: what they say, refuse and leave alone."""

import json
from pathlib import Path

import pytest

from support.command import glotmill

RECIPE = """\
name: hadithi
version: 1.0.0
languages: [swh_Latn]
source: {kind: jsonl, of: hadithi}
steps:
  - {name: rights, kind: permit, allow: open-definition, consent: record-only}
  - {name: exact, kind: exact_dedup}
  - {name: near, kind: minhash_dedup}
  - {name: privacy, kind: redact, find: [email]}
sink: {kind: parquet, partition_by: [license_class]}
"""
SOURCE = "name: h\nlicense: {expression: per-page, evidence: every row names its license}\nterms: none\ncontact: a@example.org\n"
STORIES = [
    "Mvuvi aliamka kabla ya jua kuchomoza akaenda baharini na mtumbwi wake mdogo.",
    "Watoto walipanda miembe kando ya shule, na kila mmoja alimwagilia mti wake.",
    "Bibi alisimulia hadithi ya sungura na fisi huku mvua ikinyesha usiku kucha.",
]


def write(home: Path, folder: str, texts: list[str]) -> None:
    (home / folder).mkdir(parents=True, exist_ok=True)
    rows = [{"text": text, "license": "CC-BY-4.0", "language": "swh_Latn"} for text in texts]
    (home / folder / "stories.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name, text in (("pipelines/hadithi.yaml", RECIPE), ("manifests/sources/hadithi.yaml", SOURCE)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    write(tmp_path, "old", STORIES[:2])
    write(tmp_path, "new", STORIES[1:])
    glotmill("run", "hadithi", "--bind", "hadithi=old", "--out", "out", cwd=tmp_path)
    return tmp_path


def test_a_delta_is_made_and_nothing_is_done_twice(home: Path) -> None:
    said = glotmill("update", "out/hadithi/1.0.0", "--with", "new", cwd=home)
    assert "2 records read: 1 kept in 1 languages, 1 dropped" in said
    assert "privacy changed texts behind exact" in said
    again = glotmill("update", "out/hadithi/1.0.0", "--with", "hadithi=new", cwd=home)
    assert "nothing to do: every file went into" in again
    assert json.loads(glotmill("update", "out/hadithi/1.0.0", "--with", "new", "--json", cwd=home))["new_files"] == 0
    assert "delta1" in json.loads((home / "out/hadithi/1.0.0-delta1/manifest.json").read_text("utf-8"))["version"]


def test_json_says_what_was_added(home: Path) -> None:
    said = json.loads(glotmill("update", "out/hadithi/1.0.0", "--with", "new", "--by", "none", "--json", cwd=home))
    assert (said["kept"], said["dropped"]) == (1, 1)
    assert said["update"]["of"] == "hadithi@1.0.0"
    assert said["update"]["indexes"][0]["documents"] == 2


def test_an_index_is_made_ahead_and_moved_runs_still_find_it(home: Path) -> None:
    said = json.loads(glotmill("index", "out/hadithi/1.0.0", "--json", cwd=home))
    assert (said["documents"], said["changed_behind"]) == (2, {"exact": ["privacy"], "near": ["privacy"]})
    (home / "out").rename(home / "moved")
    assert "1 kept" in glotmill("update", "moved/hadithi/1.0.0", "--with", "new", cwd=home)


def test_what_is_wrong_is_said_before_an_index_is_made(home: Path) -> None:
    assert "no source 'stories'" in glotmill("update", "out/hadithi/1.0.0", "--with", "stories=new", cwd=home, code=2)
    assert "nowhere" in glotmill("update", "out/hadithi/1.0.0", "--with", "nowhere", cwd=home, code=1)
    assert not (home / "out/hadithi/1.0.0/index").exists()
    assert "manifest.json" in glotmill("update", "out/hadithi", "--with", "new", cwd=home, code=2)


def test_a_source_bound_twice_and_a_folder_by_time_twice_are_refused(home: Path) -> None:
    said = glotmill("update", "out/hadithi/1.0.0", "--with", "new", "--with", "old", cwd=home, code=2)
    assert "bound to new already" in said
    recipe = home / "pipelines/hadithi.yaml"
    recipe.write_text(RECIPE.replace("[license_class]", "[crawl_month]").replace("1.0.0", "2.0.0"), encoding="utf-8")
    glotmill("run", "hadithi", "--bind", "hadithi=old", "--out", "out", cwd=home)
    assert "leave --by out" in glotmill("update", "out/hadithi/2.0.0", "--with", "new", "--by", "day", cwd=home, code=2)
    assert "1 kept" in glotmill("update", "out/hadithi/2.0.0", "--with", "new", cwd=home)
