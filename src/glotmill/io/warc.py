"""The source of web pages: WARC files, plain, gzip or Zstandard, one row per HTTP response."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice, pairwise
from typing import BinaryIO, ClassVar, Literal, NamedTuple

from pydantic import Field

from glotmill.core.errors import DataError
from glotmill.core.hashing import document_id
from glotmill.core.inputs import InputFile, Slice, SourceSpec
from glotmill.core.steps import Outcome
from glotmill.io.charset import decode
from glotmill.io.http_message import HEAD_LIMIT, Head, decode_body, headers_json, parse_head
from glotmill.io.pages import Page, PageGatherer
from glotmill.io.sniff import media_type, not_html
from glotmill.io.storage import open_read
from glotmill.io.warc_records import Record, read_records
from glotmill.licensing.consent import consent_column, rulings_of
from glotmill.licensing.signals import USES, Signal

PURPOSE = "Glotmill-Purpose"  # a field of our own: `policy` marks what a crawler fetched to obey, not to read

CONSENT = "glotmill-consent"  # a line of the metadata records that our crawls write: one signal as JSON
_METADATA, _NEAR = 200_000, 3  # bytes of such a record, and records behind a page's among which it is
_PURPOSE = PURPOSE.lower().encode()
_BATCH_ROWS = 64
_URL = re.compile(r"\Ahttps?://[^/?#\s]", re.IGNORECASE)
_ROBOTS = re.compile(rb"\Ahttps?://[^/?#\s]+/robots\.txt(?:[?#]|\Z)", re.IGNORECASE)  # RFC 9309, section 2.3
_RESOURCE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_REASONS = (
    "truncated",
    "bad_record",
    "bad_http",
    "bad_url",
    "http_status",
    "empty_body",
    "not_html",
    "body_too_large",
    "undecodable",
)


class _Content(NamedTuple):
    """What a record holds: a page in UTF-8 and its characters, or the reason why it is none."""

    html: bytes | None = None
    http_headers: str | None = None
    reason: str | None = None
    detail: str | None = None
    characters: int = 0


class WarcSource(SourceSpec):
    """Pages out of WARC files.

    Args:
        max_body_bytes: longer bodies, stored or decompressed, are `warc.body_too_large`.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".warc", ".warc.gz", ".warc.zst")

    kind: Literal["warc"]
    max_body_bytes: int = Field(default=5_000_000, ge=1, le=1 << 30)

    def split(self, file: InputFile, target_bytes: int) -> Sequence[Slice]:
        """Cut gzip files into equal byte ranges; the reader moves each cut to the next member.

        Plain files have no member to resynchronise at, and a Zstandard file's dictionary stands at its beginning:
        both are read whole.
        """
        parts = -(-file.size // target_bytes) if file.name.endswith(".gz") and target_bytes > 0 else 1
        cuts = [file.size * part // parts for part in range(parts + 1)] if parts > 1 else [0, file.size]
        return tuple(Slice(file, start, end) for start, end in pairwise(cuts))

    def read(self, part: Slice) -> Iterator[Outcome]:
        gatherer = PageGatherer(self.of, self.track, _BATCH_ROWS)
        keep = self.max_body_bytes + HEAD_LIMIT + 4
        held: tuple[Page, bytes] | None = None  # the page before, and its record's id: its metadata record follows
        with open_read(part.file.url) as stream:
            try:
                for record in read_records(stream, part.start, part.end, keep=keep):
                    if held is not None and record.headers.get(b"warc-refers-to") == held[1]:
                        held = self.described(held[0], record, part.file), b""
                    elif _is_document(record):
                        if held is not None:
                            yield from gatherer.add(held[0])
                        held = self._read(record, part.file), record.headers.get(b"warc-record-id", b"")
                if held is not None:
                    behind = _follower(stream, part, held[1]) if held[1] else None
                    yield from gatherer.add(held[0] if behind is None else self.described(held[0], behind, part.file))
            except DataError as error:
                raise DataError(f"{part.file.url}: {error}") from error
        yield from gatherer.flush()

    def reasons(self) -> frozenset[str]:
        return frozenset(f"warc.{name}" for name in _REASONS)

    def described(self, page: Page, record: Record, file: InputFile) -> Page:
        """Return a page with what the metadata record behind it says: here, what our own crawls heard of consent.

        Args:
            page: as it was read.
            record: of type metadata, about the page's record.
            file: that both are in.
        """
        return page._replace(consent=_consent(record))

    def _read(self, record: Record, file: InputFile) -> Page:
        url = _text(record.headers.get(b"warc-target-uri", b"")).strip("<>")
        date = _text(record.headers.get(b"warc-date", b""))
        content = _content(record, url, self.max_body_bytes)
        return Page(
            doc_id=document_id(self.of, file.identity, record.ref, url, date),
            url=url or None,
            html=content.html,
            characters=content.characters,
            http_headers=content.http_headers,
            consent=None,
            crawl_time=_time(date),
            warc_ref=f"{file.name}:{record.ref}",
            reason=f"warc.{content.reason}" if content.reason else None,
            detail=content.detail,
        )


def _follower(stream: BinaryIO, part: Slice, identity: bytes) -> Record | None:
    """Return the metadata record of the last page of a slice, where it stands behind the cut."""
    if part.end >= part.file.size:
        return None
    for record in islice(read_records(stream, part.end, part.file.size, keep=_METADATA), _NEAR):
        if record.headers.get(b"warc-refers-to") == identity:
            return record
    return None


def metadata_lines(record: Record) -> Iterator[tuple[str, str]]:
    """Yield name and value of the lines of a metadata record of the type `application/warc-fields`."""
    for line in record.block[:_METADATA].decode("utf-8", "replace").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            yield name, value.strip()


def _consent(record: Record) -> str | None:
    """Return what a metadata record of our own crawls says of consent, as the column has it; None where it says nothing."""
    signals = [signal for name, value in metadata_lines(record) if name == CONSENT and (signal := _signal(value))]
    return consent_column(rulings_of(signals)) if signals else None


def _signal(text: str) -> Signal | None:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    known = isinstance(said, dict) and said.get("use") in USES and said.get("verdict") in ("denied", "allowed")
    if not known or not re.fullmatch(r"[a-z-]{1,40}", str(said.get("kind"))):
        return None
    return Signal(said["use"], said["verdict"], said["kind"], str(said.get("raw", "")), "")


def _is_document(record: Record) -> bool:
    """Tell whether a record holds a page, or broke so early that it may have.

    A robots.txt is none, though many servers answer with a page where they have none, and with status 200.
    """
    kind = record.headers.get(b"warc-type", b"").lower()
    if _PURPOSE in record.headers or is_robots(_target(record)):
        return False
    content_type = record.headers.get(b"content-type", b"").lower()
    if kind == b"response":
        is_http = content_type.startswith(b"application/http") or record.block.startswith(b"HTTP/")
        return is_http or _target(record).lower().startswith(b"http") or bool(record.fault)
    if kind == b"resource":
        return media_type(_text(content_type)) in _RESOURCE_TYPES
    return not kind


def is_robots(url: bytes) -> bool:
    """Tell whether a URL is that of a host's robots.txt."""
    return _ROBOTS.match(url) is not None


def _target(record: Record) -> bytes:
    return record.headers.get(b"warc-target-uri", b"").strip(b"<>")


def _content(record: Record, url: str, limit: int) -> _Content:
    if record.headers.get(b"warc-type", b"").lower() == b"resource":
        head: Head | str = Head(200, (("content-type", _text(record.headers[b"content-type"])),), 0)
        headers = None
    else:
        head = parse_head(record.block)
        headers = headers_json(head.headers) if isinstance(head, Head) else None
    if record.fault:
        return _Content(None, headers, record.fault, record.detail)
    if b"warc-type" not in record.headers:
        return _Content(None, headers, "bad_record", "no WARC-Type")
    if b"warc-segment-number" in record.headers:
        return _Content(None, headers, "truncated", "one segment of a record that goes on elsewhere")
    if isinstance(head, str):
        return _Content(None, None, "bad_http", head)
    if head.size and headers is None:
        return _Content(None, None, "bad_http", f"HTTP headers longer than {HEAD_LIMIT} bytes")
    if not _URL.match(url):
        return _Content(None, headers, "bad_url", f"WARC-Target-URI {url[:200]!r}" if url else "no WARC-Target-URI")
    if head.status != 200:
        return _Content(None, headers, "http_status", f"status {head.status}")
    return _body(record, head, headers, limit)


def _body(record: Record, head: Head, headers: str | None, limit: int) -> _Content:
    raw, stored = record.block[head.size :], record.length - head.size
    if not raw:
        return _Content(None, headers, "empty_body", "body of 0 bytes")
    body = decode_body(raw, head, limit)
    content_type = head.get("content-type")
    if not body.data and not body.fault:
        return _Content(None, headers, "empty_body", f"body of 0 bytes out of {len(raw)} stored")
    wrong = not_html(body.data, content_type) if body.data else None
    if wrong:
        return _Content(None, headers, "not_html", wrong)
    if stored > limit:
        return _Content(None, headers, "body_too_large", f"body {stored} bytes > {limit}")
    if body.fault:
        return _Content(None, headers, "body_too_large" if body.fault == "too_large" else body.fault, body.detail)
    if body.data.isspace():
        return _Content(None, headers, "empty_body", f"body of {len(body.data)} blank bytes")
    decoded = decode(body.data, content_type)
    if decoded is None:
        detail = f"no encoding gives a text of {len(body.data)} bytes; content-type {content_type or 'missing':.80}"
        return _Content(None, headers, "undecodable", detail)
    return _Content(decoded.utf8(body.data), headers, characters=len(decoded.text))


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _time(date: str) -> datetime | None:
    """Return a WARC-Date (W3C-DTF, RFC 3339) in UTC, or None where it is none."""
    try:
        time = datetime.fromisoformat(date)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
