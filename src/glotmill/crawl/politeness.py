"""When a host may be asked: arithmetic over what was asked and answered, with the time handed in.

Nothing here waits or looks at a clock. All times are Unix seconds (any clock that does not go back serves), all spans
seconds. Three limits hold at once: of the host (one request in flight, a delay after each), of the IP address it stands
on and of its registered domain (a rate each), so that neither a machine of a thousand hosts nor a domain of a thousand
names is asked a thousand times at once.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal

DAY = 86_400.0
_FORGET = 3_600.0  # addresses and domains not asked for an hour owe nothing
_MAX_EXPONENT = 30

Ending = Literal["ok", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How polite to be; every span in seconds.

    Args:
        factor: delay as a multiple of the last response's time (issue of this crawler: five times, so that it takes
            at most a sixth of what a server does at one request at a time).
        min_delay: after each request of a host.
        max_delay: what the factor can make of it; Crawl-delay can make more.
        slow_from: Crawl-delay above which a host is in the slow lane.
        max_crawl_delay: what counts of a longer Crawl-delay.
        address_interval: between two starts on one IP address.
        domain_interval: between two starts on one registered domain.
        max_retry_after: what counts of a longer Retry-After.
        backoff: after the first failure; doubled by each further one in a row.
        max_backoff: the longest such wait.
        park_after: failures in a row after which a host is parked.
        parked: how long; after that it is asked once, and parked again if that fails.
    """

    factor: float = 5.0
    min_delay: float = 3.0
    max_delay: float = 30.0
    slow_from: float = 60.0
    max_crawl_delay: float = DAY
    address_interval: float = 1.0
    domain_interval: float = 1.0
    max_retry_after: float = DAY
    backoff: float = 30.0
    max_backoff: float = 3_600.0
    park_after: int = 5
    parked: float = DAY


@dataclass(frozen=True, slots=True)
class HostState:
    """What is remembered of a host.

    Args:
        next_time: not to be asked before.
        in_flight: whether a request is.
        failures: in a row.
        crawl_delay: of its robots.txt, or None.
        parked: whether `next_time` is the end of being parked.
    """

    next_time: float = 0.0
    in_flight: bool = False
    failures: int = 0
    crawl_delay: float | None = None
    parked: bool = False


