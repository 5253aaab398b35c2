"""What JSON lines give: a row per line, broken lines among them."""

import gzip
import json
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warc_bytes import rows, saved, zst

from glotmill.core.errors import RecipeError
from glotmill.core.yamlfile import parse
from glotmill.io.jsonl import LINE_LIMIT, JsonlSource

YORUBA = "Ní òwúrọ̀ yìí a lọ sí ọjà láti ra ẹ̀pà àti ọ̀gẹ̀dẹ̀."
GOOD = json.dumps({"text": YORUBA}, ensure_ascii=False).encode() + b"\n"


def read(folder, data, name="a.jsonl", **options):
    return rows(JsonlSource(kind="jsonl", of="azoka", **options), saved(folder, data, name))


def reasons(found):
    return [row["reason"] for row in found]


def test_the_whole_line_can_be_the_text(tmp_path):
    line = '{ "content" : "\\u0915\\ud83d", "license":"CC0-1.0", "n": 1.50 }'
    first, second = read(tmp_path, f"\ufeff{line}  \r\n[1]\n".encode(), columns={"text": "$"})
    assert (first["text"], first["license"]) == (line, "CC0-1.0")
    assert second["reason"] == "jsonl.bad_json"


def test_fields_are_taken_by_name_and_by_mapping(tmp_path):
    line = {
        "content": YORUBA,
        "metadata": {"url": "https://apeere.ng/1", "license": "CC-BY-4.0"},
        "a.b": "Ọjà",
        "language": "yor_Latn",
        "crawl_time": "2026-11-01T08:30:00+01:00",
        "unknown": 1,
    }
    mapping = {"text": "content", "url": "metadata.url", "license": "metadata.license", "title": "a.b"}
    (row,) = read(tmp_path, json.dumps(line).encode(), columns=mapping)
    assert (row["text"], row["url"], row["license"]) == (YORUBA, "https://apeere.ng/1", "CC-BY-4.0")
    assert (row["title"], row["language"], row["origin"]) == ("Ọjà", "yor_Latn", "native")
    assert row["crawl_time"] == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
    assert row["reason"] is None


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson.gz", "a.json.gz", "a.jsonl.zst"])
def test_compressed_files_are_read(tmp_path, name):
    data = GOOD * 600
    packed = gzip.compress(data[:5000]) + gzip.compress(data[5000:]) + b"\0" * 600 if name.endswith("gz") else data
    found = read(tmp_path, zst(data) if name.endswith("zst") else packed, name)
    assert [row["text"] for row in found] == [YORUBA] * 600
    assert len({row["doc_id"] for row in found}) == 600


def test_suffixes_cover_the_variants():
    assert set(JsonlSource.suffixes) >= {".jsonl", ".jsonl.gz", ".jsonl.zst", ".ndjson", ".ndjson.gz", ".json.gz"}


def test_a_broken_line_is_one_row_and_the_rest_goes_on(tmp_path):
    lines = [b'{"text": ', b"[1]", b'{"text": "\xff"}', b"", b"[" * 100_000, b"1" * 5000, b'{"text": "ok"}']
    found = read(tmp_path, b"\n".join(lines))
    assert reasons(found) == ["jsonl.bad_json"] * 5 + [None]
    assert found[0]["detail"] == "line 1: Expecting value at column 10"
    assert found[1]["detail"] == "line 2: list, where an object was expected"
    assert found[2]["detail"] == "line 3: not UTF-8 at byte 10"
    assert found[3]["detail"].startswith("line 5: RecursionError")
    assert found[5]["text"] == "ok"


def test_texts_that_are_none_have_reasons(tmp_path):
    values = [{"text": None, "url": "u"}, {}, {"text": " \n"}, {"text": 5}, {"text": ["a"]}, {"html": {"a": 1}}]
    found = read(tmp_path, b"\n".join(json.dumps(value).encode() for value in values))
    assert reasons(found) == ["jsonl.empty_text"] * 3 + ["jsonl.not_text"] * 3
    assert found[0]["detail"] == "neither text nor html; filled: url"
    assert found[0]["url"] == "u"
    assert found[3]["detail"] == "text is int: 5"


def test_a_page_needs_no_text(tmp_path):
    (row,) = read(tmp_path, b'{"html": "<p>kaixo"}')
    assert (row["html"], row["text"], row["reason"]) == ("<p>kaixo", None, None)


