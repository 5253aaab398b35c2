"""What sites and pages said of use at other times: snapshots of robots.txt, tdmrep.json and pages, read for known URLs."""

import functools
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urljoin, urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictStr, ValidationError

from glotmill.core.errors import DataError
from glotmill.crawl.robots import MAX_BYTES as MAX_ROBOTS
from glotmill.crawl.robots import Robots, parse
from glotmill.crawl.robots_cache import MAX_REDIRECTS
from glotmill.dedup.tombstones import address_key
from glotmill.io import storage
from glotmill.io.charset import decode
from glotmill.io.http_message import HEAD_LIMIT, Head, decode_body, parse_head
from glotmill.io.sniff import not_html
from glotmill.io.warc_records import Record, read_records
from glotmill.licensing.agents import AiAgents
from glotmill.licensing.signals import Signal, at, from_headers, from_page, from_robots
from glotmill.licensing.tdmrep import MAX_BYTES as MAX_TDMREP
from glotmill.licensing.tdmrep import PATH as TDMREP
from glotmill.licensing.tdmrep import TdmRules, parse_tdmrep

ROBOTS: Final = "/robots.txt"

_WARC = (".warc", ".warc.gz", ".warc.zst")
_LINES = (".jsonl", ".ndjson", ".jsonl.gz")
_PAGE_BYTES = 5_000_000  # of a page; the elements that speak of use stand at its beginning
_LINE_BYTES = 32 << 20
_PARSED = 16  # files kept parsed: 500 KiB of short wildcard rules take 25 MB


class SnapshotLine(BaseModel):
    """One line of a JSON Lines file of snapshots.

    Args:
        url: of a page; or of any page of a site, where only the site's files are given.
        time: when it was fetched, ISO 8601 with a time zone.
        headers: of the page's response; names in any case.
        html: of the page.
        robots_txt: of the site.
        tdmrep: of the site, as text, or as the JSON that it is.
    """

    model_config = ConfigDict(extra="forbid")

    url: Annotated[StrictStr, Field(max_length=8_000, pattern=r"^https?://")]
    time: AwareDatetime
    headers: dict[StrictStr, StrictStr] = {}
    html: StrictStr | None = None
    robots_txt: StrictStr | None = None
    tdmrep: Any = None


@dataclass(frozen=True, slots=True)
class _File:
    """A robots.txt or tdmrep.json as it once was: its bytes, compressed, where it was found, and when."""

    body: bytes
    url: str
    time: datetime


