"""What came of one claim of the queue, until it is archived and committed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from glotmill.crawl.archive import Purpose
from glotmill.crawl.entries import Entry, Found, Result
from glotmill.crawl.messages import Failure, Response
from glotmill.crawl.pages import Read
from glotmill.crawl.records import About
from glotmill.crawl.records import Signal as SignalRow
from glotmill.crawl.totals import Totals
from glotmill.crawl.worth import PageVerdict
from glotmill.licensing.consent import Act
from glotmill.licensing.signals import Signal

OTHER_SHARD = "other_shard"
_HOPS = {"seed": "", "redirect": "R", "sitemap": "M", "feed": "M"}


@dataclass(slots=True)
class Visit:
    """What came of one claim."""

    entry: Entry
    next_time: float
    fetched: Response | Failure | None = None
    purpose: Purpose | None = None
    result: Result | None = None  # None: the page itself was not asked for
    about: About = field(default_factory=About)
    notes: dict[tuple[str, str], bytes | None] = field(default_factory=dict)
    found: Sequence[Found] = ()
    until: float | None = None
    asked: bool = False  # whether the page was requested
    size: int = 0  # bytes of its content
    verdict: PageVerdict | None = None
    opened: bool = False
    parked: bool = False

    @property
    def returned(self) -> bool:
        """Whether its page was to be asked for again and was not: what was granted for it is for no other."""
        return self.result is not None and not self.result.asked and self.entry.digest is not None

    def counts(self) -> Totals:
        """Return what it adds to the counts of its shard."""
        verdict, result = self.verdict, self.result
        unasked = isinstance(self.fetched, Failure) and self.fetched.code in ("refused_url", OTHER_SHARD)
        named = None if result is None else ": ".join(filter(None, (result.outcome, result.reason)))
        return Totals(
            pages=int(self.asked),
            policies=int(self.purpose == "policy" and not unasked),
            accepted=int(verdict is not None and verdict.accepted),
            characters=0 if verdict is None else verdict.characters,
            bytes=self.size,
            granted=-int(self.returned),
            outcomes={} if named is None else {named: 1},
        )


def hops_of(entry: Entry) -> str:
    """Return how a page was come by, a letter as crawlers write it into WARC files; the empty string for a seed."""
    return _HOPS.get(entry.source, "L")


def denied(entry: Entry, act: Act, signals: Sequence[Signal], now: float) -> tuple[Failure, About]:
    """Return what is archived of a page that is not kept since its owner denies its use."""
    failure = Failure(entry.url, "denied", act.detail, None, datetime.fromtimestamp(now, UTC), 0.0)
    return failure, About(via=entry.via, hops=hops_of(entry), signals=signal_rows(signals))


def signal_rows(signals: Sequence[Signal]) -> tuple[SignalRow, ...]:
    """Return what owners said, as archives keep it; what has no time is left out."""
    return tuple(SignalRow(one.signal, one.use, one.verdict, one.raw, one.time) for one in signals if one.time)


def in_words(read: Read) -> str | None:
    """Return what the gate said of a page, for its record in the archive; None where it was not asked."""
    verdict = read.verdict
    if verdict is None:
        return None
    return f"accepted {verdict.language} {verdict.characters}" if verdict.accepted else "no target language"
