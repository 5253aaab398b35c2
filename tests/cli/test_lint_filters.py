"""`glotmill lint-filters` as people call it: findings with what would be right, exit codes, and every kind of file."""

import gzip
import json
from pathlib import Path

import pytest
import yaml

from support.command import glotmill

THAI = """\
tag: tha_Thai
name: Thai
status: unproven
stop_words: [ที่, และ, ใน, ของ, เป็น, มี, การ, ได้, จะ, ให้]
bounds:
  gopher_quality:
    mean_word_length: {below: 1.6, above: 3141}
sentence_ends: []
evidence:
  - {text: made for this test, source: none, license: CC0-1.0}
"""
CONFIG = {
    "dup_line_frac": 0.3,
    "dup_n_grams": [[5, 0.15]],
    "top_n_grams": [[2, 0.2]],
    "language_score": 0.7,
    "line_punct_thr": 0.1,
    "max_avg_word_length": 11,
    "max_non_alpha_words_ratio": 0.8,
    "min_avg_word_length": 3,
    "new_line_ratio": 0.25,
    "stopwords": ["eta", "da", "ez", "bat"],
}
RULES = """\
name: short
cites: written for this test
rules:
  - measure: digit_share
    above: 1.5
    reason: too_many_digits
    examples:
      kept: {language: eus_Latn, text: Bat bi hiru.}
      dropped: {language: eus_Latn, text: "1 2 3"}
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def linted(home: Path, *paths: str, code: int = 0) -> dict:
    return json.loads(glotmill("lint-filters", *paths, "--json", cwd=home, code=code))


def test_the_filters_of_this_project_have_no_error(root: Path):
    found = linted(root)
    assert (found["errors"], found["files_with_errors"], found["passed_over"]) == (0, 0, [])
    assert found["files"] > 40


def test_a_project_without_files_of_its_own_is_judged_by_those_that_come_with_the_package(root: Path, tmp_path: Path):
    assert linted(tmp_path)["files"] == linted(root)["files"]


def test_a_file_of_the_user_takes_the_place_of_the_one_that_came_along_and_an_error_is_exit_code_1(tmp_path: Path):
    written(tmp_path, "filters/languages/tha_Thai.yaml", THAI)
    said = glotmill("lint-filters", cwd=tmp_path, code=1)
    assert (
        "error: filters/languages/tha_Thai.yaml: bounds.gopher_quality.mean_word_length.above: mean_word_length above "
        "3141 is absurd: no language has words of more than 40 characters on the mean\n"
        "  Take a bound from running text: glotmill calibrate LANG --reference PATH.\n"
    ) in said
    assert "1 with errors (1 errors, " in said


def test_a_language_file_anywhere_is_judged_with_the_rule_sets_of_the_project(tmp_path: Path):
    written(tmp_path, "drafts/tha_Thai.yaml", THAI.replace("3141", "8"))
    found = linted(tmp_path, "drafts/tha_Thai.yaml")
    assert (found["files"], found["errors"]) == (1, 0)
    written(tmp_path, "drafts/tha_Thai.yaml", THAI.replace("above: 3141", "above: 8, abov: 9"))
    (finding,) = linted(tmp_path, "drafts", code=1)["findings"]
    assert finding["file"] == "drafts/tha_Thai.yaml"
    assert finding["field"] == "bounds.gopher_quality.mean_word_length.abov"


def test_a_rule_set_is_judged_and_its_bounds_may_stand_in_language_files_beside_it(tmp_path: Path):
    written(tmp_path, "mine/short.yaml", RULES)
    own = THAI.replace("above: 3141}", "above: 8}\n  short:\n    digit_share: {above: 0.5}")
    written(tmp_path, "mine/languages/tha_Thai.yaml", own)
    found = linted(tmp_path, "mine", code=1)
    assert [(one["file"], one["field"]) for one in found["findings"] if one["severity"] == "error"] == [
        ("mine/short.yaml", "rules.0.above")
    ]


@pytest.mark.parametrize("name", ["xho_Latn.yaml", "configs.json", "configs.json.gz"])
def test_a_configuration_of_fineweb_2_is_read_in_every_form_it_is_published_in(tmp_path: Path, name: str):
    config = {**CONFIG, "max_avg_word_length": 3141, "dup_line_frac": 1.32}
    path = tmp_path / name
    if name.endswith(".yaml"):
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
    else:
        data = json.dumps({"xho_Latn": config, "eus_Latn": CONFIG}).encode()
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
    found = linted(tmp_path, name, code=1)
    assert {(one["file"], one["field"]) for one in found["findings"]} == {
        (name if name.endswith(".yaml") else f"{name}: xho_Latn", field)
        for field in ("max_avg_word_length", "dup_line_frac")
    }
    assert found["files"] == (1 if name.endswith(".yaml") else 2)


def test_warnings_alone_are_exit_code_0(tmp_path: Path):
    written(tmp_path, "eus_Latn.yaml", yaml.safe_dump({**CONFIG, "line_punct_thr": 0}))
    said = glotmill("lint-filters", "eus_Latn.yaml", cwd=tmp_path)
    assert said.startswith("warning: eus_Latn.yaml: line_punct_thr: 0 never drops anything")
    assert said.endswith("1 files linted, 1 with findings, 0 with errors (0 errors, 1 warnings)\n")


def test_files_of_a_folder_that_are_no_filters_are_passed_over_and_counted(tmp_path: Path):
    written(tmp_path, "mixed/eus_Latn.yaml", yaml.safe_dump(CONFIG))
    written(tmp_path, "mixed/recipe.yaml", "name: a recipe\n")
    written(tmp_path, "mixed/empty.yaml", "")
    written(tmp_path, "mixed/list.json", "[1, 2]")
    written(tmp_path, "mixed/notes.md", "# Notes")
    said = glotmill("lint-filters", "mixed", cwd=tmp_path)
    assert "3 files are no filter files: mixed/empty.yaml, mixed/list.json, mixed/recipe.yaml" in said


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("recipe.yaml", b"name: a recipe\n", "neither a language file, a rule set nor a configuration of FineWeb-2"),
        ("broken.yaml", b"tag: [\n", "not valid YAML"),
        ("latin.yaml", "tag: Español".encode("latin-1"), "not UTF-8 at byte 9"),
        ("broken.json", b"{", "not JSON"),
        ("broken.json.gz", b"no gzip", "broken gzip"),
        ("short.json.gz", gzip.compress(b'{"a": 1}', mtime=0)[:-6], "broken gzip"),
        ("typed.yaml", yaml.safe_dump({**CONFIG, "dup_line_frac": "much"}).encode(), "typed.dup_line_frac"),
    ],
)
def test_a_file_named_by_itself_that_is_no_filter_file_is_wrong_usage(
    tmp_path: Path, name: str, content: bytes, message: str
):
    (tmp_path / name).write_bytes(content)
    said = glotmill("lint-filters", name, cwd=tmp_path, code=2)
    assert message in said
    assert name in said


@pytest.mark.parametrize("name", ["nowhere", "nowhere.yaml", "empty"])
def test_a_place_with_nothing_to_lint_is_an_error(tmp_path: Path, name: str):
    (tmp_path / "empty").mkdir()
    assert name in glotmill("lint-filters", name, cwd=tmp_path, code=1)
