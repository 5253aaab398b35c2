"""`glotmill identify` as people call it."""

import io
import json
import sys
from pathlib import Path

import pytest

from glotmill.text.identification.own import own_path
from support.command import glotmill
from support.romaji import TAG, UNSEEN, file, sentences

KHMER = "ព្រឹកនេះភ្លៀងធ្លាក់ខ្លាំង ដូច្នេះក្មេងៗទៅសាលារៀនយឺត។\n"
SWAHILI = "Leo asubuhi mvua kubwa ilinyesha, kwa hiyo watoto walichelewa kufika shuleni.\n"
ARABIC = "هطل المطر بغزارة هذا الصباح، فوصل الأطفال إلى المدرسة متأخرين.\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "khmer.txt").write_text(KHMER, encoding="utf-8-sig")
    (tmp_path / "mixed.txt").write_text(SWAHILI + ARABIC + "OK\n" + SWAHILI, encoding="utf-8")
    return tmp_path


def test_each_file_has_its_language_by_tag_code_and_name(home: Path):
    said = glotmill("identify", "khmer.txt", "mixed.txt", cwd=home)
    assert [line.split()[:4] for line in said.splitlines()[1:]] == [
        ["khmer.txt", "khm_Khmr", "km", "Khmer"],
        ["mixed.txt", "swh_Latn", "sw", "Swahili"],
    ]


def test_lines_are_named_one_by_one(home: Path):
    found = json.loads(glotmill("identify", "--level", "line", "--json", "mixed.txt", cwd=home))
    [file] = found["files"]
    assert [part["language"] for part in file["parts"]] == ["swh_Latn", "arb_Arab", "arb_Arab", "swh_Latn"]
    assert [part["sure"] for part in file["parts"]] == [True, True, False, True]
    assert list(file["shares"]) == ["swh_Latn", "arb_Arab"]
    said = glotmill("identify", "--level", "line", "mixed.txt", cwd=home)
    assert "arb_Arab  after its neighbors" in said
    assert "mixed.txt: swh_Latn 0." in said


def test_votes_and_alternates_stand_in_the_json(home: Path):
    found = json.loads(glotmill("identify", "--json", "khmer.txt", cwd=home))
    assert found["identifier"] == ["words", "ngrams"]
    [file] = found["files"]
    assert set(file["votes"]) == {"words", "ngrams"}
    assert file["score"] > 0.8
    one = json.loads(glotmill("identify", "--json", "--identifier", "ngrams", "khmer.txt", cwd=home))
    assert "votes" not in one["files"][0]


def test_standard_input_is_read_and_no_language_is_said_so(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"12 : 30\n")))
    assert "no language found" in glotmill("identify", "-", cwd=home)


def test_what_cannot_be_read_is_named_with_the_remedy(home: Path):
    (home / "old.txt").write_bytes("Ça va très bien.".encode("latin-1"))
    assert "old.txt is not UTF-8 (byte 0)" in glotmill("identify", "old.txt", cwd=home, code=1)
    assert "nowhere.txt cannot be read: No such file" in glotmill("identify", "nowhere.txt", cwd=home, code=1)
    unknown = glotmill("identify", "--identifier", "wrods", "khmer.txt", cwd=home, code=2)
    assert "identifier: no fasttext model 'wrods'" in unknown
    assert "Without a model there are words, ngrams, cld2." in unknown
    glotmill("identify", "--identifier", ",", "khmer.txt", cwd=home, code=2)


def test_languages_of_the_project_are_known(home: Path):
    (home / own_path(TAG)).parent.mkdir(parents=True)
    (home / "letter.txt").write_text(f"{UNSEEN} {sentences()[0]}", encoding="utf-8")
    shipped = json.loads(glotmill("identify", "--json", "letter.txt", cwd=home))["files"][0]
    assert shipped["language"] != TAG
    (home / own_path(TAG)).write_text(file(), encoding="utf-8")
    taught = json.loads(glotmill("identify", "--json", "letter.txt", cwd=home))["files"][0]
    assert taught["language"] == TAG
    assert {next(iter(vote)) for vote in taught["votes"].values()} == {TAG}
