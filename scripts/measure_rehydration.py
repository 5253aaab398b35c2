"""Hold the curves of `rehydrate` against the counts and weights by cluster size that FineWeb-2 publishes.

    git clone --depth 1 https://github.com/huggingface/fineweb-2
    .venv/bin/python scripts/measure_rehydration.py fineweb-2/misc/rehydration

Prints the tables of docs/decisions/0023-repeats.md: removal rates by cluster size, and what each curve makes of a corpus
with FineWeb-2's cluster sizes, in languages of at least 100,000 documents.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from glotmill.stages.rehydrate import RehydrateSpec

LEAST_DOCUMENTS = 100_000
BINS = ((1, 1), (2, 2), (3, 4), (5, 8), (9, 16), (17, 32), (33, 64), (65, 128))
LARGE = 100  # copies of a large cluster
CAPS = (4, 10)
CURVES: tuple[Mapping[str, Any], ...] = (
    *({"exponent": exponent} for exponent in (0.25, 0.5, 0.6, 0.75, 1.0)),
    {"table": {1: 1, 16: "cap", 100: 1}},
)


@dataclass(frozen=True, slots=True)
class Distribution:
    """What FineWeb-2 says of one language; the last size stands for all from there on.

    Args:
        sizes: of clusters.
        rates: percent of the documents of each size that its filters removed.
        kept: documents that are left of each size.
        rate: percent removed of all documents.
    """

    sizes: npt.NDArray[np.int64]
    rates: npt.NDArray[np.float64]
    kept: npt.NDArray[np.int64]
    rate: float

    def above_all(self, least: int, most: int) -> float | None:
        """Return by how many points the rate of these sizes is above that of all documents, without the tail."""
        chosen = np.flatnonzero((self.sizes[:-1] >= least) & (self.sizes[:-1] <= most) & (self.kept[:-1] > 0))
        kept = self.kept[chosen]
        read = (kept / (1 - self.rates[chosen] / 100)).sum()
        return None if not len(chosen) else float(100 * (1 - kept.sum() / read) - self.rate)


def read(path: Path) -> Distribution:
    """Return the distribution in a file."""
    value = json.loads(path.read_text(encoding="utf-8"))
    return Distribution(
        np.array([*value["cluster_sizes"], value["tail_threshold"]]),
        np.array([*value["cluster_removal_rates"], value["tail_removal_rate"]]),
        np.array([*value["cluster_post_filtering_doc_counts"], value["tail_post_filtering_doc_counts"]]),
        value["global_removal_rate"],
    )


def steps(weights: Mapping[str, int], sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return FineWeb-2's weights, each of which holds up to the next size that it names."""
    knots = sorted((int(size), weight) for size, weight in weights.items())
    places = np.searchsorted([size for size, _ in knots], sizes, side="right") - 1
    return np.array([weight for _, weight in knots], np.float64)[places]


def curve(fields: Mapping[str, Any], cap: int) -> RehydrateSpec:
    """Return a curve of ours."""
    table = fields.get("table")
    filled = {} if table is None else {"table": {size: cap if w == "cap" else w for size, w in table.items()}}
    return RehydrateSpec.model_validate({"name": "weights", "kind": "rehydrate", "cap": cap, **fields, **filled})


def compared(
    found: Sequence[tuple[Distribution, npt.NDArray[np.float64]]], spec: RehydrateSpec
) -> tuple[float, float, float]:
    """Return medians over languages: growth, mean distance from FineWeb-2's weight, share read of large clusters."""
    growth, distance, large = [], [], []
    for language, theirs in found:
        ours = np.array([spec.weight(int(size)) for size in language.sizes])
        documents, times = language.kept.sum(), language.kept * ours
        growth.append(times.sum() / documents)
        distance.append((language.kept * abs(ours - theirs)).sum() / documents)
        large.append(times[language.sizes >= LARGE].sum() / times.sum())
    return median(growth), median(distance), median(large)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="Hold the curves of rehydrate against FineWeb-2's counts.")
    parser.add_argument("folder", type=Path, help="misc/rehydration of a checkout of huggingface/fineweb-2")
    folder: Path = parser.parse_args().folder
    every = {path.stem: read(path) for path in sorted((folder / "distributions").glob("*.json"))}
    languages = {tag: one for tag, one in every.items() if one.kept.sum() >= LEAST_DOCUMENTS}
    print(f"{len(languages)} of {len(every)} languages\n")
    print("| copies | points above the rate of all, median | languages above |\n|---|---|---|")
    for least, most in BINS:
        points = [p for one in languages.values() if (p := one.above_all(least, most)) is not None]
        print(f"| {least} to {most} | {median(points):+.1f} | {sum(p > 0 for p in points) / len(points):.0%} |")
    tail = [one.rates[-1] - one.rate for one in languages.values()]
    starts = median(one.sizes[-1] for one in languages.values())
    print(f"| the tail, from {starts:.0f} | {median(tail):+.1f} | {sum(p > 0 for p in tail) / len(tail):.0%} |")
    print("\n| cap | curve | growth | distance | of large clusters |\n|---|---|---|---|---|")
    for cap in CAPS:
        weights = json.loads((folder / "weights" / f"up_to_{cap:02d}_reps.json").read_text(encoding="utf-8"))
        found = [(one, steps(weights[tag], one.sizes)) for tag, one in languages.items() if tag in weights]
        theirs = median((one.kept * w).sum() / one.kept.sum() for one, w in found)
        large = median((one.kept * w)[one.sizes >= LARGE].sum() / (one.kept * w).sum() for one, w in found)
        print(f"| {cap} | FineWeb-2's | {theirs:.2f} | | {large:.2%} |")
        for fields in CURVES:
            growth, distance, share = compared(found, curve(fields, cap))
            print(f"| {cap} | {fields} | {growth:.2f} | {distance:.2f} | {share:.2%} |")


if __name__ == "__main__":
    main()
