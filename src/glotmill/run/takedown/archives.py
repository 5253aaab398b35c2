"""Taking records out of WARC files: what stands in their place is as long, so that every other record stays where it is.

A `warc_ref`, a line of a CDXJ index and an id made of an offset go on meaning what they meant. In place of the records
of a page stands one record of type `metadata` that says that something was taken out; it is stored without
compression, which is how it gets any length.
"""

import json
import sqlite3
import uuid
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from glotmill.core.errors import DataError, SettingsError
from glotmill.crawl.records import warc_fields
from glotmill.dedup.tombstones import address_key
from glotmill.io import storage
from glotmill.io.warc_records import Record, read_records
from glotmill.provenance.receipts import FileRecord, read_receipt, replace_receipt
from glotmill.run.takedown.journal import ArchiveChange
from glotmill.run.takedown.request import Request

_SUFFIXES = (".warc", ".warc.gz")
_KEEP = 0  # of a record's block: addresses stand in its header
_PIECE = 1 << 20
_STORED = 65_535  # bytes of a stored block of deflate (RFC 1951, 3.2.4)
_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "takedown.glotmill.example")
_BRIEF = b"WARC/1.1\r\nWARC-Type: metadata\r\nContent-Length: "
_END, _CLOSE = b"\r\n\r\n", b"\r\n\r\n"
_MEMBER, _BLOCK = 18, 5  # bytes of a gzip member's head and tail, of a stored block's head


def plan_archives(folder: str, request: Request, addresses: frozenset[str]) -> tuple[ArchiveChange, ...]:
    """Return which records of the WARC files below a local folder go; reads all their headers.

    Those whose WARC-Target-URI was taken down, itself, with its site, or as the address of a text that goes; and
    revisits of such a page, which have no content of their own; and records without an address that stand behind one that goes
    and are about it.

    Raises:
        SettingsError: the folder is not local, or a crawl is at work on a file.
        DataError: several records stand in one member of a gzip file, or the file is compressed by Zstandard: there a record
            cannot be taken out by itself.
    """
    path = storage.local_path(folder)
    if path is None or not path.is_dir():
        raise SettingsError(f"--warc {folder}: a folder on a local disk was expected")
    found = []
    for file in sorted(one for one in path.rglob("*.warc*") if one.is_file()):
        if file.name.endswith(".warc.zst"):
            raise DataError(
                f"{file}: records cannot be taken out of a Zstandard file; compress it record by record by gzip"
            )
        if file.name.endswith(_SUFFIXES):
            change = _plan(file, request, addresses)
            if change is not None:
                _refuse_open(file)
                found.append(change)
    return tuple(found)


def rewrite_archive(change: ArchiveChange, identity: str) -> None:
    """Take records out of a file, and out of its index and receipt, where it still is as it was when that was planned.

    Args:
        change: what goes.
        identity: of the takedown's receipt.
    """
    path = Path(change.path)
    if storage.sha256(change.path)[0] == change.before:
        beside = path.with_name(f".{path.name}.new")
        with path.open("rb") as source, storage.open_write(str(beside)) as target:
            here = 0
            for start, end in change.ranges:
                _copy(source, target, start - here)
                target.write(_filler(path, start, end - start, identity))
                source.seek(end)
                here = end
            _copy(source, target, path.stat().st_size - here)
        beside.replace(path)
    _index(path, change)
    _forget_payloads(path, change)


def _plan(path: Path, request: Request, addresses: frozenset[str]) -> ArchiveChange | None:
    size = path.stat().st_size
    ranges: list[tuple[int, int]] = []
    records = 0
    gone: set[bytes] = set()
    for start, end, alone, hit in _places(path, size):
        if not hit(request, addresses) and not hit.hangs_on(gone):
            continue
        gone.add(hit.identity)
        if not alone:
            raise DataError(
                f"{path}: several records in the gzip member at byte {start}; none can be taken out by itself. Compress "
                "the file record by record (`warcio recompress`)"
            )
        records += 1
        if ranges and ranges[-1][1] == start:
            ranges[-1] = (ranges[-1][0], end)
        else:
            ranges.append((start, end))
    if not ranges:
        return None
    return ArchiveChange(str(path.absolute()), storage.sha256(str(path))[0], tuple(ranges), records)


class _Hit:
    """Whether a record has to go, by its header."""

    def __init__(self, record: Record) -> None:
        self._urls = [
            value.decode("utf-8", "replace").strip("<>")
            for name in (b"warc-target-uri", b"warc-refers-to-target-uri")
            if (value := record.headers.get(name))
        ]
        self.identity = record.headers.get(b"warc-record-id", b"")
        self._others = {record.headers.get(name) for name in (b"warc-refers-to", b"warc-concurrent-to")}

    def __call__(self, request: Request, addresses: frozenset[str]) -> bool:
        return any(request.has_address(url) or address_key(url) in addresses for url in self._urls)

    def hangs_on(self, gone: set[bytes]) -> bool:
        """Return whether a record without an address of its own, such as metadata, is about one that goes."""
        return not self._urls and any(one and one in gone for one in self._others)


def _places(path: Path, size: int) -> Iterator[tuple[int, int, bool, _Hit]]:
    """Yield start and end of each record, whether it is alone in its member, and whether it has to go."""
    before: tuple[int, bool, _Hit] | None = None
    with path.open("rb") as stream:
        for record in read_records(stream, 0, size, keep=_KEEP):
            member, _, inner = record.ref.partition("+")
            start, alone = int(member), not inner
            if before is not None:
                yield before[0], start, before[1] and alone, before[2]
            before = start, alone, _Hit(record)
    if before is not None:
        yield before[0], size, before[1], before[2]


