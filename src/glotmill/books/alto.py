"""ALTO, the layout and text of scanned pages (Library of Congress, loc.gov/standards/alto, versions 1 to 4)."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from glotmill.books.building import Builder, Cut
from glotmill.books.layout import PageLines, coordinate
from glotmill.books.markup import feed_xml
from glotmill.books.pages import Book, Limits, Part, RefusedError, claim

_MARGINS: Final = frozenset(("TopMargin", "BottomMargin", "LeftMargin", "RightMargin"))  # running heads, page numbers


def read_alto(stream: BinaryIO, book: Book, cut: Cut, limits: Limits) -> Iterator[Part]:
    """Yield the pages of a file, or the whole as one part.

    Words that the engine knows to be broken across two lines, or pages, stand whole in the first; what lies in margins is left out.

    Raises:
        RefusedError: as `feed_xml`, or `not_alto`.
    """
    handler = _Alto(book, cut, limits)
    for _ in feed_xml(stream, handler, limits):
        yield from book.take()
    handler.finish()
    yield from book.take()


class _Alto:
    def __init__(self, book: Book, cut: Cut, limits: Limits) -> None:
        self._book = book
        self._by_page = cut == "page"
        self._builder = Builder(book, limits.max_characters)
        self._page = PageLines(self._builder)
        self._label: str | None = None
        self._pages = self._margin = 0
        self._is_rest = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "Page":
                self._pages += 1
                self._label = claim(attributes.get("PRINTED_IMG_NR")) or claim(attributes.get("PHYSICAL_IMG_NR"))
            case "TextBlock":
                self._page.begin_block()
                language = claim(attributes.get("LANG")) or claim(attributes.get("language"))
                self._book.header.language = self._book.header.language or language
            case "TextLine":
                top = coordinate(attributes.get("VPOS"))
                self._page.begin_line(top, top + coordinate(attributes.get("HEIGHT")))
            case "String" if not self._margin:
                self._string(attributes)
            case "HYP" if not self._margin and not self._is_rest:
                self._page.lengthen_word(attributes.get("CONTENT") or "-")
            case _ if name in _MARGINS:
                self._margin += 1

    def _string(self, attributes: dict[str, str]) -> None:
        kind, whole = attributes.get("SUBS_TYPE"), attributes.get("SUBS_CONTENT")
        was_whole, self._is_rest = self._is_rest, kind == "HypPart1" and bool(whole)
        if kind == "HypPart2" and was_whole:
            return
        left = coordinate(attributes.get("HPOS"))
        text = whole if self._is_rest and whole else attributes.get("CONTENT", "")
        self._page.add_word(text, left, left + coordinate(attributes.get("WIDTH")))

    def end(self, name: str) -> None:
        if name in _MARGINS:
            self._margin -= 1
        elif name == "Page":
            self._page.end_page()
            if self._by_page:
                self._builder.close(self._label)

    def data(self, text: str) -> None:
        pass

    def finish(self) -> None:
        if not self._pages:
            raise not_of("alto", "Page")
        if not self._by_page:
            self._builder.close()


def not_of(kind: str, element: str) -> RefusedError:
    """Return the refusal of a file that is well formed and something else."""
    return RefusedError(f"not_{kind}", f"no element {element}")
