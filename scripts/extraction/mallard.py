"""Reads topics of help written in Mallard as articles, without what was left in English."""

from collections.abc import Iterator
from pathlib import Path

import lxml.etree

from extraction.blocks import Article, Block, Run

_Element = lxml.etree._Element  # noqa: SLF001  # lxml exports the class under no other name
_NAMESPACE = "{http://projectmallard.org/1.0/}"
_LISTS = {"list": "bullets", "steps": "numbers", "tree": "bullets", "terms": "bullets"}
_INLINE = {"em": "em", "gui": "b", "key": "kbd", "cmd": "code", "code": "code", "link": "a", "app": "i", "file": "code"}
_SHORT_NAME = 25  # letters up to which a text that is the same in English is a name, not a sentence left as it was


def pages(folder: Path) -> dict[str, _Element]:
    """Return the topics of a folder by file name, in order."""
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    return {file.name: lxml.etree.parse(file, parser).getroot() for file in sorted(folder.glob("*.page"))}


def sentences(roots: dict[str, _Element]) -> frozenset[str]:
    """Return what stands in the paragraphs and titles of topics."""
    tags = (f"{_NAMESPACE}p", f"{_NAMESPACE}title")
    return frozenset(_plain(node) for root in roots.values() for node in root.iter(*tags))


def articles(roots: dict[str, _Element], english: frozenset[str], links: dict[str, str]) -> Iterator[Article]:
    """Yield each topic as an article; untranslated blocks are left out.

    Args:
        roots: topics by file name.
        english: what stands in the original, empty for the original itself.
        links: title of each topic by its id, for links without a text.
    """
    reader = _Reader(english, links)
    for name, root in roots.items():
        yield Article(name, tuple(reader.blocks(root, top=True)))


def titles(roots: dict[str, _Element]) -> dict[str, str]:
    """Return the title of each topic by its id."""
    found = {}
    for root in roots.values():
        title = root.find(f"{_NAMESPACE}title")
        if title is not None:
            found[root.get("id", "")] = _plain(title)
    return found


def _plain(node: _Element) -> str:
    return " ".join("".join(node.itertext()).split())


def _name(node: _Element) -> str:
    return node.tag.removeprefix(_NAMESPACE) if isinstance(node.tag, str) else ""


class _Reader:
    def __init__(self, english: frozenset[str], links: dict[str, str]) -> None:
        self._english = english
        self._links = links

    def blocks(self, node: _Element, *, top: bool = False) -> Iterator[Block]:
        for child in node:
            name = _name(child)
            if name == "title":
                yield from self._text(child, "title" if top else "heading")
            elif name == "p":
                yield from self._text(child, "paragraph")
            elif name in ("screen", "code"):
                yield from self._text(child, "code")
            elif name == "table":
                yield from self._table(child)
            elif name in _LISTS:
                yield from self._list(child, _LISTS[name])
            elif name == "note":
                inside = tuple(self.blocks(child))
                if inside:
                    yield Block("note", parts=(inside,))
            elif name in ("section", "quote", "example", "synopsis", "listing"):
                yield from self.blocks(child)

    def _text(self, node: _Element, kind: str) -> Iterator[Block]:
        text = _plain(node)
        if not text or (text in self._english and sum(map(str.isalpha, text)) > _SHORT_NAME):
            return
        runs = tuple(self._runs(node, verbatim=kind == "code"))
        if runs:
            yield Block(kind, runs)  # type: ignore[arg-type]

    def _runs(self, node: _Element, *, verbatim: bool) -> Iterator[Run]:
        pieces: list[tuple[str, str]] = [(node.text or "", "")]
        for child in node:
            name = _name(child)
            text = "".join(child.itertext())
            if name == "link" and not text.strip():
                text = self._links.get(child.get("xref", "").partition("#")[0], "")
            if name == "keyseq":
                text = "+".join("".join(key.itertext()) for key in child)
            if name != "media":
                pieces.append((text, _INLINE.get(name, "")))
            pieces.append((child.tail or "", ""))
        if verbatim:
            yield from (Run(text, tag) for text, tag in pieces if text)
            return
        # White space collapses over the edges of elements, as it does on a page.
        spaced, open_end = [], True
        for text, tag in pieces:
            words = " ".join(text.split())
            before = "" if open_end or not text[:1].isspace() else " "
            after = " " if words and text[-1:].isspace() else ""
            if not words and not before:
                continue
            spaced.append((f"{before}{words}{after}", tag))
            open_end = spaced[-1][0].endswith(" ")
        if spaced:
            spaced[-1] = (spaced[-1][0].rstrip(), spaced[-1][1])
        yield from (Run(text, tag if text.strip() else "") for text, tag in spaced if text)

    def _list(self, node: _Element, kind: str) -> Iterator[Block]:
        for title in node.findall(f"{_NAMESPACE}title"):
            yield from self._text(title, "heading")
        parts = []
        for item in node.findall(f"{_NAMESPACE}item"):
            inside = []
            for child in item:
                if _name(child) in ("title", "p"):
                    inside += self._text(child, "paragraph")
            rest = tuple(block for block in self.blocks(item) if block.kind not in ("paragraph", "heading"))
            if inside or rest:
                parts.append((*inside, *rest))
        if parts:
            yield Block(kind, parts=tuple(parts))  # type: ignore[arg-type]

    def _table(self, node: _Element) -> Iterator[Block]:
        for title in node.findall(f"{_NAMESPACE}title"):
            yield from self._text(title, "heading")
        rows = []
        for row in node.iter(f"{_NAMESPACE}tr"):
            cells = [
                Block("paragraph", tuple(run for p in cell for run in self._runs(p, verbatim=False)))
                for cell in row
                if _name(cell) in ("td", "th")
            ]
            # A row without a word of the language was not translated.
            if any(_plain(p) not in self._english for cell in row for p in cell):
                rows.append(tuple(cells))
        if len(rows) > 1:
            yield Block("table", parts=tuple(rows))
