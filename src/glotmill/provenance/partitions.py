"""Partition values: which folder of a corpus a row stands in."""

import re
import string
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import optional_texts
from glotmill.core.hashing import sha256_text

TIME: Final = "crawl_time"
UNKNOWN: Final = "unknown"  # the value of a row that has none

# Values that no column holds, derived from the day of `crawl_time` in UTC, `2026-11-27`: how much of it they are.
_LENGTHS: Final[Mapping[str, int]] = MappingProxyType({"crawl_year": 4, "crawl_month": 7, "crawl_day": 10})
DERIVED: Final[tuple[str, ...]] = tuple(_LENGTHS)

_LONGEST: Final = 200  # characters; file systems take 255 bytes
_KEPT: Final = 100
_CUT: Final = re.compile(r"%[0-9A-F]?\Z")  # half an escape
_PLAIN = frozenset(f"{string.ascii_letters}{string.digits}-_.".encode())


def can_partition(kind: pa.DataType) -> bool:
    """Tell whether values of a type can be names of folders: texts, integers and booleans can."""
    return bool(pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def columns_read(partition_by: Sequence[str]) -> frozenset[str]:
    """Return the columns that partition values are made of.

    >>> sorted(columns_read(["language", "crawl_month"]))
    ['crawl_time', 'language']
    """
    return frozenset(TIME if name in _LENGTHS else name for name in partition_by)


def partition_values(rows: pa.RecordBatch | pa.Table, partition_by: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the partition values of each row, in the order of `partition_by`; null and empty are `unknown`.

    Args:
        rows: with the columns that `columns_read` names.
        partition_by: names of columns, and of `DERIVED`.
    """
    columns = [_values(rows, name) for name in partition_by]
    return list(zip(*columns, strict=True)) if columns else [()] * rows.num_rows


def _values(rows: pa.RecordBatch | pa.Table, name: str) -> list[str]:
    if name in _LENGTHS:
        days = rows.column(TIME).cast(pa.date32()).cast(pa.string())
        found = pc.utf8_slice_codeunits(days, 0, _LENGTHS[name])
    else:
        found = rows.column(name).cast(pa.string())
    return [value or UNKNOWN for value in optional_texts(found)]


def folder_name(value: str) -> str:
    """Return a partition value as the name of a folder, another one for each value.

    ASCII letters, digits, `-`, `_` and `.` stay; any other byte of its UTF-8 becomes `%XX`, as in RFC 3986. A name that would be
    longer than file systems take is cut, and ends in `~` and the beginning of the value's SHA-256.

    >>> folder_name("eus_Latn"), folder_name("CC-BY-4.0 OR MIT"), folder_name("ገበያ.et")
    ('eus_Latn', 'CC-BY-4.0%20OR%20MIT', '%E1%8C%88%E1%89%A0%E1%8B%AB.et')
    """
    kept = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in value.encode())
    # A folder of dots is this folder or the one above.
    name = kept if kept.strip(".") else kept.replace(".", "%2E")
    return name if len(name) <= _LONGEST else f"{_CUT.sub('', name[:_KEPT])}~{sha256_text(value)[:32]}"
