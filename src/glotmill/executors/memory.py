"""What a worker process may hold: the memory of an item under way, and when a process has leaked enough to be replaced."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from glotmill.core.errors import SettingsError
from glotmill.core.steps import Needs

EXIT_STATUS = 86  # of a process that ended itself for an item that took more memory than it may

_MB = 1 << 20
_LOOK_EVERY_S = 0.05
_STATM = Path("/proc/self/statm")
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_USABLE = 0.8  # of a machine's memory: the rest is the system's, the driver's and the page cache's


@dataclass(frozen=True, slots=True)
class Recycling:
    """When a worker process is replaced, against libraries that leak.

    Args:
        items: after so many items; None never.
        growth_mb: once it holds so much more than after its first item; None never. Looked at between items, on Linux.
    """

    items: int | None = 500
    growth_mb: int | None = 1024

    def __post_init__(self) -> None:
        for name in ("items", "growth_mb"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SettingsError(f"recycling: {name} is {value}; it is at least 1, or None")


def limit_of(needs: Needs) -> int:
    """Return by how many MB a process may grow while it works on one item of such a task."""
    return needs.limit_mb if needs.limit_mb is not None else 4 * needs.memory_mb


def resident_mb() -> float | None:
    """Return the resident memory of this process in MB; None where the system does not tell."""
    try:
        return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / _MB
    except (OSError, ValueError):
        return None


def room_for(needs: Needs) -> int:
    """Return how many tasks with these needs fit into this machine's memory (or its container's) at once, at least one."""
    total = _total_mb()
    return sys.maxsize if total is None or needs.memory_mb <= 0 else max(1, int(total * _USABLE / needs.memory_mb))


@contextmanager
def bounded(limit_mb: int | None) -> Iterator[None]:
    """End this process with `EXIT_STATUS` if it grows by more than `limit_mb` before the block is left.

    A thread looks every 50 ms. Native code that keeps the interpreter's lock while it allocates is left to the kernel, or
    to Ray's own look at the node's memory: that too is a crash of this process, which the driver sees.
    """
    before = resident_mb()
    if limit_mb is None or before is None:
        yield
        return
    over = threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_EVERY_S):
            now = resident_mb()
            if now is not None and now - before > limit_mb:
                os._exit(EXIT_STATUS)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


class Wear:
    """How much a process has been used."""

    def __init__(self) -> None:
        self.items = 0
        self._first_mb: float | None = None

    def worn(self, recycling: Recycling) -> bool:
        """Count one more item and say whether the process is to be replaced before the next."""
        self.items += 1
        now = resident_mb()
        if self._first_mb is None:
            self._first_mb = now
        if recycling.items is not None and self.items >= recycling.items:
            return True
        if recycling.growth_mb is None or now is None or self._first_mb is None:
            return False
        return now - self._first_mb > recycling.growth_mb


def _total_mb() -> float | None:
    found = []
    for path in _CGROUP_LIMITS:
        try:
            found.append(int(path.read_text(encoding="ascii")) / _MB)
        except (OSError, ValueError):
            continue  # no such group, or "max"
    with suppress(ValueError, OSError, AttributeError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _MB)
    return min(found, default=None)
