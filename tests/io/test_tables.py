"""Tables are read by columns exactly as they would be row by row: the same rows, ids, reasons, details and batches."""

import gzip
import json
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import row_by_row
from hypothesis import given, settings
from hypothesis import strategies as st
from row_by_row import gathered, seen
from warc_bytes import saved

from glotmill.core.hashing import document_id, document_ids
from glotmill.core.inputs import InputFile, Slice
from glotmill.io import tables
from glotmill.io.columns import TARGETS, Place, make_row
from glotmill.io.json_columns import read_columns
from glotmill.io.jsonl import JsonlSource
from glotmill.io.parquet import ParquetSource
from glotmill.io.tables import Cutter, Rows, documents

PROSE = {
    "eus_Latn": "Gaur goizean azokara joan gara,\nogia eta gazta erostera.",
    "deu_Latn": "Heute früh gingen wir auf den Markt,\num Brot und Käse zu kaufen.",
    "hin_Deva": "आज सुबह हम बाज़ार गए\nऔर रोटी और पनीर ख़रीदा।",
    "tha_Thai": "เช้านี้เราไปตลาด\nซื้อขนมปังกับชีส",
    "khm_Khmr": "ព្រឹកនេះ យាយទៅផ្សារ\nទិញត្រី និងបន្លែ។",
    "arb_Arab": "ذهبنا هذا الصباح إلى السوق\nلنشتري خبزا وجبنا.",
    "cmn_Hani": "今天早上我们去市场\n买了面包和奶酪。",
    "swh_Latn": "Leo asubuhi tulienda sokoni\nkununua mkate na jibini.",
    "tur_Latn": "Bu sabah pazara gittik,\nekmek ve peynir aldık.",
}
PATHS = sorted(TARGETS)
LINES = b"".join(
    json.dumps({"text": text, "language": tag}, ensure_ascii=False).encode() + b"\n" for tag, text in PROSE.items()
)
# What Arrow's parser and Python's see differently, or might, or what Arrow refuses.
ODD = [
    b'{"text": "a"}{"text": "b"}',
    b'{"text":\n"b"}',
    b'{"text": "a"}{"x":\n1}',
    b'{"x": {"y": 1}\n{"z": 1}}',
    b'{"text": "a"}{"x":\n{"y": 1}}',
    b'{"text": "a"}{"x": {"y": 1}\n,"z": 1}',
    b'{"x": NaN}',
    b'{"x": Inf}',
    b'{"x": [-Inf]}',
    b'{"x": -NaN}',
    b'{"x": -Infinity}',
    b'{"x": 1e400}',
    b'{"x": %b}' % (b"9" * 5000),
    b'{"x": 1.%b}' % (b"9" * 5000),
    b'{"x": %b}' % (b"[" * 5000 + b"]" * 5000),
    b'{"x": %b1%b}' % (b'{"y":' * 5000, b"}" * 5000),
    b'{"text": "%b"}' % (b"[" * 2000),
    b'{"text": "a"}\0nothing}',
    b'{"text": "a\0"}',
    b'{"text\\u0000": "a"}',
    b'{"te\\u0078t": "a\\u0000"}',
    b'{"text": "\\ud83d\\ude00 \\ud83d"}',
    b'{"x": "\\ude00"}',
    b'{"text": "\xff"}',
    b'{"x": "\xff"}',
    b'{"x": "\xed\xa0\x80"}',
    b'{"text": "a", "text": "b"}',
    b'{"text": "a", "text": null}',
    b'{"x": 1, "x": 2, "text": "a"}',
    b'{"text": 5}',
    b'{"text": "a", "license": ["b", null, ""]}',
    b'{"text": "a", "author": -0}',
    b'{"text": "a", "author": 9223372036854775808}',
    b'{"text": "a", "author": 5.0}',
    b'{"text": "a", "parent_ids": ["b", "", null, 7]}',
    b'{"text": "a", "parent_ids": "b"}',
    b'{"text": "a", "metadata": null}',
    b'{"text": "a", "metadata": "b"}',
    b'{"text": "a", "metadata": {"url": null}, "metadata.url": "b"}',
    b'{"text": "a", "metadata": {"url": "b"}, "metadata.url": null}',
    b'{"text": "a", "metadata": {"url": "b"}, "metadata\\u002eurl": null}',
    b'{"text": "a", "metadata": {"url": "b"}}',
    b'{"text": "a"}\r',
    b'{"text": "a"} ',
    b' {"text": "a"}',
    b"\xef\xbb\xbf" + b'{"text": "a"}',
    b'{"text": "a",}',
    b'{"text": "a\tb"}',
    b'{"x": 01}',
    b"[1]",
    b"}",
    b"{",
    b"{}",
    b"\x0b",
    b"",
]
MAPPINGS = [{}, {"key": "author"}, {"columns": {"url": "metadata.url"}}, {"columns": {"text": "$"}}]


