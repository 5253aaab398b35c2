"""From scores to what they mean: the chance of being good, and the share of a crawl that scores less."""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from glotmill.core.errors import DataError
from glotmill.core.steps import Frozen

Numbers = npt.NDArray[np.float64]
_STEPS = 200  # of a table of quantiles: one for half a percent
Finite = Annotated[float, Field(allow_inf_nan=False)]
_ROUNDS = 100
_RIDGE = 1e-3  # keeps the slope finite where one score parts the classes


class Platt(Frozen):
    """A logistic curve over scores: `1 / (1 + exp(-(slope * score + offset)))` (Platt 1999)."""

    method: Literal["platt"] = "platt"
    slope: Finite
    offset: Finite

    def apply(self, scores: Numbers) -> Numbers:
        """Return probabilities of shape (n,), 0 to 1."""
        return 1 / (1 + np.exp(-np.clip(self.slope * scores + self.offset, -40, 40)))


class Isotonic(Frozen):
    """A rising curve through points: straight between them, level outside (Zadrozny and Elkan 2002)."""

    method: Literal["isotonic"] = "isotonic"
    scores: Annotated[tuple[Finite, ...], Field(min_length=1)]
    probabilities: Annotated[tuple[Finite, ...], Field(min_length=1)]

    def apply(self, scores: Numbers) -> Numbers:
        """Return probabilities of shape (n,), 0 to 1."""
        return np.interp(scores, self.scores, self.probabilities)


Curve = Annotated[Platt | Isotonic, Field(discriminator="method")]


def fit_platt(scores: Numbers, good: npt.NDArray[np.bool_]) -> Platt:
    """Return the likeliest logistic curve, by Newton's method with Platt's targets, which are not quite 0 and 1.

    Raises:
        DataError: a score is not finite, or one class is missing.
    """
    _check(scores, good)
    positives = int(good.sum())
    negatives = len(good) - positives
    targets = np.where(good, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    # Both classes weigh alike, as they do in training: the probability is that at one to one.
    weights = np.where(good, 0.5 / positives, 0.5 / negatives)
    found = _logistic(np.stack([np.ones(len(scores)), scores], axis=1), targets, weights)
    if found[1] < 0:
        # Scores that rank the classes the wrong way say nothing: then the offset alone is fitted, about even chances.
        found = np.append(_logistic(np.ones((len(scores), 1)), targets, weights), 0.0)
    return Platt(slope=round(float(found[1]), 6), offset=round(float(found[0]), 6))


def _logistic(design: Numbers, targets: Numbers, weights: Numbers) -> Numbers:
    """Return the likeliest weights of a design whose first column is the constant, which the ridge leaves alone."""
    ridge = np.diag([0.0] + [_RIDGE] * (design.shape[1] - 1))
    steadied = ridge + 1e-9 * np.eye(len(ridge))
    fitted = np.zeros(design.shape[1])
    for _ in range(_ROUNDS):
        chances = 1 / (1 + np.exp(-np.clip(design @ fitted, -40, 40)))
        gradient = design.T @ (weights * (chances - targets)) + ridge @ fitted
        curvature = (design * (weights * chances * (1 - chances))[:, None]).T @ design + steadied
        step = np.linalg.solve(curvature, gradient)
        fitted = fitted - step
        if float(np.abs(step).max()) < 1e-9:
            break
    return fitted


def fit_isotonic(scores: Numbers, good: npt.NDArray[np.bool_]) -> Isotonic:
    """Return the rising step curve nearest to the labels, by pooling adjacent violators; classes weigh alike.

    Raises:
        DataError: a score is not finite, or one class is missing.
    """
    _check(scores, good)
    weights = np.where(good, 0.5 / good.sum(), 0.5 / (~good).sum())
    values, place = np.unique(scores, return_inverse=True)
    mass = np.bincount(place, weights)
    share = np.bincount(place, weights * good) / mass
    blocks: list[tuple[float, float, int]] = []  # mean, mass, last position
    for position, (mean, weight) in enumerate(zip(share.tolist(), mass.tolist(), strict=True)):
        blocks.append((mean, weight, position))
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (left, first, _), (right, second, last) = blocks[-2], blocks[-1]
            blocks[-2:] = [((left * first + right * second) / (first + second), first + second, last)]
    knots: list[tuple[float, float]] = []
    start = 0
    for mean, _, last in blocks:
        knots += [(float(values[start]), round(mean, 6)), (float(values[last]), round(mean, 6))]
        start = last + 1
    kept = sorted(dict.fromkeys(knots))
    return Isotonic(scores=tuple(score for score, _ in kept), probabilities=tuple(chance for _, chance in kept))


def _check(scores: Numbers, good: npt.NDArray[np.bool_]) -> None:
    if not np.isfinite(scores).all():
        bad = int((~np.isfinite(scores)).sum())
        raise DataError(f"{bad} of {len(scores)} scores are not finite numbers: the model is broken, train it again")
    if good.all() or not good.any():
        raise DataError("scores of one class alone calibrate nothing")


def quantile_table(scores: Numbers) -> tuple[float, ...]:
    """Return the scores at the quantiles 0, 0.005, ... 1 of a sample of a crawl, shape (201,), ascending.

    Raises:
        DataError: a score is not finite, or there is none.
    """
    if not len(scores) or not np.isfinite(scores).all():
        raise DataError(
            f"{len(scores)} scores, of which {int(np.isfinite(scores).sum())} are finite, give no quantiles"
        )
    found = np.quantile(scores, np.linspace(0, 1, _STEPS + 1))
    return tuple(round(value, 4) for value in found.tolist())


def quantiles_of(scores: Numbers, table: Sequence[float]) -> Numbers:
    """Return for each score the share of the crawl that scores less, half of the equals, 4 decimals, shape (n,).

    Between two entries of the table the share goes in a straight line.
    """
    levels = np.asarray(table, np.float64)
    ranks = np.linspace(0, 1, len(levels))
    below, above = np.searchsorted(levels, scores, side="left"), np.searchsorted(levels, scores, side="right")
    tied = above > below
    # On a stretch of equal entries: its middle. Elsewhere: between the two entries around.
    middle = (ranks[np.minimum(below, len(ranks) - 1)] + ranks[np.maximum(above - 1, 0)]) / 2
    between = np.interp(scores, levels, ranks)
    found = np.where(tied, middle, between).astype(np.float64)
    return np.round(found, 4)
