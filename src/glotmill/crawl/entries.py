"""What the frontier is given and gives: links found, entries to ask for, results to commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from glotmill.crawl.messages import Link
from glotmill.crawl.worth import PageVerdict

Outcome = Literal["done", "failed", "skipped", "retry"]
Notes = Mapping[tuple[str, str], bytes | None]


@dataclass(frozen=True, slots=True)
class Found:
    """A link with its place in the queue.

    Args:
        link: what was found; its URL in the form of `frontier_url`.
        priority: greater is sooner.
        hops: from a seed.
        via: URL it was found at; None where that is the entry being finished, or a seed.
        beyond: links from the last accepted page or seed.
        redirects: in a row that led here.
    """

    link: Link
    priority: float
    hops: int = 0
    via: str | None = None
    beyond: int = 0
    redirects: int = 0


@dataclass(frozen=True, slots=True)
class Aside:
    """A link that is too far from any accepted page to be asked for yet.

    Args:
        link: what was found.
        via: verdict of the page that it stands on, as the hunt learned it.
    """

    link: Link
    via: PageVerdict


@dataclass(frozen=True, slots=True)
class Entry:
    """A URL to ask for now, with what an earlier visit left.

    Args:
        id: row in this shard.
        url: to ask for.
        host: its host, letters.
        domain: its registered domain.
        source: how it was first found (`Link.source`).
        language: canonical tag claimed where it was found, or None.
        priority: it was queued with.
        hops: from a seed.
        via: URL it was found at, or None.
        attempts: that were begun before this one.
        etag: of the last visit, or None.
        last_modified: of the last visit, or None.
        digest: of the last payload, or None.
        beyond: links from the last accepted page or seed.
        redirects: in a row that led here.
    """

    id: int
    url: str
    host: str
    domain: str
    source: str
    language: str | None
    priority: float
    hops: int
    via: str | None
    attempts: int
    etag: str | None
    last_modified: str | None
    digest: str | None
    beyond: int = 0
    redirects: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """Where a record lies in a WARC that is synced.

    Args:
        file: name of the WARC.
        place: offset of the first record that belongs to the page, bytes.
        end: length of the file that is synced, bytes.
    """

    file: str
    place: int
    end: int


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an entry, and all that is to be committed with it.

    Args:
        outcome: `retry` puts it back into the queue; the others are states.
        at: when it ended, Unix seconds.
        next_time: when its host may be asked again, Unix seconds.
        reason: why it failed, was skipped or is retried; None for done.
        status: of the response, or None.
        etag: of the response, or None.
        last_modified: of the response, or None.
        digest: of the payload, or None.
        found: links that the page gave.
        aside: links of it that wait until nothing nearer is left.
        notes: (kind, key) -> value to store, None to remove: robots rows, counters of traps, state of politeness.
        weight: to add to the priorities of its host from now on; None leaves it.
        budget: requests that its host may have in all from now on; None leaves it.
        priority: that a retry is queued with; None leaves it.
        asked: whether its host was asked for it: what was skipped before spends nothing of the host's budget.
    """

    outcome: Outcome
    at: float
    next_time: float
    reason: str | None = None
    status: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    found: Sequence[Found] = ()
    aside: Sequence[Aside] = ()
    notes: Notes = field(default_factory=dict)
    weight: float | None = None
    budget: int | None = None
    priority: float | None = None
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Released:
    """An entry to put back that was not asked for after all: its host's robots.txt came first, or its turn was taken.

    Args:
        entry: in flight.
        next_time: when its host may be asked again, Unix seconds.
        found: links that came meanwhile, such as the sitemaps of its robots.txt.
    """

    entry: Entry
    next_time: float
    found: Sequence[Found] = ()


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a shard holds after its process ended.

    Args:
        requeued: entries that were in flight and are queued again.
        files: WARC name -> bytes that count, of files not closed; what lies behind is to be cut off. An open file
            that is not here holds nothing that counts.
        hosts: of the entries that were in flight, by name: they may have been asked a moment ago.
    """

    requeued: int
    files: Mapping[str, int]
    hosts: Sequence[str] = ()
