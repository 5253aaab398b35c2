"""`gate`: is a page worth extracting for the recipe's languages? Asked before anything builds its tree."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Final, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from glotmill.core.arrow import booleans, optional_texts, strings, utf8
from glotmill.core.models import MODELS_FILE
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Scope, Spec
from glotmill.stages.gate_audit import BREACH, NO_TARGET, STRATA, Audit, AuditSpec, reasons
from glotmill.stages.hints import hints, nats
from glotmill.stages.identifiers import Identifiers, labels_of, own_files, own_languages
from glotmill.text.identification import word_table
from glotmill.text.identification.base import Guesses, Identifier
from glotmill.text.identification.blocks import BlockFinder, Blocks
from glotmill.text.identification.extension import extended_words
from glotmill.text.identification.fasttext import MAX_CHARACTERS
from glotmill.text.identification.opening import model_names, open_identifiers
from glotmill.text.rules import language_path, read_language
from glotmill.text.scan import scan_words
from glotmill.text.tags import matches
from glotmill.text.visible import VisibleText, visible

# All in nats. Calibrated on the Debian handbook and the prose for calibration, docs/decisions/0018-gate.md.
_BASE: Final = 3.0  # of the bound, before it grows with targets and words
_DOUBT: Final = 5.0  # below the bound, where lines are identified
_LEAST: Final = 4.0  # whatever hints say, two words have to
_PIECE: Final = 120  # characters of whole lines that are identified at once, at least
_LONGEST_PIECE: Final = 400
_PIECES: Final = 12  # of a block


class GateSpec(Spec):
    """Drops a page in which no block of text speaks for one of the recipe's languages.

    The visible text, menus and footers included, is read by its words; of each target the best contiguous block counts,
    whatever surrounds it. A page passes where the block's log-likelihood ratio reaches the bound: 3 + ln(targets) +
    ln(words), so that more targets and longer pages need more evidence. Somewhat below the bound, and for
    languages of which the table has hardly a word, the lines of the block are identified one by one. What the page says
    of its language without its text (`<html lang>`, `hreflang`, `Content-Language`, top-level domain, `/eu/`, `lang=eu`)
    lowers the bound and never raises it; the step has no state, so that the history of a host counts for nothing.

    What the gate cannot judge it passes: pages without `html`, beyond `max_bytes`, or with too few letters, and blocks that no
    language claims where a target's language is unknown to the identifier of lines.

    Args:
        identifier: of lines, as in `identify`; blocks are always found by the table of words.
        min_score: probability of a target that lets a line pass; where a language's file asks less of the identifier
            (`identification`), that counts.
        min_letters: letters that a page must have to be judged.
        max_bytes: bytes of the decoded page, in UTF-8, that are read at most.
        max_characters: of the visible text of a page; of a longer one its beginning is read and windows over the rest.
        audit: some rejects are extracted and identified by another model, to know what the gate loses. They are dropped all
            the same; the manifest states an estimate and a bound per language. None audits nothing.
    """

    kind: Literal["gate"]
    identifier: Identifiers = ("words", "ngrams")
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.3
    min_letters: Annotated[int, Field(ge=1)] = 60
    max_bytes: Annotated[int, Field(ge=1)] = 5_000_000
    max_characters: Annotated[int, Field(ge=1_000)] = 24_000
    audit: AuditSpec | None = None

    @model_validator(mode="after")
    def _audited_by_another(self) -> Self:
        if self.audit is not None and self.audit.model in self.identifier:
            raise ValueError("`audit.model` is the gate's own `identifier`: none finds its own mistakes")
        return self

    def files(self, scope: Scope) -> tuple[str, ...]:
        registry = (MODELS_FILE,) if self.models() else ()
        # Blocks are found by words, whoever is asked of lines.
        owns = own_files(("words", *self.identifier), scope)
        return (*registry, *(f"{language_path(tag)}?" for tag in scope.languages), *owns)

    def models(self) -> tuple[str, ...]:
        return (*model_names(self.identifier), *([self.audit.model] if self.audit else []))

    def contract(self, resources: Resources) -> Contract:
        for name in self.identifier:
            labels_of(name, resources)
        if self.audit is None:
            return Contract(fields("html", "url", "http_headers"), fields(), frozenset({NO_TARGET}))
        self.audit.check(resources)
        given = reasons(resources.scope.languages)
        return Contract(fields("doc_id", "html", "url", "http_headers"), fields(), given)

    def build(self, resources: Resources) -> "Gate":
        targets = resources.scope.languages
        owns = own_languages(resources)
        table = word_table.shipped()
        finder = BlockFinder(targets, extended_words(table, owns) if owns else table)
        identifier = open_identifiers(self.identifier, resources.models, max_characters=MAX_CHARACTERS, owns=owns)
        known = None
        if self.identifier == ("words",):
            # Of what the table does not know it cannot be asked a second time.
            known = {tag for tag, mode in zip(targets, finder.modes, strict=True) if mode != "unclaimed"}
        judge = LineJudge(identifier, targets, self._bounds(resources), known)
        return Gate(self, finder, judge, self.audit.build(resources) if self.audit else None)

    def _bounds(self, resources: Resources) -> Mapping[str, float]:
        """Return the score that each target asks of a line."""
        found = {}
        for tag in resources.scope.languages:
            language = read_language(tag, resources.files)
            own = [language.identification.get(name) for name in self.identifier] if language else []
            found[tag] = min((self.min_score, *(one.min_score for one in own if one)))
        return found


class LineJudge:
    """Says whether any line of a block is in its target language.

    Args:
        identifier: of lines.
        targets: canonical tags.
        bounds: for each, the score that counts.
        known: those of the targets that the identifier can tell; None where that are all that it has a label for.
    """

    def __init__(
        self,
        identifier: Identifier,
        targets: Sequence[str],
        bounds: Mapping[str, float],
        known: Collection[str] | None = None,
    ) -> None:
        self._identifier = identifier
        self._bounds = np.array([bounds[tag] for tag in targets], np.float64)
        self._means = np.zeros((len(targets), len(identifier.labels) + 1), np.bool_)  # -1 is the last, no label
        for row, tag in enumerate(targets):
            for position, label in enumerate(identifier.labels):
                self._means[row, position] = (known is None or tag in known) and matches(label, tag)
        self.knows: tuple[bool, ...] = tuple(bool(row.any()) for row in self._means)

    def guesses(self, texts: Sequence[str]) -> Guesses:
        """Return what the identifier says of lines."""
        return self._identifier.identify(texts)

    def speaks(self, guesses: Guesses, lines: slice, target: int) -> bool:
        """Tell whether some of the lines are in a target, by its position."""
        fits = self._means[target][guesses.labels[lines]] & (guesses.scores[lines] >= self._bounds[target])
        return bool(fits.any())


class Gate:
    """The step; built by `GateSpec`."""

    def __init__(self, spec: GateSpec, finder: BlockFinder, judge: LineJudge, audit: Audit | None) -> None:
        self._spec = spec
        self._audit = audit
        self._finder = finder
        self._judge = judge
        self._question = np.array([mode == "unclaimed" for mode in finder.modes], np.bool_)
        self._fixed = _BASE + math.log(max(finder.independent, 1))

    def __call__(self, batch: Batch) -> Outcome:
        if not self._finder.targets:
            return Outcome(batch)
        data, starts, ends = utf8(batch.column("html"))
        readable = ends - starts <= self._spec.max_bytes
        page = visible(data, starts, np.where(readable, ends, starts))
        text = page.excerpt(self._spec.max_characters).normalized()
        found = scan_words(text.points, text.origins, by_script=self._finder.by_script)
        blocks = self._finder.find(found)
        letters = np.zeros(len(text), np.int64)
        owner = np.repeat(np.arange(len(text)), np.diff(found.bounds))
        np.add.at(letters, owner[found.alphabetic], found.bases[found.alphabetic])
        judged = letters >= self._spec.min_letters
        bounds = self._fixed + np.log(np.maximum(blocks.words, 1))
        passed = ~judged | ((blocks.evidence >= bounds[:, None]) & ~self._question).any(axis=1)
        left = np.flatnonzero(~passed)
        details: list[str | None] = [None] * len(batch)
        for row, detail in zip(left.tolist(), self._second_look(batch, text, blocks, bounds, left), strict=True):
            details[row] = detail
        if self._audit is not None and any(details):
            return self._audited(self._audit, batch, details)
        return Outcome(batch, strings(detail and NO_TARGET for detail in details), strings(details))

    @property
    def finder(self) -> BlockFinder:
        """What finds the blocks, for those who want to know how large one is."""
        return self._finder

    def close(self) -> None:
        """End the audit's child process."""
        if self._audit is not None:
            self._audit.close()

    def _audited(self, audit: Audit, batch: Batch, details: list[str | None]) -> Outcome:
        """Return the outcome of a batch of which some rejects go the full way."""
        rejects = [row for row, detail in enumerate(details) if detail]
        part = batch.take(np.array(rejects, np.int64))
        columns = (optional_texts(part.column(name)) for name in ("doc_id", "html", "url", "http_headers"))
        given: list[str | None] = [None] * len(batch)
        chosen: list[int] = []
        strata: dict[int, str] = {}
        for row, doc_id, html, url, headers in zip(rejects, *columns, strict=True):
            strata[row] = STRATA[bool(hints(html or "", url, headers, self._finder.targets))]
            given[row] = f"{NO_TARGET}{strata[row]}"
            if audit.chosen(doc_id or ""):
                chosen.append(row)
        if not chosen:
            return Outcome(batch, strings(given), strings(details))
        breaches = np.zeros(len(batch), np.bool_)
        texts: list[str | None] = [None] * len(batch)
        if "text" in batch.rows.schema.names:
            texts = optional_texts(batch.column("text"))
        for row, verdict in zip(chosen, audit.judge(batch.take(np.array(chosen, np.int64))), strict=True):
            given[row] = f"{verdict.reason}{strata[row]}"
            details[row] = f"{verdict.detail}; {details[row]}"
            breaches[row] = verdict.reason == BREACH
            texts[row] = verdict.text  # all these rows are dropped; the ledger keeps how their text begins
        rows = batch.with_columns({"text": strings(texts)})
        return Outcome(rows, strings(given), strings(details), quarantined=booleans(breaches))

    def _second_look(
        self,
        batch: Batch,
        text: VisibleText,
        blocks: Blocks,
        bounds: npt.NDArray[np.float64],
        rows: npt.NDArray[np.int64],
    ) -> list[str | None]:
        """Return why each of these rows is refused, or None, after hints and lines were asked."""
        evidence = self._hinted(batch, blocks, rows)
        lacking = bounds[rows, None] - evidence
        clear = [bool(row.any()) for row in ((lacking <= 0) & ~self._question)]
        doubtful = np.where(self._question, lacking <= 0, lacking <= _DOUBT) & (blocks.evidence[rows] > 0)
        pieces: list[str] = []
        asked: list[tuple[int, int, slice]] = []
        for place, target in np.argwhere(doubtful).tolist():
            if clear[place]:
                continue
            if not self._judge.knows[target]:
                if self._question[target]:
                    clear[place] = True  # nobody can say what it is
                continue
            row = int(rows[place])
            lines = _lines(text.text_of(row), int(blocks.starts[row, target]), int(blocks.ends[row, target]))
            asked.append((place, target, slice(len(pieces), len(pieces) + len(lines))))
            pieces += lines
        if pieces:
            guesses = self._judge.guesses(pieces)
            for place, target, lines_of in asked:
                clear[place] = clear[place] or self._judge.speaks(guesses, lines_of, target)
        return [
            None
            if clear[place]
            else self._detail(blocks, int(rows[place]), evidence[place], float(bounds[rows[place]]))
            for place in range(len(rows))
        ]

    def _hinted(self, batch: Batch, blocks: Blocks, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the evidence of rows with what their hints add where there is some evidence."""
        evidence = blocks.evidence[rows].copy()
        some = rows[(evidence >= _LEAST).any(axis=1)]
        if not len(some):
            return evidence
        part = batch.take(some)
        columns = (optional_texts(part.column(name)) for name in ("html", "url", "http_headers"))
        places = np.searchsorted(rows, some).tolist()
        for place, html, url, headers in zip(places, *columns, strict=True):
            for tag, names in hints(html or "", url, headers, self._finder.targets).items():
                target = self._finder.targets.index(tag)
                if evidence[place, target] >= _LEAST:
                    evidence[place, target] += nats(names)
        return evidence

    def _detail(self, blocks: Blocks, row: int, evidence: npt.NDArray[np.float64], bound: float) -> str:
        best = int(evidence.argmax())
        label = int(blocks.labels[row])
        instead = self._finder.records[label].tag if label >= 0 else "no known language"
        if not evidence[best]:
            return f"{instead}; no word of a target among {blocks.words[row]}"
        return f"{instead}; {self._finder.targets[best]} {evidence[best]:.1f} < {bound:.1f} nats"


def _lines(text: str, start: int, end: int) -> list[str]:
    """Return the whole lines around a block, short ones joined and long ones cut."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    found: list[str] = []
    for line in text[first : len(text) if last < 0 else last].split("\n"):
        if found and len(found[-1]) < _PIECE:
            found[-1] = f"{found[-1]} {line}"
        else:
            found.append(line)
    cut = [piece[at : at + _LONGEST_PIECE] for piece in found for at in range(0, len(piece), _LONGEST_PIECE)]
    return cut if len(cut) <= _PIECES else [cut[number * len(cut) // _PIECES] for number in range(_PIECES)]
