"""What is known of each site's robots.txt, when it has to be asked for again, and what holds meanwhile (RFC 9309, 2.3).

Nothing here opens a connection or looks at a clock: the crawler asks `needs`, fetches, hands the outcome to `take`
and the time to all of them, in seconds since the epoch. What is written down survives in rows.
"""

import functools
import re
import zlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urljoin, urlsplit

from glotmill.crawl.messages import Failure, Response
from glotmill.crawl.robots import MAX_BYTES, Robots, parse

LIFE = 86_400.0  # seconds; section 2.4: not longer than 24 hours
MIN_LIFE = 3_600.0  # a Cache-Control below this counts as this: or `no-store` would double the requests to a site
MAX_REDIRECTS = 5  # section 2.3.1.2
FIRST_RETRY = 300.0  # seconds after the first failure; each further one doubles it, up to a day
MAX_RETRY = 86_400.0
MAX_RETRY_AFTER = 7 * 86_400.0  # what a server may ask for itself
HOPELESS_AFTER = 30 * 86_400.0  # section 2.3.1.4 calls this a reasonably long time
# Bytes of robots.txt that stay parsed in memory, about 1,500 ordinary files or 8 of the largest size; parsed, a file
# takes up to 50 times its size (500 KiB of short wildcard rules: 25 MB; measured).
KEEP_PARSED = 4_000_000
_PARSED_OVERHEAD = 1_000

State = Literal["parsed", "unavailable", "unreachable", "new"]
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_NO_CACHE = re.compile(r"(?:^|[,\s])no-(?:cache|store)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one site's robots.txt; each field is a value that SQLite stores.

    Args:
        origin: scheme and authority, `https://example.org:8443`; default ports and credentials left out.
        state: `parsed` (it answered 2xx), `unavailable` (4xx, or too many redirects: everything is allowed),
            `unreachable` (429, 5xx, no answer: nothing is), `new` (no answer yet).
        detail: what came, in words.
        body: of the robots.txt, at most 500 KiB, zlib; None where there is none.
        taken: when the answer came that made the state.
        until: when it has to be asked for again.
        failures: in a row.
        failing_since: when the first of them came, or None.
        asking: where a redirect that is being followed points, or None.
        hops: redirects followed so far.
    """

    origin: str
    state: State = "new"
    detail: str = ""
    body: bytes | None = None
    taken: float = 0.0
    until: float = 0.0
    failures: int = 0
    failing_since: float | None = None
    asking: str | None = None
    hops: int = 0

    def to_row(self) -> tuple[str | bytes | float | int | None, ...]:
        """Return the values in the order of `COLUMNS`."""
        return tuple(getattr(self, name) for name in COLUMNS)

    @classmethod
    def from_row(cls, row: Iterable[object]) -> "Entry":
        """Return the entry of a row that `to_row` made.

        Raises:
            TypeError: not as many values as `COLUMNS`.
        """
        return cls(*row)  # type: ignore[arg-type]


COLUMNS: tuple[str, ...] = tuple(one.name for one in fields(Entry))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a URL may be fetched now.

    Args:
        kind: `allowed`, `disallowed`, or `unknown_yet` where the robots.txt has to be fetched first.
        reason: `robots.allowed`, `robots.disallowed`, `robots.unavailable`, `robots.unreachable`, `robots.not_asked`
            or `robots.refused_url`.
        detail: in words.
        hopeless: the site's robots.txt has failed for 30 days: its URLs may be given up.
    """

    kind: Literal["allowed", "disallowed", "unknown_yet"]
    reason: str
    detail: str
    hopeless: bool = False


@functools.lru_cache(maxsize=1_024)  # of one request it is asked for ten times
def origin_of(url: str) -> str | None:
    """Return scheme and authority of an absolute http or https URL, by which robots.txt files are told apart.

    Lower case, without credentials and default port; None for any other URL. Never raises.
    """
    try:
        parts = urlsplit(url)
        host, port, scheme = parts.hostname, parts.port, parts.scheme.lower()
    except ValueError:
        return None
    if scheme not in ("http", "https") or not host or re.search(r"[\s\\]", host):
        return None
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}" + (f":{port}" if port not in (None, 80 if scheme == "http" else 443) else "")


