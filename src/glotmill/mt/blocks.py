"""Which parts of a document are prose, and which are code, mathematics, data and markup that stay as they are.

The document is read line by line as Markdown with HTML in it, after CommonMark 0.31 and the tables of GitHub Flavored
Markdown, but for what translation need not know: nothing is rendered, so lists and quotations are markers before their
text. What is broken is text, or stays: a fence that nothing closes runs to the end, as CommonMark has it.

Each line is looked at once, and each search for the end of something is made at most once in vain, so that time grows
with the length of the document and nothing recurses.
"""

import bisect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from glotmill.mt.masking import code_spans

Kind = Literal["paragraph", "heading", "cell", "code", "math", "json", "front_matter", "markup", "definition"]
PROSE: Final[frozenset[Kind]] = frozenset({"paragraph", "heading", "cell"})

_LINE = re.compile(r"[^\n\r]*(?:\r\n|\r|\n)?")
_QUOTE = re.compile(r"(?:[ \t]{0,3}>)+[ \t]?")
_FENCE = re.compile(r"[ \t]*(`{3,}(?=[^`\n\r]*$)|~{3,})")
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}(?=[ \t]|$)")
_LIST = re.compile(r"[ \t]*(?:[-+*•‣◦]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_DEFINITION = re.compile(r"[ \t]{0,3}\[(?P<note>\^)?[^\[\]]{1,200}\]:(?=[ \t]*\S)")
_ADORNMENT = re.compile(r"[ \t]*([-=*_~#^\"'+.:`])(?:[ \t]*\1)*[ \t]*$")
_INDENT = re.compile(r"[ \t]*")
_MATH = re.compile(
    r"[ \t]*(?:(\$\$)|(\\\[)|\\begin\{(equation|align|alignat|gather|multline|eqnarray|displaymath|math|flalign|array"
    r"|tabular|table|figure|verbatim|lstlisting|tikzpicture|algorithm|algorithmic|minted)(\*?)\})"
)
# Elements whose content is not running text, and comments. They may begin anywhere in a line.
_RAW = re.compile(
    r"<(?P<name>pre|script|style|svg|math|textarea|template|code|samp|kbd|object|iframe|noscript)(?=[\s>/])"
    r"|(?P<comment><!--)|(?P<tag></?[A-Za-z][A-Za-z0-9:-]*\s[^<>\n\r]*$)",
    re.IGNORECASE,
)
_INLINE_RAW = frozenset({"code", "samp", "kbd"})  # masked within their line; raw where they hold several
_JSON = json.JSONDecoder()
_TABLE_RULE = frozenset("|-:+= \t")
_BAR = re.compile(r"(?<!\\)\|")
_GRID = re.compile(r"[ \t]*\+[-=+:]+\+[ \t]*$")
_SENTENCE_END = frozenset(".!?:;…。！？：；।॥۔؟։።፧॥៖។៕᠃…»”\"'’)]|")
_FRONT_MATTER = {"---": ("---", "..."), "+++": ("+++",)}
_FIELD = re.compile(r"[\w\"'-][\w .\"'-]*[:=]|#|\[")
_MAX_FRONT_MATTER = 20_000  # characters
_MAX_MARKERS = 32  # of list items in one line
_MAX_TAG = 2_000  # characters of a tag that goes on in later lines
_MAX_FAILED_JSON = 16  # values that do not parse; later ones are text
_MIN_WRAPPED, _MAX_WRAPPED = 40, 200  # characters of lines that a program broke, rather than a writer


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a document.

    Args:
        kind: `paragraph`, `heading` and `cell` are prose; all others stay as they are.
        start: of its text, behind markers.
        end: of its text, without the line's end.
        breaks: line breaks within a sentence, with the markers that open the next line, as start and end; they are
            where a program wrapped the text and mean a space.
    """

    kind: Kind
    start: int
    end: int
    breaks: tuple[tuple[int, int], ...] = ()


def blocks(text: str) -> list[Block]:
    """Return the blocks of a document in order; what lies between them is markup and white space.

    A document of two lines, `# सूची` and `- चाय`, has the heading `सूची` and the paragraph `चाय`.
    """
    return list(_Parser(text).parse())


def _holds(spans: list[tuple[int, int]], place: int) -> bool:
    """Tell whether one of the spans, which are in order, holds a place."""
    index = bisect.bisect_right(spans, (place, len(spans) and spans[-1][1])) - 1
    return index >= 0 and spans[index][0] <= place < spans[index][1]


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._size = text, len(text)
        self._lines: list[tuple[int, int]] = []  # of the paragraph under way: content start, content end
        self._quotes = 0  # its depth
        self._list_indent: int | None = None
        self._after_blank = True
        self._in_code = False
        self._seen: dict[str, tuple[int, int, int]] = {}  # closer -> where its last search began, and what it found
        self._failed_json = 0

    def parse(self) -> Iterator[Block]:
        at = self._front_matter()
        if at:
            yield Block("front_matter", 0, at)
        while at < self._size:
            stop = self._line_end(at)
            content_end = self._content_end(at, stop)
            found: list[Block] = []
            at = self._line(at, content_end, stop, found)
            yield from found
        yield from self._flush()

    def _line_end(self, at: int) -> int:
        match = _LINE.match(self._text, at)
        return match.end() if match else self._size

    def _content_end(self, at: int, stop: int) -> int:
        while stop > at and self._text[stop - 1] in "\n\r":
            stop -= 1
        return stop

    def _front_matter(self) -> int:
        stop = self._line_end(0)
        closers = _FRONT_MATTER.get(self._text[:stop].strip())
        if not closers or not _FIELD.match(self._text, stop):  # a rule above text, not fields
            return 0
        while stop < min(self._size, _MAX_FRONT_MATTER):
            at, stop = stop, self._line_end(stop)
            if self._text[at:stop].strip() in closers:
                return stop
        return 0

    # One line, or what begins in it and ends in a later one. Returns where to go on.

    def _line(self, start: int, end: int, stop: int, found: list[Block]) -> int:
        quote = _QUOTE.match(self._text, start, end)
        body = quote.end() if quote else start
        depth = self._text.count(">", start, body)
        if depth != self._quotes:
            found += self._flush()
            self._quotes = depth
        indent_end = self._matched(_INDENT, body, end)
        if indent_end == end:
            found += self._flush()
            self._after_blank = True
            return stop
        indent = len(self._text[body:indent_end].expandtabs(4))
        if self._indented_code(indent):
            found.append(Block("code", body, end))
            return stop
        self._in_code = False
        body, depth_of_list = self._markers(start, body, end, found)
        if self._list_indent is not None and not depth_of_list and indent < 2 and self._after_blank:
            self._list_indent = None
        self._after_blank = False
        return (
            self._fence(body, end, stop, found)
            or self._mathematics(body, end, stop, found)
            or self._json(body, end, stop, found)
            or self._table(body, end, stop, found)
            or self._short_forms(body, end, stop, found)
            or self._raw(body, end, stop, found)
            or self._prose(body, end, stop)
        )

    def _matched(self, pattern: re.Pattern[str], at: int, end: int) -> int:
        match = pattern.match(self._text, at, end)
        return match.end() if match else at

    def _indented_code(self, indent: int) -> bool:
        least = 4 if self._list_indent is None else self._list_indent + 4
        code = indent >= least and not self._lines and (self._after_blank or self._in_code)
        if code:
            self._in_code, self._after_blank = True, False
        return code

    def _markers(self, start: int, body: int, end: int, found: list[Block]) -> tuple[int, int]:
        """Step over the markers of list items; a line of nothing but dashes has none."""
        count = 0
        while count < _MAX_MARKERS and (match := _LIST.match(self._text, body, end)):
            if not count:
                if _ADORNMENT.match(self._text, body, end):
                    break
                found += self._flush()
            count, body = count + 1, match.end()
            self._list_indent = len(self._text[max(start, body - 200) : body].expandtabs(4))
        return body, count

    def _fence(self, body: int, end: int, stop: int, found: list[Block]) -> int:
        match = _FENCE.match(self._text, body, end)
        if match is None:
            return 0
        found += self._flush()
        sign, length = match[1][0], len(match[1])
        close = re.compile(rf"(?:[ \t]{{0,3}}>)*[ \t]*{re.escape(sign)}{{{min(length, 1000)},}}[ \t]*$")
        at = stop
        while at < self._size:
            following = self._line_end(at)
            if close.match(self._text, at, self._content_end(at, following)):
                at = following
                break
            at = following
        found.append(Block("code", body, self._content_end(body, at)))
        return at

    def _mathematics(self, body: int, end: int, stop: int, found: list[Block]) -> int:
        match = _MATH.match(self._text, body, end)
        if match is None:
            return 0
        closer = "$$" if match[1] else r"\]" if match[2] else rf"\end{{{match[3]}{match[4]}}}"
        place = self._find(closer, match.end())
        if place < 0:
            return 0
        close = place + len(closer)
        # Within its line it is a span of the paragraph, or a line of a megabyte would be begun again behind each.
        if close < end and self._text[close:end].strip():
            return 0
        found += self._flush()
        found.append(Block("math", body, close))
        return self._rest(close)

    def _json(self, body: int, end: int, stop: int, found: list[Block]) -> int:
        at = self._matched(_INDENT, body, end)
        opens = self._text[at : at + 1]
        if opens not in ("{", "[") or self._failed_json >= _MAX_FAILED_JSON:
            return 0
        following = self._text[at + 1 : at + 200].lstrip()[:1]
        if following not in ('"', "{", "[", "}", "]") or (opens == "{" and following not in ('"', "}")):
            return 0
        try:
            _, close = _JSON.raw_decode(self._text, at)
        except (ValueError, RecursionError):
            self._failed_json += 1
            return 0
        if self._text[close : self._content_end(close, self._line_end(close))].strip(" \t,;"):
            return 0
        found += self._flush()
        found.append(Block("json", at, close))
        return self._line_end(close)

    def _table(self, body: int, end: int, stop: int, found: list[Block]) -> int:
        line = self._text[body:end]
        if _GRID.match(line):
            found += self._flush()
            return stop
        if "|" not in line:
            return 0
        stripped = line.strip()
        framed = len(stripped) > 1 and stripped[0] == stripped[-1] == "|"
        if not framed and not self._is_rule(stop) and not (self._is_rule_line(line)):
            return 0
        found += self._flush()
        at, last = body, stop
        while True:
            found += self._cells(at, self._content_end(at, last))
            at = last
            if at >= self._size:
                return self._size
            last = self._line_end(at)
            at_body = self._matched(_QUOTE, at, last)
            row = self._text[at_body:last]
            if "|" not in row or not row.strip() or _FENCE.match(self._text, at_body, self._content_end(at_body, last)):
                return at
            at = at_body

    def _is_rule(self, at: int) -> bool:
        return at < self._size and self._is_rule_line(self._text[at : self._line_end(at)])

    def _is_rule_line(self, line: str) -> bool:
        return "-" in line and "|" in line and not set(line.strip("\r\n> ")) - _TABLE_RULE

    def _cells(self, start: int, end: int) -> Iterator[Block]:
        if self._is_rule_line(self._text[start:end]):
            return
        hidden = self._code(start, end)
        edge = start
        for match in _BAR.finditer(self._text, start, end):
            if _holds(hidden, match.start()):
                continue
            if self._text[edge : match.start()].strip():
                yield Block("cell", edge, match.start())
            edge = match.end()
        if self._text[edge:end].strip():
            yield Block("cell", edge, end)

    def _code(self, start: int, end: int) -> list[tuple[int, int]]:
        if self._text.find("`", start, end) < 0:
            return []
        return [(start + first, start + last) for first, last in code_spans(self._text[start:end])]

    def _short_forms(self, body: int, end: int, stop: int, found: list[Block]) -> int:
        if _ADORNMENT.match(self._text, body, end):
            found += self._flush()
            return stop
        if heading := _HEADING.match(self._text, body, end):
            found += self._flush()
            line = self._text[heading.end() : end]
            bare = line.rstrip(" \t").rstrip("#")
            close = heading.end() + len(bare if bare.endswith((" ", "\t")) else line)
            found.append(Block("heading", heading.end(), close))
            return stop
        if definition := _DEFINITION.match(self._text, body, end):
            found += self._flush()
            if definition["note"]:
                return self._raw(definition.end(), end, stop, found) or self._prose(definition.end(), end, stop)
            found.append(Block("definition", body, end))
            return stop
        return 0

    def _raw(self, body: int, end: int, stop: int, found: list[Block]) -> int:
        """Keep each element that holds no text, from its tag to its end, wherever in the line it begins."""
        if self._text.find("<", body, end) < 0:
            return 0
        hidden = self._code(body, end)
        at = place = body
        while match := _RAW.search(self._text, place, end):
            place = match.start() + 1
            close = -1 if _holds(hidden, match.start()) else self._raw_end(match, end)
            if close < 0:
                continue
            if self._text[at : match.start()].strip():
                self._lines.append((at, match.start()))
            found += self._flush()
            found.append(Block("markup", match.start(), close))
            if close >= end:
                return self._rest(close)
            at = place = close
        if at == body:
            return 0
        if self._text[at:end].strip():
            self._lines.append((at, end))
        return stop

    def _raw_end(self, match: re.Match[str], end: int) -> int:
        if match["comment"]:
            place = self._find("-->", match.end())
            return place + 3 if place >= 0 else -1
        if match["tag"]:
            place = self._text.find(">", match.end(), match.end() + _MAX_TAG)
            inner = self._text[match.end() : place] if place >= 0 else "<"
            return -1 if "<" in inner or "\n\n" in inner or "=" not in match[0] + inner else place + 1
        name = match["name"].lower()
        place, close = self._find_tag(name, match.end())
        return -1 if name in _INLINE_RAW and place < end else close

    def _prose(self, body: int, end: int, stop: int) -> int:
        self._lines.append((body, end))
        return stop

    # Searching

    def _find(self, closer: str, at: int) -> int:
        return self._search(re.escape(closer), at)[0]

    def _find_tag(self, name: str, at: int) -> tuple[int, int]:
        return self._search(rf"</{re.escape(name)}(?![\w-])[^<>]{{0,{_MAX_TAG}}}>", at)

    def _search(self, closer: str, at: int) -> tuple[int, int]:
        """Return where the next of what closes something starts and ends; -1 where there is none.

        What an earlier search from before passed over is not looked at again.
        """
        begun, start, stop = self._seen.get(closer, (at + 1, -1, -1))
        if begun > at or -1 < start < at:
            match = re.compile(closer, re.IGNORECASE).search(self._text, at)
            start, stop = match.span() if match else (-1, -1)
            self._seen[closer] = at, start, stop
        return start, stop

    def _rest(self, at: int) -> int:
        """Return where to go on behind something that ended within a line."""
        stop = self._line_end(at)
        return stop if not self._text[at:stop].strip() else at

    # Paragraphs

    def _flush(self) -> list[Block]:
        """Return the paragraph under way as blocks: one per line, but for lines that a program wrapped."""
        lines, self._lines = self._lines, []
        if not lines:
            return []
        width = max(end - start for start, end in lines)
        found: list[Block] = []
        start, breaks = lines[0][0], list[tuple[int, int]]()
        for (first, end), following in zip(lines, [*lines[1:], None], strict=True):
            if following is not None and width <= _MAX_WRAPPED and self._goes_on(first, end, following, width):
                breaks.append((self._trimmed(first, end), self._matched(_INDENT, *following)))
                continue
            found.append(Block("paragraph", start, end, tuple(breaks)))
            start, breaks = (following[0] if following else end), []
        return found

    def _trimmed(self, start: int, end: int) -> int:
        return start + len(self._text[start:end].rstrip())

    def _goes_on(self, start: int, end: int, following: tuple[int, int], width: int) -> bool:
        line = self._text[start:end]
        hard = line.endswith(("  ", "\\"))
        kept = line.rstrip()
        if hard or len(kept) < _MIN_WRAPPED or kept[-1] in _SENTENCE_END:
            return False
        word = self._text[slice(*following)].split(maxsplit=1)
        return bool(word) and len(kept) + 1 + len(word[0]) > width
