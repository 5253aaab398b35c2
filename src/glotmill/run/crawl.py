"""Carrying out the crawl of a source before anything reads it: shards in rounds, links handed on between them."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from glotmill.core.errors import SettingsError
from glotmill.crawl.addresses import PORTS
from glotmill.crawl.crawler import ShardCrawl
from glotmill.crawl.job import CrawlJob
from glotmill.crawl.politeness import Limits as PoliteLimits
from glotmill.crawl.source import CrawlSource
from glotmill.crawl.urls import frontier_url
from glotmill.executors.base import Executor
from glotmill.io import storage
from glotmill.plan.resolve import Plan
from glotmill.run.crawl_record import Crawled, earlier, write
from glotmill.run.crawl_rounds import Rounds, allowed_pages, opened
from glotmill.run.crawl_watch import watched
from glotmill.run.events import Event, Listener, silent
from glotmill.stages.gate import GateSpec

_REVISITED = 10_000  # pages that are queued again in one transaction
_LOOPBACK_DELAY_S = 0.02
_AGAIN = 20.0  # priority of pages that are asked for again: above all new ones, or those would take what is granted


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
    job = source.job(
        name=f"{plan.recipe.name}@{plan.recipe.version}/{source.of}",
        languages=plan.recipe.languages,
        files=plan.files,
        gate=gate.spec if gate is not None and isinstance(gate.spec, GateSpec) else None,
        resources=None if gate is None else plan.resources(gate, models),
    )
    if not on_loopback:
        return job
    polite = PoliteLimits(
        min_delay=_LOOPBACK_DELAY_S,
        max_delay=_LOOPBACK_DELAY_S,
        address_interval=0.0,
        domain_interval=0.0,
        backoff=_LOOPBACK_DELAY_S,
        max_backoff=1.0,
        parked=1.0,
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
        PlanConflictError: the folder holds another crawl, or a rehearsal where this is none.
        DataError: the crawl's queue is gone.
        SettingsError: the folder is not a local one.
    """
    path = storage.local_path(folder)
    if path is None:
        raise SettingsError(
            f"{folder}: a crawl needs a folder on a local disk; copy its WARC files away when it is done"
        )
    path = path.absolute()  # the processes that crawl may stand in another folder
    known = earlier(path, job, again=revisit_after is not None)
    if known is not None and known.finished and revisit_after is None:
        return known
    _check_ports(job)
    _tell(job, listener)
    finished = known is not None and known.finished
    if revisit_after is not None:
        finished = not _revisit(path, job, revisit_after) and finished
    deadline = None if seconds is None else time.monotonic() + seconds
    crawled = write(path, job, finished=finished)
    with watched(path, job, listener):
        return _carry_out(crawled, job, path, Rounds(job, path, executor, deadline, pages), listener)


def _carry_out(crawled: Crawled, job: CrawlJob, path: Path, rounds: Rounds, listener: Listener) -> Crawled:
    while not crawled.finished:
        done = rounds.next(allowed_pages(path, job))
        if done is None:
            break
        finished = done.empty or allowed_pages(path, job) == 0
        if finished:
            for shard in range(job.shards):
                ShardCrawl(job, path, shard).end()
        crawled = write(path, job, finished=finished)
        if not finished and done.waiting:
            text = "what is left may be asked for only later: the same command goes on then"
            listener(Event("note", "crawl", text=text))
            break
    text = f"{crawled.pages:,} pages asked for, {crawled.accepted:,} with target text"
    listener(Event("note", "crawl", text=text))
    return crawled


def _revisit(path: Path, job: CrawlJob, after: float) -> int:
    """Queue pages again that were fetched longer ago than so many seconds; return how many."""
    again = 0
    for shard in range(job.shards):
        with opened(path, job, shard) as frontier:
            frontier.recover()
            before = time.time() - after
            while some := frontier.revisit(finished_before=before, limit=_REVISITED, priority=_AGAIN):
                again += some
    return again


def _check_ports(job: CrawlJob) -> None:
    seeds = [*job.seeds, *(seed for site in (job.sites.sites if job.sites else ()) for seed in site.seeds)]
    for seed in seeds:
        port = urlsplit(seed).port or PORTS[urlsplit(seed).scheme]
        if port not in job.ports:
            raise SettingsError(f"{seed}: port {port} is not among the source's `ports` {sorted(job.ports)}")


def _tell(job: CrawlJob, listener: Listener) -> None:
    """Say what a reader of the recipe may not expect."""
    if job.gate is None:
        text = "the recipe has no step of kind gate: every page counts as one in a target language"
        listener(Event("note", "crawl", text=text))
    blocked = [seed for seed in job.seeds if job.blocked is not None and job.blocked.blocks(frontier_url(seed) or seed)]
    if blocked:
        listener(Event("note", "crawl", text=f"a blocklist names {len(blocked)} seeds: {', '.join(blocked[:5])}"))
