"""Documents through an engine: each request asked once, each masked span back in its place or the document refused."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, Protocol

from glotmill.core.errors import SettingsError
from glotmill.mt.backends.base import Answer, Backend, Request
from glotmill.mt.cache import Cache, Origin
from glotmill.mt.document import MAX_SEGMENT, Segment, Unit, parse
from glotmill.mt.masking import Masked, MaskError, Sentinel, check_traces, choose, mask, unmask
from glotmill.mt.pairs import Translation
from glotmill.mt.rows import NoRowError, parse_row
from glotmill.text.segment import well_formed

LostMasks = Literal["split", "reject"]
FAILURES: Final = (
    "nothing_to_translate", "not_a_row", "refused", "unfinished", "engine_error", "placeholders", "structure"
)  # fmt: skip
_AT_ONCE: Final = 512  # requests between two writes to the cache: what a killed run loses at most
_OUTAGE: Final = 8  # requests of which an engine answers none, before it counts as gone rather than troubled
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufff9-\ufffb\ud800-\udfff]")
_BY_FINISH: Final = {"length": "unfinished", "refused": "refused", "error": "engine_error"}


class Parsed(Protocol):
    """A document as segments and everything else."""

    @property
    def segments(self) -> Sequence[Segment]:
        """In order."""
        ...

    def sources(self) -> list[str]:
        """Return the text of each segment."""
        ...

    def assemble(self, translations: Sequence[str]) -> str:
        """Return the document with a translation in the place of each segment."""
        ...

    def changed(self, assembled: str) -> str | None:
        """Return the first block that is another one in a translation, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """How texts are read.

    Args:
        fields: paths of the strings that are translated in each row, where texts are rows as JSON; empty: they are
            Markdown, HTML-ish or plain text.
    """

    fields: tuple[str, ...] = ()

    def parse(self, text: str, *, unit: Unit, longest: int) -> Parsed:
        """Return a text with its segments.

        Raises:
            NoRowError: it should be a row, and is none.
        """
        if self.fields:
            return parse_row(text, fields=self.fields, unit=unit, longest=longest)
        return parse(text, unit=unit, longest=longest)


PLAIN: Final = Reading()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a document has no translation.

    Args:
        reason: of `FAILURES`.
        detail: in words, with the beginning of the segment.
        lasting: whether another try would meet it again; a server that was down is no such failure.
    """

    reason: str
    detail: str
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one document.

    Args:
        text: its translation, or None.
        failure: why there is none.
        segments: its segments and theirs, as checks read them.
        avg_logprob: mean over the segments of which the engine tells.
        asked: requests that it took, those in the cache included.
    """

    text: str | None
    failure: Failure | None
    segments: Translation
    avg_logprob: float | None
    asked: int


@dataclass(slots=True)
class Work:
    """What a translator has done since it was last asked.

    Args:
        documents: handed to it.
        segments: of them.
        requests: that they took, each time that a segment was tried again included.
        cached: requests that were in the cache, or asked for in the same batch already.
        asked: requests that the engine got.
        tokens_in: of those, as the engine counts; 0 where it does not.
        tokens_out: of its answers.
        milliseconds: that the engine took, of wall time.
    """

    documents: int = 0
    segments: int = 0
    requests: int = 0
    cached: int = 0
    asked: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    milliseconds: int = 0


@dataclass(slots=True)
class _Piece:
    """One segment on its way."""

    document: int
    segment: Segment
    source: str
    context: tuple[str, ...]
    sentinel: Sentinel | None = None
    masked: Masked | None = None
    text: str | None = None
    failure: Failure | None = None
    logprobs: list[float] = field(default_factory=list)
    asked: int = 0