def test_a_row_may_claim_its_origin(tmp_path):
    found = read(tmp_path, b'{"text": "a", "origin": "mt"}\n{"text": "a", "origin": "human?"}\n')
    assert [(row["origin"], row["reason"]) for row in found] == [("mt", None), ("native", "jsonl.bad_origin")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (4, "4"),
        (0.5, "0.5"),
        (float("nan"), None),
        (True, "true"),
        (["CC-BY-4.0", None, "MIT"], "CC-BY-4.0, MIT"),
        ({"b": 1, "a": "ä"}, '{"a": "ä", "b": 1}'),
        ("", None),
        ([], None),
        ("a\ud800b", "a\ufffdb"),
    ],
)
def test_licenses_that_are_no_strings_are_converted(tmp_path, value, expected):
    (row,) = read(tmp_path, json.dumps({"text": "a", "license": value}).encode())
    assert (row["license"], row["reason"]) == (expected, None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (1_793_516_400_000, datetime(2026, 11, 1, 7, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("yesterday", None),
        (1e300, None),
        ("0001-01-01T00:00:00+14:00", None),
        ([1], None),
    ],
)
def test_times_are_utc_or_null(tmp_path, value, expected):
    (row,) = read(tmp_path, json.dumps({"text": "a", "crawl_time": value}).encode())
    assert row["crawl_time"] == expected


def test_a_line_too_long_is_skipped_in_bounded_memory(tmp_path):
    file = saved(tmp_path, gzip.compress(GOOD + b"a" * (4 * LINE_LIMIT) + b"\n" + GOOD, 1), "a.jsonl.gz")
    tracemalloc.start()
    found = rows(JsonlSource(kind="jsonl", of="azoka"), file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reasons(found) == [None, "jsonl.line_too_long", None]
    assert found[1]["detail"] == f"line 2: {4 * LINE_LIMIT} bytes > {LINE_LIMIT}"
    assert peak < 2 * LINE_LIMIT


def test_a_gzip_file_that_breaks_off_gives_its_good_lines_and_one_row(tmp_path):
    lines = b"".join(json.dumps({"text": f"{YORUBA} {number * 7919}"}).encode() + b"\n" for number in range(500))
    packed = gzip.compress(lines)
    found = read(tmp_path, packed[: len(packed) // 2], "a.jsonl.gz")
    assert len(found) > 100
    assert reasons(found) == [None] * (len(found) - 1) + ["jsonl.truncated"]
    assert found[-1]["detail"].startswith(f"line {len(found)}: the file ends inside a gzip member")
    broken = bytearray(packed)
    broken[len(broken) // 2] ^= 0x55
    found = read(tmp_path, bytes(broken), "b.jsonl.gz")
    assert len(found) > 100
    assert found[-1]["reason"] == "jsonl.truncated"
    assert reasons(read(tmp_path, zst(lines)[:-40], "c.jsonl.zst"))[-1] == "jsonl.truncated"


def test_a_key_enters_the_id(tmp_path):
    with_key = read(tmp_path, b'{"text": "a", "id": "x"}', key="id")
    without = read(tmp_path, b'{"text": "a", "id": "x"}')
    assert with_key[0]["doc_id"] != without[0]["doc_id"]


def test_a_mapping_to_no_column_names_what_would_be_right():
    recipe = "kind: jsonl\nof: azoka\ncolumns: {licence: lic}\n"
    with pytest.raises(RecipeError, match=r"no document column 'licence'\. Did you mean license"):
        parse(recipe, JsonlSource, file="pipelines/a.yaml")
    with pytest.raises(RecipeError, match="doc_id is given by Glotmill"):
        parse(recipe.replace("licence", "doc_id"), JsonlSource, file="pipelines/a.yaml")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
FIELD = st.sampled_from(
    ["text", "html", "url", "license", "crawl_time", "origin", "parent_ids", "title", "http_headers", "generator"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(FIELD, JSON, max_size=6), max_size=5))
def test_whatever_a_line_holds_it_is_one_row(tmp_path_factory, values):
    data = "".join(json.dumps(value) + "\n" for value in values).encode()
    assert len(read(tmp_path_factory.mktemp("any"), data)) == len(values)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_hostile_bytes_never_raise(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("hostile")
    for content in (data, b"\x1f\x8b\x08" + data, gzip.compress(data), b"\x28\xb5\x2f\xfd" + data):
        found = read(folder, content)
        assert len({row["doc_id"] for row in found}) == len(found)
