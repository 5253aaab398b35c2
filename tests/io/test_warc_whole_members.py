"""What is read at once, members and records that are sound, gives the rows that the careful reader gives, whatever the file holds."""

import gzip
import random
import zlib
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st
from warc_bytes import PAGE, gz, http, page, read, record, rows, saved, source, zst
from zlib_ng import zlib_ng

from glotmill.core.errors import DataError
from glotmill.io import frames, warc_records
from glotmill.io.warc_records import Record, parse_head, read_records

TEXTS = (
    PAGE,
    "<html lang=hi><p>आज सुबह हम बाज़ार गए और ताज़ी सब्ज़ियाँ लाए।",
    "<html lang=th><p>เช้านี้เราไปตลาดและซื้อผลไม้กลับบ้าน",
    "<html lang=ar><p>ذهبنا صباح اليوم إلى السوق واشترينا الخبز",
    "<html lang=km><p>ព្រឹកនេះយើងទៅផ្សារដើម្បីទិញបន្លែ",
)
REQUEST = record(b"GET / HTTP/1.1\r\n\r\n", kind="request", content_type="application/http; msgtype=request")
METADATA = record(
    b'glotmill-consent: {"use": "training", "verdict": "denied", "kind": "tdmrep", "raw": "1"}\r\n',
    kind="metadata",
    content_type="application/warc-fields",
    extra=[("WARC-Refers-To", "<urn:uuid:00000000-0000-4000-8000-000000000001>")],
)


def described(found: list[Record]) -> list[tuple]:
    return [(one.ref, dict(one.headers), one.block, one.length, one.fault, one.detail) for one in found]


def outcome_of(file, cuts, *, careful: bool):
    """Return the rows of a file and its records, read in slices; or the error, in words.

    Careful reading takes no member whole, and finds no record sound at first sight.
    """
    with pytest.MonkeyPatch.context() as patch:
        if careful:
            patch.setattr(frames, "_WHOLE", 0)
            patch.setattr(warc_records, "_sound_head", lambda data, at: None)
        edges = [0, *sorted(min(cut, file.size) for cut in cuts), file.size]
        try:
            found = [row for start, end in pairwise(edges) for row in rows(source(), file, start, end)]
            with Path(file.url).open("rb") as stream:
                records = [one for start, end in pairwise(edges) for one in read_records(stream, start, end, keep=300)]
        except DataError as error:
            return str(error)
        return found, described(records)


def same_rows(folder, data: bytes, cuts=()) -> None:
    file = saved(folder, data)
    assert outcome_of(file, cuts, careful=False) == outcome_of(file, cuts, careful=True)


def plain(number: int) -> bytes:
    return page(number, TEXTS[number % len(TEXTS)] * (1 + number % 3))


RECORDS = st.one_of(
    st.integers(0, 30).map(plain),
    st.sampled_from([REQUEST, METADATA, REQUEST + METADATA]),
    st.binary(max_size=200).map(lambda body: record(http(b"<html>" + body))),
    st.integers(0, 30).map(lambda number: plain(number).removesuffix(b"\r\n")),
    st.integers(0, 30).map(
        lambda number: plain(number).replace(b"WARC-Date", b"WARC-Record-ID: <a>\r\n\tb\r\nWARC-Date")
    ),
    st.integers(0, 30).map(lambda number: plain(number).replace(b"\r\nWARC-Date", b"\n\nWARC-Date")),
    st.integers(0, 30).map(lambda number: plain(number).replace(b"Content-Length: ", b"Content-Length: 1")),
    st.integers(0, 30).map(lambda number: plain(number) + plain(number + 1)),
    st.binary(max_size=20),
)


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def blocks(data: bytes, size: int) -> bytes:
    return b"".join(map(gz, pieces(data, size)))


def skippable(content: bytes) -> bytes:
    """Return the skippable frame in which a file's dictionary stands."""
    return b"\x5d\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content


def odd(data: bytes) -> bytes:
    """Return a member whose gzip header has a name and a check sum of its own, its deflate stream an empty block first."""
    head = b"\x1f\x8b\x08\x0a" + bytes(6) + b"a.warc\0"
    deflater = zlib.compressobj(wbits=-15)
    body = deflater.flush(zlib.Z_FULL_FLUSH) + deflater.compress(data) + deflater.flush()
    tail = zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")
    return head + (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little") + body + tail


MEMBERS = st.one_of(
    RECORDS.map(gz),
    RECORDS.map(odd),
    st.lists(RECORDS, max_size=3).map(lambda found: gz(b"".join(found))),
    st.tuples(st.lists(RECORDS, min_size=1, max_size=3), st.integers(100, 900)).map(
        lambda made: blocks(b"".join(made[0]), made[1])
    ),
    st.sampled_from([b"\0" * 30, gz(b""), b"garbage", b"\x1f\x8b\x08", b"\r\n", zst(plain(1))]),
)
EDITS = st.lists(st.tuples(st.integers(0, 6000), st.binary(max_size=3), st.integers(0, 60)), max_size=3)


@settings(max_examples=250, deadline=None)
@given(st.lists(MEMBERS, min_size=1, max_size=5), EDITS, st.lists(st.integers(0, 6000), max_size=2))
def test_both_readers_give_the_same_rows(tmp_path_factory, members, edits, cuts):
    data = b"".join(members)
    for at, new, removed in edits:
        place = at % (len(data) + 1)
        data = data[:place] + new + data[place + removed :]
    same_rows(tmp_path_factory.mktemp("whole"), data, cuts)


@settings(max_examples=150, deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=6), st.sampled_from([b"", b"\r\n", b"\n", b"x"]), EDITS)
def test_both_readers_give_the_same_rows_of_plain_files(tmp_path_factory, records, between, edits):
    data = plain(7) + between.join(records)
    for at, new, removed in edits:
        place = at % (len(data) + 1)
        data = data[:place] + new + data[place + removed :]
    same_rows(tmp_path_factory.mktemp("plain"), data)


