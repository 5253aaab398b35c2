"""How a task, an item and an outcome travel between processes: as pickled bytes, errors included."""

import pickle
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar, cast

from glotmill.executors.base import Result, WorkerCrash
from glotmill.executors.memory import bounded

T = TypeVar("T")
R = TypeVar("R")

_TRACE_CHARS = 16_000  # an exception that quotes a whole page must not fill the driver's memory and its log


class TaskError(Exception):
    """An exception of a task that cannot be rebuilt in the driver; its type and traceback are in the text.

    Args:
        type_name: the qualified name of the class that was raised.
        text: what it said.
    """

    def __init__(self, type_name: str, text: str) -> None:
        self.type_name, self.text = type_name, text
        super().__init__(f"{type_name}: {text}")

    def __reduce__(self) -> tuple[object, ...]:
        return TaskError, (self.type_name, self.text)


@dataclass(frozen=True, slots=True)
class _Raised:
    """An exception on its way: pickled where that works, and in words in any case."""

    pickled: bytes | None
    type_name: str
    text: str
    trace: str


def pack(value: object) -> bytes:
    """Pickle a task or an item; raises what its own pickling raises."""
    return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)


def run_here(task: Callable[[T], R], items: Iterator[tuple[int, T]]) -> Iterator[Result[R]]:
    """Run a task over numbered items in this process, one after the other."""
    for index, item in items:
        try:
            value = task(item)
        except SystemExit as left:
            yield Result(index, error=_left(left))
        except Exception as error:  # noqa: BLE001 - the edge: a task may raise anything, and its neighbors go on
            yield Result(index, error=_annotated(error))
        else:
            yield Result(index, value=value)


class Bench:
    """A worker's place of work: the task it opened last, and what it does with an item.

    The task stays open from item to item, so that what it holds (models) is opened once per process.
    """

    def __init__(self) -> None:
        self._tag: str | None = None
        self._packed = b""
        self._task: Callable[[object], object] | None = None

    def work(self, tag: str, task: bytes | None, item: bytes, limit_mb: int | None = None) -> bytes:
        """Run the task called `tag` on a pickled item and return the pickled outcome; never raises an Exception.

        `task` may be None where this bench was handed the same tag before. A process that grows by more than `limit_mb`
        ends (`memory.bounded`).
        """
        if task is not None and tag != self._tag:
            self._tag, self._packed, self._task = tag, task, None
        try:
            if self._task is None:  # where it could not be opened, each item meets the true error again
                self._task = pickle.loads(self._packed)  # noqa: S301 - from our own driver
            with bounded(limit_mb):
                value = self._task(pickle.loads(item))  # noqa: S301
            return pickle.dumps(("value", value), protocol=pickle.HIGHEST_PROTOCOL)
        except SystemExit as left:
            return pack(("left", str(_left(left))))
        except Exception as error:  # noqa: BLE001 - the edge: a task and its pickling may raise anything
            return pack(("raised", _described(error)))

    def holds(self, tag: str) -> bool:
        """Say whether the task called `tag` is open."""
        return tag == self._tag


def opened(index: int, outcome: bytes) -> Result[R]:
    """Return the result for item `index` from what `Bench.work` returned."""
    try:
        kind, payload = pickle.loads(outcome)  # noqa: S301 - from our own worker
    except Exception as error:  # noqa: BLE001 - the edge: a value may unpickle with any error
        return Result(index, error=_annotated(error))
    if kind == "value":
        return Result(index, value=cast(R, payload))
    if kind == "left":
        return Result(index, error=WorkerCrash(payload))
    return Result(index, error=_rebuilt(cast(_Raised, payload)))


@contextmanager
def one_map_at_a_time(taken: set[str]) -> Iterator[None]:
    """Refuse a second map on an executor whose first one is not finished: they would take each other's results."""
    if taken:
        raise RuntimeError("this executor is in use: finish or close the iterator that its last map() returned")
    taken.add("map")
    try:
        yield
    finally:
        taken.clear()


def _left(left: SystemExit) -> WorkerCrash:
    return WorkerCrash(f"the task left its process by sys.exit({left.code!r})")


def _trace(error: BaseException) -> str:
    text = "".join(traceback.format_exception(error))
    return text if len(text) <= _TRACE_CHARS else f"... {text[-_TRACE_CHARS:]}"


def _annotated(error: Exception) -> Exception:
    """Return the error with its traceback in words, without the frames, which would keep whole batches alive."""
    error.add_note(_trace(error))
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return error


def _described(error: Exception) -> _Raised:
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the edge: an exception's own __str__ may fail in any way
        text = "(its text cannot be shown)"
    trace = _trace(error)
    try:
        pickled: bytes | None = pickle.dumps(error, protocol=pickle.HIGHEST_PROTOCOL)
        # Many exceptions pickle well and then refuse to be rebuilt, or come back as something else.
        if type(pickle.loads(pickled)) is not type(error):  # type: ignore[arg-type]  # noqa: S301
            pickled = None
    except Exception:  # noqa: BLE001 - the edge: pickling runs the exception's own code
        pickled = None
    return _Raised(pickled, name, text, trace)


def _rebuilt(raised: _Raised) -> Exception:
    error: Exception = TaskError(raised.type_name, raised.text)
    if raised.pickled is not None:
        try:
            error = pickle.loads(raised.pickled)  # noqa: S301
        except Exception:  # noqa: BLE001 - the edge: its class may be missing here; the words above remain
            error = TaskError(raised.type_name, raised.text)
    error.add_note(f"In the worker process:\n{raised.trace}")
    return error
