"""Tables of licenses as people publish them: data set cards, TSV, CSV, JSON and JSON Lines, read within bounds."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from glotmill.core.errors import RecipeError
from glotmill.core.yamlfile import load, near
from glotmill.io import storage
from glotmill.io.jsonl import read_objects
from glotmill.licensing.linting.entries import LICENSE, LICENSE_LINK, NAME, PARTS, Claim, Entry, entry, folded
from glotmill.report.delimited import delimiter_of, encoding_of

SUFFIXES = (".md", ".tsv", ".csv", ".json", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".ndjson")
MAX_LINE = 1 << 20  # bytes of a line in cards, TSV and CSV
MAX_ROWS = 500_000  # lines of TSV, CSV and JSON Lines; more than a minute of them says no more
MAX_JSON = 16 << 20  # bytes of a JSON file, which has to be read as a whole: 3 bytes of `[],` become 64 in memory
MAX_CARD = 8 << 20  # bytes of a card
MAX_MATTER = 256 << 10  # bytes of a card's front matter
MAX_DEPTH = 60  # of brackets in front matter, and of JSON
MAX_VALUES = 50  # licenses in one list
_TEXT = 2_000  # characters of a value

# Objects that only wrap what is said about the object around them.
_WRAPPERS = frozenset({"carddata", "card_data", "metadata", "meta", "info"})
_LINKED = re.compile(r"\[([^\[\]]{0,500})\]\(\s*<?([^()\s<>]{1,1000})>?(?:\s+\"[^\"]*\")?\s*\)")
_URL = re.compile(r"https?://[^\s<>()\[\]|\"']{3,500}")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that holds no entry, and why."""

    row: int
    message: str


Read = Iterator[Entry | Unreadable]


def read_table(url: str, *, column: str | None = None) -> Read:
    """Yield what a table says, entry by entry, in the order of the file.

    Args:
        url: a path or fsspec URL whose name ends in one of `SUFFIXES`.
        column: the column or key that holds the licenses, where it is not called by one of the usual names.

    Raises:
        RecipeError: another kind of file, one that cannot be read, or one without such a column.
        DataError: nothing there.
    """
    name = url.lower()
    if not name.endswith(SUFFIXES):
        raise RecipeError("not a kind of table that is known", file=url, remedy=f"Known: {', '.join(SUFFIXES)}.")
    with storage.open_read(url) as stream:
        if name.endswith(".md"):
            yield from _Card(url, column).read(stream)
        elif name.endswith((".tsv", ".csv")):
            yield from _rows(stream, url, column, tabs=name.endswith(".tsv"))
        elif name.endswith(".json"):
            yield from _some(_Objects(url, column).walk(_json(stream, url)), url, column)
        else:
            yield from _some(_lines_of_json(stream, url, column), url, column)


# ---- TSV and CSV ----------------------------------------------------------------------------------------------------


def _rows(stream: BinaryIO, url: str, column: str | None, *, tabs: bool) -> Read:
    csv.field_size_limit(MAX_LINE)
    lines = _text_lines(stream, url)
    head, above = next(lines, "").removeprefix("\ufeff"), 0
    while head.isspace():
        head, above = next(lines, ""), above + 1
    mark = "\t" if tabs else delimiter_of(head)
    # TSV knows no quotes (IANA text/tab-separated-values): a stray one must not swallow the lines behind it.
    whole = _chain(head, lines)
    reader = csv.reader(whole, delimiter=mark, quoting=csv.QUOTE_NONE) if tabs else csv.reader(whole, delimiter=mark)
    try:
        names = [_bare(name) for name in next(reader, [])]
        field = _license_column(names, column, url)
        for number, cells in enumerate(reader):
            if number == MAX_ROWS:
                yield Unreadable(above + reader.line_num, f"only the first {MAX_ROWS} rows were read")
                return
            if not any(cell.strip() for cell in cells):
                continue
            values = {name: _bare(cell)[:_TEXT] for name, cell in zip(names, cells, strict=False)}
            yield entry(above + reader.line_num, values, licenses=(values.get(field, ""),), field=field, number=number)
    except csv.Error as error:
        raise RecipeError(f"line {above + reader.line_num}: {error}; is a quote left open?", file=url) from error


