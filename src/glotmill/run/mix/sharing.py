"""What each group of a mix is given: its share of the budget, as whole readings and a bound for one more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glotmill.core.errors import RecipeError
from glotmill.core.yamlfile import near
from glotmill.plan.mix_recipe import MixRecipe, Temperature
from glotmill.plan.shares import Share, allot
from glotmill.provenance.receipts import Receipt
from glotmill.run.mix.context import Bucket, MixContext, Scans, read_bucket
from glotmill.run.mix.judging import Values, rule_of
from glotmill.run.mix.order import NONE, Bound


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that a mix treats alike.

    Args:
        values: in the order of `by`.
        documents: that it has, each counted once.
        units: tokens or bytes of those.
        weight: of its share, before size.
        max_epochs: how often each may be taken.
        target: units that it is given.
    """

    values: Values
    documents: int
    units: int
    weight: float
    max_epochs: float
    target: int

    @property
    def name(self) -> str:
        """The values in one word: `swh_Latn/hq`."""
        return "/".join(self.values)


@dataclass(frozen=True, slots=True)
class Selection:
    """How often each document is taken.

    Args:
        groups: of the mix, in the order of their values.
        readings: of each group, how often every document is taken.
        bounds: of each group, before which key documents are taken once more.
        units: of each group, that are read: all of its target but less than one document.
    """

    groups: tuple[Group, ...]
    readings: tuple[int, ...]
    bounds: tuple[Bound, ...]
    units: tuple[int, ...]


def share_out(recipe: MixRecipe, sizes: Mapping[Values, tuple[int, int]], *, file: str) -> tuple[Group, ...]:
    """Return the groups with what each is given.

    Args:
        recipe: of the mix.
        sizes: values of each group -> its documents and units.
        file: of the recipe, for messages.

    Raises:
        RecipeError: an exception matches no group, or the budget is larger than what is there with the caps of repeats.
    """
    ordered = sorted(sizes)
    rules = [rule_of(recipe, values) for values in ordered]
    _check_rules(recipe, ordered, file=file)
    weights = [1.0 if found is None else found[1].weight for found in rules]
    epochs = [
        recipe.max_epochs if found is None or found[1].max_epochs is None else found[1].max_epochs for found in rules
    ]
    units = [sizes[values][1] for values in ordered]
    if recipe.budget is None:
        targets = [size if weight else 0 for size, weight in zip(units, weights, strict=True)]
    else:
        fixed = [None if found is None or not found[1].weight else found[1].budget for found in rules]
        targets = _targets(recipe, recipe.budget, ordered, (units, weights, epochs, fixed), file=file)
    return tuple(
        Group(values, *sizes[values], weight, cap, target)
        for values, weight, cap, target in zip(ordered, weights, epochs, targets, strict=True)
    )


def _targets(
    recipe: MixRecipe,
    budget: int,
    names: Sequence[Values],
    columns: tuple[Sequence[int], Sequence[float], Sequence[float], Sequence[int | None]],
    *,
    file: str,
) -> list[int]:
    units, weights, epochs, fixed = columns
    caps = [int(size * cap) for size, cap in zip(units, epochs, strict=True)]
    for values, given, cap in zip(names, fixed, caps, strict=True):
        if given is not None and given > cap:
            raise RecipeError(
                f"group {'/'.join(values)} is given {given:,} {recipe.count} and has {cap:,} at most: "
                f"{given - cap:,} are missing", file=file, field="groups",
                remedy="Lower its budget, or raise its max_epochs.",
            )  # fmt: skip
    left = budget - sum(given or 0 for given in fixed)
    if left < 0:
        raise RecipeError(
            f"the groups' own budgets are {-left:,} {recipe.count} more than that of the mix", file=file, field="budget"
        )
    total = sum(units)
    alpha = recipe.sampling.alpha if isinstance(recipe.sampling, Temperature) else 0.0
    shares = [
        Share(size, weight * (size / total) ** alpha if size and given is None else 0.0, cap)
        for size, weight, cap, given in zip(units, weights, caps, fixed, strict=True)
    ]
    found, missing = allot(shares, left)
    if missing:
        there = budget - missing
        raise RecipeError(
            f"{budget:,} {recipe.count} are asked for, and {there:,} are there with the caps of repeats: "
            f"{missing:,} are missing", file=file, field="budget",
            remedy="Lower the budget, or raise max_epochs.",
        )  # fmt: skip
    return [amount if given is None else given for amount, given in zip(found, fixed, strict=True)]


