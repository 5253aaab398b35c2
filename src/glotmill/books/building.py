"""Parts of a book under construction, cut by pages, by sections or not at all, each of bounded length."""

from dataclasses import replace
from typing import Literal

from glotmill.books.pages import Book, Part

Cut = Literal["file", "page", "section"]


class Builder:
    """Collects blocks into parts of a book.

    Args:
        book: to which complete parts go.
        max_characters: of one part; a longer one is handed over without text, with the fault `too_long`.
    """

    def __init__(self, book: Book, max_characters: int) -> None:
        self._book = book
        self._most = max_characters
        self._blocks: list[str] = []
        self._characters = 0
        self._moved = 0

    @property
    def is_empty(self) -> bool:
        """Whether the part has no text so far."""
        return not self._characters

    def add(self, block: str, *, moved: int = 0) -> None:
        """Add a block; one without letters, digits or signs is none."""
        block = block.strip()
        if not block:
            return
        self._characters += len(block)
        self._moved += moved
        if self._characters > self._most:
            self._blocks.clear()
        else:
            self._blocks.append(block)

    def close(self, label: str | None = None) -> None:
        """Hand over the part, be it empty, and begin the next."""
        fault = detail = None
        if self._characters > self._most:
            fault, detail = "too_long", f"{self._characters} characters > {self._most}"
        elif not self._blocks:
            fault, detail = "no_text", "no word is on it"
        self._book.ready.append(
            Part(tuple(self._blocks), replace(self._book.header), label, fault, detail, self._moved)
        )
        self._blocks, self._characters, self._moved = [], 0, 0
