"""What WARC files give: one row per page, in every container, whatever the cuts."""

import gzip
import json
import tracemalloc
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise

import pyarrow as pa
import pytest
from fastwarc.warc import ArchiveIterator
from hypothesis import given, settings
from hypothesis import strategies as st
from warc_bytes import DATE, PAGE, gz, http, only, page, read, record, rows, saved, source, zst
from warcio.warcwriter import WARCWriter

from glotmill.core.errors import DataError
from glotmill.core.hashing import document_id
from glotmill.core.inputs import Slice
from glotmill.core.schema import SOURCE_SCHEMA

PAGES = [page(number, PAGE * (1 + number % 7)) for number in range(40)]


def test_a_page_becomes_a_row_with_its_evidence(tmp_path):
    headers = [("X-Robots-Tag", "noai"), ("Link", "<https://a.eus/by>; rel=license"), ("link", "<b>; rel=next")]
    row = only(tmp_path, http(PAGE.encode(), extra=headers))
    assert row["reason"] is None
    assert row["html"] == PAGE
    assert row["url"] == "https://adibidea.eus/azoka"
    assert row["warc_ref"] == "azoka.warc.gz:0"
    assert row["crawl_time"] == datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    assert row["doc_id"] == document_id("azoka", "azoka.warc.gz", "0", "https://adibidea.eus/azoka", DATE)
    assert json.loads(row["http_headers"]) == {
        "content-type": "text/html; charset=utf-8",
        "link": "<https://a.eus/by>; rel=license, <b>; rel=next",
        "x-robots-tag": "noai",
    }
    assert list(json.loads(row["http_headers"])) == ["content-type", "link", "x-robots-tag"]
    assert (row["source"], row["track"], row["origin"], row["text"]) == ("azoka", "web", "native", None)


def test_batches_have_the_source_schema(tmp_path):
    (outcome,) = source().read(Slice(file := saved(tmp_path, gz(page(1))), 0, file.size))
    assert outcome.batch.rows.schema == SOURCE_SCHEMA
    assert outcome.reasons is None


def test_containers_give_the_same_pages(tmp_path):
    data = {
        "a.warc": b"".join(PAGES),
        "b.warc.gz": b"".join(map(gz, PAGES)),
        "c.warc.zst": b"".join(map(zst, PAGES)),
        "one-member.warc.gz": gzip.compress(b"".join(PAGES)),
        "one-frame.warc.zst": zst(b"".join(PAGES)),
    }
    for name, content in data.items():
        found = read(tmp_path, content, name)
        assert [row["url"] for row in found] == [f"https://adibidea.eus/{number}" for number in range(40)], name
        assert {row["reason"] for row in found} == {None}, name
        assert len({row["warc_ref"] for row in found}) == len({row["doc_id"] for row in found}) == 40, name


def test_block_gzip_that_cuts_records_anywhere_is_read_whole(tmp_path):
    data = b"".join(PAGES)
    blocks = b"".join(gz(data[start : start + 700]) for start in range(0, len(data), 700))
    found = read(tmp_path, blocks)
    assert [row["html"] for row in found] == [row["html"] for row in read(tmp_path, data, "plain.warc")]


def test_offsets_agree_with_fastwarc(tmp_path):
    data = b"".join(map(gz, PAGES))
    offsets = [found.stream_pos for found in ArchiveIterator(BytesIO(data))]
    assert [row["warc_ref"] for row in read(tmp_path, data)] == [f"azoka.warc.gz:{offset}" for offset in offsets]


def test_a_file_of_warcio_is_read(tmp_path):
    out = BytesIO()
    writer = WARCWriter(out, gzip=True)
    writer.write_record(writer.create_warcinfo_record("a.warc.gz", {"software": "glotmill"}))
    for number in range(3):
        body = BytesIO(http(f"{PAGE}{number}".encode()))
        writer.write_record(writer.create_warc_record(f"https://adibidea.eus/{number}", "response", payload=body))
    assert [row["html"] for row in read(tmp_path, out.getvalue())] == [f"{PAGE}{number}" for number in range(3)]


def test_a_zstd_file_with_a_dictionary_frame_is_read(tmp_path):
    dictionary = (PAGE.encode() * 20)[:2000]
    skippable = b"\x5d\x2a\x4d\x18" + len(dictionary).to_bytes(4, "little") + dictionary
    data = skippable + b"".join(zst(record, dictionary) for record in PAGES[:3])
    assert [row["reason"] for row in read(tmp_path, data, "d.warc.zst")] == [None, None, None]


