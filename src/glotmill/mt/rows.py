"""A row of chat or instruction data, as JSON: which of its strings are translated, and where they stand in it.

The row is its own text. Between the segments, which lie within strings, everything is copied: keys, roles, numbers, order
and white space, whatever escapes a writer chose, code, and calls of tools.
"""

import bisect
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from glotmill.mt.code_lines import code_stretches
from glotmill.mt.document import MAX_SEGMENT, Document, Segment, Unit, fitted, parse

# Chat as OpenAI's interface and ShareGPT write it, and instructions as Stanford Alpaca does.
DEFAULT_FIELDS: Final = (
    "messages[*].content",
    "messages[*].content[*].text",
    "conversations[*].value",
    "conversations[*].content",
    "system",
    "instruction",
    "input",
    "output",
)
FIELD: Final = re.compile(r"[^\s.\[\]]+(?:\[\*\])?(?:\.[^\s.\[\]]+(?:\[\*\])?)*")
_SPEAKER: Final = ("role", "from")
# Who speaks for programs: results and calls of tools are data, whatever they look like.
_MACHINES: Final = frozenset({"tool", "function", "function_call", "function_response", "observation", "ipython"})

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]|[^\s"{}\[\],:]+')
_PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_PIECE = re.compile(rf"{_PAIR}|\\u[0-9a-fA-F]{{4}}|\\.|[^\\]+", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")

Path = tuple[str | int, ...]


class NoRowError(ValueError):
    """A text is no JSON object that can be read."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A segment within one of the strings.

    Args:
        start: in the row.
        end: in the row.
        source: what stands there, as the string means it.
        kind: of its block.
    """

    start: int
    end: int
    source: str
    kind: str


@dataclass(frozen=True, slots=True)
class RowDocument:
    """A parsed row.

    Args:
        text: as it was given.
        segments: in order; their places count in their string, not in the row.
        places: of each segment, in the row.
        fields: that were asked for.
        strings: what stands at them, parsed, in order.
    """

    text: str
    segments: tuple[Segment, ...]
    places: tuple[_Place, ...]
    fields: frozenset[Path]
    strings: tuple[Document, ...]

    def sources(self) -> list[str]:
        """Return the text of each segment."""
        return [place.source for place in self.places]

    def assemble(self, translations: Sequence[str]) -> str:
        """Return the row with a translation in the place of each segment, escaped where JSON asks for it.

        Raises:
            ValueError: there are more or fewer translations than segments.
        """
        parts: list[str] = []
        at = 0
        for place, translation in zip(self.places, translations, strict=True):
            same = translation == place.source
            own = self.text[place.start : place.end] if same else _escaped(fitted(translation, place.kind))
            parts.extend((self.text[at : place.start], own))
            at = place.end
        return "".join([*parts, self.text[at:]])

    def changed(self, assembled: str) -> str | None:
        """Return the first block of a string that is another one in a translation, or None."""
        found = _strings(assembled, self.fields)
        if len(found) != len(self.strings):
            return f"{len(self.strings)} strings became {len(found)}"
        for own, (start, end) in zip(self.strings, found, strict=True):
            if (changed := own.changed(_String.read(assembled, start, end).value)) is not None:
                return changed
        return None


def parse_row(text: str, *, fields: Sequence[str], unit: Unit, longest: int = MAX_SEGMENT) -> RowDocument:
    """Return a row with the segments of those of its strings that people read.

    Code needs no fence here (`mt.code_lines`). What machines say to each other is not looked at: messages whose `role` or
    `from` is `tool`, `function` and the like, and all strings that no field names. `{"role": "user", "content": "नमस्ते"}`
    among `messages` has one segment.

    Args:
        text: one JSON object.
        fields: paths of strings, of names and `[*]` (a part of RFC 9535).
        unit: what a segment is.
        longest: characters of a segment.

    Raises:
        NoRowError: it is none.
    """
    if not isinstance(_loaded(text), dict):
        raise NoRowError("JSON, but no object")
    wanted = frozenset(_path(field) for field in fields)
    strings: list[Document] = []
    segments: list[Segment] = []
    places: list[_Place] = []
    for start, end in _strings(text, wanted):
        string = _String.read(text, start, end)
        inner = parse(string.value, unit=unit, longest=longest, kept=code_stretches(string.value))
        segments += inner.segments
        places += string.places(inner)
        strings.append(inner)
    return RowDocument(text, tuple(segments), tuple(places), wanted, tuple(strings))


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NoRowError(f"no JSON: {error}") from error


def _path(field: str) -> Path:
    return tuple(
        name for part in field.split(".") for name in (part.removesuffix("[*]"), *(["*"] * part.endswith("[*]")))
    )


def _strings(text: str, wanted: frozenset[Path]) -> list[tuple[int, int]]:
    """Return where the strings at wanted paths stand, quotation marks included, without those of machines."""
    found: list[tuple[Path, int, int]] = []
    machines: set[Path] = set()
    for path, start, end in _values(text, deepest=max(map(len, wanted), default=0)):
        if path[-1] in _SPEAKER and json.loads(text[start:end]).lower() in _MACHINES:
            machines.add(path[:-1])
        if tuple("*" if isinstance(name, int) else name for name in path) in wanted:
            found.append((path, start, end))
    return [
        (start, end)
        for path, start, end in found
        if not any(path[:length] in machines for length in range(1, len(path)))
    ]


def _values(text: str, *, deepest: int) -> Iterator[tuple[Path, int, int]]:
    """Yield the path of each string that is a value, of at most so many names, and where it stands.

    The text is valid JSON. Nothing recurses.
    """
    path: list[str | int] = []
    opened: list[str] = []
    for match, following in itertools.pairwise([*_TOKEN.finditer(text), None]):
        sign = match[0] if match else ""
        if sign in ("{", "["):
            opened.append(sign)
            path.append(0 if sign == "[" else "")
        elif sign in ("}", "]"):
            opened.pop()
            path.pop()
        elif sign == "," and opened[-1] == "[":
            path[-1] = int(path[-1]) + 1
        elif sign.startswith('"') and match:
            if following is not None and following[0] == ":":
                path[-1] = json.loads(sign)
            elif len(path) <= deepest:
                yield tuple(path), match.start(), match.end()


@dataclass(frozen=True, slots=True)
class _String:
    """A string of the row: what it means, and which of its characters stands where.

    Args:
        value: as it is meant.
        runs: where stretches without escapes, and escapes, begin: in the value, and in the row; the end last.
    """

    value: str
    runs: tuple[tuple[int, int], ...]

    @classmethod
    def read(cls, text: str, start: int, end: int) -> "_String":
        parts: list[str] = []
        runs: list[tuple[int, int]] = []
        at = 0
        for match in _PIECE.finditer(text, start + 1, end - 1):
            runs.append((at, match.start()))
            parts.append(json.loads(f'"{match[0]}"') if match[0].startswith("\\") else match[0])
            at += len(parts[-1])
        return cls("".join(parts), (*runs, (at, end - 1)))

    def places(self, document: Document) -> Iterator[_Place]:
        for segment, source in zip(document.segments, document.sources(), strict=True):
            yield _Place(self._row(segment.start), self._row(segment.end), source, segment.kind)

    def _row(self, place: int) -> int:
        own, row = self.runs[bisect.bisect_right(self.runs, place, key=lambda run: run[0]) - 1]
        return row + place - own


def _escaped(text: str) -> str:
    written = json.dumps(text, ensure_ascii=False)[1:-1]
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", written)
