"""Compressed members of a WARC and where they begin, so that a broken one costs itself alone.

FastWARC 2.0.1 ends the file at the first broken gzip member and refuses a start inside one (measured), so members
are walked here: gzip by zlib-ng, Zstandard by its frame headers (RFC 8878). What is read in pieces goes through fastwarc's decoder.
"""

from io import BytesIO
from typing import BinaryIO, NamedTuple, Protocol, cast

import zstandard

from glotmill.io import deflate

GZIP_MAGIC = b"\x1f\x8b\x08"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_RECORD = b"WARC/"
_PIECE = 256 << 10  # decompressed bytes at a time
_FEED = 16 << 10  # compressed bytes at a time: a typical member in one go
_WHOLE = 1 << 20  # decompressed bytes of a member that may be had at once; larger ones are read in pieces
_PEEK = 4096  # what decides whether a member begins here: a constant, so that every slice decides alike
_EMPTY = ZSTD_MAGIC + b"\x20\x00\x01\x00\x00"  # a frame of nothing
_DICTIONARY = b"\x5d\x2a\x4d\x18"  # the skippable frame that holds a .warc.zst file's dictionary


class BrokenError(Exception):
    """Compressed bytes that end or go wrong; the text says where."""


class Window:
    """Random access to a seekable stream, through one buffer."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.size = stream.seek(0, 2)
        self._data, self._base = b"", 0

    def view(self, at: int, most: int) -> bytes:
        """Return up to `most` bytes from position `at`; fewer only at the end of the file."""
        offset = at - self._base
        if offset < 0 or offset + most > len(self._data):
            if at >= self.size:
                return b""
            kept = b"" if offset < 0 or offset > len(self._data) else self._data[offset:]
            self._stream.seek(at + len(kept))
            self._data = kept + self._read(max(most - len(kept), _PIECE))
            self._base, offset = at, 0
        return self._data[offset : offset + most]

    def _read(self, most: int) -> bytes:
        pieces = []
        while most > 0 and (piece := self._stream.read(most)):
            pieces.append(piece)
            most -= len(piece)
        return b"".join(pieces)

    def find(self, what: bytes, at: int) -> int | None:
        """Return the first position at or after `at` where `what` stands."""
        while len(self.view(at, len(what))) == len(what):
            found = self._data.find(what, at - self._base)
            if found >= 0:
                return self._base + found
            at = self._base + len(self._data) - len(what) + 1
        return None

    def skip_zeros(self, at: int) -> int:
        """Return the first position at or after `at` that holds no NUL: tapes and block devices pad with them."""
        while data := self.view(at, _PEEK):
            left = data.lstrip(b"\0")
            if left:
                return at + len(data) - len(left)
            at += len(data)
        return at


class Inflater(Protocol):
    """One compressed member being read."""

    end: int  # position after it, once `more` returned b""

    def more(self) -> bytes:
        """Return the next piece; b"" at the member's end, its check sum verified. Raises BrokenError."""
        ...


class GzipInflater:
    """A gzip member, read piece by piece."""

    def __init__(self, window: Window, at: int, piece: int) -> None:
        self._window, self._at, self._piece = window, at, piece
        self._feed = min(piece, _FEED)  # small pieces in, so that what stands before a fault comes out
        self._deflate = deflate.inflater(deflate.GZIP)
        self._pending = b""
        self.end = at

    def more(self) -> bytes:
        while not self._deflate.eof:
            data = self._pending
            if not data:
                data = self._window.view(self._at, self._feed)
                self._at += len(data)
            if not data:
                raise BrokenError("the file ends inside a gzip member")
            try:
                piece = self._deflate.decompress(data, self._piece)
            except deflate.DeflateError as error:
                raise BrokenError(f"broken gzip member: {error}") from error
            self._pending = self._deflate.unconsumed_tail
            if piece:
                return piece
        self.end = self._at - len(self._deflate.unused_data)
        return b""


class ZstdInflater:
    """A Zstandard frame, or a skippable one, which is empty."""

    def __init__(self, window: Window, at: int, dictionary: bytes | None, piece: int) -> None:
        self._window, self._at = window, at
        self._reader: Reads | None = None
        self._dictionary, self._piece = dictionary, piece
        self.end = at

    def more(self) -> bytes:
        if self._reader is None:
            self.end = _frame_end(self._window, self._at)
            if is_skippable(self._window.view(self._at, 4)):
                return b""
            self._reader = zstd_reader(_Extent(self._window, self._at, self.end), self._dictionary)
        try:
            return self._reader.read(self._piece)
        except (OSError, ValueError) as error:
            raise BrokenError(f"broken zstd frame: {error}") from error


