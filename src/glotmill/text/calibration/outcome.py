"""What proposed bounds would keep and drop, rule by rule and together, with documents on either side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glotmill.text.calibration.fitting import Fit, Proposal
from glotmill.text.calibration.intervals import LEAST_DOCUMENTS, Share
from glotmill.text.calibration.sampling import Sample
from glotmill.text.calibration.targets import Target
from glotmill.text.measures import Values
from glotmill.text.scan import Bools

TOO_MUCH = 0.6  # of a crawl that one rule drops
_EXAMPLES = 2  # on each side of a bound


@dataclass(frozen=True, slots=True)
class Example:
    """A document near a bound.

    Args:
        value: what the rule measured.
        text: how it begins.
    """

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a rule does to one collection.

    Args:
        now: documents that it drops by the number it has; None where it has none.
        proposed: documents that it would drop.
        dropped: of these, the nearest to the bound.
        kept: of the others, the nearest to the bound.
    """

    now: Share | None
    proposed: Share
    dropped: tuple[Example, ...]
    kept: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """A proposal and what it does.

    Args:
        proposal: for one rule.
        reference: to the held-out documents.
        crawl: to the crawl sample, or None without one.
        warnings: what a reader should not miss.
    """

    proposal: Proposal
    reference: Effect
    crawl: Effect | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """How many documents of a collection all rules keep, by the numbers they have and by those proposed."""

    now: Share
    proposed: Share


@dataclass(frozen=True, slots=True)
class Judged:
    """Everything that proposals do.

    Args:
        rules: in order.
        reference: the held-out documents.
        crawl: the crawl sample, or None without one.
        warnings: about the whole.
    """

    rules: tuple[RuleOutcome, ...]
    reference: Together
    crawl: Together | None
    warnings: tuple[str, ...]


def judged(found: Fit, held_out: Sample, *, keep: float, crawl: Sample | None = None) -> Judged:
    """Return what proposals do to the held-out part of a reference and to a crawl sample.

    Args:
        found: the proposals.
        held_out: documents that they do not come from.
        keep: the share of the reference that all rules together were to keep.
        crawl: the sample, if there is one.
    """
    rules = []
    for proposal in found.proposals:
        own = _effect(proposal, held_out)
        web = None if crawl is None else _effect(proposal, crawl)
        rules.append(RuleOutcome(proposal, own, web, _warnings(own, web, keep)))
    targets = [proposal.target for proposal in found.proposals]
    together = _together(targets, found.proposals, held_out.values)
    web_together = None if crawl is None else _together(targets, found.proposals, crawl.values)
    warnings = []
    if together.proposed.of < LEAST_DOCUMENTS:
        warnings.append(
            f"UNPROVEN: {together.proposed.of} held-out documents prove nothing; {LEAST_DOCUMENTS} are the least"
        )
    if not found.reached:
        verdict = "too few documents to show it" if found.kept.value >= keep else "no bounds keep enough"
        warnings.append(
            f"{verdict}: the loosest bounds tried keep {found.kept.value:.3f} of {found.kept.of} documents to calibrate "
            f"on, fold by fold, and at 95 % at least {found.kept.low:.3f}; asked for was {keep:g}"
        )
    return Judged(tuple(rules), together, web_together, tuple(warnings))


def _effect(proposal: Proposal, sample: Sample) -> Effect:
    target = proposal.target
    values = sample.values[target.rule.measure]
    fails = proposal.fails(values)
    now = None if target.current is None else _share(target.fails(values, target.current))
    if proposal.bound is None:
        return Effect(now, _share(fails), (), ())
    distance = np.abs(values - proposal.bound)
    seen = np.zeros(len(values), np.bool_)
    seen[list(sample.snippets)] = True

    def nearest(mask: Bools) -> tuple[Example, ...]:
        places = np.flatnonzero(mask & seen)
        chosen = places[np.argsort(distance[places], kind="stable")][:_EXAMPLES].tolist()
        return tuple(Example(float(values[place]), sample.snippets[place]) for place in chosen)

    return Effect(now, _share(fails), nearest(fails), nearest(~fails))


def _share(mask: Bools) -> Share:
    return Share(int(mask.sum()), len(mask))


def _together(targets: Sequence[Target], proposals: Sequence[Proposal], values: Mapping[str, Values]) -> Together:
    documents = len(next(iter(values.values()), np.empty(0)))
    now, proposed = np.ones(documents, np.bool_), np.ones(documents, np.bool_)
    for target, proposal in zip(targets, proposals, strict=True):
        column = values[target.rule.measure]
        proposed &= ~proposal.fails(column)
        if target.current is not None:
            now &= ~target.fails(column, target.current)
    return Together(_share(now), _share(proposed))


def _warnings(reference: Effect, crawl: Effect | None, keep: float) -> tuple[str, ...]:
    found = []
    if reference.proposed.value > 1 - keep:
        found.append(f"alone drops {reference.proposed.value:.0%} of the held-out reference")
    if crawl is not None and crawl.proposed.value > TOO_MUCH:
        found.append(f"drops {crawl.proposed.value:.0%} of the crawl, more than {TOO_MUCH:.0%}")
    return tuple(found)
