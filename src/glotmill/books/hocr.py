"""hOCR, the layout and text of scanned pages as HTML (Breuel 2007, The hOCR Microformat, ICDAR; version 1.2)."""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from glotmill.books.building import Builder, Cut
from glotmill.books.layout import PageLines, coordinate
from glotmill.books.markup import feed_html
from glotmill.books.pages import LONGEST_CLAIM, Book, Limits, Part, RefusedError, claim, plain

_BOX: Final = re.compile(r"\bbbox\s+(\S{1,20})\s+(\S{1,20})\s+(\S{1,20})\s+(\S{1,20})")
_NUMBER: Final = re.compile(r"\bppageno\s+(\d{1,9})")
_LINES: Final = frozenset(("ocr_line", "ocrx_line", "ocr_header", "ocr_footer", "ocr_caption", "ocr_textfloat"))
_BLOCKS: Final = frozenset(("ocr_par", "ocr_carea", "ocrx_block"))
_LANGUAGES: Final = frozenset(("ocr-langs", "dc.language", "dcterms.language"))
_LONGEST_LINE: Final = 1_000_000  # characters
_NEAR: Final = 8  # elements within a line or word: emphasis, glyphs
_Box = tuple[int, int, int, int]


def read_hocr(stream: BinaryIO, book: Book, cut: Cut, limits: Limits) -> Iterator[Part]:
    """Yield the pages of a file, or the whole as one part; page numbers that are marked as such are left out.

    Raises:
        RefusedError: as `feed_html`, or `not_hocr`.
    """
    handler = _Hocr(book, cut, limits)
    for _ in feed_html(stream, handler, limits):
        yield from book.take()
    handler.finish()
    yield from book.take()


class _Hocr:
    def __init__(self, book: Book, cut: Cut, limits: Limits) -> None:
        self._book = book
        self._by_page = cut == "page"
        self._builder = Builder(book, limits.max_characters)
        self._page = PageLines(self._builder)
        self._open: list[str] = []  # the class of hOCR of each element, or nothing
        self._text: list[str] = []
        self._box: _Box = (0, 0, 0, 0)
        self._label: str | None = None
        self._pages = self._length = 0
        self._title: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "html":
            self._book.header.language = claim(attributes.get("lang")) or claim(attributes.get("xml:lang"))
        elif name == "meta":
            self._meta(attributes)
        elif name == "title":
            self._title = []
        elif name == "br":
            self.data(" ")
        kind = next((one for one in attributes.get("class", "").split() if one.startswith("ocr")), "")
        self._open.append(kind)
        said = attributes.get("title", "")
        if kind == "ocr_page":
            self._pages += 1
            number = _NUMBER.search(said)
            self._label = number[1] if number else None
        elif kind in _BLOCKS:
            self._page.begin_block()
        elif kind in _LINES:
            self._flush()
            self._box = _box(said)
            self._page.begin_line(self._box[1], self._box[3])
        elif kind == "ocrx_word":
            self._flush()
            self._box = _box(said)

    def _meta(self, attributes: dict[str, str]) -> None:
        name, content = attributes.get("name", "").lower(), claim(attributes.get("content"))
        header = self._book.header
        if name in _LANGUAGES and content:
            header.language = content.split()[0]
        elif name in ("dc.creator", "author") and content:
            header.author = content
        elif name in ("dc.date", "dcterms.issued") and content:
            header.date = content
        elif name in ("dc.rights", "dcterms.license") and content:
            header.license = content
        elif name == "dc.title" and content:
            header.title = content

    def data(self, text: str) -> None:
        if self._title is not None:
            if len(self._title) < LONGEST_CLAIM:
                self._title.append(text)
        elif any(kind in _LINES or kind == "ocrx_word" for kind in self._open[-_NEAR:]):
            self._length += len(text)
            if self._length > _LONGEST_LINE:
                raise RefusedError("too_long", f"more than {_LONGEST_LINE} characters in a line")
            self._text.append(text)

    def end(self, name: str) -> None:
        if name == "title" and self._title is not None:
            self._book.header.title = self._book.header.title or claim("".join(self._title))
            self._title = None
        kind = self._open.pop()  # every start has its end: the parser closes what nobody did, and `<br>`, too
        if kind == "ocrx_word":
            self._flush()
        elif kind in _LINES:
            self._flush()
            self._page.end_line()
        elif kind == "ocr_page":
            self._page.end_page()
            if self._by_page:
                self._builder.close(self._label)

    def _flush(self) -> None:
        """End a word, or the words of a line that has none marked."""
        self._page.add_word(plain("".join(self._text)), self._box[0], self._box[2])
        self._text, self._length = [], 0

    def finish(self) -> None:
        if not self._pages:
            raise RefusedError("not_hocr", "no element of class ocr_page")
        if not self._by_page:
            self._builder.close()


def _box(said: str) -> _Box:
    found = _BOX.search(said)
    if found is None:
        return (0, 0, 0, 0)
    return (coordinate(found[1]), coordinate(found[2]), coordinate(found[3]), coordinate(found[4]))