def _chain(head: str, lines: Iterable[str]) -> Iterator[str]:
    yield head
    yield from lines


def _bare(cell: str) -> str:
    text = cell.strip()
    return text[1:-1].replace('""', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text


def _license_column(names: Sequence[str], column: str | None, url: str) -> str:
    if column is not None:
        if column not in names:
            raise RecipeError(f"no column {column!r}", file=url, remedy=near(column, names))
        return column
    by_folded = {folded(name): name for name in reversed(names)}
    found = next((by_folded[name] for name in LICENSE if name in by_folded), None)
    found = found or next((name for name in names if folded(name).endswith(("license", "licence"))), None)
    if found is None:
        raise RecipeError(
            "no column is called license", file=url, remedy=f"Name it with --column. Columns: {', '.join(names)[:300]}."
        )
    return found


def _text_lines(stream: BinaryIO, url: str) -> Iterator[str]:
    beginning = stream.read(2)
    stream.seek(0)
    if encoding_of(beginning) == "utf-16":
        yield from _wide_lines(stream, url)
        return
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise RecipeError(f"line {number} is longer than {MAX_LINE} bytes", file=url)
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise RecipeError(f"line {number}: not UTF-8 at byte {error.start}", file=url) from error


def _wide_lines(stream: BinaryIO, url: str) -> Iterator[str]:
    text = io.TextIOWrapper(stream, encoding="utf-16", newline="")
    number = 0
    try:
        while line := text.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise RecipeError(f"line {number} is longer than {MAX_LINE} characters", file=url)
            yield line
    except UnicodeError as error:
        raise RecipeError(f"line {number + 1}: not UTF-16", file=url) from error
    finally:
        text.detach()


# ---- JSON -----------------------------------------------------------------------------------------------------------


def _json(stream: BinaryIO, url: str) -> object:
    data = stream.read(MAX_JSON + 1)
    if len(data) > MAX_JSON:
        raise RecipeError(
            f"larger than {MAX_JSON} bytes", file=url, remedy="Write it as JSON Lines, one object a line."
        )
    try:
        value: object = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RecipeError(f"not UTF-8 at byte {error.start}", file=url) from error
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"not JSON: {error}", file=url) from error
    return value


def _lines_of_json(stream: BinaryIO, url: str, column: str | None) -> Read:
    objects = _Objects(url, column)
    for count, (number, value) in enumerate(read_objects(stream)):
        if count == MAX_ROWS:
            yield Unreadable(number, f"only the first {MAX_ROWS} lines were read")
            return
        if isinstance(value, str):
            yield Unreadable(number, value)
        else:
            yield from objects.walk(value, row=number)


def _some(found: Read, url: str, column: str | None) -> Read:
    """Yield what was found, or raise RecipeError where there is nothing at all."""
    any_entry = False
    for one in found:
        any_entry = True
        yield one
    if not any_entry:
        raise RecipeError(f"no key {column or 'license'!r}", file=url, remedy="Name it with --column.")


@dataclass(frozen=True, slots=True)
class _Node:
    value: object
    path: str
    depth: int
    key: str | None = None
    around: Mapping[str, str] | None = None
    headings: tuple[Claim, ...] = ()
    within: int | None = None


