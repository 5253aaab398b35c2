"""Content codings undone as bytes arrive, within bounds on what comes out (RFC 9110 8.4)."""

import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Literal, Protocol, cast

import brotli
import zstandard

MAX_CODINGS = 3
MAX_MEMBERS = 4096  # gzip members or zstd frames of one body: empty ones cost time and give nothing
# Below this a high ratio is no bomb: 100 KB of blank lines in an honest page come as 100 bytes.
RATIO_FLOOR = 1 << 20  # bytes

_PIECE = 64 << 10  # bytes that a stage hands on at once, and takes at once
_BROTLI_INPUT = 1 << 10  # bytes: what a broken piece would have given is lost with the piece
# A zstd block of 4 bytes gives 128 KB (RFC 8878 3.1.1.2): 64 bytes of input give 2 MB at most.
_ZSTD_INPUT = 64
_ZSTD_WINDOW = 8 << 20  # bytes: RFC 9659
# Registered with IANA and never asked for; other unknown words (`utf-8`, `none`) are servers' mistakes about plain bytes.
_FOREIGN = frozenset({"compress", "x-compress", "dcb", "dcz", "exi", "pack200-gzip"})

Fault = Literal["too_large", "ratio", "truncated", "undecodable"]
_Sink = Callable[[bytes], None]


class Decoder:
    """Undo the codings of one body, chunk by chunk; after a fault further chunks are ignored.

    A coding that is named but evidently not there (gzip and zstd without their magic numbers, deflate or br before
    `<`) is taken as undone: servers do that. Bytes after the end of a coding are ignored.

    Args:
        content_encoding: the header's value, or None; at most three known codings, last applied first undone.
        limit: bytes that any coding may give.
        ratio: bytes that any coding may give per byte of the body, judged above `RATIO_FLOOR` bytes.
    """

    def __init__(self, content_encoding: str | None, *, limit: int, ratio: int) -> None:
        named = [name.strip().lower() for name in (content_encoding or "").split(",")]
        self.codings = tuple(name for name in named if name in _STAGES)
        self.fault: Fault | None = None
        self.detail: str | None = None
        self._limit, self._ratio = limit, ratio
        self._received = 0
        self._out = BytesIO()
        self._stages: list[_Stage] = []
        foreign = next((name for name in named if name in _FOREIGN), None)
        if foreign:
            self.fault, self.detail = "undecodable", f"content coding {foreign} is not known here"
        elif len(self.codings) > MAX_CODINGS:
            self.fault, self.detail = "undecodable", f"{len(self.codings)} content codings"
        else:
            hand_on: Callable[[bytes], object] = self._out.write
            for name in self.codings:
                self._stages.insert(0, _STAGES[name](self._meter(hand_on)))
                hand_on = self._stages[0].feed
        self._take = self._stages[0].feed if self._stages else self._meter(self._out.write)

    def feed(self, chunk: bytes) -> Fault | None:
        """Take the next bytes of the body; return the fault that they brought to light, or an earlier one."""
        for start in range(0, len(chunk), _PIECE):
            if self.fault is None:
                piece = chunk[start : start + _PIECE]
                self._received += len(piece)
                self._guard(self._take, piece)
        return self.fault

    def close(self) -> Fault | None:
        """Say that the body has ended; what is missing is a fault, and `content` has what there was."""
        if self.fault is None:
            self._guard(self._close, b"")
        return self.fault

    @property
    def size(self) -> int:
        """Bytes of content so far."""
        return self._out.tell()

    @property
    def content(self) -> bytes:
        """What has been decoded so far, at most the limit."""
        return self._out.getvalue()

    def _close(self, _: bytes) -> None:
        for stage in self._stages:
            stage.close()

    def _guard(self, step: _Sink, data: bytes) -> None:
        try:
            step(data)
        except _Stop as stop:
            self.fault, self.detail = stop.fault, stop.detail

    def _meter(self, hand_on: Callable[[bytes], object]) -> _Sink:
        """Return a sink that counts what one stage gives, hands on what is allowed and stops the rest."""
        given = 0

        def sink(piece: bytes) -> None:
            nonlocal given
            earned = max(RATIO_FLOOR, self._ratio * self._received)
            allowed = min(self._limit, earned)
            fits = piece[: max(0, allowed - given)]
            given += len(fits)
            hand_on(fits)
            if len(fits) < len(piece) and self._limit <= earned:
                raise _Stop("too_large", f"content > {self._limit} bytes")
            if len(fits) < len(piece):
                raise _Stop("ratio", f"{self._received} bytes gave more than {self._ratio} times as many")

        return sink


