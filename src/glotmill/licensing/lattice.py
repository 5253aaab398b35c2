"""Licenses of things made from licensed things: rows put side by side, and works derived from works."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from glotmill.licensing.expressions import Node, parse_expression
from glotmill.licensing.table import CLASSES, License, LicenseTable

MAX_CHOICES = 256  # combinations of OR alternatives tried; real expressions offer two or three

_Choices = frozenset[frozenset[str]]  # sets of licenses that apply at once, of which one may choose one


@dataclass(frozen=True, slots=True)
class Incompatible:
    """Why no license is left under which the derived work may be shared."""

    reason: str


def collect(licenses: Iterable[str]) -> str:
    """Return the license of a collection whose parts keep their own: the AND-set, sorted, each part once.

    Raises:
        ValueError: no license at all, or one that is no expression.
    """
    parts: dict[str, Node] = {}
    for expression in licenses:
        node = _flat(_parsed(expression))
        for inner in node.nodes if node.kind == "and" else (node,):
            # "A OR B" and "B OR A" are one choice; which spelling stays must not depend on the order of the parts.
            known = parts.get(_unordered(inner))
            parts[_unordered(inner)] = inner if known is None else min(inner, known, key=Node.render)
    if not parts:
        raise ValueError("a collection of nothing has no license")
    nodes = sorted(parts.values(), key=_in_brackets)
    return (Node("and", nodes=tuple(nodes)) if len(nodes) > 1 else nodes[0]).render()


def _flat(node: Node) -> Node:
    """Return a node without brackets that change nothing and without repeats."""
    if node.kind == "id":
        return node
    nodes: dict[str, Node] = {}
    for child in map(_flat, node.nodes):
        for inner in child.nodes if child.kind == node.kind else (child,):
            nodes.setdefault(_unordered(inner), inner)
    return Node(node.kind, nodes=tuple(nodes.values())) if len(nodes) > 1 else next(iter(nodes.values()))


def _unordered(node: Node) -> str:
    if node.kind == "id":
        return node.name
    return f"({f' {node.kind} '.join(sorted(map(_unordered, node.nodes)))})"


def _in_brackets(node: Node) -> str:
    return node.render() if node.kind == "id" else f"({node.render()})"


def derive(licenses: Iterable[str], table: LicenseTable) -> str | Incompatible:
    """Return the license under which a work derived from all of these may be shared, or why there is none.

    A translation, an augmentation or any mixture of texts into one is derived. Where an original offers a choice
    (OR), each is tried and the freest result taken; originals that offer more than 256 combinations give none.

    Raises:
        ValueError: no license at all, or one that is no expression.
    """
    originals = [_parsed(expression) for expression in dict.fromkeys(licenses)]
    if not originals:
        raise ValueError("a work derived from nothing has no license")
    choices = _combined(_alternatives(node) for node in originals)
    if choices is None:
        return Incompatible(f"more than {MAX_CHOICES} combinations of licenses to choose from")
    best: tuple[int, bool, str] | None = None
    refused: Incompatible | None = None
    for names in sorted(tuple(sorted(choice)) for choice in choices):
        result = _join(names, table)
        if isinstance(result, Incompatible):
            refused = refused or result
            continue
        rank = max(CLASSES.index(one.license_class) for one in result)
        expression = " AND ".join(sorted(one.id for one in result))
        found = (rank, any(not one.open_definition for one in result), expression)
        best = min(best, found) if best else found
    if best is not None:
        return best[-1]
    return refused or Incompatible("no choice of licenses is left")


def _parsed(expression: str) -> Node:
    node = parse_expression(expression)
    if node is None:
        raise ValueError(f"not a license expression: {expression!r}")
    return node


def _alternatives(node: Node) -> _Choices | None:
    """Return the sets of licenses one may choose between, or None where there are too many."""
    if node.kind == "id":
        return frozenset({frozenset({node.name})})
    inner = (_alternatives(child) for child in node.nodes)
    if node.kind == "and":
        return _combined(inner)
    choices: set[frozenset[str]] = set()
    for some in inner:
        if some is None:
            return None
        choices |= some
    return frozenset(choices) if len(choices) <= MAX_CHOICES else None


def _combined(parts: Iterable[_Choices | None]) -> _Choices | None:
    """Return every way to choose once from each part, or None where there are too many."""
    combined: _Choices = frozenset({frozenset()})
    for choices in parts:
        if choices is None:
            return None
        combined = frozenset(one | other for one in combined for other in choices)
        if len(combined) > MAX_CHOICES:
            return None
    return combined


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
    if target.open_definition and not one.open_definition:  # "no invariant sections" is not the adapter's to say
        return False
    later = one.version is not None and target.version is not None and _key(target) >= _key(one)
    return one.adaptations == "same-or-later" and later


def _needed(licenses: Sequence[License], target: License | None) -> list[License]:
    """Return what must stay in the expression: the share-alike license, and others that it does not take up."""
    # A version that is open takes up none that is not.
    latest: dict[tuple[str, bool], License] = {}
    for one in licenses:
        place = (one.family, one.open_definition)
        known = latest.get(place)
        if one.license_class != "public-domain" and (known is None or _key(one) > _key(known)):
            latest[place] = one
    # Within Creative Commons the stricter license repeats every condition of the freer one.
    families = {family for family, _ in latest}
    taken: set[str] = {"cc-by"} if "cc-by-nc" in families else set()
    if target is not None and target.family in ("cc-by-sa", "cc-by-nc-sa"):
        taken |= {"cc-by", "cc-by-nc"}
    kept = [*([target] if target else []), *(latest[place] for place in sorted(latest) if place[0] not in taken)]
    return kept or sorted(licenses, key=lambda one: one.id)


def _key(one: License) -> tuple[int, ...]:
    return tuple(int(part) for part in (one.version or "0").split("."))
