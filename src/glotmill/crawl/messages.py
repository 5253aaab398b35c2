"""What a server is asked for and what came of it: values that every part of the crawler passes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Request:
    """One GET request; redirects are answers, not followed.

    Args:
        url: absolute, http or https, in canonical form.
        etag: of an earlier response, for If-None-Match.
        last_modified: of an earlier response, for If-Modified-Since.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered, as it came.

    Args:
        url: that was asked for.
        address: IP address that was connected to.
        request: bytes of the request's head, as sent.
        head: bytes of status line and header lines, each with CR LF, and the empty line; names, values and their order
            as they came, without the space around them. Transfer-Encoding stays although chunks are joined.
        status: code.
        headers: names in lower case, repeats joined by ", ".
        body: as it came, chunks joined, content codings left as they are; cut at the limit.
        content: the body without its content codings, cut at the limit; what cannot be decoded ends there.
        truncated: why body or content end early: `length` (a limit of bytes or of the ratio), `time` (the total, or
            too slow a sender), `disconnect` (the connection or its chunks broke off), `decoding`, `type` (no text,
            so the rest was not asked for), or None.
        started: when the request was sent, UTC.
        seconds: from then until the last byte.
    """

    url: str
    address: str
    request: bytes
    head: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes
    content: bytes
    truncated: str | None
    started: datetime
    seconds: float

    @property
    def location(self) -> str | None:
        """Where a redirect points, as the server wrote it; None where this is none."""
        return self.headers.get("location") if self.status in (301, 302, 303, 307, 308) else None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no response.

    Args:
        url: that was asked for.
        code: `refused_url`, `dns`, `refused_address` (none of the name's addresses may be asked), `connect`,
            `denied` (its owner denies the use, so that what came is not kept), `timeout` (no connection in time), `tls`, `slow` (connected, but no whole head in time), `disconnect`
            (before the head was whole) or `protocol` (the head is not HTTP, or too large).
        detail: in words.
        address: IP address, where there was one.
        started: when it began, UTC.
        seconds: that it took.
    """

    url: str
    code: str
    detail: str
    address: str | None
    started: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Link:
    """A URL found somewhere.

    Args:
        url: absolute, in canonical form.
        source: `seed`, `link`, `redirect` (of HTTP or meta refresh), `sitemap`, `feed`, `hreflang`, `canonical` or `next`.
        language: canonical tag that the place it was found at claims for it, or None.
        last_modified: what the place says, UTC, or None.
        weight: 0..1, what the place says of its importance (sitemap `priority`); 0.5 where nothing is said.
    """

    url: str
    source: str
    language: str | None = None
    last_modified: datetime | None = None
    weight: float = field(default=0.5)
