"""A table of wikitext as rows of Markdown."""

import re
from typing import Any

from glotmill.text.wikitext.inline import Inline, TooComplexError

_MOST_CELLS = 20_000
_CAPTION = re.compile(r"\n[ \t]*\|\+([^\n]*)")


def markdown(source: str, inline: Inline) -> list[str]:
    """Return a table as its caption and rows `| a | b |`, the second of them the rule below the names of columns.

    A cell that spans several stands once; a table inside a cell is left out.

    Args:
        source: from `{|` to `|}`, or to where it breaks off.
        inline: what renders the cells.

    Returns:
        No row where the table is empty, or too large to be read in bounded time, by itself or with those before it: it counts as
        left out.
    """
    if inline.exhausted:
        return []
    table = source[source.find("{|") :]
    caption = _CAPTION.search(table)
    try:
        parsed = inline.parsed(_CAPTION.sub("", table))
    except TooComplexError:
        return []
    tables = [node for node in parsed.nodes if type(node).__name__ == "Tag" and str(node.tag).strip() == "table"]
    if not tables:
        return []
    rows = [cells for row in _tags(tables[0].contents, ("tr",)) if (cells := _cells(row, inline))]
    first = _loose(tables[0], inline)  # cells before the first `|-`
    if first:
        rows.insert(0, first)
    if not rows or sum(map(len, rows)) > _MOST_CELLS:
        return []
    width = max(map(len, rows))
    lines = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
    above = [] if caption is None else [inline.finished(inline.nested(caption[1].rpartition("|")[2])).strip()]
    return [*above, lines[0], f"|{' --- |' * width}", *lines[1:]]


def _tags(code: Any, names: tuple[str, ...]) -> list[Any]:
    return [node for node in code.nodes if type(node).__name__ == "Tag" and str(node.tag).strip() in names]


def _cells(row: Any, inline: Inline) -> list[str]:
    return [_cell(cell, inline) for cell in _tags(row.contents, ("td", "th"))]


def _loose(table: Any, inline: Inline) -> list[str]:
    return [_cell(cell, inline) for cell in _tags(table.contents, ("td", "th"))]


def _cell(cell: Any, inline: Inline) -> str:
    shown = inline.finished(inline.nested(str(cell.contents)))
    return re.sub(r"\s+", " ", shown).strip().replace("|", "\\|")
