"""One shard of a crawl at work: claims what may be asked for now, asks, reads, archives and commits.

One claim of the frontier is one request: of the site's robots.txt where that is not known, then of its tdmrep.json,
then of the page. What came is written into the WARC and synced before the frontier commits it with all that it gave.
"""

import asyncio
import contextlib
import hashlib
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from glotmill.crawl import sections
from glotmill.crawl.addresses import destination
from glotmill.crawl.archive import Archive, Mark, Operator, Place
from glotmill.crawl.entries import Aside, Entry, Found, Outcome, Released, Result, Written
from glotmill.crawl.fetcher import Fetcher
from glotmill.crawl.frontier import TOTALS, Frontier
from glotmill.crawl.hunt import HOST_PARKED
from glotmill.crawl.job import CrawlJob, ShardReport, frontier_folder
from glotmill.crawl.messages import Failure, Request, Response
from glotmill.crawl.names import Names
from glotmill.crawl.pages import Reader
from glotmill.crawl.records import About, Earlier
from glotmill.crawl.robots_cache import Verdict, origin_of
from glotmill.crawl.sections import section_of
from glotmill.crawl.shards import shard_of
from glotmill.crawl.signals import page_signals, site_signals
from glotmill.crawl.state import MARK, TALLY, SiteState, tally_note
from glotmill.crawl.totals import totals_note
from glotmill.crawl.visit import OTHER_SHARD, Visit, denied, hops_of, in_words, signal_rows
from glotmill.crawl.worth import Tally
from glotmill.dedup.addresses import host as host_of
from glotmill.dedup.tombstones import PREFIX
from glotmill.licensing.consent import Act, after_fetch, before_fetch
from glotmill.licensing.domains import registered_domain
from glotmill.licensing.signals import Signal

MAX_REDIRECTS = 5
_ATTEMPTS = 3  # of a page whose server fails
# Processes that may end while a page is in flight: with one that ends them, up to 63 others are.
_INTERRUPTIONS = 20
# Seconds between two commits, at most: what a kill fetches again. Hosts wait for the commit of their last page, so that
# a shorter delay than that brings shorter commits, down to the second of these.
_COMMIT_S, _SHORTEST_COMMIT_S = 1.0, 0.05
_COMMIT_PAGES, _COMMIT_BYTES = 64, 32_000_000  # or as soon as so many have come
_LOOK_S, _SHORTEST_LOOK_S = 1.0, 0.01  # between two looks at the queue, at most and at least
_LONGEST_TURN_S = 60.0  # that a host is kept for the robots.txt of another; beyond it both wait in the queue
_SLOW_PAGES = 100  # of a host whose Crawl-delay is above a minute: the slow lane, or one host keeps a crawl for weeks


Left = Literal["nothing", "more", "later"]


class ShardCrawl:
    """Crawls one shard until nothing is left, the time is over or its share of pages is fetched.

    Args:
        job: the crawl.
        folder: of the crawl, local.
        shard: number of the shard.
    """

    def __init__(self, job: CrawlJob, folder: Path, shard: int) -> None:
        self._job, self._folder, self._shard = job, folder, shard

    def run(self, *, seconds: float | None = None, pages: int | None = None, widen: bool = True) -> ShardReport:
        """Crawl, and return what was done.

        Args:
            seconds: after which nothing new is asked for; None goes on.
            pages: that this call may ask for; None sets no bound.
            widen: take up links that are further from accepted pages when nothing nearer is left in this shard.
        """
        job = self._job
        operator = Operator(job.agent.contact, job.agent.header, job.name)
        name = _archive_name(self._shard)
        with (
            Frontier(
                frontier_folder(self._folder), shard=self._shard, shards=job.shards, budget=job.host_budget
            ) as frontier,
            Archive(self._folder, name, operator=operator, plan=job.plan, max_bytes=job.warc_bytes) as archive,
        ):
            interrupted = frontier.recover().hosts
            archive.recover(_read_mark(frontier.noted(MARK, name)))
            work = _Work(job, frontier, archive, self._shard)
            work.resume(interrupted)
            frontier.add(work.reader.seeds(_own_seeds(job, self._shard)))
            before = work.totals
            left = asyncio.run(work.run(seconds, pages, widen=widen))
            work.commit(archive.flush() if left == "more" else archive.end())
        done = work.totals.minus(before)
        return ShardReport(self._shard, done, idle=left == "nothing", waiting=left == "later")

    def end(self) -> None:
        """End and publish the archive of a shard that is not crawled on for now."""
        job, name = self._job, _archive_name(self._shard)
        operator = Operator(job.agent.contact, job.agent.header, job.name)
        with (
            Frontier(
                frontier_folder(self._folder), shard=self._shard, shards=job.shards, budget=job.host_budget
            ) as frontier,
            Archive(self._folder, name, operator=operator, plan=job.plan, max_bytes=job.warc_bytes) as archive,
        ):
            frontier.recover()
            archive.recover(_read_mark(frontier.noted(MARK, name)))
            _Work(job, frontier, archive, self._shard).commit(archive.end())


