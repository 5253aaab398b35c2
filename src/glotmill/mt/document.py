"""A document as the segments that are translated and everything else, which comes back byte for byte."""

import bisect
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from glotmill.mt.blocks import PROSE, Block, blocks
from glotmill.mt.masking import BLOCK_TAG, SHAPING, Span, code_spans, spans
from glotmill.text import segment as words

Unit = Literal["sentence", "block"]
MAX_SEGMENT: Final = 1_000  # characters; a longer sentence is cut at the end of a clause, a word at worst

# What ends a part of a block: controls, line and paragraph separators, halves of surrogate pairs, and tags of blocks.
_CUT = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufff9-\ufffb\ud800-\udfff]+|{BLOCK_TAG}", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[,;:،؛、，；：…—–)\]]\s|[、，；：]")
_ABBREVIATION = re.compile(r"(?:^|[\s(\[\"'«“])\w{1,3}\.\s*$")
_BAR = re.compile(r"(?<!\\)\|")
_CLOSING = re.compile(r"[*_~]{1,4}(?:\s+|$)")
_LINK_OPENS = re.compile(r"!?\[")
_PAIR = re.compile(r"(?:\*{1,3}|_{1,3}|~~|==)")


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a document that is translated by itself: a sentence, or a whole block.

    Args:
        kind: of its block.
        start: in the document.
        end: in the document.
        kept: spans in it that must come back unchanged, counted from its start.
        breaks: line breaks in it that mean a space, counted from its start.
    """

    kind: str
    start: int
    end: int
    kept: tuple[Span, ...]
    breaks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document.

    Args:
        text: as it was given.
        segments: in order, without overlaps.
        frame: what its blocks are, and the text of those that stay, in order.
    """

    text: str
    segments: tuple[Segment, ...]
    frame: tuple[str, ...]

    def source(self, segment: Segment) -> str:
        """Return the text of one of its segments."""
        return self.text[segment.start : segment.end]

    def sources(self) -> list[str]:
        """Return the text of each segment."""
        return [self.source(segment) for segment in self.segments]

    def assemble(self, translations: Sequence[str]) -> str:
        """Return the document with a translation in the place of each segment; everything else is as it was.

        Raises:
            ValueError: there are more or fewer translations than segments.
        """
        parts: list[str] = []
        at = 0
        for segment, translation in zip(self.segments, translations, strict=True):
            own = translation if translation == self.source(segment) else fitted(translation, segment.kind)
            parts.extend((self.text[at : segment.start], own))
            at = segment.end
        return "".join([*parts, self.text[at:]])

    def changed(self, assembled: str) -> str | None:
        """Return the first block that is another one in a translation, or None: what an answer opens swallows what follows it."""
        found = _frame(assembled, blocks(assembled))
        if found == self.frame:
            return None
        for own, other in itertools.zip_longest(self.frame, found):
            if own != other:
                return f"{(own or 'nothing')[:60]!r} became {(other or 'nothing')[:60]!r}"
        return None


def _frame(text: str, found: Sequence[Block]) -> tuple[str, ...]:
    """Return the kind and text of what stays, and the kind of what is translated; paragraphs in a row are one."""
    parts = [block.kind if block.kind in PROSE else f"{block.kind} {text[block.start : block.end]}" for block in found]
    return tuple(part for part, _ in itertools.groupby(parts))


def fitted(translation: str, kind: str) -> str:
    """Return a translation as it can stand in its block: a bar that would end the cell of a table is escaped."""
    if kind != "cell" or "|" not in translation:
        return translation
    parts: list[str] = []
    at = 0
    for start, end in [*code_spans(translation), (len(translation), len(translation))]:
        parts.extend((_BAR.sub(r"\\|", translation[at:start]), translation[start:end]))
        at = end
    return "".join(parts)


