"""The documents of a training recipe: read from its sources, taken through its steps, counted, and picked by hash."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

import idna
import numpy as np
import pyarrow as pa
import xxhash

from glotmill.core.arrow import optional_texts, pylist
from glotmill.core.errors import RecipeError
from glotmill.core.inputs import SourceSpec
from glotmill.core.steps import Batch, MapStep, Outcome
from glotmill.dedup import tombstones
from glotmill.dedup.learnable import not_native
from glotmill.dedup.tombstones import Tombstones
from glotmill.io.sharding import freeze_inputs
from glotmill.licensing.domains import domain_of
from glotmill.plan.training import ROLES, Role, TrainingPlan
from glotmill.provenance.labels import LABELS
from glotmill.provenance.ledger import removal_mask
from glotmill.run.apply import run_step
from glotmill.text.tags import canonical

_SLICE = 64 << 20  # bytes of input read at a time
_BATCH = 1000
_MOST_CHARACTERS: Final = 500_000_000  # held of a source and language: two gigabytes where every one takes four bytes
_MOST_NAME: Final = 100  # characters of a license, genre or variety: a row can say anything
# Columns that steps may give, from plugins too, and what the card calls what they say.
_KINDS: Final = {"genre": ("genre", "register"), "variety": ("variety", "dialect")}
Watch = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Document:
    """A document to learn from, or of the crawl.

    Args:
        text: as the steps left it.
        language: canonical tag.
        domain: registered domain of its address, or `source:` and the name of its source where it has none.
        host: of its address, in the letters that people read, or "".
        of: its source.
        license: as the row claims it, or as `permit` decided; "" where nothing is said.
        genre: as a column of a step says it, or the source's manifest; "" where neither does.
        variety: of the language, the same way.
        labels: that a step `label` gave.
    """

    text: str
    language: str
    domain: str
    host: str
    of: str
    license: str
    genre: str = ""
    variety: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceCount:
    """What became of the rows of a source.

    Args:
        of: its name.
        read: rows.
        refused: reason -> rows.
        digest: over names and digests of its files.
    """

    of: str
    read: int
    refused: Mapping[str, int]
    digest: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """All documents by role, and what was left out where."""

    documents: Mapping[Role, tuple[Document, ...]]
    counts: tuple[SourceCount, ...]


def gather(plan: TrainingPlan, bindings: Mapping[str, str], models: Mapping[str, Path], *, watch: Watch) -> Gathered:
    """Read every source and take its rows through the steps.

    Raises:
        DataError: a location holds nothing of its source's kind, or a file is not what it should be.
    """
    steps = [cast(MapStep, spec.build(plan.resources(index, models))) for index, (spec, _, _) in enumerate(plan.steps)]
    try:
        documents: dict[Role, tuple[Document, ...]] = {}
        counts: list[SourceCount] = []
        taken_down = tombstones.parsed(plan.files.get(tombstones.PROJECT_FILE, ""))
        for role in ROLES:
            found: list[Document] = []
            for source in plan.sources[role]:
                reading = _Reading(plan, role, source, steps, taken_down)
                own, count = reading.read(bindings[source.of], watch)
                found += own
                counts.append(count)
            documents[role] = tuple(found)
        return Gathered(documents, tuple(counts))
    finally:
        for step in steps:
            close = getattr(step, "close", None)
            if close is not None:
                close()


@dataclass(slots=True)
class _Sample:
    """The documents with the smallest hashes of their texts, in the order in which they came; bounded in characters too."""

    most: int
    seed: int
    heap: list[tuple[int, int, Document]] = field(default_factory=list)
    seen: int = 0
    characters: int = 0
    least: int | None = None  # hash from which on nothing is held, negative as in the heap

    def add(self, document: Document) -> None:
        key = xxhash.xxh3_64_intdigest(document.text.encode("utf-8", "surrogatepass"), seed=self.seed)
        self.seen += 1
        if self.least is not None and -key <= self.least:
            return
        heapq.heappush(self.heap, (-key, -self.seen, document))
        self.characters += len(document.text)
        # What goes sets the bound: a smaller document that comes later is not held in the place of a larger one.
        while len(self.heap) > self.most or (self.characters > _MOST_CHARACTERS and len(self.heap) > 1):
            self.least, _, gone = heapq.heappop(self.heap)
            self.characters -= len(gone.text)

    def documents(self) -> list[tuple[int, Document]]:
        return [(-number, document) for _, number, document in self.heap]


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the rows of a source are read for a role."""

    plan: TrainingPlan
    role: Role
    source: SourceSpec
    steps: Sequence[MapStep]
    taken_down: Tombstones

    def read(self, location: str, watch: Watch) -> tuple[list[Document], SourceCount]:
        files = freeze_inputs(self.source, location).files
        refused: Counter[str] = Counter()
        # One sample per language: a thousandth of a source is too little where it is drawn with the rest.
        samples = {tag: _Sample(self.plan.head.most_documents, self.plan.head.seed) for tag in self.plan.languages}
        read = kept = 0
        parts = (part for file in files for part in self.source.split(file, _SLICE))
        for piece in (piece for part in parts for outcome in self.source.read(part) for piece in _pieces(outcome)):
            read += len(piece.batch)
            for document in self._documents(self._stepped(piece, refused), refused):
                samples[document.language].add(document)
                kept += 1
            watch(self.source.of, read)
        found = [entry for sample in samples.values() for entry in sample.documents()]
        if kept > len(found):
            refused["more_than_most_documents"] += kept - len(found)
        listed = "\n".join(f"{file.name} {file.digest}" for file in files)
        digest = f"xxh3:{xxhash.xxh3_128_hexdigest(listed.encode())}"
        ordered = sorted(found, key=lambda entry: (self.plan.languages.index(entry[1].language), entry[0]))
        count = SourceCount(self.source.of, read, dict(sorted(refused.items())), digest)
        return [document for _, document in ordered], count

    def _stepped(self, piece: Outcome, refused: Counter[str]) -> Batch:
        """Take rows through the steps; what was taken down goes, by its id and address before any of them, by its text behind each."""
        if self.taken_down:
            rows = piece.batch.rows
            verdicts = tombstones.first(self.taken_down.records(rows), self.taken_down.texts(rows))
            piece = tombstones.refused(piece, verdicts)
        batch = _kept(piece, refused)
        for (spec, contract, _), step in zip(self.plan.steps, self.steps, strict=True):
            if not len(batch):
                break
            outcome = run_step(spec, step, batch, poisoned={}, provides=contract.provides)
            if self.taken_down:
                outcome = tombstones.refused(outcome, self.taken_down.texts(outcome.batch.rows))
            batch = _kept(outcome, refused)
        return batch

    def _documents(self, rows: Batch, refused: Counter[str]) -> Iterator[Document]:
        if not len(rows):
            return
        of, manifest = self.source.of, self.plan.manifests[self.source.of]
        languages, urls, licenses, origins = (
            optional_texts(rows.column(name)) for name in ("language", "url", "license", "origin")
        )
        genres, varieties = (_said(rows, names) for names in _KINDS.values())
        labels = pylist(rows.column(LABELS)) if LABELS in rows.rows.schema.names else [None] * len(rows)
        for row, text in enumerate(rows.texts()):
            language = _language(languages[row])
            why = not_native(origins[row]) if self.role == "positives" else None
            if not text.strip():
                refused["no_text"] += 1
            elif language not in self.plan.languages:
                refused["no_language" if languages[row] is None else "other_language"] += 1
            elif why is not None:
                refused[why] += 1
            else:
                yield Document(
                    text,
                    language,
                    domain_of(urls[row]) or f"source:{of}",
                    _host(urls[row]),
                    of,
                    (licenses[row] or "")[:_MOST_NAME],
                    (genres[row] or manifest.genre or "")[:_MOST_NAME],
                    (varieties[row] or manifest.variety or "")[:_MOST_NAME],
                    tuple(labels[row] or ()),
                )


