"""Which items of benchmarks were found in which documents: as a column, as a ledger's detail, and counted."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

CONTAMINATION = "contamination"
TYPE = pa.list_(
    pa.field(
        "element",
        pa.struct(
            [
                ("benchmark", pa.string()),  # as it is reported: a translation under the name of the original
                ("item", pa.int64()),  # the line of the item in the benchmark's file, from 1
                ("share", pa.float64()),  # of the question's n-grams, four decimals
                ("by", pa.string()),  # the registry's name of the index that found it
            ]
        ),
    )
)
PREFIX = "decontaminate."
_DETAIL = re.compile(r"(?P<benchmark>\S+) (?P<items>[0-9,-]+) share (?P<share>[0-9.]+) by (?P<by>[^\s;]+)")


@dataclass(frozen=True, slots=True)
class Finding:
    """An item found in a document; the fields are those of `TYPE`."""

    benchmark: str
    item: int
    share: float
    by: str


def detail(findings: Sequence[Finding]) -> str:
    """Return findings in words: `xquad 3-5,9 share 1.0000 by xquad-hi`; the share is the highest of the items."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.benchmark, finding.by), []).append(finding)
    return "; ".join(
        f"{benchmark} {_ranges(sorted({one.item for one in group}))} share {max(one.share for one in group):.4f} by {by}"
        for (benchmark, by), group in groups.items()
    )


def read_detail(text: str) -> Iterator[Finding]:
    """Yield the findings that `detail` wrote, each with the share of its group."""
    for match in _DETAIL.finditer(text):
        for part in match["items"].split(","):
            first, _, last = part.partition("-")
            for item in range(int(first), int(last or first) + 1):
                yield Finding(match["benchmark"], item, float(match["share"]), match["by"])


def _ranges(items: Sequence[int]) -> str:
    parts: list[list[int]] = []
    for item in items:
        if parts and item == parts[-1][1] + 1:
            parts[-1][1] = item
        else:
            parts.append([item, item])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


@dataclass(slots=True)
class Tally:
    """What is known of one benchmark.

    Args:
        removed: documents that were dropped for an item of it.
        kept: documents of the corpus in which an item stands or stood.
        items: the items found, by the index that found them.
    """

    removed: int = 0
    kept: int = 0
    items: dict[str, set[int]] = field(default_factory=dict)

    @property
    def distinct(self) -> int:
        """How many different items were found."""
        return len(set().union(*self.items.values()))


def count(tallies: dict[str, Tally], findings: Iterable[Finding], *, removed: bool) -> None:
    """Add what was found in one document to the tallies, which the caller owns."""
    seen: set[str] = set()
    for finding in findings:
        tally = tallies.setdefault(finding.benchmark, Tally())
        tally.items.setdefault(finding.by, set()).add(finding.item)
        if finding.benchmark not in seen:
            seen.add(finding.benchmark)
            tally.removed += removed
            tally.kept += not removed