class Politeness:
    """The state of the hosts, addresses and domains of one shard.

    Hosts of one address may be in different shards: with N shards an address can be asked N times as often as
    `address_interval` says, so give each shard N times the interval where that matters.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._hosts: dict[str, HostState] = {}
        self._addresses: dict[str, float] = {}  # when it may be asked again
        self._domains: dict[str, float] = {}
        self._swept = 0.0

    def next_time(self, host: str, domain: str, address: str | None) -> float:
        """Return the first moment at which a host may be asked; infinity while a request of it is in flight."""
        state = self._hosts.get(host)
        if state is not None and state.in_flight:
            return math.inf
        return max(
            0.0 if state is None else state.next_time,
            self._domains.get(domain, 0.0),
            0.0 if address is None else self._addresses.get(address, 0.0),
        )

    def may_start(self, host: str, domain: str, address: str | None, now: float) -> bool:
        """Return whether a host may be asked now; an address not resolved yet is None, and to be asked about again."""
        return self.next_time(host, domain, address) <= now

    def started(self, host: str, domain: str, address: str, now: float) -> None:
        """Count a request that is sent now: of a page, a robots.txt or a step of a redirect."""
        self._sweep(now)
        self._hosts[host] = replace(self._hosts.get(host, HostState()), in_flight=True)
        self._domains[domain] = max(self._domains.get(domain, 0.0), now) + self.limits.domain_interval
        self._addresses[address] = max(self._addresses.get(address, 0.0), now) + self.limits.address_interval

    def finished(
        self, host: str, now: float, *, seconds: float, status: int | None, retry_after: str | None = None
    ) -> float:
        """Count the end of a request, and return when its host may be asked again.

        429 and 503 make it wait for Retry-After (RFC 9110, 10.2.3), or back off where they have none; other 5xx and no
        answer back off; every other status is an answer and ends a row of failures.

        Args:
            host: that was asked.
            now: when it ended.
            seconds: that it took.
            status: of the response, None where there was none.
            retry_after: that header as it came, or None.
        """
        state = self._hosts.get(host, HostState())
        limits = self.limits
        delay = self.delay(host, seconds)
        if status is not None and status not in (429, 503) and status < 500:
            changed = replace(state, in_flight=False, failures=0, parked=False, next_time=now + delay)
        else:
            failures = state.failures + 1
            parked = failures >= limits.park_after
            wait = limits.parked if parked else _backoff(limits, failures)
            asked = parse_retry_after(retry_after, now) if status in (429, 503) else None
            if asked is not None:
                # It said when: that is no failure to wait for in doubling steps, but a row of them still parks.
                wait = max(min(asked, limits.max_retry_after), limits.parked if parked else 0.0)
            changed = replace(
                state, in_flight=False, failures=failures, parked=parked, next_time=now + max(wait, delay)
            )
        self._hosts[host] = changed
        return changed.next_time

    def delay(self, host: str, seconds: float) -> float:
        """Return the wait after a response that took so long: clamp(5 x, 3 s, 30 s), or Crawl-delay where larger."""
        limits = self.limits
        spent = seconds if math.isfinite(seconds) and seconds > 0 else 0.0
        base = min(max(limits.factor * spent, limits.min_delay), limits.max_delay)
        crawl_delay = self._hosts.get(host, HostState()).crawl_delay
        return base if crawl_delay is None else max(base, crawl_delay)

    def resumed(self, host: str, now: float) -> None:
        """Let a host wait its delay from now: a request of it may have been in flight when an earlier process ended."""
        state = self._hosts.get(host, HostState())
        later = max(state.next_time, now + self.delay(host, 0.0))
        self._hosts[host] = replace(state, next_time=later)

    def set_crawl_delay(self, host: str, seconds: float | None) -> None:
        """Take over the Crawl-delay of a robots.txt; what is no positive number counts as none."""
        usable = None
        if seconds is not None and seconds > 0 and not math.isnan(seconds):
            usable = min(seconds, self.limits.max_crawl_delay)
        state = self._hosts.get(host, HostState())
        before = 0.0 if state.crawl_delay is None else state.crawl_delay
        # The robots.txt itself was asked for just before, when the delay was not known: it holds from then.
        later = max(0.0, (usable or 0.0) - max(before, self.limits.min_delay)) if state.next_time else 0.0
        self._hosts[host] = replace(state, crawl_delay=usable, next_time=state.next_time + later)

    def is_slow(self, host: str) -> bool:
        """Return whether a host's Crawl-delay puts it into the slow lane: few of its pages in any one crawl."""
        delay = self._hosts.get(host, HostState()).crawl_delay
        return delay is not None and delay > self.limits.slow_from

    def is_parked(self, host: str, now: float) -> bool:
        """Return whether a host failed too often in a row and is left alone for now."""
        state = self._hosts.get(host)
        return state is not None and state.parked and state.next_time > now

    def state(self, host: str) -> HostState:
        """Return what is remembered of a host."""
        return self._hosts.get(host, HostState())

    def forget(self, host: str) -> None:
        """Drop a host from memory once its note is stored and its time is in the frontier; `restore` brings it back."""
        if not self._hosts.get(host, HostState()).in_flight:
            self._hosts.pop(host, None)

    def store(self, host: str) -> bytes:
        """Return a host's state as a note for the frontier, 100 bytes; requests in flight end with the process."""
        return json.dumps(asdict(replace(self.state(host), in_flight=False)), separators=(",", ":")).encode("ascii")

    def restore(self, host: str, note: bytes | None) -> None:
        """Take over a note that `store` gave, unless the host is known already; None means that there is none."""
        if note is None or host in self._hosts:
            return
        values: Mapping[str, object] = json.loads(note)
        known = {name: values[name] for name in HostState.__slots__ if name in values}
        self._hosts[host] = HostState(**known)  # type: ignore[arg-type]  # written by `store`

    def _sweep(self, now: float) -> None:
        if now - self._swept < _FORGET:
            return
        self._swept = now
        self._addresses = {name: time for name, time in self._addresses.items() if time > now}
        self._domains = {name: time for name, time in self._domains.items() if time > now}


def _backoff(limits: Limits, failures: int) -> float:
    return min(limits.backoff * 2.0 ** min(failures - 1, _MAX_EXPONENT), limits.max_backoff)


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds to wait that a Retry-After says: a number or an HTTP date (RFC 9110, 10.2.3); else None.

    `"120"` is 120.0; a date in the past is 0.0.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) < 12 else math.inf
    try:
        date = parsedate_to_datetime(text)
        return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
