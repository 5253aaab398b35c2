"""What broken records become: one row each with its reason, and nothing behind them is lost."""

import gzip
import zlib
from itertools import pairwise

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warc_bytes import PAGE, gz, http, only, page, read, record, rows, saved, source, zst

from glotmill.core.errors import DataError
from support.effort import done_within


def verdicts(found):
    return [(row["url"], row["reason"]) for row in found]


def url(number):
    return f"https://adibidea.eus/{number}"


@pytest.mark.parametrize("kept", [20, 60, 150, 250, -9, -1])
def test_a_member_that_breaks_off_costs_itself_alone(tmp_path, kept):
    members = [gz(page(number, PAGE * 3)) for number in range(4)]
    found = read(tmp_path, members[0] + members[1][:kept] + members[2] + members[3])
    assert [row["reason"] for row in found] == [None, "warc.truncated", None, None]
    assert [found[0]["url"], found[2]["url"], found[3]["url"]] == [url(0), url(2), url(3)]
    assert found[1]["html"] is None
    assert found[1]["warc_ref"] == f"azoka.warc.gz:{len(members[0])}"


def test_a_broken_member_keeps_its_address_where_it_can_be_read(tmp_path):
    members = [gz(page(number, PAGE * 3)) for number in range(3)]
    found = read(tmp_path, members[0] + members[1][:-30] + members[2])
    assert verdicts(found) == [(url(0), None), (url(1), "warc.truncated"), (url(2), None)]
    assert "gzip" in found[1]["detail"]


def test_a_file_that_ends_inside_a_member_says_so(tmp_path):
    members = [gz(page(number)) for number in range(2)]
    found = read(tmp_path, members[0] + members[1][:-12])
    assert verdicts(found) == [(url(0), None), (url(1), "warc.truncated")]
    assert found[1]["detail"] == "the file ends inside a gzip member"