def _pieces(outcome: Outcome) -> Iterator[Outcome]:
    for start in range(0, len(outcome.batch), _BATCH):
        rows = Batch(outcome.batch.rows.slice(start, _BATCH))
        yield Outcome(rows, None if outcome.reasons is None else outcome.reasons.slice(start, _BATCH))


def _kept(outcome: Outcome, refused: Counter[str]) -> Batch:
    """Return the rows without a reason, and count the reasons of the others into `refused`."""
    if outcome.reasons is None:
        return outcome.batch
    gone = removal_mask(outcome)
    refused.update(reason for reason in optional_texts(outcome.reasons) if reason)
    return outcome.batch.take(np.flatnonzero(~gone).astype(np.int64)) if gone.any() else outcome.batch


def _said(rows: Batch, names: Sequence[str]) -> Sequence[str | None]:
    """Return what the first of some columns of strings that is there says of each row."""
    strings = {field.name for field in rows.rows.schema if field.type == pa.string()}
    name = next((name for name in names if name in strings), None)
    return [None] * len(rows) if name is None else optional_texts(rows.column(name))


def _language(claimed: str | None) -> str:
    try:
        return canonical(claimed) if claimed else ""
    except RecipeError:
        return ""


def _host(url: str | None) -> str:
    try:
        host = urlsplit(url or "").hostname or ""
        return idna.decode(host.encode("ascii")) if "xn--" in host else host
    except (ValueError, UnicodeError):  # idna's own errors are UnicodeErrors
        return ""
