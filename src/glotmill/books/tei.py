"""TEI, the markup of printed books, letters and minutes (Text Encoding Initiative, Guidelines P5, tei-c.org)."""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final, Literal

from glotmill.books.building import Builder, Cut
from glotmill.books.markup import feed_xml
from glotmill.books.pages import LONGEST_CLAIM, VERSE_END, Book, Header, Limits, Part, RefusedError, claim, plain

Notes = Literal["drop", "keep"]

# Elements that hold a stretch of text of their own; what lies between two of them is one, too.
_BLOCKS: Final = frozenset(
    [
        "p",
        "ab",
        "head",
        "lg",
        "list",
        "table",
        "div",
        "div1",
        "div2",
        "div3",
        "div4",
        "div5",
        "div6",
        "div7",
        "front",
        "body",
        "back",
        "group",
        "u",
        "sp",
        "speaker",
        "stage",
        "byline",
        "docTitle",
        "docAuthor",
        "docImprint",
        "docEdition",
        "docDate",
        "titlePart",
        "titlePage",
        "opener",
        "closer",
        "salute",
        "signed",
        "dateline",
        "epigraph",
        "argument",
        "trailer",
        "figure",
        "postscript",
        "castList",
        "castItem",
        "note",
    ]
)
_LINES: Final = frozenset(("l", "item", "row"))  # their ends are ends of lines in the text
# Not part of the text: running heads and signatures of sheets, descriptions of pictures, what was struck out.
_LEFT_OUT: Final = frozenset(
    ["fw", "figDesc", "del", "surplus", "gap", "desc", "index", "metamark", "certainty", "facsimile", "standOff"]
)
_READINGS: Final = frozenset(
    ("sic", "abbr", "reg")
)  # inside `choice`: what its other child says better, or not as printed
_SECTIONS: Final = frozenset(("div", "div1"))
_MATTER: Final = frozenset(("front", "body", "back", "text"))
_HYPHENS: Final = "-\u00ad\u2010\u00ac\u2e17"
_LONGEST_BLOCK: Final = 4_000_000
_SPACE: Final = re.compile(r"\s+")
_TIDY: Final = re.compile(r" *([\n\u2028]) *")
_ROWS: Final = re.compile(r" {2,}")


def read_tei(stream: BinaryIO, book: Book, cut: Cut, limits: Limits, *, notes: Notes) -> Iterator[Part]:
    """Yield the pages or sections of a file, or the whole as one part.

    A `<choice>` gives what was corrected and expanded, in the spelling as printed. Line beginnings are line feeds, or nothing
    where the word goes on (`break="no"`); lines of verse, items and rows end in U+2028, which no step takes for the printer's.

    Raises:
        RefusedError: as `feed_xml`, or `not_tei`.
    """
    handler = _Tei(book, cut, limits, notes)
    for _ in feed_xml(stream, handler, limits):
        yield from book.take()
    handler.finish()
    yield from book.take()


