"""From values of a reference to bounds that together keep a stated part of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from glotmill.core.errors import DataError
from glotmill.text.calibration.intervals import LEAST_DOCUMENTS, Share
from glotmill.text.calibration.methods import (
    TAIL,
    Distribution,
    Method,
    deviation_bound,
    looser,
    quantile_bound,
    rounded,
)
from glotmill.text.calibration.targets import Target
from glotmill.text.linting.bounds import fault_of
from glotmill.text.measures import Values
from glotmill.text.scan import Bools

Change = Literal["unchanged", "new", "loosened", "tightened", "switched_off", "refused", "not_judged"]
MOVED: frozenset[Change] = frozenset({"new", "loosened", "tightened"})
_BUDGETS = 200  # tried, from the largest down
_STEP = 0.95  # between one budget and the next: 200 of them span a factor of 27,000


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a calibration proposes for one rule.

    Args:
        target: the rule.
        bound: by which it would judge; None where it would not.
        change: against how it judges now.
        why: of `switched_off`, `refused` and `not_judged`; else None.
    """

    target: Target
    bound: float | None
    change: Change
    why: str | None = None

    def fails(self, values: Values) -> Bools:
        """Return which values it drops, shape as `values`."""
        return np.zeros(len(values), np.bool_) if self.bound is None else self.target.fails(values, self.bound)


@dataclass(frozen=True, slots=True)
class Fit:
    """Proposals for all rules, found together.

    Args:
        proposals: one per target, in order.
        budget: share of documents that each free rule may drop: of the reference by `quantile` and `deviation`, of
            the crawl by `tail`.
        kept: documents of the calibration part that all rules keep, of those that the fixed rules keep, each judged by
            bounds of the same budget that were found without its fold.
        reached: whether the lower end of the interval around that share is the aim or more.
    """

    proposals: tuple[Proposal, ...]
    budget: float
    kept: Share
    reached: bool


def fit(
    targets: Sequence[Target],
    reference: Mapping[str, Values],
    folds: npt.NDArray[np.int64],
    *,
    method: Method,
    keep: float,
    crawl: Mapping[str, Values] | None = None,
) -> Fit:
    """Find the strictest bounds of one budget under which all rules together keep enough of the reference.

    Every rule gets the same budget: the share of documents that lies beyond its bound, as the method counts it. The
    budget is the largest of 1 - `keep` (for `tail`: 0.1), 0.95 times that, and so on, under which the Wilson lower end
    of the share of the reference that all rules keep is at least `keep`; where none is, the smallest. That share is
    cross-validated: each fold is judged by bounds found on the others, so that with one source per fold a budget
    is taken only if bounds found on some sources keep texts of another.

    Args:
        targets: the rules.
        reference: measure -> values of the calibration part, each of shape (documents,).
        folds: to which fold each document belongs, shape (documents,).
        method: how a budget becomes a bound.
        keep: share of the reference to keep, above 0.5 and below 1.
        crawl: measure -> values of a crawl sample; `tail` needs it.

    Raises:
        DataError: nothing to calibrate on.
    """
    documents = len(next(iter(reference.values()), np.empty(0)))
    if not documents:
        raise DataError("no document of the reference is left to calibrate on")
    if method == "tail" and not len(next(iter((crawl or {}).values()), np.empty(0))):
        raise DataError("the method tail needs documents of a crawl: give --crawl")
    fitter = _Fitter(targets, reference, folds, method=method, keep=keep, crawl=crawl)
    budgets = [(TAIL if method == "tail" else 1 - keep) * _STEP**step for step in range(_BUDGETS)]
    low, high = 0, len(budgets) - 1
    while low < high:  # a smaller budget never keeps less
        middle = (low + high) // 2
        if fitter.kept(budgets[middle]).low >= keep:
            high = middle
        else:
            low = middle + 1
    kept = fitter.kept(budgets[low])
    return Fit(fitter.propose(budgets[low]), budgets[low], kept, kept.low >= keep)