class Reads(Protocol):
    """What can be read in pieces."""

    def read(self, size: int, /) -> bytes: ...


class _Extent:
    """The bytes [at, end) of a window as a stream, for fastwarc's reader."""

    def __init__(self, window: Window, at: int, end: int) -> None:
        self._window, self._at, self._end = window, at, end

    def read(self, size: int = -1, /) -> bytes:
        left = self._end - self._at
        data = self._window.view(self._at, min(size, left) if size >= 0 else left)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        raise OSError("read forward only")

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        """Leave the window open for the next frame."""


def zstd_reader(stream: object, dictionary: bytes | None = None) -> Reads:
    """Return a reader of one or more Zstandard frames; `read` raises OSError where they break."""
    from fastwarc.stream_io import ZstdReader  # noqa: PLC0415  # heavy

    return cast(Reads, ZstdReader(cast(BinaryIO, stream), dictionary=dictionary))


def is_skippable(magic: bytes) -> bool:
    """Tell whether four bytes begin a skippable Zstandard frame."""
    return len(magic) == 4 and magic[0] & 0xF0 == 0x50 and magic[1:] == b"\x2a\x4d\x18"


def _frame_end(window: Window, at: int, most: int | None = None) -> int:
    """Return where a Zstandard frame ends, from its block headers alone (RFC 8878, section 3.1.1).

    Raises:
        BrokenError: it does not end, or goes on after `most` bytes.
    """
    head = window.view(at, 18)
    if is_skippable(head[:4]) and len(head) >= 8:
        return _within(window, at + 8 + int.from_bytes(head[4:8], "little"))
    if not head.startswith(ZSTD_MAGIC) or len(head) < 6:
        raise BrokenError("no zstd frame here")
    descriptor = head[4]
    single, content = descriptor >> 5 & 1, descriptor >> 6
    here = at + 5 + (0 if single else 1) + (0, 1, 2, 4)[descriptor & 3]
    here += (single, 2, 4, 8)[content]
    while most is None or here - at <= most:
        block = int.from_bytes(window.view(here, 3).ljust(3, b"\0"), "little")
        here = _within(window, here + 3)
        kind, length = block >> 1 & 3, block >> 3
        if kind == 3:
            raise BrokenError("broken zstd frame: reserved block type")
        here += 1 if kind == 1 else length  # a run-length block stores one byte
        if block & 1:
            return _within(window, here + (4 if descriptor & 4 else 0))
    raise BrokenError(f"a zstd frame of more than {most} bytes")


def _within(window: Window, at: int) -> int:
    if at > window.size:
        raise BrokenError("the file ends inside a zstd frame")
    return at


def zstd_dictionary(window: Window) -> bytes | None:
    """Return the dictionary that a .warc.zst file begins with, if it does and it is one (IIPC WARC-Zstandard 1.0)."""
    head = window.view(0, 8)
    if not head.startswith(_DICTIONARY) or len(head) < 8:
        return None
    stored = window.view(8, min(int.from_bytes(head[4:8], "little"), 16 << 20))
    try:
        dictionary = zstd_reader(BytesIO(stored)).read(16 << 20) if stored.startswith(ZSTD_MAGIC) else stored
        _decoder(dictionary).decompress(_EMPTY)  # fastwarc's reader panics at a dictionary that libzstd does not take
    except (OSError, zstandard.ZstdError):
        return None
    return dictionary


def _decoder(dictionary: bytes | None) -> zstandard.ZstdDecompressor:
    known = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
    return zstandard.ZstdDecompressor(dict_data=known)


class Whole(NamedTuple):
    """A member that was decompressed at once, its check sum verified.

    Args:
        data: all of it, decompressed.
        end: the position after it.
    """

    data: bytes
    end: int


class GzipFrames:
    """The members of a gzip file."""

    magic = GZIP_MAGIC

    def __init__(self, window: Window) -> None:
        self._window = window

    def inflater(self, at: int, piece: int) -> Inflater:
        """Open the member at a position."""
        return GzipInflater(self._window, at, piece)

    def beginning(self, at: int) -> bytes | None:
        """Return the first five bytes of the member at a position, or None where none begins."""
        head = self._window.view(at, _PEEK)
        if not head.startswith(GZIP_MAGIC):
            return None
        try:
            return deflate.inflater(deflate.GZIP).decompress(head, len(_RECORD))
        except deflate.DeflateError:
            return None

    def whole(self, at: int) -> Whole | None:
        """Return the member at a position if it is sound, begins with a record and has at most 1 MiB; None otherwise."""
        inflater = deflate.inflater(deflate.GZIP)
        data = self._window.view(at, _PEEK)
        fed, feed, left = at, _FEED, _WHOLE
        pieces: list[bytes] = []
        try:
            while data and left > 0 and not inflater.unconsumed_tail:
                fed += len(data)
                pieces.append(inflater.decompress(data, left))
                if not pieces[0].startswith(_RECORD):
                    return None
                if inflater.eof:
                    return Whole(pieces[0] if len(pieces) == 1 else b"".join(pieces), fed - len(inflater.unused_data))
                left -= len(pieces[-1])
                data = self._window.view(fed, feed)
                feed *= 2
        except deflate.DeflateError:
            pass
        return None


