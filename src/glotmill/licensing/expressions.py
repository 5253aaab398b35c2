"""License expressions: parsed by license-expression, known by SPDX or our table, classed by the table."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from glotmill.core.errors import RecipeError
from glotmill.core.yamlfile import near
from glotmill.licensing.creativecommons import parse_url
from glotmill.licensing.table import CLASSES, License, LicenseTable
from glotmill.licensing.wording import Wording, fold

MAX_EXPRESSION = 1_000  # characters; the longest real ones name a dozen licenses


@dataclass(frozen=True, slots=True)
class Node:
    """A parsed expression: a license (`kind` "id"), or "and" / "or" over nodes."""

    kind: str
    name: str = ""
    nodes: tuple["Node", ...] = ()

    def ids(self) -> Iterator[str]:
        """Yield the license ids from left to right."""
        if self.kind == "id":
            yield self.name
        for node in self.nodes:
            yield from node.ids()

    def render(self) -> str:
        """Return the expression as text, with brackets around OR inside AND."""
        if self.kind == "id":
            return self.name
        parts = [f"({node.render()})" if node.kind not in ("id", self.kind) else node.render() for node in self.nodes]
        return f" {self.kind.upper()} ".join(parts)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a free text claims: an expression in normal form, or None where it could not be read as a whole."""

    expression: str | None
    port: str | None = None
    url: str | None = None


# What titles of Creative Commons end in, and what no id has.
_SCOPE = re.compile(r"[ ,(-]{1,3}(?:international|unported|generic)\)?(?: (?:public )?licen[cs]e)?$")
_REMEMBERED: Final = 10_000  # expressions


@lru_cache(maxsize=1)
def _spdx() -> Any:
    from license_expression import get_spdx_licensing  # noqa: PLC0415  # reads a 2 MB index

    return get_spdx_licensing()


@lru_cache(maxsize=4096)
def parse_expression(text: str) -> Node | None:
    """Return a parsed expression, ids spelled as SPDX spells them; None where it is no expression at all.

    Ids are not checked: `Licensing.unknown` does that.
    """
    from license_expression import ExpressionError  # noqa: PLC0415

    if not text.strip() or len(text) > MAX_EXPRESSION:
        return None
    try:
        tree = _spdx().parse(text)
    except (ExpressionError, RecursionError, IndexError, AssertionError):
        # The last two are what license-expression 30.4 raises on some stray brackets: "( )", "( AND MIT".
        return None
    return None if tree is None else _node(tree)


def _node(tree: Any) -> Node:
    kind = {"AND": "and", "OR": "or"}.get(type(tree).__name__)
    if kind is None:
        return Node("id", str(getattr(tree, "key", None) or tree.render()))
    return Node(kind, nodes=tuple(_node(argument) for argument in tree.args))


