"""The file of n-grams and their weights per label: how it is packed, read and written."""

import functools
import hashlib
import json
import lzma
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
import numpy.typing as npt

from glotmill.core.errors import DataError

_MAGIC = "glotmill n-grams 1"
_WIDE = 255  # a gap from here on stands in a list of its own
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]


@dataclass(frozen=True, slots=True, eq=False)
class NgramTable:
    """N-grams and what each says for which labels.

    Args:
        labels: canonical tags, those of one script beside one another.
        documents: how many documents a large crawl has in each, for the prior, shape (labels,).
        keys: hashes of n-grams in order, each once, shape (keys,).
        starts: first entry of each key, and the number of entries, shape (keys + 1,).
        entry_labels: position in `labels`, in order within a key, shape (entries,).
        weights: nats that one occurrence adds, rounded, shape (entries,).
    """

    labels: tuple[str, ...]
    documents: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.int64]
    entry_labels: npt.NDArray[np.uint16]
    weights: npt.NDArray[np.int8]


def pack(table: NgramTable) -> bytes:
    """Return a table as bytes: gaps in place of keys and labels, low and high bytes apart, compressed by LZMA."""
    gaps = np.diff(table.keys.astype(np.int64), prepend=0)
    counts = np.diff(table.starts)
    labels = table.entry_labels.astype(np.int64)
    steps = np.diff(labels, prepend=0)
    steps[table.starts[:-1]] = labels[table.starts[:-1]]
    opening = np.zeros(len(labels), np.bool_)
    opening[table.starts[:-1]] = True
    parts = [
        np.minimum(gaps, _WIDE).astype(np.uint8).tobytes(),
        gaps[gaps >= _WIDE].astype("<u4").tobytes(),
        *_planes(counts),
        *_planes(steps[opening]),
        *_planes(steps[~opening]),
        table.weights.tobytes(),
    ]
    head = {
        "format": _MAGIC,
        "labels": list(table.labels),
        "documents": table.documents.tolist(),
        "parts": [len(part) for part in parts],
    }
    whole = json.dumps(head, separators=(",", ":")).encode() + b"\n" + b"".join(parts)
    return lzma.compress(whole, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, filters=_FILTERS)


def _planes(values: npt.NDArray[np.int64]) -> list[bytes]:
    return [(values & 255).astype(np.uint8).tobytes(), (values >> 8).astype(np.uint8).tobytes()]


def unpack(packed: bytes) -> NgramTable:
    """Return the table that `pack` made bytes of.

    Raises:
        DataError: these are not such bytes.
    """
    try:
        whole = lzma.decompress(packed, format=lzma.FORMAT_XZ)
    except lzma.LZMAError as error:
        raise DataError(f"the table of n-grams cannot be read: {error}") from error
    line, _, body = whole.partition(b"\n")
    head = json.loads(line) if line.startswith(b'{"format":') else {}
    if head.get("format") != _MAGIC:
        raise DataError("the table of n-grams is not in the format that this version reads")
    parts, place = [], 0
    for size in head["parts"]:
        parts.append(np.frombuffer(body, np.uint8, size, place))
        place += size
    gaps = parts[0].astype(np.int64)
    gaps[gaps == _WIDE] = parts[1].view("<u4")
    counts = parts[2].astype(np.int64) | parts[3].astype(np.int64) << 8
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    opening = np.zeros(int(starts[-1]), np.bool_)
    opening[starts[:-1]] = True
    steps = np.empty(len(opening), np.int64)
    steps[opening] = parts[4].astype(np.int64) | parts[5].astype(np.int64) << 8
    steps[~opening] = parts[6].astype(np.int64) | parts[7].astype(np.int64) << 8
    sums = np.cumsum(steps)
    labels = sums - np.repeat(sums[starts[:-1]] - steps[starts[:-1]], counts)
    return NgramTable(
        tuple(head["labels"]),
        np.array(head["documents"], np.int64),
        np.cumsum(gaps).astype(np.uint32),
        starts,
        labels.astype(np.uint16),
        parts[8].view(np.int8),
    )


def listing(table: NgramTable, packed: bytes, comment: Sequence[str]) -> str:
    """Return the list that stands beside the file: its digest, and each label with its documents and n-grams.

    A run's fingerprint covers lists (`*.tsv`), so that through the digest it covers the file too.
    """
    sizes = np.bincount(table.entry_labels, minlength=len(table.labels))
    lines = [*(f"# {line}" for line in comment), f"# sha256 of ngrams.xz: {hashlib.sha256(packed).hexdigest()}"]
    lines.append("label\tdocuments\tngrams")
    lines += [f"{t}\t{d}\t{n}" for t, d, n in zip(table.labels, table.documents, sizes, strict=True)]
    return "\n".join(lines) + "\n"


@functools.cache
def shipped() -> NgramTable:
    """Return the table that comes with Glotmill, read once per process."""
    folder = resources.files("glotmill.text.identification")
    return unpack(folder.joinpath("ngrams.xz").read_bytes())
