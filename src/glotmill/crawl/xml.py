"""XML from strangers, read element by element within bounds: what sitemaps and feeds have in common."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import etree

MAX_BYTES = 10_000_000  # decompressed
MAX_ELEMENTS = 500_000  # a sitemap of 50,000 URLs with all that may be said of each has 250,000; 2 s of a core
_STEP = 65_536
_GZIP = b"\x1f\x8b"


@dataclass(slots=True)
class Unpacked:
    """The bytes of a file, gunzipped where they are gzip, a piece at a time.

    Args:
        content: of the file.
        limit: bytes, decompressed.
        cut: why it ended early (`bytes`, `gzip`), or None; known at the end.
    """

    content: bytes
    limit: int = MAX_BYTES
    cut: str | None = None

    def __iter__(self) -> Iterator[bytes]:
        """Give at most `limit` bytes; of a broken gzip file what can be read."""
        left = self.limit
        for piece in self._pieces():
            yield piece[:left]
            left -= len(piece)
            if left < 0:
                self.cut = "bytes"
                return

    def _pieces(self) -> Iterator[bytes]:
        content = self.content
        if not content.startswith(_GZIP):
            for start in range(0, len(content), _STEP):
                yield content[start : start + _STEP]
            return
        while content.startswith(_GZIP):  # members follow one another (RFC 1952, 2.2)
            member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            waiting = content
            while not member.eof:
                try:
                    # Never more than a step at a time, however much a byte of it says.
                    piece = member.decompress(waiting, _STEP)
                except zlib.error:
                    self.cut = "gzip"
                    return
                waiting = member.unconsumed_tail
                if piece:
                    yield piece
                elif not waiting:
                    self.cut = "gzip"
                    return
            content = member.unused_data


@dataclass(slots=True)
class Elements:
    """The elements of an XML file, each when it ends.

    No entity of a file's own, no DTD, no network; libxml2's limits hold (depth 256, a text of 10,000,000 bytes, names of
    50,000). An element is emptied after it was given, with all that stands before it, so that memory does not grow.

    Args:
        unpacked: bytes of the file.
        cut: why it ended early (`bytes`, `gzip`, `xml`, `elements`), or None; known at the end.
    """

    unpacked: Unpacked
    cut: str | None = None

    def __iter__(self) -> Iterator[tuple[tuple[str, ...], Any]]:
        """Give local names from the root to the element, in lower case, and the element; until what is wrong."""
        parser = etree.XMLPullParser(
            ("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        path: list[str] = []
        count = 0
        broken = False
        for piece in self.unpacked:
            try:
                parser.feed(piece)
            except etree.XMLSyntaxError:
                broken = True
            # What was complete before the fault is there all the same; the iterator raises it once more at its end.
            for event, element in _until_broken(parser):
                if event == "start":
                    path.append(_local(element))
                    continue
                count += 1
                yield tuple(path), element
                path.pop()
                element.clear(keep_tail=True)
                while element.getprevious() is not None:
                    del element.getparent()[0]
            if broken or count > MAX_ELEMENTS:
                self.cut = "xml" if broken else "elements"
                return
        self.cut = self.unpacked.cut or ("xml" if path or not count else None)


def _until_broken(parser: Any) -> Iterator[tuple[str, Any]]:
    try:
        yield from parser.read_events()
    except etree.XMLSyntaxError:
        return


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def text(element: Any) -> str:
    """Return the stripped text of an element that holds nothing else, or the empty string (an entity is something)."""
    return "" if len(element) else str(element.text or "").strip()


_W3C = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


def w3c_time(value: str) -> datetime | None:
    """Return a time of W3C's profile of ISO 8601 (`2026`, `2026-11`, `2026-11-27T10:00+01:00`), UTC, or None.

    What is left out is the first of its kind; a time without a zone is UTC.
    """
    written = value.strip()[:40]
    try:
        match = _W3C.fullmatch(written)
        if match:
            return datetime(int(match[1]), int(match[2] or 1), int(match[3] or 1), tzinfo=UTC)
        found = datetime.fromisoformat(written)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
