"""Benchmark files that are not what they should be are refused by file and line."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from glotmill.core.errors import DataError
from glotmill.io.benchmarks import read_items


def write(folder: Path, data: bytes, name: str = "exam.jsonl") -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


def test_items_keep_the_number_of_their_line(tmp_path):
    lines = ['\ufeff{"q": "नदी कहाँ है?"}', "", '{"q": null}', '{"q": "  "}', '{"q": "แม่น้ำอยู่ที่ไหน"}']
    data = "\n".join(lines).encode()
    items = read_items(write(tmp_path, data), "q")
    assert [(question.line, question.text) for question in items.questions] == [(1, "नदी कहाँ है?"), (5, "แม่น้ำอยู่ที่ไหน")]
    assert (items.items, items.empty) == (4, 2)
    assert items.sha256 == hashlib.sha256(data).hexdigest()


def test_compressed_files_and_nested_fields_are_read(tmp_path):
    data = gzip.compress(json.dumps({"context": {"question": "Nor da?"}}).encode())
    items = read_items(write(tmp_path, data, "exam.jsonl.gz"), "context.question")
    assert [question.text for question in items.questions] == ["Nor da?"]


def test_an_item_of_a_megabyte_is_an_item(tmp_path):
    text = "galdera luzea " * 80_000
    (question,) = read_items(write(tmp_path, json.dumps({"q": text}).encode()), "q").questions
    assert question.text == text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"q": "caf\xe9"}', "line 2: not UTF-8 at byte 10"),
        (b'{"q": "a"', "line 2: Expecting ',' delimiter at column 10"),
        (b'["a"]', "line 2: list, where an object was expected"),
        (b'{"question": "a", "answer": "b"}', "line 2: no field 'q'; its fields: answer, question"),
        (b"{}", "line 2: no field 'q'; its fields: none"),
        (b'{"q": ["a"]}', "line 2: 'q' holds list, where text was expected"),
        (b'{"q": 4}', "line 2: 'q' holds int, where text was expected"),
        (b'{"q": "' + b"a" * (17 << 20) + b'"}', "line 2: line too long"),
    ],
    ids=["latin-1", "cut off", "array", "other fields", "no fields", "list", "number", "too long"],
)
def test_a_wrong_line_is_named(tmp_path, line, message):
    location = write(tmp_path, b'{"q": "a"}\n' + line + b"\n")
    with pytest.raises(DataError) as caught:
        read_items(location, "q")
    assert str(caught.value).startswith(f"{location}: {message}")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.jsonl"):
        read_items(str(tmp_path / "none.jsonl"), "q")
