"""The executor on Ray Core: one remote task per item, so many in flight, on this machine or on a cluster; with GPUs, one actor per place.

Ray itself retries nothing here (`max_retries=0`). A crash of a worker process is reported at once, because the
driver owns the one retry that a crash gets (alone, with larger limits), and because Ray would repeat a task that
ran out of memory for ever. The loss of a node says nothing about the items that ran there: this module submits
those again. An item that takes much longer than its like gets a second attempt beside the first, and the first result
counts: tasks publish their files whole, under names of each attempt.
"""

import itertools
import logging
import os
import socket
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from glotmill.core.errors import SettingsError
from glotmill.core.steps import Needs
from glotmill.executors.base import Incidents, Result
from glotmill.executors.envelope import one_map_at_a_time, pack
from glotmill.executors.local import processors
from glotmill.executors.memory import Recycling, limit_of
from glotmill.executors.ray_flights import Flights
from glotmill.executors.ray_places import PLACE, Actors, Crew, Force, Tasks, Terms, amounts
from glotmill.executors.stragglers import Straggling

T = TypeVar("T")
R = TypeVar("R")

_PROBE_S = 10.0
# Items handed to Ray per place, and a few more: those that wait are what an autoscaler goes by, and a process that is done
# has its next one without asking for a place anew (decision 65 has what that saves).
_PER_PLACE = 2
_BEYOND = 8
_OBJECT_STORE_BYTES = 128 * 1024 * 1024  # items and results are small; Ray's default takes 30 % of the memory
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # no report to anybody
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # under `uv run` each worker would install the environment again
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # the coming default; the old one warns at every start
}
# Ray gives its workers niceness 15, and they what they start: beside other work on the machine a page could meet a limit of
# wall time that it keeps in a local pool.
_AS_LOCAL = {"worker_niceness": 0}
# Without it Ray asks the kernel for the route to a public address, and binds to the interface that this names.
_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


class RayExecutor:
    """Runs tasks on Ray.

    A worker keeps the task it opened last, so a model is opened once per process and not once per item. What needs GPUs
    runs on actors, as many as find room: Ray may hand a task's process another GPU each time, while its model stays on the first.

    Args:
        address: a cluster's address (`auto`, `host:6379`, `ray://host:10001`); None starts a Ray on this machine,
            on the loopback interface, which `close` ends.
        workers: items under way at once; None takes as many as the cluster has CPUs at that time, and Ray is handed more, so
            that an autoscaler sees what waits.
        recycling: when a worker process is replaced.
        straggling: when an item gets a second attempt.

    Raises:
        SettingsError: no cluster answers at the address.
    """

    def __init__(
        self,
        address: str | None = None,
        workers: int | None = None,
        *,
        recycling: Recycling | None = None,
        straggling: Straggling | None = None,
    ) -> None:
        if workers is not None and workers < 1:
            raise SettingsError(f"workers is {workers}; an executor needs at least 1")
        self._ray = _import_ray(local=address is None)
        self._address = address
        self._started = not self._ray.is_initialized()
        self._places = (
            self._started and address is None
        )  # a Ray of our own counts places; elsewhere the driver counts items
        if self._started:
            self._connect(workers)
        self._given = workers
        self.workers = workers or self._cpus()
        self.incidents = Incidents()
        self._recycling = recycling if recycling is not None else Recycling()
        self._straggling = straggling if straggling is not None else Straggling()
        self._nodes = self._alive()
        self._tags = itertools.count(1)
        self._name = uuid.uuid4().hex
        self._taken: set[str] = set()
        self._force = Force()

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
            num_cpus=max(workers or 1, processors()),
            resources={PLACE: workers or processors()},
            object_store_memory=_OBJECT_STORE_BYTES,
            include_dashboard=False,
            _node_ip_address="127.0.0.1",
            _system_config=dict(_AS_LOCAL),  # Ray adds to it
            **quiet,
        )

    def _check(self, needs: Needs) -> None:
        """Refuse what would wait for ever. A cluster at an address may still grow: there Ray decides."""
        if self._address is not None:
            return
        there = self._ray.cluster_resources()
        for name, amount in amounts(needs).items():
            if amount > there.get(name, 0):
                raise SettingsError(
                    f"a task needs {name} {amount:g}, and this machine's Ray has {there.get(name, 0):g}; "
                    "use a larger machine or a cluster (--ray-address)"
                )

    def _cpus(self) -> int:
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def _alive(self) -> frozenset[str]:
        return frozenset(node["NodeID"] for node in self._ray.nodes() if node["Alive"])

    def _look_at_nodes(self) -> frozenset[str]:
        """Take note of nodes that came and went, and of how many items may be under way; return the nodes there are."""
        alive = self._alive()
        self.incidents.nodes_lost += len(self._nodes - alive)
        self.incidents.nodes_added += len(alive - self._nodes)
        self._nodes = alive
        if self._given is None:
            self.workers = self._cpus()
        return alive

    def _map(self, task: Callable[[T], R], items: Sequence[T], needs: Needs) -> Iterator[Result[R]]:
        crew = self._crew(task, needs)
        flights: Flights[T, R] = Flights(
            self._ray, crew, items, look=self._look_at_nodes, incidents=self.incidents, straggling=self._straggling
        )
        try:
            yield from flights.results()
        finally:
            crew.close(flights.under_way())
            self._look_at_nodes()

    def _crew(self, task: Callable[[T], R], needs: Needs) -> Crew:
        paths = tuple(sys.path) if self._address is None else ()
        terms = Terms(f"{self._name}-{next(self._tags)}", paths, limit_of(needs), self._recycling)
        order = (self._ray.put(pack(task)), terms)
        if needs.gpus <= 0:
            return Tasks(self._ray, amounts(needs, place=self._places), order, self._in_flight, self._force)
        return Actors(
            self._ray, amounts(needs), order, self.workers, grows=self._address is not None and self._given is not None
        )

    def _in_flight(self) -> int:
        bounded_by_ray = self._given is None or self._places
        return _PER_PLACE * self.workers + _BEYOND if bounded_by_ray else self.workers


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
