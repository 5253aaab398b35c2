"""What an n-gram weighs for a label: how much oftener the label's words have it than those of others in its script."""

import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from glotmill.text import hashing, scripts
from glotmill.text.identification.ngram_kernel import grams, symbols
from glotmill.text.identification.ngram_usage import Usage

FEWEST_WORDS: Final = 30  # a label with fewer has no model
MOST_NGRAMS: Final = 3_000  # kept per label
SMOOTHING: Final = 150.0
LEAST_WEIGHT: Final = 0.5  # nats; rounds to one
FEW_DOCUMENTS: Final = 1_000  # a label that the crawl's table does not have
# What a label's words may be written in, where the tag names another script or a mixture.
WRITTEN_IN: Final = {"Jpan": ("Hani", "Hira", "Kana"), "Hang": ("Hang", "Hani"), "Hani": ("Hani", "Bopo")}

Keys = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def usable(word: str, script: str) -> str | None:
    """Return a word as it is counted, or None where it has no letter or one of a script that is not its label's."""
    folded = hashing.folded(unicodedata.normalize("NFC", word))
    points = scripts.code_points(folded)
    properties = scripts.properties()[points]
    written = properties[properties & scripts.CLASS_MASK == scripts.LETTER] >> scripts.SCRIPT_SHIFT
    # Letters of no one script, as ー is, go with any.
    allowed = [0, 1, 2, *(scripts.names().index(name) for name in WRITTEN_IN.get(script, (script,)))]
    return folded if len(written) and np.isin(written, allowed).all() else None


def counted(words: Sequence[str], weights: Floats) -> tuple[Keys, Floats]:
    """Return the n-grams of weighed words and the share of each in all of them, both of shape (n-grams,)."""
    tables = (scripts.properties(), *hashing.folding())
    found = [grams(symbols(scripts.code_points(word), *tables)) for word in words]
    keys, places = np.unique(np.concatenate(found), return_inverse=True)
    shares = np.bincount(places, np.repeat(weights, [len(some) for some in found]), len(keys))
    return keys, shares / shares.sum()


def weight(shares: Floats, means: Floats) -> Floats:
    """Return what n-grams weigh, in nats, before the median of the script's labels is taken off.

    Args:
        shares: of each in all n-grams of the label, shape (n-grams,).
        means: of its share over the labels of the script, the label included, shape (n-grams,).
    """
    return np.asarray(np.log1p(SMOOTHING * shares / means), np.float64)


def best(keys: Ints, shares: Floats, said: Floats) -> Ints:
    """Return the positions of the n-grams that a label keeps: those with the greatest share times distance.

    Args:
        keys: in whose order equals are kept, shape (n-grams,).
        shares: as in `weight`.
        said: weights less the median of the script's labels, shape (n-grams,).
    """
    loud = np.flatnonzero(np.abs(said) >= LEAST_WEIGHT)
    gains = shares[loud] * np.abs(said[loud])
    return loud[np.lexsort((keys[loud], -gains))[:MOST_NGRAMS]]


def rounded(weights: Floats) -> Ints:
    """Return weights as they are stored: whole nats that eight bits hold."""
    return np.clip(np.floor(weights + 0.5), -127, 127).astype(np.int64)


def most_usual(keys: Keys, shares: Floats) -> tuple[Keys, Floats]:
    """Return the `MOST_NGRAMS` n-grams with the greatest shares, in order, and these."""
    kept = np.sort(np.lexsort((keys, -shares))[:MOST_NGRAMS])
    return keys[kept], shares[kept]


def weigh_script(
    labels: Sequence[tuple[Keys, Floats]],
) -> tuple[Keys, Ints, Ints, Usage]:
    """Return the entries of the labels of one script: key, position of the label, weight, all of shape (entries,).

    And how usual the n-grams of these entries are in the script.

    Args:
        labels: of each the n-grams in order, and their shares.
    """
    sizes = [len(keys) for keys, _ in labels]
    owner = np.repeat(np.arange(len(labels)), sizes)
    shares = np.concatenate([shares for _, shares in labels])
    keys, places = np.unique(np.concatenate([keys for keys, _ in labels]), return_inverse=True)
    means = np.bincount(places, shares, len(keys)) / len(labels)
    weights = weight(shares, means[places])
    # The median over all labels, those without the n-gram counted as 0.
    counts = np.bincount(places, minlength=len(keys))
    ordered = weights[np.lexsort((weights, places))]
    middle = len(labels) // 2 - (len(labels) - counts)
    medians = np.zeros(len(keys))
    firsts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)[:-1]])
    medians[middle >= 0] = ordered[firsts[middle >= 0] + middle[middle >= 0]]
    said = weights - medians[places]
    usual = np.flatnonzero(medians >= LEAST_WEIGHT)
    parts = []
    for label in range(len(labels)):
        mine = np.flatnonzero(owner == label)
        kept = mine[best(places[mine], shares[mine], said[mine])]
        lacking = np.setdiff1d(usual, places[mine])
        parts.append((places[kept], np.full(len(kept), label), said[kept]))
        parts.append((lacking, np.full(len(lacking), label), -medians[lacking]))
    all_places, all_labels, all_weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    whole = rounded(all_weights)
    kept = whole != 0
    named = np.unique(all_places[kept])
    usage = Usage(keys[named], means[named], medians[named], _typical(np.delete(means, named)))
    return keys[all_places[kept]], all_labels[kept], whole[kept], usage


def _typical(means: Floats) -> float:
    return float(np.exp(np.average(np.log(means), weights=means))) if len(means) else 0.0