def test_a_broken_zstd_frame_costs_itself_alone(tmp_path):
    frames = [zst(page(number, PAGE * 3)) for number in range(3)]
    cut = read(tmp_path, frames[0] + frames[1][: len(frames[1]) // 2] + frames[2], "a.warc.zst")
    assert [row["reason"] for row in cut] == [None, "warc.truncated", None]
    assert (cut[0]["url"], cut[2]["url"]) == (url(0), url(2))
    flipped = bytearray(frames[1])
    flipped[len(flipped) // 2] ^= 0xFF
    assert [row["reason"] for row in read(tmp_path, frames[0] + flipped + frames[2], "b.warc.zst")][0::2] == [
        None,
        None,
    ]


def test_garbage_between_members_is_one_row(tmp_path):
    members = [gz(page(number)) for number in range(2)]
    found = read(tmp_path, members[0] + b"garbage \x1f\x8b\x08" * 5 + members[1])
    assert [row["reason"] for row in found] == [None, "warc.bad_record", None]
    assert found[1]["detail"] == f"bytes {len(members[0])} to {len(members[0]) + 55} are no WARC record"


def test_zeros_at_the_end_are_padding(tmp_path):
    assert len(read(tmp_path, gz(page(0)) + b"\0" * 10_000)) == 1


def test_a_short_record_in_a_plain_file_does_not_swallow_the_next(tmp_path):
    first = page(0)
    short = first[: len(first) - 40] + b"\r\n\r\n"
    found = read(tmp_path, short + page(1) + page(2), "a.warc")
    assert verdicts(found) == [(url(0), "warc.truncated"), (url(1), None), (url(2), None)]
    assert "another record begins after" in found[0]["detail"]


def test_a_record_shorter_than_its_content_length_in_its_member(tmp_path):
    whole = page(0)
    found = read(tmp_path, gz(whole[:-50]) + gz(page(1)))
    assert verdicts(found) == [(url(0), "warc.truncated"), (url(1), None)]
    assert "Content-Length" in found[0]["detail"]


def test_a_huge_content_length_does_not_swallow_a_plain_file(tmp_path):
    length = str(len(http(f"{PAGE}<p>0".encode())))
    broken = page(0).replace(f"Content-Length: {length}".encode(), b"Content-Length: 99999999999")
    found = read(tmp_path, broken + page(1), "a.warc", max_body_bytes=10)
    assert verdicts(found) == [(url(0), "warc.truncated"), (url(1), "warc.body_too_large")]


def test_a_record_without_an_end_of_its_head_has_not_the_address_of_the_next(tmp_path):
    headless = b"WARC/1.0\r\nWARC-Type: response\r\n" + b"x: y\r\n" * 12_000
    found = read(tmp_path, headless + page(1), "a.warc")
    assert verdicts(found) == [(None, "warc.bad_record"), (url(1), None)]
    assert found[0]["detail"] == "WARC header longer than 65536 bytes"


def test_a_file_of_beginnings_takes_time_in_proportion(tmp_path):
    file = saved(tmp_path, page(0) + b"WARC/1.0\r\n" * 15_000, "a.warc")
    found = done_within(4, lambda: rows(source(), file))  # less than 1 s; with 64 KB parsed at each beginning, 7 s
    reasons = [row["reason"] for row in found]
    assert reasons == [None, *["warc.bad_record"] * 8447, "warc.truncated"]  # the last 64 KB are one record, cut


def test_a_record_without_a_length_is_a_bad_record(tmp_path):
    broken = page(0).replace(b"Content-Length", b"Content-Breadth")
    found = read(tmp_path, gz(broken) + gz(page(1)))
    assert verdicts(found) == [(url(0), "warc.bad_record"), (url(1), None)]


def test_broken_requests_are_no_rows(tmp_path):
    request = record(b"GET / HTTP/1.1\r\n\r\n" * 40, kind="request", content_type="application/http; msgtype=request")
    assert verdicts(read(tmp_path, gz(request)[:-12] + gz(page(1)))) == [(url(1), None)]


@pytest.mark.parametrize(
    ("content", "reason", "detail"),
    [
        (http(b"<html>gone", status="404 Not Found"), "http_status", "status 404"),
        (http(b"<html>", status="301 Moved"), "http_status", "status 301"),
        (b"<html>no head at all</html>", "bad_http", "no HTTP status line: b'<html>no head at all</html>'"),
        (b"HTTP/1.1 20 OK\r\n\r\n<html>", "bad_http", "no HTTP status line"),
        (http(b"a", extra=[("X", "y" * 70_000)]), "bad_http", "no end of the HTTP headers within 65536 bytes"),
        (http(b""), "empty_body", "body of 0 bytes"),
        (http(b" \r\n\t "), "empty_body", "body of 5 blank bytes"),
        (http(gzip.compress(b"", mtime=0), extra=[("Content-Encoding", "gzip")]), "empty_body", "out of 20 stored"),
        (http(b"%PDF-1.7 \x00\x01"), "not_html", "begins with b'%PDF-'"),
        (http(b"<?xml version='1.0'?><rss version='2.0'>"), "not_html", "feed"),
        (http(b"\x89PNG\r\n\x1a\n", content_type="image/png"), "not_html", "content-type image/png"),
        (http(b"<html>", content_type="text/plain"), "not_html", "content-type text/plain"),
        (http(b'{"a": "<html>"}', content_type="application/json"), "not_html", "application/json"),
        (http(b"just words", content_type=None), "not_html", "content-type missing"),
        (http(b" " * 1020 + b"<html>", content_type="a/b"), "not_html", "in the first 1024 bytes"),
        (http(b"<html>" + b"a" * 5_000_000), "body_too_large", "body 5000006 bytes > 5000000"),
        (http(b"<html>" + bytes(range(1, 32)) * 30), "undecodable", "no encoding gives a text of 936 bytes"),
    ],
)
def test_a_response_that_is_no_page_has_its_reason(tmp_path, content, reason, detail):
    row = only(tmp_path, content)
    assert row["reason"] == f"warc.{reason}"
    assert detail in row["detail"]
    assert row["html"] is None
    assert row["url"] == "https://adibidea.eus/azoka"
    assert row["warc_ref"] == "azoka.warc.gz:0"


@pytest.mark.parametrize("address", [None, "ftp://adibidea.eus/a", "urn:x", "https://", "javascript:alert(1)"])
def test_an_address_that_is_no_web_page_is_a_reason(tmp_path, address):
    assert only(tmp_path, http(PAGE.encode()), url=address)["reason"] == "warc.bad_url"


@pytest.mark.parametrize(
    "content_type",
    [None, "application/xhtml+xml", "TEXT/HTML;charset=utf-8", "application/octet-stream", "text/xml", "image/jpeg"],
)
def test_a_page_passes_under_a_missing_or_wrong_type(tmp_path, content_type):
    assert only(tmp_path, http(PAGE.encode(), content_type=content_type))["html"] == PAGE


def test_a_utf16_page_without_a_type_is_sniffed(tmp_path):
    assert only(tmp_path, http(PAGE.encode("utf-16"), content_type=None))["html"] == PAGE


def chunked(data: bytes) -> bytes:
    pieces = [data[start : start + 40] for start in range(0, len(data), 40)]
    return b"".join(b"%x;q=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def raw_deflate(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


BODY = PAGE.encode()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (chunked(BODY), {"Transfer-Encoding": "chunked"}),
        (BODY, {"Transfer-Encoding": "chunked"}),
        (gzip.compress(BODY, mtime=0), {"Content-Encoding": "gzip"}),
        (gzip.compress(BODY[:50], mtime=0) + gzip.compress(BODY[50:], mtime=0), {"Content-Encoding": "x-gzip"}),
        (BODY, {"Content-Encoding": "gzip"}),
        (zlib.compress(BODY), {"Content-Encoding": "deflate"}),
        (raw_deflate(BODY), {"Content-Encoding": "deflate"}),
        (brotli.compress(BODY), {"Content-Encoding": "br"}),
        (BODY, {"Content-Encoding": "br"}),
        (zst(BODY), {"Content-Encoding": "zstd"}),
        (
            chunked(gzip.compress(brotli.compress(BODY), mtime=0)),
            {"Content-Encoding": "br, gzip", "Transfer-Encoding": "chunked"},
        ),
        (BODY, {"Content-Encoding": "UTF-8"}),
    ],
)
def test_codings_are_undone_where_they_are(tmp_path, body, headers):
    assert only(tmp_path, http(body, extra=headers.items()))["html"] == PAGE


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_ends_at_the_limit(tmp_path, coding):
    bomb = b"<html>" + b"\n" * 80_000_000
    packed = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zst}[coding](bomb)
    row = only(tmp_path, http(packed, extra=[("Content-Encoding", coding)]))
    assert (row["reason"], row["detail"]) == ("warc.body_too_large", "body > 5000000 bytes when decompressed")


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (gzip.compress(BODY, mtime=0)[:-20], {"Content-Encoding": "gzip"}, "truncated"),
        (chunked(BODY)[:60], {"Transfer-Encoding": "chunked"}, "truncated"),
        (zst(BODY)[:-9], {"Content-Encoding": "zstd"}, "truncated"),
        (gzip.compress(BODY, mtime=0)[:10] + b"\xff" * 50, {"Content-Encoding": "gzip"}, "undecodable"),
    ],
)
def test_broken_codings_are_reasons(tmp_path, body, headers, reason):
    row = only(tmp_path, http(body, content_type="text/html", extra=headers.items()))
    assert row["reason"] == f"warc.{reason}"