class RobotsCache:
    """The robots.txt files of many sites, each asked for at most as often as RFC 9309 and good manners have it.

    A site that cannot be reached is closed: nothing of it is fetched, its robots.txt is tried again after 5 minutes,
    then after twice that, up to a day, or when its Retry-After says. An older copy does not hold meanwhile, and after
    30 days the RFC would let us take a failing robots.txt for none; we do not, since no answer is no permission.
    Verdicts are then marked `hopeless`.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: dict[str, Entry] = {}
        self.held = 0  # of the bodies held, compressed
        for entry in entries:
            self._hold(entry)
        self._parsed: OrderedDict[str, tuple[Robots, int]] = OrderedDict()
        self._parsed_bytes = 0

    def needs(self, url: str, now: float) -> str | None:
        """Return the URL that has to be fetched, now, before a URL of the same site may be; None where none has.

        Until `take` has had its outcome the same is returned again. Redirects come back as what they point at.

        Args:
            url: absolute.
            now: seconds since the epoch.
        """
        origin = origin_of(url)
        if origin is None:
            return None
        entry = self._entries.get(origin)
        if entry is None:
            return f"{origin}/robots.txt"
        if entry.asking is not None:
            return entry.asking
        return f"{origin}/robots.txt" if now >= entry.until else None

    def take(self, url: str, answer: Response | Failure, now: float) -> Entry:
        """Take what came of fetching what `needs` returned for a URL, and return what is now known, for storing.

        Args:
            url: that was handed to `needs`, or any other of that site; not that of a redirect's target.
            answer: to the request for it.
            now: when it came, seconds since the epoch.

        Raises:
            ValueError: the URL is none of a site (`needs` returned None for it).
        """
        origin = origin_of(url)
        if origin is None:
            raise ValueError(f"no http or https URL: {url!r}")
        before = self._entries.get(origin, Entry(origin))
        known = after(before, answer, now)
        self._hold(known)
        if known.body != before.body or known.state != before.state:
            self._drop(origin)
        return known

    def verdict(self, url: str, now: float) -> Verdict:
        """Return whether a URL may be fetched. Never raises.

        Args:
            url: absolute; of a redirect too each target is asked about.
            now: seconds since the epoch.
        """
        origin = origin_of(url)
        if origin is None:
            return Verdict("disallowed", "robots.refused_url", "no http or https URL")
        entry = self._entries.get(origin, Entry(origin))
        if entry.state == "unreachable":
            since = entry.failing_since if entry.failing_since is not None else now
            detail = f"robots.txt: {entry.detail}; failed {entry.failures} times in {(now - since) / 3600:.0f} h"
            return Verdict("disallowed", "robots.unreachable", detail, now - since >= HOPELESS_AFTER)
        if entry.state == "new" or now >= entry.until:
            old = "never asked for" if entry.state == "new" else "too old"
            return Verdict("unknown_yet", "robots.not_asked", f"robots.txt of {origin} {old}")
        if entry.state == "unavailable":
            return Verdict("allowed", "robots.unavailable", f"robots.txt: {entry.detail}")
        if self._robots(entry).allowed(url):
            return Verdict("allowed", "robots.allowed", f"robots.txt of {origin}")
        return Verdict("disallowed", "robots.disallowed", f"robots.txt of {origin}")

    def entry(self, url: str) -> Entry | None:
        """Return what is known of a URL's site, or None."""
        origin = origin_of(url)
        return None if origin is None else self._entries.get(origin)

    def robots(self, url: str) -> Robots | None:
        """Return the rules of a URL's site as last read, for its delay, sitemaps and lines about use; None without."""
        entry = self.entry(url)
        return None if entry is None or entry.state != "parsed" else self._robots(entry)

    def forget(self, url: str) -> None:
        """Drop a site from memory; `restore` its entry before it is asked about again."""
        origin = origin_of(url)
        if origin is not None:
            self.held -= len(self._entries.pop(origin, Entry(origin)).body or b"")
            self._drop(origin)

    def restore(self, entry: Entry) -> None:
        """Know again what was stored of a site."""
        self._hold(entry)
        self._drop(entry.origin)

    def _hold(self, entry: Entry) -> None:
        before = self._entries.get(entry.origin)
        self.held += len(entry.body or b"") - len((before.body if before else None) or b"")
        self._entries[entry.origin] = entry

    def _robots(self, entry: Entry) -> Robots:
        known = self._parsed.get(entry.origin)
        if known is not None:
            self._parsed.move_to_end(entry.origin)
            return known[0]
        body = b"" if entry.body is None else zlib.decompress(entry.body)
        robots, size = parse(body, f"{entry.origin}/robots.txt"), len(body) + _PARSED_OVERHEAD
        self._parsed[entry.origin] = robots, size
        self._parsed_bytes += size
        while self._parsed_bytes > KEEP_PARSED:
            self._drop(next(iter(self._parsed)))
        return robots

    def _drop(self, origin: str) -> None:
        self._parsed_bytes -= self._parsed.pop(origin, (None, 0))[1]


