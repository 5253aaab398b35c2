"""A crawl's shards worked on in rounds, and links handed on between them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from glotmill.core.errors import ShardsFailed
from glotmill.core.steps import Needs
from glotmill.crawl.crawler import ShardCrawl
from glotmill.crawl.frontier import Frontier
from glotmill.crawl.job import CrawlJob, ShardReport, frontier_folder
from glotmill.crawl.totals import Totals
from glotmill.executors.base import Executor

_ROUND_S = 120.0  # of one shard where there are several: after it links are handed on
_HANDED = 10_000  # links at a time


@dataclass(frozen=True, slots=True)
class _ShardTask:
    """Crawls one shard for a while; `pages` are by shard."""

    job: CrawlJob
    folder: str
    seconds: float | None
    pages: tuple[int, ...] | None
    widen: bool

    def __call__(self, shard: int) -> ShardReport:
        pages = None if self.pages is None else self.pages[shard]
        return ShardCrawl(self.job, Path(self.folder), shard).run(seconds=self.seconds, pages=pages, widen=self.widen)


@dataclass(frozen=True, slots=True)
class Done:
    """What a round came to: nothing is left at all, or nothing that may be asked for soon."""

    empty: bool
    waiting: bool


class Rounds:
    """Shards worked on for a while each, and links handed on between.

    Args:
        job: the crawl.
        path: its folder.
        executor: where.
        deadline: by the monotonic clock, or None.
        pages: that all rounds together may ask for, or None.
    """

    def __init__(
        self, job: CrawlJob, path: Path, executor: Executor, deadline: float | None, pages: int | None
    ) -> None:
        self._job, self._path, self._executor = job, path, executor
        self._deadline, self._pages = deadline, pages
        self._hungry = list(range(job.shards))  # shards that may have something to ask for now
        self._waiting: set[int] = set()  # shards that had something to ask for later when they were last worked on
        self._widen = job.shards == 1

    def next(self, allowed: int | None) -> Done | None:
        """Carry a round out; None where time or pages of this call are spent.

        Args:
            allowed: pages that the crawl may still ask for, or None.
        """
        job = self._job
        left = None if self._deadline is None else self._deadline - time.monotonic()
        if self._pages == 0 or (left is not None and left <= 0):
            return None
        bound = min((each for each in (allowed, self._pages) if each is not None), default=None)
        share = None if bound is None else _shares(bound, job.shards, self._hungry)
        task = _ShardTask(job, str(self._path), self._slice(left), share, self._widen)
        # One that may ask for nothing now could not tell whether it has something to ask for.
        reports = _round(task, [shard for shard in self._hungry if share is None or share[shard]], self._executor)
        if self._pages is not None:
            self._pages = max(self._pages - sum(report.pages for report in reports), 0)
        handed = _hand_on(self._path, job)
        self._waiting -= {report.shard for report in reports if not report.waiting}
        self._waiting |= {report.shard for report in reports if report.waiting}
        busy = sorted(set(self._hungry) - {report.shard for report in reports if report.idle or report.waiting})
        over = not busy and not handed
        self._hungry = list(range(job.shards)) if handed or not busy else busy
        if over and not self._widen:
            self._widen = True  # nothing near is left in any shard
            return Done(empty=False, waiting=False)
        if handed or any(report.pages for report in reports):
            self._widen = job.shards == 1
        return Done(empty=over and not self._waiting, waiting=over)

    def _slice(self, left: float | None) -> float | None:
        """Return the seconds of each shard in a round; not all shards may be under way at once."""
        if left is None:
            return _ROUND_S if self._job.shards > 1 else None
        waves = -(-self._job.shards // self._executor.workers)
        return min(_ROUND_S, left / waves) if self._job.shards > 1 else left


def _shares(pages: int, shards: int, hungry: Sequence[int]) -> tuple[int, ...]:
    """Return the pages of each shard: those that have something to ask for share them evenly."""
    each, rest = divmod(pages, len(hungry))
    shares = {shard: each + (place < rest) for place, shard in enumerate(hungry)}
    return tuple(shares.get(shard, 0) for shard in range(shards))


def opened(path: Path, job: CrawlJob, shard: int) -> Frontier:
    """Return the frontier of a shard of a crawl."""
    return Frontier(frontier_folder(path), shard=shard, shards=job.shards, budget=job.host_budget)


def totals_of(path: Path, job: CrawlJob) -> Totals:
    """Return what all shards have done since the crawl began."""
    totals = Totals()
    for shard in range(job.shards):
        with opened(path, job, shard) as frontier:
            totals = totals.plus(frontier.totals())
    return totals


def allowed_pages(path: Path, job: CrawlJob) -> int | None:
    """Return how many pages the crawl may still ask for."""
    if job.max_pages is None:
        return None
    totals = totals_of(path, job)
    return max(job.max_pages + totals.granted - totals.pages, 0)


def _round(task: _ShardTask, shards: Sequence[int], executor: Executor) -> Sequence[ShardReport]:
    reports: list[ShardReport] = []
    errors: list[Exception] = []
    for result in executor.map(task, shards, needs=Needs()):
        if result.error is not None:
            errors.append(result.error)
        elif result.value is not None:
            reports.append(result.value)
    if errors:
        raise ShardsFailed(f"crawl: {len(errors)} of {len(shards)} shards failed", errors)
    return reports


def _hand_on(path: Path, job: CrawlJob) -> int:
    """Give each shard the links that others have found for it; return how many were new."""
    if job.shards == 1:
        return 0
    handed = 0
    for giver in range(job.shards):
        with opened(path, job, giver) as frontier:
            for taker in range(job.shards):
                while taker != giver and (links := frontier.outgoing(taker, _HANDED)):
                    with opened(path, job, taker) as other:
                        handed += other.add([found for _, found in links])
                    frontier.delivered(taker, links[-1][0])
    return handed