def parse(text: str, *, unit: Unit, longest: int = MAX_SEGMENT, kept: Sequence[tuple[int, int]] = ()) -> Document:
    """Return a document with its segments.

    In time that grows with its length: 4 s for 10 MB of prose.

    Args:
        text: Markdown, HTML-ish or plain text; every string is one, the empty one has no segments.
        unit: what a segment is. A block longer than a segment may be is segments of several sentences.
        longest: characters of a segment, of which masks may take more when they are sent.
        kept: stretches in order, from their first line to their last, that stay, whatever they look like.
    """
    found: list[Segment] = []
    own = blocks(text)
    for block in own:
        if block.kind in PROSE and not _within(kept, block):
            found += _segments(text, block, unit, longest)
    return Document(text, tuple(found), _frame(text, own))


def _within(kept: Sequence[tuple[int, int]], block: Block) -> bool:
    place = bisect.bisect_right(kept, block.start, key=lambda stretch: stretch[0]) - 1
    return place >= 0 and block.start < kept[place][1]


def _segments(text: str, block: Block, unit: Unit, longest: int) -> Iterator[Segment]:
    body = text[block.start : block.end]
    breaks = [(start - block.start, end - block.start) for start, end in block.breaks]
    starts = [start for start, _ in breaks]
    flat = _flattened(body, breaks)
    kept = spans(flat)
    bounds = [(start, *_between(kept, start, end), end) for start, end in _parts(flat, kept)]
    for start, first, last, end in bounds:
        inside = kept[first:last]
        for begin, stop in _pieces(flat, start, end, inside, unit=unit, longest=longest):
            low, high = _between(inside, begin, stop)
            found = _trimmed(flat, begin, stop, inside[low:high])
            if found is None:
                continue
            begin_text, end_text, own = found
            within = breaks[bisect.bisect_right(starts, begin_text) : bisect.bisect_left(starts, end_text)]
            yield Segment(
                block.kind,
                block.start + begin_text,
                block.start + end_text,
                tuple(Span(span.kind, span.start - begin_text, span.end - begin_text) for span in own),
                tuple((one - begin_text, two - begin_text) for one, two in within if two < end_text),
            )


def _between(kept: Sequence[Span], start: int, end: int) -> tuple[int, int]:
    """Return the places of the first span from a start on, and of the first from an end on."""
    low = bisect.bisect_left(kept, start, key=lambda span: span.start)
    return low, bisect.bisect_left(kept, end, lo=low, key=lambda span: span.start)


def _flattened(body: str, breaks: Sequence[tuple[int, int]]) -> str:
    """Return the block with spaces for the line breaks in its sentences, of the same length."""
    parts: list[str] = []
    at = 0
    for start, end in breaks:
        parts.extend((body[at:start], " " * (end - start)))
        at = end
    return "".join([*parts, body[at:]])


