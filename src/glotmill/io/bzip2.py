"""Streams of a bzip2 file and where they begin: a file of many can be cut, and a broken one costs itself alone."""

import bz2
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, Final

from glotmill.io.frames import BrokenError, Window

MAGIC: Final = b"BZh"
_BLOCK: Final = b"1AY&SY"  # the first block of a stream: pi in BCD, then its check sum (bzip2's own format notes)
_EMPTY: Final = b"\x17rE8P\x90"  # a stream without blocks ends at once
_PIECE = 256 << 10  # decompressed bytes at a time
_FEED = 32 << 10  # compressed bytes at a time


class BrokenStreamError(BrokenError):
    """A stream that ends or goes wrong.

    Args:
        message: where and how.
        stream: position in the file where it begins.
        headless: no stream can be seen to begin there, so that whoever looks for the next one passes over it.
    """

    def __init__(self, message: str, stream: int, *, headless: bool = False) -> None:
        super().__init__(message)
        self.stream = stream
        self.headless = headless


@dataclass(frozen=True, slots=True)
class Piece:
    """Decompressed bytes, and the position in the file of the stream that they come from."""

    data: bytes
    stream: int


class Bzip2File:
    """The streams of a file, from any position on."""

    def __init__(self, stream: BinaryIO) -> None:
        self._window = Window(stream)

    def starts(self, at: int) -> bool:
        """Tell whether a stream begins at a position: its signature takes 80 bits, so chance does not."""
        head = self._window.view(at, 10)
        return head.startswith(MAGIC) and head[3:4] in b"123456789" and head[4:] in (_BLOCK, _EMPTY)

    def next_stream(self, at: int) -> int | None:
        """Return the first position at or after `at` where a stream begins."""
        here = self._window.find(MAGIC, at)
        while here is not None and not self.starts(here):
            here = self._window.find(MAGIC, here + 1)
        return here

    def pieces(self, at: int) -> Iterator[Piece]:
        """Yield what the stream at a position holds, and the streams right behind it, in pieces of bounded size.

        Raises:
            BrokenStreamError: after all that could be read of a stream that breaks; `next_stream` finds where to go on.
        """
        while self.starts(at):
            inflater = bz2.BZ2Decompressor()
            here, pending = at, b""
            while not inflater.eof:
                if inflater.needs_input:
                    pending = self._window.view(here, _FEED)
                    here += len(pending)
                    if not pending:
                        raise BrokenStreamError(f"the file ends inside the bzip2 stream at byte {at}", at)
                try:
                    data = inflater.decompress(pending, _PIECE)
                except (OSError, ValueError) as error:
                    raise BrokenStreamError(f"broken bzip2 stream at byte {at}: {error}", at) from error
                pending = b""
                if data:
                    yield Piece(data, at)
            at = self._window.skip_zeros(here - len(inflater.unused_data))
        if self._window.view(at, 1):
            raise BrokenStreamError(f"no bzip2 stream at byte {at}", at, headless=True)


def even_cuts(size: int, target_bytes: int) -> list[tuple[int, int]]:
    """Return a file's bytes in equal parts of at most `target_bytes`; the reader moves each cut to what begins next."""
    parts = max(1, -(-size // target_bytes)) if target_bytes > 0 else 1
    return list(pairwise([size * part // parts for part in range(parts + 1)]))
