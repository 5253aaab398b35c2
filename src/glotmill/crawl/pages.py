"""What a fetched page means for the crawl: its verdict, its signals, what it links to and what that is worth."""

import asyncio
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

import xxhash

from glotmill.crawl import sections
from glotmill.crawl.entries import Aside, Entry, Found
from glotmill.crawl.feeds import read_feed
from glotmill.crawl.hunt import HOST_PARKED, TOO_FAR
from glotmill.crawl.job import CrawlJob
from glotmill.crawl.links import links_of
from glotmill.crawl.messages import Link, Response
from glotmill.crawl.sections import section_of
from glotmill.crawl.signals import page_signals
from glotmill.crawl.sitemaps import read_sitemap
from glotmill.crawl.state import SiteState
from glotmill.crawl.urls import frontier_url
from glotmill.crawl.verdicts import PageGate, Visit
from glotmill.crawl.worth import PageVerdict
from glotmill.dedup.addresses import host as host_of
from glotmill.io.charset import decode
from glotmill.io.sniff import media_type
from glotmill.licensing.signals import Signal

T = TypeVar("T")

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_XML = frozenset({"application/xml", "text/xml", "application/rss+xml", "application/atom+xml", "application/gzip", "application/x-gzip", "text/plain"})  # fmt: skip
_TAG, _NO_WORD = re.compile(rb"<[^>]*>"), b"0123456789 \t\r\n"
_LARGE = 200_000  # bytes of content; parsing so many takes some 10 ms, a thread 0.1
_AT_ONCE = 100  # links: some 5 ms
_BEST = 10.0  # of what is asked for before any page: sitemaps of a site that is crawled


@dataclass(frozen=True, slots=True)
class Read:
    """What was read in a response.

    Args:
        verdict: of the page, as the hunt learned it; None for what is no page.
        signals: of consent, of the page itself.
        found: what it links to, with places in the queue.
        aside: links that are too far for now.
        weight: of its host from now on; None leaves it.
        parked: whether its host gave nothing for too long.
        opened: whether its host gave text in a target for the first time, so that what is aside of it may be near now.
    """

    verdict: PageVerdict | None = None
    signals: tuple[Signal, ...] = ()
    found: tuple[Found, ...] = ()
    aside: tuple[Aside, ...] = ()
    weight: float | None = None
    parked: bool = False
    opened: bool = False


