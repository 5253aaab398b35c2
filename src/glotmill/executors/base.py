"""What an executor is: it maps a task over items and never lets one failure hide the others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from glotmill.core.steps import Needs

T = TypeVar("T")
R = TypeVar("R")


class WorkerCrash(Exception):
    """A worker process died (signal, out of memory, exit) while it worked on an item."""


@dataclass(frozen=True, slots=True)
class Result(Generic[R]):
    """What became of item `index`: a value, or the error that ended it."""

    index: int
    value: R | None = None
    error: Exception | None = None


@dataclass(slots=True)
class Incidents:
    """What went wrong below the tasks, and was mended, since an executor was made.

    Args:
        nodes_lost: nodes of a cluster that were there and are gone.
        nodes_added: nodes that came after the executor was made.
        crashes: worker processes that died of an item.
        resubmitted: items that were given out again because their node was lost, or their process ended with that of an attempt given up.
        second_attempts: items that were given out a second time because they took so long.
    """

    nodes_lost: int = 0
    nodes_added: int = 0
    crashes: int = 0
    resubmitted: int = 0
    second_attempts: int = 0


class Executor(Protocol):
    """Runs tasks. `workers` is how many items are under way at once."""

    workers: int
    incidents: Incidents

    def map(self, task: Callable[[T], R], items: Sequence[T], *, needs: Needs) -> Iterator[Result[R]]:
        """Yield one result per item in order of completion; a crash is a result with a WorkerCrash.

        `task` and items must be picklable: a module-level function or a frozen dataclass with `__call__`.
        """
        ...

    def close(self) -> None:
        """Release processes and connections; safe to call twice."""
        ...