class _Objects:
    """Finds the objects of JSON values that have a license, however deep, and numbers them."""

    def __init__(self, url: str, column: str | None) -> None:
        self._url, self._column = url, column
        self._number = 0

    def walk(self, value: object, *, row: int | None = None) -> Read:
        """Yield the entries of a value in its order; `row` is the line, None to number entries."""
        stack: list[Iterator[_Node]] = [iter((_Node(value, "", 0),))]
        while stack:
            node = next(stack[-1], None)
            if node is None:
                stack.pop()
            elif node.depth > MAX_DEPTH:
                yield Unreadable(row or self._number + 1, f"nested deeper than {MAX_DEPTH} levels")
            elif isinstance(node.value, list):
                stack.append(_items(node, node.value))
            elif isinstance(node.value, dict):
                found, children = self._object(node, node.value, row)
                if found is not None:
                    yield found
                stack.append(iter(children))

    def _object(self, node: _Node, given: Mapping[str, object], row: int | None) -> tuple[Entry | None, list[_Node]]:
        key = self._license_key(given)
        own = {name: text for name, value in given.items() if (text := _as_text(value)) is not None}
        found: Entry | None = None
        if key is not None:
            self._number += 1
            path = f"{node.path}.{key}".lstrip(".")
            values = {**(node.around or {}), **{name: text for name, text in own.items() if name != key}}
            if node.key is not None and not any(folded(name) in NAME for name in values):
                values["name"] = node.key
            licenses, link = _license_values(given[key])
            if link is not None and not any(folded(name) in LICENSE_LINK for name in values):
                values["license_url"] = link
            found = entry(
                row or self._number, values, licenses=licenses, field=path, headings=node.headings, number=self._number
            )
            found = replace(found, within=node.within, holds=len(own) < len(given))
        children = []
        for name, value in given.items():
            if name != key and isinstance(value, dict | list):
                path = f"{node.path}.{name}".lstrip(".")
                wraps = found is None and folded(name) in _WRAPPERS
                headings = (*node.headings, Claim(path, name))
                within = found.number if found is not None else node.within
                around = {**(node.around or {}), **own} if wraps else None
                children.append(
                    _Node(value, path, node.depth + 1, node.key if wraps else name, around, headings[-8:], within)
                )
        return found, children

    def _license_key(self, given: Mapping[str, object]) -> str | None:
        if self._column is not None:
            return self._column if self._column in given else None
        by_folded = {folded(name): name for name in reversed(list(given))}
        return next((by_folded[name] for name in LICENSE if name in by_folded), None)


def _items(node: _Node, values: Sequence[object]) -> Iterator[_Node]:
    for index, item in enumerate(values):
        if isinstance(item, dict | list):
            yield replace(node, value=item, path=f"{node.path}[{index}]", depth=node.depth + 1)


def _as_text(value: object) -> str | None:
    match value:
        case str():
            return value[:_TEXT]
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)[:_TEXT]
        case list() if value and all(isinstance(item, str) for item in value[:MAX_VALUES]):
            return ",".join(str(item) for item in value[:MAX_VALUES])[:_TEXT]
        case _:
            return None


def _license_values(value: object) -> tuple[tuple[str, ...], str | None]:
    """Return the licenses that a value names, and the address of one that stands beside its name."""
    found: list[str] = []
    link: str | None = None
    for item in value[:MAX_VALUES] if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            inner = {folded(str(name)): text for name, given in item.items() if (text := _as_text(given)) is not None}
            named = next((inner[name] for name in ("spdx_id", "spdx", "id", *LICENSE, "name") if inner.get(name)), None)
            link = next((inner[name] for name in (*LICENSE_LINK, "url") if inner.get(name)), link)
            found.append(named or link or "")
        else:
            found.append(_as_text(item) or "")
    return tuple(found), link


# ---- cards ----------------------------------------------------------------------------------------------------------


