"""The executor on Ray Core: one remote task per item, so many in flight, on this machine or on a cluster; with GPUs, one actor per place.

Ray itself retries nothing here (`max_retries=0`). A crash of a worker process is reported at once, because the
driver owns the one retry that a crash gets (alone, with larger limits), and because Ray would repeat a task that
ran out of memory for ever. The loss of a node says nothing about the items that ran there: this module submits
those again.
"""

import itertools
import logging
import math
import os
import socket
import sys
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

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

    A worker keeps the task it opened last, so a model is opened once per process and not once per item. What needs GPUs
    runs on actors, as many as find room: Ray may hand a task's process another GPU each time, while its model stays on the first.

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
        for name, amount in _amounts(needs).items():
            if amount > there.get(name, 0):
                raise SettingsError(
                    f"a task needs {name} {amount:g}, and this machine's Ray has {there.get(name, 0):g}; "
                    "use a larger machine or a cluster (--ray-address)"
                )

    def _map(self, task: Callable[[T], R], items: Sequence[T], needs: Needs) -> Iterator[Result[R]]:
        waiting = deque(_Flight(index) for index in range(len(items)))
        flights: dict[Any, _Flight] = {}
        landed: list[Result[R]] = []
        crew = self._crew(task, needs)
        try:
            while waiting or flights or landed:
                crew.fill(len(waiting))
                while waiting and crew.free(len(flights)) and len(landed) <= self.workers:
                    flight = waiting.popleft()
                    try:
                        packed = pack(items[flight.index])
                    except Exception as error:  # noqa: BLE001 - the edge: an item's own pickling may raise anything
                        landed.append(Result(flight.index, error=error))
                    else:
                        flights[crew.submit(packed)] = flight
                # Ray has its next items before the caller gets to work on results.
                if landed:
                    yield landed.pop(0)
                    continue
                reference = self._ray.wait([*flights, *crew.coming()], num_returns=1)[0][0]
                if reference in flights:
                    flight = flights.pop(reference)
                    result: Result[R] | None
                    result, died = self._landed(reference, flight, crew)
                    crew.left(reference, died=died)
                else:
                    failure = crew.arrived(reference)
                    if failure is None or not waiting:
                        continue
                    # Where no place can be taken, an item says why, or a map would try for ever.
                    flight = waiting.popleft()
                    result = None if flight.losses + 1 < _NODE_LOSSES else Result(flight.index, error=failure)
                if result is None:
                    waiting.appendleft(_Flight(flight.index, flight.losses + 1))
                else:
                    landed.append(result)
        finally:
            crew.close(list(flights))

    def _crew(self, task: Callable[[T], R], needs: Needs) -> "_Crew":
        paths = list(sys.path) if self._address is None else []
        order = (f"{self._name}-{next(self._tags)}", self._ray.put(pack(task)), paths)
        if needs.gpus <= 0:
            return _Tasks(self._ray, needs, order, self.workers)
        return _Actors(self._ray, needs, order, self.workers)

    def _landed(self, reference: Any, flight: _Flight, crew: "_Crew") -> tuple[Result[R] | None, bool]:
        """Return the result, or None where the item's node was lost and the item deserves another; and whether its process died."""
        errors = self._ray.exceptions
        try:
            return opened(flight.index, self._ray.get(reference)), False
        except (errors.WorkerCrashedError, errors.OutOfMemoryError) as error:
            return Result(flight.index, error=_crash(flight.index, error)), True
        except errors.ActorDiedError as error:
            if crew.lost_its_node(reference) and flight.losses + 1 < _NODE_LOSSES:
                return None, True
            return Result(flight.index, error=_crash(flight.index, error)), True
        except (
            errors.NodeDiedError, errors.LocalRayletDiedError, errors.ObjectLostError, errors.ActorUnavailableError
        ) as error:  # fmt: skip
            if flight.losses + 1 < _NODE_LOSSES:
                return None, True
            return Result(flight.index, error=_crash(flight.index, error)), True
        except errors.RayError as error:  # the cluster cannot run our tasks: another code version, a broken image
            return Result(flight.index, error=error), True


# What all items of a map share: its tag, its task in Ray's store, where to import from.
_Order = tuple[str, Any, list[str]]


class _Crew(Protocol):
    """Takes packed items, each at a place; a reference of Ray stands for an item under way, or for a place to come."""

    def fill(self, waiting: int) -> None:
        """See to it that there are places, or some to come, for so many items, as far as there may be any."""
        ...

    def free(self, busy: int) -> bool:
        """Say whether an item can be submitted, with so many under way."""
        ...

    def submit(self, packed: bytes) -> Any: ...

    def coming(self) -> Sequence[Any]:
        """Return the places that are not there yet."""
        ...

    def arrived(self, reference: Any) -> Exception | None:
        """Take note of a place that is there now, or return why it never will be."""
        ...

    def lost_its_node(self, reference: Any) -> bool:
        """Say whether the node is gone on which this item was."""
        ...

    def left(self, reference: Any, *, died: bool) -> None:
        """Take note of the end of an item, and perhaps of the process that it was in."""
        ...

    def close(self, under_way: Sequence[Any]) -> None:
        """Give up all places, and the items under way."""
        ...


