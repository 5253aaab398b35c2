"""How usual the n-grams of the table are in each script, so that a label can join that was not there when it was built."""

import functools
import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import numpy as np
import numpy.typing as npt

from glotmill.core.errors import DataError
from glotmill.text.identification import ngram_table
from glotmill.text.identification.ngram_table import NgramTable

_MAGIC = "glotmill usage of n-grams 1"
_MEAN_STEPS, _MEDIAN_STEPS = 10.0, 20.0  # per nat
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]

Keys = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Usage:
    """The n-grams that labels of one script have in the table, or of a label alone in its script, its most usual ones.

    A label alone in its script has no n-gram in the table, since the script says all.

    Args:
        keys: in order, shape (keys,).
        means: of each one's share over the script's labels, shape (keys,).
        medians: of what it weighs for them, in nats, shape (keys,).
        rest: the mean of an n-gram that no label keeps, the geometric one over those, weighed by how often each is met;
            0 where there are none.
        alone: whether the script has one label.
    """

    keys: Keys
    means: Floats
    medians: Floats
    rest: float
    alone: bool = False


def alone(keys: Keys, shares: Floats) -> Usage:
    """Return the usage in a script that has one label.

    Args:
        keys: the label's most usual n-grams, in order.
        shares: of each in all its n-grams.
    """
    return Usage(keys, shares, np.zeros(len(keys)), 0.0, alone=True)


def pack(usage: Mapping[str, Usage]) -> bytes:
    """Return the usage by script as bytes; keys that the table has are left out."""
    parts = []
    for script in sorted(usage):
        own = usage[script]
        if own.alone:
            parts.append(np.diff(own.keys.astype(np.int64), prepend=0).astype("<u4").tobytes())
        parts.append(np.clip(np.rint(-np.log(own.means) * _MEAN_STEPS), 0, 255).astype(np.uint8).tobytes())
        parts.append(np.clip(np.rint(own.medians * _MEDIAN_STEPS), 0, 255).astype(np.uint8).tobytes())
    head = {
        "format": _MAGIC,
        "scripts": {name: [len(one.keys), one.rest, one.alone] for name, one in sorted(usage.items())},
    }
    whole = json.dumps(head, separators=(",", ":")).encode() + b"\n" + b"".join(parts)
    return lzma.compress(whole, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, filters=_FILTERS)


def unpack(packed: bytes, table: NgramTable) -> dict[str, Usage]:
    """Return what `pack` made bytes of, for this table.

    Raises:
        DataError: these are not such bytes, or those of another table.
    """
    try:
        line, _, body = lzma.decompress(packed, format=lzma.FORMAT_XZ).partition(b"\n")
    except lzma.LZMAError as error:
        raise DataError(f"the usage of n-grams cannot be read: {error}") from error
    head = json.loads(line) if line.startswith(b'{"format":') else {}
    if head.get("format") != _MAGIC:
        raise DataError("the usage of n-grams is not in the format that this version reads")
    found, place = {}, 0
    for script, (size, rest, single) in head["scripts"].items():
        if single:
            keys = np.cumsum(np.frombuffer(body, "<u4", size, place), dtype=np.int64).astype(np.uint32)
            place += 4 * size
        else:
            keys = keys_of(table, script)
        if len(keys) != size:
            raise DataError(f"the usage of n-grams is that of another table: {script} has {len(keys)}, not {size}")
        means, medians = np.frombuffer(body, np.uint8, 2 * size, place).reshape(2, size).astype(np.float64)
        found[script] = Usage(keys, np.exp(-means / _MEAN_STEPS), medians / _MEDIAN_STEPS, rest, alone=single)
        place += 2 * size
    return found


def keys_of(table: NgramTable, script: str) -> Keys:
    """Return the n-grams that labels of a script have in a table, in order."""
    written = np.array([label.rpartition("_")[2] == script for label in table.labels], np.bool_)
    counts = np.add.reduceat(written[table.entry_labels], table.starts[:-1]) if len(table.keys) else np.zeros(0)
    return table.keys[counts > 0]


@functools.cache
def shipped() -> Mapping[str, Usage]:
    """Return the usage in the table that comes with Glotmill, read once per process, in about 0.1 s."""
    packed = resources.files("glotmill.text.identification").joinpath("ngram_usage.xz").read_bytes()
    return unpack(packed, ngram_table.shipped())