class Translator:
    """Translates documents in one direction.

    Args:
        backend: open.
        cache: of the run.
        origin: who answers, for the cache.
        lost_masks: what becomes of a segment whose masked spans come back wrong with every sentinel: the text around them
            is translated by itself (`split`), or the document is refused (`reject`).
        context: how many segments before each the engine is shown.
        reading: what texts are.
    """

    def __init__(
        self,
        backend: Backend,
        cache: Cache,
        origin: Origin,
        *,
        lost_masks: LostMasks,
        context: int = 0,
        reading: Reading = PLAIN,
    ) -> None:
        self._backend, self._cache, self._origin, self._reading = backend, cache, origin, reading
        self._lost_masks, self._context = lost_masks, context
        self.work = Work()
        self._longest = min(MAX_SEGMENT, max(backend.info.max_characters * 3 // 4, 30))

    def translate(self, texts: Sequence[str]) -> list[Result]:
        """Return one result per text, in order.

        Raises:
            SettingsError: the engine is not there, or answers nothing any more; what it answered is kept.
        """
        documents = [self._parsed(text) for text in texts]
        pieces = [
            list(self._pieces(number, document)) if not isinstance(document, Failure) else []
            for number, document in enumerate(documents)
        ]
        waiting = [piece for own in pieces for piece in own]
        self.work.documents += len(texts)
        self.work.segments += len(waiting)
        for piece in waiting:
            piece.sentinel = choose(piece.source) if piece.segment.kept else None
        while waiting:
            around = [piece for piece in waiting if piece.segment.kept and piece.sentinel is None]
            whole = [piece for piece in waiting if not piece.segment.kept or piece.sentinel is not None]
            self._ask_around(around)
            waiting = self._ask(whole)
        return [self._result(document, own) for document, own in zip(documents, pieces, strict=True)]

    def close(self) -> None:
        """Close the engine."""
        self._backend.close()

    def _parsed(self, text: str) -> Parsed | Failure:
        try:
            return self._reading.parse(text, unit=self._backend.info.unit, longest=self._longest)
        except NoRowError as error:
            return Failure("not_a_row", str(error))

    def _pieces(self, number: int, document: Parsed) -> Iterator[_Piece]:
        sources = document.sources()
        for place, segment in enumerate(document.segments):
            context = tuple(sources[max(0, place - self._context) : place]) if self._context else ()
            yield _Piece(number, segment, sources[place], context)

    def _ask(self, pieces: Sequence[_Piece]) -> list[_Piece]:
        """Ask for whole segments and return those whose masks came back wrong, with their next sentinel, or none."""
        requests = []
        for piece in pieces:
            segment = piece.segment
            piece.masked = mask(piece.source, segment.kept, segment.breaks, sentinel=piece.sentinel)
            requests.append(Request(piece.masked.text, piece.context))
        again: list[_Piece] = []
        for piece, answer in zip(pieces, self._answers(requests), strict=True):
            if not self._usable(piece, answer) or piece.masked is None:
                continue
            try:
                piece.text = unmask(piece.masked, answer.text)
            except MaskError as error:
                piece.sentinel = choose(piece.source, after=piece.sentinel) if piece.sentinel else None
                if piece.sentinel is None and (self._lost_masks == "reject" or not piece.segment.kept):
                    piece.failure = Failure("placeholders", f"{error.fault}: {error}")
                else:
                    again.append(piece)
        return again

    def _ask_around(self, pieces: Sequence[_Piece]) -> None:
        """Ask for what stands between the masked spans of segments, each part by itself."""
        if self._lost_masks == "reject":
            for piece in pieces:
                piece.failure = Failure("placeholders", f"every sentinel stands in {piece.source[:80]!r}")
            return
        parts = [_parts(piece) for piece in pieces]
        requests = [Request(part.strip()) for own in parts for part in own[::2] if _has_letter(part)]
        answers = iter(self._answers(requests))
        for piece, own in zip(pieces, parts, strict=True):
            done: list[str] = []
            for place, part in enumerate(own):
                if place % 2 or not _has_letter(part):
                    done.append(part)
                    continue
                answer = next(answers)
                if self._usable(piece, answer) and _has_no_trace(piece, part, answer):
                    lead, tail = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
                    done.append(f"{lead}{answer.text.strip()}{tail}")
            if piece.failure is None:
                piece.text = "".join(done)

    def _usable(self, piece: _Piece, answer: Answer) -> bool:
        piece.asked += 1
        if answer.avg_logprob is not None:
            piece.logprobs.append(answer.avg_logprob)
        reason = _BY_FINISH.get(answer.finish)
        if reason is not None and piece.failure is None:
            piece.failure = Failure(reason, f"{answer.detail}; segment {piece.source[:60]!r}", answer.lasting)
        return reason is None

    def _answers(self, requests: Sequence[Request]) -> list[Answer]:
        """Return one answer per request; what is in the cache is not asked, what is asked twice is asked once."""
        keys = [self._origin.key(request) for request in requests]
        known = self._cache.get(keys)
        missing = {key: request for key, request in zip(keys, requests, strict=True) if key not in known}
        order = list(missing)
        self.work.requests += len(requests)
        self.work.cached += len(requests) - len(order)
        for start in range(0, len(order), _AT_ONCE):
            some = order[start : start + _AT_ONCE]
            begun = time.monotonic()
            found = [_fit(answer) for answer in self._backend.translate([missing[key] for key in some])]
            self._count(found, time.monotonic() - begun)
            if len(found) >= _OUTAGE and not any(answer.lasting for answer in found):
                engine = self._origin.engine
                raise SettingsError(f"the engine {engine} answered none of {len(found)} requests: {found[-1].detail}")
            self._cache.put(self._origin, {key: (missing[key], one) for key, one in zip(some, found, strict=True)})
            known.update(zip(some, found, strict=True))
            known.update(self._cache.get(some))  # another process may have been first, and its answer stays
        return [known[key] for key in keys]

    def _count(self, answers: Sequence[Answer], seconds: float) -> None:
        self.work.asked += len(answers)
        self.work.tokens_in += sum(answer.tokens_in for answer in answers)
        self.work.tokens_out += sum(answer.tokens_out for answer in answers)
        self.work.milliseconds += round(seconds * 1_000)

    def _result(self, document: Parsed | Failure, pieces: Sequence[_Piece]) -> Result:
        asked = sum(piece.asked for piece in pieces)
        if isinstance(document, Failure):
            return Result(None, document, Translation((), ()), None, asked)
        if not pieces:
            nothing = Failure("nothing_to_translate", "no prose: code, data or markup alone")
            return Result(None, nothing, Translation((), ()), None, asked)
        failed = next((piece.failure for piece in pieces if piece.failure is not None), None)
        if failed is not None:
            return Result(None, failed, Translation((), ()), None, asked)
        targets = tuple(piece.text or "" for piece in pieces)
        logprobs = [value for piece in pieces for value in piece.logprobs]
        mean = round(sum(logprobs) / len(logprobs), 4) if logprobs else None
        segments = Translation(tuple(piece.source for piece in pieces), targets)
        text = document.assemble(targets)
        if (changed := document.changed(text)) is not None:
            return Result(None, Failure("structure", changed), Translation((), ()), None, asked)
        return Result(text, None, segments, mean, asked)


def _fit(answer: Answer) -> Answer:
    """Return an answer that can stand in a line of text; one that cannot is an error."""
    detail = well_formed(answer.detail)
    if _UNFIT.search(answer.text):
        return replace(answer, text="", finish="error", detail="an answer with control characters")
    return answer if detail == answer.detail else replace(answer, detail=detail)


def _parts(piece: _Piece) -> list[str]:
    """Return what stands between the kept spans, and those, by turns; line breaks are spaces."""
    segment, source = piece.segment, piece.source
    for start, end in segment.breaks:
        source = f"{source[:start]}{' ' * (end - start)}{source[end:]}"
    parts: list[str] = []
    at = 0
    for span in segment.kept:
        parts.extend((source[at : span.start], piece.source[span.start : span.end]))
        at = span.end
    return [*parts, source[at:]]


def _has_no_trace(piece: _Piece, part: str, answer: Answer) -> bool:
    try:
        check_traces(part, answer.text)
    except MaskError as error:
        piece.failure = piece.failure or Failure("placeholders", f"{error.fault}: {error}")
        return False
    return True


def _has_letter(text: str) -> bool:
    return any(sign.isalpha() for sign in text)