def _parts(flat: str, kept: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Yield the parts of a block between controls and tags of blocks; what is kept is not cut."""
    place = at = 0
    for match in _CUT.finditer(flat):
        while place < len(kept) and kept[place].end <= match.start():
            place += 1
        start = match.start()
        if place < len(kept) and kept[place].start < match.end():
            if match[0].startswith("<") or kept[place].end >= match.end():
                continue
            start = kept[place].end  # controls of which what is kept has the first
        yield at, start
        at = match.end()
    yield at, len(flat)


def _pieces(
    flat: str, start: int, end: int, kept: Sequence[Span], *, unit: Unit, longest: int
) -> Iterator[tuple[int, int]]:
    """Yield the sentences of a part, or the part; what is longer than a segment can be is cut."""
    if end <= start:
        return
    if unit == "block" and end - start <= longest:
        yield start, end
        return
    begin = start
    for piece_start, piece_end in _sentences(flat, start, end, kept, longest):
        if unit == "block":  # as many sentences as there is room for
            if piece_end - begin > longest and piece_start > begin:
                yield from _cut(flat, begin, piece_start, kept, longest)
                begin = piece_start
        else:
            yield from _cut(flat, piece_start, piece_end, kept, longest)
            begin = piece_end
    if begin < end:
        yield from _cut(flat, begin, end, kept, longest)


def _sentences(flat: str, start: int, end: int, kept: Sequence[Span], longest: int) -> Iterator[tuple[int, int]]:
    """Yield sentences; none ends within what is kept, or at a short word with a full stop, which may be an abbreviation."""
    hidden = _hidden(flat, start, end, kept)
    begin = at = start
    for sentence in words.sentences(hidden):
        at += len(sentence)
        if at < end and at - begin < longest and _ABBREVIATION.search(sentence[-8:]):
            continue
        closing = _CLOSING.match(hidden, at - start)  # emphasis that closes behind the full stop
        close = start + closing.end() if closing else at
        if close > begin:
            yield begin, close
            begin = close
    if begin < end:
        yield begin, end


def _hidden(flat: str, start: int, end: int, kept: Sequence[Span]) -> str:
    parts: list[str] = []
    at = start
    for span in kept:
        parts.extend((flat[at : span.start], "\ufffc" * (min(span.end, end) - span.start)))
        at = min(span.end, end)
    return "".join([*parts, flat[at:end]])


def _cut(flat: str, start: int, end: int, kept: Sequence[Span], longest: int) -> Iterator[tuple[int, int]]:
    while end - start > longest:
        place = _cutting_place(flat, start, kept, longest)
        yield start, place
        start = place
    yield start, end


def _cutting_place(flat: str, start: int, kept: Sequence[Span], longest: int) -> int:
    least, most = start + longest // 2, start + longest
    low, high = _between(kept, least, most)
    holding = kept[high - 1] if high and kept[high - 1].end > most else None
    if holding is not None:  # cut before a kept span, or behind one that alone is too long
        return holding.start if holding.start > start else holding.end
    window = _hidden(flat, least, most, kept[low:high])
    clauses = [match.end() for match in _CLAUSE_END.finditer(window)]
    if clauses:
        return least + clauses[-1]
    space = window.rfind(" ")
    if space >= 0:
        return least + space + 1
    last = words.pieces(words.well_formed(window))[-1]  # a script without spaces: before the last, perhaps half, word
    return most - len(last) if len(last) < len(window) else most


def _trimmed(flat: str, start: int, end: int, kept: Sequence[Span]) -> tuple[int, int, Sequence[Span]] | None:
    """Take white space, tags and paired emphasis off the edges; None where no letter is left to translate."""
    own = list(kept)
    changed = True
    while changed and start < end:
        before = start, end
        while start < end and flat[start].isspace():
            start += 1
        while start < end and flat[end - 1].isspace():
            end -= 1
        if own and own[0].kind in SHAPING and own[0].start == start and own[0].end <= end and flat[start] != "]":
            start = own.pop(0).end
        if own and own[-1].kind in SHAPING and own[-1].end == end and own[-1].start >= start:
            if flat[own[-1].start] != "]":
                end = own.pop().start
            elif (opens := _LINK_OPENS.match(flat, start, end)) and "[" not in flat[opens.end() : own[-1].start]:
                start, end = opens.end(), own.pop().start
        mark = _PAIR.match(flat, start, end)
        if mark and end - start > 2 * len(mark[0]) and flat.endswith(mark[0], start + len(mark[0]), end):
            first, last = mark.end(), end - len(mark[0])
            held = bool(own) and (own[0].start < first or own[-1].end > last)  # `_Node.js`: the mark is part of a name
            if mark[0] not in flat[first:last] and not held:
                start, end = first, last
        changed = (start, end) != before
    return (start, end, own) if _has_letters(flat, start, end, own) else None


def _has_letters(flat: str, start: int, end: int, kept: Sequence[Span]) -> bool:
    at = start
    for span in kept:
        if any(sign.isalpha() for sign in flat[at : span.start]):
            return True
        at = span.end
    return any(sign.isalpha() for sign in flat[at:end])
