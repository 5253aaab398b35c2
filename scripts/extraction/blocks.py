"""What the main content of a page is made of, before a template turns it into markup."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["title", "heading", "paragraph", "code", "bullets", "numbers", "table", "note"]


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of running text with one look.

    Args:
        text: as it is read.
        tag: HTML element that it stands in; empty for none.
    """

    text: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of text, or a list, table or note of blocks.

    Args:
        kind: what it is.
        runs: of a block of text.
        parts: items of a list, rows of a table, each a list of blocks; a note has one part. A cell is one block.
    """

    kind: Kind
    runs: tuple[Run, ...] = ()
    parts: tuple[tuple["Block", ...], ...] = ()

    def texts(self) -> Iterator[str]:
        """Yield the texts of its blocks in reading order."""
        if self.runs:
            yield "".join(run.text for run in self.runs)
        for part in self.parts:
            for block in part:
                yield from block.texts()


@dataclass(frozen=True, slots=True)
class Article:
    """The main content of a page: a title, and the blocks under it."""

    name: str
    blocks: tuple[Block, ...]

    def text(self) -> str:
        """Return what an extractor should find, one line per block."""
        return "\n".join(text for block in self.blocks for text in block.texts())


@dataclass(frozen=True, slots=True)
class Look:
    """How a template writes blocks.

    Args:
        paragraph: element of a paragraph, `p`, `div`, or `br` for none but two line breaks behind it.
        headings: elements of title and headings.
        closed: whether the end tags of paragraphs, items and cells are written.
        upper: whether names of elements are in capitals.
        inline: whether runs keep their elements.
        around: opening tag that each paragraph's text stands in, `<font size="2">`; empty for none.
    """

    paragraph: str = "p"
    headings: tuple[str, str] = ("h1", "h2")
    closed: bool = True
    upper: bool = False
    inline: bool = True
    around: str = ""


def markup(blocks: Sequence[Block], look: Look) -> list[str]:
    """Return the markup of each block."""
    found = [_block(block, look) for block in blocks]
    return [_upper(one) for one in found] if look.upper else found


def _upper(text: str) -> str:
    pieces = text.split("<")
    rest = []
    for piece in pieces[1:]:
        name, mark, behind = piece.partition(">")
        rest.append(f"{name if '=' in name else name.upper()}{mark}{behind}")
    return "<".join([pieces[0], *rest])


def _inline(block: Block, look: Look) -> str:
    def one(run: Run) -> str:
        text = html.escape(run.text, quote=False)
        if not run.tag or not look.inline:
            return text
        link = ' href="/topic"' if run.tag == "a" else ""
        return f"<{run.tag}{link}>{text}</{run.tag}>"

    text = "".join(one(run) for run in block.runs)
    if not look.around:
        return text
    return f"{look.around}{text}</{look.around[1:].split()[0].rstrip('>')}>"


def _block(block: Block, look: Look) -> str:
    if block.kind in ("title", "heading"):
        tag = look.headings[block.kind == "heading"]
        return f"<{tag}>{_inline(block, look)}</{tag}>"
    if block.kind == "code":
        return f"<pre>{_inline(block, look)}</pre>"
    if block.kind == "paragraph":
        text = _inline(block, look)
        if look.paragraph == "br":
            return f"{text}<br><br>"
        return f"<{look.paragraph}>{text}{f'</{look.paragraph}>' if look.closed or look.paragraph != 'p' else ''}"
    if block.kind == "note":
        return f'<div class="note">{"".join(_block(one, look) for one in block.parts[0])}</div>'
    if block.kind == "table":
        end = "</td>" if look.closed else ""
        rows = (
            "".join(f"<td>{_inline(cell, look)}{end}" for cell in row) + ("</tr>" if look.closed else "")
            for row in block.parts
        )
        return f'<table border="1">{"".join(f"<tr>{row}" for row in rows)}</table>'
    tag = "ol" if block.kind == "numbers" else "ul"
    end = "</li>" if look.closed else ""
    items = (f"<li>{_item(part, look)}{end}" for part in block.parts)
    return f"<{tag}>{''.join(items)}</{tag}>"


def _item(part: tuple[Block, ...], look: Look) -> str:
    if len(part) == 1 and part[0].kind == "paragraph":
        return _inline(part[0], look)
    return "".join(_block(one, look) for one in part)
