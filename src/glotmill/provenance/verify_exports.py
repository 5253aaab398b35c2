"""Verification of what is derived from a manifest: derived again, and compared byte by byte."""

import gzip
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, Final

from glotmill.io import storage
from glotmill.provenance.exports import derive, exports_receipt
from glotmill.provenance.exports.attribution import FOLDER
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.index import manifest_digest
from glotmill.provenance.receipts import Receipt
from glotmill.provenance.verdict import Verdict

_BLOCK: Final = 1 << 16  # bytes in memory of each file, however long its lines are
_BEFORE, _AFTER = 60, 120  # bytes shown around a difference


def verify_exports(folder: RunFolder, manifest: Mapping[str, Any], verdict: Verdict, *, same_code: bool = True) -> None:
    """Derive everything again from manifest and rows, and note where what stands in the folder says otherwise.

    The first difference of each file is named. Compressed files are compared by what is in them: another version of
    zlib packs the same lines differently. Where another version of Glotmill made the corpus and words a file otherwise, the
    file has to be the one that the receipt of the exports names, and a remark says so.

    Args:
        folder: of the run.
        manifest: of the run.
        verdict: what to note it in.
        same_code: this version of Glotmill made the corpus.
    """
    receipt = None if same_code else exports_receipt(folder, manifest_digest(folder))
    with tempfile.TemporaryDirectory(prefix="glotmill-") as scratch:
        names = derive(folder, manifest, scratch)
        for name in names:
            difference = _difference(folder.join(name), storage.join(scratch, name))
            if difference is None:
                verdict.exports.append(name)
            elif receipt is not None and _as_received(folder, receipt, name):
                verdict.remarks.append(f"{name}: as the version that wrote it left it; this one words it otherwise")
                verdict.exports.append(name)
            else:
                verdict.note(f"{name}: {difference}")
    shards = folder.join(FOLDER)
    found = [f"{FOLDER}/{name}" for name, _ in storage.list_files(shards)] if storage.exists(shards) else []
    for name in sorted(set(found) - set(names)):
        verdict.note(f"{name}: the manifest gives no such file")


def _as_received(folder: RunFolder, receipt: Receipt, name: str) -> bool:
    record, address = receipt.files.get(name), folder.join(name)
    return record is not None and storage.exists(address) and f"sha256:{storage.sha256(address)[0]}" == record.digest


def _difference(found: str, expected: str) -> str | None:
    """Return the first difference in words, or None where there is none."""
    if not storage.exists(found):
        return "missing"
    lines = 0
    try:
        with _content(found) as own, _content(expected) as right:
            while True:
                block, wanted = own.read(_BLOCK), right.read(_BLOCK)
                if block != wanted:
                    return _in_words(block, wanted, lines)
                if not block:
                    return None
                lines += block.count(b"\n")
    except (OSError, EOFError, zlib.error) as error:
        return f"not readable: {error}"


@contextmanager
def _content(address: str) -> Iterator[IO[bytes]]:
    with storage.open_read(address) as stream:
        if address.endswith(".gz"):
            with gzip.GzipFile(fileobj=stream) as packed:
                yield packed  # type: ignore[misc]  # read as any other file of bytes is
        else:
            yield stream


def _in_words(block: bytes, wanted: bytes, lines: int) -> str:
    same = next((at for at, pair in enumerate(zip(block, wanted, strict=False)) if pair[0] != pair[1]), None)
    at = min(len(block), len(wanted)) if same is None else same
    number = lines + block.count(b"\n", 0, at) + 1
    return f"line {number} is {_around(block, at)}, the manifest gives {_around(wanted, at)}"


def _around(block: bytes, at: int) -> str:
    """Return the line around an offset, at most so much of it, or that nothing is there any more."""
    if at >= len(block):
        return "at its end"
    begin = max(block.rfind(b"\n", 0, at) + 1, at - _BEFORE)
    end = block.find(b"\n", at)
    return repr(block[begin : min(at + _AFTER, len(block) if end < 0 else end)].decode("utf-8", "replace"))
