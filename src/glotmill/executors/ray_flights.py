"""The items of one map on Ray: which wait, which are under way, which get another attempt."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

from glotmill.executors.base import Incidents, Result, WorkerCrash
from glotmill.executors.envelope import opened, pack
from glotmill.executors.ray_places import Answer, Crew
from glotmill.executors.stragglers import Paces, Straggling

T = TypeVar("T")
R = TypeVar("R")

_LOSSES = 3  # an item that outlives three nodes' deaths has something to do with them
_LOOK_EVERY_S = 2.0  # at stragglers, and at nodes that came or went
_ITEM_BYTES = 256 << 20  # packed items handed to Ray and not done: they lie in the driver's memory


@dataclass(frozen=True, slots=True)
class _Flight:
    """An attempt at an item: how often it was lost before through no fault of its own, its size, and since when it is under way."""

    index: int
    losses: int = 0
    bytes: int = 0
    since: float = 0.0


class Flights(Generic[T, R]):
    """Carries the items of one map through a crew.

    Args:
        ray: the module.
        crew: where items run.
        items: what to run.
        look: takes note of the cluster's nodes and returns those that are there.
        incidents: what is told of.
        straggling: when an item gets a second attempt.
    """

    def __init__(
        self,
        ray: Any,
        crew: Crew,
        items: Sequence[T],
        *,
        look: Callable[[], frozenset[str]],
        incidents: Incidents,
        straggling: Straggling,
    ) -> None:
        self._ray, self._crew, self._items = ray, crew, items
        self._look, self._incidents = look, incidents
        self._paces = Paces(straggling)
        self._waiting = deque(_Flight(index) for index in range(len(items)))
        self._flights: dict[Any, _Flight] = {}
        self._tried_twice: set[int] = set()  # items that have had their second attempt, whatever became of it
        self._landed: deque[Result[R]] = deque()
        self._bytes = 0
        self._looked = time.monotonic()
        self._all_run_since: float | None = None

    def results(self) -> Iterator[Result[R]]:
        """Yield one result per item, in order of completion."""
        while self._waiting or self._flights or self._landed:
            self._submit()
            # Ray has its next items before the caller gets to work on results.
            if self._landed:
                yield self._landed.popleft()
                continue
            self._regard()
            awaited = [*self._flights, *self._crew.coming()]
            ready, _ = self._ray.wait(awaited, num_returns=1, timeout=_LOOK_EVERY_S)
            for reference in ready:
                if reference in self._flights:
                    self._land(reference)
                else:
                    self._arrive(reference)

    def under_way(self) -> list[Any]:
        """Return what is not done, as references of Ray."""
        return list(self._flights)

    def _submit(self) -> None:
        self._crew.fill(len(self._waiting))
        while self._waiting and self._crew.free(len(self._flights)) and len(self._landed) <= len(self._flights):
            flight = self._waiting[0]
            try:
                packed = pack(self._items[flight.index])
            except Exception as error:  # noqa: BLE001 - the edge: an item's own pickling may raise anything
                self._waiting.popleft()
                self._landed.append(Result(flight.index, error=error))
                continue
            if self._flights and self._bytes + len(packed) > _ITEM_BYTES:
                return
            self._waiting.popleft()
            self._give_out(packed, flight)

    def _give_out(self, packed: bytes, flight: _Flight, node: str | None = None, beside: Any = None) -> None:
        self._bytes += len(packed)
        begun = replace(flight, bytes=len(packed), since=time.monotonic())
        self._flights[self._crew.submit(packed, node, beside)] = begun

    def _land(self, reference: Any) -> None:
        flight = self._forget(reference)
        result, died = self._opened(reference, flight)
        self._crew.left(reference, died=died)
        if result is not None and isinstance(result.error, WorkerCrash):
            self._incidents.crashes += 1
        twins = [other for other, one in self._flights.items() if one.index == flight.index]
        if twins and (result is None or isinstance(result.error, WorkerCrash)):
            return  # the other attempt may still bring it home
        if result is None:
            self._incidents.resubmitted += 1
            self._tried_twice.discard(flight.index)
            self._waiting.appendleft(_Flight(flight.index, flight.losses + 1))
            return
        for twin in twins:
            self._forget(twin)
            self._crew.give_up(twin)
        self._landed.append(result)

    def _forget(self, reference: Any) -> _Flight:
        flight = self._flights.pop(reference)
        self._bytes -= flight.bytes
        return flight

    def _arrive(self, reference: Any) -> None:
        """Take a place that came; where none can be taken, an item says why, or a map would try for ever."""
        failure = self._crew.arrived(reference)
        if failure is None or not self._waiting:
            return
        flight = self._waiting.popleft()
        if flight.losses + 1 < _LOSSES:
            self._waiting.appendleft(_Flight(flight.index, flight.losses + 1))
        else:
            self._landed.append(Result(flight.index, error=failure))

    def _opened(self, reference: Any, flight: _Flight) -> tuple[Result[R] | None, bool]:
        """Return the result, or None where the item was lost with its node, or by our own force, and deserves another; and whether its process died."""
        errors = self._ray.exceptions
        try:
            answer = cast(Answer, self._ray.get(reference))
        except (errors.WorkerCrashedError, errors.OutOfMemoryError) as error:
            if self._crew.ended_by_us(flight.since) and flight.losses + 1 < _LOSSES:
                return None, True
            return Result(flight.index, error=_crash(flight.index, error)), True
        except errors.ActorDiedError as error:
            if self._crew.lost_its_node(reference) and flight.losses + 1 < _LOSSES:
                return None, True
            return Result(flight.index, error=_crash(flight.index, error)), True
        except (
            errors.NodeDiedError, errors.LocalRayletDiedError, errors.ObjectLostError, errors.ActorUnavailableError
        ) as error:  # fmt: skip
            if flight.losses + 1 < _LOSSES:
                return None, True
            return Result(flight.index, error=_crash(flight.index, error)), True
        except errors.RayError as error:  # the cluster cannot run our tasks: another code version, a broken image
            return Result(flight.index, error=error), True
        self._paces.note(answer.node, answer.seconds)
        return opened(flight.index, answer.outcome), answer.worn

    def _regard(self) -> None:
        """Look at the cluster now and then, and at items that take too long once nothing waits for their place."""
        now = time.monotonic()
        if now - self._looked < _LOOK_EVERY_S:
            return
        self._looked = now
        alive = self._look()
        room = self._crew.room()
        if self._waiting or len(self._flights) > room:
            self._all_run_since = None
            return
        if self._all_run_since is None:
            self._all_run_since = now
        overdue = self._paces.overdue_after()
        if overdue is None:
            return
        for first, flight in list(self._flights.items()):
            took = now - max(flight.since, self._all_run_since)
            free = len(self._flights) < room and self._crew.free(len(self._flights))
            if flight.index not in self._tried_twice and took > overdue and free:
                self._incidents.second_attempts += 1
                self._tried_twice.add(flight.index)
                self._give_out(pack(self._items[flight.index]), flight, self._paces.fastest(alive), first)


def _crash(index: int, error: Exception) -> WorkerCrash:
    said = " ".join(str(error).split())
    return WorkerCrash(f"a worker process died while it worked on item {index}: {type(error).__name__}: {said[:500]}")
