"""Pages of a MediaWiki XML export, found in the bytes one by one, so that a broken or endless one costs itself alone.

The format: mediawiki.org/xml/export-0.11.xsd. In what MediaWiki writes `<` is escaped in all text, so `<page>` begins a page
wherever it stands. Each page is parsed by itself, without the prolog: no DTD, no entity of its own, ever counts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

from lxml import etree

from glotmill.core.errors import DataError
from glotmill.io.bzip2 import MAGIC, BrokenStreamError, Bzip2File
from glotmill.io.frames import GZIP_MAGIC, BrokenError
from glotmill.io.jsonl import gunzip
from glotmill.text.entities import unescaped
from glotmill.text.wikitext.site import Site, namespace_names

_OPEN, _CLOSE = b"<page>", b"</page>"
_HEAD = 4 << 20  # decompressed bytes in which `<siteinfo>` has to end; those of Wikimedia take 10 KB
_PIECE = 256 << 10
_KEPT = 64 << 10  # of a page too long to be kept: where its title and its numbers stand
_MOST_SKIPPED = 2 << 30  # decompressed bytes of one page that are passed over before the rest of the stream is given up
_ROOT = re.compile(rb"<mediawiki\b[^>]*>")
_LANGUAGE = re.compile(rb"xml:lang=[\"']([A-Za-z0-9-]{1,40})[\"']")
_SITEINFO = re.compile(rb"<siteinfo\b.*?</siteinfo>", re.DOTALL)
_FIRST_ID = re.compile(rb"<title>([^<]{0,2000})</title>.{0,400}?<id>(\d{1,18})</id>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Decompressed bytes; where the stream begins that they come from, where they stand in it, and who reads them.

    Args:
        data: none where `fault` says why.
        stream: position in the file.
        offset: of the data's first byte in what the stream holds.
        owner: a position in the file; the slice that holds it reads the pages that begin here, or tells of the fault.
        fault: what is wrong with the bytes that would follow.
    """

    data: bytes
    stream: int
    offset: int
    owner: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class PageBytes:
    """One page as it stands in the file.

    Args:
        stream: position of its compressed stream; 0 in files of one.
        offset: of `<page>` in what that stream holds.
        xml: from `<page>` to `</page>`; only the beginning where there is a fault.
        fault: `truncated`, `broken_stream` or `page_too_large`; None for a whole page.
        detail: in words.
    """

    stream: int
    offset: int
    xml: bytes
    fault: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class WikiPage:
    """What a page's XML says.

    Args:
        text: None where it is hidden or was not exported.
        redirect: title that the page leads to.
        model: what the text is written in; `wikitext` for articles.
        timestamp: of the revision, ISO 8601.
    """

    title: str
    namespace: int
    page_id: int
    revision_id: int
    text: str | None
    redirect: str | None = None
    model: str = "wikitext"
    timestamp: str | None = None


class _Pieces(Protocol):
    def __call__(self, start: int) -> Iterator[_Piece]: ...


def read_site(stream: BinaryIO) -> Site:
    """Return the wiki that a dump is of.

    Raises:
        DataError: no `<siteinfo>` at its beginning: it is no MediaWiki export.
    """
    head = b""
    for piece in _opened(stream, (0, 0))(0):
        head += piece.data
        if (found := _SITEINFO.search(head)) is not None:
            return _site(head[: found.start()], found.group())
        if len(head) > _HEAD or piece.fault:
            break
    raise DataError(f"no <siteinfo> in the first {min(len(head), _HEAD)} bytes: no MediaWiki XML export")


def _site(before: bytes, xml: bytes) -> Site:
    root = _ROOT.search(before)
    language = _LANGUAGE.search(root.group()) if root else None
    info = parse_fragment(xml)
    if isinstance(info, str):
        raise DataError(f"unreadable <siteinfo>: {info}")
    names = [
        (int(one.get("key", "0")), one.text or "")
        for one in info.iterfind("namespaces/namespace")
        if re.fullmatch(r"-?\d{1,6}", one.get("key", ""))
    ]
    return Site(
        base=info.findtext("base") or "",
        language=language[1].decode("ascii").lower() if language else "",
        database=info.findtext("dbname") or "",
        namespaces=namespace_names(names),
    )


