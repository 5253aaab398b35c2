"""`glotmill benchmark index` writes an index and its entry, or says what is wrong and writes nothing."""

import json
from pathlib import Path

import pytest
import yaml

from glotmill.core.hashing import sha256_file
from support.command import glotmill

LINES = [
    "Kijiji gani kilijenga daraja la kwanza lenye paa juu ya mto?",
    "Mvuvi gani aliyepata samaki mkubwa kuliko wote katika ziwa mwaka wa mafuriko?",
]
FACTS = ("--language", "sw", "--license", "CC-BY-SA-4.0", "--cites", "this test")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    lines = [json.dumps({"question": text, "id": number}) for number, text in enumerate(LINES)]
    (tmp_path / "exam.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def index(home: Path, *more: str, name: str = "exam", code: int = 0) -> str:
    return glotmill("benchmark", "index", "exam.jsonl", "--name", name, *FACTS, *more, cwd=home, code=code)


def test_an_index_is_written_and_registered_beside_what_the_package_carries(home: Path):
    said = index(home)
    assert "exam: 2 of 2 items in swh_Latn" in said
    registry = yaml.safe_load((home / "manifests/models.yaml").read_text(encoding="utf-8"))["models"]
    file = home / "benchmarks/exam.ngrams"
    assert registry["exam"] == {
        "kind": "benchmark",
        "from": {"path": "benchmarks/exam.ngrams"},
        "sha256": sha256_file(file),
        "bytes": file.stat().st_size,
        "license": "CC-BY-SA-4.0",
        "cites": "this test",
    }
    assert "lid176" in registry
    assert str(file.relative_to(home)) in glotmill("models", "list", cwd=home)


def test_the_same_again_changes_nothing_and_another_file_is_refused(home: Path):
    index(home)
    before = {path: path.read_bytes() for path in (home / "benchmarks/exam.ngrams", home / "manifests/models.yaml")}
    index(home)
    assert {path: path.read_bytes() for path in before} == before
    (home / "exam.jsonl").write_text(json.dumps({"question": LINES[1]}), encoding="utf-8")
    assert "there is another entry 'exam'" in index(home, code=2)
    assert {path: path.read_bytes() for path in before} == before


def test_a_translation_has_its_own_file_and_is_reported_as_the_original(home: Path):
    found = json.loads(index(home, "--translation-of", "exam", "--unit", "character", "--json", name="exam-sw"))
    assert (found["benchmark"], found["name"], found["unit"], found["questions"]) == ("exam", "exam-sw", "character", 2)
    registry = yaml.safe_load((home / "manifests/models.yaml").read_text(encoding="utf-8"))["models"]
    assert registry["exam-sw"]["benchmark"] == "exam"


@pytest.mark.parametrize(
    ("more", "message", "code"),
    [
        (("--license", "CC-BY-9"), "--license", 2),
        (("--language", "zz"), "zz", 2),
        (("--name", "Exam One"), "--name", 2),
        (("--translation-of", "Exam One"), "benchmark", 2),
        (("--out", "../elsewhere.ngrams"), "is not in the project", 2),
        (("--question-column", "frage"), "exam.jsonl: line 1: no field 'frage'; its fields: id, question", 1),
        (("--question-column", "id"), "exam.jsonl: line 1: 'id' holds int", 1),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(home: Path, more: tuple[str, ...], message: str, code: int):
    assert message in index(home, *more, code=code)
    assert sorted(path.name for path in home.iterdir()) == ["exam.jsonl"]


def test_a_benchmark_without_a_question_to_go_by_is_refused(home: Path):
    (home / "exam.jsonl").write_text('{"question": "Nani?"}\n{"question": ""}\n', encoding="utf-8")
    said = index(home, code=1)
    assert "none of 2 items has a question to go by: empty 1, too short 1; the least is 5 words" in said
    assert not (home / "benchmarks").exists()


def test_a_license_that_only_a_publisher_knows_is_taken(home: Path):
    index(home, "--license", "LicenseRef-of-the-publisher")
    assert "LicenseRef-of-the-publisher" in (home / "manifests/models.yaml").read_text(encoding="utf-8")


def test_contamination_of_what_is_no_run_is_refused(home: Path):
    assert "is it the folder of a run" in glotmill("contamination", ".", cwd=home, code=2)