class ZstdFrames:
    """The frames of a Zstandard file."""

    magic = ZSTD_MAGIC

    def __init__(self, window: Window) -> None:
        self._window, self._dictionary = window, zstd_dictionary(window)
        self._decoder = _decoder(self._dictionary)
        # A decoder costs 0.1 ms to open: the one that looked at a frame goes on to read it.
        self._open: tuple[int, _Looked] | None = None

    def inflater(self, at: int, piece: int) -> Inflater:
        """Open the frame at a position."""
        opened, self._open = self._open, None
        if opened and opened[0] == at and piece == _PIECE:
            return opened[1]
        return ZstdInflater(self._window, at, self._dictionary, piece)

    def beginning(self, at: int) -> bytes | None:
        """Return the first bytes of the frame at a position, or None where none begins."""
        head = self._window.view(at, 4)
        if not head.startswith(ZSTD_MAGIC) and not is_skippable(head):
            return None
        try:
            looked = _Looked(ZstdInflater(self._window, at, self._dictionary, _PIECE))
        except BrokenError:
            return None
        self._open = (at, looked)
        return looked.first

    def whole(self, at: int) -> Whole | None:
        """Return the frame at a position if it is sound, begins with a WARC record and has at most 1 MiB; None otherwise."""
        try:
            end = _frame_end(self._window, at, _WHOLE)
            frame = self._window.view(at, min(end - at, _WHOLE))
            if len(frame) < end - at or zstandard.frame_content_size(frame) > _WHOLE:
                return None
            data = self._decoder.decompress(frame, max_output_size=_WHOLE)
        except (BrokenError, zstandard.ZstdError):
            return None
        return Whole(data, end) if data.startswith(_RECORD) else None


class _Looked:
    """A member whose first piece was read already."""

    def __init__(self, inner: Inflater) -> None:
        self._inner, self._given = inner, False
        self.first = inner.more()
        self.end = inner.end

    def more(self) -> bytes:
        if not self._given:
            self._given = True
            return self.first
        piece = self._inner.more()
        self.end = self._inner.end
        return piece


class Members:
    """Where the members of a file begin: which begin a WARC record, and which only continue one."""

    def __init__(self, window: Window, frames: GzipFrames | ZstdFrames) -> None:
        self.window, self._frames = window, frames
        self._last: tuple[int, bytes | None] = (-1, None)  # each beginning is asked about twice
        self._whole: tuple[int, Whole | None] = (-1, None)  # looked at as the end of one, then read

    def inflater(self, at: int, piece: int = _PIECE) -> Inflater:
        """Open the member at a position, to be read `piece` bytes at a time."""
        return self._frames.inflater(at, piece)

    def whole(self, at: int) -> Whole | None:
        """Return the member at a position, all at once, if it is sound, begins with a record and is not large.

        Whatever is not is to be read with `inflater`, which tells what is wrong. It is kept until the next is asked for.
        """
        if self._whole[0] != at:
            self._whole = (at, self._frames.whole(at))
            if self._whole[1] is not None:
                self._last = (at, _RECORD)
        return self._whole[1]

    def starts_member(self, at: int) -> bool:
        """Tell whether something that inflates begins here."""
        return self._beginning(at) is not None

    def starts_record(self, at: int) -> bool:
        """Tell whether a member that begins with a WARC record begins here."""
        return (self._beginning(at) or b"").startswith(_RECORD)

    def end_at(self, at: int) -> bool:
        """Tell whether what was decompressed before a position ends there: no member goes on with it."""
        return self.starts_record(at) or not self.starts_member(at)

    def _beginning(self, at: int) -> bytes | None:
        if self._last[0] != at:
            found = self._frames.beginning(at)
            self._last = (at, found and found[: len(_RECORD)])
        return self._last[1]

    def next_record(self, at: int) -> int | None:
        """Return the first position at or after `at` where a member begins with a WARC record."""
        here = self.window.find(self._frames.magic, at)
        while here is not None:
            if self.starts_record(here):
                return here
            here = self.window.find(self._frames.magic, here + 1)
        return None
