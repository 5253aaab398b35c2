"""An HTTP response as archives store it: status, headers, and a body whose codings are undone within bounds."""

import json
import re
from collections.abc import Iterable
from io import BytesIO
from typing import Literal, NamedTuple, Protocol, cast

from glotmill.io import deflate

HEAD_LIMIT = 64 << 10  # bytes of a status line with headers, and of the JSON kept of them
_STATUS = re.compile(rb"\AHTTP/\d(?:\.\d+)? +(\d{3})(?!\d)")
_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True)
_CHUNK = re.compile(rb"[ \t]*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]{0,4096})?\r?\n")

BodyFault = Literal["too_large", "truncated", "undecodable"]


class Head(NamedTuple):
    """Status line and headers of a response.

    Args:
        status: three digits as a number.
        headers: (lower-case name, value) in order.
        size: bytes of the head with its blank line.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    size: int

    def get(self, name: str) -> str | None:
        """Return the values of a header joined by `, `, or None."""
        values = [value for known, value in self.headers if known == name]
        return ", ".join(values) if values else None


class Body(NamedTuple):
    """A body with its codings undone.

    Args:
        data: at most the limit.
        fault: too_large (data is its beginning), truncated (ends within a coding), undecodable, or None.
        detail: the evidence.
    """

    data: bytes
    fault: BodyFault | None = None
    detail: str | None = None


def parse_head(block: bytes) -> Head | str:
    """Return the head of a response, or what is wrong with it, in words."""
    status = _STATUS.match(block)
    if not status:
        return f"no HTTP status line: {block[:40]!r}"
    strict = block.find(b"\r\n\r\n", 0, HEAD_LIMIT + 4)
    loose = block.find(b"\n\n", 0, strict if strict >= 0 else HEAD_LIMIT + 2)
    if loose >= 0:
        end, size = loose, loose + 2
    elif strict >= 0:
        end, size = strict, strict + 4
    elif len(block) <= HEAD_LIMIT:
        end = size = len(block)
    else:
        return f"no end of the HTTP headers within {HEAD_LIMIT} bytes"
    return Head(int(status.group(1)), tuple(_fields(block[:end])), size)


def _fields(head: bytes) -> Iterable[tuple[str, str]]:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    lines = text.split("\n")[1:]
    if "\n " not in text and "\n\t" not in text:
        pairs = [line.partition(":") for line in lines]
        return [(name.strip().lower(), value.strip()) for name, colon, value in pairs if colon and name.strip()]
    fields: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and fields:
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if colon and name.strip():
            fields.append((name.strip().lower(), value.strip()))
    return fields


def headers_json(headers: Iterable[tuple[str, str]]) -> str | None:
    """Return headers as a JSON object sorted by name, repeats joined by `, `; None where it exceeds 64 KB."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    text = _JSON.encode(joined)
    return text if len(text) <= HEAD_LIMIT // 4 or len(text.encode()) <= HEAD_LIMIT else None


def decode_body(raw: bytes, head: Head, limit: int) -> Body:
    """Return a body without its transfer and content codings, of at most `limit` bytes.

    Archives differ in whether they store codings undone and the headers unchanged; a coding that is named but
    not there is taken as undone. Codings: chunked; gzip, deflate, br, zstd, in any order, at most four.
    """
    body = _dechunk(raw) if "chunked" in (head.get("transfer-encoding") or "").lower() else Body(raw)
    codings = [name.strip().lower() for name in (head.get("content-encoding") or "").split(",")]
    known = [name for name in codings if name in _DECODERS]
    if len(known) > 4:
        return Body(b"", "undecodable", f"{len(known)} content codings")
    for coding in reversed(known):
        decoded = _DECODERS[coding](body.data, limit)
        body = Body(decoded.data, decoded.fault or body.fault, decoded.detail or body.detail)
        if decoded.fault:
            break
    if len(body.data) > limit:
        return Body(body.data[:limit], "too_large", f"body > {limit} bytes")
    return body


def _dechunk(raw: bytes) -> Body:
    pieces: list[bytes] = []
    at = 0
    while True:
        match = _CHUNK.match(raw, at)
        if not match:
            if not pieces:
                return Body(raw)
            return Body(b"".join(pieces), "truncated", f"no chunk size at byte {at} of the body")
        length, at = int(match.group(1), 16), match.end()
        if length == 0:
            return Body(b"".join(pieces))
        piece = raw[at : at + length]
        pieces.append(piece)
        if len(piece) < length:
            return Body(b"".join(pieces), "truncated", f"chunk of {len(piece)} bytes, {length} announced")
        at += length
        at += 2 if raw[at : at + 2] == b"\r\n" else 1 if raw[at : at + 1] == b"\n" else 0


def _inflate(raw: bytes, limit: int, wrapping: int, name: str) -> Body:
    out = b""
    rest = raw
    while rest:
        inflater = deflate.inflater(wrapping)
        try:
            out += inflater.decompress(rest, limit + 1 - len(out))
        except deflate.DeflateError as error:
            return Body(out, "undecodable", f"content coding {name}: {error}")
        if len(out) > limit:
            return Body(out[:limit], "too_large", f"body > {limit} bytes when decompressed")
        if not inflater.eof:
            return Body(out, "truncated", f"the {name} body ends early")
        rest = inflater.unused_data
        if not rest.startswith(b"\x1f\x8b"):
            break
    return Body(out)


def _gzip(raw: bytes, limit: int) -> Body:
    return _inflate(raw, limit, deflate.GZIP, "gzip") if raw.startswith(b"\x1f\x8b") else Body(raw)


def _deflate(raw: bytes, limit: int) -> Body:
    if raw[:1] == b"<" or not raw:
        return Body(raw)
    zlib_header = len(raw) > 1 and raw[0] & 0x0F == 8 and (raw[0] << 8 | raw[1]) % 31 == 0
    return _inflate(raw, limit, deflate.ZLIB if zlib_header else deflate.RAW, "deflate")


def _brotli(raw: bytes, limit: int) -> Body:
    from fastwarc.stream_io import BrotliReader  # noqa: PLC0415  # heavy

    body = _stream(BrotliReader(BytesIO(raw)), limit, "br")
    # Brotli has no magic number: a page that begins like one was stored decoded.
    return Body(raw) if body.fault == "undecodable" and raw.lstrip()[:1] == b"<" else body


def _zstd(raw: bytes, limit: int) -> Body:
    from fastwarc.stream_io import ZstdReader  # noqa: PLC0415  # heavy

    return _stream(ZstdReader(BytesIO(raw)), limit, "zstd") if raw.startswith(b"\x28\xb5\x2f\xfd") else Body(raw)


class _Reads(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _stream(reader: object, limit: int, name: str) -> Body:
    out = b""
    try:
        while len(out) <= limit and (piece := cast(_Reads, reader).read(min(64 << 10, limit + 1 - len(out)))):
            out += piece
    except (OSError, ValueError) as error:
        fault: BodyFault = "truncated" if "incomplete" in str(error) else "undecodable"
        return Body(out, fault, f"content coding {name}: {error}")
    if len(out) > limit:
        return Body(out[:limit], "too_large", f"body > {limit} bytes when decompressed")
    return Body(out)


_DECODERS = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd}
