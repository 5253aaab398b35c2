"""WARC records out of a file's bytes: where each begins, its header, its block, and whether it is whole."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO, Literal, NamedTuple, Protocol

from glotmill.core.errors import DataError
from glotmill.io.frames import (
    GZIP_MAGIC,
    ZSTD_MAGIC,
    BrokenError,
    GzipFrames,
    Members,
    Window,
    ZstdFrames,
    is_skippable,
)

HEAD_LIMIT = 64 << 10  # bytes of a WARC header; longer ones are no records
_PIECE = 256 << 10
_SALVAGE_PIECE = 16

Fault = Literal["truncated", "bad_record"]


class Record(NamedTuple):
    """One WARC record, or a stretch of bytes that should have been one.

    Args:
        ref: its place in the file: the byte offset of its member, `+` the offset inside where it does not begin it.
        headers: lower-case names; the first of repeated ones.
        block: what follows the header, up to the limit that was asked for.
        length: the whole block's length as the header says.
        fault: what is wrong with the record itself, or None.
        detail: the evidence for the fault.
    """

    ref: str
    headers: Mapping[bytes, bytes]
    block: bytes
    length: int
    fault: Fault | None = None
    detail: str | None = None


class Stretch(Protocol):
    """Bytes that begin with a record and end before another stretch or a fault."""

    def more(self) -> bytes:
        """Return the next piece; b"" at the end. Raises BrokenError."""
        ...

    def place(self, inner: int) -> str:
        """Name the position `inner` bytes after the beginning."""
        ...

    def rewind(self, inner: int) -> bool:
        """Continue reading at `inner`, where that costs no second decompression."""
        ...

    def salvage(self) -> bytes:
        """Return what can be had of the first bytes of a stretch that broke."""
        ...


class _Plain:
    """An uncompressed file from one position on."""

    def __init__(self, window: Window) -> None:
        self._window, self._here = window, 0

    def more(self) -> bytes:
        piece = self._window.view(self._here, _PIECE)
        self._here += len(piece)
        return piece

    def place(self, inner: int) -> str:
        return str(inner)

    def rewind(self, inner: int) -> bool:
        self._here = inner
        return True

    def salvage(self) -> bytes:
        return b""


class _Member:
    """A member that begins with a record, and those after it that do not: block-wise gzip cuts records anywhere."""

    def __init__(self, members: Members, at: int) -> None:
        self._members, self._at = members, at
        self.last = at  # where the member begins that is being read
        self.next = at  # where the stretch ends, once `more` returned b""
        self.broken = False
        self._inflater = members.inflater(at)

    def more(self) -> bytes:
        while True:
            try:
                piece = self._inflater.more()
            except BrokenError:
                self.broken = True
                raise
            if piece:
                return piece
            self.next = following = self._inflater.end
            if self._members.starts_record(following) or not self._members.starts_member(following):
                return b""
            self.last = following
            self._inflater = self._members.inflater(following)

    def place(self, inner: int) -> str:
        return f"{self._at}+{inner}" if inner else str(self._at)

    def rewind(self, inner: int) -> bool:
        return False

    def salvage(self) -> bytes:
        # A decoder that fails gives nothing of the piece it failed in, so this one is fed in small pieces.
        careful, had = self._members.inflater(self._at, _SALVAGE_PIECE), b""
        try:
            while len(had) < HEAD_LIMIT and (piece := careful.more()):
                had += piece
        except BrokenError:
            pass
        return had


class _Cursor:
    """A stretch read in the pieces that records are made of."""

    def __init__(self, stretch: Stretch) -> None:
        self._stretch = stretch
        self._piece, self._at, self._base = b"", 0, 0
        self._barren = 0  # up to here no blank line begins: a file of many beginnings and no head is searched once

    @property
    def here(self) -> int:
        return self._base + self._at

    def _load(self) -> bool:
        more = self._stretch.more()
        self._base += self._at
        self._piece, self._at = self._piece[self._at :] + more, 0
        return bool(more)

    def peek(self, most: int) -> bytes:
        while len(self._piece) - self._at < most and self._load():
            pass
        return self._piece[self._at : self._at + most]

    def blank(self) -> int:
        """Skip line ends; return how many bytes."""
        start = self.here
        while head := self.peek(2):
            step = len(head) - len(head.lstrip(b"\r\n"))
            self._at += step
            if step < len(head):
                break
        return self.here - start

    def head(self) -> bytes | None:
        """Take a header with its blank line; None where none ends within the limit."""
        while True:
            end = _blank_line(self._piece, self._at + max(self._barren - self.here, 0))
            if 0 <= end - self._at <= HEAD_LIMIT:
                head = self._piece[self._at : end]
                self._at = end
                return head
            self._barren = max(self._barren, self._base + (end - 4 if end >= 0 else len(self._piece) - 3))
            if len(self._piece) - self._at > HEAD_LIMIT or not self._load():
                return None

    def take(self, length: int, keep: int) -> tuple[bytes, int]:
        """Take `length` bytes; return the first `keep` of them and how many there were."""
        if len(self._piece) - self._at >= length <= keep:
            self._at += length
            return self._piece[self._at - length : self._at], length
        kept, left = [], length
        while left:
            if self._at == len(self._piece) and not self._load():
                break
            part = self._piece[self._at : self._at + left]
            self._at += len(part)
            left -= len(part)
            if keep > 0:
                kept.append(part[:keep])
                keep -= len(part)
        return b"".join(kept), length - left

    def back(self, data: bytes, to: int) -> bool:
        """Return to position `to`, with `data` the bytes since then if they are at hand."""
        if to + len(data) == self.here:
            self._piece, self._at, self._base = data + self._piece[self._at :], 0, to
            return True
        if self._stretch.rewind(to):
            self._piece, self._at, self._base = b"", 0, to
            return True
        return False

    def sound(self, keep: int) -> Record | None:
        """Take a sound record that lies whole in the piece at hand with the beginning of another; None, and no byte, else."""
        piece, at = self._piece, self._at
        head = _sound_head(piece, at) if self._barren <= self._base + at else None
        if head is None:
            return None
        headers, begin, length = head
        end = begin + length
        if piece[end : end + 9] != b"\r\n\r\nWARC/":
            return None
        self._at = end + 4
        place = self._stretch.place(self._base + at)
        return Record(place, headers, piece[begin : begin + min(length, keep)], length)

    def to_record(self) -> bool:
        """Skip to the next line that begins a record; False where there is none."""
        while True:
            found = self._piece.find(b"\nWARC/1.", self._at)
            if found >= 0:
                self._at = found + 1
                return True
            self._at = max(self._at, len(self._piece) - 7)
            if not self._load():
                return False


def _blank_line(data: bytes, start: int, end: int | None = None) -> int:
    """Return the position after the first empty line at or after `start` and before `end`, or -1."""
    strict = data.find(b"\r\n\r\n", start, end)
    loose = data.find(b"\n\n", start, strict if strict >= 0 else end)
    if loose >= 0:
        return loose + 2
    return strict + 4 if strict >= 0 else -1


def parse_head(head: bytes) -> dict[bytes, bytes]:
    """Return the named fields of a WARC header, names in lower case, the first of repeated ones."""
    if b"\n " in head or b"\n\t" in head:
        return _parse_folded(head)
    fields: dict[bytes, bytes] = {}
    for line in head.split(b"\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    fields.pop(b"", None)
    return fields


def _parse_folded(head: bytes) -> dict[bytes, bytes]:
    """Parse a header of which lines begin with blanks: they go on with the field before them."""
    fields: dict[bytes, bytes] = {}
    last = b""
    for line in head.split(b"\n")[1:]:
        if line[:1] in (b" ", b"\t"):
            if last:
                fields[last] += b" " + line.strip()
            continue
        name, colon, value = line.partition(b":")
        last = name.strip().lower() if colon else b""
        if last in fields:
            last = b""
        if last:
            fields[last] = value.strip()
    return fields


def _sound_head(data: bytes, at: int) -> tuple[dict[bytes, bytes], int, int] | None:
    """Return a header, where its block begins and how long it is; None where not all of that is at hand, and sound."""
    begin = _blank_line(data, at, at + HEAD_LIMIT)
    if begin < 0 or not data.startswith(b"WARC/", at):
        return None
    headers = parse_head(data[at:begin])
    length = _number(headers.get(b"content-length", b""))
    return None if length < 0 or len(data) < begin + length else (headers, begin, length)


def read_records(stream: BinaryIO, start: int, end: int, *, keep: int) -> Iterator[Record]:
    """Yield the records of a file that belong to its bytes [start, end), faulty ones among them.

    A compressed record belongs to where its member begins: the first is the first member at or after `start` that
    inflates to `WARC/`, the last stands before the first such member at or after `end`. So whatever the cuts of a
    gzip file, each record is read once. Uncompressed and Zstandard files are read whole.

    Args:
        stream: binary, seekable; plain, gzip or Zstandard by its first bytes.
        start: first byte.
        end: byte after the last.
        keep: bytes of a block to hold in memory; the rest is skipped.

    Raises:
        DataError: the file is no WARC; the text says what it begins with.
    """
    window = Window(stream)
    head = window.view(0, 8)
    if head.startswith(GZIP_MAGIC):
        yield from _compressed(Members(window, GzipFrames(window)), start, end, keep)
    elif head.startswith(ZSTD_MAGIC) or is_skippable(head[:4]):
        yield from _compressed(Members(window, ZstdFrames(window)), start, end, keep)
    elif head.startswith(b"WARC/"):
        if start == 0 < end:
            yield from _parse(_Plain(window), keep)
    else:
        raise DataError(f"no WARC file: it begins with {head!r}" if head else "no WARC file: it is empty")


def _compressed(members: Members, start: int, end: int, keep: int) -> Iterator[Record]:
    at = members.next_record(start)
    if start == 0 and at is None:
        raise DataError("no WARC file: it is compressed, and no part of it begins with WARC/")
    if start == 0 < end and at and not _empty_until(members, at):
        yield _gap(members.window, 0, at)
    while at is not None and at < end:
        whole = members.whole(at)
        record = whole and _only(whole.data, str(at), keep)
        if whole and record and _ends(members, whole.end, end):
            yield record
            after = whole.end
        else:
            member = _Member(members, at)
            yield from _parse(member, keep)
            if member.broken:  # the record it broke has its row
                at = members.next_record(member.last + 1)
                continue
            after = member.next
        if members.starts_record(after):
            at = after
            continue
        here = members.window.skip_zeros(after)
        at = members.next_record(here)
        gap_end = members.window.size if at is None else at
        if gap_end > here:
            yield _gap(members.window, here, gap_end)


def _ends(members: Members, at: int, end: int) -> bool:
    """Tell whether the record of a member ends with it; the member behind is looked at whole where it is read next."""
    return (at < end and members.whole(at) is not None) or members.end_at(at)


def _only(data: bytes, place: str, keep: int) -> Record | None:
    """Return the record of a member that holds nothing but one sound record; None for all others."""
    head = _sound_head(data, 0)
    if head is None:
        return None
    headers, begin, length = head
    if data[begin + length :].strip(b"\r\n"):
        return None
    return Record(place, headers, data[begin : begin + min(length, keep)], length)


def _gap(window: Window, start: int, end: int) -> Record:
    broken = window.view(start, len(ZSTD_MAGIC)).startswith((GZIP_MAGIC, ZSTD_MAGIC))
    detail = f"bytes {start} to {end} are {'a member that breaks off at its beginning' if broken else 'no WARC record'}"
    return Record(str(start), {}, b"", 0, "truncated" if broken else "bad_record", detail)


def _empty_until(members: Members, to: int) -> bool:
    """Tell whether only empty members stand before the first record: a dictionary, say."""
    here = 0
    while here < to:
        inflater = members.inflater(here)
        try:
            if inflater.more():
                return False
        except BrokenError:
            return False
        here = inflater.end
    return here == to


def _parse(stretch: Stretch, keep: int) -> Iterator[Record]:
    """Yield the records of one stretch, up to its end or the record in which it breaks."""
    cursor = _Cursor(stretch)
    going = True
    while going:
        while sound := cursor.sound(keep):
            yield sound
        start = cursor.here
        headers: dict[bytes, bytes] = {}
        try:
            cursor.blank()
            start = cursor.here
            if not cursor.peek(1):
                return
            head = cursor.head() if cursor.peek(5) == b"WARC/" else b""
            if head:
                headers = parse_head(head)
                record, going = _record(cursor, stretch.place(start), headers, keep)
            elif head is None:
                record, going = _headless(cursor, stretch.place(start))
            else:
                record, going = _garbage(cursor, stretch.place(start))
        except BrokenError as error:
            if not headers and start == 0:
                headers = parse_head(stretch.salvage().rpartition(b"\n")[0])
            yield Record(stretch.place(start), headers, b"", 0, "truncated", str(error))
            return
        yield record


def _record(cursor: _Cursor, place: str, headers: dict[bytes, bytes], keep: int) -> tuple[Record, bool]:
    """Read one record's block; return the record, and whether there may be another."""
    length = _number(headers.get(b"content-length", b""))
    if length < 0:
        return Record(place, headers, b"", 0, "bad_record", "no valid Content-Length"), _resume(cursor)
    begin = cursor.here
    block, got = cursor.take(length, keep)
    fault, detail = _whole(cursor, block, length, got)
    record = Record(place, headers, block, length, fault, detail)
    if not fault:
        return record, True
    if len(block) < got or b"\nWARC/1." in block:
        cursor.back(block, begin)
    return record, _resume(cursor)


