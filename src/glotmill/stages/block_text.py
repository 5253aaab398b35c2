"""Writes blocks as lines of text; tables and lists as Markdown where they are to keep their form."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from glotmill.stages.block_tree import Node, Text

Form = Literal["tables", "lists"]

_LINKED = 0.9  # of a text's letters, from which it leads elsewhere rather than says something
_SAYING = (
    "p",
    "td",
    "th",
    "li",
    "dd",
    "h1",
)  # what says something even where it is a link; a headline may lead to itself
_ROWS_OF = ("thead", "tbody", "tfoot")


@dataclass(frozen=True, slots=True)
class Writer:
    """How blocks are written.

    Args:
        keep: what is written as Markdown: a table with a line of dashes under its first row, an item of a list behind
            `-` or its number.
        tables: whether tables are written at all.
        left_out: ids of blocks that are not written.
        links: whether texts that are nothing but links are written.
    """

    keep: Collection[Form] = ()
    tables: bool = True
    left_out: Collection[int] = ()
    links: bool = True

    def text(self, node: Node) -> str:
        """Return the text of a block, one line for each of its lines."""
        return "\n".join(self._lines(node))

    def _lines(self, node: Node) -> Iterator[str]:
        for part in node.parts:
            if isinstance(part, Text):
                if self.links or part.linked < _LINKED * part.letters or node.tag in _SAYING:
                    yield from part.lines
            elif id(part) in self.left_out:
                continue
            elif part.tag == "table":
                if self.tables:
                    yield from self._table(part)
            elif part.tag in ("ul", "ol") and "lists" in self.keep:
                yield from self._list(part)
            else:
                yield from self._lines(part)

    def _list(self, node: Node) -> Iterator[str]:
        number = 0
        for part in node.parts:
            if isinstance(part, Text) or part.tag != "li":
                yield from self._lines(Node("li", parts=[part]))
                continue
            lines = [] if id(part) in self.left_out else [line for line in self._lines(part) if line]
            if lines:
                number += 1
                mark = f"{number}." if node.tag == "ol" else "-"
                yield f"{mark} {lines[0]}"
                yield from (f"{' ' * (len(mark) + 1)}{line}" for line in lines[1:])

    def _table(self, node: Node) -> Iterator[str]:
        rows, around = _rows(node)
        written = [[[line for line in self._lines(cell) if line] for cell in row] for row in rows]
        written = [row for row in written if any(row)]
        yield from (line for one in around for line in self._lines(one))
        layout = any(len(cell) > 3 for row in written for cell in row) or any(len(row) == 1 for row in written)
        if layout:
            yield from (line for row in written for cell in row for line in cell)
        elif "tables" in self.keep:
            width = max(map(len, written), default=0)
            for place, row in enumerate(written):
                cells = [" ".join(cell).replace("|", "\\|") for cell in row] + [""] * (width - len(row))
                yield f"| {' | '.join(cells)} |"
                if place == 0:
                    yield f"|{' --- |' * width}"
        else:
            yield from (" ".join(line for cell in row for line in cell) for row in written)


def _rows(node: Node) -> tuple[list[list[Node]], list[Node]]:
    """Return a table's rows of cells, and what stands in it beside them (a caption)."""
    rows: list[list[Node]] = []
    around: list[Node] = []
    for part in node.parts:
        if isinstance(part, Text):
            around.append(Node("caption", parts=[part]))
        elif part.tag in _ROWS_OF:
            inner, beside = _rows(part)
            rows += inner
            around += beside
        elif part.tag == "tr":
            rows.append([cell for cell in part.nodes() if cell.tag in ("td", "th")])
        else:
            around.append(part)
    return rows, around
