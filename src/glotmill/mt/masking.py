"""What inside a sentence must come through translation unchanged: found, replaced by sentinels, and put back.

Kept are code, mathematics, tags, targets of links, addresses, placeholders of programs, character references and names of
programs. A sentinel stands for each; it must come back exactly once, in a place where what it stands for may be.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["code", "math", "tag", "link", "url", "email", "placeholder", "entity", "identifier"]
Fault = Literal["lost", "doubled", "invented", "misplaced"]

_TICKS = re.compile("`+")
# Letters of scripts that write no spaces: names and placeholders of programs end at them, as they do at spaces elsewhere.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]"
)
# Stands for such a letter. No pattern below asks for it, but where names of placeholders may be any.
_NO_LETTER: Final = "〓"
_INLINE = re.compile(
    r"(?P<link>\]\((?:[^()\s]|\([^()\s]{0,500}\)){0,2000}(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'))?\)|\]\[[^\[\]\n]{0,200}\]|\[\^[^\[\]\s]{1,100}\])"
    r"|(?P<math>(?<![\\$])\$\$[^$]{1,4000}\$\$|(?<![\\$\w])\$(?![\s$])[^$\n]{0,400}(?<![\s\\])\$(?![\d$])"
    r"|\\\((?:(?!\\[()]).){1,1000}\\\)|\\\[(?:(?!\\[\[\]]).){1,4000}\\\]"
    r"|\\begin\{(?P<environment>[a-z]{1,20}\*?)\}(?:(?!\\begin|\\end).){0,4000}\\end\{(?P=environment)\})"
    r"|(?P<tag><(?P<raw>code|samp|kbd|var)(?:\s[^<>]*)?>[^<>]{0,2000}</(?P=raw)\s*>"
    r"|</?[A-Za-z][A-Za-z0-9:-]*(?:\s[^<>]*)?/?>|<!--(?:(?!-->|<!--).){0,2000}-->)"
    r"|(?P<url><?(?:(?:https?|ftp)://|(?<![\w.@-])www\.)[^\s<>\"`|]+>?)"
    r"|(?P<email>(?<![\w.+%-])[\w.+%-]{1,64}@\w[\w-]*(?:\.\w[\w-]*)+)"
    r"|(?P<placeholder>\{\{[^{}\n]{0,200}\}\}|\{%[^{}\n]{0,200}%\}|\$?\{[\w〓.:!$-]{0,100}\}|%\([\w〓.]{1,100}\)[-#0-9.]*[a-zA-Z]"
    r"|(?<![\w%])%(?:\d{1,3}\$)?[-+#0]*\d{0,4}(?:\.\d{1,4})?(?:l{0,2}[sdiufgxXeEcr]|@)(?!\w))"
    r"|(?P<entity>&(?:[A-Za-z][A-Za-z0-9]{1,30}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});)"
    r"|(?P<identifier>(?<![\w-])(?:--[A-Za-z][\w-]*|-[A-Za-z])(?:=\S+)?(?=[\s,.;:)\]]|$)|(?<!\w)[A-Za-z]\w*?_\w+(?:\(\))?"
    r"|(?<![\w./-])[\w.-]{1,100}(?:/[\w.-]{1,100}){0,20}\.(?:py|js|ts|md|rst|json|jsonl|ya?ml|toml|txt|html?|css|csv|tsv|sh|cpp|rs|go|java"
    r"|xml|ini|cfg|png|jpe?g|svg|pdf|gz|zip|exe|dll|so|parquet|warc)(?![\w/])"
    r"|(?<![\w.])[A-Za-z_][\w.]*\(\)|(?<![\w/])(?:~|\.{1,2})?/[\w.+-]+(?:/[\w.+-]*)+)",
    re.DOTALL,
)
# One of these stands in whatever the pattern above finds; most sentences have none.
_SIGNS = re.compile(r"[\]$\\<`@{%&_/]|www\.|(?:^|[^\w-])--?[A-Za-z]|\(\)|\.[a-z]")
_URL_TAIL = "]>.,;:!?'\"*_~»”’…。，、；：！？）】」』"
# Tags and what else shapes text rather than being part of a sentence; at its edges they need not be sent.
SHAPING: Final[frozenset[Kind]] = frozenset({"tag", "link", "entity"})
# They end what is translated together, and are neither sent nor part of what is kept.
BLOCK_TAG: Final = (
    r"</?(?:p|div|li|ul|ol|dl|dt|dd|td|th|tr|table|thead|tbody|h[1-6]|br|hr|section|article|header|footer|nav|main"
    r"|aside|blockquote|figure|figcaption|form|option|select|button|label|summary|details|body|html|head|title)"
    r"(?:\s[^<>]*)?/?>"
)
_BLOCK_TAG = re.compile(BLOCK_TAG, re.IGNORECASE)
# What another letter beside it would change.
_FRAGILE: Final[frozenset[Kind]] = frozenset({"url", "email", "identifier"})
_OPENS_BLOCK = re.compile(r"#{1,6} |[-+*•‣◦=] |\d{1,9}[.)] |[>|`~]")
_VOID = frozenset(
    {"br", "hr", "img", "input", "wbr", "col", "source", "track", "area", "link", "meta", "base", "embed"}
)
_TAG_NAME = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)(?:\s[^<>]*)?(/?)>")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text that is kept: what it is, and where it starts and ends."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentinel:
    """How a masked span is written for an engine.

    Args:
        name: for accounts.
        before: what stands before the number, and `after` behind it.
        pattern: finds it in an answer, also where the engine changed case or put spaces into it.
        trace: finds what is left of one that an engine broke.
    """

    name: str
    before: str
    after: str
    pattern: re.Pattern[str]
    trace: re.Pattern[str]

    def write(self, number: int) -> str:
        """Return the sentinel of a span."""
        return f"{self.before}{number}{self.after}"


# In the order in which they are tried.
SENTINELS: Final[tuple[Sentinel, ...]] = (
    Sentinel("brackets", "⟦", "⟧", re.compile(r"⟦\s*(\d+)\s*⟧"), re.compile("[⟦⟧]")),
    Sentinel(
        "word", "XQ", "QX", re.compile(r"XQ\s?(\d+)\s?QX", re.IGNORECASE), re.compile(r"XQ\s?\d|\d\s?QX", re.IGNORECASE)
    ),
    Sentinel(
        "element",
        "<x",
        "/>",
        re.compile(r"<\s*x\s*(\d+)\s*/\s*>", re.IGNORECASE),
        re.compile(r"<\s*/?\s*x\s*\d", re.IGNORECASE),
    ),
)


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with sentinels, as an engine gets it.

    Args:
        text: one line.
        kept: what each sentinel stands for, by number.
        places: where in `text` it stands.
        kinds: of each.
        sentinel: how they are written; None where nothing is masked.
        breaks: places of `text` at which a space stands for a line break, and that break.
    """

    text: str
    kept: tuple[str, ...]
    places: tuple[int, ...]
    kinds: tuple[Kind, ...]
    sentinel: Sentinel | None
    breaks: tuple[tuple[int, str], ...]


