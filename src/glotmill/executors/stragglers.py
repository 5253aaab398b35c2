"""Which items take so much longer than their like that a second attempt is worth while."""

import statistics
from collections import defaultdict, deque
from collections.abc import Collection
from dataclasses import dataclass

_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Straggling:
    """When an item gets a second attempt beside the first.

    Args:
        times: it has taken so many times the median.
        at_least_s: and so many seconds: a second attempt costs the opening of models.
        after: and so many items of the map are done, so that there is a median.
    """

    times: float = 4.0
    at_least_s: float = 60.0
    after: int = 5


class Paces:
    """How long the items of one map took, by node."""

    def __init__(self, straggling: Straggling) -> None:
        self._straggling = straggling
        self._all: deque[float] = deque(maxlen=_REMEMBERED)
        self._by_node: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))

    def note(self, node: str, seconds: float) -> None:
        """Take note of an item that is done."""
        self._all.append(seconds)
        self._by_node[node].append(seconds)

    def overdue_after(self) -> float | None:
        """Return the seconds after which an item is a straggler; None as long as that cannot be said."""
        if len(self._all) < self._straggling.after:
            return None
        return max(self._straggling.times * statistics.median(self._all), self._straggling.at_least_s)

    def fastest(self, alive: Collection[str]) -> str | None:
        """Return the node with the smallest median, of those that are there."""
        known = sorted((statistics.median(took), node) for node, took in self._by_node.items() if node in alive)
        return known[0][1] if known else None
