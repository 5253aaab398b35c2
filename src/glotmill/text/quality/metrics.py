"""How well scores part good documents from bad ones, and what so many sites can show of it."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Measure = Callable[[Numbers, Flags], float | None]

_BINS = 10
_RESAMPLES = 1000


def auc(scores: Numbers, good: Flags) -> float | None:
    """Return the chance that a good document scores higher than a bad one, ties counting half; None without both.

    (The area under the ROC curve as the Mann-Whitney statistic: Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747.)

    Args:
        scores: finite, shape (n,).
        good: shape (n,).
    """
    positives = int(good.sum())
    negatives = len(good) - positives
    if not positives or not negatives:
        return None
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[good].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def calibration_error(probabilities: Numbers, good: Flags) -> float | None:
    """Return the expected calibration error over ten bins of equal width; None of nothing.

    (Naeini et al. 2015: the mean over documents of how far a bin's mean probability is from its share of good ones.)
    """
    if not len(good):
        return None
    bins = np.minimum((probabilities * _BINS).astype(np.int64), _BINS - 1)
    counts = np.bincount(bins, minlength=_BINS)
    gaps = np.bincount(bins, probabilities, minlength=_BINS) - np.bincount(bins, good, minlength=_BINS)
    return float(np.abs(gaps).sum() / counts.sum())


def interval(measure: Measure, scores: Numbers, good: Flags, groups: Ints, *, seed: int) -> tuple[float, float] | None:
    """Return the 95 % percentile interval of a measure, by drawing whole groups with replacement 1,000 times.

    Documents of one site resemble each other, so sites are what is drawn (cluster bootstrap: Field and Welsh 2007,
    doi:10.1111/j.1467-9868.2007.00593.x). With few groups it is too narrow, and with one there is none.

    Args:
        measure: of scores and labels; draws for which it gives None do not count.
        scores: shape (n,).
        good: shape (n,).
        groups: the site of each document as a number from 0, shape (n,).
        seed: of the draws.
    """
    names, place = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        return None
    members = [np.flatnonzero(place == number) for number in range(len(names))]
    chance = np.random.default_rng(seed)
    found: list[float] = []
    for _ in range(_RESAMPLES):
        drawn = np.concatenate([members[number] for number in chance.integers(0, len(names), len(names)).tolist()])
        value = measure(scores[drawn], good[drawn])
        if value is not None:
            found.append(value)
    if not found:
        return None
    low, high = np.quantile(np.array(found), [0.025, 0.975]).tolist()
    return float(low), float(high)


def folds(domains: Sequence[str], good: Flags, *, count: int) -> Ints:
    """Return for each document a fold from 0 to `count` - 1, whole domains together, both classes spread evenly.

    The domain with most documents goes first, to the fold that has least of what it brings: the sum over both classes of
    the fold's share of the class after it.

    Args:
        domains: of each document, shape (n,).
        good: shape (n,).
        count: of folds.
    """
    sizes: dict[str, list[int]] = {}
    for domain, one in zip(domains, good.tolist(), strict=True):
        sizes.setdefault(domain, [0, 0])[int(one)] += 1
    totals = np.maximum(np.array([len(good) - good.sum(), good.sum()], np.float64), 1)
    filled = np.zeros((count, 2))
    fold_of: dict[str, int] = {}
    for domain, size in sorted(sizes.items(), key=lambda item: (-sum(item[1]), item[0])):
        weights = np.array(size) / totals
        chosen = int(np.argmin(((filled + weights) ** 2).sum(axis=1) - (filled**2).sum(axis=1)))
        fold_of[domain] = chosen
        filled[chosen] += weights
    return np.array([fold_of[domain] for domain in domains], np.int64)
