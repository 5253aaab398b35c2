"""What a book is read into: pages, their blocks of lines, and what its header says of the whole."""

from dataclasses import dataclass, field

LONGEST_CLAIM = (
    2000  # characters of a title, an author's name, the words of a license, a label; they come with every row
)
VERSE_END = "\u2028"  # LINE SEPARATOR: a line end that is part of the text, in verse; line feeds are the printer's


class RefusedError(Exception):
    """A file, or the rest of it, that is not read: the reason's last part, and the evidence in words."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may hold before it is refused.

    Args:
        max_bytes: of the file, decompressed.
        max_nodes: elements of one file.
        max_depth: elements within elements.
        max_characters: of one document.
    """

    max_bytes: int
    max_nodes: int
    max_depth: int
    max_characters: int


@dataclass(slots=True)
class Header:
    """What a file says of the whole book; filled while it is read.

    Args:
        title: of the book, None where nothing says it.
        author: all authors, joined by `; `.
        date: of publication, as it stands there, ISO 8601 in TEI's `when`.
        language: BCP 47 as it stands there.
        license: an address, else the words of the license.
    """

    title: str | None = None
    author: str | None = None
    date: str | None = None
    language: str | None = None
    license: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One page or section of a book.

    Args:
        blocks: paragraphs, captions, stanzas; lines of one are parted by line feeds.
        header: as it was when the part ended; what follows in the file says nothing of it.
        label: what the book calls it: the page number that is printed, or the heading of a section.
        fault: why the text behind it, or all of it, is missing.
        detail: the evidence, in words.
        moved: lines that stood among those of another column and were put into reading order.
    """

    blocks: tuple[str, ...]
    header: Header
    label: str | None = None
    fault: str | None = None
    detail: str | None = None
    moved: int = 0

    @property
    def text(self) -> str:
        """The blocks, parted by blank lines."""
        return "\n\n".join(self.blocks)


@dataclass(slots=True)
class Book:
    """What a reader hands over as it goes on: the header so far, and the parts that are complete."""

    header: Header = field(default_factory=Header)
    ready: list[Part] = field(default_factory=list)

    def take(self) -> list[Part]:
        """Return the complete parts, each once."""
        parts, self.ready = self.ready, []
        return parts


def plain(text: str) -> str:
    """Return a text on one line, white space around it and in rows as one space."""
    return " ".join(text.split())


def claim(text: str | None) -> str | None:
    """Return what a file says of itself, on one line and no longer than `LONGEST_CLAIM`; None where it says nothing."""
    return plain(text or "")[:LONGEST_CLAIM] or None