def jsonl(**options) -> JsonlSource:
    return JsonlSource(kind="jsonl", of="azoka", **options)


def read(spec, file: InputFile, groups: int = 0):
    return seen(spec.read(Slice(file, 0, groups)))


@pytest.mark.parametrize("text", PROSE.values(), ids=PROSE)
def test_plain_lines_of_every_script_are_read_by_arrow(text):
    line = json.dumps({"text": text, "n": [1.5, {"a": None}]}, ensure_ascii=False)
    found = read_columns(f"{line}\n{line}\n".encode(), PATHS)
    assert found is not None
    count, columns = found
    assert (count, columns["text"].to_pylist(), set(columns)) == (2, [text, text], {"text"})
    escaped = json.dumps({"text": text, "author": 7, "license": ["a", "b"], "metadata": {"url": text}})
    _, columns = read_columns(escaped.encode(), [*PATHS, "metadata.url"])
    assert columns["text"].to_pylist() == columns["metadata.url"].to_pylist() == [text]
    assert (columns["author"], columns["license"]) == ([7], [["a", "b"]])


@pytest.mark.parametrize("options", MAPPINGS, ids=str)
def test_odd_lines_are_what_python_finds_in_them(tmp_path, options):
    spec = jsonl(**options)
    for line in ODD:
        for before, after in ((LINES, b"\n" + LINES), (b"", b"")):
            file = saved(tmp_path, before + line + after, "a.jsonl")
            assert read(spec, file) == seen(row_by_row.jsonl(spec, file)), line[:60]


def test_what_one_parser_takes_and_the_other_does_not_keeps_its_reason(tmp_path):
    odd = [
        b'{"text": "a"}{"text": "b"}',
        b'{"text": "a", "x": Inf}',
        b'{"text": "a", "x": %b}' % (b"9" * 5000),
        b'{"text": "a", "x": %b}' % (b"[" * 5000 + b"]" * 5000),
        b'{"text": "a"}\0nothing}',
        b'{"text": "a", "x": "\xff"}',
    ]
    for line in odd:
        [(rows, reasons, _)] = read(jsonl(), saved(tmp_path, LINES + line + b"\n", "a.jsonl"))
        assert reasons == [None] * len(PROSE) + ["jsonl.bad_json"]
        assert [row["text"] for row in rows] == [*PROSE.values(), None]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(["", " ", "\u3000", "მზე", "mt", "2026-11-01", "\ud83d", "Inf ", "-NaN", "[" * 20, "\x1c"])
    | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["url", "author", "x"]), inner, max_size=3)
    ),
    max_leaves=4,
)
FIELDS = ["text", "html", "url", "license", "crawl_time", "origin", "parent_ids", "author", "metadata", "metadata.url"]
PLAIN = st.dictionaries(st.sampled_from(FIELDS[:6]), st.sampled_from(["", " a", "მზე", "mt", "2026-11-01"]), max_size=5)
OBJECTS = st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5) | PLAIN, max_size=5) | st.lists(PLAIN)
CHANGES = st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(b'{}[]",:\\\n\r\0 \xff-09eIN')), max_size=2)


@settings(max_examples=100)
@given(OBJECTS, CHANGES, st.booleans(), st.sampled_from(MAPPINGS))
def test_lines_are_read_as_python_reads_them(tmp_path_factory, objects, changes, ascii_only, options):
    lines = (json.dumps(value, ensure_ascii=ascii_only) for value in objects)
    data = bytearray("\n".join(lines).encode("utf-8", "surrogatepass"))
    for at, byte in changes if data else []:
        data[at % len(data)] = byte
    spec, file = jsonl(**options), saved(tmp_path_factory.mktemp("lines"), bytes(data), "a.jsonl")
    assert read(spec, file) == seen(row_by_row.jsonl(spec, file))