def _check_rules(recipe: MixRecipe, groups: Sequence[Values], *, file: str) -> None:
    for number, rule in enumerate(recipe.groups):
        for name, given in rule.where.items() if rule.weight else ():
            known = {values[recipe.by.index(name)] for values in groups}
            for value in given:
                if value not in known:
                    raise RecipeError(
                        f"no document that may be taken has {name} {value!r}", file=file,
                        field=f"groups.{number}.where.{name}", remedy=near(value, known),
                    )  # fmt: skip


def select(context: MixContext, scans: Scans, groups: Sequence[Group], receipts: Sequence[Receipt]) -> Selection:
    """Return how often documents are taken; reads each bucket of keys that some group's last document is in once.

    Args:
        context: of the mix.
        scans: the keys.
        groups: with their targets.
        receipts: of the buckets, in order.
    """
    readings = []
    wanted: dict[int, list[tuple[int, int]]] = {}  # bucket -> groups that end there, and the units that they take of it
    for number, group in enumerate(groups):
        whole, rest = divmod(group.target, group.units) if group.units else (0, 0)
        if not group.units and group.weight and context.plan.recipe.budget is None:
            whole = 1  # empty texts cost nothing
        readings.append(whole)
        if rest:
            place, left = _bucket_of(number, rest, receipts)
            wanted.setdefault(place, []).append((number, left))
    bounds = [NONE] * len(groups)
    units = [group.target for group in groups]
    for place, ending in sorted(wanted.items()):
        found = _bounds(read_bucket(context, scans, place), ending)
        for (number, _), (bound, unused) in zip(ending, found, strict=True):
            bounds[number] = bound
            units[number] -= unused
    return Selection(tuple(groups), tuple(readings), tuple(bounds), tuple(units))


def check_translations(recipe: MixRecipe, selection: Selection, *, file: str) -> None:
    """Refuse a selection in which translations have more of a language's tokens than the recipe allows.

    Raises:
        RecipeError: names the language, and what there is.
    """
    if recipe.max_mt_token_fraction is None:
        return
    language, origin = recipe.by.index("language"), recipe.by.index("origin")
    read: dict[str, list[int]] = {}
    for group, units in zip(selection.groups, selection.units, strict=True):
        sums = read.setdefault(group.values[language], [0, 0])
        sums[0] += units
        sums[1] += units if group.values[origin] == "mt" else 0
    for name, (tokens, translated) in sorted(read.items()):
        if translated > recipe.max_mt_token_fraction * tokens:
            raise RecipeError(
                f"{translated:,} of {tokens:,} tokens of {name} would be translations, "
                f"{translated / tokens:.4f} of them", file=file, field="max_mt_token_fraction",
                remedy=f"Give {{language: [{name}], origin: [mt]}} a lower weight, max_epochs or budget in groups.",
            )  # fmt: skip


def _bucket_of(group: int, rest: int, receipts: Sequence[Receipt]) -> tuple[int, int]:
    """Return the bucket in which a group comes to have more than `rest` units, and how many of them it takes there."""
    for number, receipt in enumerate(receipts):
        own = receipt.facts["groups"].get(str(group), (0, 0))[1]
        if own > rest:
            return number, rest
        rest -= own
    raise ValueError(f"group {group} has no more than {rest} units")


def _bounds(found: Bucket, ending: Sequence[tuple[int, int]]) -> list[tuple[Bound, int]]:
    """Return the key of the first document with which each of these groups would have more units than it takes here.

    Beside it, how many units are left unused before that document.
    """
    chosen = np.flatnonzero(~found.again)
    chosen = chosen[np.argsort(found.group[chosen], kind="stable")]
    edges = np.searchsorted(found.group[chosen], [[number, number + 1] for number, _ in ending])
    bounds = []
    for (_, rest), (start, end) in zip(ending, edges.tolist(), strict=True):
        own = chosen[start:end]
        sums = np.cumsum(found.units[own])
        place = int(np.argmax(sums > rest))
        document = own[place]
        bound = int(found.keys.hash[document]), int(found.keys.high[document]), int(found.keys.low[document])
        bounds.append((bound, rest - int(sums[place] - found.units[document])))
    return bounds
