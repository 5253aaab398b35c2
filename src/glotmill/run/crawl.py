"""Carrying out the crawl of a source before anything reads it: shards in rounds, links handed on between them."""

import json
import time
from collections import Counter
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
from glotmill.crawl.source import CrawlSource
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

    def plus(self, report: ShardReport) -> "Crawled":
        """Return the sum of this and what a shard did."""
        return replace(
            self,
            pages=self.pages + report.pages,
            policies=self.policies + report.policies,
            accepted=self.accepted + report.accepted,
            characters=self.characters + report.characters,
            bytes=self.bytes + report.bytes,
            outcomes=dict(sorted((Counter(self.outcomes) + Counter(report.outcomes)).items())),
        )


@dataclass(frozen=True, slots=True)
class _ShardTask:
    """Crawls one shard for a while."""

    job: CrawlJob
    folder: str
    seconds: float | None
    pages: int | None

    def __call__(self, shard: int) -> ShardReport:
        return ShardCrawl(self.job, Path(self.folder), shard).run(seconds=self.seconds, pages=self.pages)


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
    known = _state(path, job)
    if revisit_after is not None:
        known = replace(known, finished=not _revisit(path, job, revisit_after) and known.finished)
    label = "crawl"
    _write(path, job, known)
    while not known.finished and (pages is None or pages > 0) and (seconds is None or seconds > 0):
        left = None if job.max_pages is None or revisit_after is not None else job.max_pages - known.pages
        bound = min((each for each in (left, pages) if each is not None), default=None)
        slice_ = _ROUND_S if job.shards > 1 else seconds
        share = None if bound is None else -(-bound // job.shards)
        task = _ShardTask(job, str(path), slice_ if seconds is None else min(seconds, slice_ or seconds), share)
        reports = _round(task, job.shards, executor)
        done = sum(report.pages for report in reports)
        for report in reports:
            known = known.plus(report)
        handed = _hand_on(path, job)
        spent = left is not None and left <= done
        known = replace(known, finished=spent or (not handed and all(report.idle for report in reports)))
        if known.finished:
            for shard in range(job.shards):
                ShardCrawl(job, path, shard).end()
        _write(path, job, known)
        listener(Event("note", label, text=f"{known.pages:,} pages asked for, {known.accepted:,} with target text"))
        if not known.finished and not handed and all(report.idle or report.waiting for report in reports):
            listener(
                Event("note", label, text="what is left may be asked for only later: the same command goes on then")
            )
            break
        pages = None if pages is None else pages - done
        seconds = None if seconds is None else seconds - (task.seconds or seconds)
    return known


def _revisit(path: Path, job: CrawlJob, after: float) -> int:
    """Queue pages again that were fetched longer ago than so many seconds; return how many."""
    again = 0
    for shard in range(job.shards):
        with Frontier(frontier_folder(path), shard=shard, shards=job.shards, budget=job.host_budget) as frontier:
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
    folder = frontier_folder(path)
    for giver in range(job.shards):
        with Frontier(folder, shard=giver, shards=job.shards, budget=job.host_budget) as frontier:
            for taker in range(job.shards):
                while taker != giver and (links := frontier.outgoing(taker, _HANDED)):
                    with Frontier(folder, shard=taker, shards=job.shards, budget=job.host_budget) as other:
                        handed += other.add([found for _, found in links])
                    frontier.delivered(taker, links[-1][0])
    return handed


def _state(path: Path, job: CrawlJob) -> Crawled:
    file = path / STATE
    if not file.exists():
        return Crawled(str(path), finished=False)
    value = json.loads(file.read_text(encoding="utf-8"))
    if value["plan"] != job.plan:
        raise PlanConflictError(
            f"{path} holds another crawl ({value['name']}): its seeds, sites, languages, gate or hunt differ",
            remedy="Bind the source to a new folder, or take the recipe back.",
        )
    return Crawled(str(path), **{name: value[name] for name in _FIELDS})


def _write(path: Path, job: CrawlJob, known: Crawled) -> None:
    path.mkdir(parents=True, exist_ok=True)
    value = {"name": job.name, "plan": job.plan, **{name: getattr(known, name) for name in _FIELDS}}
    storage.write_bytes(str(path / STATE), (json.dumps(value, sort_keys=True, indent=2) + "\n").encode())


_FIELDS = ("finished", "pages", "policies", "accepted", "characters", "bytes", "outcomes")
