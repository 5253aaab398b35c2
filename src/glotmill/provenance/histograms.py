"""How many rows of a part have which license, state, language, domain: what the manifest counts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from heapq import nsmallest
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import optional_texts
from glotmill.licensing.domains import domain_of

# Columns whose values are counted: what a reader of the corpus may filter by.
COUNTED: Final = (
    "language",
    "license",
    "license_state",
    "license_class",
    "consent",
    "source",
    "track",
    "origin",
    "script",
)
DOMAIN: Final = "domain"  # no column: the registered domain of `url`
NONE: Final = "-"  # rows that have no value
OTHERS: Final = "*"  # rows of all domains that are not listed
# A part of 512 MB has tens of thousands of domains. A hundred make 4 kB of the manifest, which ten thousand parts may share.
MOST_DOMAINS: Final = 100
MOST_DOMAINS_IN_TOTALS: Final = 1000

Histogram = Mapping[str, int]


class Tally:
    """Counts of one part's rows, filled batch by batch."""

    columns: Final = (*COUNTED, "url")

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in COUNTED}
        self._domains: Counter[str] = Counter()

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch that has `columns`."""
        for name, counter in self._counts.items():
            for pair in pc.value_counts(batch.column(name)).to_pylist():
                counter[pair["values"] if pair["values"] is not None else NONE] += pair["counts"]
        self._domains.update(domain_of(url) or NONE for url in optional_texts(batch.column("url")))

    def close(self) -> dict[str, dict[str, int]]:
        """Return the histograms: name -> value -> rows, values sorted, `domain` cut to the largest."""
        found = {name: dict(sorted(counter.items())) for name, counter in self._counts.items()}
        return {**found, DOMAIN: largest(self._domains)}


def largest(domains: Mapping[str, int], most: int = MOST_DOMAINS) -> dict[str, int]:
    """Return the `most` domains with the most rows, of equals those first in the alphabet, and the rest as `*`.

    `-` (no domain) stays beside them; the sum of all values is kept.
    """
    listed = {name: rows for name, rows in domains.items() if name not in (NONE, OTHERS)}
    kept = dict(nsmallest(most, listed.items(), key=lambda pair: (-pair[1], pair[0])))
    rest = {
        NONE: domains.get(NONE, 0),
        OTHERS: domains.get(OTHERS, 0) + sum(listed.values()) - sum(kept.values()),
    }
    return dict(sorted({**kept, **{name: rows for name, rows in rest.items() if rows}}.items()))


def summed(parts: Iterable[Mapping[str, Histogram]]) -> dict[str, dict[str, int]]:
    """Return the sums of several parts' histograms.

    A domain that one part lists and another does not is counted where it is listed: the sum is a lower bound.
    """
    sums: dict[str, Counter[str]] = {}
    for histograms in parts:
        for name, values in histograms.items():
            sums.setdefault(name, Counter()).update(values)
    return {
        name: largest(counter, MOST_DOMAINS_IN_TOTALS) if name == DOMAIN else dict(sorted(counter.items()))
        for name, counter in sorted(sums.items())
    }
