"""What Parquet files give: a row per row, by row groups, whatever the types."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError
from warc_bytes import rows, saved

from glotmill.core.errors import DataError
from glotmill.core.inputs import InputFile
from glotmill.core.schema import SOURCE_SCHEMA
from glotmill.io.parquet import ParquetSource

GEORGIAN = "დღეს დილით ბაზარში წავედით და პური ვიყიდეთ."


def source(**options):
    return ParquetSource(kind="parquet", of="azoka", **options)


def written(folder, table, name="a.parquet", **options) -> InputFile:
    path = folder / name
    pq.write_table(pa.table(table), path, **options)
    return InputFile("azoka", name, str(path), path.stat().st_size, "xxh3:0")


def test_columns_are_taken_by_name_and_by_mapping(tmp_path):
    file = written(
        tmp_path,
        {
            "content": [GEORGIAN],
            "meta": [{"link": "https://magaliti.ge/1", "by": {"lic": "CC-BY-4.0"}}],
            "dotted.title": ["ბაზარი"],
            "language": ["kat_Geor"],
            "doc_id": ["not ours"],
            "other": [1],
        },
    )
    mapping = {"text": "content", "url": "meta.link", "license": "meta.by.lic", "title": "dotted.title"}
    (row,) = rows(source(columns=mapping, track="curated"), file, 0, 1)
    assert (row["text"], row["url"], row["license"]) == (GEORGIAN, "https://magaliti.ge/1", "CC-BY-4.0")
    assert (row["title"], row["language"], row["track"]) == ("ბაზარი", "kat_Geor", "curated")
    assert row["doc_id"] != "not ours"
    assert set(row) - {"reason", "detail"} == set(SOURCE_SCHEMA.names)


def test_types_of_all_kinds_become_strings_and_times(tmp_path):
    file = written(
        tmp_path,
        {
            "text": pa.array([GEORGIAN, "ა"], pa.large_string()).dictionary_encode(),
            "url": pa.array([b"https://a.ge", b"\xff"], pa.binary()),
            "license": pa.array([["CC0-1.0"], None], pa.list_(pa.string())),
            "author": pa.array([7, None], pa.int64()),
            "crawl_time": pa.array([1_793_516_400_000_000_001, None], pa.timestamp("ns", "Asia/Tbilisi")),
            "title": pa.array([{"ka": "ბაზარი"}, None]),
            "parent_ids": pa.array([["p1", "p2"], None]),
        },
    )
    first, second = rows(source(), file, 0, 1)
    assert (first["text"], first["url"], first["license"]) == (GEORGIAN, "https://a.ge", "CC0-1.0")
    assert (first["author"], first["title"]) == ("7", '{"ka": "ბაზარი"}')
    assert first["crawl_time"] == datetime(2026, 11, 1, 7, tzinfo=UTC)
    assert first["parent_ids"] == ["p1", "p2"]
    assert (second["url"], second["license"], second["reason"]) == (None, None, None)


def test_the_whole_row_can_be_the_text_as_json(tmp_path):
    file = written(
        tmp_path,
        {
            "z": pa.array([float("nan"), 2.5]),
            "messages": [[{"role": "user", "content": GEORGIAN, "at": datetime(2026, 11, 1, tzinfo=UTC)}], None],
            "raw": pa.array([b"\xff\xfe", b"ok"], pa.binary()),
            "license": ["CC0-1.0", None],
        },
    )
    first, second = rows(source(columns={"text": "$"}), file, 0, 1)
    message = f'{{"role": "user", "content": "{GEORGIAN}", "at": "2026-11-01T00:00:00+00:00"}}'
    assert first["text"] == f'{{"z": null, "messages": [{message}], "raw": "//4=", "license": "CC0-1.0"}}'
    assert second["text"] == '{"z": 2.5, "messages": null, "raw": "ok", "license": null}'
    assert (first["license"], second["license"]) == ("CC0-1.0", None)
    with pytest.raises(ValidationError, match="can be text alone"):
        source(columns={"title": "$"})


def test_empty_and_foreign_texts_have_reasons(tmp_path):
    file = written(tmp_path, {"text": pa.array([None, " ", GEORGIAN]), "html": pa.array([None, "", None])})
    assert [row["reason"] for row in rows(source(), file, 0, 1)] == ["parquet.empty_text"] * 2 + [None]
    numbers = written(tmp_path, {"text": [1, 2]}, "b.parquet")
    assert [row["reason"] for row in rows(source(), numbers, 0, 1)] == ["parquet.not_text"] * 2
    raw = written(tmp_path, {"text": pa.array([b"\xff\xfe"], pa.binary())}, "c.parquet")
    assert [row["reason"] for row in rows(source(), raw, 0, 1)] == ["parquet.not_text"]


def test_bytes_that_lie_about_being_utf8_are_not_text(tmp_path):
    lying = pa.array([b"\xff\xfe", "გ".encode()], pa.binary()).view(pa.string())
    file = written(tmp_path, {"text": lying})
    assert [(row["text"], row["reason"]) for row in rows(source(), file, 0, 1)] == [
        (None, "parquet.not_text"),
        ("გ", None),
    ]


def test_row_groups_are_bundled_by_compressed_size_and_read_once(tmp_path):
    texts = [f"{GEORGIAN} {number}" for number in range(1000)]
    file = written(tmp_path, {"text": texts}, row_group_size=100)
    size = sum(
        pq.ParquetFile(file.url).metadata.row_group(group).column(0).total_compressed_size for group in range(10)
    )
    parts = source().split(file, size // 3)
    assert [(part.start, part.end) for part in parts] == [(0, 3), (3, 6), (6, 9), (9, 10)]
    found = [row for part in parts for row in rows(source(), file, part.start, part.end)]
    assert [row["text"] for row in found] == texts
    assert [row["doc_id"] for row in found] == [row["doc_id"] for row in rows(source(), file, 0, 10)]
    assert len({row["doc_id"] for row in found}) == 1000
    assert [(part.start, part.end) for part in source().split(file, 1)] == [(n, n + 1) for n in range(10)]


def test_batches_hold_256_rows(tmp_path):
    file = written(tmp_path, {"text": ["ა"] * 600})
    (part,) = source().split(file, 1 << 30)
    assert [len(outcome.batch) for outcome in source().read(part)] == [256, 256, 88]


def test_a_file_without_rows_gives_none(tmp_path):
    file = written(tmp_path, {"text": pa.array([], pa.string())})
    (part,) = source().split(file, 1 << 20)
    assert list(source().read(part)) == []


def test_a_missing_column_is_named_with_those_there_are(tmp_path):
    file = written(tmp_path, {"content": ["ა"], "uri": ["b"]})
    with pytest.raises(
        DataError, match=r"a\.parquet: no column 'contents'. Did you mean content\? Columns: content, uri"
    ):
        rows(source(columns={"text": "contents"}), file, 0, 1)
    with pytest.raises(DataError, match="no column 'text'"):
        rows(source(), file, 0, 1)
    with pytest.raises(DataError, match="no column 'id'"):
        rows(source(columns={"text": "content"}, key="id"), file, 0, 1)
    nested = written(tmp_path, {"text": ["a"], "meta": [{"licence": "b"}]}, "n.parquet")
    with pytest.raises(
        DataError, match=r"n\.parquet: no field 'license' of column 'meta\.license'. Did you mean licence"
    ):
        rows(source(columns={"license": "meta.license"}), nested, 0, 1)


def test_a_key_enters_the_id(tmp_path):
    file = written(tmp_path, {"text": ["ა", "ა"], "id": ["x", "x"]})
    first, second = rows(source(key="id"), file, 0, 1)
    assert first["doc_id"] != second["doc_id"]
    assert first["doc_id"] != rows(source(), file, 0, 1)[0]["doc_id"]


def test_what_is_no_parquet_fails_when_read_and_not_when_split(tmp_path):
    for data in (b"", b"not parquet", b"PAR1" + b"\0" * 40 + b"PAR1"):
        file = saved(tmp_path, data, "bad.parquet")
        (part,) = source().split(file, 1000)
        with pytest.raises(DataError, match=r"bad\.parquet: no Parquet file"):
            list(source().read(part))


def test_a_damaged_page_is_a_data_error(tmp_path):
    file = written(tmp_path, {"text": [f"{GEORGIAN} {number}" for number in range(5000)]}, compression="zstd")
    data = bytearray((tmp_path / file.name).read_bytes())
    data[2000:3000] = bytes(1000)
    damaged = saved(tmp_path, bytes(data), "damaged.parquet")
    with pytest.raises(DataError, match=r"damaged\.parquet: unreadable after row"):
        rows(source(), damaged, 0, 1)


def test_reasons_are_declared():
    assert source().reasons() == {"parquet.empty_text", "parquet.not_text", "parquet.bad_origin"}
