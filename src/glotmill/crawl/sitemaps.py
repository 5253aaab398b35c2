"""What a site says of its own pages in sitemaps (sitemaps.org 0.9): XML, indexes of them, and plain lists."""

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from glotmill.crawl.links import claimed_language
from glotmill.crawl.messages import Link
from glotmill.crawl.urls import frontier_url
from glotmill.crawl.xml import MAX_BYTES, Elements, Unpacked, text, w3c_time
from glotmill.dedup.addresses import host
from glotmill.licensing.domains import registered_domain

MAX_URLS = 50_000  # of one sitemap, by the protocol; alternates in other languages count
MAX_ALTERNATES = 350  # of one page: Wikipedia has that many languages
MAX_DEPTH = 3  # indexes of indexes are against the protocol, and common
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What a sitemap names.

    Args:
        links: pages, each once, in order: source `sitemap`, or `hreflang` for alternates; `weight` is its `priority`.
        sitemaps: further sitemaps, of an index; `weight` 0.5.
        foreign: pages of other registered domains that it names as its own; they are left out.
        cut: why it ended early, or None: `bytes`, `gzip`, `xml` (broken from there on), `elements`, `urls`, `depth`
            (an index too deep), `kind` (it is no sitemap: perhaps a feed, perhaps HTML).
    """

    links: tuple[Link, ...] = ()
    sitemaps: tuple[Link, ...] = ()
    foreign: int = 0
    cut: str | None = None


def read_sitemap(content: bytes, url: str, *, depth: int = 0) -> Sitemap:
    """Return what a sitemap names, of a broken or endless one what came before.

    Reads at most 10,000,000 bytes (decompressed, gzip by its first bytes) and 50,000 URLs. Only the registered domain
    of the sitemap may name its pages; alternates (`xhtml:link hreflang`) may be anywhere, since languages often have
    domains of their own. Never raises.

    Args:
        content: body without content codings.
        url: of the sitemap, in the frontier's form.
        depth: indexes that led here, 0 for one of robots.txt; an index at depth 3 names nothing.
    """
    first = next(iter(Unpacked(content, 1_000)), b"")
    for bom in _BOMS:
        first = first.removeprefix(bom)
    if first.lstrip(b"\x00 \t\r\n").startswith(b"<"):
        return _read_xml(content, url, depth)
    return _read_list(content, url)


class _Collected:
    def __init__(self, url: str) -> None:
        self.url = url
        self.domain = registered_domain(host(url))
        self.links: dict[str, Link] = {}
        self.sitemaps: dict[str, Link] = {}
        self.foreign = 0

    @property
    def full(self) -> bool:
        return len(self.links) + len(self.sitemaps) >= MAX_URLS

    def page(self, link: Link) -> None:
        if registered_domain(host(link.url)) == self.domain:
            self.links[link.url] = link  # replaces an alternate that named it first, and said less
        else:
            self.foreign += 1

    def alternate(self, link: Link) -> None:
        self.links.setdefault(link.url, link)

    def sitemap(self, link: Link) -> None:
        if registered_domain(host(link.url)) == self.domain:
            self.sitemaps.setdefault(link.url, link)
        else:
            self.foreign += 1

    def result(self, cut: str | None) -> Sitemap:
        return Sitemap(tuple(self.links.values()), tuple(self.sitemaps.values()), self.foreign, cut)


@dataclass(slots=True)
class _Entry:
    url: str | None = None
    modified: datetime | None = None
    weight: float = 0.5
    language: str | None = None
    alternates: list[tuple[str, str | None]] | None = None


def _read_xml(content: bytes, url: str, depth: int) -> Sitemap:
    found, entry = _Collected(url), _Entry()
    elements = Elements(Unpacked(content, MAX_BYTES))
    for path, element in elements:
        if path[0] not in ("urlset", "sitemapindex"):
            return found.result("kind")
        if path[0] == "sitemapindex" and depth >= MAX_DEPTH:
            return found.result("depth")
        if len(path) > 2:
            _read_part(entry, path, element, url)
        elif path[1:] == ("url",):
            _close_page(entry, found)
            entry = _Entry()
        elif path[1:] == ("sitemap",):
            if entry.url is not None:
                found.sitemap(Link(entry.url, "sitemap", None, entry.modified))
            entry = _Entry()
        if found.full:
            return found.result("urls")
    return found.result(elements.cut)


def _read_part(entry: _Entry, path: tuple[str, ...], element: Any, base: str) -> None:
    name = path[-1]
    if name == "link" and element.get("rel", "").strip().lower() == "alternate":
        entry.alternates = entry.alternates or []
        if len(entry.alternates) < MAX_ALTERNATES:
            other = _resolved(element.get("href", ""), base)
            entry.alternates.append((other or "", claimed_language(element.get("hreflang", ""))))
    elif name == "language" and path[-2:] == ("publication", "language"):  # Google's news sitemaps
        entry.language = claimed_language(text(element))
    elif len(path) > 3:
        return
    elif name == "loc" and not str(element.tag).startswith("{http://www.google.com/schemas/sitemap-"):
        entry.url = _resolved(text(element), base)
    elif name == "lastmod":
        entry.modified = w3c_time(text(element))
    elif name == "priority":
        entry.weight = _weight(text(element))


def _resolved(written: str, base: str) -> str | None:
    return frontier_url(written, base) if written else None


def _weight(value: str) -> float:
    try:
        weight = float(value[:20])
    except ValueError:
        return 0.5
    return 0.5 if math.isnan(weight) else min(1.0, max(0.0, weight))


def _close_page(entry: _Entry, found: _Collected) -> None:
    alternates = dict(entry.alternates or ())
    if entry.url is not None:
        # A page is among its own alternates, which then say its language.
        language = entry.language or alternates.pop(entry.url, None)
        found.page(Link(entry.url, "sitemap", language, entry.modified, entry.weight))
    base = Link("", "hreflang", None, entry.modified, entry.weight)
    for other, language in alternates.items():
        if other and not found.full:
            found.alternate(replace(base, url=other, language=language))


def _read_list(content: bytes, url: str) -> Sitemap:
    """Read one URL a line, in UTF-8; the first that is none ends it, since then this is no sitemap."""
    found = _Collected(url)
    unpacked = Unpacked(content, MAX_BYTES)
    rest = b""
    named = 0
    for piece in unpacked:
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > 100_000:
            return found.result("kind")
        for line in lines:
            named += _list_line(line, found)
            if found.full:
                return found.result("urls")
            if not named and line.strip():
                return found.result("kind")
    if unpacked.cut is None:
        named += _list_line(rest, found)
    return found.result(unpacked.cut or (None if named or not content.strip() else "kind"))


def _list_line(line: bytes, found: _Collected) -> int:
    written = line.decode("utf-8-sig", "replace").strip()
    if not written.lower().startswith(("http://", "https://")):
        return 0
    page = frontier_url(written)
    if page is not None:
        found.page(Link(page, "sitemap"))
    return 1