def parse_fragment(xml: bytes) -> "etree._Element | str":
    """Return the element that some XML is, or what is wrong with it, in words.

    Without prolog there is no DTD, so no entity but XML's own five exists, and nothing is ever fetched.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        return str(error)


def parse_page(xml: bytes) -> WikiPage | str:
    """Return a page, or what is wrong with its XML, in words.

    Of several revisions the last counts, which is the newest in Wikimedia's files.
    """
    root = parse_fragment(xml)
    if isinstance(root, str):
        return root
    revisions = root.findall("revision")
    if not revisions:
        return "no <revision>"
    revision, text = revisions[-1], revisions[-1].find("text")
    namespace, page, number = (
        _number(one) for one in (root.findtext("ns"), root.findtext("id"), revision.findtext("id"))
    )
    if page is None or number is None:
        return "no <id> of page or revision"
    redirect = root.find("redirect")
    hidden = text is None or text.get("deleted") is not None or (not text.text and text.get("bytes", "0") != "0")
    return WikiPage(
        title=root.findtext("title") or "",
        namespace=namespace or 0,
        page_id=page,
        revision_id=number,
        text=None if hidden or text is None else "".join(text.itertext()),
        redirect=None if redirect is None else redirect.get("title", ""),
        model=revision.findtext("model") or "wikitext",
        timestamp=revision.findtext("timestamp"),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"-?\d{1,18}", text.strip()) else None


def title_of_beginning(xml: bytes) -> tuple[str, int] | None:
    """Return title and id of a page of which only the beginning is there, where they are."""
    found = _FIRST_ID.search(xml)
    return (unescaped(found[1].decode("utf-8", "replace")), int(found[2])) if found else None


def read_pages(stream: BinaryIO, start: int, end: int, *, limit: int) -> Iterator[PageBytes]:
    """Yield the pages of a slice [start, end) of a file: those whose `<page>` begins in a stream that begins there.

    Pages that are cut by the slices' ends or by streams are read by the slice that they begin in. Plain files count as
    streams of one byte each; gzip files and bzip2 files of one stream belong to the slice that holds their beginning.

    Args:
        stream: seekable; plain, gzip or bzip2.
        start: first byte.
        end: behind the last.
        limit: bytes of XML; of longer pages only the beginning is kept.
    """
    return _Finder(_opened(stream, (start, end))(start), end, limit).pages()


def _opened(stream: BinaryIO, extent: tuple[int, int]) -> _Pieces:
    stream.seek(0)
    magic = stream.read(4)
    if magic.startswith(MAGIC) and Bzip2File(stream).starts(0):
        return lambda start: _bzip2_pieces(Bzip2File(stream), start)
    if magic.startswith(GZIP_MAGIC):
        return lambda start: _gzip_pieces(stream) if start == 0 else iter(())
    return lambda start: _plain_pieces(stream, start, extent[1])


def _plain_pieces(stream: BinaryIO, start: int, end: int) -> Iterator[_Piece]:
    at = start
    stream.seek(start)
    while data := stream.read(min(_PIECE, end - at) if at < end else _PIECE):
        yield _Piece(data, 0, at, at)
        at += len(data)


def _gzip_pieces(stream: BinaryIO) -> Iterator[_Piece]:
    stream.seek(0)
    offset = 0
    try:
        for data in gunzip(stream):
            yield _Piece(data, 0, offset, 0)
            offset += len(data)
    except BrokenError as error:
        yield _Piece(b"", 0, offset, 0, str(error))


def _bzip2_pieces(file: Bzip2File, start: int) -> Iterator[_Piece]:
    at = file.next_stream(start)
    while at is not None:
        stream, offset = at, 0
        try:
            for piece in file.pieces(at):
                if piece.stream != stream:
                    stream, offset = piece.stream, 0
                yield _Piece(piece.data, stream, offset, stream)
                offset += len(piece.data)
        except BrokenStreamError as error:
            owner = stream if error.headless else error.stream
            if error.stream != stream:
                stream, offset = error.stream, 0
            yield _Piece(b"", stream, offset, owner, str(error))
            at = file.next_stream(stream + 1)
        else:
            return


class _Finder:
    """Finds the pages in pieces as they come, with no more in memory than one page may be long."""

    def __init__(self, pieces: Iterator[_Piece], end: int, limit: int) -> None:
        self._pieces, self._end, self._limit = pieces, end, limit
        self._data = bytearray()
        self._marks: list[tuple[int, _Piece]] = []  # where in the data a piece begins

    def pages(self) -> Iterator[PageBytes]:
        while True:
            start = self._data.find(_OPEN)
            if start < 0:
                self._drop(max(0, len(self._data) - len(_OPEN) + 1))
                if self._foreign(0):
                    return
                fault = self._more()
                if fault is None or (fault and self._marks[-1][1].owner >= self._end):
                    return
                if fault:
                    last = self._marks[-1][1]
                    yield PageBytes(last.stream, last.offset, b"", _kind(fault), fault)
                    self._drop(len(self._data))
                continue
            if self._foreign(start):
                return
            self._drop(start)
            yield self._page()

    def _page(self) -> PageBytes:
        """Return the page that the data begins with, and drop it."""
        stream, offset = self._here(0)
        searched = 0
        while (end := self._data.find(_CLOSE, searched)) < 0:
            if len(self._data) > self._limit:
                return self._endless(stream, offset)
            searched = max(0, len(self._data) - len(_CLOSE))
            fault = self._more()
            if fault is None or fault:
                beginning = bytes(self._data[:_KEPT])
                self._drop(len(self._data))
                detail = fault or "the file ends inside a page"
                return PageBytes(stream, offset, beginning, _kind(detail), detail)
        end += len(_CLOSE)
        xml = bytes(self._data[:end])
        self._drop(end)
        if len(xml) > self._limit:
            return PageBytes(stream, offset, xml[:_KEPT], "page_too_large", f"{len(xml)} bytes of XML > {self._limit}")
        return PageBytes(stream, offset, xml)

    def _endless(self, stream: int, offset: int) -> PageBytes:
        """Pass over the rest of a page that is too long to be kept."""
        beginning, passed = bytes(self._data[:_KEPT]), 0
        while (end := self._data.find(_CLOSE)) < 0:
            keep = len(_CLOSE) - 1
            passed += len(self._data) - keep
            self._drop(len(self._data) - keep)
            if passed > _MOST_SKIPPED:
                self._pieces = iter(())
                self._data.clear()
                detail = f"more than {_MOST_SKIPPED} bytes without an end: what follows in the slice is not read"
                return PageBytes(stream, offset, beginning, "page_too_large", detail)
            fault = self._more()
            if fault is None or fault:
                passed += len(self._data)
                self._drop(len(self._data))
                detail = f"more than {self._limit} bytes of XML, and then {fault or 'the file ends'}"
                return PageBytes(stream, offset, beginning, "page_too_large", detail)
        passed += end + len(_CLOSE)
        self._drop(end + len(_CLOSE))
        return PageBytes(stream, offset, beginning, "page_too_large", f"{passed} bytes of XML > {self._limit}")

    def _more(self) -> str | None:
        """Take the next piece; return "", or what is wrong with it, or None where there is none."""
        piece = next(self._pieces, None)
        if piece is None:
            return None
        self._marks.append((len(self._data), piece))
        self._data += piece.data
        return piece.fault

    def _drop(self, count: int) -> None:
        if count:
            del self._data[:count]
            moved = [(at - count, piece) for at, piece in self._marks]
            first = max((index for index, (at, _) in enumerate(moved) if at <= 0), default=0)
            self._marks = moved[first:]

    def _mark(self, at: int) -> tuple[int, _Piece] | None:
        before = [mark for mark in self._marks if mark[0] <= at]
        return before[-1] if before else None

    def _foreign(self, at: int) -> bool:
        """Tell whether what stands at a position of the data belongs to a later slice."""
        mark = self._mark(at)
        return mark is not None and at < len(self._data) and mark[1].owner >= self._end

    def _here(self, at: int) -> tuple[int, int]:
        mark = self._mark(at)
        return (0, 0) if mark is None else (mark[1].stream, mark[1].offset + at - mark[0])


def _kind(detail: str) -> str:
    return "truncated" if "ends inside" in detail else "broken_stream"


SUFFIX: Final = re.compile(
    r"\.xml(?:-p\d+p\d+)?(?:\.bz2|\.gz)?\Z"
)  # of a dump's files; those of large wikis name their pages