CHECKED = zstandard.ZstdCompressor(write_checksum=True)
FRAMES = st.one_of(
    RECORDS.map(zst),
    RECORDS.map(CHECKED.compress),
    st.lists(RECORDS, max_size=3).map(lambda found: CHECKED.compress(b"".join(found))),
    st.tuples(st.lists(RECORDS, min_size=1, max_size=3), st.integers(100, 900)).map(
        lambda made: b"".join(map(zst, pieces(b"".join(made[0]), made[1])))
    ),
    st.sampled_from([b"\0" * 30, zst(b""), b"garbage", frames.ZSTD_MAGIC, gz(plain(1)), skippable(b"kaixo")]),
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([b"", b"dictionary"]), st.lists(FRAMES, min_size=1, max_size=5), EDITS)
def test_both_readers_give_the_same_rows_of_frames(tmp_path_factory, dictionary, members, edits):
    data = zst(plain(7)) + b"".join(members)
    for at, new, removed in edits:
        place = at % (len(data) + 1)
        data = data[:place] + new + data[place + removed :]
    same_rows(tmp_path_factory.mktemp("frames"), skippable(dictionary) + data if dictionary else data)


@pytest.mark.parametrize("dictionary", [PAGE.encode() * 9, b"\0" * 40, b"a"])
def test_both_readers_give_the_same_rows_of_frames_with_a_dictionary(tmp_path, dictionary):
    for used in (dictionary, None):
        same_rows(tmp_path, skippable(dictionary) + b"".join(zst(plain(number), used) for number in range(3)))


@pytest.mark.parametrize("compressed", [bytes, zst])
def test_a_dictionary_that_is_none_costs_no_frame_that_needs_none(tmp_path, compressed):
    data = skippable(compressed(b"\x37\xa4\x30\xec" + bytes(range(200)))) + zst(plain(0)) + zst(plain(1))
    same_rows(tmp_path, data)
    assert [row["reason"] for row in read(tmp_path, data)] == [None, None]


LARGE = PAGE * 12_000  # more than is decompressed at once


@pytest.mark.parametrize(
    "data",
    [
        gz(plain(0)) + gz(page(1, LARGE)) + gz(plain(2)),
        gz(plain(0)) + gz(page(1, LARGE))[:-9] + gz(plain(2)),
        gz(plain(0) + b"\r\n" * 400_000) + gz(plain(1)),
        gz(plain(0)) + gz(plain(1))[:-8] + bytes(8) + gz(plain(2)),
        gz(plain(0)) + gz(plain(1)) + b"\0" * 10_000 + gz(plain(2)),
        gz(plain(0)) + blocks(plain(1), 200) + gz(plain(2)),
        gzip.compress(b"".join(map(plain, range(9)))),
        gz(b"WARC/1.0\r\n" + b"a: b\r\n" * 12_000 + b"Content-Length: 0\r\n\r\n\r\n\r\n") + gz(plain(1)),
        gz(b"WARC/1.0\r\n" + b"a" * 900_000) + gz(plain(1)),
        b"".join(map(plain, range(2000))),
        plain(0) + (b"WARC/1.0\r\n" + b"a: b\r\n" * 20_000) * 3 + plain(1),
        plain(0) + b"WARC/1.0\r\n" * 20_000 + plain(1),
    ],
    ids=[
        "large",
        "cut",
        "blank",
        "check sum",
        "zeros",
        "blocks",
        "one member",
        "long head",
        "no head",
        "plain",
        "plain, long heads",
        "plain, no heads",
    ],
)
def test_what_is_not_one_sound_record_of_bounded_size_is_read_carefully(tmp_path, data):
    same_rows(tmp_path, data)


def stored(data: bytes, *, empty: int) -> bytes:
    """Return a member of stored blocks, `empty` of which hold nothing and come first."""
    block = b"\x01" + len(data).to_bytes(2, "little") + (len(data) ^ 0xFFFF).to_bytes(2, "little") + data
    tail = zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")
    return b"\x1f\x8b\x08" + bytes(7) + b"\x00\x00\x00\xff\xff" * empty + block + tail


def whole_at(data: bytes, at: int = 0) -> frames.Whole | None:
    return frames.GzipFrames(frames.Window(BytesIO(data))).whole(at)


