"""Content codings undone within bounds."""

import gzip
import itertools
import random
import tracemalloc
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from glotmill.crawl.decoding import MAX_MEMBERS, RATIO_FLOOR, Decoder

MIB = 1 << 20
LIMIT = 20 * MIB
PAGE = ("<!doctype html><p>Kaixo, mundua! " + " ".join(f"{n} hitz" for n in range(20_000))).encode()


def deflate_raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


CODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: brotli.compress(data, quality=4),
    "zstd": zstandard.compress,
}


def decoded(coding, body, *, limit=LIMIT, ratio=100, size=4096):
    decoder = Decoder(coding, limit=limit, ratio=ratio)
    for start in range(0, len(body), size):
        decoder.feed(body[start : start + size])
    decoder.close()
    return decoder


def outcome(coding, body, **bounds):
    decoder = decoded(coding, body, **bounds)
    return decoder.content, decoder.fault


@pytest.mark.parametrize("size", [1, 7, 4096, 10 * MIB])
@pytest.mark.parametrize("coding", CODERS)
def test_each_coding_gives_the_page_however_it_is_cut_into_chunks(coding, size):
    page = PAGE[:5_000] if size == 1 else PAGE
    assert outcome(coding, CODERS[coding](page), size=size) == (page, None)


@pytest.mark.parametrize("size", [1, 4096])
def test_deflate_without_its_wrapper_is_read_as_browsers_do(size):
    assert outcome("deflate", deflate_raw(PAGE), size=size) == (PAGE, None)


@pytest.mark.parametrize("value", [None, "", "identity", "utf-8", "none, ,identity"])
def test_bytes_without_a_known_coding_stay_as_they_are(value):
    assert outcome(value, PAGE) == (PAGE, None)


@pytest.mark.parametrize("names", list(itertools.permutations(["gzip", "deflate", "br", "zstd"], 2)))
def test_two_codings_are_undone_last_first(names):
    first, last = names
    body = CODERS[last](CODERS[first](PAGE))
    assert outcome(f"{first.upper()} , {last}", body) == (PAGE, None)


def test_three_codings_are_undone_and_four_are_not():
    body = PAGE
    for _ in range(3):
        body = gzip.compress(body)
    assert outcome("gzip, gzip, gzip", body) == (PAGE, None)
    decoder = decoded("gzip, gzip, gzip, gzip", gzip.compress(body))
    assert (decoder.content, decoder.fault, decoder.detail) == (b"", "undecodable", "4 content codings")


@pytest.mark.parametrize("size", [1, 4096])
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_members_and_frames_follow_one_another_and_garbage_after_the_last_is_ignored(coding, size):
    pack = CODERS[coding]
    body = pack(b"bat ") + pack(b"") + pack(b"bi ") + pack(b"hiru")
    assert outcome(coding, body, size=size) == (b"bat bi hiru", None)
    for garbage in (b"\0" * 9, b"x", b"\x1fgarbage", b"\x28\xb5", b"<!-- -->"):
        assert outcome(coding, body + garbage, size=size) == (b"bat bi hiru", None)


def test_garbage_after_a_deflate_stream_is_ignored():
    assert outcome("deflate", zlib.compress(PAGE) + b"garbage") == (PAGE, None)


def test_a_skippable_zstd_frame_gives_nothing():
    assert outcome("zstd", b"\x51\x2a\x4d\x18\x03\0\0\0abc" + zstandard.compress(PAGE)) == (PAGE, None)


