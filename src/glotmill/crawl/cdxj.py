"""CDXJ: a sorted text index of a WARC file, by which pywb and its kind find a capture."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from glotmill.io.http_message import Head, parse_head
from glotmill.io.sniff import media_type
from glotmill.io.warc_records import HEAD_LIMIT, Record, read_records

REVISIT = "warc/revisit"
_INDEXED = ("response", "revisit", "resource")
_KEEP = HEAD_LIMIT + 4
_NO_TYPE = re.compile(r"[\s\x00-\x20\x7f]")
_WWW = re.compile(r"\Awww\d*\.")
_DEFAULT_PORT = {"http": 80, "https": 443}


def sort_key(url: str) -> str:
    """Return a URL's SURT key: `https://www.Adibidea.example:443/A?b=2&a=1` gives `example,adibidea)/a?a=1&b=2`.

    As the tools that read indexes look URLs up: without scheme, user, `www.`, default port, fragment and a path's last
    slash, in lower case, the query's parts sorted. IP addresses are not turned around. Session ids stay, which those
    tools remove: our frontier has removed them before anything is fetched.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url.lower()
    labels = _WWW.sub("", host).split(".")
    turned = host if ":" in host or labels[-1].isdigit() else ",".join(reversed(labels))
    place = f":{port}" if port and port != _DEFAULT_PORT.get(parts.scheme) else ""
    path = parts.path.lower()
    if len(path) > 1 and path.endswith("/"):
        path = path[:-1]
    query = "&".join(sorted(parts.query.lower().split("&")))
    return f"{turned}{place}){path or '/'}{'?' + query if query else ''}"


def entry(
    *,
    url: str,
    date: datetime,
    mime: str,
    status: int | None,
    digest: str | None,
    filename: str,
    offset: int,
    length: int,
) -> str:
    """Return one line without its end: key, 14-digit time, JSON.

    Args:
        url: as in WARC-Target-URI.
        date: of the record.
        mime: the payload's type as its header has it, `unk` where it has none, `warc/revisit` for a revisit.
        status: of the response; None where the record is no HTTP message.
        digest: WARC-Payload-Digest.
        filename: of the WARC file.
        offset: of the record's gzip member in the file, bytes.
        length: of that member, bytes.
    """
    row = {"url": url, "mime": mime, "status": None if status is None else str(status), "digest": digest}
    row |= {"length": str(length), "offset": str(offset), "filename": filename}
    fields = {name: value for name, value in row.items() if value is not None}
    return f"{sort_key(url)} {date.astimezone(UTC):%Y%m%d%H%M%S} {json.dumps(fields)}"


def http_facts(block: bytes) -> tuple[int | None, str]:
    """Return what an index says of a response, by the beginning of its block: status, and media type or `unk`."""
    head = parse_head(block[:_KEEP])
    return (head.status, _mime(head.get("content-type"))) if isinstance(head, Head) else (None, "unk")


def _mime(content_type: str | None) -> str:
    kind = media_type(content_type)
    return kind if kind and not _NO_TYPE.search(kind) else "unk"


def index(lines: Iterable[str]) -> bytes:
    """Return an index file: its lines sorted by their bytes, and by place where those are equal."""
    return b"".join(sorted(f"{line}\n".encode("utf-8", "replace") for line in lines))


def rebuild(path: Path) -> list[str]:
    """Return the lines of a WARC file's index, in the file's order, read from the file alone.

    Args:
        path: gzip with one member per record, as `Archive` writes it.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        places = [(_offset(record), _parts(record)) for record in read_records(stream, 0, size, keep=_KEEP)]
    return [
        entry(**parts, filename=path.name, offset=start, length=end - start)
        for (start, parts), (end, _) in pairwise([*places, (size, None)])
        if parts is not None
    ]


def _offset(record: Record) -> int:
    return int(record.ref.partition("+")[0])


def _parts(record: Record) -> dict[str, Any] | None:
    fields = {name.decode("latin-1"): value.decode("utf-8", "replace") for name, value in record.headers.items()}
    kind = fields.get("warc-type")
    if kind not in _INDEXED or record.fault or "warc-target-uri" not in fields:
        return None
    if kind == "resource":
        status, mime = None, _mime(fields.get("content-type"))
    else:
        status, mime = http_facts(record.block)
    mime = REVISIT if kind == "revisit" else mime
    return {
        "url": fields["warc-target-uri"].strip("<>"),
        "date": datetime.fromisoformat(fields["warc-date"]),
        "mime": mime,
        "status": status,
        "digest": fields.get("warc-payload-digest"),
    }