class Reader:
    """Reads responses for one shard.

    Args:
        job: the crawl.
        state: what is known of sites.
    """

    def __init__(self, job: CrawlJob, state: SiteState) -> None:
        self._job, self._state = job, state
        self._thread = asyncio.Semaphore(1)
        self._gate = None if job.gate is None or job.resources is None else PageGate(job.gate, job.resources)

    async def read(self, response: Response, entry: Entry) -> Read:
        """Return what a response holds; nothing of it raises.

        Large pages and long lists (a sitemap of 50,000 URLs takes 4 s of a processor) give way to other requests.
        """
        if response.status != 200 or not response.content:
            return Read(signals=page_signals(response, None))
        kind = media_type(response.headers.get("content-type", ""))
        if kind in _HTML or (kind == "" and b"<" in response.content[:1_000]):
            return await self._page(response, entry)
        if kind in _XML:
            return await self._list(response, entry)
        return Read(signals=page_signals(response, None))

    def seeds(self, urls: Iterable[str]) -> list[Found]:
        """Return seeds with their places in the queue."""
        forms = (frontier_url(url) for url in urls)
        found, _ = self._value([Link(url, "seed") for url in forms if url is not None], None, hops=0)
        return found

    def reconsider(self, links: Iterable[Aside]) -> list[Found]:
        """Return those of the links that were set aside that are worth asking for by now, with places in the queue."""
        found: list[Found] = []
        for one in links:
            some, _ = self._value([one.link], one.via, hops=one.via.hops + 1)
            found += [replace(each, via=one.via.url) for each in some]
        return found

    def sitemaps(self, urls: Iterable[str], entry: Entry) -> list[Found]:
        """Return the sitemaps that a robots.txt names, asked for before its site's pages."""
        forms = (frontier_url(url) for url in urls)
        links = [Link(url, "sitemap") for url in forms if url is not None and self._wanted([url])[0]]
        return [Found(link, _BEST, entry.hops) for link in links]

    def moved(self, url: str, entry: Entry) -> list[Found]:
        """Return the front page of the site that a robots.txt's redirect leads to: a site that moves takes it along."""
        root = frontier_url("/", url)
        if root is None or not self._wanted([root])[0]:
            return []
        return [Found(Link(root, "redirect", entry.language), entry.priority, entry.hops, beyond=entry.beyond)]

    def redirect(self, response: Response, entry: Entry) -> list[Found]:
        """Return where a redirect points: a URL like any other, to be asked for under its own robots.txt."""
        target = frontier_url(response.location or "", response.url)
        if target is None or not self._wanted([target])[0]:
            return []
        link = Link(target, "redirect", entry.language)
        return [Found(link, entry.priority, entry.hops, beyond=entry.beyond, redirects=entry.redirects + 1)]

    async def _page(self, response: Response, entry: Entry) -> Read:
        decoded = await self._aside(response, lambda: decode(response.content, response.headers.get("content-type")))
        html = "" if decoded is None else decoded.text
        signals = await self._aside(response, lambda: page_signals(response, html or None))
        self._state.traps(host_of(response.url)).fetched(
            response.url, await self._aside(response, lambda: _alike(response.content))
        )
        verdict = self._verdict(response, entry)
        before = self._state.hunt.accepted(response.url)
        learned = self._state.hunt.learn(verdict)
        product = self._job.agent.product
        header = response.headers.get("x-robots-tag")
        links = await self._aside(response, lambda: links_of(html, response.url, agent=product, robots_header=header))
        root = Link(response.url, "link")
        parked = self._state.hunt.value(root, None).reason == HOST_PARKED
        feeds = [Link(url, "feed") for url in links.feeds]
        found, aside = await self._valued([*links.links, *feeds], learned.via, hops=entry.hops + 1)
        return Read(
            learned.via,
            signals,
            tuple(found),
            tuple(aside),
            weight=self._weight(response.url),
            parked=parked,
            opened=verdict.accepted and not before,
        )

    def _verdict(self, response: Response, entry: Entry) -> PageVerdict:
        if self._gate is None:
            size = len(response.content)
            return PageVerdict(response.url, accepted=True, characters=size, size=size, hops=entry.hops)
        return self._gate.judge([Visit(response, entry.hops, entry.beyond)])[0]

    async def _list(self, response: Response, entry: Entry) -> Read:
        depth = min(entry.hops, 3)
        sitemap = await self._aside(response, lambda: read_sitemap(response.content, response.url, depth=depth))
        links = [*sitemap.links, *sitemap.sitemaps]
        if not links:
            links = list((await self._aside(response, lambda: read_feed(response.content, response.url))).links)
        signals = page_signals(response, None)
        found, _ = await self._valued(links, None, hops=entry.hops + 1)
        return Read(None, signals, tuple(found))

    async def _aside(self, response: Response, read: Callable[[], T]) -> T:
        """Return what reading a response gives; a large one is read in a thread, which takes turns with the requests."""
        if len(response.content) <= _LARGE:
            return read()
        async with self._thread:  # one at a time: a page of 5 MB takes some 100 MB while it is read
            return await asyncio.to_thread(read)

    async def _valued(
        self, links: Sequence[Link], via: PageVerdict | None, *, hops: int
    ) -> tuple[list[Found], list[Aside]]:
        found, aside = self._value(links[:_AT_ONCE], via, hops=hops)
        for start in range(_AT_ONCE, len(links), _AT_ONCE):
            await asyncio.sleep(0)
            more, further = self._value(links[start : start + _AT_ONCE], via, hops=hops)
            found += more
            aside += further
        return found, aside

    def _value(self, links: Sequence[Link], via: PageVerdict | None, *, hops: int) -> tuple[list[Found], list[Aside]]:
        """Return the links that are wanted, worth following and no trap, with their places in the queue, and those too far.

        A place is the logarithm of what a link is worth against an unknown one of its host; the host's own worth is its
        weight in the frontier, so that what is learned later moves all its links.
        """
        found: list[Found] = []
        aside: list[Aside] = []
        year = datetime.now(UTC).year
        hunt = self._state.hunt
        urls = [link.url for link in links]
        known = set(self._state.known(urls))
        for link, wanted in zip(links, self._wanted(urls), strict=True):
            if not wanted:
                continue
            fresh = link.url not in known
            if fresh and self._state.trapped(link.url, year=year) is not None:
                continue
            worth = hunt.value(link, via)
            if worth.value is None:
                if fresh and via is not None and worth.reason == TOO_FAR:
                    aside.append(Aside(link, via))
                continue
            place = _log(worth.value) - _log(hunt.expected(_root(link.url), 0.0))
            if fresh:  # a menu stands on every page, and counts once
                known.add(link.url)
                self._state.admitted(link.url)
            found.append(Found(link, place, hops, beyond=worth.beyond))
        return found, aside

    def _weight(self, url: str) -> float:
        """Return what a URL's host is worth against one of which nothing is known, as a logarithm."""
        hunt = self._state.hunt
        return _log(hunt.expected(_root(url), 0.0)) - _log(hunt.expected("/", 0.0))

    def _wanted(self, urls: Sequence[str]) -> list[bool]:
        sites, blocked = self._job.sites, self._job.blocked
        taken_down = self._job.taken_down
        return [
            (sites is None or sites.wanted(url))
            and (blocked is None or not blocked.blocks(url))
            and taken_down.address(url) is None
            for url in urls
        ]


def _alike(content: bytes) -> int:
    """Return a hash of a page's text that numbers do not change: the months of an empty calendar are one page."""
    return xxhash.xxh3_64_intdigest(_TAG.sub(b"", content).translate(None, _NO_WORD))


def _root(url: str) -> str:
    return f"{sections.host_of(section_of(url))}/"


def _log(value: float) -> float:
    return math.log(max(value, 1e-12))