def test_a_sound_member_is_had_at_once():
    first, second = gz(plain(0)), gz(page(1, PAGE * 5_000))
    assert whole_at(first + second) == frames.Whole(plain(0), len(first))
    assert whole_at(first + second, len(first)) == frames.Whole(page(1, PAGE * 5_000), len(first) + len(second))


@pytest.mark.parametrize(
    "member",
    [
        gz(plain(0))[:-1],
        gz(plain(0))[:-8] + bytes(8),
        gz(b" " + plain(0)),
        gz(page(0, LARGE)),
        gz(b"WARC/1.0\r\n" + bytes(200_000_000)),
        stored(plain(0), empty=2_000),
        b"",
    ],
    ids=["cut", "check sum", "no record", "large", "bomb", "late", "nothing"],
)
def test_no_other_member_is_had_at_once(member):
    assert whole_at(member) is None


@pytest.mark.parametrize(
    "frame",
    [
        zst(plain(0))[:-1],
        zst(b" " + plain(0)),
        CHECKED.compress(page(0, LARGE)),
        zst(page(0, LARGE)),
        zst(b"WARC/1.0\r\n" + bytes(200_000_000)),
        CHECKED.compress(plain(0))[:-1] + b"\0",
        frames.ZSTD_MAGIC + b"\x80\0" + (1 << 31).to_bytes(4, "little") + b"\x01\0\0",
        frames.ZSTD_MAGIC + b"\0\xf0\x01\0\0",
        skippable(b"WARC/1.0\r\n"),
    ],
    ids=["cut", "no record", "large", "large, by surprise", "bomb", "check sum", "2 GB", "window of 1 TB", "skippable"],
)
def test_no_other_frame_is_had_at_once(frame):
    assert frames.ZstdFrames(frames.Window(BytesIO(zst(plain(1)) + frame))).whole(len(zst(plain(1)))) is None


def test_of_a_large_frame_no_more_is_read_than_could_be_had_at_once():
    noise = random.Random(1).randbytes(8 << 20)  # which does not get smaller
    stream = BytesIO(zst(plain(0) + noise))
    found = frames.ZstdFrames(frames.Window(stream))
    assert found.whole(0) is None
    assert stream.tell() < 3 << 20


def test_a_sound_frame_is_had_at_once():
    for made in (zst(plain(0)), CHECKED.compress(plain(0))):
        found = frames.ZstdFrames(frames.Window(BytesIO(made + zst(plain(1))))).whole(0)
        assert found == frames.Whole(plain(0), len(made))


def test_a_record_that_begins_late_in_its_member_is_found_or_not_by_both(tmp_path):
    same_rows(tmp_path, gz(plain(0)) + stored(plain(1), empty=2_000) + gz(plain(2)))
    same_rows(tmp_path, gz(plain(0)) + stored(plain(1), empty=200) + gz(plain(2)))


def fields_by_the_line(head: bytes) -> dict[bytes, bytes]:
    """Read a WARC header as the standard says, one line at a time."""
    fields: dict[bytes, bytes] = {}
    names: list[bytes] = []
    for line in head.split(b"\n")[1:]:
        if line[:1] in (b" ", b"\t"):
            if names and names[-1]:
                fields[names[-1]] += b" " + line.strip()
            continue
        name, colon, value = line.partition(b":")
        name = name.strip().lower() if colon else b""
        names.append(b"" if name in fields else name)
        if names[-1]:
            fields[name] = value.strip()
    return fields


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([b"WARC/1.0", b"A: b", b"a:c", b" d", b"\te:f", b"g", b":h", b" ", b"I:", b"j : k: l "]))
)
@example([b"", b" a:b"])
def test_fields_are_read_alike_with_folded_lines_and_without(lines):
    for end in (b"\n", b"\r\n"):
        assert parse_head(end.join(lines)) == fields_by_the_line(end.join(lines))


def pieces_of(library, data: bytes, most: int, feed: int) -> list[bytes | str]:
    """Return the pieces in which a library gives a member, and at last its end or what is wrong."""
    inflater, at, pending, found = library.decompressobj(31), 0, b"", []
    while not inflater.eof:
        given = pending or data[at : at + feed]
        at += 0 if pending else len(given)
        if not given:
            return [*found, "it ends"]
        try:
            found.append(inflater.decompress(given, most))
        except library.error as error:
            return [*found, str(error)]
        pending = inflater.unconsumed_tail
    return [*found, str(at - len(inflater.unused_data))]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([gz(plain(2)), odd(plain(3)), stored(plain(4), empty=3), gz(bytes(range(256)) * 9)]),
    st.lists(st.tuples(st.integers(0, 600), st.integers(1, 255)), max_size=3),
    st.integers(0, 30),
)
def test_zlib_ng_gives_the_pieces_and_the_words_of_zlib(member, flips, lost):
    damaged = bytearray(member[: len(member) - lost])
    for at, bits in flips:
        damaged[at % len(damaged)] ^= bits
    for most, feed in ((1 << 18, 1 << 14), (16, 16), (5, 4096)):
        assert pieces_of(zlib_ng, bytes(damaged), most, feed) == pieces_of(zlib, bytes(damaged), most, feed)