class MaskError(ValueError):
    """A masked span did not come back as it must.

    Args:
        fault: `lost`, `doubled`, `invented` or `misplaced`.
        detail: which.
    """

    def __init__(self, fault: Fault, detail: str) -> None:
        self.fault: Fault = fault
        super().__init__(detail)


def code_spans(text: str) -> list[tuple[int, int]]:
    """Return where code spans start and end, after CommonMark 6.1: runs of as many backticks close each other.

    Single backticks with a space inside one of them alone are apostrophes (`` `n ou dame ... `n ``), no code. In time
    that grows with the text: the runs of each length are met in order.
    """
    runs = [match.span() for match in _TICKS.finditer(text)]
    following: dict[int, int] = {}
    closers = [-1] * len(runs)
    for place in range(len(runs) - 1, -1, -1):
        length = runs[place][1] - runs[place][0]
        closers[place] = following.get(length, -1)
        following[length] = place
    found: list[tuple[int, int]] = []
    place = 0
    while place < len(runs):
        close = closers[place]
        if close < 0 or _is_apostrophe(text, runs[place], runs[close]):
            place += 1
            continue
        found.append((runs[place][0], runs[close][1]))
        place = close + 1
    return found


def _is_apostrophe(text: str, opens: tuple[int, int], closes: tuple[int, int]) -> bool:
    single = opens[1] - opens[0] == 1 and closes[0] > opens[1]
    return single and text[opens[1]].isspace() != text[closes[0] - 1].isspace()


def spans(text: str) -> list[Span]:
    """Return what is kept of a text, in order and without overlaps; what touches is one span.

    `spans("Fungua `faili` au {jina}")` are the code and the placeholder.
    """
    found: list[Span] = []
    for span in _each(text) if _SIGNS.search(text) else ():
        if found and found[-1].end == span.start:
            last = found[-1]
            shaping = last.kind in SHAPING and span.kind in SHAPING
            kind = last.kind if last.kind not in SHAPING or shaping else span.kind
            found[-1] = Span(kind, last.start, span.end)
        else:
            found.append(span)
    return found


