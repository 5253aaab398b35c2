"""A page of a wiki as a document: its text, its sections, and what it links to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from glotmill.text.wikitext.blocks import Block, blocks
from glotmill.text.wikitext.inline import Gathered, Inline
from glotmill.text.wikitext.site import Links
from glotmill.text.wikitext.tables import markdown
from glotmill.text.wikitext.variants import VARIANT_LANGUAGES, choose_variants

Tables = Literal["drop", "markdown"]

_HEADING = re.compile(r"(={1,6})([^\n]+?)\1[ \t\x02]*\Z")
_LIST = re.compile(r"[*#:;]+[ \t]*")
_RULE = re.compile(r"-{4,}")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Lines of one paragraph are joined by a space, as a browser shows them; between these characters nobody writes one.
_UNSPACED: Final = "\u2e80-\u303f\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uff00-\uffef"  # Han, kana, their marks
_SOFT: Final = "\x04"  # between two lines of one paragraph
_JOINED = re.compile(rf"(?<=[{_UNSPACED}])\x04(?=[{_UNSPACED}])")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading that has text below it; level 2 is the highest that articles use."""

    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Article:
    """What a page holds.

    Args:
        text: paragraphs, headings, items of lists and rows of tables, a line each.
        sections: the headings among them, in order.
        links: titles of articles of the same wiki, each once, in order.
        categories: without prefix.
        languages: (edition, title) of interlanguage links in the wikitext; most wikis keep theirs elsewhere now.
        left_out: kind of what is not in the text -> how often; sorted.
    """

    text: str
    sections: tuple[Section, ...]
    links: tuple[str, ...]
    categories: tuple[str, ...]
    languages: tuple[tuple[str, str], ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """How pages of a wiki are read.

    Args:
        links: what the wiki's links mean.
        language: its code; decides whether `-{ }-` means something.
        tables: left out, or kept as Markdown.
        shown: template -> the parameter that is shown in its place.
        skipped: titles of sections that are left out with all below them, casefolded.
        variant: which spelling `-{zh-hans:..;zh-hant:..}-` gives; None: the first.
    """

    links: Links
    language: str
    tables: Tables = "drop"
    shown: Mapping[str, str] | None = None
    skipped: frozenset[str] = frozenset()
    variant: str | None = None


def read_article(wikitext: str, reading: Reading) -> Article:
    """Return a page's wikitext as a document.

    Args:
        wikitext: of any damage: what is not closed ends with its line or section.
        reading: how.

    Raises:
        TooComplexError: a line has more markup than can be read in bounded time.

    >>> site = Site("https://eu.wikipedia.org/wiki/Azala", "eu", "euwiki", {6: "Fitxategi", 14: "Kategoria"})
    >>> read_article("'''Zubi''' bat [[ibai|ibaia]] gurutzatzeko da.", Reading(Links(site), "eu")).text
    'Zubi bat ibaia gurutzatzeko da.'
    """
    text = _CONTROLS.sub("", wikitext).replace("\r\n", "\n")
    if "-{" in text and reading.language.partition("-")[0] in VARIANT_LANGUAGES:
        text = choose_variants(text, reading.variant)
    gathered = Gathered()
    writer = _Writer(text, reading, gathered)
    for block in blocks(text):
        writer.add(block)
    body, sections = writer.close()
    return Article(
        body,
        sections,
        tuple(gathered.links),
        tuple(gathered.categories),
        tuple(gathered.languages),
        dict(sorted(gathered.left_out.items())),
    )


class _Writer:
    """Puts the lines of a page together: a heading only where something follows that stands below it."""

    def __init__(self, text: str, reading: Reading, gathered: Gathered) -> None:
        self._text, self._reading, self._gathered = text, reading, gathered
        self._inline = Inline(reading.links, gathered, reading.shown or {})
        self._lines: list[str] = []  # what divides it from the line before, then the line
        self._sections: list[Section] = []
        self._waiting: list[Section] = []  # headings that nothing stands below yet
        self._skipping = 0  # level of the section that is being left out
        self._goes_on = False  # whether the line before can be continued

    def add(self, block: Block) -> None:
        if block.start == block.end:
            self._goes_on = False
        elif block.table:
            self._table(block)
        else:
            self._line(self._inline.prepared(self._text, block.start, block.end, block.cuts))

    def close(self) -> tuple[str, tuple[Section, ...]]:
        text = "".join(self._lines[1:])
        if _SOFT in text:
            text = _JOINED.sub("", text).replace(_SOFT, " ")
        return text, tuple(self._sections)

    def _line(self, line: str) -> None:
        if line[:1] == "=" and (heading := _HEADING.match(line)):
            self._heading(len(heading[1]), self._shown(heading[2]).replace("\n", " ").strip())
            return
        begins = line[:1]
        if begins in "*#:;-" and begins:
            self._item(line)
            return
        shown = self._shown(line)
        parts = shown.split("\n") if "\n" in shown else [shown]
        for part in parts:
            self._write(part, continues=self._goes_on and part is parts[0] and begins != " ")
        self._goes_on = bool(shown.strip())

    def _item(self, line: str) -> None:
        self._goes_on = False
        if rule := _RULE.match(line):
            line, mark = line[rule.end() :], ""
        elif marks := _LIST.match(line):
            line, mark = line[marks.end() :], "- " if marks[0].rstrip()[-1] in "*#" else ""
        else:
            mark = ""
        for part in self._shown(line).split("\n"):
            if part.strip():
                self._write(mark + part.strip())

    def _shown(self, line: str) -> str:
        return self._inline.finished(self._inline.render(line))

    def _write(self, line: str, *, continues: bool = False) -> None:
        line = line.strip()
        if not line or self._skipping:
            return
        if continues and self._lines:
            self._lines += (_SOFT, line)
            return
        for section in self._waiting:
            if section.title:
                self._lines += ("\n", section.title)
                self._sections.append(section)
        self._waiting.clear()
        self._lines += ("\n", line)

    def _heading(self, level: int, title: str) -> None:
        self._goes_on = False
        if self._skipping and level > self._skipping:
            return
        self._skipping = level if title.casefold() in self._reading.skipped else 0
        while self._waiting and self._waiting[-1].level >= level:
            self._waiting.pop()
        if not self._skipping:
            self._waiting.append(Section(level, title))

    def _table(self, block: Block) -> None:
        self._goes_on = False
        rows: Sequence[str] = ()
        if self._reading.tables == "markdown":
            rows = markdown(self._inline.prepared(self._text, block.start, block.end, block.cuts), self._inline)
        if not rows:
            self._gathered.left_out["table"] += 1
        for row in rows:
            self._write(row)
