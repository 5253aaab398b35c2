"""Lines of JSON as columns by Arrow's parser, wherever it is certain to read them as Python's does.

Arrow reads fields into columns without an object per line, a third of what Python's parser and the way back to Arrow
cost (measured). It accepts more: two objects on a line, `Inf` and `-NaN`, integers and nesting of any length, bytes
that are no UTF-8 in fields that nobody asked for. Lines in which one of these might be are left to Python, which
decides what they are. What Arrow refuses (a surrogate alone, a field named twice, a value of another type than the
field's in the first line) goes the same way.
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from glotmill.core.arrow import pylist

_NESTING = 500  # opening brackets of a line: Python's parser gives up at about a thousand inside each other
# Bytes so far apart of which so many in a row are digits: so they are in any number of 640 digits, and Python can be set
# to refuse no shorter one.
_STRIDE, _SAMPLES = 64, 9
_INFINITE = re.compile(rb"Inf[\s,}\]]")
_NEGATIVE_NAN = re.compile(rb"-NaN")
_ESCAPED_ASCII = re.compile(rb"\\u00[2-7]")
_SIMPLE = re.compile(r"[A-Za-z0-9_ .-]+")
_NEWLINE, _RETURN, _OPEN, _CLOSE = b"\n\r{}"
_STRINGS = pa.list_(pa.string())

Column: TypeAlias = pa.Array | list[Any]
Fields: TypeAlias = dict[str, "Fields | pa.DataType"]


def read_columns(data: bytes, paths: Collection[str]) -> tuple[int, Mapping[str, Column]] | None:
    """Return how many lines there are and the values at some paths, or None where Python's parser must be asked.

    Every line is then an object, none is blank, and `reach` would find these values in what `json.loads` gives. Strings
    are an array in UTF-8; integers and lists of strings are Python values; what no line has is left out.

    Args:
        data: whole lines, the last one with or without its end.
        paths: fields, with dots where they are inside others.
    """
    lines = _plain_lines(data)
    if not lines or not _valid_utf8(data):
        return None
    fields = _fields(data, paths)
    if fields is None:
        return None
    reading = pj.ReadOptions(use_threads=False, block_size=len(data) + 1)
    parsing = pj.ParseOptions(
        explicit_schema=_schema(fields), newlines_in_values=False, unexpected_field_behavior="ignore"
    )
    try:
        table = pj.read_json(pa.BufferReader(data), read_options=reading, parse_options=parsing)
    except pa.ArrowInvalid:
        return None
    if table.num_rows != lines:
        return None
    found: dict[str, Column] = {}
    for path in paths:
        array = _at(table, path.split(".") if "." in path else [path])
        if array.null_count < lines:
            found[path] = array if pa.types.is_string(array.type) else pylist(array)
    return lines, found


def _plain_lines(data: bytes) -> int:
    """Return the number of lines if each begins and ends as an object, and nothing in them is read in two ways; else 0.

    A line that begins with `{` cannot go on with what the one before ended with, `}`: no object extends over two, and as
    many objects as lines are one on each.
    """
    held = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(held == _NEWLINE)
    if not len(ends) or ends[-1] != len(data) - 1:
        ends = np.append(ends, len(data))
    starts = np.append(0, ends[:-1] + 1)
    last = ends - 1 - (held[ends - 1] == _RETURN)
    if np.any(starts >= ends) or np.any(held[starts] != _OPEN) or np.any(held[last] != _CLOSE):
        return 0
    opened = (held | 0x20) == _OPEN  # `[` is `{` without that bit
    if np.count_nonzero(opened) > _NESTING and np.add.reduceat(opened, starts, dtype=np.int64).max() > _NESTING:
        return 0
    return 0 if _long_number(held) or _INFINITE.search(data) or _NEGATIVE_NAN.search(data) else len(ends)


def _long_number(held: npt.NDArray[np.uint8]) -> bool:
    digits = (held[::_STRIDE] - np.uint8(ord("0"))) < 10
    count = len(digits) - _SAMPLES + 1
    return count > 0 and bool(np.logical_and.reduce([digits[at : at + count] for at in range(_SAMPLES)]).any())


def _valid_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    offsets = pa.py_buffer(np.array([0, len(data)], np.int64))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _fields(data: bytes, paths: Collection[str]) -> Fields | None:
    """Return the fields to be read with the types that they have in the first line, or None where types or names stand against it."""
    try:
        first = json.loads(data[: data.find(b"\n")] if b"\n" in data else data)
    except (ValueError, RecursionError):
        return None
    fields: Fields = {}
    for path in paths:
        names = path.split(".") if "." in path else [path]
        if len(names) > 1 and not _only_inside(data, path):
            return None
        here: object = first
        inner = fields
        for name in names[:-1]:
            here = here.get(name) if isinstance(here, dict) else None
            below = inner.setdefault(name, {})
            if not isinstance(below, dict):
                return None
            inner = below
        kind = _kind(here.get(names[-1]) if isinstance(here, dict) else None)
        if kind is None or inner.setdefault(names[-1], kind) != kind:
            return None
    return fields


def _only_inside(data: bytes, path: str) -> bool:
    """Return whether no field's own name has the dots of a path: such a field would go first."""
    return (
        _SIMPLE.fullmatch(path) is not None and f'"{path}"'.encode() not in data and _ESCAPED_ASCII.search(data) is None
    )


def _kind(value: object) -> pa.DataType | None:
    if value is None or isinstance(value, str):
        return pa.string()
    if isinstance(value, list):
        return _STRINGS
    return pa.int64() if isinstance(value, int) and not isinstance(value, bool) else None


def _schema(fields: Fields) -> pa.Schema:
    return pa.schema([(name, _type(kind)) for name, kind in fields.items()])


def _type(kind: "Fields | pa.DataType") -> pa.DataType:
    return pa.struct([(name, _type(below)) for name, below in kind.items()]) if isinstance(kind, dict) else kind


def _at(table: pa.Table, names: list[str]) -> pa.Array:
    chunks = table.column(names[0])
    array = chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()
    for name in names[1:]:
        array = pc.struct_field(array, name)
    return array
