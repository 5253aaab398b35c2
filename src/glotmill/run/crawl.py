"""Carrying out the crawl of a source before anything reads it: shards in rounds, links handed on between them."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from glotmill.core.errors import PlanConflictError, SettingsError, ShardsFailed
from glotmill.core.hashing import sha256_text
from glotmill.core.steps import Needs
from glotmill.crawl.crawler import ShardCrawl
from glotmill.crawl.frontier import Frontier
from glotmill.crawl.job import CrawlJob, ShardReport, frontier_folder
from glotmill.crawl.politeness import Limits as PoliteLimits
from glotmill.crawl.records import target
from glotmill.crawl.source import DENIED, CrawlSource
from glotmill.crawl.totals import Totals
from glotmill.executors.base import Executor
from glotmill.io import storage
from glotmill.plan.fingerprint import canonical_json
from glotmill.plan.resolve import Plan
from glotmill.run.events import Event, Listener, silent
from glotmill.stages.gate import GateSpec

STATE = "crawl.json"
_ROUND_S = 120.0  # of one shard where there are several: after it links are handed on
_HANDED = 10_000  # links at a time
_LOOPBACK_DELAY_S = 0.02


@dataclass(frozen=True, slots=True)
class Crawled:
    """What a crawl has done so far, all calls together.

    Args:
        folder: where it lies.
        finished: nothing is left to ask for, or its pages are fetched.
        pages: asked for.
        policies: robots.txt and tdmrep.json files asked for.
        accepted: pages with text in a target language.
        characters: of such text.
        bytes: of content.
        outcomes: state and reason -> pages.
    """

    folder: str
    finished: bool
    pages: int = 0
    policies: int = 0
    accepted: int = 0
    characters: int = 0
    bytes: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)


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


def crawl_job(plan: Plan, source: CrawlSource, models: Mapping[str, Path], *, on_loopback: bool = False) -> CrawlJob:
    """Return what the crawler of a recipe's source is told.

    Args:
        plan: of the recipe.
        source: one of its sources.
        models: model name -> local file.
        on_loopback: every host name means this machine, any port may be asked and delays are short: for rehearsals
            against servers of one's own.
    """
    gate = next((step for phase in plan.phases for step in phase.steps if isinstance(step.spec, GateSpec)), None)
    files = {name: plan.files[name] for name in source.files()}
    said = [
        source.model_dump(mode="json"),
        list(plan.recipe.languages),
        {name: sha256_text(text) for name, text in files.items()},
        None if gate is None else gate.spec.model_dump(mode="json"),
    ]
    job = source.job(
        name=f"{plan.recipe.name}@{plan.recipe.version}/{source.of}",
        plan=sha256_text(canonical_json(said)),
        languages=plan.recipe.languages,
        files=plan.files,
        gate=gate.spec if gate is not None and isinstance(gate.spec, GateSpec) else None,
        resources=None if gate is None else plan.resources(gate, models),
    )
    if not on_loopback:
        return job
    polite = PoliteLimits(
        min_delay=_LOOPBACK_DELAY_S, max_delay=_LOOPBACK_DELAY_S, address_interval=0.0, domain_interval=0.0
    )
    ports = frozenset(range(1, 65_536))
    return replace(job, polite=polite, ports=ports, allow_private=True, loopback=True, patience=5.0)


def crawl(
    job: CrawlJob,
    folder: str,
    *,
    executor: Executor,
    listener: Listener = silent,
    pages: int | None = None,
    seconds: float | None = None,
    revisit_after: float | None = None,
) -> Crawled:
    """Carry a crawl out, or on, and return what it has done so far.

    Args:
        job: what to do.
        folder: local; holds WARC files, frontier and receipts.
        executor: where shards are worked on; the folder has to be one for all of its workers.
        listener: told of each round.
        pages: that this call asks for at most, beside the job's own bound.
        seconds: that it takes at most, about.
        revisit_after: pages fetched longer ago than so many seconds are asked for again, by conditional requests
            (RFC 9110, 13): what has not changed costs an answer without a body, and a revisit record.

    Raises:
        PlanConflictError: the folder holds another crawl.
        SettingsError: the folder is not a local one.
    """
    path = storage.local_path(folder)
    if path is None:
        raise SettingsError(
            f"{folder}: a crawl needs a folder on a local disk; copy its WARC files away when it is done"
        )
    finished = _was_finished(path, job)
    if revisit_after is not None:
        finished = not _revisit(path, job, revisit_after) and finished
    rounds = _Rounds(job, path, executor, None if seconds is None else time.monotonic() + seconds, pages)
    crawled = _write(path, job, finished=finished)
    _write_denied(path, job)
    while not crawled.finished:
        done = rounds.next(_allowed(path, job))
        if done is None:
            break
        finished = done.empty or _allowed(path, job) == 0
        if finished:
            for shard in range(job.shards):
                ShardCrawl(job, path, shard).end()
        crawled = _write(path, job, finished=finished)
        _write_denied(path, job)
        text = f"{crawled.pages:,} pages asked for, {crawled.accepted:,} with target text"
        listener(Event("note", "crawl", text=text))
        if not finished and done.waiting:
            text = "what is left may be asked for only later: the same command goes on then"
            listener(Event("note", "crawl", text=text))
            break
    return crawled


@dataclass(frozen=True, slots=True)
class _Done:
    """What a round came to: nothing is left at all, or nothing that may be asked for soon."""

    empty: bool
    waiting: bool


class _Rounds:
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
        self._widen = job.shards == 1

    def next(self, allowed: int | None) -> _Done | None:
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
        reports = _round(task, job.shards, self._executor)
        if self._pages is not None:
            self._pages = max(self._pages - sum(report.pages for report in reports), 0)
        handed = _hand_on(self._path, job)
        over = all(report.idle or report.waiting for report in reports) and not handed
        busy = [report.shard for report in reports if not report.idle and not report.waiting]
        self._hungry = list(range(job.shards)) if handed or not busy else sorted(busy)
        if over and not self._widen:
            self._widen = True  # nothing near is left in any shard
            return _Done(empty=False, waiting=False)
        self._widen = job.shards == 1
        return _Done(empty=over and all(report.idle for report in reports), waiting=over)

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


def _opened(path: Path, job: CrawlJob, shard: int) -> Frontier:
    return Frontier(frontier_folder(path), shard=shard, shards=job.shards, budget=job.host_budget)


def _totals(path: Path, job: CrawlJob) -> Totals:
    """Return what all shards have done since the crawl began."""
    totals = Totals()
    for shard in range(job.shards):
        with _opened(path, job, shard) as frontier:
            totals = totals.plus(frontier.totals())
    return totals


def _allowed(path: Path, job: CrawlJob) -> int | None:
    """Return how many pages the crawl may still ask for."""
    if job.max_pages is None:
        return None
    totals = _totals(path, job)
    return max(job.max_pages + totals.granted - totals.pages, 0)


def _revisit(path: Path, job: CrawlJob, after: float) -> int:
    """Queue pages again that were fetched longer ago than so many seconds; return how many."""
    again = 0
    for shard in range(job.shards):
        with _opened(path, job, shard) as frontier:
            frontier.recover()
            before = time.time() - after
            while some := frontier.revisit(finished_before=before, limit=_HANDED, priority=0.0):
                again += some
    return again


def _round(task: _ShardTask, shards: int, executor: Executor) -> Sequence[ShardReport]:
    reports: list[ShardReport] = []
    errors: list[Exception] = []
    for result in executor.map(task, range(shards), needs=Needs()):
        if result.error is not None:
            errors.append(result.error)
        elif result.value is not None:
            reports.append(result.value)
    if errors:
        raise ShardsFailed(f"crawl: {len(errors)} of {shards} shards failed", errors)
    return reports


def _hand_on(path: Path, job: CrawlJob) -> int:
    """Give each shard the links that others have found for it; return how many were new."""
    if job.shards == 1:
        return 0
    handed = 0
    for giver in range(job.shards):
        with _opened(path, job, giver) as frontier:
            for taker in range(job.shards):
                while taker != giver and (links := frontier.outgoing(taker, _HANDED)):
                    with _opened(path, job, taker) as other:
                        handed += other.add([found for _, found in links])
                    frontier.delivered(taker, links[-1][0])
    return handed


def _was_finished(path: Path, job: CrawlJob) -> bool:
    file = path / STATE
    if not file.exists():
        return False
    value = json.loads(file.read_text(encoding="utf-8"))
    if value["plan"] != job.plan:
        raise PlanConflictError(
            f"{path} holds another crawl ({value['name']}): its seeds, sites, languages, gate or hunt differ",
            remedy="Bind the source to a new folder, or take the recipe back.",
        )
    return bool(value["finished"])


def _write(path: Path, job: CrawlJob, *, finished: bool) -> Crawled:
    """Write down how far the crawl is, and return it; what counts are the shards' own totals."""
    path.mkdir(parents=True, exist_ok=True)
    totals = _totals(path, job)
    counts = {name: getattr(totals, name) for name in _COUNTS}
    value = {"name": job.name, "plan": job.plan, "finished": finished, **counts}
    storage.write_bytes(str(path / STATE), (json.dumps(value, sort_keys=True, indent=2) + "\n").encode())
    return Crawled(str(path), finished=finished, **counts)


def _write_denied(path: Path, job: CrawlJob) -> None:
    """List the pages whose earlier captures may not be used any more; `as-of-fetch` holds to what was said with them."""
    if job.consent != "strictest":
        return
    urls: list[str] = []
    for shard in range(job.shards):
        with _opened(path, job, shard) as frontier:
            urls += frontier.denied()
    if urls:
        lines = "".join(f"{target(url)}\n" for url in sorted(urls))
        storage.write_bytes(str(path / DENIED), lines.encode())


_COUNTS = ("pages", "policies", "accepted", "characters", "bytes", "outcomes")
