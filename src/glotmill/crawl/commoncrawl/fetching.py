"""Carrying a list out: several ranges under way, taken in the order of the list, whatever order they come in."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from glotmill.core.errors import DataError
from glotmill.crawl.commoncrawl.base import OUTAGES, Base, Missing, alive, read_again
from glotmill.crawl.commoncrawl.captures import Barred, Capture, Refused, Wanted, verified
from glotmill.crawl.commoncrawl.freezing import Freezer
from glotmill.crawl.commoncrawl.pace import Pace

STREAK = 20  # rows in a row without an answer, after which it is seen whether the server is gone
_AHEAD = 8  # ranges asked for ahead, by connection
_AHEAD_BYTES = 64 << 20
_COMMIT_ROWS, _COMMIT_S = 256, 2.0

Result = Capture | Refused | Missing
Told = Callable[[Freezer], None]
Consent = Callable[[Wanted, Capture], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Work:
    """How ranges are fetched.

    Args:
        base: where.
        pace: of all requests.
        connections: under way at once.
        limit: bytes that a record may inflate to.
        probe: a path of the base by which it is seen whether it answers at all, where no record has come yet.
    """

    base: Base
    pace: Pace
    connections: int
    limit: int
    probe: str


def fetch(
    freezer: Freezer,
    rows: Iterable[tuple[int, Wanted | Barred]],
    work: Work,
    *,
    consent: Consent,
    told: Told,
    most: int | None = None,
) -> bool:
    """Fetch rows into a freezer, in their order, and commit now and then; return whether all are over.

    A row fails for good where the answer is about that row. Where none comes (429 and 503 after five tries, 403, no connection)
    it fails only once a later one was answered, or what has come before still comes: of an outage nothing is written down.

    Args:
        freezer: at the first of these rows.
        rows: number and what the list says of it.
        work: how.
        consent: what a page's site says of its use, as lines for its metadata record.
        told: called after each commit.
        most: rows of this call.

    Raises:
        DataError: 20 rows in a row, or the last ones, had no answer, and the server gives none at all. What was fetched counts; the
            same call later goes on.
    """
    numbered = iter(rows)
    with ThreadPoolExecutor(work.connections, thread_name_prefix="range") as pool:
        try:
            taker = _Taker(freezer, work, consent, told)
            for row, wanted, result in _in_order(islice(numbered, most), work, pool):
                taker.take(row, wanted, result)
            taker.finish()
        except BaseException:
            work.pace.stop()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return most is None or next(numbered, None) is None


@dataclass(frozen=True, slots=True)
class _Failed:
    row: int
    wanted: Wanted | None
    reason: str
    detail: str


class _Taker:
    """Hands results on to the freezer, those without an answer only when the server is known to be there."""

    def __init__(self, freezer: Freezer, work: Work, consent: Consent, told: Told) -> None:
        self._freezer, self._work, self._consent, self._told = freezer, work, consent, told
        self._held: list[_Failed] = []  # from the first without an answer on
        self._unanswered = 0
        self._last: Wanted | None = None  # that came
        self._uncommitted, self._committed = 0, time.monotonic()

    def take(self, row: int, wanted: Wanted | Barred, result: Result | None) -> None:
        if isinstance(wanted, Barred):
            self._fail(_Failed(row, wanted.wanted, wanted.reason, wanted.detail))
        elif isinstance(result, Capture):
            self._release()
            self._last = wanted
            self._freezer.keep(wanted, result, self._consent(wanted, result))
            self._step()
        elif result is not None:
            failed = _Failed(row, wanted, result.reason, result.detail)
            if result.reason in OUTAGES:
                self._held.append(failed)
                self._unanswered += 1
                if self._unanswered >= STREAK:
                    self._ask_for_life()
            else:
                self._release()
                self._fail(failed)

    def finish(self) -> None:
        if self._unanswered:
            self._ask_for_life()
        self._commit()

    def _fail(self, failed: _Failed) -> None:
        if self._held:
            self._held.append(failed)
            return
        self._freezer.fail(failed.row, failed.reason, failed.detail, failed.wanted)
        self._step()

    def _release(self) -> None:
        held, self._held, self._unanswered = self._held, [], 0
        for failed in held:
            self._fail(failed)

    def _ask_for_life(self) -> None:
        """Take rows without an answer for failed where the server gives others; give up where it gives none.

        What came last is asked for again, since a store may be busy in one place and answer in another.
        """
        last, work = self._last, self._work
        path, offset = (work.probe, 0) if last is None else (last.path, last.offset)
        if alive(work.base, path, offset):
            self._release()
            return
        self._commit()
        raise DataError(
            f"{self._unanswered} ranges in a row without an answer, the last: {self._held[-1].detail}; what is there "
            "counts, and the same command goes on from here"
        )

    def _step(self) -> None:
        self._uncommitted += 1
        if self._uncommitted >= _COMMIT_ROWS or time.monotonic() - self._committed > _COMMIT_S:
            self._commit()

    def _commit(self) -> None:
        self._freezer.commit()
        self._uncommitted, self._committed = 0, time.monotonic()
        self._told(self._freezer)


def _in_order(
    rows: Iterator[tuple[int, Wanted | Barred]], work: Work, pool: ThreadPoolExecutor
) -> Iterator[tuple[int, Wanted | Barred, Result | None]]:
    """Yield the result of each row in order, with a bounded number of ranges and bytes under way or waiting."""
    waiting: deque[tuple[int, Wanted | Barred, Future[Result] | None]] = deque()
    ahead = 0
    for row, wanted in rows:
        future = None if isinstance(wanted, Barred) else pool.submit(_one, work, wanted)
        waiting.append((row, wanted, future))
        ahead += 0 if isinstance(wanted, Barred) else wanted.length
        while len(waiting) >= work.connections * _AHEAD or ahead > _AHEAD_BYTES:
            first = waiting.popleft()
            ahead -= 0 if isinstance(first[1], Barred) else first[1].length
            yield first[0], first[1], None if first[2] is None else first[2].result()
    for row, wanted, future in waiting:
        yield row, wanted, None if future is None else future.result()


def _one(work: Work, wanted: Wanted) -> Result:
    data = read_again(work.base, work.pace, wanted.path, wanted.offset, wanted.length)
    return data if isinstance(data, Missing) else verified(data, wanted, limit=work.limit)
