"""Where items run on Ray: any worker process, or actors that keep their GPU and their model."""

import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from glotmill.core.steps import Needs
from glotmill.executors.envelope import Bench
from glotmill.executors.memory import Recycling, Wear

_bench = Bench()
_wear = Wear()


@dataclass(frozen=True, slots=True)
class Terms:
    """What all items of a map share beside their task.

    Args:
        tag: names the map.
        paths: where to import from.
        limit_mb: by how much a process may grow during an item.
        recycling: when a process is replaced.
    """

    tag: str
    paths: tuple[str, ...]
    limit_mb: int
    recycling: Recycling


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker process returns: the outcome, its node, the seconds it took, and whether it is worn."""

    outcome: bytes
    node: str
    seconds: float
    worn: bool


Order = tuple[Any, Terms]  # the task in Ray's store, and the terms

PLACE = "glotmill_place"  # a resource of the Ray that we start: as many as items may be under way at once

_GRACE_S = 1.0  # what is about to end may end by itself
_SETTLE_S = 5.0  # in which a process that is ended by force is gone


@dataclass(slots=True)
class Force:
    """When an executor last ended processes by force, in seconds of the monotonic clock.

    Ray ends the process that an item was in when it was asked to. Where the item was done in the meantime, the process may
    have the next one, of another map perhaps.
    """

    used: float = -math.inf

    def may_have_hit(self, since: float) -> bool:
        """Say whether an item given out at this time may have lost its process to it."""
        return since < self.used + _SETTLE_S


class Crew(Protocol):
    """Takes packed items, each at a place; a reference of Ray stands for an item under way, or for a place to come."""

    def fill(self, waiting: int) -> None:
        """See to it that there are places, or some to come, for so many items, as far as there may be any."""
        ...

    def free(self, busy: int) -> bool:
        """Say whether an item can be submitted, with so many under way."""
        ...

    def submit(self, packed: bytes, node: str | None = None, beside: Any = None) -> Any:
        """Give out an item, on this node if it can be helped; `beside` is a first attempt at it that is still under way."""
        ...

    def room(self) -> int:
        """Return how many items can run at once, as far as is known: those beyond wait in Ray."""
        ...

    def coming(self) -> Sequence[Any]:
        """Return the places that are not there yet."""
        ...

    def arrived(self, reference: Any) -> Exception | None:
        """Take note of a place that is there now, or return why it never will be."""
        ...

    def lost_its_node(self, reference: Any) -> bool:
        """Say whether the node is gone on which this item was."""
        ...

    def ended_by_us(self, since: float) -> bool:
        """Say whether we ourselves may have ended the process of an item that was given out at this time."""
        ...

    def left(self, reference: Any, *, died: bool) -> None:
        """Take note of the end of an item, and perhaps of the process that it was in."""
        ...

    def give_up(self, reference: Any) -> None:
        """End an item under way."""
        ...

    def close(self, under_way: Sequence[Any]) -> None:
        """Give up all places, and the items under way."""
        ...


class Tasks:
    """Places without a GPU: any worker process of Ray, so many items at once."""

    def __init__(
        self, ray: Any, takes: Mapping[str, float], order: Order, in_flight: Callable[[], int], force: Force
    ) -> None:
        self._ray, self._takes, self._order, self._in_flight, self._force = ray, takes, order, in_flight, force
        calls = order[1].recycling.items or 0  # 0 is Ray's word for never
        self._remote = ray.remote(**_options(takes), max_retries=0, retry_exceptions=False, max_calls=calls)(_work)

    def fill(self, waiting: int) -> None:
        pass

    def free(self, busy: int) -> bool:
        return busy < self._in_flight()

    def room(self) -> int:
        return max(1, _room(self._ray, self._takes))

    def submit(self, packed: bytes, node: str | None = None, beside: Any = None) -> Any:
        if node is None:
            return self._remote.remote(packed, *self._order)
        there = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=True)
        return self._remote.options(scheduling_strategy=there).remote(packed, *self._order)

    def coming(self) -> Sequence[Any]:
        return ()

    def arrived(self, reference: Any) -> Exception | None:
        return None

    def lost_its_node(self, reference: Any) -> bool:
        return False

    def ended_by_us(self, since: float) -> bool:
        return self._force.may_have_hit(since)

    def left(self, reference: Any, *, died: bool) -> None:
        pass

    def give_up(self, reference: Any) -> None:
        self._force.used = time.monotonic()
        self._ray.cancel(reference, force=True)

    def close(self, under_way: Sequence[Any]) -> None:
        """Give up the items under way.

        Ray 2.60 aborts the driver where an item ends at the very moment at which it is cancelled ("Tried to complete task
        that was not pending"). So items that are nearly done are awaited, and those that wait in Ray go before those that
        run, or they would start one after the other.
        """
        _, lasting = self._end(under_way, _GRACE_S)
        for reference in reversed(lasting):
            self.give_up(reference)
        self._end(lasting, _SETTLE_S)

    def _end(self, references: Sequence[Any], within_s: float) -> tuple[list[Any], list[Any]]:
        if not references:
            return [], []
        ended, lasting = self._ray.wait(list(references), num_returns=len(references), timeout=within_s)
        return ended, lasting


class Actors:
    """Places with GPUs: actors that stay until the map ends.

    As many as find room at its beginning; where `grows`, as many as workers, so that an autoscaler sees those that wait.
    """

    def __init__(
        self, ray: Any, takes: Mapping[str, float], order: Order, workers: int, *, grows: bool = False
    ) -> None:
        self._ray, self._order = ray, order
        # A cluster may grow its first GPU for the first actor.
        self._most = workers if grows else min(workers, max(1, _room(ray, takes)))
        self._kind = ray.remote(**_options(takes), max_restarts=0, max_task_retries=0)(Place)
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

    def room(self) -> int:
        return len(self._idle) + len(self._busy)

    def submit(self, packed: bytes, node: str | None = None, beside: Any = None) -> Any:
        _, slow = self._busy.get(beside, (None, None))
        there = max(reversed(self._idle), key=lambda place: (place[1] != slow, place[1] == node))
        self._idle.remove(there)
        reference = there[0].work.remote(packed, *self._order)
        self._busy[reference] = there
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

    def ended_by_us(self, since: float) -> bool:
        return False

    def left(self, reference: Any, *, died: bool) -> None:
        actor, node = self._busy.pop(reference)
        if died:
            self._ray.kill(actor)
        else:
            self._idle.append((actor, node))

    def give_up(self, reference: Any) -> None:
        self.left(reference, died=True)

    def close(self, under_way: Sequence[Any]) -> None:
        actors = [actor for actor, _ in (*self._idle, *self._busy.values())]
        for actor in (*actors, *self._coming.values()):
            self._ray.kill(actor)


class Place:
    """What an actor is: a worker process that keeps its GPUs, and with them the task that it opened."""

    def node(self) -> str:
        import ray  # noqa: PLC0415

        return str(ray.get_runtime_context().get_node_id())

    def work(self, item: bytes, task: bytes, terms: Terms) -> Answer:
        return _work(item, task, terms)


def amounts(needs: Needs, *, place: bool = False) -> dict[str, float]:
    """Return what a task takes of a node, by Ray's names; memory in bytes."""
    return {"CPU": needs.cpus, "GPU": needs.gpus, "memory": needs.memory_mb * 2**20, **({PLACE: 1} if place else {})}


def _options(takes: Mapping[str, float]) -> dict[str, Any]:
    words = {"CPU": "num_cpus", "GPU": "num_gpus", "memory": "memory"}
    others = {name: amount for name, amount in takes.items() if name not in words}
    return {**{word: takes[name] for name, word in words.items()}, "resources": others}


def _room(ray: Any, takes: Mapping[str, float]) -> int:
    """Return for how many there is room on the nodes that are there now, with nothing else on them."""
    wanted = {name: amount for name, amount in takes.items() if amount > 0}
    return sum(
        min(math.floor(node["Resources"].get(name, 0) / amount + 1e-9) for name, amount in wanted.items())
        for node in ray.nodes()
        if node["Alive"]
    )


def _work(item: bytes, task: bytes, terms: Terms) -> Answer:
    import ray  # noqa: PLC0415

    begun = time.monotonic()
    if not _bench.holds(terms.tag):
        sys.path.extend(path for path in terms.paths if path not in sys.path)
    outcome = _bench.work(terms.tag, task, item, terms.limit_mb)
    worn = _wear.worn(terms.recycling)
    if worn:
        _leave_after_this(terms.recycling)
    return Answer(outcome, str(ray.get_runtime_context().get_node_id()), time.monotonic() - begun, worn)


def _leave_after_this(recycling: Recycling) -> None:
    """Let Ray replace this process once it has returned, as after the last of `max_calls`.

    Ray counts calls and looks at nothing else; a process that left by itself would take the next item with it. So its count
    is set to what it is one call before the last. Where a later Ray counts elsewhere, the number of calls alone decides.
    """
    if recycling.items is None:
        return
    with suppress(ImportError, AttributeError):
        from ray._private.worker import global_worker  # noqa: PLC0415

        counts = global_worker.function_actor_manager._num_task_executions  # noqa: SLF001
        for function in counts:
            counts[function] = recycling.items - 1
