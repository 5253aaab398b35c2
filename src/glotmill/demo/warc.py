"""Captures written as WARC 1.1: equal captures give equal bytes."""

import base64
import gzip
import hashlib
import io
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import pairwise
from typing import Literal
from urllib.parse import urlsplit

Codec = Literal["gzip", "zstd", "none"]

_BEGIN = datetime(2026, 10, 1, 6, 0, 0, tzinfo=UTC)
_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "demo-web.example")


@dataclass(frozen=True, slots=True)
class Capture:
    """One answer of a server, and what the tests know about it.

    Args:
        url: the address that was asked for.
        body: the payload, as sent.
        kind: what the capture is here for: `native`, `exact_duplicate`, `broken_empty_body` ...
        language: tag of the main text; None where there is no text.
        license: SPDX id that a reader may conclude from the page; None where none may be concluded.
        is_open: whether that license is open.
        content_type: the `Content-Type` header; None leaves it out.
        status: the HTTP status.
        headers: further HTTP headers.
        of: URL of the capture that this one repeats.
        keep: share of the compressed record that is written; less than 1 truncates it.
    """

    url: str
    body: bytes
    kind: str
    language: str | None = None
    license: str | None = None
    is_open: bool = False
    content_type: str | None = "text/html; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    of: str | None = None
    keep: float = 1.0


def write_warc(name: str, captures: Iterable[Capture], *, codec: Codec) -> bytes:
    """Return a WARC file: a warcinfo record, then a request and a response for each capture.

    With gzip or zstd every record is a member or frame of its own, as ISO 28500 annex D recommends and warcio demands.

    Args:
        name: the file's name; record ids derive from it and the record's number.
        captures: in the order of the crawl, one second apart.
        codec: how records are compressed.
    """
    return b"".join(data for _, data in members(name, captures, codec=codec))


def members(
    name: str, captures: Iterable[Capture], *, codec: Codec, first: int = 0
) -> Iterator[tuple[Capture | None, bytes]]:
    """Yield the compressed records of a WARC file, each response with its capture, the others with None.

    Args:
        name: the file's name.
        captures: in the order of the crawl.
        codec: how records are compressed.
        first: number of the first capture, one second after the one before; the demo's crawls begin with 0.
    """
    yield None, _compress(_info(name), codec)
    for number, capture in enumerate(captures, first):
        request, response = _pair(name, number, capture)
        yield None, _compress(request, codec)
        data = _compress(response, codec)
        yield capture, data[: int(len(data) * capture.keep)]


def captured(number: int) -> datetime:
    """Return when a capture was made, by its number."""
    return _BEGIN + timedelta(seconds=number + 1)


def _info(name: str) -> bytes:
    block = b"software: glotmill demo web\r\nformat: WARC File Format 1.1\r\nisPartOf: demo-web\r\n"
    fields = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", _identity(name, "info")),
        ("WARC-Date", _stamp(0)),
        ("WARC-Filename", name),
        ("Content-Type", "application/warc-fields"),
    ]
    return _record(fields, block)


def _pair(name: str, number: int, capture: Capture) -> tuple[bytes, bytes]:
    address = urlsplit(capture.url)
    path = address.path + (f"?{address.query}" if address.query else "")
    request = (
        f"GET {path or '/'} HTTP/1.1\r\nHost: {address.netloc}\r\nUser-Agent: glotmill-demo\r\nAccept: text/html\r\n\r\n"
    ).encode("ascii")
    headers = [*capture.headers, ("Content-Length", str(len(capture.body)))]
    if capture.content_type is not None:
        headers.insert(0, ("Content-Type", capture.content_type))
    status = f"HTTP/1.1 {capture.status} {HTTPStatus(capture.status).phrase}\r\n"
    head = status + "".join(f"{key}: {value}\r\n" for key, value in headers) + "\r\n"
    response_id = _identity(name, f"{number}/response")
    common = [("WARC-Target-URI", capture.url), ("WARC-Date", _stamp(number + 1))]
    asked = [
        ("WARC-Type", "request"),
        ("WARC-Record-ID", _identity(name, f"{number}/request")),
        ("WARC-Concurrent-To", response_id),
        *common,
        ("Content-Type", "application/http; msgtype=request"),
    ]
    answered = [
        ("WARC-Type", "response"),
        ("WARC-Record-ID", response_id),
        *common,
        ("WARC-IP-Address", "192.0.2.7"),  # RFC 5737: documentation only
        ("WARC-Payload-Digest", payload_digest(capture.body)),
        ("Content-Type", "application/http; msgtype=response"),
    ]
    return _record(asked, request), _record(answered, head.encode("latin-1") + capture.body)


def _record(fields: Sequence[tuple[str, str]], block: bytes) -> bytes:
    lines = [*fields, ("WARC-Block-Digest", payload_digest(block)), ("Content-Length", str(len(block)))]
    head = "WARC/1.1\r\n" + "".join(f"{key}: {value}\r\n" for key, value in lines) + "\r\n"
    return head.encode("utf-8") + block + b"\r\n\r\n"


def _compress(record: bytes, codec: Codec) -> bytes:
    if codec == "none":
        return record
    if codec == "gzip":
        return gzip.compress(record, compresslevel=9, mtime=0)
    from fastwarc.stream_io import ZstdWriter  # noqa: PLC0415  # importing the demo stays cheap

    sink = io.BytesIO()
    writer = ZstdWriter(sink)
    writer.write(record)
    writer.finish()
    writer.flush()  # FastWARC 2.0 keeps the finished frame in its buffer until then
    return sink.getvalue()


def _identity(name: str, what: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(_IDS, f'{name}/{what}')}>"


def _stamp(second: int) -> str:
    return captured(second - 1).strftime("%Y-%m-%dT%H:%M:%SZ")


def payload_digest(data: bytes) -> str:
    """Return the SHA-1 of a payload as WARC files have it, `sha1:<base32>`."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode("ascii")


def in_pieces(captures: Sequence[Capture], pieces: int) -> Iterator[Sequence[Capture]]:
    """Yield `captures` in so many runs of nearly equal length, in order."""
    edges = [len(captures) * at // pieces for at in range(pieces + 1)]
    for begin, end in pairwise(edges):
        yield captures[begin:end]
