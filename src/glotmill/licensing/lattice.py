"""Licenses of things made from licensed things: rows put side by side, and works derived from works."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, product

from glotmill.licensing.expressions import Node, parse_expression
from glotmill.licensing.table import CLASSES, License, LicenseTable

MAX_CHOICES = 64  # combinations of OR alternatives tried; real expressions offer two or three


@dataclass(frozen=True, slots=True)
class Incompatible:
    """Why no license is left under which the derived work may be shared."""

    reason: str


def collect(licenses: Iterable[str]) -> str:
    """Return the license of a collection whose parts keep their own: the AND-set, sorted, each part once.

    Raises:
        ValueError: no license at all, or one that is no expression.
    """
    parts: set[str] = set()
    for expression in licenses:
        node = _parsed(expression)
        for inner in node.nodes if node.kind == "and" else (node,):
            parts.add(f"({inner.render()})" if inner.kind == "or" else inner.render())
    if not parts:
        raise ValueError("a collection of nothing has no license")
    if len(parts) == 1:
        return next(iter(parts)).removeprefix("(").removesuffix(")")
    return " AND ".join(sorted(parts))


def derive(licenses: Iterable[str], table: LicenseTable) -> str | Incompatible:
    """Return the license under which a work derived from all of these may be shared, or why there is none.

    A translation, an augmentation or any mixture of texts into one is derived. Where an original offers a choice
    (OR), each is tried and the freest result taken.

    Raises:
        ValueError: no license at all, or one that is no expression.
    """
    originals = [_parsed(expression) for expression in dict.fromkeys(licenses)]
    if not originals:
        raise ValueError("a work derived from nothing has no license")
    best: tuple[int, str] | None = None
    refused: Incompatible | None = None
    for choice in islice(product(*(_alternatives(node) for node in originals)), MAX_CHOICES):
        result = _join(sorted({name for names in choice for name in names}), table)
        if isinstance(result, Incompatible):
            refused = refused or result
            continue
        rank = max(CLASSES.index(one.license_class) for one in result)
        expression = " AND ".join(sorted(one.id for one in result))
        best = min(best, (rank, expression)) if best else (rank, expression)
    if best is not None:
        return best[1]
    return refused or Incompatible("no choice of licenses is left")


def _parsed(expression: str) -> Node:
    node = parse_expression(expression)
    if node is None:
        raise ValueError(f"not a license expression: {expression!r}")
    return node


def _alternatives(node: Node) -> list[frozenset[str]]:
    """Return the sets of licenses one may choose between."""
    if node.kind == "id":
        return [frozenset({node.name})]
    inner = [_alternatives(child) for child in node.nodes]
    if node.kind == "or":
        return [choice for choices in inner for choice in choices][:MAX_CHOICES]
    return [frozenset().union(*chosen) for chosen in islice(product(*inner), MAX_CHOICES)]


def _join(names: Sequence[str], table: LicenseTable) -> list[License] | Incompatible:
    """Join single licenses that all apply at once."""
    licenses: list[License] = []
    for name in names:
        one = table.get(name)
        if one is None or one.license_class in ("reserved", "unknown"):
            return Incompatible(f"{name} grants nothing that is known")
        if one.covers == "databases":
            return Incompatible(f"{one.id} covers a database and says nothing about the texts in it")
        if one.adaptations == "none" or not one.grants.derivatives:
            return Incompatible(f"{one.id} forbids sharing adaptations")
        licenses.append(one)
    sharealike = [one for one in licenses if one.obligations.sharealike]
    target = _share_alike(sharealike)
    if isinstance(target, Incompatible):
        return target
    for one in licenses:
        if target and not one.grants.commercial and target.grants.commercial:
            return Incompatible(f"{target.id} forbids the noncommercial terms that {one.id} asks for")
    return _needed([one for one in licenses if not one.obligations.sharealike], target)


def _share_alike(licenses: Sequence[License]) -> License | Incompatible | None:
    """Return the one share-alike license that all others permit: the same, or a later version where they say so."""
    if not licenses:
        return None
    families = sorted({one.family for one in licenses})
    if len(families) > 1:
        asked = " and ".join(sorted(one.id for one in licenses))
        return Incompatible(f"{asked} each ask for their own terms")
    # Latest version first; of two ids of one version the one that leaves later versions out binds both.
    for target in sorted(licenses, key=lambda one: (_key(one), one.adaptations == "same"), reverse=True):
        if all(_permits(one, target) for one in licenses):
            return target
    return Incompatible(f"no version satisfies {' and '.join(sorted(one.id for one in licenses))}")


def _permits(one: License, target: License) -> bool:
    if one.id == target.id:
        return True
    later = one.version is not None and target.version is not None and _key(target) >= _key(one)
    return one.adaptations == "same-or-later" and later


def _needed(licenses: Sequence[License], target: License | None) -> list[License]:
    """Return what must stay in the expression: the share-alike license, and others that it does not take up."""
    latest: dict[str, License] = {}
    for one in licenses:
        known = latest.get(one.family)
        if one.license_class == "public-domain":
            continue
        if known is None or _key(one) > _key(known):
            latest[one.family] = one
    # Within Creative Commons the stricter license repeats every condition of the freer one.
    if "cc-by-nc" in latest:
        latest.pop("cc-by", None)
    if target is not None and target.family in ("cc-by-sa", "cc-by-nc-sa"):
        latest.pop("cc-by", None)
        latest.pop("cc-by-nc", None)
    kept = [*([target] if target else []), *(latest[family] for family in sorted(latest))]
    return kept or sorted(licenses, key=lambda one: one.id)


def _key(one: License) -> tuple[int, ...]:
    return tuple(int(part) for part in (one.version or "0").split("."))