class _Work:
    def __init__(self, job: CrawlJob, frontier: Frontier, archive: Archive, shard: int) -> None:
        self.job, self._frontier, self._archive = job, frontier, archive
        self._name, self._shard = _archive_name(shard), shard
        self.totals = frontier.totals()
        self.state = SiteState(frontier, job, shard)
        self.reader = Reader(self.job, self.state)
        self._resolver = Names(self.job)
        self._visits: list[Visit] = []
        self._committed = time.monotonic()
        self._held = 0  # bytes of the responses that wait for the next commit
        self._under_way: set[str] = set()  # hosts of claims
        self._claimed = 0
        self._commit_s = min(_COMMIT_S, max(_SHORTEST_COMMIT_S, self.job.polite.min_delay))

    def resume(self, hosts: Sequence[str]) -> None:
        """Let hosts wait that may have been asked just before an earlier process ended."""
        for host in hosts:
            self.state.meet_host(host)
            self.state.politeness.resumed(host, time.time())

    async def run(self, seconds: float | None, pages: int | None, *, widen: bool) -> Left:
        """Crawl; return what is left: nothing, more, or what may be asked for only later."""
        job, begun = self.job, time.monotonic()
        tasks: set[asyncio.Task[Visit]] = set()
        asked = 0
        async with Fetcher(
            job.agent,
            resolver=self._resolver,
            limits=job.fetch,
            ports=job.ports,
            allow_private=job.allow_private,
        ) as fetcher:
            while True:
                over = (seconds is not None and time.monotonic() - begun >= seconds) or (
                    pages is not None and asked >= pages
                )
                room = job.concurrency - len(tasks)
                bound = room if pages is None else min(room, pages - asked - len(tasks))
                if not over and bound > 0:
                    explore = sum(self.state.hunt.explores(self._claimed + number) for number in range(bound))
                    claimed = self._frontier.claim(time.time(), bound, earliest=self._earliest, explore=explore)
                    self._claimed += len(claimed)
                    for entry in claimed:
                        tasks.add(asyncio.create_task(self._contained(fetcher, entry)))
                if not tasks:
                    self.commit(self._archive.flush())
                    left = "more" if over else await self._rest(widen=widen)
                    if left is not None:
                        return left
                    continue
                look = self._look() if not over and bound > 0 else _LOOK_S
                done, tasks = await asyncio.wait(tasks, timeout=look, return_when=asyncio.FIRST_COMPLETED)
                while done:
                    asked += self._hold(done.pop().result())
                if self._visits and time.monotonic() - self._committed >= self._commit_s:
                    self.commit(None)

    def _hold(self, visit: Visit) -> bool:
        """Keep a visit for the next commit, which may be now; tell whether it used up a page of the call's bound."""
        if isinstance(visit.fetched, Response):
            visit.fetched = replace(visit.fetched, content=b"")  # what is archived is the body
            self._held += len(visit.fetched.body)
        self._visits.append(visit)
        if len(self._visits) >= _COMMIT_PAGES or self._held >= _COMMIT_BYTES:
            self.commit(None)
        return visit.asked or visit.returned

    async def _rest(self, *, widen: bool) -> Left | None:
        """Wait for the next host's turn; return what is left where there is none, or none soon."""
        wait = self._frontier.next_time()
        if wait is not None and wait - time.time() <= self.job.patience:
            await asyncio.sleep(min(max(wait - time.time(), 0.0), _LOOK_S))
            return None
        if widen and self._widen():
            return None
        return "nothing" if wait is None else "later"

    def _widen(self) -> bool:
        """Take up links further from accepted pages until there is something to ask for; tell whether there is."""
        while True:
            if self._take_up(self._asides()):
                return True
            if self._frontier.sends():
                return False  # another shard has something nearer to ask for
            if not self.state.hunt.widen():
                return False

    def _asides(self) -> Iterable[list[Aside]]:
        after = ""
        while some := self._frontier.asides(after=after):
            yield some
            after = some[-1].link.url

    def _take_up(self, links: Iterable[list[Aside]]) -> int:
        return sum(self._frontier.take_up(self.reader.reconsider(some)) for some in links)

    def _look(self) -> float:
        """Return the seconds until something is to be done, whatever the requests under way do."""
        commit = self._committed + self._commit_s - time.monotonic() if self._visits else _LOOK_S
        ready = self._frontier.next_time()
        turn = _LOOK_S if ready is None else ready - time.time()
        return max(_SHORTEST_LOOK_S, min(commit, turn, _LOOK_S))

    def _earliest(self, host: str, domain: str) -> float:
        return self.state.politeness.next_time(host, domain, self._resolver.known(host))

    async def _contained(self, fetcher: Fetcher, entry: Entry) -> Visit:
        """Return what came of a claim; a page that breaks us is a failed page and no end of its shard."""
        self._under_way.add(entry.host)
        try:
            return await self._visit(fetcher, entry)
        except Exception as error:  # noqa: BLE001  # whatever a server sends may find a fault of ours; it is named
            now = time.time()
            if self.state.politeness.state(entry.host).in_flight:
                self.state.politeness.finished(entry.host, now, seconds=0.0, status=None)
            next_time = max(now, self.state.politeness.next_time(entry.host, entry.domain, None))
            visit = self._ended(entry, now, Result("failed", now, next_time, f"error.{type(error).__name__}"))
            visit.asked = True
            return visit
        finally:
            self._under_way.discard(entry.host)

    def _given_up(self, entry: Entry, now: float) -> Result | None:
        """Return what becomes of a page that may not be asked for, nor its robots.txt, whose failing would keep it waiting."""
        reason = "refused_url" if self._refused(entry.url) else "interrupted"
        if reason == "refused_url" or entry.interrupted >= _INTERRUPTIONS:
            return Result("failed", now, now, reason, asked=False)
        gone = self.job.taken_down.address(entry.url)  # queued before it was taken down, or a redirect or a seed
        return None if gone is None else Result("skipped", now, now, f"{PREFIX}{gone}", asked=False)

    async def _visit(self, fetcher: Fetcher, entry: Entry) -> Visit:
        state, now = self.state, time.time()
        given_up = self._given_up(entry, now)
        if given_up is not None:
            return self._ended(entry, now, given_up)
        state.meet(entry.url)
        needed = state.robots.needs(entry.url, now)
        if needed is not None:
            return await self._policy(fetcher, entry, needed, robots_of=entry.url)
        verdict = state.robots.verdict(entry.url, now)
        if verdict.kind == "disallowed":
            return self._disallowed(entry, verdict, now)
        reserved = await self._reservation(fetcher, entry, now)
        if reserved is not None:
            return reserved
        signals = site_signals(entry.url, state.robots, state.tdm, self.job.agents)
        act = before_fetch(self.job.consent, signals)
        if act.action == "skip":
            return self._denied(entry, act, signals, now)
        if self.job.consent == "strictest" and state.tdm.is_elsewhere(entry.url, OTHER_SHARD):
            return self._ended(entry, now, Result("skipped", now, now, "consent.unread", asked=False))
        fetched = await self._ask(fetcher, Request(entry.url, entry.etag, entry.last_modified), entry.host)
        if isinstance(fetched, float):
            return Visit(entry, fetched)
        visit = await self._page(entry, fetched, signals)
        visit.asked = True
        return visit

    def _disallowed(self, entry: Entry, verdict: Verdict, now: float) -> Visit:
        state = self.state
        known = state.robots.entry(entry.url)
        if verdict.reason == "robots.unreachable" and not verdict.hopeless and known is not None:
            if not self.job.loopback:
                return Visit(entry, now, until=known.until)
            if known.failures < _ATTEMPTS:  # a rehearsal tries again at once, and then gives up
                state.robots.restore(replace(known, until=now))
                return Visit(entry, now + self.job.polite.max_backoff)
        signals = site_signals(entry.url, state.robots, state.tdm, self.job.agents)
        act = before_fetch(self.job.consent, signals)
        if act.action == "skip" and entry.digest is not None:
            # Who shuts the door and denies training as well has done no less than who does the latter alone.
            return self._denied(entry, act, signals, now)
        return self._ended(entry, now, Result("skipped", now, now, verdict.reason, asked=False))

    def _denied(self, entry: Entry, act: Act, signals: Sequence[Signal], now: float) -> Visit:
        """Skip a page unasked; where an earlier visit brought it, the archive says why it may not be used."""
        result = Result("skipped", now, now, act.reason, asked=False)
        if entry.digest is None:
            return self._ended(entry, now, result)
        return self._ended(entry, now, result, *denied(entry, act, signals, now))

    async def _reservation(self, fetcher: Fetcher, entry: Entry, now: float) -> Visit | None:
        """Ask for a site's tdmrep.json where that is due and allowed; it may lead to a site with a robots.txt of its own."""
        state = self.state
        needed = state.tdm.needs(entry.url, now)
        if needed is None:
            return None
        if origin_of(needed) != origin_of(entry.url):
            state.meet(needed)
            robots = state.robots.needs(needed, now)
            if robots is not None:
                return await self._policy(fetcher, entry, robots, robots_of=needed)
        if state.robots.verdict(needed, now).kind != "allowed":
            return None
        return await self._policy(fetcher, entry, needed)

    async def _policy(self, fetcher: Fetcher, entry: Entry, url: str, *, robots_of: str | None = None) -> Visit:
        """Ask for a robots.txt or tdmrep.json; the page waits for its host's next turn.

        Args:
            fetcher: to ask with.
            entry: that cannot be asked for before.
            url: of the file, or where its redirects lead.
            robots_of: a URL of the site that it is the robots.txt of; None for the tdmrep.json of the entry's.
        """
        state = self.state
        fetched = self._closed(url) or await self._ask(fetcher, Request(url), entry.host)
        if isinstance(fetched, float):
            return Visit(entry, fetched)
        now = time.time()
        state.meet(robots_of or entry.url)
        found: list[Found] = []
        if robots_of is None:
            state.tdm.take(entry.url, fetched, now)
        else:
            state.robots.take(robots_of, fetched, now)
            rules = state.robots.robots(robots_of)
            host = host_of(robots_of)
            # A host has one pace, whatever its other scheme or port says.
            delays = state.crawl_delays(host)
            site = None if self.job.sites is None else self.job.sites.site_of(robots_of)
            if site is not None and not self.job.loopback:
                delays.append(site.limits.delay_s)
                self._frontier.set_host(host, budget=min(site.limits.max_pages, self.job.host_budget))
            state.politeness.set_crawl_delay(host, max(delays, default=None))
            if state.politeness.is_slow(host):
                self._frontier.set_host(host, budget=min(_SLOW_PAGES, self.job.host_budget))
            if rules is not None and robots_of == entry.url:
                found = self.reader.sitemaps(rules.sitemaps, entry)
            if robots_of == entry.url and isinstance(fetched, Failure) and fetched.code == OTHER_SHARD:
                found = self.reader.moved(url, entry)
        next_time = state.politeness.next_time(entry.host, entry.domain, None)
        about = About(via=entry.url, hops="P")
        notes = {**state.policy_notes(robots_of or entry.url), **state.notes(url), **state.notes(entry.url)}
        return Visit(entry, next_time, fetched, "policy", None, about, notes, found)

    def _closed(self, url: str) -> Failure | None:
        """Return why a file that a site's redirects lead to is not asked for, or None.

        A registered domain is asked by one shard alone, whatever other domains point to it.
        """
        refused = self._refused(url)
        if refused is not None:
            code, detail = "refused_url", refused
        elif self.job.blocked is not None and self.job.blocked.blocks(url):
            code, detail = "refused_url", "a blocklist names it"
        elif shard_of(registered_domain(host_of(url)), self.job.shards) != self._shard:
            code, detail = OTHER_SHARD, "its domain is asked by another shard"
        else:
            return None
        return Failure(url, code, detail, None, datetime.now(UTC), 0.0)

    def _refused(self, url: str) -> str | None:
        """Return why a URL may not be asked for, or None."""
        where = destination(url, ports=self.job.ports, allow_private=self.job.allow_private)
        if isinstance(where, str):
            return where
        if self.job.loopback and where.address is not None and not ip_address(where.address).is_loopback:
            return f"{where.address} is not this machine"  # names all are
        return None

    async def _ask(self, fetcher: Fetcher, request: Request, host: str) -> Response | Failure | float:
        """Return what came of a request, or, unasked, when to try again: another one took the host's turn."""
        politeness, asked = self.state.politeness, host_of(request.url) or host
        with contextlib.suppress(OSError, UnicodeError):  # the fetcher meets it too, and says so
            async with asyncio.timeout(self.job.fetch.connect):
                await self._resolver.resolve(asked)
        self.state.meet_host(asked)
        address, domain, now = self._resolver.known(asked), registered_domain(asked), time.time()
        free = politeness.next_time(asked, domain, address)
        if math.isinf(free):
            return now + self.job.polite.min_delay
        if free > now and (asked == host or free - now > _LONGEST_TURN_S):
            return free
        # From here on the host is taken: by a robots.txt that another host's points to, before its turn has come.
        politeness.started(asked, domain, address or "", max(now, free))
        await asyncio.sleep(max(free - now, 0.0))
        try:
            fetched = await fetcher.fetch(request)
        except Exception:
            politeness.finished(asked, time.time(), seconds=0.0, status=None)
            raise
        status = fetched.status if isinstance(fetched, Response) else None
        after = fetched.headers.get("retry-after") if isinstance(fetched, Response) else None
        politeness.finished(asked, time.time(), seconds=fetched.seconds, status=status, retry_after=after)
        if asked != host:  # a robots.txt that is elsewhere: its own host waits too
            politeness.finished(host, time.time(), seconds=fetched.seconds, status=status)
        return fetched

    async def _page(self, entry: Entry, fetched: Response | Failure, signals: Sequence[Signal]) -> Visit:
        state, now = self.state, time.time()
        next_time = state.politeness.next_time(entry.host, entry.domain, None)
        about = About(via=entry.via, hops=hops_of(entry), signals=signal_rows(signals))
        if isinstance(fetched, Failure) or fetched.status in (429, 503) or fetched.status >= 500:
            code = fetched.code if isinstance(fetched, Failure) else f"status_{fetched.status}"
            status = None if isinstance(fetched, Failure) else fetched.status
            final = entry.attempts + 1 >= _ATTEMPTS or code in ("refused_url", "refused_address")
            outcome: Outcome = "failed" if final else "retry"
            return self._ended(entry, now, Result(outcome, now, next_time, code, status), fetched, about)
        if fetched.status == 304 and entry.capture is not None:
            about = replace(about, earlier=Earlier.noted(entry.capture))
        if fetched.location is not None:
            about = replace(about, signals=signal_rows((*signals, *page_signals(fetched, None))))
            return self._redirected(entry, fetched, about, next_time)
        read = await self.reader.read(fetched, entry)
        whole = fetched.truncated not in ("disconnect", "time")  # or a 304 would leave it cut for ever
        act = after_fetch(self.job.consent, (*signals, *read.signals))
        if act.action == "skip":
            # What may not be used is not kept either, but what was said is.
            denial, about = denied(entry, act, (*signals, *read.signals), now)
            return self._ended(entry, now, Result("skipped", now, next_time, act.reason, fetched.status), denial, about)
        about = replace(about, gate=in_words(read), signals=signal_rows((*signals, *read.signals)))
        result = Result(
            "done",
            now,
            next_time,
            status=fetched.status,
            etag=fetched.headers.get("etag") if whole else None,
            last_modified=fetched.headers.get("last-modified") if whole else None,
            digest=hashlib.sha256(fetched.content).hexdigest() if fetched.content else None,
            found=read.found,
            aside=read.aside,
            weight=read.weight,
        )
        visit = self._ended(entry, now, result, fetched, about)
        visit.size, visit.verdict = len(fetched.content), read.verdict
        visit.opened, visit.parked = read.opened, read.parked
        return visit

    def _redirected(self, entry: Entry, response: Response, about: About, next_time: float) -> Visit:
        now = time.time()
        too_many = entry.redirects >= MAX_REDIRECTS
        found = [] if too_many else self.reader.redirect(response, entry)
        reason = "too_many_redirects" if too_many else None
        result = Result("failed" if reason else "done", now, next_time, reason, response.status, found=found)
        return self._ended(entry, now, result, response, about)

    def _ended(
        self,
        entry: Entry,
        now: float,
        result: Result,
        fetched: Response | Failure | None = None,
        about: About | None = None,
    ) -> Visit:
        notes = dict(self.state.notes(entry.url))
        return Visit(entry, result.next_time, fetched, None, result, about or About(), notes, result.found)

    def commit(self, mark: Mark | None) -> None:
        """Archive what came, bring it to the disk, and commit it with all that it gave."""
        visits, self._visits, self._held = self._visits, [], 0
        places = [self._archived(visit) for visit in visits]
        self._committed = time.monotonic()
        if visits or mark is None:
            mark = self._archive.flush()
        ends = not visits
        notes: dict[tuple[str, str], bytes | None] = {(MARK, self._name): f"{mark.file} {mark.offset}".encode()}
        for visit in visits:
            notes.update(visit.notes)
            self.totals = self.totals.plus(visit.counts())
        notes[TOTALS, ""] = totals_note(self.totals)
        notes.update(self.state.leave(self._under_way))
        if ends:
            notes.update(self.state.unsaved())
        notes.update({(TALLY, tally.section): tally_note(tally) for tally in self._changed(visits)})
        ended = [
            (visit.entry, visit.result, _written(place, mark))
            for visit, place in zip(visits, places, strict=True)
            if visit.result is not None
        ]
        released = [
            Released(visit.entry, visit.next_time, visit.found, visit.until) for visit in visits if visit.result is None
        ]
        self._frontier.finish_all(ended, notes, released=released, durable=self._archive.publishes)
        self._archive.settle(mark)
        for host in sorted({visit.entry.host for visit in visits if visit.opened}):
            self._take_up([self._frontier.asides(host=host)])
        for host in sorted({visit.entry.host for visit in visits if visit.parked}):
            self._leave(host)

    def _leave(self, host: str) -> None:
        """Skip what is queued of a host that gave nothing for too long, but for what hints at a target."""
        after = 0
        while some := self._frontier.queued(host, after=after):
            after = some[-1][0]
            left = [number for number, link in some if not self.reader.hopeful(link)]
            self._frontier.give_up(host, left, HOST_PARKED, time.time())

    def _archived(self, visit: Visit) -> Place | None:
        if visit.fetched is None:
            return None
        return self._archive.write(visit.fetched, visit.about, purpose=visit.purpose)

    def _changed(self, visits: Sequence[Visit]) -> list[Tally]:
        hosts = {sections.host_of(section_of(visit.entry.url)) for visit in visits if visit.result is not None}
        return [tally for host in sorted(hosts) for tally in self.state.hunt.rows_of(host)]


def _archive_name(shard: int) -> str:
    return f"crawl-{shard:05d}"


def _own_seeds(job: CrawlJob, shard: int) -> list[str]:
    seeds = [*job.seeds, *(seed for site in (job.sites.sites if job.sites else ()) for seed in site.seeds)]
    return [url for url in seeds if shard_of(registered_domain(host_of(url)), job.shards) == shard]


def _written(place: Place | None, mark: Mark) -> Written | None:
    if place is None:
        return None
    end = mark.offset if place.file == mark.file else place.offset + place.length
    return Written(place.name, place.offset, end, None if place.capture is None else place.capture.note())


def _read_mark(note: bytes | None) -> Mark:
    if note is None:
        return Mark()
    file, offset = note.decode().split()
    return Mark(int(file), int(offset))
