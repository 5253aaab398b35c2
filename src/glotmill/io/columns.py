"""How the columns or fields of a data set become those of a document, whatever they hold."""

import base64
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as clock
from typing import Any

from pydantic import StrictStr, field_validator

from glotmill.core.errors import DataError
from glotmill.core.hashing import document_id
from glotmill.core.inputs import InputFile, SourceSpec
from glotmill.core.schema import SOURCE_SCHEMA
from glotmill.core.yamlfile import near
from glotmill.io.rows import Row

ROW = "$"  # the whole row as JSON, in place of a field's name: the root of RFC 9535
OURS = ("doc_id", "source", "track")  # what a row cannot say about itself
TARGETS = tuple(name for name in SOURCE_SCHEMA.names if name not in OURS)
ORIGINS = ("native", "mt", "synthetic", "augmented")
STRINGS = tuple(name for name in TARGETS if name not in ("text", "html", "crawl_time", "parent_ids", "origin"))
_FAULTS = ("empty_text", "not_text", "bad_origin")


class TableSource(SourceSpec):
    """What sources of rows have in common.

    Args:
        columns: document column <- column or field of the file; dots reach inside (`metadata.url`). Columns of
            the same name need no entry. `text: $` is the whole row, as JSON.
        key: column whose value names a row; it enters the doc_id beside file name and row number.
    """

    columns: Mapping[StrictStr, StrictStr] = {}
    key: StrictStr | None = None

    @field_validator("columns")
    @classmethod
    def _targets(cls, columns: Mapping[str, str]) -> Mapping[str, str]:
        for name in columns:
            if name in OURS:
                raise ValueError(f"{name} is given by Glotmill and cannot be mapped")
            if columns[name] == ROW and name != "text":
                raise ValueError(f"{ROW} is the whole row, which can be text alone, not {name}")
            if name not in TARGETS:
                raise ValueError(f"no document column {name!r}. {near(name, TARGETS)}")
        return columns

    def source_of(self, target: str) -> str:
        """Return the file's column for a document column."""
        return self.columns.get(target, target)

    def table_reasons(self, kind: str) -> frozenset[str]:
        """Return the reasons that every source of rows can give."""
        return frozenset(f"{kind}.{fault}" for fault in _FAULTS)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands."""

    file: InputFile
    number: int


def check_columns(wanted: Iterable[str], known: Iterable[str], url: str) -> None:
    """Refuse a mapping to columns that a file does not have.

    Raises:
        DataError: naming the file, the columns that it has, and near matches.
    """
    names = sorted(known)
    for name in wanted:
        if name not in names and name.split(".", 1)[0] not in names:
            raise DataError(f"{url}: no column {name!r}. {near(name, names)} Columns: {', '.join(names)}")


def make_row(spec: TableSource, kind: str, place: Place, values: Mapping[str, Any], key: object = None) -> Row:
    """Return one row; what is no text where text must be is a reason, elsewhere null.

    Args:
        spec: the source.
        kind: first part of the reasons.
        place: file and row or line number.
        values: document column -> value as the file holds it.
        key: the value of the spec's key column.
    """
    reason, detail = fault_of(values)
    number = f"{place.number}"
    named = as_text(key)
    strings: dict[str, Any] = {name: as_text(found) for name in STRINGS if (found := values.get(name)) is not None}
    return Row(
        doc_id=document_id(spec.of, place.file.identity, number, *([] if named is None else [named])),
        source=spec.of,
        track=spec.track,
        text=_content(values.get("text")) if reason is None else None,
        html=_content(values.get("html")) if reason is None else None,
        origin=origin_of(values.get("origin")) or "native",
        crawl_time=as_time(values.get("crawl_time")),
        parent_ids=as_ids(values.get("parent_ids")),
        reason=f"{kind}.{reason}" if reason else None,
        detail=detail,
        **strings,
    )


def fault_of(values: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return why a row is no document, without the kind of its source, and the evidence; None twice where it is one."""
    for name in ("text", "html"):
        value = values.get(name)
        if value is not None and not isinstance(value, str):
            return "not_text", f"{name} is {type(value).__name__}: {value!r:.80}"
    if not any(_content(values.get(name)) for name in ("text", "html")):
        filled = sorted(name for name, value in values.items() if value is not None)
        return "empty_text", f"neither text nor html; filled: {', '.join(filled) or 'nothing'}"
    if origin_of(values.get("origin")) is None:
        return "bad_origin", f"origin {values.get('origin')!r:.80} is none of {', '.join(ORIGINS)}"
    return None, None


def _content(value: object) -> str | None:
    return value if isinstance(value, str) and value and not value.isspace() else None


def origin_of(value: object) -> str | None:
    """Return where a row says that its text comes from, `native` where it says nothing, None where nobody knows the word."""
    if value is None:
        return "native"
    return value if value in ORIGINS else None


def as_text(value: object) -> str | None:
    """Return a value as a string: numbers in digits, lists joined by `, `, mappings as JSON; null for the rest."""
    match value:
        case None | "":
            return None
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _digits(value)
        case datetime():
            return value.isoformat()
        case list() | tuple():
            parts = [as_text(part) for part in value[:1000]]
            return ", ".join(part for part in parts if part) or None
        case dict():
            return _json(value)
        case _:
            return None


def _digits(value: float) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    try:
        return str(value)
    except ValueError:  # an integer of more digits than Python prints
        return None


def _json(value: dict[Any, Any]) -> str | None:
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return None


def row_as_json(row: Mapping[str, Any]) -> str:
    """Return a row as a JSON object, its columns in their order.

    Bytes that are no text are Base64 (RFC 4648), times ISO 8601, and what is no number is null (RFC 8259 has no other).
    """
    try:
        return json.dumps(row, ensure_ascii=False, default=_plain, allow_nan=False)
    except ValueError:
        numbers = json.loads(json.dumps(row, default=_plain), parse_constant=lambda _: None)
        return json.dumps(numbers, ensure_ascii=False)


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value.isoformat() if isinstance(value, date | clock) else str(value)


def as_ids(value: object) -> list[str] | None:
    """Return the members of a list as strings, without those that are none; None for what is no list."""
    if not isinstance(value, list):
        return None
    return [text for text in map(as_text, value) if text is not None]


def as_time(value: object) -> datetime | None:
    """Return a time in UTC out of ISO 8601 text or seconds (or milliseconds) since 1970; null for the rest."""
    try:
        if isinstance(value, str):
            time = datetime.fromisoformat(value.strip())
        elif isinstance(value, datetime):
            time = value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            time = datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
        else:
            return None
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
