"""Whether bytes that came are the record that the index names: one whole gzip member, one whole response, the same payload."""

import base64
import binascii
import hashlib
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Literal

from glotmill.core.errors import DataError
from glotmill.crawl import cdxj
from glotmill.crawl.records import digest as digest_of
from glotmill.io.frames import GZIP_MAGIC
from glotmill.io.http_message import Head, parse_head
from glotmill.io.warc_records import Record, read_records

_IDENTITY = re.compile(rb"<[^<>\s]{1,500}>\Z")
_ALGORITHMS = {"sha1": 20, "sha256": 32, "md5": 16}

Reason = Literal["not_gzip", "bad_member", "too_large", "bad_record", "other_record", "no_digest", "digest_mismatch"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the index says of a record.

    Args:
        url: of the page, as the record should have it.
        path: of Common Crawl's own file, below the base.
        offset: of the record's gzip member, bytes.
        length: of that member, bytes.
        digest: of the payload, SHA-1 in base32; None where the index has none.
        crawl: `CC-MAIN-2026-30`.
        languages: of the page, as the index has them; None where it has none.
    """

    url: str
    path: str
    offset: int
    length: int
    digest: str | None = None
    crawl: str = ""
    languages: str | None = None

    @property
    def place(self) -> str:
        """Where the record is, as the column `warc_ref` has it."""
        return f"{self.path}:{self.offset}"


@dataclass(frozen=True, slots=True)
class Barred:
    """A row of a list that is not asked for.

    Args:
        reason: `bad_index_row` (no range could be asked for by it), `robots_unread` (Common Crawl has a robots.txt of the site,
            which failed, so that what it says of training is not known).
        detail: in words.
        wanted: what the index says, where it says something usable.
    """

    reason: Literal["bad_index_row", "robots_unread"]
    detail: str
    wanted: Wanted | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """A record that is what it should be.

    Args:
        member: its bytes as they came.
        identity: WARC-Record-ID, with brackets.
        url: WARC-Target-URI.
        date: WARC-Date, UTC.
        digest: WARC-Payload-Digest as the record has it; None where it has none.
        head: of the HTTP response.
        mime: media type as an index has it.
    """

    member: bytes
    identity: str
    url: str
    date: datetime
    digest: str | None
    head: Head
    mime: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why bytes are not the record that was wanted.

    Args:
        reason: `not_gzip` (no gzip member begins there: the file is another one, or has changed), `bad_member` (it ends before
            or behind the range, or its check sum or length is wrong), `too_large` (it inflates to more than the limit),
            `bad_record` (no whole WARC response with an HTTP head in it), `other_record` (a response of another URL, or no response),
            `no_digest` (neither record nor index have one, so nothing vouches for the payload), `digest_mismatch`.
        detail: in words.
    """

    reason: Reason
    detail: str


def verified(data: bytes, wanted: Wanted, *, limit: int) -> Capture | Refused:
    """Return the record in a range, or why it is not the one that the index names. Never raises.

    Args:
        data: the range, `wanted.length` bytes.
        wanted: what the index says.
        limit: bytes that the record may inflate to.
    """
    plain = _inflated(data, limit)
    if isinstance(plain, Refused):
        return plain
    try:
        records = list(read_records(BytesIO(plain), 0, len(plain), keep=limit))
    except DataError as error:
        return Refused("bad_record", str(error))
    if len(records) != 1 or records[0].fault:
        fault = next((f"{one.fault}: {one.detail}" for one in records if one.fault), f"{len(records)} records")
        return Refused("bad_record", f"not one whole record: {fault}"[:300])
    return _response(records[0], data, wanted)


def _inflated(data: bytes, limit: int) -> bytes | Refused:
    if not data.startswith(GZIP_MAGIC):
        return Refused("not_gzip", f"the range begins with {data[:8]!r}")
    inflater = zlib.decompressobj(31)
    try:
        plain = inflater.decompress(data, limit + 1)
    except zlib.error as error:
        return Refused("bad_member", f"the gzip member is broken: {error}")
    if len(plain) > limit:
        return Refused("too_large", f"the member inflates to more than {limit:,} bytes")
    if not inflater.eof:
        return Refused("bad_member", f"the gzip member goes on behind the range of {len(data)} bytes")
    if inflater.unused_data:
        return Refused("bad_member", f"the gzip member ends {len(inflater.unused_data)} bytes before the range does")
    return plain


def _response(record: Record, data: bytes, wanted: Wanted) -> Capture | Refused:
    fields = record.headers
    kind, target = fields.get(b"warc-type", b"").lower(), fields.get(b"warc-target-uri", b"").strip(b"<>")
    if kind != b"response":
        return Refused("other_record", f"a record of type {kind.decode('latin-1')!r:.60}, not a response")
    if target != wanted.url.encode("utf-8", "surrogatepass"):
        return Refused("other_record", f"a response of {target.decode('utf-8', 'replace')[:200]!r}")
    identity, date = fields.get(b"warc-record-id", b""), _date(fields.get(b"warc-date", b""))
    if not _IDENTITY.match(identity) or date is None:
        return Refused("bad_record", "no WARC-Record-ID or no WARC-Date")
    head = parse_head(record.block)
    if isinstance(head, str):
        return Refused("bad_record", head[:300])
    body = record.block[head.size :]
    given = fields.get(b"warc-payload-digest", b"").decode("utf-8", "replace")
    refused = _checked(body, given, wanted.digest)
    if refused is not None:
        return refused
    mime = cdxj.http_facts(record.block)[1]
    return Capture(data, identity.decode("latin-1"), wanted.url, date, given or None, head, mime)


def _checked(body: bytes, given: str, indexed: str | None) -> Refused | None:
    """Return why a payload is not the one that record and index have a digest of, or None."""
    own = digest_of(body)
    if not given and not indexed:
        return Refused("no_digest", "neither the record nor the index has a digest of the payload")
    for name, value in (("the index", indexed), ("the record", given)):
        holds = _holds(body, value) if value else True
        if not holds:
            word = "a digest of a kind that is not known" if holds is None else "another digest"
            return Refused("digest_mismatch", f"{name} has {word}: {value!r:.80}, and the payload {own}")
    return None


def _holds(body: bytes, value: str) -> bool | None:
    """Tell whether a digest is that of a body; None where it is of no known kind. Bare ones are SHA-1 in base32."""
    algorithm, _, text = value.rpartition(":")
    algorithm = (algorithm or "sha1").lower().replace("-", "")
    length = _ALGORITHMS.get(algorithm)
    if length is None:
        return None
    digest = hashlib.new(algorithm, body, usedforsecurity=False).digest()
    try:
        given = (
            bytes.fromhex(text)
            if len(text) == 2 * length
            else base64.b32decode(text + "=" * (-len(text) % 8), casefold=True)
        )
    except (ValueError, binascii.Error):
        return False
    return given == digest


def _date(value: bytes) -> datetime | None:
    try:
        date = datetime.fromisoformat(value.decode("ascii"))
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