class _Card:
    """A README with YAML front matter, as data sets on Hugging Face have, and the tables in its text."""

    def __init__(self, url: str, column: str | None) -> None:
        self._url, self._column = url, column
        self._number = 1

    def read(self, stream: BinaryIO) -> Read:
        """Yield the card's own entry, number 1, then those of its tables, which are its parts."""
        data = stream.read(MAX_CARD + 1)
        if len(data) > MAX_CARD:
            raise RecipeError(f"larger than {MAX_CARD} bytes", file=self._url)
        try:
            lines = data.decode("utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise RecipeError(f"not UTF-8 at byte {error.start}", file=self._url) from error
        end = 0
        if lines and lines[0].strip() == "---":
            end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() in ("---", "...")), 0)
            if not end:
                raise RecipeError("the front matter has no end", file=self._url, remedy="Close it with a line `---`.")
        tables = self._tables(lines, end + 1 if end else 0)
        # A page without front matter whose tables name licenses is a list of licenses and no card.
        first = next(tables, None)
        if end or first is None:
            yield self._front(lines[1:end] if end else [], "\n".join(lines[end + 1 :]))
        if first is not None:
            yield first
            yield from tables

    def _front(self, matter: Sequence[str], body: str) -> Entry:
        text = "\n".join(matter)
        if len(text.encode()) > MAX_MATTER:
            raise RecipeError(f"front matter larger than {MAX_MATTER} bytes", file=self._url)
        if _depth(text) > MAX_DEPTH:
            raise RecipeError(f"front matter nested deeper than {MAX_DEPTH} levels", file=self._url)
        value = load(text, file=self._url)
        if value is not None and not isinstance(value, dict):
            raise RecipeError("the front matter must be a mapping of fields", file=self._url)
        given = {str(name): inner for name, inner in (value or {}).items()}
        key = self._column or next((name for name in given if folded(name) in LICENSE), "license")
        licenses, _ = _license_values(given.get(key, ""))
        row = next((number for number, line in enumerate(matter, 2) if line.startswith(f"{key}:")), 1)
        values = {name: said for name, inner in given.items() if name != key and (said := _as_text(inner)) is not None}
        tags = [Claim("tags", tag) for tag in re.split(",", values.get("tags", ""))]
        found = entry(row, values, licenses=licenses, field=key, headings=tags, number=1)
        link = _URL.search(body)
        sources = (*found.sources, *([link[0]] if link else []), *(values[name] for name in PARTS if name in values))
        return replace(found, sources=sources, holds=True, is_card=True)

    def _tables(self, lines: Sequence[str], start: int) -> Read:
        headings: dict[int, str] = {}
        names: list[str] | None = None
        for number in range(start, len(lines)):
            line = lines[number].strip()
            if line.startswith("#"):
                level = len(line) - len(line.lstrip("#"))
                headings = {known: text for known, text in headings.items() if known < level}
                headings[level] = line.strip("# ")[:300]
            if "|" not in line or len(line) > MAX_LINE:
                names = None
            elif names is None:
                if number + 1 < len(lines) and "|" in lines[number + 1] and _is_rule(lines[number + 1]):
                    names = [_unlinked(cell)[0] for cell in _cells(line)]
            elif not _is_rule(line):
                found = self._row(number + 1, names, _cells(line), headings)
                if found is not None:
                    yield found

    def _row(self, row: int, names: Sequence[str], cells: Sequence[str], headings: Mapping[int, str]) -> Entry | None:
        try:
            field = _license_column(names, None, self._url)
        except RecipeError:
            return None
        values: dict[str, str] = {}
        for name, cell in zip(names, cells, strict=False):
            text, link = _unlinked(cell)
            values[name] = text[:_TEXT]
            if link is not None:
                values.setdefault("license_link" if name == field else "url", link)
        # The title of the card is a name, and "Open Subtitles" is no promise; a section's is.
        over = [Claim("heading", text) for level, text in sorted(headings.items()) if level > 1]
        self._number += 1
        found = entry(row, values, licenses=(values.get(field, ""),), field=field, headings=over, number=self._number)
        return replace(found, within=1)


def _depth(text: str) -> int:
    """Return how deep brackets stand at most, those inside quotes too: PyYAML takes quadratic time on deep ones."""
    depth = most = 0
    for mark in re.findall(r"[\[\]{}]|^ +", text, re.MULTILINE):
        if mark[0] == " ":
            most = max(most, len(mark) // 8)
        else:
            depth = depth + 1 if mark in "[{" else max(depth - 1, 0)
            most = max(most, depth)
    return most


def _is_rule(line: str) -> bool:
    return len(line) < 10_000 and "-" in line and set(line.strip()) <= set("|:- \t")


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inner)]


def _unlinked(cell: str) -> tuple[str, str | None]:
    """Return a cell's text without Markdown, and the address that it links to."""
    linked, bare = _LINKED.search(cell), _URL.search(cell)
    text = _LINKED.sub(lambda found: found[1], cell)
    address = linked[2] if linked else bare[0] if bare else None
    return re.sub(r"[*`]|<[^<>]{0,100}>", "", text).strip(), address
