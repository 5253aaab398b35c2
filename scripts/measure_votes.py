"""Prints what docs/decisions/0020-votes.md states of the ensemble of identifiers: what scores mean, what words decide.

    .venv/bin/python scripts/measure_votes.py

Scores are held against what is right on the texts of the benchmark; what words decide between relatives is counted on the
articles of the Universal Declaration of Human Rights for calibration, in languages of groups alone. `make real-data` fetches both.
"""

import itertools
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "benchmarks")]

from identification.split import Manifest, read_manifest  # noqa: E402
from identification.texts import cut, guide, stories, udhr  # noqa: E402

from glotmill.text.identification import ensemble, ngrams, words  # noqa: E402

CUTS = (30, 120, None)
BANDS = (0.0, 0.3, 0.5, 0.7, 0.9, 0.97, 1.01)  # the last holds a score of 1
THRESHOLDS = (0.5, 0.8, 0.9, 0.97)
_BINS = 20


def calibration_gap(scores: npt.NDArray[np.float32], right: npt.NDArray[np.bool_]) -> float:
    """Return the mean distance of scores from the share that is right, over bins of one width (Naeini et al. 2015)."""
    bins = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    parts = [(bins == place) for place in range(_BINS) if (bins == place).any()]
    return float(sum(abs(right[part].mean() - scores[part].mean()) * part.mean() for part in parts))


def print_scores(manifest: Manifest) -> None:
    """Print, by body of texts, the share that is right among scores of each band."""
    identifier = ensemble.shipped()
    languages = np.array([*(manifest.language(tag) for tag in identifier.labels), ""])
    print(
        "| texts | mean gap | " + " | ".join(f"{low}-{min(high, 1)}" for low, high in itertools.pairwise(BANDS)) + " |"
    )
    print("|---|---|" + "---|" * (len(BANDS) - 1))
    for name, body in (("Declaration", udhr(manifest)), ("stories", stories(manifest)), ("guide", guide(manifest))):
        pieces = [piece for length in CUTS for piece in cut(body, length)]
        guesses = identifier.identify([piece.text for piece in pieces])
        scores = guesses.scores[:, 0]
        right = languages[guesses.labels[:, 0]] == np.array([piece.language for piece in pieces])
        cells = []
        for low, high in itertools.pairwise(BANDS):
            band = (scores >= low) & (scores < high)
            cells.append(f"{right[band].mean():.3f}" if band.any() else "-")
        print(f"| {name} | {calibration_gap(scores, right):.3f} | " + " | ".join(cells) + " |")


def print_relatives(manifest: Manifest) -> None:
    """Print, by length, the accuracy where the pool decides between relatives and where words do, from each score on."""
    members = {"ngrams": ngrams.shipped(), "words": words.shipped()}
    weights = ensemble.weights_for(tuple(members))
    group = {record.tag: record.group for record in words.shipped().records if record.group}
    rights = [None, *(ensemble.Veto(tuple(members).index("words"), group, score) for score in THRESHOLDS)]
    pools = [ensemble.EnsembleIdentifier(members, weights, right) for right in rights]
    languages = np.array([*(manifest.language(tag) for tag in pools[0].labels), ""])
    grouped = {manifest.language(tag) for tag in group}
    print("\n| characters | texts | pool alone | " + " | ".join(f"words from {score}" for score in THRESHOLDS) + " |")
    print("|---|---|---|" + "---|" * len(THRESHOLDS))
    for length in (60, 120, None):
        pieces = [piece for piece in cut(udhr(manifest, part="calibration"), length) if piece.language in grouped]
        gold = np.array([piece.language for piece in pieces])
        texts = [piece.text for piece in pieces]
        votes = pools[0].votes(texts)
        cells = [f"{(languages[pool.pooled(texts, votes).labels[:, 0]] == gold).mean():.4f}" for pool in pools]
        print(f"| {length or 'all'} | {len(pieces):,} | " + " | ".join(cells) + " |")


def main() -> None:
    """Print both tables."""
    manifest = read_manifest(ROOT / "manifests/identification.yaml")
    print_scores(manifest)
    print_relatives(manifest)


if __name__ == "__main__":
    main()
