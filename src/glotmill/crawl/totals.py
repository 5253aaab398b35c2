"""What a shard has done since its crawl began: counts that are committed with what they count."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of one shard, or of several.

    Args:
        pages: requests of pages that were answered or failed.
        policies: requests of robots.txt and tdmrep.json.
        accepted: pages with text in a target.
        characters: of such text.
        bytes: of content.
        granted: pages that may be asked for beside the crawl's bound: those that were queued again.
        outcomes: state and reason -> pages: `done`, `failed: timeout`, `skipped: robots.disallowed`.
    """

    pages: int = 0
    policies: int = 0
    accepted: int = 0
    characters: int = 0
    bytes: int = 0
    granted: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)

    def plus(self, other: "Totals") -> "Totals":
        """Return the sum of both."""
        outcomes = Counter(self.outcomes) + Counter(other.outcomes)
        numbers = {name: getattr(self, name) + getattr(other, name) for name in _NUMBERS}
        return Totals(outcomes=dict(sorted(outcomes.items())), **numbers)

    def minus(self, other: "Totals") -> "Totals":
        """Return what was counted since `other`."""
        outcomes = Counter(self.outcomes) - Counter(other.outcomes)
        numbers = {name: getattr(self, name) - getattr(other, name) for name in _NUMBERS}
        return Totals(outcomes=dict(sorted(outcomes.items())), **numbers)


def totals_note(totals: Totals) -> bytes:
    """Return the counts as a note of the frontier."""
    return json.dumps(asdict(totals), sort_keys=True).encode()


def read_totals(note: bytes | None) -> Totals:
    """Return the counts of a note; none are zeros."""
    return Totals() if note is None else Totals(**json.loads(note))


_NUMBERS = ("pages", "policies", "accepted", "characters", "bytes", "granted")
