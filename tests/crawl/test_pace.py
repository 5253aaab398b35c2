"""Frontier, politeness and traps together, in simulated time: no limit is ever broken and everything is fetched."""

import heapq
import random
from itertools import pairwise

from glotmill.crawl.entries import Found, Result
from glotmill.crawl.frontier import Frontier
from glotmill.crawl.messages import Link
from glotmill.crawl.politeness import Limits, Politeness
from glotmill.crawl.progress import progress

HOSTS = [f"h{n}.d{n % 4}.example" for n in range(12)]
PAGES = 8


def address(host):
    return f"192.0.2.{int(host[1 : host.index('.')]) % 3}"


def test_a_simulated_crawl_keeps_every_limit_and_ends_complete(tmp_path):
    dice = random.Random(6)
    polite = Politeness(Limits(address_interval=1.5, domain_interval=1.0))
    now, flying, log, tries = 0.0, [], [], 0
    with Frontier(tmp_path) as frontier:
        frontier.add([Found(Link(f"https://{host}/0", "seed"), 1.0) for host in HOSTS])
        for host in HOSTS[::3]:
            polite.set_crawl_delay(host, 12.0)
        while True:
            claimed = frontier.claim(
                now, 5, earliest=lambda host, domain: polite.next_time(host, domain, address(host))
            )
            for entry in claimed:
                time = polite.next_time(entry.host, entry.domain, address(entry.host))
                if time > now:  # another one of this claim stands on the same address
                    frontier.release(entry, time)
                    continue
                polite.started(entry.host, entry.domain, address(entry.host), now)
                seconds = dice.choice([0.05, 0.5, 3.0, 9.0])
                log.append((entry.host, entry.domain, now, now + seconds))
                heapq.heappush(flying, (now + seconds, len(log), seconds, entry))
            upcoming = [t for t in (frontier.next_time(), flying[0][0] if flying else None) if t is not None]
            if not upcoming:
                break
            now = max(now, min(upcoming))
            while flying and flying[0][0] <= now:
                _, _, seconds, entry = heapq.heappop(flying)
                tries += 1
                status = 503 if tries % 17 == 0 else 200
                time = polite.finished(entry.host, now, seconds=seconds, status=status, retry_after="40")
                number = int(entry.url.rpartition("/")[2])
                links = [f"https://{entry.host}/{n}" for n in (2 * number + 1, 2 * number + 2) if n < PAGES]
                result = Result(
                    "done" if status == 200 else "retry",
                    now,
                    time,
                    found=[Found(Link(link, "link"), 0.5, entry.hops + 1) for link in links] if status == 200 else (),
                    notes={("politeness", entry.host): polite.store(entry.host)},
                )
                frontier.finish(entry, result)
        states = progress(frontier._file.path).states
    assert states == {"queued": 0, "in_flight": 0, "done": len(HOSTS) * PAGES, "failed": 0, "skipped": 0}
    _assert_limits(log)


def _assert_limits(log):
    for host in HOSTS:
        own = [(start, end) for name, _, start, end in log if name == host]
        waits = [start - end for (_, end), (start, _) in pairwise(own)]
        assert min(waits) >= (12.0 if host in HOSTS[::3] else 3.0) - 1e-6
    for key, least in ((1, 1.0), (0, 1.5)):
        groups: dict[str, list[float]] = {}
        for host, domain, start, _ in log:
            groups.setdefault(domain if key else address(host), []).append(start)
        for starts in groups.values():
            assert min(b - a for a, b in pairwise(starts)) >= least - 1e-6