class _Fitter:
    """The distributions that proposals come from, sorted once: over all documents, and without each fold."""

    def __init__(
        self,
        targets: Sequence[Target],
        reference: Mapping[str, Values],
        folds: npt.NDArray[np.int64],
        *,
        method: Method,
        keep: float,
        crawl: Mapping[str, Values] | None,
    ) -> None:
        self._targets, self._reference, self._method, self._keep = targets, reference, method, keep
        names = sorted({t.rule.measure for t in targets if t.off is None and t.freedom != "fixed"})
        judged = np.ones(len(folds), np.bool_)
        for target in targets:
            if target.freedom == "fixed" and target.current is not None:
                judged &= ~target.fails(reference[target.rule.measure], target.current)
        self._judged = judged
        if method == "tail" and crawl is not None:  # the crawl is no part of what is judged
            self._whole = _distributions(names, crawl, np.ones(len(next(iter(crawl.values()))), np.bool_))
            self._folds = [(judged, self._whole)]
            return
        self._whole = _distributions(names, reference, np.ones(len(folds), np.bool_))
        masks = [folds == fold for fold in np.unique(folds).tolist()]
        self._folds = [
            (judged & mask, self._whole if mask.all() else _distributions(names, reference, ~mask)) for mask in masks
        ]

    def propose(self, budget: float) -> tuple[Proposal, ...]:
        """Return what each rule becomes under a budget."""
        return self._proposals(budget, self._whole)

    def kept(self, budget: float) -> Share:
        """Return how many documents all rules keep, of those that the fixed ones keep, fold by fold."""
        count = 0
        for mask, found in self._folds:
            kept = mask.copy()
            for proposal in self._proposals(budget, found):
                kept &= ~proposal.fails(self._reference[proposal.target.rule.measure])
            count += int(kept.sum())
        return Share(count, int(self._judged.sum()))

    def _proposals(self, budget: float, found: Mapping[str, Distribution]) -> tuple[Proposal, ...]:
        return tuple(self._proposal(target, budget, found) for target in self._targets)

    def _proposal(self, target: Target, budget: float, found: Mapping[str, Distribution]) -> Proposal:
        current = target.current
        if target.off is not None:
            return Proposal(target, None, "not_judged", target.off)
        if target.freedom == "fixed":
            return Proposal(target, current, "unchanged")
        side = target.rule.side
        bound = self._bound(target, budget, found[target.rule.measure])
        if target.freedom == "loosen" and current is not None:
            bound = looser(current, bound, side=side)
        if bound == current:
            return Proposal(target, current, "unchanged")
        fault = fault_of(target.measure, bound, side=side, stop_words=target.stop_words)
        if fault is not None and fault.kind == "dead":
            return Proposal(target, None, "switched_off", self._why_off(target, bound, found[target.rule.measure]))
        if fault is not None and fault.severity == "error":
            return Proposal(target, current, "refused", f"{fault.message}; is the reference running text?")
        if fault is not None and current is not None:  # that the reference has none of it is no reason to allow none
            return Proposal(target, current, "refused", fault.message)
        if current is None:
            return Proposal(target, bound, "new")
        return Proposal(target, bound, "loosened" if looser(current, bound, side=side) == bound else "tightened")

    def _bound(self, target: Target, budget: float, found: Distribution) -> float:
        """Return what the method asks for, or the loosest bound that does anything where that would be none.

        Shares pile up at 0 and 1: a few documents without a single closing mark would switch off the rule on closing
        marks for all, though a bound above them costs those few alone.
        """
        side = target.rule.side
        find = deviation_bound if self._method == "deviation" else quantile_bound
        bound = rounded(find(found, side=side, share=budget), side=side)
        if not _is_dead(target, bound):
            return bound
        end = found.outermost(side)
        if end.following is None or not _is_dead(target, end.value):
            return bound
        # So few documents prove no share: a rule is switched off by them only if even the interval's low end is too much.
        share = end.share.value if end.share.of >= LEAST_DOCUMENTS else end.share.low
        return bound if share > 1 - self._keep else rounded(end.following, side=side)

    def _why_off(self, target: Target, bound: float, found: Distribution) -> str:
        end = found.outermost(target.rule.side)
        whose = "crawl sample" if self._method == "tail" else "reference"
        if _is_dead(target, end.value):
            return f"{end.share.value:.1%} of the {whose} measure {end.value:g}, beyond which no document lies"
        return f"the bound by the method {self._method} would be {bound:g}, beyond which no document lies"


def _is_dead(target: Target, bound: float) -> bool:
    fault = fault_of(target.measure, bound, side=target.rule.side, stop_words=target.stop_words)
    return fault is not None and fault.kind == "dead"


def _distributions(names: Sequence[str], values: Mapping[str, Values], mask: Bools) -> Mapping[str, Distribution]:
    return {name: Distribution.of(values[name][mask]) for name in names}