SOUND = b"".join(gz(page(number)) for number in range(4))
PLAIN = b"".join(page(number) for number in range(4))
FRAMES = b"".join(zst(page(number)) for number in range(4))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([SOUND, PLAIN, FRAMES]),
    st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=0, max_size=4), st.integers(0, 40)), max_size=6),
)
def test_mutated_files_give_rows_with_ids_of_their_own_or_a_data_error(tmp_path_factory, data, edits):
    for at, new, removed in edits:
        place = at % (len(data) + 1)
        data = data[:place] + new + data[place + removed :]
    try:
        found = read(tmp_path_factory.mktemp("mutated"), data)
    except DataError:
        return
    identifiers = [row["doc_id"] for row in found]
    assert len(set(identifiers)) == len(identifiers)
    assert all(row["html"] is None for row in found if row["reason"])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(SOUND)), st.binary(max_size=3), st.integers(0, 300)), max_size=3),
    st.lists(st.integers(0, len(SOUND)), max_size=6),
)
def test_cuts_lose_and_double_nothing_in_damaged_files_either(tmp_path_factory, edits, cuts):
    data = SOUND
    for at, new, removed in edits:
        data = data[:at] + new + data[at + removed :]
    file = saved(tmp_path_factory.mktemp("damaged"), data)
    try:
        whole = rows(source(), file)
    except DataError:
        return
    edges = [0, *sorted(min(cut, file.size) for cut in cuts), file.size]
    assert [row for start, end in pairwise(edges) for row in rows(source(), file, start, end)] == whole


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=8))
def test_every_response_is_one_row_whatever_it_holds(tmp_path_factory, contents):
    data = b"".join(gz(record(content)) for content in contents)
    assert len(read(tmp_path_factory.mktemp("hostile"), data)) == len(contents)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["gzip", "deflate", "br", "zstd", "br, gzip", "chunked"]))
def test_hostile_bodies_never_raise(tmp_path_factory, body, coding):
    headers = [("Content-Encoding", coding), ("Transfer-Encoding", coding)]
    row = only(tmp_path_factory.mktemp("bodies"), http(b"<html>" + body, extra=headers))
    assert (row["html"] is None) == (row["reason"] is not None)
