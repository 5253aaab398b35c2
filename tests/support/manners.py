"""What a server's own log says of a crawler's manners."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping

from support.web import Asked


def by_host(log: Iterable[Asked]) -> dict[str, list[Asked]]:
    """The requests of each host, in the order in which they began."""
    hosts: dict[str, list[Asked]] = defaultdict(list)
    for one in sorted(log, key=lambda one: one.begun):
        hosts[one.host].append(one)
    return hosts


def hurries(log: Iterable[Asked], delay: float, delays: Mapping[str, float] | None = None) -> list[tuple[str, float]]:
    """Every pair of requests of a host between whose end and beginning there was less than its delay, seconds.

    A negative gap is two requests in flight at once. The server stamps the end before it sends the last byte and the
    beginning after it has read the request, so that a gap is never shorter than the crawler kept it.
    """
    found = []
    for host, asked in by_host(log).items():
        wanted = max(delay, (delays or {}).get(host, 0.0))
        for earlier, later in itertools.pairwise(asked):
            gap = later.begun - earlier.ended
            if gap < wanted:
                found.append((f"{host}: {earlier.path}, {later.path}", round(gap, 4)))
    return found
