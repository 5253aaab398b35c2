"""The documents of a training recipe: read from its sources, taken through its steps, counted, and picked by hash."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import numpy as np
import xxhash

from glotmill.core.arrow import optional_texts
from glotmill.core.errors import RecipeError
from glotmill.core.inputs import SourceSpec
from glotmill.core.steps import Batch, MapStep, Outcome
from glotmill.io.sharding import freeze_inputs
from glotmill.licensing.domains import registered_domain
from glotmill.plan.training import ROLES, Role, TrainingPlan
from glotmill.provenance.ledger import removal_mask
from glotmill.run.apply import run_step
from glotmill.text.tags import canonical

_SLICE = 64 << 20  # bytes of input read at a time
_BATCH = 1000
Watch = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Document:
    """A document to learn from, or of the crawl.

    Args:
        text: as the steps left it.
        language: canonical tag.
        domain: registered domain of its address, or `source:` and the name of its source where it has none.
        host: of its address, or "".
        of: its source.
        license: as the row claims it, or as `permit` decided; "" where nothing is said.
    """

    text: str
    language: str
    domain: str
    host: str
    of: str
    license: str


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
        for role in ROLES:
            found: list[Document] = []
            for source in plan.sources[role]:
                own, count = _read(plan, source, bindings[source.of], steps, watch)
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
    """The documents with the smallest hashes of their texts, in the order in which they came."""

    most: int
    seed: int
    heap: list[tuple[int, int, Document]] = field(default_factory=list)
    seen: int = 0

    def add(self, document: Document) -> None:
        key = xxhash.xxh3_64_intdigest(document.text.encode("utf-8", "surrogatepass"), seed=self.seed)
        entry = (-key, -self.seen, document)
        self.seen += 1
        if len(self.heap) < self.most:
            heapq.heappush(self.heap, entry)
        else:
            heapq.heappushpop(self.heap, entry)

    def documents(self) -> list[Document]:
        return [document for _, _, document in sorted(self.heap, key=lambda entry: -entry[1])]


def _read(
    plan: TrainingPlan, source: SourceSpec, location: str, steps: Sequence[MapStep], watch: Watch
) -> tuple[list[Document], SourceCount]:
    files = freeze_inputs(source, location).files
    refused: Counter[str] = Counter()
    sample = _Sample(plan.head.most_documents, plan.head.seed)
    read = 0
    for outcome in (outcome for file in files for part in source.split(file, _SLICE) for outcome in source.read(part)):
        for piece in _pieces(outcome):
            read += len(piece.batch)
            rows = _kept(piece, refused)
            for (spec, contract, _), step in zip(plan.steps, steps, strict=True):
                if len(rows):
                    rows = _kept(run_step(spec, step, rows, poisoned={}, provides=contract.provides), refused)
            for document in _documents(rows, source.of, plan.languages, refused):
                sample.add(document)
            watch(source.of, read)
    left_out = sample.seen - len(sample.heap)
    if left_out:
        refused["more_than_most_documents"] += left_out
    listed = "\n".join(f"{file.name} {file.digest}" for file in files)
    digest = f"xxh3:{xxhash.xxh3_128_hexdigest(listed.encode())}"
    return sample.documents(), SourceCount(source.of, read, dict(sorted(refused.items())), digest)


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


def _documents(rows: Batch, of: str, languages: Sequence[str], refused: Counter[str]) -> Iterator[Document]:
    if not len(rows):
        return
    names = ("language", "url", "license")
    claims = (optional_texts(rows.column(name)) for name in names)
    for text, claimed, url, license_ in zip(rows.texts(), *claims, strict=True):
        language = _language(claimed)
        if not text.strip():
            refused["no_text"] += 1
        elif language not in languages:
            refused["no_language" if claimed is None else "other_language"] += 1
        else:
            host = _host(url)
            yield Document(
                text, language, registered_domain(host) if host else f"source:{of}", host, of, license_ or ""
            )


def _language(claimed: str | None) -> str:
    try:
        return canonical(claimed) if claimed else ""
    except RecipeError:
        return ""


def _host(url: str | None) -> str:
    try:
        return urlsplit(url or "").hostname or ""
    except ValueError:
        return ""
