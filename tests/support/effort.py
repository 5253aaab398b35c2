"""What hostile input may cost: bounds for work that would grow without one, and never a measure of speed.

Processor time of the one thread that works, without the collection of other tests' garbage; and a second and third
try, since a busy machine is slow now and then, and an endless search every time.
"""

import gc
import time
from collections.abc import Callable
from typing import Any, TypeVar

TRIES = 3

_Found = TypeVar("_Found")


def effort(work: Callable[[], object]) -> float:
    """Return the least processor seconds of `TRIES` turns of `work` in this thread."""
    return min(_once(work)[0] for _ in range(TRIES))


def done_within(seconds: float, work: Callable[[], _Found]) -> _Found:
    """Return what `work` returns; it fails where each of `TRIES` turns takes more processor seconds of this thread."""
    taken = []
    for _ in range(TRIES):
        spent, found = _once(work)
        if spent <= seconds:
            return found
        taken.append(round(spent, 2))
    raise AssertionError(f"took {taken} s of processor, more than {seconds} each time")


def _once(work: Callable[[], Any]) -> tuple[float, Any]:
    collects = gc.isenabled()
    gc.disable()
    try:
        begun = time.thread_time()
        found = work()
        return time.thread_time() - begun, found
    finally:
        if collects:
            gc.enable()
