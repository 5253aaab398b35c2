"""Words on a crawl while it goes on, read beside the processes that crawl."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glotmill.core.errors import DataError
from glotmill.crawl.job import CrawlJob, frontier_folder
from glotmill.crawl.progress import glance
from glotmill.crawl.shards import shard_path
from glotmill.crawl.totals import Totals
from glotmill.run.events import Event, Listener

_EVERY_S = 15.0
_SOON_S = 30.0  # a wait that is worth a word


@contextmanager
def watched(path: Path, job: CrawlJob, listener: Listener) -> Iterator[None]:
    """Tell the listener every 15 seconds how far a crawl is, and what it waits for, while the block runs."""
    over = threading.Event()

    def tell() -> None:
        while not over.wait(_EVERY_S):
            text = _words(path, job, time.time())
            if text:
                listener(Event("note", "crawl", text=text))

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _words(path: Path, job: CrawlJob, now: float) -> str:
    totals, queued, times = Totals(), 0, []
    for shard in range(job.shards):
        try:
            seen = glance(shard_path(frontier_folder(path), shard))
        except (DataError, sqlite3.Error):  # not made yet, or locked for a moment
            continue
        totals = totals.plus(seen.totals)
        queued += seen.queued
        times += [] if seen.next_time is None else [seen.next_time]
    text = f"{totals.pages:,} pages asked for, {totals.accepted:,} with target text, {queued:,} queued"
    wait = min(times, default=now) - now
    return f"{text}; the next host may be asked in {wait:,.0f} s" if wait > _SOON_S else text