class _Tasks:
    """Places without a GPU: any worker process of Ray, so many at once."""

    def __init__(self, ray: Any, needs: Needs, order: _Order, workers: int) -> None:
        self._ray, self._order, self._workers = ray, order, workers
        self._remote = ray.remote(**_resources(needs), max_retries=0, retry_exceptions=False, max_calls=0)(_work)

    def fill(self, waiting: int) -> None:
        pass

    def free(self, busy: int) -> bool:
        return busy < self._workers

    def submit(self, packed: bytes) -> Any:
        return self._remote.remote(packed, *self._order)

    def coming(self) -> Sequence[Any]:
        return ()

    def arrived(self, reference: Any) -> Exception | None:
        return None

    def lost_its_node(self, reference: Any) -> bool:
        return False

    def left(self, reference: Any, *, died: bool) -> None:
        pass

    def close(self, under_way: Sequence[Any]) -> None:
        for reference in under_way:
            self._ray.cancel(reference, force=True)


class _Actors:
    """Places with GPUs: actors that stay until the map ends, as many as find room at its beginning."""

    def __init__(self, ray: Any, needs: Needs, order: _Order, workers: int) -> None:
        self._ray, self._order = ray, order
        self._most = min(workers, max(1, self._room(needs)))  # a cluster may grow its first GPU for the first actor
        self._kind = ray.remote(**_resources(needs), max_restarts=0, max_task_retries=0)(_Place)
        self._coming: dict[Any, Any] = {}
        self._idle: list[tuple[Any, str]] = []  # actors, each with its node
        self._busy: dict[Any, tuple[Any, str]] = {}

    def fill(self, waiting: int) -> None:
        while (
            waiting > len(self._idle) + len(self._coming)
            and len(self._idle) + len(self._coming) + len(self._busy) < self._most
        ):
            actor = self._kind.remote()
            self._coming[actor.node.remote()] = actor

    def free(self, busy: int) -> bool:
        return bool(self._idle)

    def submit(self, packed: bytes) -> Any:
        actor, node = self._idle.pop()
        reference = actor.work.remote(packed, *self._order)
        self._busy[reference] = actor, node
        return reference

    def coming(self) -> Sequence[Any]:
        return list(self._coming)

    def arrived(self, reference: Any) -> Exception | None:
        actor = self._coming.pop(reference)
        try:
            self._idle.append((actor, self._ray.get(reference)))
        except self._ray.exceptions.RayError as error:
            self._ray.kill(actor)
            return RuntimeError(
                f"no actor with the needs of these tasks could start: {' '.join(str(error).split())[:500]}"
            )
        return None

    def lost_its_node(self, reference: Any) -> bool:
        _, node = self._busy[reference]
        return node not in {found["NodeID"] for found in self._ray.nodes() if found["Alive"]}

    def left(self, reference: Any, *, died: bool) -> None:
        actor, node = self._busy.pop(reference)
        if died:
            self._ray.kill(actor)
        else:
            self._idle.append((actor, node))

    def close(self, under_way: Sequence[Any]) -> None:
        actors = [actor for actor, _ in (*self._idle, *self._busy.values())]
        for actor in (*actors, *self._coming.values()):
            self._ray.kill(actor)

    def _room(self, needs: Needs) -> int:
        """Return for how many there is room on the nodes that are there now, with nothing else on them."""
        wanted = {name: amount for name, amount in _amounts(needs).items() if amount > 0}
        return sum(
            min(math.floor(node["Resources"].get(name, 0) / amount + 1e-9) for name, amount in wanted.items())
            for node in self._ray.nodes()
            if node["Alive"]
        )


class _Place:
    """What an actor is: a worker process that keeps its GPUs, and with them the task that it opened."""

    def node(self) -> str:
        import ray  # noqa: PLC0415

        return str(ray.get_runtime_context().get_node_id())

    def work(self, item: bytes, tag: str, task: bytes, paths: Sequence[str]) -> bytes:
        return _work(item, tag, task, paths)


def _amounts(needs: Needs) -> dict[str, float]:
    return {"CPU": needs.cpus, "GPU": needs.gpus, "memory": needs.memory_mb * 2**20}


def _resources(needs: Needs) -> dict[str, float]:
    return dict(zip(("num_cpus", "num_gpus", "memory"), _amounts(needs).values(), strict=True))


def _work(item: bytes, tag: str, task: bytes, paths: Sequence[str]) -> bytes:
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