def after(entry: Entry, answer: Response | Failure, now: float) -> Entry:
    """Return what is known of a file once an answer has come (section 2.3.1)."""
    if isinstance(answer, Failure):
        return _failed(entry, f"{answer.code}: {answer.detail}", now, None)
    status = answer.status
    if 200 <= status < 300:
        # A file that broke off may have forbidden more than what came; beyond the limit nothing counts anyway.
        if answer.truncated is not None and len(answer.content) < MAX_BYTES:
            return _failed(entry, f"{status}, but broken off ({answer.truncated})", now, None)
        body = zlib.compress(answer.content[: MAX_BYTES + 1])
        return _settled(entry, "parsed", str(status), body, now, answer)
    if 300 <= status < 400:
        return _redirected(entry, answer, now)
    if 400 <= status < 500 and status != 429:
        return _settled(entry, "unavailable", str(status), None, now, answer)
    return _failed(entry, str(status), now, answer)


def _redirected(entry: Entry, answer: Response, now: float) -> Entry:
    if entry.hops >= MAX_REDIRECTS:
        return _settled(entry, "unavailable", f"more than {MAX_REDIRECTS} redirects", None, now, answer)
    asking = _target(answer)
    if asking is None:
        return _failed(entry, f"{answer.status} that leads to no http or https URL", now, answer)
    return replace(entry, asking=asking, hops=entry.hops + 1)


def _target(answer: Response) -> str | None:
    if answer.location is None:
        return None
    try:
        target = urljoin(answer.url, answer.location).partition("#")[0]
    except ValueError:
        return None
    return target if origin_of(target) is not None else None


def _settled(entry: Entry, state: State, detail: str, body: bytes | None, now: float, answer: Response) -> Entry:
    return Entry(entry.origin, state, detail, body, taken=now, until=now + _life(answer))


def _failed(entry: Entry, detail: str, now: float, answer: Response | None) -> Entry:
    failures = entry.failures + 1
    wait = min(FIRST_RETRY * 2.0 ** min(failures - 1, 20), MAX_RETRY)
    asked = None if answer is None else _retry_after(answer, now)
    if asked is not None:
        wait = min(max(wait, asked), MAX_RETRY_AFTER)
    return Entry(
        entry.origin,
        "unreachable",
        detail,
        taken=now,
        until=now + wait,
        failures=failures,
        failing_since=now if entry.failing_since is None else entry.failing_since,
    )


def _life(answer: Response) -> float:
    """Return for how long an answer holds: a day, or less where Cache-Control says so (section 2.4), at least 1 h."""
    control = answer.headers.get("cache-control", "")
    if _NO_CACHE.search(control):
        return MIN_LIFE
    age = _MAX_AGE.search(control)
    return LIFE if age is None else min(max(float(age[1]), MIN_LIFE), LIFE)


def _retry_after(answer: Response, now: float) -> float | None:
    """Return the seconds that a server asks us to wait (RFC 9110, section 10.2.3), or None."""
    value = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,10}", value, re.ASCII):
        return float(value)
    try:
        return max(parsedate_to_datetime(value).timestamp() - now, 0.0) if value else None
    except (ValueError, OverflowError):
        return None
