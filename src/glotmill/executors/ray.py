"""The executor on Ray Core: one remote task per item, so many in flight, on this machine or on a cluster.

Ray itself retries nothing here (`max_retries=0`). A crash of a worker process is reported at once, because the
driver owns the one retry that a crash gets (alone, with larger limits), and because Ray would repeat a task that
ran out of memory for ever. The loss of a node says nothing about the items that ran there: this module submits
those again.
"""

import itertools
import logging
import os
import socket
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from glotmill.core.errors import SettingsError
from glotmill.core.steps import Needs
from glotmill.executors.base import Result, WorkerCrash
from glotmill.executors.envelope import Bench, one_map_at_a_time, opened, pack

T = TypeVar("T")
R = TypeVar("R")

_NODE_LOSSES = 3  # an item that outlives three nodes' deaths has something to do with them
_PROBE_S = 10.0
_OBJECT_STORE_BYTES = 128 * 1024 * 1024  # items and results are small; Ray's default takes 30 % of the memory
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # no report to anybody
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # under `uv run` each worker would install the environment again
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # the coming default; the old one warns at every start
}
# Without it Ray asks the kernel for the route to a public address, and binds to the interface that this names.
_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}

_bench = Bench()


@dataclass(frozen=True, slots=True)
class _Flight:
    index: int
    losses: int = 0


class RayExecutor:
    """Runs tasks on Ray.

    GPU tasks keep their worker process (`max_calls=0`), and a worker keeps the task it opened last, so a model is
    opened once per process and not once per item.

    Args:
        address: a cluster's address (`auto`, `host:6379`, `ray://host:10001`); None starts a Ray on this machine,
            on the loopback interface, which `close` ends.
        workers: items in flight; None takes the number of the cluster's CPUs.

    Raises:
        SettingsError: no cluster answers at the address.
    """

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise SettingsError(f"workers is {workers}; an executor needs at least 1")
        self._ray = _import_ray(local=address is None)
        self._address = address
        self._started = not self._ray.is_initialized()
        if self._started:
            self._connect(workers)
        self.workers = workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        self._tags = itertools.count(1)
        self._name = uuid.uuid4().hex
        self._taken: set[str] = set()

    def map(self, task: Callable[[T], R], items: Sequence[T], *, needs: Needs) -> Iterator[Result[R]]:
        """Yield one result per item in order of completion; work starts with the first `next`.

        Raises:
            SettingsError: no node of a Ray that runs here could ever hold a task with these needs.
            RuntimeError: another map of this executor is not finished.
        """
        with one_map_at_a_time(self._taken):
            self._check(needs)
            yield from self._map(task, items, needs)

    def close(self) -> None:
        """Disconnect, and end the Ray that this executor started; one that was there before goes on."""
        if self._started and self._ray.is_initialized():
            self._ray.shutdown()
        self._started = False

    def _connect(self, workers: int | None) -> None:
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "namespace": "glotmill"}
        if self._address is not None:
            _probe(self._address)
            try:
                self._ray.init(address=self._address, **quiet)
            except (ConnectionError, ValueError, RuntimeError) as error:
                raise SettingsError(f"no Ray cluster answers at {self._address!r}: {error}") from error
            return
        self._ray.init(
            address="local",
            num_cpus=max(workers or 1, os.cpu_count() or 1),
            object_store_memory=_OBJECT_STORE_BYTES,
            include_dashboard=False,
            _node_ip_address="127.0.0.1",
            **quiet,
        )

    def _check(self, needs: Needs) -> None:
        """Refuse what would wait for ever. A cluster at an address may still grow: there Ray decides."""
        if self._address is not None:
            return
        there = self._ray.cluster_resources()
        wanted = {"CPU": needs.cpus, "GPU": needs.gpus, "memory": needs.memory_mb * 2**20}
        for name, amount in wanted.items():
            if amount > there.get(name, 0):
                raise SettingsError(
                    f"a task needs {name} {amount:g}, and this machine's Ray has {there.get(name, 0):g}; "
                    "use a larger machine or a cluster (--ray-address)"
                )

    def _map(self, task: Callable[[T], R], items: Sequence[T], needs: Needs) -> Iterator[Result[R]]:
        ray = self._ray
        remote = ray.remote(
            num_cpus=needs.cpus,
            num_gpus=needs.gpus,
            memory=needs.memory_mb * 2**20,
            max_retries=0,
            retry_exceptions=False,
            max_calls=0,
        )(_work)
        tag = f"{self._name}-{next(self._tags)}"
        stored = ray.put(pack(task))
        paths = list(sys.path) if self._address is None else []

        following = 0
        flights: dict[Any, _Flight] = {}
        landed: list[Result[R]] = []
        try:
            while following < len(items) or flights or landed:
                while following < len(items) and len(flights) < self.workers and len(landed) <= self.workers:
                    try:
                        packed = pack(items[following])
                    except Exception as error:  # noqa: BLE001 - the edge: an item's own pickling may raise anything
                        landed.append(Result(following, error=error))
                    else:
                        flights[remote.remote(tag, stored, packed, paths)] = _Flight(following)
                    following += 1
                # Ray has its next items before the caller gets to work on results.
                if landed:
                    yield landed.pop(0)
                    continue
                reference = ray.wait(list(flights), num_returns=1)[0][0]
                flight = flights.pop(reference)
                result: Result[R] | None = self._landed(reference, flight)
                if result is None:
                    again = remote.remote(tag, stored, pack(items[flight.index]), paths)
                    flights[again] = _Flight(flight.index, flight.losses + 1)
                else:
                    landed.append(result)
        finally:
            for reference in flights:
                ray.cancel(reference, force=True)

    def _landed(self, reference: Any, flight: _Flight) -> Result[R] | None:
        """Return the result, or None where the item's node was lost and the item deserves another."""
        errors = self._ray.exceptions
        try:
            return opened(flight.index, self._ray.get(reference))
        except (errors.WorkerCrashedError, errors.OutOfMemoryError) as error:
            return Result(flight.index, error=_crash(flight.index, error))
        except (errors.NodeDiedError, errors.LocalRayletDiedError, errors.ObjectLostError) as error:
            if flight.losses + 1 < _NODE_LOSSES:
                return None
            return Result(flight.index, error=_crash(flight.index, error))
        except errors.RayError as error:  # the cluster cannot run our tasks: another code version, a broken image
            return Result(flight.index, error=error)


def _work(tag: str, task: bytes, item: bytes, paths: Sequence[str]) -> bytes:
    if not _bench.holds(tag):
        sys.path.extend(path for path in paths if path not in sys.path)
    return _bench.work(tag, task, item)


def _crash(index: int, error: Exception) -> WorkerCrash:
    said = " ".join(str(error).split())
    return WorkerCrash(f"a worker process died while it worked on item {index}: {type(error).__name__}: {said[:500]}")


def _probe(address: str) -> None:
    """Knock at a cluster's door: where nobody answers, Ray itself goes on trying for ten minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():  # `auto` and the like name no door
        return
    try:
        socket.create_connection((host, int(port)), _PROBE_S).close()
    except OSError as error:
        raise SettingsError(f"no Ray cluster answers at {address!r}: {error}") from error


def _import_ray(*, local: bool) -> Any:
    # Ray reads some of these when it is imported, hence the import in this place.
    for name, value in (_QUIET | _LOOPBACK if local else _QUIET).items():
        os.environ.setdefault(name, value)
    import ray  # noqa: PLC0415

    return ray