class Licensing:
    """Expressions against one license table."""

    def __init__(self, table: LicenseTable) -> None:
        self._table = table
        self._classes: dict[str, str] = {}

    def unknown(self, node: Node) -> list[str]:
        """Return ids that neither SPDX nor the table knows, in order of appearance."""
        return [name for name in node.ids() if self._table.get(name) is None and not in_spdx(name)]

    def class_of(self, expression: str) -> str:
        """Return an expression's class: of "A OR B" the freest, since one may choose, of "A AND B" the strictest."""
        known = self._classes.get(expression)
        if known is None:
            node = parse_expression(expression)
            known = "unknown" if node is None else CLASSES[self._rank(node)]
            if len(self._classes) >= _REMEMBERED:  # rows may combine licenses in ever new ways
                self._classes.clear()
            self._classes[expression] = known
        return known

    def _rank(self, node: Node) -> int:
        if node.kind == "id":
            one = self._table.get(node.name)
            return CLASSES.index(one.license_class if one else "unknown")
        ranks = [self._rank(inner) for inner in node.nodes]
        return min(ranks) if node.kind == "or" else max(ranks)

    def satisfies(self, expression: str, test: Callable[[License], bool]) -> bool:
        """Return whether a license that one may choose under the expression passes: all of AND, any of OR."""
        node = parse_expression(expression)
        return node is not None and self._passes(node, test)

    def _passes(self, node: Node, test: Callable[[License], bool]) -> bool:
        if node.kind == "id":
            one = self._table.get(node.name)
            return one is not None and test(one)
        results = [self._passes(inner, test) for inner in node.nodes]
        return any(results) if node.kind == "or" else all(results)

    def for_texts(self, expression: str) -> str | None:
        """Return what of an expression may be a text's license, or None.

        A license for databases covers a collection and says nothing about the texts in it: as a choice it falls away
        (of "ODC-By-1.0 OR CC-BY-4.0" the second is left), as a condition it leaves nothing.
        """
        node = parse_expression(expression)
        left = None if node is None else self._without_databases(node)
        if left is None:
            return None
        return expression if left == node else left.render()

    def _without_databases(self, node: Node) -> Node | None:
        if node.kind == "id":
            one = self._table.get(node.name)
            return None if one is not None and one.covers == "databases" else node
        inner = [self._without_databases(child) for child in node.nodes]
        left = tuple(child for child in inner if child is not None)
        if not left or (node.kind == "and" and len(left) < len(inner)):
            return None
        return left[0] if len(left) == 1 else Node(node.kind, nodes=left)

    def offers(self, whole: str, part: str) -> bool:
        """Return whether `part` is one of the choices, or one of the licenses together, of expression `whole`."""
        node = parse_expression(whole)
        return node is not None and node.kind != "id" and part in set(node.ids())

    def read(self, text: str) -> Reading:
        """Return what a row or a manifest claims, read as a whole: a rest that is not understood leaves nothing."""
        claim = text.strip()[: MAX_EXPRESSION + 1]
        one = self._table.get(claim)
        if one is not None:
            return Reading(one.id, _port_of(claim, one))
        if "://" in claim or claim.startswith("//"):
            commons = parse_url(claim)
            if commons is not None:
                found = self._table.get(commons.spdx)
                return Reading(found.id if found else None, commons.port, claim)
            at_url = self._table.at_url(claim)
            return Reading(at_url.id if at_url else None, None, claim)
        node = parse_expression(claim)
        if node is not None and not self.unknown(node):
            return Reading(node.render())
        folded = fold(claim)
        named = _wording(self._table).licenses(folded)
        if len(named) == 1 and named[0].spdx and named[0].start == 0 and named[0].end == len(folded):
            return Reading(named[0].spdx, named[0].port)
        return Reading(None)

    def titled(self, text: str) -> Reading:
        """Return the license whose full title a text is: `Creative Commons Attribution 4.0 International`.

        For proposals to people; what rows claim is read by `read`, which takes less.
        """
        folded = _SCOPE.sub("", fold(text.strip()[: MAX_EXPRESSION + 1]))
        named = _wording(self._table).licenses(folded)
        if len(named) != 1 or named[0].spdx is None or named[0].end != len(folded):
            return Reading(None)
        before = folded[: named[0].start].strip()
        return Reading(named[0].spdx, named[0].port) if before in ("", "creative commons", "cc") else Reading(None)

    def checked(self, expression: str, *, file: str, field: str) -> str:
        """Return an expression in SPDX spelling.

        Raises:
            RecipeError: no expression, or an id that nobody knows; names near ones.
        """
        node = parse_expression(expression)
        if node is None:
            raise RecipeError(
                f"not a license expression: {expression!r}",
                file=file,
                field=field,
                remedy="Write SPDX ids joined by AND or OR: CC-BY-SA-4.0, GPL-2.0-or-later OR CC-BY-SA-3.0.",
            )
        unknown = self.unknown(node)
        if unknown:
            known = {*self._table.by_id, *(name for name in _spdx().known_symbols if "scancode" not in name)}
            raise RecipeError(
                f"no such license: {unknown[0]!r}", file=file, field=field, remedy=near(unknown[0], known)
            )
        return node.render()


_wordings: dict[int, tuple[LicenseTable, Wording]] = {}


def _wording(table: LicenseTable) -> Wording:
    # Keyed by identity, with the table kept alive beside it; a process holds one table.
    if id(table) not in _wordings:
        _wordings.clear()
        _wordings[id(table)] = (table, Wording(table))
    return _wordings[id(table)][1]


def in_spdx(name: str) -> bool:
    """Tell whether the SPDX License List has an id."""
    return "scancode" not in name and name in _spdx().known_symbols


def _port_of(claim: str, one: License) -> str | None:
    lowered, stem = claim.lower(), one.id.lower()
    return lowered.removeprefix(stem + "-") if lowered.startswith(stem + "-") else None
