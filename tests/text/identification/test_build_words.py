"""The script that builds the table of words: what it keeps of a list, and the same bytes from the same lists."""

import gzip
import importlib.util
import io
import json
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

from glotmill.text.hashing import text_hash
from glotmill.text.identification import word_table
from glotmill.text.identification.word_weights import SHARED
from glotmill.text.identification.words import WordIdentifier

LISTS = {
    "eus_Latn": ["sagarra", "Etxea", "mendia", "etxea", "e‑txe", "2026", "дом", "gu"],
    "deu_Latn": ["Straße", "STRASSE", "garten", "etxea", "gu"],
    "tha_Thai": ["่", "็", "ปลา", "อาหาร", "แม่ซื้อปลา"],
    "rus_Cyrl": ["дом", "сад", "house"],
    "zho_Hani": ["的", "市场"],
    "cmn_Hani": ["水果"],
    "daf_Latn": ["ba"],
    "hlt_Latn": [],
}
STOPS = {"eus_Latn": ["eta", "gu", "sagarra"], "deu_Latn": ["und", "in"], "rus_Cyrl": ["и"], "nld_Latn": ["in", "en"]}


@pytest.fixture(scope="module")
def script(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_words", root / "scripts" / "build_words.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_words"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lists") / "lists.tar.xz"
    with tarfile.open(path, "w:xz") as files:
        for name, words in LISTS.items():
            content = "\n".join(words).encode()
            entry = tarfile.TarInfo(f"./{name}.txt")
            entry.size = len(content)
            files.addfile(entry, io.BytesIO(content))
    return path


def words_of(built, tag: str, *, shared: bool) -> set[int]:
    mine = (built.labels == built.tags.index(tag)) & (built.shared == shared)
    return set(built.hashes[mine].tolist())


def hashed(*words: str) -> set[int]:
    return {text_hash(word) >> word_table.HASH_SHIFT for word in words}


def test_lists_are_read_by_canonical_tag_and_retired_codes_left_out(script: ModuleType, archive: Path) -> None:
    lists = script.word_lists(archive)
    assert list(lists) == sorted(lists)
    assert "daf_Latn" not in lists
    assert lists["cmn_Hani"] == ["的", "市场", "水果"]


def test_kept_is_what_the_scan_will_see_as_that_one_word(script: ModuleType, archive: Path) -> None:
    built = script.build(script.word_lists(archive), STOPS)
    assert built.tags == ("cmn_Hani", "deu_Latn", "eus_Latn", "rus_Cyrl", "tha_Thai")
    assert words_of(built, "tha_Thai", shared=False) == hashed("ปลา", "อาหาร")  # no bare marks, nothing of two words
    assert words_of(built, "rus_Cyrl", shared=False) == hashed("дом", "сад")  # no word in Latin letters
    assert words_of(built, "cmn_Hani", shared=False) == hashed("的", "市场", "水果")


def test_a_word_of_two_lists_goes_to_the_one_that_has_it_further_up(script: ModuleType, archive: Path) -> None:
    built = script.build(script.word_lists(archive), STOPS)
    assert words_of(built, "eus_Latn", shared=False) == hashed("sagarra", "etxea", "mendia")
    assert words_of(built, "deu_Latn", shared=False) == hashed("strasse", "garten", "gu")  # casefolded, once


def test_stop_words_that_are_not_in_the_own_list_are_shared_words(script: ModuleType, archive: Path) -> None:
    built = script.build(script.word_lists(archive), STOPS)
    assert words_of(built, "eus_Latn", shared=True) == hashed("eta", "gu")
    assert words_of(built, "deu_Latn", shared=True) == hashed("und", "in")
    assert built.weights[built.shared].max() <= SHARED


def test_a_longer_and_a_more_frequent_word_weighs_more(script: ModuleType) -> None:
    built = script.build({"eus_Latn": ["mendia", "ur", "etxea"]}, {})
    weight = dict(zip(built.hashes.tolist(), built.weights.tolist(), strict=True))
    mountain, water, house = (weight[next(iter(hashed(word)))] for word in ("mendia", "ur", "etxea"))
    assert mountain > house > water


def test_only_so_many_words_of_a_list_are_kept(script: ModuleType, archive: Path) -> None:
    built = script.build(script.word_lists(archive), {}, longest=1)
    assert words_of(built, "eus_Latn", shared=False) == hashed("sagarra")


def test_the_same_lists_give_the_same_bytes(script: ModuleType, archive: Path, tmp_path: Path) -> None:
    texts = {"eus_Latn": ("prose", ["sagarra eta etxea " * 60])}
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        built = script.build(script.word_lists(archive), STOPS)
        script.write(built, script.records(built, {"eus_Latn": 7}, script.coverage(built, texts)), folder)
    for file in ("words.npy", "words.tsv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    identifier = WordIdentifier(word_table.read(tmp_path / "one"))
    guesses = identifier.identify(["mendia eta etxea"])
    assert identifier.labels[guesses.labels[0, 0]] == "eus_Latn"


def test_coverage_counts_own_and_shared_words_apart_and_too_little_text_not_at_all(
    script: ModuleType, archive: Path
) -> None:
    built = script.build(script.word_lists(archive), STOPS)
    long, short = ["sagarra eta zuria 12 " * 60], ["sagarra"]
    covered = script.coverage(built, {"eus_Latn": ("prose", long), "deu_Latn": ("udhr", short)})
    assert set(covered) == {"eus_Latn"}
    figures = covered["eus_Latn"]
    assert (figures.own, figures.shared, figures.measured_on) == (33.3, 33.3, "prose")


def test_states_follow_coverage_or_without_text_the_length_of_the_list(script: ModuleType) -> None:
    letters = "abdefghijklmnoprstuvz"
    lists = {"eus_Latn": [f"etxe{sign}" for sign in letters], "deu_Latn": ["garten"], "fin_Latn": ["talo"]}
    built = script.build(lists, {})
    covered = {"fin_Latn": script.Coverage(0.9, 20.0, "prose"), "deu_Latn": script.Coverage(1.0, 0.0, "udhr")}
    states = {record.tag: record.state for record in script.records(built, {}, covered)}
    assert states == {"deu_Latn": "supported", "eus_Latn": "unmeasured", "fin_Latn": "unsupported"}
    alone = {record.tag: record.state for record in script.records(built, {}, {})}
    assert alone["fin_Latn"] == "unsupported"


def test_stop_words_and_documents_are_read_by_canonical_tag(script: ModuleType, tmp_path: Path) -> None:
    configs = tmp_path / "configs.json.gz"
    configs.write_bytes(
        gzip.compress(json.dumps({"fas_Arab": {"stopwords": ["و"]}, "oto_Latn": {"stopwords": ["a"]}}).encode())
    )
    assert script.stop_words(configs) == {"pes_Arab": ["و"]}
    table = tmp_path / "documents.csv"
    table.write_text(
        "subset,split,documents\neus_Latn,train,50\neus_Latn,test,3\nrus_Cyrl,train,900\nrus_Cyrl_removed,train,4\nxyz,train,-\n",
        encoding="utf-8",
    )
    assert script.documents(table)["eus_Latn"] == 50
    assert script.documents(table)["eng_Latn"] == 9000