@dataclass(slots=True)
class Snapshots:
    """What was said, for URLs that somebody wants to know about.

    Every different file of a site counts, however old: who denied once is not taken for having allowed. Of a page and a
    site http and https are one: owners moved from one to the other, and mean both.

    Args:
        agents: whose being kept out says that training is not wanted.
        wants: tells of an address, in the form of `address_key`, whether it is asked about.
        sites: that are asked about, as `site_of` names them.
        records: that were read for them.
    """

    agents: AiAgents
    wants: Callable[[str], bool]
    sites: frozenset[str]
    records: int = 0
    _robots: dict[str, dict[bytes, _File]] = field(default_factory=dict)
    _tdmrep: dict[str, dict[bytes, _File]] = field(default_factory=dict)
    _pages: dict[str, tuple[Signal, ...]] = field(default_factory=dict)
    _leads: dict[str, set[tuple[str, str, int]]] = field(default_factory=dict)

    def read(self, location: str) -> None:
        """Read a WARC or JSON Lines file, or all of those below a folder.

        Raises:
            DataError: nothing of the kind is there, or a line cannot be read; a snapshot that is skipped could be one that denies.
        """
        found = False
        for name, _ in storage.list_files(location):
            address = location if storage.is_file(location) else storage.join(location, name)
            if name.endswith(_WARC):
                found = True
                self._read_warc(address)
            elif name.endswith(_LINES):
                found = True
                self._read_lines(address)
        if not found:
            raise DataError(f"{location}: neither WARC files nor JSON Lines ({', '.join((*_WARC, *_LINES))})")

    def signals(self, url: str) -> tuple[Signal, ...]:
        """Return what all snapshots say of a URL, each with its source and time."""
        site = site_of(url)
        said: list[Signal] = []
        for known in sorted(self._robots.get(site, {}).values(), key=lambda one: one.time):
            rules = _parsed_robots(known.body)
            lines = from_robots(rules.use_lines(url, self.agents.training), rules.refused(url, self.agents.training))
            said.extend(at(lines, known.url, known.time))
        for known in sorted(self._tdmrep.get(site, {}).values(), key=lambda one: one.time):
            said.extend(at(_parsed_tdmrep(known.body).signals(url), known.url, known.time))
        return (*said, *self._pages.get(address_key(url), ()))

    def _read_warc(self, address: str) -> None:
        size = storage.size(address)
        with storage.open_read(address) as stream:
            try:
                for record in read_records(stream, 0, size, keep=_PAGE_BYTES + HEAD_LIMIT):
                    self._take_record(record)
            except DataError as error:
                raise DataError(f"{address}: {error}") from error

    def _take_record(self, record: Record) -> None:
        kind = record.headers.get(b"warc-type", b"").lower()
        url = record.headers.get(b"warc-target-uri", b"").decode("utf-8", "replace").strip("<>")
        if kind not in (b"response", b"revisit"):
            return
        files = self._files_of(url)
        page = self.wants(address_key(url))
        if not files and not page:
            return
        head = parse_head(record.block)
        if isinstance(head, str):
            return
        time = _time(record.headers.get(b"warc-date", b""))
        self.records += 1
        for site, path, hops in files:
            self._take_answer(site, path, hops, url=url, record=record, head=head, time=time)
        if page:
            self._take_page(url, record, head, time)

    def _files_of(self, url: str) -> list[tuple[str, str, int]]:
        """Return the sites of which an address holds the robots.txt or tdmrep.json, and by how many redirects."""
        site, key = site_of(url), address_key(url)
        found = [(site, path, 0) for path in (ROBOTS, TDMREP) if key == f"//{site}{path}" and site in self.sites]
        return [*found, *sorted(self._leads.get(key, ()))]

    def _take_answer(
        self, site: str, path: str, hops: int, *, url: str, record: Record, head: Head, time: datetime
    ) -> None:
        if 300 <= head.status < 400 and hops < MAX_REDIRECTS and (location := head.get("location")):
            target = _target(url, location)
            if target is not None:
                self._leads.setdefault(target, set()).add((site, path, hops + 1))
        elif 200 <= head.status < 300:
            limit = max(MAX_ROBOTS, MAX_TDMREP) + 1
            self._take_file(site, path, decode_body(record.block[head.size :], head, limit).data, url, time)

    def _take_file(self, site: str, path: str, body: bytes, url: str, time: datetime) -> None:
        kept = self._robots if path == ROBOTS else self._tdmrep
        files = kept.setdefault(site, {})
        key = hashlib.sha256(body).digest()
        if body and (key not in files or files[key].time > time):
            files[key] = _File(zlib.compress(body), url, time)

    def _take_page(self, url: str, record: Record, head: Head, time: datetime) -> None:
        if head.status not in (200, 304):
            return
        html = None
        content_type = head.get("content-type")
        body = decode_body(record.block[head.size :], head, _PAGE_BYTES).data if head.status == 200 else b""
        if body and not not_html(body, content_type):
            decoded = decode(body, content_type)
            html = None if decoded is None else decoded.text
        names = dict.fromkeys(name for name, _ in head.headers)
        self._add_page(url, {name: head.get(name) or "" for name in names}, html, time)

    def _add_page(self, url: str, headers: Mapping[str, str], html: str | None, time: datetime) -> None:
        said = (*from_headers(headers), *(from_page(html) if html else ()))
        key = address_key(url)
        known = self._pages.get(key, ())
        new = [one for one in said if not any(_same(one, other) for other in known)]
        if new:
            self._pages[key] = (*known, *at(new, url, time))

    def _read_lines(self, address: str) -> None:
        for number, line in _lines(address):
            try:
                self._take_line(SnapshotLine.model_validate_json(line))
            except ValidationError as error:
                first = error.errors()[0]
                place = ".".join(str(part) for part in first["loc"])
                raise DataError(f"{address}: line {number}: {place}: {first['msg']}") from error

    def _take_line(self, line: SnapshotLine) -> None:
        site, time = site_of(line.url), line.time.astimezone(UTC)
        place = f"{urlsplit(line.url).scheme}://{site}"
        if site in self.sites:
            self.records += 1
            if line.robots_txt is not None:
                body = line.robots_txt.encode("utf-8", "replace")
                self._take_file(site, ROBOTS, body, f"{place}{ROBOTS}", time)
            if line.tdmrep is not None:
                text = line.tdmrep if isinstance(line.tdmrep, str) else json.dumps(line.tdmrep)
                self._take_file(site, TDMREP, text.encode("utf-8", "replace"), f"{place}{TDMREP}", time)
        if self.wants(address_key(line.url)):
            headers = {name.lower(): value for name, value in line.headers.items()}
            self._add_page(line.url, headers, line.html, time)


def _lines(address: str) -> Iterator[tuple[int, bytes]]:
    import gzip  # noqa: PLC0415  # only for compressed lists

    with storage.open_read(address) as raw:
        stream = gzip.GzipFile(fileobj=raw) if address.endswith(".gz") else raw
        number = 0
        try:
            while line := stream.readline(_LINE_BYTES + 1):
                number += 1
                if len(line) > _LINE_BYTES:
                    raise DataError(f"{address}: line {number} is longer than {_LINE_BYTES >> 20} MB")
                if line.strip():
                    yield number, line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(f"{address}: broken after line {number}: {error}") from error


def _same(one: Signal, other: Signal) -> bool:
    return (one.use, one.verdict, one.signal, one.locus, one.raw) == (
        other.use,
        other.verdict,
        other.signal,
        other.locus,
        other.raw,
    )


def _time(value: bytes) -> datetime:
    try:
        time = datetime.fromisoformat(value.decode("ascii"))
    except ValueError:  # UnicodeDecodeError is one
        return datetime.fromtimestamp(0, UTC)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


@functools.lru_cache(maxsize=_PARSED)
def _parsed_robots(body: bytes) -> Robots:
    return parse(zlib.decompress(body))


@functools.lru_cache(maxsize=_PARSED)
def _parsed_tdmrep(body: bytes) -> TdmRules:
    return parse_tdmrep(zlib.decompress(body))


def site_of(url: str) -> str:
    """Return host and port of a URL, by which sites are told apart; empty where it is no http or https URL.

    >>> site_of("https://xn--80abmy0agn7e.example:443/a"), site_of("mailto:a@b.example")
    ('беларусь.example', '')
    """
    key = address_key(url)
    return key[2:].partition("/")[0] if key.startswith("//") else ""


def _target(url: str, location: str) -> str | None:
    try:
        return address_key(urljoin(url, location))
    except ValueError:
        return None
