"""Translations that several machines share: the same answers for all, and nothing that a dying attempt can spoil."""

import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import fsspec
import pytest

from glotmill.core.errors import SettingsError
from glotmill.mt.backends.base import Answer, Request, failed
from glotmill.mt.cache import Origin, TranslationCache
from glotmill.mt.shared_cache import SUFFIX, SharedCache, holds_translations, open_cache

ORIGIN = Origin("words", "words 1", "eng_Latn", "swh_Latn")
RIVER, SCHOOL = Request("The river is wide.\U0001f30a"), Request("The school is new.", ("Before.",))
ANSWERS = {
    ORIGIN.key(RIVER): (RIVER, Answer("Mto ni mpana.\u2028\U0001f30a", avg_logprob=-0.25, tokens_in=7, tokens_out=5)),
    ORIGIN.key(SCHOOL): (SCHOOL, Answer("", "refused", "sitaki", tokens_in=3)),
}
KEYS = list(ANSWERS)


@pytest.fixture(params=["file", "memory"])
def address(request, tmp_path: Path) -> str:
    if request.param == "file":
        return f"file://{tmp_path}/shared"
    fsspec.filesystem("memory").store.clear()
    return "memory://shared/answers"


def test_what_one_machine_writes_another_reads_as_it_was(address):
    one, other = SharedCache(address), SharedCache(address)
    assert other.get(KEYS) == {}
    one.put(ORIGIN, ANSWERS)
    expected = {key: answer for key, (_, answer) in ANSWERS.items()}
    assert other.get(KEYS) == expected == one.get(KEYS)
    late = SharedCache(address)
    assert late.get(KEYS[:1]) == {KEYS[0]: expected[KEYS[0]]}
    [spent] = late.spent()
    assert (spent.engine, spent.requests, spent.tokens_in, spent.tokens_out) == ("words", 2, 10, 5)
    for cache in (one, other, late):
        cache.close()
    assert holds_translations(address)


def test_the_first_answer_stays_with_a_process_and_all_later_ones_agree_on_one(address):
    one, other = SharedCache(address), SharedCache(address)
    key = KEYS[0]
    one.put(ORIGIN, {key: (RIVER, Answer("Mto mpana."))})
    other.put(ORIGIN, {key: (RIVER, Answer("Mto ni mkubwa."))})
    assert [cache.get([key])[key].text for cache in (one, other)] == ["Mto mpana.", "Mto ni mkubwa."]
    assert one.get([key, b"0"])[key].text == "Mto mpana."
    later = {SharedCache(address).get([key])[key].text for _ in range(3)}
    assert len(later) == 1


def test_passing_trouble_is_not_written(address):
    cache = SharedCache(address)
    cache.put(ORIGIN, {KEYS[0]: (RIVER, failed("status 503"))})
    assert not holds_translations(address)
    assert SharedCache(address).get(KEYS) == {}


def test_what_is_unfinished_broken_or_of_another_is_no_answer_and_harms_none(tmp_path):
    folder = tmp_path / "shared"
    cache = SharedCache(f"file://{folder}")
    cache.put(ORIGIN, ANSWERS)
    [whole] = folder.iterdir()
    data = whole.read_bytes()
    digest = hashlib.sha256(data).hexdigest()

    def named(content: bytes) -> Path:
        return folder / f"{hashlib.sha256(content).hexdigest()}-x{SUFFIX}"

    (folder / f"{digest}-dying{SUFFIX}").write_bytes(data[: len(data) // 2])
    head = json.dumps({"glotmill_translations": 1})
    for content in (
        b"no gzip",
        gzip.compress(b"no JSON"),
        gzip.compress(b"[1]\n" * 3),
        gzip.compress(f'{head}\n["zz","e","a","b",1,"t","stop","",null,0,0]\n[1,2]\n{{}}'.encode()),
        gzip.compress(json.dumps({"glotmill_translations": 2}).encode()),
        gzip.compress(head.encode())[:-6],
    ):
        named(content).write_bytes(content)
    (folder / "notes.txt").write_text("whose?", encoding="utf-8")
    late = SharedCache(f"file://{folder}")
    assert late.get(KEYS) == {key: answer for key, (_, answer) in ANSWERS.items()}
    # The dying attempt's file is read once it is whole.
    whole.unlink()
    patient = SharedCache(f"file://{folder}")
    assert patient.get(KEYS) == {}
    (folder / f"{digest}-dying{SUFFIX}").write_bytes(data)
    assert set(patient.get(KEYS)) == set(KEYS)


def test_a_file_that_would_unpack_to_gigabytes_is_no_answer(tmp_path, monkeypatch):
    monkeypatch.setattr("glotmill.mt.shared_cache._LARGEST", 1_000)
    content = gzip.compress(json.dumps({"glotmill_translations": 1}).encode() + b"\n" * 100_000)
    (tmp_path / f"{hashlib.sha256(content).hexdigest()}-x{SUFFIX}").write_bytes(content)
    assert SharedCache(f"file://{tmp_path}").get(KEYS) == {}


WRITER = """
import sys
from glotmill.mt.backends.base import Answer, Request
from glotmill.mt.cache import Origin
from glotmill.mt.shared_cache import SharedCache
origin = Origin("words", "words 1", "eng_Latn", "swh_Latn")
cache = SharedCache(sys.argv[1])
for number in range(12):
    request = Request(f"{number}")
    cache.put(origin, {origin.key(request): (request, Answer(f"jibu {number}"))})
"""


def test_processes_that_write_the_same_at_once_leave_every_answer_whole(tmp_path):
    address = f"file://{tmp_path}/shared"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, address]) for _ in range(2)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    requests = [Request(f"{number}") for number in range(12)]
    found = SharedCache(address).get([ORIGIN.key(request) for request in requests])
    assert sorted(answer.text for answer in found.values()) == sorted(f"jibu {number}" for number in range(12))


def test_a_plain_folder_is_for_one_machine_and_what_cannot_be_read_is_said(tmp_path):
    assert isinstance(open_cache(str(tmp_path)), TranslationCache)
    assert isinstance(open_cache(None), TranslationCache)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    cache = SharedCache(f"file://{tmp_path}/file/below")
    with pytest.raises(SettingsError, match="cannot be written"):
        cache.put(ORIGIN, ANSWERS)
    with pytest.raises(SettingsError, match="no filesystem"):
        open_cache("nosuch://bucket/x")