class _Stop(Exception):
    """No more bytes are wanted or possible."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault: Fault = fault
        self.detail = detail


class _Stage(Protocol):
    def feed(self, data: bytes, /) -> None: ...
    def close(self) -> None: ...


class _Inflate:
    """What gzip (RFC 1952) and deflate (RFC 1950, or 1951 as some servers send it) share."""

    name = "gzip"
    once = False

    def __init__(self, sink: _Sink) -> None:
        self._sink = sink
        self._start = b""  # of a member, too short to know its kind
        self._inflater: zlib._Decompress | None = None
        self._members = 0
        self._rest: Literal["coded", "plain", "ignored"] = "coded"

    def _wbits(self, data: bytes) -> int | None:
        return 31 if data.startswith(b"\x1f\x8b") else None

    def feed(self, data: bytes) -> None:
        if self._rest == "plain":
            self._sink(data)
        if self._rest != "coded":
            return
        data, self._start = self._start + data, b""
        while data:
            if self._inflater is None and not self._open(data):
                return
            data = self._inflate(data)

    def _open(self, data: bytes) -> bool:
        if self.once and self._members:
            self._rest = "ignored"
            return False
        if len(data) < 2:
            self._start = data
            return False
        wbits = self._wbits(data)
        if wbits is None:
            self._rest = "ignored" if self._members else "plain"
            if self._rest == "plain":
                self._sink(data)
            return False
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise _Stop("undecodable", f"more than {MAX_MEMBERS} {self.name} members")
        self._inflater = zlib.decompressobj(wbits)
        return True

    def _inflate(self, data: bytes) -> bytes:
        """Hand on what the bytes give; return those after the end of the member."""
        inflater = self._inflater
        while inflater is not None:
            try:
                piece = inflater.decompress(data, _PIECE)
            except zlib.error as error:
                raise _Stop("undecodable", f"content coding {self.name}: {error}") from error
            data = inflater.unconsumed_tail
            if inflater.eof:
                data, self._inflater = inflater.unused_data, None
            if piece:
                self._sink(piece)
            # A full piece may leave more inside although all input is taken.
            if inflater.eof or (not data and len(piece) < _PIECE):
                break
        return data

    def close(self) -> None:
        if self._inflater is not None:
            raise _Stop("truncated", f"the {self.name} body ends early")
        if self._start and not self._members:
            self._sink(self._start)


class _Deflate(_Inflate):
    name = "deflate"
    once = True

    def _wbits(self, data: bytes) -> int | None:
        if data[:1] == b"<":
            return None
        return 15 if data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0 else -15


class _BrotliObject(Protocol):
    def process(self, data: bytes, /, *, output_buffer_limit: int) -> bytes: ...
    def can_accept_more_data(self) -> bool: ...
    def is_finished(self) -> bool: ...


class _Brotli:
    """RFC 7932; no stream begins with `<`: there, a bit that must be zero is set."""

    def __init__(self, sink: _Sink) -> None:
        self._sink = sink
        self._object = cast(_BrotliObject, brotli.Decompressor())
        self._begun = self._plain = False

    def feed(self, data: bytes) -> None:
        for start in range(0, len(data), _BROTLI_INPUT):
            piece = data[start : start + _BROTLI_INPUT]
            if self._plain:
                self._sink(piece)
            elif not self._object.is_finished():
                self._process(piece)

    def _process(self, data: bytes) -> None:
        piece, begun = data, self._begun
        self._begun = True
        while True:
            try:
                out = self._object.process(piece, output_buffer_limit=_PIECE)
            except brotli.error as error:
                if begun or data.lstrip()[:1] != b"<":
                    raise _Stop("undecodable", f"content coding br: {error}") from error
                self._plain = True
                self._sink(data)
                return
            piece = b""
            if out:
                self._sink(out)
            # After its last output it still has to notice its end: only an idle turn means that it waits for input.
            if self._object.is_finished() or (not out and self._object.can_accept_more_data()):
                return

    def close(self) -> None:
        if self._begun and not self._plain and not self._object.is_finished():
            raise _Stop("truncated", "the br body ends early")


class _Zstd:
    """RFC 8878, with the window of RFC 9659."""

    def __init__(self, sink: _Sink) -> None:
        self._sink = sink
        self._start = b""
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._frames = 0
        self._rest: Literal["coded", "plain", "ignored"] = "coded"

    def feed(self, data: bytes) -> None:
        if self._rest == "plain":
            self._sink(data)
        if self._rest != "coded":
            return
        data, self._start = self._start + data, b""
        at = 0
        while at < len(data):
            if self._frame is None and not self._open(data[at:]):
                return
            at = self._advance(data, at)

    def _open(self, data: bytes) -> bool:
        if len(data) < 4:
            self._start = data
            return False
        skippable = data[0] & 0xF0 == 0x50 and data[1:4] == b"\x2a\x4d\x18"
        if not skippable and not data.startswith(b"\x28\xb5\x2f\xfd"):
            self._rest = "ignored" if self._frames else "plain"
            if self._rest == "plain":
                self._sink(data)
            return False
        self._frames += 1
        if self._frames > MAX_MEMBERS:
            raise _Stop("undecodable", f"more than {MAX_MEMBERS} zstd frames")
        self._frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        return True

    def _advance(self, data: bytes, at: int) -> int:
        piece = data[at : at + _ZSTD_INPUT]
        at += len(piece)
        frame = self._frame
        if frame is not None:
            try:
                out = frame.decompress(piece)
            except zstandard.ZstdError as error:
                raise _Stop("undecodable", f"content coding zstd: {error}") from error
            if frame.eof:
                at -= len(frame.unused_data)
                self._frame = None
            if out:
                self._sink(out)
        return at

    def close(self) -> None:
        if self._frame is not None:
            raise _Stop("truncated", "the zstd body ends early")
        if self._start and not self._frames:
            self._sink(self._start)


_STAGES: dict[str, Callable[[_Sink], _Stage]] = {
    "gzip": _Inflate,
    "x-gzip": _Inflate,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}