def _resume(cursor: _Cursor) -> bool:
    """Skip to the next record; what breaks on the way there belongs to the faulty record before it."""
    try:
        return cursor.to_record()
    except BrokenError:
        return False


def _whole(cursor: _Cursor, block: bytes, length: int, got: int) -> tuple[Fault | None, str | None]:
    """Tell whether a record ends where its header says; looking past its end verifies the member's check sum."""
    if got < length:
        return "truncated", f"block of {got} bytes, Content-Length {length}"
    if cursor.blank() or cursor.peek(5) in (b"", b"WARC/"):
        cursor.peek(1)
        return None, None
    swallowed = block.find(b"\nWARC/1.")
    if swallowed >= 0:
        return "truncated", f"another record begins after {swallowed + 1} bytes, Content-Length {length}"
    return "bad_record", f"Content-Length {length} ends before the block does"


def _headless(cursor: _Cursor, place: str) -> tuple[Record, bool]:
    data = cursor.peek(HEAD_LIMIT + 1)
    # Not what the next record says, and 64 KB of a file of beginnings would be parsed again at each.
    headers = parse_head(data.partition(b"\nWARC/1.")[0].rpartition(b"\n")[0])
    if len(data) <= HEAD_LIMIT:
        return Record(place, headers, b"", 0, "truncated", "it ends inside a WARC header"), False
    detail = f"WARC header longer than {HEAD_LIMIT} bytes"
    return Record(place, headers, b"", 0, "bad_record", detail), _resume(cursor)


def _garbage(cursor: _Cursor, place: str) -> tuple[Record, bool]:
    start, first = cursor.here, cursor.peek(5)
    going = _resume(cursor)
    detail = f"{cursor.here - start} bytes that begin with {first!r} are no WARC record"
    return Record(place, {}, b"", 0, "bad_record", detail), going


def _number(value: bytes) -> int:
    return int(value) if value.isdigit() and len(value) <= 18 else -1