def _each(text: str) -> Iterator[Span]:
    at = 0
    signs = _UNSPACED.sub(_NO_LETTER, text)
    for start, end in [*code_spans(text), (len(text), len(text))]:
        for match in _INLINE.finditer(signs, at, start):
            if match["tag"] is None or not _BLOCK_TAG.fullmatch(match[0]):
                yield _span(match)
        if end > start:
            yield Span("code", start, end)
        at = end


def _span(match: re.Match[str]) -> Span:
    kind: Kind = match.lastgroup  # type: ignore[assignment]  # the groups are named by kind
    if match["tag"] is not None:
        return Span("code" if match["raw"] else "tag", *match.span())
    start, end = match.span()
    if kind == "url":
        found = match[0]
        if found.startswith("<") and found.endswith(">"):
            return Span("url", start, end)
        start += found.startswith("<")
        end = start + len(_without_tail(match.string[start:end]))
    return Span(kind, start, end)


def _without_tail(url: str) -> str:
    """Cut what belongs to the sentence: closing marks, and brackets that the address does not open."""
    depth = url.count("(") - url.count(")")
    end = len(url)
    while end > 1:
        last = url[end - 1]
        if last in _URL_TAIL:
            end -= 1
        elif last == ")" and depth < 0:
            end, depth = end - 1, depth + 1
        else:
            break
    return url[:end]


def choose(text: str, *, after: Sentinel | None = None) -> Sentinel | None:
    """Return the first sentinel, or the first after another, of which nothing in the text reminds; None where there is none."""
    start = 0 if after is None else SENTINELS.index(after) + 1
    return next((one for one in SENTINELS[start:] if not one.pattern.search(text)), None)


def mask(text: str, kept: Sequence[Span], breaks: Sequence[tuple[int, int]], *, sentinel: Sentinel | None) -> Masked:
    """Return a text with a sentinel for each span and a space for each break.

    Args:
        text: of one segment.
        kept: its spans, in order.
        breaks: where line breaks start and end, in order; those within spans stay there.
        sentinel: None where there are no spans.
    """
    parts: list[str] = []
    placed: list[tuple[int, str]] = []
    places: list[int] = []
    at = length = 0
    waiting = list(breaks)

    def copy(to: int) -> None:
        nonlocal at, length
        while waiting and waiting[0][0] < to:
            start, end = waiting.pop(0)
            if start < at:
                continue
            parts.extend((text[at:start], " "))
            length += start - at
            placed.append((length, text[start:end]))
            length, at = length + 1, end
        parts.append(text[at:to])
        length, at = length + to - at, to

    for number, span in enumerate(kept):
        copy(span.start)
        sign = sentinel.write(number) if sentinel is not None else text[span.start : span.end]
        parts.append(sign)
        places.append(length)
        length, at = length + len(sign), span.end
    copy(len(text))
    return Masked(
        "".join(parts),
        tuple(text[span.start : span.end] for span in kept),
        tuple(places),
        tuple(span.kind for span in kept),
        sentinel if kept else None,
        tuple(placed),
    )


def unmask(masked: Masked, answer: str) -> str:
    """Return an answer with everything back that was masked.

    Raises:
        MaskError: a sentinel is lost, doubled, invented or broken, within a word, behind the tag that it has to stand before, or a
            link's target before its text.
    """
    spaced = _with_breaks(masked, answer)
    sentinel = masked.sentinel
    if sentinel is None:
        check_traces(masked.text, spaced)
        return spaced
    found = list(sentinel.pattern.finditer(spaced))
    numbers = [int(match[1][:9]) for match in found]
    _check_counts(masked, numbers, sentinel)
    borders = [0, *(place for match in found for place in match.span()), len(spaced)]
    between = [spaced[first:last] for first, last in zip(borders[::2], borders[1::2], strict=True)]
    check_traces(" ".join(_source_parts(masked)), " ".join(between))
    for place, number in enumerate(numbers):
        between[place], between[place + 1] = _joined(masked, number, between[place], between[place + 1])
    kept = [masked.kept[number] for number in numbers]
    if _nested(masked.kept) and not _nested(kept):
        raise MaskError("misplaced", "tags are not closed in the order in which they are opened")
    if _linked(_source_parts(masked), masked.kept) and not _linked(between, kept):
        raise MaskError("misplaced", "the target of a link stands before its text")
    return "".join([between[0], *(part for pair in zip(kept, between[1:], strict=True) for part in pair)])


def check_traces(source: str, answer: str) -> None:
    """Refuse an answer with a sentinel, or what is left of one, that its source does not have; servers write those of their prompt.

    Raises:
        MaskError: it is `invented`.
    """
    for sentinel in SENTINELS:
        found = sentinel.trace.findall(answer)
        if len(found) > len(sentinel.trace.findall(source)):
            raise MaskError("invented", f"{found[0]!r} is left of a sentinel")