class _Tei:
    def __init__(self, book: Book, cut: Cut, limits: Limits, notes: Notes) -> None:
        self._cut = cut
        self._builder = Builder(book, limits.max_characters)
        self._head = _HeaderReader(book.header)
        self._notes_left_out = notes == "drop"
        self._open: list[str] = []
        self._silent = 0  # the depth at which the element began that is left out, or 0
        self._text: list[str] = []
        self._length = 0
        self._label: str | None = None
        self._heading: list[str] | None = None
        self._texts = 0
        self._has_language = False  # whether a text has named its own
        self._outer: list[
            tuple[int, str | None]
        ] = []  # texts in a language of their own: depth, and the language around
        self._swallow = False  # white space, behind a line that breaks a word, or a token joined to the next
        self._joined: list[bool] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        parent = self._open[-1] if self._open else ""
        self._open.append(name)
        if self._head.start(name, attributes) or self._silent:
            return
        if name in _LEFT_OUT or (name == "note" and self._notes_left_out) or (parent == "choice" and name in _READINGS):
            self._silent = len(self._open)
        elif name == "text":
            self._texts += 1
            self._begin_text(attributes.get("lang"))
        elif name in ("lb", "cb", "pb"):
            self._break(name, attributes)
        elif name in ("w", "pc"):
            if attributes.get("join") in ("left", "both"):
                self._strip()
            self._joined.append(attributes.get("join") in ("right", "both"))
        elif name in _BLOCKS or (name == "seg" and parent == "u"):
            self._flush()
            if self._cut == "section" and name in _SECTIONS and parent in _MATTER:
                self._close()
            if name == "head" and self._label is None and self._cut == "section":
                self._heading = []

    def end(self, name: str) -> None:
        depth = len(self._open)
        self._open.pop()
        if self._head.end(name):
            return
        if self._silent:
            if depth == self._silent:
                self._silent = 0
            return
        parent = self._open[-1] if self._open else ""
        if name == "text":
            self._end_text(depth)
        elif name in _LINES:
            self._strip()
            self._add(VERSE_END)
        elif name == "cell":
            self._add(" ")
        elif name in ("w", "pc") and self._joined:
            self._swallow = self._joined.pop()
        elif name in _BLOCKS or (name == "seg" and parent == "u"):
            self._end_block(name, parent)

    def _end_block(self, name: str, parent: str) -> None:
        self._flush()
        if self._heading is not None and name == "head":
            self._label = claim(" ".join(self._heading))
            self._heading = None
        if self._cut == "section" and name in _SECTIONS and parent in _MATTER:
            self._close()

    def data(self, text: str) -> None:
        if self._head.data(text) or self._silent or not self._texts:
            return
        text = _SPACE.sub(" ", text)
        if self._swallow:
            text = text.lstrip()
            self._swallow = not text
        if text:
            self._add(text)

    def finish(self) -> None:
        if not self._texts:
            raise RefusedError("not_tei", "no element text")
        self._flush()
        if self._cut == "file" or not self._builder.is_empty:
            self._close(always=True)

    def _begin_text(self, language: str | None) -> None:
        if not language or language == self._head.said_language:
            return
        if self._cut != "file":
            self._end_part(nested=self._open.count("text") > 1)
            self._outer.append((len(self._open), self._head.said_language))
        elif self._has_language or self._text or not self._builder.is_empty:
            return  # one document: it has the language of its first text
        self._has_language = True
        self._head.language(language)

    def _end_text(self, depth: int) -> None:
        """Go on in the language around a text that had one of its own."""
        if self._outer and self._outer[-1][0] == depth:
            self._end_part(nested="text" in self._open)
            self._head.go_back_to(self._outer.pop()[1])

    def _end_part(self, *, nested: bool) -> None:
        """Close a part where the language changes; inside a text, what follows is still on the same page."""
        label = self._label if nested and self._cut == "page" else None
        self._flush()
        self._close()
        self._label = label

    def _break(self, name: str, attributes: dict[str, str]) -> None:
        if not self._texts:
            return
        if name == "pb" and self._cut == "page":
            self._flush()
            self._close()
            self._label = claim(attributes.get("n")) or claim(attributes.get("facs"))
        elif attributes.get("break") == "no":
            self._strip()
            if self._text and self._text[-1][-1:] in _HYPHENS:
                self._text[-1] = self._text[-1][:-1]
            self._swallow = True
        else:
            self._add("\n")

    def _add(self, text: str) -> None:
        self._length += len(text)
        if self._length > _LONGEST_BLOCK:
            raise RefusedError("too_long", f"more than {_LONGEST_BLOCK} characters in a paragraph")
        self._text.append(text)

    def _strip(self) -> None:
        while self._text:
            self._text[-1] = self._text[-1].rstrip(" ")
            if self._text[-1]:
                return
            self._text.pop()

    def _flush(self) -> None:
        block = _ROWS.sub(" ", _TIDY.sub(r"\1", "".join(self._text))).strip()
        self._text, self._length, self._swallow = [], 0, False
        if self._heading is not None:
            self._heading.append(block)
        self._builder.add(block)

    def _close(self, *, always: bool = False) -> None:
        if always or not self._builder.is_empty:
            self._builder.close(self._label)
        self._label = None


class _HeaderReader:
    """Reads `<teiHeader>`: the first one's title, authors, date, language and license; a printed source's date goes first."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._open: list[str] = []  # from teiHeader on
        self._field: tuple[str, int] | None = None  # which is being read, and the depth at which it began
        self._text: list[str] = []
        self._length = 0
        self._headers = 0

    @property
    def said_language(self) -> str | None:
        """The language so far."""
        return self._header.language

    def language(self, code: str | None) -> None:
        """Take the language that an element says it is in: the text's own word goes before the header's."""
        if code and plain(code):
            self._header.language = plain(code)[:40]

    def go_back_to(self, code: str | None) -> None:
        """Take the language that was said before."""
        self._header.language = code

    def start(self, name: str, attributes: dict[str, str]) -> bool:
        """Return whether an element is the header's."""
        if name == "teiHeader" and not self._open:
            self._headers += 1
        elif not self._open:
            if name == "TEI" and self._header.language is None:
                self.language(attributes.get("lang"))
            return False
        self._open.append(name)
        if self._headers == 1 and self._field is None:
            self._begin(name, attributes)
        return True

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        header = self._header
        inside = self._open[-2] if len(self._open) > 1 else ""
        match name:
            case "title" if inside == "titleStmt" and header.title is None:
                self._field = ("title", len(self._open))
            case "author" if inside == "titleStmt":
                self._field = ("author", len(self._open))
            case "date" if "sourceDesc" in self._open or (inside == "publicationStmt" and header.date is None):
                given = next((attributes[key] for key in ("when", "from", "notBefore") if attributes.get(key)), None)
                if given:
                    header.date = plain(given)[:40]
                else:
                    self._field = ("date", len(self._open))
            case "language" if inside == "langUsage" and header.language is None:
                self.language(attributes.get("ident"))
            case "licence" if header.license is None:
                if attributes.get("target"):
                    header.license = claim(attributes["target"])
                else:
                    self._field = ("license", len(self._open))

    def end(self, name: str) -> bool:
        """Return whether an element was the header's."""
        if not self._open:
            return False
        if self._field is not None and self._field[1] == len(self._open):
            self._finish(self._field[0], claim("".join(self._text)))
            self._field, self._text, self._length = None, [], 0
        self._open.pop()
        return True

    def _finish(self, field: str, said: str | None) -> None:
        if said is None:
            return
        if field == "author" and self._header.author:
            said = f"{self._header.author}; {said}"[:LONGEST_CLAIM]
        setattr(self._header, field, said)

    def data(self, text: str) -> bool:
        """Return whether text is the header's."""
        if self._field is not None and self._length < LONGEST_CLAIM:
            self._length += len(text)
            self._text.append(text)
        return bool(self._open)
