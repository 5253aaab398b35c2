"""XML and HTML as streams of events under limits of bytes, elements and depth; no entity of a file's own is ever expanded."""

import html.entities
import re
from collections.abc import Iterator
from typing import BinaryIO, Final, Protocol
from xml.parsers import expat

from lxml import etree

from glotmill.books.pages import Limits, RefusedError
from glotmill.io.frames import GZIP_MAGIC, BrokenError
from glotmill.io.jsonl import gunzip

_PIECE: Final = 256 << 10
_LONGEST_TOKEN: Final = 4 << 20  # bytes that a parser may hold back: of a comment, or of the attributes of one element
_CHARSET: Final = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)


class Handler(Protocol):
    """What becomes of the events; names are local ones, without namespace."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def data(self, text: str) -> None: ...


def pieces(stream: BinaryIO, limits: Limits) -> Iterator[bytes]:
    """Yield the bytes of a file, plain or gzip, up to its limit.

    Raises:
        RefusedError: `too_large`, or `truncated` where compression breaks off.
    """
    head = stream.read(len(GZIP_MAGIC))
    stream.seek(0)
    source = gunzip(stream) if head == GZIP_MAGIC else iter(lambda: stream.read(_PIECE), b"")
    count = 0
    try:
        for piece in source:
            count += len(piece)
            if count > limits.max_bytes:
                raise RefusedError("too_large", f"more than {limits.max_bytes} bytes")
            yield piece
    except BrokenError as error:
        raise RefusedError("truncated", str(error)) from error


def feed_xml(stream: BinaryIO, handler: Handler, limits: Limits) -> Iterator[None]:
    """Parse XML, and yield after each piece of it, so that what is complete can be taken away.

    Entities that the file declares itself end it: they are what bombs are made of, and no text needs them. Those of HTML
    are known where a DOCTYPE leads elsewhere, which is never fetched.

    Raises:
        RefusedError: `bad_xml`, `entities`, `too_large`, `too_many_nodes`, `too_deep`, `truncated`.
    """
    counted = _Counted(handler, limits)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = counted.start
    parser.EndElementHandler = counted.end
    parser.CharacterDataHandler = handler.data
    parser.EntityDeclHandler = _refuse_entity
    parser.SkippedEntityHandler = counted.skipped
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    fed = 0
    try:
        for piece in pieces(stream, limits):
            parser.Parse(piece, False)
            fed += len(piece)
            if fed - max(parser.CurrentByteIndex, 0) > _LONGEST_TOKEN:
                raise RefusedError("bad_xml", f"a tag, comment or name of more than {_LONGEST_TOKEN} bytes")
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        place = f"line {error.lineno}, column {error.offset + 1}"
        raise RefusedError("bad_xml", f"{expat.ErrorString(error.code)} at {place}") from error
    except (LookupError, ValueError) as error:  # an encoding that Python does not know, or that takes several bytes
        if counted.has_begun:  # encodings are named before the first element: what comes later is a mistake of ours
            raise
        raise RefusedError("bad_xml", str(error)[:200]) from error
    yield


def feed_html(stream: BinaryIO, handler: Handler, limits: Limits) -> Iterator[None]:
    """Parse HTML as browsers forgive it, and yield after each piece; HTML knows no entities of a file's own.

    Raises:
        RefusedError: `bad_html`, `too_large`, `too_many_nodes`, `too_deep`, `truncated`.
    """
    counted = _Counted(handler, limits)
    parser = None
    try:
        for piece in pieces(stream, limits):
            if parser is None:
                named = _CHARSET.search(piece[:1024])
                encoding = named[1].decode("ascii") if named else "utf-8"
                parser = _html_parser(_Target(counted, handler), encoding)
            parser.feed(piece)
            yield
        if parser is not None:
            parser.close()
            fatal = parser.feed_error_log.filter_from_fatals()
            if len(fatal):
                raise RefusedError("bad_html", f"{fatal[0].message} at line {fatal[0].line}"[:200])
    except etree.LxmlError as error:
        raise RefusedError("bad_html", str(error)[:200]) from error
    yield


def _html_parser(target: "_Target", encoding: str) -> "etree.HTMLParser":
    try:
        return etree.HTMLParser(target=target, encoding=encoding)
    except LookupError as error:
        raise RefusedError("bad_html", str(error)[:200]) from error


def _refuse_entity(name: str, *_: object) -> None:
    raise RefusedError("entities", f"the file declares an entity of its own: {name[:80]!r}")


class _Counted:
    """Counts elements and levels on their way to the handler."""

    def __init__(self, handler: Handler, limits: Limits) -> None:
        self._handler, self._limits = handler, limits
        self._nodes = self._depth = 0

    @property
    def has_begun(self) -> bool:
        """Whether an element was met."""
        return self._nodes > 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._nodes += 1
        self._depth += 1
        if self._nodes > self._limits.max_nodes:
            raise RefusedError("too_many_nodes", f"more than {self._limits.max_nodes} elements")
        if self._depth > self._limits.max_depth:
            raise RefusedError("too_deep", f"more than {self._limits.max_depth} levels")
        local = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        self._handler.start(name.rpartition(" ")[2], local)

    def end(self, name: str) -> None:
        self._depth -= 1
        self._handler.end(name.rpartition(" ")[2])

    def skipped(self, name: str, is_parameter: int) -> None:
        if not is_parameter:
            self._handler.data(html.entities.html5.get(f"{name};", "\ufffd"))


class _Target:
    """The methods that lxml calls."""

    def __init__(self, counted: _Counted, handler: Handler) -> None:
        self._counted, self._handler = counted, handler

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._counted.start(tag, dict(attributes))

    def end(self, tag: str) -> None:
        self._counted.end(tag)

    def data(self, text: str) -> None:
        self._handler.data(text)

    def close(self) -> None:
        pass