def test_only_pages_are_rows(tmp_path):
    request = record(b"GET / HTTP/1.1\r\n\r\n", kind="request", content_type="application/http; msgtype=request")
    others = [
        record(b"software: a\r\n", kind="warcinfo", content_type="application/warc-fields", url=None),
        request,
        record(b"a: b\r\n", kind="metadata", content_type="application/warc-fields"),
        record(http(b""), kind="revisit", content_type="application/http; msgtype=response"),
        record(b"10 IN A 127.0.0.1", content_type="text/dns", url="dns:adibidea.eus"),
        record(b"%PDF-1.4", kind="resource", content_type="application/pdf"),
        record(PAGE.encode("utf-16"), kind="resource", content_type="text/html; charset=utf-16"),
    ]
    found = read(tmp_path, b"".join(map(gz, others)))
    assert [(row["html"], row["http_headers"]) for row in found] == [(PAGE, None)]


def test_repeated_records_have_ids_of_their_own(tmp_path):
    first, second = read(tmp_path, gz(PAGES[0]) * 2)
    assert first["doc_id"] != second["doc_id"]
    assert first["html"] == second["html"]


CUT = b"".join(map(gz, PAGES[:12]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, len(CUT)), max_size=12))
def test_every_record_is_read_once_whatever_the_cuts(tmp_path_factory, cuts):
    file = saved(tmp_path_factory.mktemp("cuts"), CUT)
    edges = [0, *sorted(cuts), file.size]
    parts = [rows(source(), file, start, end) for start, end in pairwise(edges)]
    assert [row for part in parts for row in part] == rows(source(), file)


def test_gzip_files_are_split_by_size_alone(tmp_path):
    file = saved(tmp_path, CUT)
    parts = source().split(file, 1000)
    assert len(parts) == -(-len(CUT) // 1000)
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]
    assert (parts[0].start, parts[-1].end) == (0, file.size)
    assert sum(len(rows(source(), file, part.start, part.end)) for part in parts) == 12
    for name in ("a.warc", "a.warc.zst"):
        assert len(source().split(saved(tmp_path, CUT, name), 1000)) == 1


def test_batches_end_at_64_rows_or_8_million_characters(tmp_path):
    file = saved(tmp_path, b"".join(gz(page(number)) for number in range(70)))
    assert [len(outcome.batch) for outcome in source().read(Slice(file, 0, file.size))] == [64, 6]
    big = saved(tmp_path, b"".join(gz(page(number, PAGE * 27_000)) for number in range(4)), "big.warc.gz")
    assert [len(outcome.batch) for outcome in source().read(Slice(big, 0, big.size))] == [3, 1]


def test_what_is_no_warc_is_refused_with_what_was_found(tmp_path):
    for data, found in ((b"PK\x03\x04 zip", "PK"), (b"", "empty"), (gzip.compress(b"{}\n" * 50), "no part of it")):
        with pytest.raises(DataError, match=rf"azoka\.warc\.gz.*{found}"):
            read(tmp_path, data)


def test_a_missing_file_is_a_data_error(tmp_path):
    file = saved(tmp_path, CUT)
    (tmp_path / file.name).unlink()
    with pytest.raises(DataError, match=r"azoka\.warc\.gz: no such file"):
        rows(source(), file)


NATIVE = {
    "tis-620": "เช้านี้เราไปตลาดริมน้ำและซื้อข้าวเหนียวมะม่วงกลับบ้าน",
    "windows-1256": "ذهبنا صباح اليوم إلى السوق القديم واشترينا الخبز والزيتون",
    "gb18030": "今天早上我们去市场买了一些新鲜的蔬菜和水果。",
}


@pytest.mark.parametrize("encoding", NATIVE)
def test_a_page_with_a_wrong_charset_header_is_readable(tmp_path, encoding):
    html = f"<html><body><p>{NATIVE[encoding] * 3}</p></body></html>"
    row = only(tmp_path, http(html.encode(encoding), content_type="text/html; charset=utf-8"))
    assert row["html"] == html


def test_reasons_name_what_read_gives():
    assert source().reasons() == {
        f"warc.{name}"
        for name in (
            [
                "truncated",
                "bad_record",
                "bad_http",
                "bad_url",
                "http_status",
                "empty_body",
                "not_html",
                "body_too_large",
                "undecodable",
            ]
        )
    }


def test_memory_stays_bounded_by_the_limit(tmp_path):
    body = b"<html>" + b"a" * 60_000_000
    file = saved(tmp_path, gz(record(http(body))))
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    (row,) = rows(source(), file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert row["reason"] == "warc.body_too_large"
    assert row["detail"] == "body 60000006 bytes > 5000000"
    assert peak < 30_000_000
    assert pa.total_allocated_bytes() - before < 1_000_000