def _filler(path: Path, start: int, length: int, identity: str) -> bytes:
    """Return a record of exactly so many bytes; where little room is, one of the fields alone that readers need."""
    plain = not path.name.endswith(".gz")
    full = _head(f"<urn:uuid:{uuid.uuid5(_IDS, f'{identity} {start}')}>")
    for head in (full, _BRIEF):
        for slack in range(1 if plain else 64):  # bytes of a member's comment, where no block has just this length
            found = _record(head, length, identity, slack, plain=plain)
            if found is not None:
                return found
    raise DataError(f"{path}: {length} bytes at {start} are too few for a record that says what is gone")


def _record(head: bytes, length: int, identity: str, slack: int, *, plain: bool) -> bytes | None:
    """Return the record whose member has this length, with a comment of `slack` bytes; None where there is none."""
    room = length if plain else length - _MEMBER - slack
    if not plain:
        room -= _BLOCK * -(-room // (_STORED + _BLOCK))
    for digits in range(1, 12):
        block = room - len(head) - digits - len(_END) - len(_CLOSE)
        if block >= 0 and len(str(block)) == digits:
            body = warc_fields([("glotmill-takedown", identity)])
            body = body + b"\n" * (block - len(body)) if len(body) <= block else b"\n" * block
            record = head + str(block).encode() + _END + body + _CLOSE
            data = record if plain else _stored(record, slack)
            return data if len(data) == length else None
    return None


def _head(identity: str) -> bytes:
    lines = (
        "WARC/1.1",
        "WARC-Type: metadata",
        f"WARC-Record-ID: {identity}",
        "WARC-Date: 1970-01-01T00:00:00Z",  # a record needs one, and when something was taken out is the receipt's to say
        "Content-Type: application/warc-fields",
        "Content-Length: ",
    )
    return "\r\n".join(lines).encode()


def _stored(data: bytes, slack: int) -> bytes:
    """Return data as a gzip member of stored blocks (RFC 1951, 3.2.4; RFC 1952, 2.3), and a comment of `slack` bytes."""
    blocks = []
    for start in range(0, len(data), _STORED):
        piece = data[start : start + _STORED]
        last = start + _STORED >= len(data)
        length = len(piece).to_bytes(2, "little")
        blocks.append(bytes([last]) + length + bytes(255 - one for one in length) + piece)
    flag, comment = (0x10, b" " * (slack - 1) + b"\0") if slack else (0, b"")
    head = bytes([0x1F, 0x8B, 8, flag, 0, 0, 0, 0, 0, 255]) + comment
    tail = zlib.crc32(data).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little")
    return head + b"".join(blocks) + tail


def _copy(source: BinaryIO, target: BinaryIO, length: int) -> None:
    while length > 0 and (piece := source.read(min(length, _PIECE))):
        target.write(piece)
        length -= len(piece)


def _index(path: Path, change: ArchiveChange) -> None:
    """Take the records out of the CDXJ index beside a file, and give the file's receipt the new digests."""
    index = path.with_name(f"{_stem(path)}.cdxj")
    if index.exists():
        kept = b"".join(line for line in index.read_bytes().splitlines(keepends=True) if _stays(line, path, change))
        storage.replace_bytes(str(index), kept)
    receipts, task = path.parent.parent / "receipts", f"warc-{_stem(path)}"
    receipt = read_receipt(str(receipts), task) if receipts.is_dir() else None
    if receipt is not None and "warc" in receipt.files:
        files = {kind: _again(path.parent.parent, record) for kind, record in receipt.files.items()}
        replace_receipt(str(receipts), replace(receipt, files=files))


def _stays(line: bytes, path: Path, change: ArchiveChange) -> bool:
    try:
        entry = json.loads(line.partition(b"{")[1] + line.partition(b"{")[2])
        name, offset = entry["filename"], int(entry["offset"])
    except (ValueError, KeyError, TypeError):  # a header line, or another program's
        return True
    return name != path.name or not any(start <= offset < end for start, end in change.ranges)


def _again(folder: Path, record: FileRecord) -> FileRecord:
    digest, size = storage.sha256(str(folder / record.name))
    return FileRecord(record.name, size, f"sha256:{digest}")


def _forget_payloads(path: Path, change: ArchiveChange) -> None:
    """Let no later capture become a revisit of a record that is gone."""
    shard, _, number = _stem(path).rpartition("-")
    known = path.parent.parent / "payloads" / f"{shard}.sqlite"
    if not number.isdecimal() or not known.exists():
        return
    with closing(sqlite3.connect(known, timeout=30)) as db, db:
        for start, end in change.ranges:
            db.execute("DELETE FROM payloads WHERE file = ? AND offset >= ? AND offset < ?", (int(number), start, end))


def _refuse_open(path: Path) -> None:
    """Refuse a file that a crawl goes on writing: it knows how long the file is."""
    crawl = path.parent.parent
    if (crawl / "crawl.json").exists() and read_receipt(str(crawl / "receipts"), f"warc-{_stem(path)}") is None:
        raise SettingsError(f"{path} is still being written: let the crawl end, and take down from its archive then")


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".warc")
