"""Bytes that are the record which the index names, and all the ways in which they are not."""

import base64
import gzip
import hashlib
import zlib

import pytest

from glotmill.crawl.commoncrawl.captures import Capture, Refused, Wanted, verified

URL = "https://adibidea.example/azoka"
BODY = b"<html lang=eu><p>Gaur goizean azokara joan gara.</p></html>"


def sha1(data: bytes) -> str:
    return base64.b32encode(hashlib.sha1(data).digest()).decode()


def record(
    body: bytes = BODY, *, url: str = URL, kind: str = "response", digest: str | None = None, length: int = 0
) -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    fields = [
        f"WARC-Type: {kind}",
        "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>",
        "WARC-Date: 2026-10-01T06:00:01Z",
        f"WARC-Target-URI: {url}",
        f"WARC-Payload-Digest: {digest or f'sha1:{sha1(body)}'}",
        "Content-Type: application/http; msgtype=response",
        f"Content-Length: {len(block) + length}",
    ]
    return "\r\n".join(["WARC/1.0", *fields, "", ""]).encode() + block + b"\r\n\r\n"


def judged(data: bytes, *, digest: str | None = "own", limit: int = 1_000_000) -> Capture | Refused:
    wanted = Wanted(URL, "crawl-data/a.warc.gz", 0, len(data), sha1(BODY) if digest == "own" else digest)
    return verified(data, wanted, limit=limit)


def test_the_record_that_the_index_names_comes_back_with_its_own_bytes() -> None:
    data = gzip.compress(record())
    found = judged(data)
    assert isinstance(found, Capture)
    assert found.member is data
    assert found.head.status == 200
    assert found.mime == "text/html"
    assert found.date.isoformat() == "2026-10-01T06:00:01+00:00"
    assert isinstance(judged(data, digest=None), Capture)


def lying(size: int) -> bytes:
    """A gzip member whose length field says something else."""
    whole = gzip.compress(record())
    return whole[:-4] + size.to_bytes(4, "little")


@pytest.mark.parametrize(
    ("data", "reason", "word"),
    [
        (b"<html>moved</html>", "not_gzip", "begins with b'<html>mo'"),
        (b"", "not_gzip", "begins with b''"),
        (gzip.compress(record())[:-20], "bad_member", "goes on behind"),
        (gzip.compress(record()) + b"\x1f\x8b\x08", "bad_member", "3 bytes before the range"),
        (gzip.compress(record()) + gzip.compress(record()), "bad_member", "before the range"),
        (lying(7), "bad_member", "broken: Error -3"),
        (gzip.compress(record())[:-8] + b"\0\0\0\0" + gzip.compress(record())[-4:], "bad_member", "broken"),
        (gzip.compress(record(b"\0" * 2_000_000)), "too_large", "more than 1,000,000"),
        (gzip.compress(b"not a record at all"), "bad_record", "no WARC file"),
        (gzip.compress(b""), "bad_record", "no WARC file"),
        (gzip.compress(record(length=50)), "bad_record", "truncated"),
        (gzip.compress(record(length=-10)), "bad_record", "Content-Length"),
        (gzip.compress(record() + record()), "bad_record", "2 records"),
        (gzip.compress(record(kind="request")), "other_record", "request"),
        (gzip.compress(record(url="https://adibidea.example/beste")), "other_record", "beste"),
        (gzip.compress(record(b"<html>aldatua</html>")), "digest_mismatch", "the index has another digest"),
        (gzip.compress(record(digest=f"sha1:{'A' * 32}")), "digest_mismatch", "the record has another digest"),
        (gzip.compress(record(digest="xyz:abc")), "digest_mismatch", "not known"),
        (gzip.compress(record().replace(b"HTTP/1.1 200 OK", b"HELLO, YOU ALL!")), "bad_record", "no HTTP status line"),
        (gzip.compress(record().replace(b"2026-10-01T06:00:01Z", b"yesterday, at noon  ")), "bad_record", "WARC-Date"),
    ],
)
def test_anything_else_is_refused_with_a_reason(data: bytes, reason: str, word: str) -> None:
    found = judged(data)
    assert isinstance(found, Refused)
    assert found.reason == reason
    assert word in found.detail


def test_a_payload_that_nothing_vouches_for_is_refused() -> None:
    data = gzip.compress(record().replace(b"WARC-Payload-Digest", b"X-No-Payload-Digest"))
    assert judged(data, digest=None).reason == "no_digest"
    assert isinstance(judged(data), Capture)


def test_digests_of_other_kinds_and_spellings_count() -> None:
    for digest in (
        f"SHA-256:{base64.b32encode(hashlib.sha256(BODY).digest()).decode()}",
        f"sha1:{hashlib.sha1(BODY).hexdigest()}",
        f"md5:{hashlib.md5(BODY).hexdigest().upper()}",
        sha1(BODY).lower(),
    ):
        assert isinstance(judged(gzip.compress(record(digest=digest))), Capture), digest


def test_a_bomb_costs_no_more_than_the_limit() -> None:
    data = zlib.compress(b"\0" * 20_000_000, 9, 31)
    assert judged(data, limit=100_000).reason == "too_large"
