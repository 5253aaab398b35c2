"""The executor of one machine: it runs tasks in this process, or in a pool of processes that may die one by one.

The pools of the standard library lose every item under way when one worker dies. Here each worker has a
connection of its own, so a death is the fate of exactly one item. Workers are started by name rather than
forked (safe beside threads) and rather than by `multiprocessing` (which runs the caller's main script again).
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import TypeVar

from glotmill.core.errors import SettingsError
from glotmill.core.steps import Needs
from glotmill.executors.base import Incidents, Result, WorkerCrash
from glotmill.executors.envelope import one_map_at_a_time, opened, pack, run_here
from glotmill.executors.memory import EXIT_STATUS, Recycling, limit_of, room_for
from glotmill.executors.worker import READY, WORN

T = TypeVar("T")
R = TypeVar("R")

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from glotmill.executors.worker import serve; "
    "serve(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), tied_to_thread=sys.argv[5] == 'tied')"
)
# A death is seen at once as the end of the connection, unless the worker left a child that still holds it:
# then it is seen by looking, this often.
_LOOK_EVERY_S = 1.0
_LEAVE_WITHIN_S = 5.0
_FAILED_STARTS = 3


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    connection: Connection
    ready: bool = False
    tag: str | None = None
    item: int | None = None

    @property
    def idle(self) -> bool:
        return self.ready and self.item is None

    def receive(self) -> bytes | None:
        """Return the next message, or None where the worker is gone."""
        try:
            return self.connection.recv_bytes()
        except (EOFError, OSError):
            return None

    def gone(self) -> bool:
        return self.process.poll() is not None and not self.connection.poll()

    def end(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.wait()


def processors() -> int:
    """Return how many processors this process may use: fewer than the machine's under taskset, Slurm or a container's cpuset."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalExecutor:
    """Runs tasks on this machine: `workers` at once, or fewer where `needs.memory_mb` finds no room for so many.

    Args:
        workers: 1 runs every item in this process, where a crash is the driver's own; more run that many
            worker processes, started at the first `map` and kept until `close`.
        recycling: when a worker is replaced.
    """

    def __init__(self, workers: int, *, recycling: Recycling | None = None) -> None:
        if workers < 1:
            raise SettingsError(f"workers is {workers}; an executor needs at least 1")
        self.workers = workers
        self.incidents = Incidents()
        self._recycling = recycling if recycling is not None else Recycling()
        self._pool: list[_Worker] = []
        self._leaving: list[subprocess.Popen[bytes]] = []
        self._lifeline: tuple[int, int] | None = None
        self._failed_starts = 0
        self._maps = 0
        self._taken: set[str] = set()

    def map(self, task: Callable[[T], R], items: Sequence[T], *, needs: Needs) -> Iterator[Result[R]]:
        """Yield one result per item in order of completion; work starts with the first `next`.

        An error of the task is the result of its item, with the worker's traceback as a note; one that cannot be
        pickled arrives as a TaskError. Closing the iterator early ends the items that are under way.

        Raises:
            SettingsError: worker processes cannot be started.
            RuntimeError: another map of this executor is not finished.
        """
        with one_map_at_a_time(self._taken):
            if self.workers == 1:
                yield from run_here(task, iter(enumerate(items)))
            else:
                yield from self._map_in_pool(task, items, needs)

    def close(self) -> None:
        """End the worker processes; a later `map` starts new ones."""
        for worker in self._pool:
            if worker.idle:
                self._dismiss(worker)
            else:
                worker.end()
        self._pool = []
        for process in self._leaving:
            try:
                process.wait(_LEAVE_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._leaving = []
        if self._lifeline is not None:
            for end in self._lifeline:
                os.close(end)
            self._lifeline = None

    def _map_in_pool(self, task: Callable[[T], R], items: Sequence[T], needs: Needs) -> Iterator[Result[R]]:
        self._maps += 1
        most, limit_mb = min(self.workers, room_for(needs)), limit_of(needs)
        tag, packed = f"map-{self._maps}", pack(task)
        following = finished = 0
        landed: list[Result[R]] = []
        try:
            while finished < len(items):
                self._fill(min(most, len(items) - finished - len(landed)))
                for worker in self._pool[:most]:
                    while worker.idle and following < len(items):
                        landed += self._give(worker, (tag, packed, limit_mb), following, items[following])
                        following += 1
                # Every worker has its next item before the caller gets to work on results.
                while landed:
                    finished += 1
                    yield landed.pop(0)
                if finished < len(items):
                    landed += self._collect()
        finally:
            for worker in [each for each in self._pool if each.item is not None]:
                self._pool.remove(worker)
                worker.end()

    def _fill(self, wanted: int) -> None:
        self._leaving = [process for process in self._leaving if process.poll() is None]
        for worker in [each for each in self._pool if each.idle and each.process.poll() is not None]:
            self._pool.remove(worker)  # it died between two items, by no fault of either
            worker.end()
        while len(self._pool) < wanted:
            self._pool.append(self._start())

    def _start(self) -> _Worker:
        if self._lifeline is None:
            self._lifeline = os.pipe()
        ours, theirs = Pipe(duplex=True)
        # The kernel's "die with the parent" means the thread that started the child: only the main one lives on.
        tied = "tied" if threading.current_thread() is threading.main_thread() else "free"
        told = [json.dumps(sys.path), str(theirs.fileno()), str(self._lifeline[0]), str(os.getpid()), tied]
        # Blocked, and so in the child from its birth: a Ctrl-C must not meet a worker that is still starting.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process = subprocess.Popen(
                [sys.executable, "-c", _START, *told],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), self._lifeline[0]),
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()
        return _Worker(process, ours)

    def _give(self, worker: _Worker, order: tuple[str, bytes, int], index: int, item: T) -> list[Result[R]]:
        tag, task, limit_mb = order
        try:
            packed = pack(item)
        except Exception as error:  # noqa: BLE001 - the edge: an item's own pickling may raise anything
            return [Result(index, error=error)]
        worker.item = index
        try:
            worker.connection.send((tag, None if worker.tag == tag else task, packed, limit_mb, self._recycling))
        except OSError:
            return [self._bury(worker)]
        worker.tag = tag
        return []

    def _collect(self) -> list[Result[R]]:
        """Wait until a worker speaks or dies; return the results this gave, perhaps none."""
        awaited = [worker for worker in self._pool if not worker.idle]
        heard = wait([worker.connection for worker in awaited], _LOOK_EVERY_S)
        landed: list[Result[R]] = []
        for worker in awaited:
            message = worker.receive() if worker.connection in heard else None
            if message is None and (worker.connection in heard or worker.gone()):
                if worker.item is None:
                    self._lament(worker)
                else:
                    landed.append(self._bury(worker))
            elif message == READY and not worker.ready:
                worker.ready, self._failed_starts = True, 0
            elif message is not None and worker.item is not None:
                landed.append(opened(worker.item, message[1:]))
                worker.item = None
                if message[:1] == WORN:
                    self._pool.remove(worker)
                    self._dismiss(worker)
        return landed

    def _dismiss(self, worker: _Worker) -> None:
        worker.connection.close()
        self._leaving.append(worker.process)

    def _lament(self, worker: _Worker) -> None:
        self._pool.remove(worker)
        code = _exit_code(worker)
        self._failed_starts += 1
        if self._failed_starts >= _FAILED_STARTS:
            self._failed_starts = 0
            raise SettingsError(
                f"worker processes cannot be started ({_cause(code)}, {_FAILED_STARTS} times in a row); "
                f"what they said is above; `{sys.executable} -c 'import glotmill.executors.worker'` shows it alone"
            )

    def _bury(self, worker: _Worker) -> Result[R]:
        """Take a dead worker out of the pool; return the result for the item it worked on."""
        self._pool.remove(worker)
        code, index = _exit_code(worker), worker.item or 0
        self.incidents.crashes += 1
        return Result(index, error=WorkerCrash(f"a worker process {_cause(code)} while it worked on item {index}"))


def _exit_code(worker: _Worker) -> int:
    try:
        code = worker.process.wait(_LEAVE_WITHIN_S)
    except subprocess.TimeoutExpired:  # alive, but it closed the connection: of no more use
        worker.process.kill()
        code = worker.process.wait()
    worker.connection.close()
    return code


def _cause(code: int) -> str:
    if code == EXIT_STATUS:
        return "took more memory than an item may, and was ended"
    if code >= 0:
        return f"left with exit status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"died of {name}" + (" (what the kernel sends when memory runs out)" if name == "SIGKILL" else "")
