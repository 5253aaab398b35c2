"""A page's wikitext cut into blocks that mean the same alone, in time linear in its length.

MediaWiki reads wikitext in this order (its preprocessor, then its line rules): comments and extension tags, braces, tables,
then each line by itself. So a newline outside of all these ends a block, and what is left open ends with it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

CutKind = Literal[
    "template", "argument", "comment", "reference", "formula", "media", "code", "hidden", "literal", "table"
]

# Tags whose content is no wikitext of this place -> what is lost where they are left out. `ref` is a note of its own.
# Source: the extensions of Wikimedia's wikis, mediawiki.org/wiki/Parser_extension_tags.
OPAQUE: Final[dict[str, CutKind]] = {
    "nowiki": "literal", "pre": "literal",
    "ref": "reference", "references": "reference",
    "math": "formula", "chem": "formula", "ce": "formula", "hiero": "formula",
    "gallery": "media", "score": "media", "timeline": "media", "imagemap": "media", "graph": "media", "mapframe": "media",
    "maplink": "media", "phonos": "media",
    "syntaxhighlight": "code", "source": "code", "table": "table",
    "templatedata": "hidden", "templatestyles": "hidden", "inputbox": "hidden", "indicator": "hidden", "section": "hidden",
    "categorytree": "hidden", "charinsert": "hidden", "includeonly": "hidden",
}  # fmt: skip

_NAMES = "|".join(OPAQUE)
_TOKEN = re.compile(
    rf"\n(?=[\n=|{{ \t:*#])|\{{\{{+|\}}\}}+|\[\[|\]\]|<!--|<({_NAMES})(?=[\s/>])([^<>]*)>", re.IGNORECASE
)
_CLOSERS = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in OPAQUE}
_TABLE_OPENS = re.compile(r"[ \t:*#]*\{\|(?!\})")
_TABLE_CLOSES = re.compile(r"[ \t]*\|\}(?!\})")
_HEADING_LINE = re.compile(r"\n=")


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a page that is no running text: [start, end), what it is, and what it shows instead."""

    start: int
    end: int
    kind: CutKind
    shows: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A line, or what hangs together over several: [start, end), the cuts in it, and whether it is a table."""

    start: int
    end: int
    cuts: tuple[Cut, ...]
    table: bool = False


@dataclass(slots=True)
class _Open:
    sign: str  # "{{", "[[" or "{|"
    at: int
    left: int = 0  # braces of a run that are not matched yet


class _Scan:
    """One pass over the tokens of a page, with a stack of what is open."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.stack: list[_Open] = []
        self.braces = 0  # how many entries of the stack are braces
        self.cuts: list[Cut] = []
        self.tables: list[tuple[int, int]] = []
        self.links: list[tuple[int, int]] = []
        self._never: set[str] = set()  # tags that are not closed anywhere behind
        if _TABLE_OPENS.match(text):
            self.stack.append(_Open("{|", 0))
        self._tokens()
        self._leave_open()

    def _tokens(self) -> None:
        text, at = self.text, 0
        find = _TOKEN.search
        while (found := find(text, at)) is not None:
            start, at = found.span()
            sign = text[start]
            if sign == "\n":
                at = self._line(start)
            elif sign == "{":
                self.stack.append(_Open("{{", start, at - start))
                self.braces += 1
            elif sign == "}":
                self._close_braces(start, at)
            elif sign == "[":
                self.stack.append(_Open("[[", start))
            elif sign == "]":
                self._close_link(at)
            else:
                at = self._tag(start, at, found[1], found[2])

    def _line(self, start: int) -> int:
        """Handle a newline, and the marks of tables, which stand at the beginning of lines; return where to go on."""
        text, at = self.text, start + 1
        following = text[at : at + 1]
        if following in "\n=":  # a paragraph ends, and with it the links that nobody closed
            while self.stack and self.stack[-1].sign == "[[":
                self.stack.pop()
        elif following in " \t|" and (closes := _TABLE_CLOSES.match(text, at)) is not None:
            self._close_table(closes.end())
            return closes.end()
        elif (opens := _TABLE_OPENS.match(text, at)) is not None:
            self.stack.append(_Open("{|", at))
            return opens.end()
        return at

    def _close_braces(self, start: int, end: int) -> None:
        while end - start >= 2 and self.braces:
            while self.stack[-1].sign != "{{":
                self.stack.pop()
            top = self.stack[-1]
            take = 3 if top.left >= 3 and end - start >= 3 else 2
            top.left -= take
            start += take
            if top.left < 2:
                self.stack.pop()
                self.braces -= 1
            self._cut(Cut(top.at + top.left, start, "argument" if take == 3 else "template"))

    def _close_link(self, end: int) -> None:
        if self.stack and self.stack[-1].sign == "[[":
            opened = self.stack.pop()
            while self.links and self.links[-1][0] > opened.at:
                self.links.pop()
            self.links.append((opened.at, end))

    def _close_table(self, end: int) -> None:
        while self.stack and self.stack[-1].sign == "[[":
            self.stack.pop()
        if not self.stack or self.stack[-1].sign != "{|":
            return
        opened = self.stack.pop()
        while self.tables and self.tables[-1][0] > opened.at:
            self.tables.pop()
        self.tables.append((opened.at, end))

    def _tag(self, start: int, end: int, name: str | None, attributes: str | None) -> int:
        if name is None:
            closing = self.text.find("-->", end)
            end = (
                len(self.text) if closing < 0 else closing + 3
            )  # MediaWiki: a comment that is left open hides the rest
            self._cut(Cut(start, end, "comment"))
            return end
        name = name.lower()
        kind = OPAQUE[name]
        if (attributes or "").endswith("/"):
            self._cut(Cut(start, end, kind if kind != "literal" else "hidden"))
            return end
        if name in self._never:
            return end
        closing_tag = _CLOSERS[name].search(self.text, end)
        if closing_tag is None:
            self._never.add(name)
            return end
        shows = self.text[end : closing_tag.start()] if kind == "literal" else ""
        self._cut(Cut(start, closing_tag.end(), kind, shows))
        return closing_tag.end()

    def _cut(self, cut: Cut) -> None:
        while self.cuts and self.cuts[-1].start > cut.start:
            self.cuts.pop()
        self.cuts.append(cut)

    def _leave_open(self) -> None:
        """End the first table that nobody closes at the next heading: its rows are no prose."""
        for entry in self.stack:
            if entry.sign == "{|":
                heading = _HEADING_LINE.search(self.text, entry.at)
                end = heading.start() if heading else len(self.text)
                self.tables = [span for span in self.tables if not entry.at < span[0] < end]
                self.tables.append((entry.at, max([end, *(last for first, last in self.tables if first < end)])))
                self.tables.sort()
                return


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a page in order; between them stand newlines and nothing else.

    Args:
        text: wikitext of any kind, of any damage.
    """
    scan = _Scan(text)
    tables = _outermost([(first, last) for first, last in scan.tables])
    whole = _outermost([*tables, *scan.links, *((cut.start, cut.end) for cut in scan.cuts)])
    ends = _ends(text, whole)
    starts = {first for first, _ in tables}
    cut_at, start = 0, 0
    for end in ends:
        inside: list[Cut] = []
        while cut_at < len(scan.cuts) and scan.cuts[cut_at].start < end:
            inside.append(scan.cuts[cut_at])
            cut_at += 1
        yield Block(start, end, tuple(inside), start in starts)
        start = end + 1


def _outermost(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans that no other holds, in order; what overlaps becomes one."""
    kept: list[tuple[int, int]] = []
    for first, last in sorted(spans, key=lambda span: (span[0], -span[1])):
        if kept and first < kept[-1][1]:
            if last > kept[-1][1]:
                kept[-1] = (kept[-1][0], last)
        else:
            kept.append((first, last))
    return kept


def _ends(text: str, whole: list[tuple[int, int]]) -> Iterator[int]:
    """Yield where blocks end: newlines outside of the spans, and the end of the text."""
    at, span = 0, 0
    while True:
        end = text.find("\n", at)
        if end < 0:
            end = len(text)
        while span < len(whole) and whole[span][1] <= end:
            span += 1
        if span < len(whole) and whole[span][0] <= end:
            at = whole[span][1]
            continue
        yield end
        if end == len(text):
            return
        at = end + 1
