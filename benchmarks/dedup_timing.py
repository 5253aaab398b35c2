"""Times whole deduplication, from files to files, each time in an empty folder; of the standard library alone, since each peer has its own environment."""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def fastest_whole(
    work: Callable[[Path], object], kept: Callable[[Path], Sequence[int]], *, repeat: int
) -> dict[str, Any]:
    """Do the work several times and return the fastest.

    Args:
        work: deduplicates, and writes what it keeps into the folder it is given.
        kept: reads from there which documents were kept; not timed.
        repeat: how often.

    Returns:
        `seconds` of wall time, `cpu_seconds` of the same call in this process and those it waited for, `kept` in order.
    """
    found: list[dict[str, Any]] = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as scratch:
            cpu, start = cpu_seconds(), time.perf_counter()
            work(Path(scratch))
            seconds = time.perf_counter() - start
            cpu = cpu_seconds() - cpu
            found.append({"seconds": seconds, "cpu_seconds": cpu, "kept": sorted(kept(Path(scratch)))})
    if any(each["kept"] != found[0]["kept"] for each in found):
        raise ValueError("not every time the same documents were kept")
    return min(found, key=lambda each: float(each["seconds"]))


def cpu_seconds() -> float:
    """Return the processor seconds of this process, all its threads, and the processes it started and waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