def test_lines_are_the_same_however_the_file_comes_in_pieces(tmp_path):
    spec = jsonl()
    data = LINES * 40 + b"\n\n[1]\n" + LINES * 40
    plain = read(spec, saved(tmp_path, data, "a.jsonl"))
    for size in (97, 1000, 70_000):
        members = b"".join(gzip.compress(data[at : at + size], 1) for at in range(0, len(data), size))
        assert read(spec, saved(tmp_path, members, "a.jsonl")) == plain
    assert [len(rows) for rows, _, _ in plain] == [256, 256, 209]


TEXTS = st.sampled_from(["", " ", "\n\u2009", "\u1680", "\u1681", " ა", "მზე", "mt", "native", "2026-11-01", "\x85"])
BYTES = st.sampled_from([b"", b"a", b"\xff\xfe", b"\xe2\x80\x80", b"\xed\xa0\x80", "მზე".encode()])
NUMBERS = st.integers(-(2**40), 2**40)
KINDS = [
    (TEXTS, pa.string()),
    (TEXTS, pa.large_string()),
    (BYTES, pa.binary()),
    (BYTES, pa.large_binary()),
    (st.none(), pa.null()),
    (NUMBERS, pa.int64()),
    (st.floats(), pa.float64()),
    (st.booleans(), pa.bool_()),
    (NUMBERS.filter(lambda value: abs(value) < 2**35), pa.timestamp("s")),
    (NUMBERS, pa.timestamp("ms", "Asia/Tbilisi")),
    (NUMBERS, pa.timestamp("ns", "UTC")),
    (st.integers(0, 20_000), pa.date32()),
    (st.lists(st.none() | TEXTS, max_size=3), pa.list_(pa.string())),
]
NAMES = ["text", "html", "url", "license", "crawl_time", "origin", "parent_ids", "author"]


@st.composite
def columns(draw, rows: int, *, dictionaries: bool = True) -> pa.Array:
    """A column of any type, some of them strings that lie about being UTF-8, in dictionaries, or both."""
    values, kind = draw(st.sampled_from(KINDS))
    array = pa.array(draw(st.lists(st.none() | values, min_size=rows, max_size=rows)), kind)
    if kind == pa.binary() and draw(st.booleans()):
        array = array.view(pa.string())  # of which some bytes are no UTF-8
    if array.type in (pa.string(), pa.large_string(), pa.binary()) and dictionaries and draw(st.booleans()):
        array = array.dictionary_encode()
    return array


@st.composite
def any_table(draw) -> pa.Table:
    rows = draw(st.integers(0, 5))
    names = draw(st.lists(st.sampled_from(NAMES[1:]), unique=True, max_size=4))
    found = {name: draw(columns(rows)) for name in ["text", *names]}
    # Arrow does not read dictionaries inside of structs out of several row groups.
    inside = [draw(columns(rows, dictionaries=False)) for _ in range(2)]
    absent = pa.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)), pa.bool_())
    found["metadata"] = pa.StructArray.from_arrays(inside, ["url", "author"], mask=absent)
    return pa.table(found)


@settings(max_examples=80)
@given(any_table(), st.integers(1, 4), st.sampled_from([*MAPPINGS[:1], *MAPPINGS[2:], {"key": "metadata.author"}]))
def test_parquet_is_read_as_it_would_be_row_by_row(tmp_path_factory, table, group, options):
    path = tmp_path_factory.mktemp("tables") / "a.parquet"
    pq.write_table(table, path, row_group_size=group)
    file = InputFile("azoka", "a.parquet", str(path), 1, "xxh3:0")
    spec = ParquetSource(kind="parquet", of="azoka", **options)
    assert read(spec, file, pq.ParquetFile(path).num_row_groups) == seen(row_by_row.parquet(spec, file))


def test_parquet_rows_of_several_groups_and_batches_stay_in_order(tmp_path):
    texts = [None if number % 7 == 0 else f"{text} {number}" for number in range(100) for text in PROSE.values()]
    table = pa.table({"text": pa.array(texts), "url": pa.array(["", "https://azoka.example"] * 450)})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=130)
    file = InputFile("azoka", "a.parquet", str(tmp_path / "a.parquet"), 1, "xxh3:0")
    spec = ParquetSource(kind="parquet", of="azoka")
    found = read(spec, file, 7)
    assert found == seen(row_by_row.parquet(spec, file))
    assert [len(rows) for rows, _, _ in found] == [256, 256, 256, 132]


