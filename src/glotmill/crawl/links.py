"""The links of an HTML page, as the crawler follows them."""

import functools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from glotmill.crawl.messages import Link
from glotmill.crawl.urls import frontier_url
from glotmill.licensing.page import MAX_HTML, attribute, parse_page, tokens
from glotmill.text.tags import from_bcp47, split_label

if TYPE_CHECKING:
    from resiliparse.parse.html import ElementNode

MAX_LINKS = 2_000  # the longest of 2,900 documentation pages has 1,100; archives and tag clouds have some thousands
_MAX_ELEMENTS = 20_000  # looked at: 0.5 s where every one is a new spelling of an old link
_SELECTOR = "base[href], meta[name], meta[http-equiv], link[rel][href], a[href], area[href], frame[src]"
_FEEDS = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml"})
_REFRESH = re.compile(r"\s*\d{1,3}(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"']+)", re.IGNORECASE)
_WORDS = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class PageLinks:
    """What a page links to.

    Args:
        links: each URL once, in the order of the page.
        canonical: URL that the page calls its own (`link rel=canonical`), also among the links unless it is the page's;
            None where it names none.
        feeds: URLs of its RSS and Atom feeds, at most 10.
        nofollow: whether the page asks that its links be left alone; then there are none.
        cut: whether there were more than are here.
    """

    links: tuple[Link, ...] = ()
    canonical: str | None = None
    feeds: tuple[str, ...] = ()
    nofollow: bool = False
    cut: bool = False


def links_of(html: str, url: str, *, agent: str, robots_header: str | None = None, limit: int = MAX_LINKS) -> PageLinks:
    """Return the links of a page: a, area, frame, `link` alternate, canonical, next and prev, and meta refresh.

    `iframe` is left out, since it holds advertisements and players more often than pages; `frame` is a page of a
    frameset. `rel=nofollow` on a link, and `nofollow` or `none` in `meta robots` or in X-Robots-Tag, for everybody or
    for our agent, are heeded. Sources given: `link`, `hreflang` (link alternate), `canonical`, `next` and `redirect`
    (meta refresh). `<a hreflang="eu" href="/eu/">` gives a link that claims `eus_Latn`. A page beyond the parser's
    limits gives what its first 8,000,000 characters hold, or nothing. Never raises.

    Args:
        html: decoded.
        url: of the page, in the frontier's form.
        agent: product token of our User-Agent.
        robots_header: X-Robots-Tag as it came (repeats joined by a comma), or None.
        limit: links.
    """
    if robots_header is not None and _header_forbids(robots_header, agent):
        return PageLinks(nofollow=True)
    page = parse_page(html[:MAX_HTML])
    if page is None:
        return PageLinks(cut=True)
    elements = page.select(_SELECTOR)
    collected = _Links(url, limit)
    agents = ("robots", agent.lower())
    for element in elements[:_MAX_ELEMENTS]:
        if (
            element.tag == "meta"
            and attribute(element, "name").strip().lower() in agents
            and _forbids(attribute(element, "content"))
        ):
            return PageLinks(nofollow=True)
        collected.take(element)
    return PageLinks(
        tuple(collected.found.values()),
        collected.canonical,
        tuple(collected.feeds),
        cut=collected.full or len(elements) > _MAX_ELEMENTS or len(html) > MAX_HTML,
    )


class _Links:
    def __init__(self, url: str, limit: int) -> None:
        self.url, self.base, self.limit = url, url, limit
        self.found: dict[str, Link] = {}
        self.feeds: dict[str, None] = {}
        self.canonical: str | None = None
        self.full = False
        self._based = False
        self._seen: set[tuple[str, str]] = set()

    def take(self, element: "ElementNode") -> None:
        tag = element.tag
        if tag == "base":
            if not self._based:  # the first counts (HTML standard, 4.2.3)
                self.base = frontier_url(attribute(element, "href"), self.url) or self.base
                self._based = True
        elif tag == "meta":
            match = _REFRESH.match(attribute(element, "content"))
            if match and attribute(element, "http-equiv").strip().lower() == "refresh":
                self._add(match[1], "redirect", "")
        elif tag == "link":
            self._take_link(element)
        elif "nofollow" not in tokens(element, "rel"):
            self._add(attribute(element, "src" if tag == "frame" else "href"), "link", attribute(element, "hreflang"))

    def _take_link(self, element: "ElementNode") -> None:
        rel, href = tokens(element, "rel"), attribute(element, "href")
        if "nofollow" in rel or "stylesheet" in rel:
            return
        if "canonical" in rel:
            if self.canonical is None:
                self.canonical = frontier_url(href, self.base)
            self._add(href, "canonical", "")
        elif "alternate" in rel and attribute(element, "type").strip().lower() in _FEEDS:
            feed = frontier_url(href, self.base)
            if feed is not None and len(self.feeds) < 10:
                self.feeds[feed] = None
        elif "alternate" in rel and attribute(element, "hreflang"):
            self._add(href, "hreflang", attribute(element, "hreflang"))
        elif rel & {"next", "prev"}:
            self._add(href, "next", "")

    def _add(self, href: str, source: str, hreflang: str) -> None:
        written = (href.partition("#")[0], hreflang)
        if written in self._seen or not href or href.startswith("#"):
            return
        self._seen.add(written)
        url = frontier_url(written[0], self.base)
        if url is None or url == self.url:
            return
        language = claimed_language(hreflang)
        known = self.found.get(url)
        if known is not None:
            if known.language is None and language is not None:
                self.found[url] = replace(known, language=language)
        elif len(self.found) < self.limit:
            self.found[url] = Link(url, source, language)
        else:
            self.full = True


@functools.lru_cache(maxsize=4_096)
def claimed_language(name: str) -> str | None:
    """Return the canonical tag of what a page, sitemap or feed claims (BCP 47), None where that is no language.

    `eu-ES` is `eus_Latn`; `x-default` and `_` are None.
    """
    code = re.split("[-_]", name.strip()[:40], maxsplit=1)[0]
    # Asked first, since an unknown code makes `from_bcp47` look for near matches, which takes 20 ms.
    if len(code) not in (2, 3) or split_label(code) is None:
        return None
    return from_bcp47(name[:40])


def _forbids(content: str) -> bool:
    return not {"nofollow", "none"}.isdisjoint(_WORDS.split(content.strip().lower()))


def _header_forbids(header: str, agent: str) -> bool:
    """Read X-Robots-Tag: rules for everybody, and after `name:` for that agent, until another name."""
    ours = True
    for piece in header.lower().split(","):
        name, colon, rule = piece.partition(":")
        if colon and name.strip() not in ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"):
            ours = name.strip() in ("*", "robots", agent.lower())
        else:
            rule = piece
        if ours and _forbids(rule):
            return True
    return False