def _check_counts(masked: Masked, numbers: Sequence[int], sentinel: Sentinel) -> None:
    counts = Counter(numbers)
    for number in counts:
        if number >= len(masked.kept):
            raise MaskError("invented", f"{sentinel.write(number)} stands for nothing")
    for number, original in enumerate(masked.kept):
        if counts[number] != 1:
            fault: Fault = "doubled" if counts[number] else "lost"
            raise MaskError(fault, f"{original[:80]!r} came back {counts[number]} times")


def _joined(masked: Masked, number: int, before: str, after: str) -> tuple[str, str]:
    """Return what stands around a kept span, with the spaces that it had and those that it needs.

    Raises:
        MaskError: it stands within a word.
    """
    left, right = _neighbors(masked, number)
    before, after = _tidy_before(before, left), _tidy_after(after, right)
    own_left, own_right = before[-1:], after[:1]
    if masked.kinds[number] in _FRAGILE:
        gap_left = " " if own_left.isalnum() and not left.isalnum() else ""
        gap_right = " " if own_right.isalnum() and not right.isalnum() else ""
        return before + gap_left, gap_right + after
    if _is_cased(own_left) and _is_cased(own_right) and not (left.isalnum() or right.isalnum()):
        raise MaskError("misplaced", f"{masked.kept[number][:80]!r} stands within a word")
    return before, after


def _with_breaks(masked: Masked, answer: str) -> str:
    """Put line breaks back at the spaces nearest to where they stood, as a share of the text; none where there is no space.

    No line begins with what would open a block, unless it did before.
    """
    if not masked.breaks:
        return answer
    parts: list[str] = []
    at = 0
    for place, lost in masked.breaks:
        wanted = place * len(answer) // max(len(masked.text), 1)
        exact = wanted >= at and len(answer) == len(masked.text) and answer[wanted : wanted + 1] == " "
        found = wanted if exact else _nearest_space(answer, wanted, at)
        if found is None:
            continue
        parts.extend((answer[at:found], lost))
        at = found + 1
    return "".join([*parts, answer[at:]])


def _nearest_space(answer: str, wanted: int, least: int) -> int | None:
    following, previous = answer.find(" ", max(wanted, least + 1)), answer.rfind(" ", least + 1, wanted)
    fitting = [place for place in (previous, following) if place >= 0 and not _OPENS_BLOCK.match(answer, place + 1)]
    return min(fitting, key=lambda place: abs(place - wanted), default=None)


def _source_parts(masked: Masked) -> list[str]:
    sentinel = masked.sentinel
    parts: list[str] = []
    at = 0
    for number, place in enumerate(masked.places):
        parts.append(masked.text[at:place])
        at = place + len(sentinel.write(number) if sentinel else "")
    return [*parts, masked.text[at:]]


def _neighbors(masked: Masked, number: int) -> tuple[str, str]:
    place = masked.places[number]
    end = place + len(masked.sentinel.write(number) if masked.sentinel else "")
    return masked.text[place - 1 : place] if place else "", masked.text[end : end + 1]


def _tidy_before(text: str, sign: str) -> str:
    """Take away spaces that an engine put between a bracket or quotation mark and what followed it."""
    bare = text.rstrip(" ")
    glued = sign and not sign.isspace() and not sign.isalnum() and bare.endswith(sign)
    return bare if glued else text


def _tidy_after(text: str, sign: str) -> str:
    bare = text.lstrip(" ")
    glued = sign and not sign.isspace() and not sign.isalnum() and bare.startswith(sign)
    return bare if glued else text


def _is_cased(sign: str) -> bool:
    return sign.lower() != sign.upper()


def _nested(kept: Sequence[str]) -> bool:
    """Tell whether the tags among the kept spans close in the order in which they open."""
    open_tags: list[str] = []
    for span in kept:
        for match in _TAG_NAME.finditer(span) if span.startswith("<") else ():
            closes, name, empty = match[1], match[2].lower(), match[3]
            if empty or name in _VOID:
                continue
            if not closes:
                open_tags.append(name)
            elif not open_tags or open_tags.pop() != name:
                return False
    return not open_tags


def _linked(between: Sequence[str], kept: Sequence[str]) -> bool:
    """Tell whether each target of a link has the opening bracket of its text before it."""
    depth = 0
    for text, span in zip(between, kept, strict=False):
        depth += text.count("[") - text.count("]")
        if span.startswith("]"):
            if depth < 1:
                return False
            depth -= 1
    return True