@pytest.mark.parametrize("name", ["text", "html", "url", "origin", "crawl_time", "author", "metadata"])
def test_strings_that_are_no_utf8_are_bytes_wherever_they_stand(tmp_path, name):
    lies = pa.array([b"\xff\xfe", b"mt", None, b"\xe2\x80", b"\xed\xa0\x80"], pa.binary()).view(pa.string())
    options = {"columns": {"url": "metadata.url"}} if name == "metadata" else {}
    spec = ParquetSource(kind="parquet", of="azoka", **options)
    for array in (lies, lies.cast(pa.large_string()), lies.dictionary_encode()):
        column = pa.StructArray.from_arrays([array], ["url"]) if options else array
        pq.write_table(pa.table({"text": ["a", "b", "c", " ", None], name: column}), tmp_path / "a.parquet")
        file = InputFile("azoka", "a.parquet", str(tmp_path / "a.parquet"), 1, "xxh3:0")
        assert read(spec, file, 1) == seen(row_by_row.parquet(spec, file))


def test_times_that_python_cannot_hold_are_null(tmp_path):
    times = pa.array([2**62, -(2**62), 253_402_300_799_999_999, 0], pa.timestamp("us", "Asia/Tbilisi"))
    table = pa.table({"text": ["a"] * 4, "crawl_time": times, "title": times, "author": times.cast(pa.timestamp("us"))})
    pq.write_table(table, tmp_path / "a.parquet")
    file = InputFile("azoka", "a.parquet", str(tmp_path / "a.parquet"), 1, "xxh3:0")
    [(rows, reasons, _)] = read(ParquetSource(kind="parquet", of="azoka"), file, 1)
    assert reasons is None
    assert [row["crawl_time"] is None for row in rows] == [True, True, False, False]
    assert [row["author"] for row in rows] == [None, None, "9999-12-31T23:59:59.999999", "1970-01-01T00:00:00"]
    assert [row["title"] for row in rows][:2] == [None, None]


def test_a_text_can_begin_with_any_space_that_python_knows_and_with_no_other():
    spaces = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]
    assert sorted(tables._FIRSTS.to_pylist()) == sorted(["", *spaces])


@settings(max_examples=50)
@given(
    st.lists(st.lists(st.sampled_from(["", " ", "aaa", "მზე" * 9, "😀" * 30, "7" * 100, 5]), max_size=9), max_size=30),
    st.integers(1, 300),
)
def test_batches_are_cut_as_they_would_be_row_by_row(pieces, most):
    spec, file = jsonl(), InputFile("azoka", "a.jsonl", "a.jsonl", 1, "xxh3:0")
    cutter, number, found, rows = Cutter("azoka", "web", most_characters=most), 0, [], []
    for texts in pieces:
        plain = all(isinstance(text, str) for text in texts)
        given_texts = pa.array(texts, pa.string()) if plain else texts
        piece = documents(spec, "jsonl", file, Rows(range(number, number + len(texts)), {"text": given_texts}))
        found += cutter.add(piece)
        rows += [make_row(spec, "jsonl", Place(file, number + at), {"text": text}) for at, text in enumerate(texts)]
        number += len(texts)
    found += cutter.flush()
    assert seen(iter(found)) == seen(gathered(iter(rows), most_chars=most))


def test_ids_made_together_are_those_made_one_by_one():
    parts = ["1", "2\x1fმზე", "3\x1f\ud83d", ""]
    for some in (parts, parts[:2], []):
        assert document_ids("azoka", "a\x1fb", some) == [document_id("azoka", "a\x1fb", part) for part in some]


def test_a_long_number_is_found_wherever_it_begins():
    for at in range(130):
        line = b'{"%b": %b}' % (b"x" * at, b"9" * 640)
        assert read_columns(line, PATHS) is None
    rows = np.array([[b"%d" % number for number in range(100)]] * 20).tolist()
    assert read_columns(json.dumps({"x": [[int(cell) for cell in row] for row in rows]}).encode(), PATHS) is not None
