"""HTML of the report's parts: tables, texts in their own direction, sections; all that is not ours is escaped."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from glotmill.core.errors import RecipeError
from glotmill.text.scripts import direction
from glotmill.text.tags import bcp47, describe

# Invisible characters that could turn the text around them, or hide it: bidirectional overrides and isolates (UAX #9),
# controls. They are shown by their code instead.
_UNSEEN: Final = {
    point: f"[U+{point:04X}]"
    for point in (*range(0x20), 0x7F, *range(0x80, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    if point not in (0x09, 0x0A)
}  # fmt: skip
_TAG: Final = re.compile(r"[a-z]{2,3}_[A-Z][a-z]{3}")
_LONGEST_TAG: Final = 40
_LONGEST_WORD: Final = 300  # of what a cell or a label shows


@dataclass(frozen=True, slots=True)
class Sample:
    """A text of a document, or the beginning of one.

    Args:
        text: as it is.
        language: canonical tag; None where unknown.
    """

    text: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the page.

    Args:
        name: of its anchor.
        title: its heading.
        body: HTML.
    """

    name: str
    title: str
    body: str


Cell = str | int | float | Sample | None


def safe(text: str) -> str:
    """Return a text for HTML: escaped, and with invisible characters that turn or hide others shown by their code."""
    return escape(text.translate(_UNSEEN), quote=True)


def label(text: str) -> str:
    """Return a short text for HTML, cut where somebody made it long, kept apart from the direction around it."""
    shown = text if len(text) <= _LONGEST_WORD else f"{text[:_LONGEST_WORD]}…"
    return f"<bdi>{safe(shown)}</bdi>"


def number(value: float | None) -> str:
    """Return a number for people: thousands apart, no more digits than say something."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def share(part: float, whole: float) -> str:
    """Return a share for people, `12.5 %`; `–` of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


@functools.lru_cache(4_096)
def language(tag: str) -> str:
    """Return the name of a language with its tag; the tag alone, which a source may have made up, where it names none."""
    if _TAG.fullmatch(tag) is None:
        return "no language known" if tag == "-" else tag[:_LONGEST_TAG]
    try:
        return f"{describe(tag).name} ({tag})"
    except RecipeError:
        return tag


def sample(one: Sample) -> str:
    """Return a text in its own direction, marked with its language for fonts and for readers' voices."""
    attributes = 'dir="auto"'
    if one.language and _TAG.fullmatch(one.language):
        try:
            script = one.language.partition("_")[2]
            attributes = f'lang="{escape(bcp47(one.language), quote=True)}" dir="{direction(script)}"'
        except RecipeError:
            pass
    return f'<div class="text" {attributes}>{safe(one.text)}</div>'


def table(columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, caption: str) -> str:
    """Return a table that scrolls by itself and can be reached by keyboard; numbers stand at the end of their cells."""
    head = "".join(f'<th scope="col">{safe(name)}</th>' for name in columns)
    body = "\n".join(
        f'<tr><th scope="row">{_cell(row[0])}</th>{"".join(_data(cell) for cell in row[1:])}</tr>' for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{safe(caption)}"><table><caption>{safe(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
    )


def _data(cell: Cell) -> str:
    number_like = isinstance(cell, int | float) or cell is None or (isinstance(cell, str) and cell.endswith(" %"))
    kind = ' class="n"' if number_like else ""
    return f"<td{kind}>{_cell(cell)}</td>"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Sample):
        return sample(cell)
    if isinstance(cell, str):
        return label(cell)
    return number(cell)


def figure(title: str, picture: str, behind: str) -> str:
    """Return a picture with its title, and the table behind it."""
    return (
        f"<figure><figcaption>{safe(title)}</figcaption>\n{picture}\n"
        f"<details><summary>The numbers: {safe(title)}</summary>{behind}</details></figure>"
    )


def folded(title: str, body: str) -> str:
    """Return HTML that opens by mouse or keyboard."""
    return f"<details><summary>{safe(title)}</summary>\n{body}\n</details>"


def paragraph(text: str) -> str:
    """Return plain words as a paragraph."""
    return f"<p>{safe(text)}</p>"
