"""What a shard knows of sites beside its queue, as notes of the frontier: robots, politeness, traps, the hunt's tallies."""

import base64
import json
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import astuple

from glotmill.crawl.entries import Notes
from glotmill.crawl.frontier import Frontier
from glotmill.crawl.hunt import Order
from glotmill.crawl.job import CrawlJob
from glotmill.crawl.politeness import Politeness
from glotmill.crawl.robots_cache import Entry, RobotsCache, origin_of
from glotmill.crawl.shards import shard_of
from glotmill.crawl.tdm_cache import TdmCache
from glotmill.crawl.traps import HostTraps, Trap, TrapLimits, judge_shape
from glotmill.crawl.urls import registered_domain
from glotmill.crawl.worth import Tally
from glotmill.dedup.addresses import host as host_of

ROBOTS, TDM, HOST, TRAPS, TALLY, MARK = "robots", "tdm", "host", "traps", "tally", "mark"

_KEPT_HOSTS, _KEPT_TRAPS = 20_000, 2_000  # in memory, those met last; the others are in their notes
_KEPT_BYTES = 64_000_000  # of robots.txt and tdmrep.json files in memory, compressed
_TRAPS_EVERY = 16  # visits of a host: the note of a large one has 200 kB
_TRAP_LIMITS = TrapLimits()


class SiteState:
    """The state of the sites of one shard, brought from the frontier's notes when a site is first met.

    Args:
        frontier: that holds the notes.
        job: the crawl.
        shard: number of the shard.
    """

    def __init__(self, frontier: Frontier, job: CrawlJob, shard: int) -> None:
        self._frontier, self._shard, self._shards = frontier, shard, job.shards
        self.robots, self.tdm = RobotsCache(), TdmCache()
        self.politeness = Politeness(job.polite)
        self.hunt: Order = job.hunt.build(job.languages, _tallies(frontier))
        self._traps: OrderedDict[str, HostTraps] = OrderedDict()
        self._hosts: OrderedDict[str, set[str]] = OrderedDict()  # host -> its origins that were met
        self._unsaved: dict[str, int] = {}  # host -> visits since what is counted of it was noted
        self._left: dict[tuple[str, str], bytes] = {}  # notes of what has left the memory since the last commit

    def meet(self, url: str) -> None:
        """Bring back what was noted of a URL's site, unless it is in memory."""
        origin, host = origin_of(url), host_of(url)
        self.meet_host(host)
        if origin is not None and origin not in self._hosts[host]:
            self._hosts[host].add(origin)
            for kind, cache in ((ROBOTS, self.robots), (TDM, self.tdm)):
                note = self._noted(kind, origin)
                if note is not None:
                    cache.restore(_entry(note))

    def meet_host(self, host: str) -> None:
        """Bring back what was noted of a host's pace, unless it is in memory."""
        if host not in self._hosts:
            self._hosts[host] = set()
            self.politeness.restore(host, self._noted(HOST, host))
        self._hosts.move_to_end(host)

    def traps(self, host: str) -> HostTraps:
        """Return what is counted of a host."""
        if host not in self._traps:
            self._traps[host] = HostTraps.restored(self._noted(TRAPS, host))
            if len(self._traps) > _KEPT_TRAPS:
                old, counts = self._traps.popitem(last=False)
                self._left[TRAPS, old] = counts.store()
                self._unsaved.pop(old, None)
        self._traps.move_to_end(host)
        return self._traps[host]

    def leave(self) -> Notes:
        """Let hosts out of memory that were met longest ago, and return notes to commit, without which they are lost."""
        left, self._left = self._left, {}
        busy: list[str] = []
        while self._hosts and (len(self._hosts) > _KEPT_HOSTS or self.robots.held + self.tdm.held > _KEPT_BYTES):
            host = next(iter(self._hosts))
            if self.politeness.state(host).in_flight:
                busy.append(host)
                self._hosts.move_to_end(host)
                if len(busy) == len(self._hosts):
                    break
                continue
            left[HOST, host] = self.politeness.store(host)
            for origin in self._hosts.pop(host):
                left |= {key: note for key, note in self.policy_notes(origin).items() if note is not None}
                self.robots.forget(origin)
                self.tdm.forget(origin)
            self.politeness.forget(host)
        return left

    def _noted(self, kind: str, key: str) -> bytes | None:
        return self._left.pop((kind, key), None) or self._frontier.noted(kind, key)

    def trapped(self, url: str, *, year: int) -> Trap | None:
        """Return why a URL is not worth asking for; a host of another shard is counted there, or for nobody."""
        host = host_of(url)
        if self._shards > 1 and shard_of(registered_domain(host), self._shards) != self._shard:
            return judge_shape(url, year=year, limits=_TRAP_LIMITS)
        return self.traps(host).judge(url, year=year)

    def admitted(self, url: str) -> None:
        """Count a URL that is queued for the first time."""
        host = host_of(url)
        if self._shards == 1 or shard_of(registered_domain(host), self._shards) == self._shard:
            self.traps(host).admitted(url)

    def known(self, urls: Iterable[str]) -> frozenset[str]:
        """Return those of some URLs that the queue has, in whatever state."""
        return self._frontier.known(urls)

    def notes(self, url: str) -> Notes:
        """Return the notes of a URL's host as it is now: its pace, and, once in a while, what is counted of it."""
        host = host_of(url)
        found: dict[tuple[str, str], bytes | None] = {(HOST, host): self.politeness.store(host)}
        if host in self._traps:
            visits = self._unsaved.get(host, 0) + 1
            self._unsaved[host] = visits
            if visits >= _TRAPS_EVERY:
                found[TRAPS, host] = self._traps[host].store()
                del self._unsaved[host]
        return found

    def unsaved(self) -> Notes:
        """Return the notes that `notes` put off; a kill before that loses the counts of a few pages."""
        hosts, self._unsaved = sorted(self._unsaved), {}
        return {(TRAPS, host): self._traps[host].store() for host in hosts}

    def policy_notes(self, url: str) -> Notes:
        """Return the notes of a URL's robots.txt and tdmrep.json as they were taken last."""
        origin = origin_of(url)
        found: dict[tuple[str, str], bytes | None] = {}
        for kind, cache in ((ROBOTS, self.robots), (TDM, self.tdm)):
            entry = cache.entry(url)
            if origin is not None and entry is not None:
                found[kind, origin] = _note(entry)
        return found


def tally_note(tally: Tally) -> bytes:
    """Return a tally of the hunt as a note."""
    return json.dumps(astuple(tally), ensure_ascii=False).encode()


def _tallies(frontier: Frontier) -> Iterable[Tally]:
    return [Tally(*json.loads(note)) for _, note in frontier.all_noted(TALLY)]


def _note(entry: Entry) -> bytes:
    row = [base64.b64encode(value).decode() if isinstance(value, bytes) else value for value in entry.to_row()]
    return json.dumps(row, ensure_ascii=False).encode()


def _entry(note: bytes) -> Entry:
    row = Entry.from_row(json.loads(note))
    body = row.body
    if isinstance(body, str):
        values = list(row.to_row())
        values[3] = base64.b64decode(body)
        return Entry.from_row(values)
    return row
