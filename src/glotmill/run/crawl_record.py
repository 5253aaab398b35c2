"""What a crawl's folder says of the crawl: `crawl.json`, and the pages that may not be used any more."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glotmill.core.errors import DataError, PlanConflictError
from glotmill.crawl.job import CrawlJob, frontier_folder
from glotmill.crawl.records import target
from glotmill.crawl.source import DENIED
from glotmill.io import storage
from glotmill.run.crawl_rounds import opened, totals_of

STATE = "crawl.json"


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


def earlier(path: Path, job: CrawlJob, *, again: bool) -> Crawled | None:
    """Return what an earlier call has done in a folder, None where there was none; finished where nothing new is asked for.

    Args:
        path: the folder.
        job: what is to be done now.
        again: pages are to be fetched again, so that even a finished crawl goes on.

    Raises:
        PlanConflictError: it holds another crawl, or a rehearsal where this is none.
        DataError: the queue of a crawl that goes on is gone.
    """
    known = _read(path, job)
    if known is None:
        return None
    finished = bool(known["finished"]) and known["scope"] == job.scope
    crawled = Crawled(str(path), finished=finished, **{name: known[name] for name in _COUNTS})
    if finished and not again:
        return crawled
    if known["pages"] and not frontier_folder(path).exists():
        raise DataError(
            f"{frontier_folder(path)}, the queue of this crawl, is gone: take it from a copy, or crawl anew"
        )
    if known["rehearsal"] != job.loopback:
        said = "is a rehearsal, which goes on with `glotmill crawl --on-loopback`" if known["rehearsal"] else "is none"
        raise PlanConflictError(f"{path} {said}", remedy="Bind the source to a new folder.")
    return crawled


def _read(path: Path, job: CrawlJob) -> Mapping[str, Any] | None:
    """Return what is written down of the crawl in a folder; None where there is none."""
    file = path / STATE
    if not file.exists():
        return None
    value: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    differ = sorted(name for name, digest in job.identity.items() if value["identity"].get(name) != digest)
    if differ:
        raise PlanConflictError(
            f"{path} holds another crawl ({value['name']}): {', '.join(differ)} differ",
            remedy="Bind the source to a new folder, or take the recipe back.",
        )
    return value


def write(path: Path, job: CrawlJob, *, finished: bool) -> Crawled:
    """Write down how far the crawl is, and return it; what counts are the shards' own totals."""
    path.mkdir(parents=True, exist_ok=True)
    totals = totals_of(path, job)
    counts = {name: getattr(totals, name) for name in _COUNTS}
    about = {"name": job.name, "identity": dict(job.identity), "scope": job.scope, "rehearsal": job.loopback}
    value = {**about, "finished": finished, **counts}
    storage.write_bytes(str(path / STATE), (json.dumps(value, sort_keys=True, indent=2) + "\n").encode())
    _write_denied(path, job)
    return Crawled(str(path), finished=finished, **counts)


def _write_denied(path: Path, job: CrawlJob) -> None:
    """List the pages whose earlier captures may not be used any more; `as-of-fetch` holds to what was said with them."""
    if job.consent != "strictest":
        return
    urls: list[str] = []
    for shard in range(job.shards):
        with opened(path, job, shard) as frontier:
            urls += frontier.denied()
    if urls:
        lines = "".join(f"{target(url)}\n" for url in sorted(urls))
        storage.write_bytes(str(path / DENIED), lines.encode())


_COUNTS = ("pages", "policies", "accepted", "characters", "bytes", "outcomes")
