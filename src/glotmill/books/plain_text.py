"""Plain text of books, pages parted by form feeds, as programs for scanning and printing write it."""

import codecs
import re
from collections.abc import Iterator
from itertools import chain, groupby
from typing import BinaryIO, Final

from glotmill.books.building import Builder, Cut
from glotmill.books.markup import pieces
from glotmill.books.pages import Book, Limits, Part, RefusedError
from glotmill.books.reading_order import Line, Word, in_reading_order

_LINE_END: Final = re.compile("\r\n|\r")
_CELL: Final = 20  # units of width of a character: a page of 20 characters is wide enough to look for columns
_GAP: Final = 3  # spaces between columns, at least
_MOST_LINES: Final = 400  # of a page; longer ones are not cut by form feeds, and no column runs through them
_WORD: Final = re.compile(r"\S+")


def read_text(stream: BinaryIO, book: Book, cut: Cut, limits: Limits, *, encoding: str) -> Iterator[Part]:
    """Yield the pages of a file, or the whole as one part.

    Two columns that stand side by side, three spaces or more between them in three quarters of a page's lines, are
    read one after the other.

    Raises:
        RefusedError: `too_large`, `truncated`, or `bad_encoding`.
    """
    builder = Builder(book, limits.max_characters)
    for number, page in enumerate(_pages(stream, limits, encoding), 1):
        text, moved = _columns(page)
        builder.add(text, moved=moved)
        if cut == "page":
            builder.close(str(number))
            yield from book.take()
    if cut != "page":
        builder.close()
    yield from book.take()


def _pages(stream: BinaryIO, limits: Limits, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    kept: list[str] = []
    length = read = 0
    for piece in chain(pieces(stream, limits), [None]):  # gzip has pieces without a byte, which end nothing
        try:
            text = decoder.decode(piece or b"", final=piece is None)
        except UnicodeDecodeError as error:
            raise RefusedError("bad_encoding", f"not {encoding} near byte {read + error.start}") from error
        except UnicodeError as error:  # of UTF-16 and UTF-32 without a byte order mark
            raise RefusedError("bad_encoding", f"not {encoding}: {error}") from error
        read += len(piece or b"")
        *whole, rest = text.split("\f")
        for page in whole:
            yield "".join([*kept, page])
            kept, length = [], 0
        length += len(rest)
        if length > limits.max_characters:
            raise RefusedError("too_long", f"more than {limits.max_characters} characters without a form feed")
        kept.append(rest)
    yield "".join(kept)


def _columns(page: str) -> tuple[str, int]:
    page = _LINE_END.sub("\n", page.lstrip("\ufeff"))
    rows = page.split("\n")
    if len(rows) > _MOST_LINES:
        return page, 0
    lines, block = [], 0
    for place, row in enumerate(rows):
        words = tuple(_words(row.expandtabs()))
        if words:
            lines.append(Line(words, place * 2 * _GAP * _CELL, (place + 1) * 2 * _GAP * _CELL, block))
        else:
            block += 1
    ordered, moved = in_reading_order(lines, right_to_left=False)
    if not moved:
        return page, 0
    blocks = groupby(ordered, key=lambda line: line.block)
    return "\n\n".join(
        "\n".join(" ".join(word.text for word in line.words) for line in one) for _, one in blocks
    ), moved


def _words(row: str) -> Iterator[Word]:
    for found in _WORD.finditer(row):
        yield Word(found[0], found.start() * _CELL, found.end() * _CELL)