@pytest.mark.parametrize("coding", CODERS)
def test_a_body_that_ends_early_gives_its_beginning_and_says_so(coding):
    body = CODERS[coding](PAGE)
    content, fault = outcome(coding, body[: len(body) // 2])
    assert fault == "truncated"
    assert PAGE.startswith(content)
    assert coding == "zstd" or len(content) > len(PAGE) // 4


@pytest.mark.parametrize("coding", CODERS)
def test_a_broken_body_gives_what_came_before_and_says_so(coding):
    body = bytearray(CODERS[coding](PAGE))
    half = len(body) // 2
    body[half : half + 400] = random.Random(1).randbytes(400)
    content, fault = outcome(coding, bytes(body))
    assert fault in ("undecodable", "truncated")
    assert content[:50_000] == PAGE[:50_000] or coding == "zstd"  # whose block is lost as a whole


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_page_whose_coding_was_only_announced_is_taken_as_it_is(coding):
    assert outcome(coding, b"<!doctype html><p>Egun on") == (b"<!doctype html><p>Egun on", None)
    assert outcome(coding, b"") == (b"", None)


@pytest.mark.parametrize("body", [b"\x1f", b"U", b"User-agent: *\nDisallow:\n"])
def test_a_text_without_magic_number_is_taken_as_it_is(body):
    assert outcome("gzip", body, size=1) == (body, None)
    assert outcome("zstd", body, size=1) == (body, None)


@pytest.mark.parametrize("coding", ["compress", "dcb", "gzip, exi"])
def test_a_registered_coding_that_was_never_asked_for_is_named(coding):
    decoder = decoded(coding, b"...")
    assert decoder.fault == "undecodable"
    assert decoder.content == b""
    assert decoder.detail.endswith("is not known here")


@pytest.mark.parametrize("coding", [None, *CODERS])
def test_the_limit_is_exact(coding):
    pack = CODERS.get(coding, bytes)
    page = random.Random(2).randbytes(100_000)
    assert outcome(coding, pack(page), limit=100_000) == (page, None)
    assert outcome(coding, pack(page), limit=99_999) == (page[:99_999], "too_large")


@pytest.mark.parametrize("coding", CODERS)
def test_a_ratio_above_the_bound_is_a_bomb_only_above_the_floor(coding):
    small, large = b" " * (RATIO_FLOOR - 1), b" " * (8 * MIB)
    assert outcome(coding, CODERS[coding](small)) == (small, None)
    content, fault = outcome(coding, CODERS[coding](large))
    assert fault == "ratio"
    assert len(content) == max(RATIO_FLOOR, 100 * min(4096, len(CODERS[coding](large))))


def bomb(coding: str) -> bytes:
    """50 or 100 MB of zeros."""
    chunk = b"\0" * MIB
    if coding == "zstd":
        packer = zstandard.ZstdCompressor().compressobj()
        return b"".join(packer.compress(chunk) for _ in range(100)) + packer.flush()
    if coding == "br":
        brotler = brotli.Compressor(quality=2)
        return b"".join(brotler.process(chunk) for _ in range(100)) + brotler.finish()
    packer = zlib.compressobj(wbits=31 if coding == "gzip" else 15, level=1)
    return b"".join(packer.compress(chunk) for _ in range(50)) + packer.flush()


@pytest.mark.parametrize("ratio", [100, 10**9])
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_costs_no_more_than_the_limit_and_a_piece(coding, ratio):
    body = bomb(coding)
    limit = 4 * MIB
    tracemalloc.start()
    try:
        decoder = Decoder(coding, limit=limit, ratio=ratio)
        decoder.feed(body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert decoder.fault in ("ratio", "too_large")
    assert decoder.size <= limit
    # The buffer of what comes out grows by an eighth at a time; a zstd piece has 2 MB.
    assert peak < limit * 9 // 8 * 2 + 3 * MIB


def test_a_bomb_inside_another_coding_is_stopped_where_it_bursts():
    body = gzip.compress(bomb("gzip"))
    decoder = decoded("gzip, gzip", body, limit=2 * MIB, ratio=10**9)
    assert decoder.fault == "too_large"
    assert decoder.content == b"\0" * (2 * MIB)


def test_ten_thousand_empty_members_are_refused():
    assert outcome("gzip", gzip.compress(b"") * MAX_MEMBERS) == (b"", None)
    decoder = decoded("gzip", gzip.compress(b"") * (MAX_MEMBERS + 1))
    assert (decoder.fault, decoder.detail) == ("undecodable", f"more than {MAX_MEMBERS} gzip members")


def test_nothing_is_decoded_after_a_fault():
    decoder = Decoder("gzip", limit=10, ratio=100)
    assert decoder.feed(gzip.compress(b"a" * 20)) == "too_large"
    assert decoder.feed(gzip.compress(b"b" * 20)) == "too_large"
    assert decoder.close() == "too_large"
    assert decoder.content == b"a" * 10


@given(
    st.lists(st.sampled_from([*CODERS, "identity", "junk"]), max_size=4).map(", ".join),
    st.sampled_from([b"", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x78\x9c", gzip.compress(b"abc"), b"\x51\x2a\x4d\x18"]),
    st.binary(max_size=400),
    st.integers(1, 50),
)
def test_no_bytes_raise_and_no_bytes_exceed_the_limit(codings, start, body, size):
    assert len(decoded(codings, start + body, limit=300, size=size).content) <= 300


@given(st.text(max_size=3000), st.lists(st.sampled_from(sorted(CODERS)), max_size=3), st.integers(1, 999))
def test_what_was_packed_comes_out(text, codings, size):
    body = text.encode()
    for coding in codings:
        body = CODERS[coding](body)
    assert outcome(",".join(codings), body, size=size) == (text.encode(), None)
