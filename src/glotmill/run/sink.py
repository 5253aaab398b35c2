"""The sink: which rows stand in which part file is pure arithmetic over receipts; one task writes one file."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.schema import SCHEMA_VERSION
from glotmill.io import storage
from glotmill.plan.resolve import Plan
from glotmill.provenance.files import read_batch, write_parquet
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.labels import count_labels
from glotmill.provenance.partitions import folder_name
from glotmill.provenance.receipts import FileRecord, Receipt, write_receipt

# Columns whose values the manifest counts per part: what a reader of the corpus may filter by.
COUNTED = ("language", "license", "license_state", "license_class", "consent", "source", "track", "origin", "script")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of rows in one batch of one shard's data file (relative to the last phase's folder)."""

    file: str
    batch: int
    start: int
    rows: int


@dataclass(frozen=True, slots=True)
class Part:
    """One part file: its name relative to the run's folder, its partition values, and where its rows come from."""

    index: int
    name: str
    values: tuple[str, ...]
    pieces: tuple[Piece, ...]

    @property
    def task(self) -> str:
        """The name of the receipt."""
        return f"part-{self.index:05d}"


def assign_parts(receipts: Sequence[Receipt], *, part_bytes: int) -> tuple[Part, ...]:
    """Return the part files of a corpus: partitions by value, rows in shard order.

    A file is closed before a piece that would take it over `part_bytes` of uncompressed Arrow; a shard's partition
    that is itself larger is cut into pieces of equal rows. Depends on the receipts' counts alone.
    """
    pieces: list[tuple[tuple[str, ...], Piece, int]] = []
    for receipt in sorted(receipts, key=lambda receipt: receipt.task):
        for partition in receipt.partitions:
            cuts = max(1, -(-partition.bytes // part_bytes))
            edges = [partition.rows * cut // cuts for cut in range(cuts + 1)]
            for start, end in pairwise(edges):
                if end > start:
                    piece = Piece(receipt.files["data"].name, partition.batch, start, end - start)
                    pieces.append((partition.values, piece, partition.bytes * (end - start) // partition.rows))
    parts: list[Part] = []
    for values, group in groupby(sorted(pieces, key=lambda piece: piece[0]), key=lambda piece: piece[0]):
        for number, members in enumerate(_fill(group, part_bytes)):
            name = "/".join(("data", *(folder_name(value) for value in values), f"part-{number:05d}.parquet"))
            parts.append(Part(len(parts), name, values, members))
    return tuple(parts)


def _fill(group: Iterator[tuple[tuple[str, ...], Piece, int]], part_bytes: int) -> Iterator[tuple[Piece, ...]]:
    members: list[Piece] = []
    total = 0
    for _, piece, size in group:
        if members and total + size > part_bytes:
            yield tuple(members)
            members, total = [], 0
        members.append(piece)
        total += size
    yield tuple(members)


@dataclass(frozen=True, slots=True)
class PartTask:
    """Writes one part file and its receipt."""

    plan: Plan
    folder: RunFolder
    fingerprint: str

    def __call__(self, part: Part) -> Receipt:
        begun = time.monotonic()
        source = self.folder.phase(self.plan.phases[-1].index)
        rows = (
            read_batch(storage.join(source, piece.file), piece.batch).slice(piece.start, piece.rows)
            for piece in part.pieces
        )
        metadata = {
            "glotmill.schema_version": str(SCHEMA_VERSION),
            "glotmill.corpus": f"{self.plan.recipe.name}@{self.plan.recipe.version}",
            "glotmill.plan": self.fingerprint,
            "glotmill.partition": "/".join(part.values),
        }
        record, facts = write_part(
            self.folder,
            part.name,
            rows,
            self.plan.schema,
            row_group_rows=self.plan.recipe.sink.row_group_rows,
            metadata=metadata,
        )
        about = {"seconds": round(time.monotonic() - begun, 3)}
        receipt = Receipt(self.fingerprint, part.task, {"part": record}, facts=facts, about=about)
        write_receipt(storage.join(self.folder.sink, "receipts"), receipt)
        return receipt


def write_part(
    folder: RunFolder,
    name: str,
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    *,
    row_group_rows: int,
    metadata: dict[str, str],
) -> tuple[FileRecord, dict[str, Any]]:
    """Write one part file of a corpus and count what stands in it: equal rows give equal bytes.

    Args:
        folder: of the run.
        name: of the file, relative to it.
        batches: its rows.
        schema: of the corpus.
        row_group_rows: of the recipe's sink.
        metadata: for the footer.

    Returns:
        The file's record, and the facts of the part's receipt.
    """
    histograms: dict[str, Counter[str]] = {name: Counter() for name in COUNTED}
    labels: dict[str, Counter[str]] = {}
    tokens: list[int] = []

    def counted() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            count_rows(batch, histograms)
            count_labels(batch, labels)
            tokens.append(pc.sum(batch.column("tokens")).as_py() or 0)
            yield batch

    record, count = write_parquet(
        folder.address, name, counted(), schema, row_group_rows=row_group_rows, metadata=metadata
    )
    facts = {
        "rows": count,
        "tokens": sum(tokens),
        "histograms": {name: dict(sorted(counter.items())) for name, counter in histograms.items()},
        "labels": {language: dict(sorted(labels[language].items())) for language in sorted(labels)},
    }
    return record, facts


def count_rows(batch: pa.RecordBatch, histograms: dict[str, Counter[str]]) -> None:
    """Add the values of the counted columns; null counts as `-`."""
    for name, counter in histograms.items():
        for pair in pc.value_counts(batch.column(name)).to_pylist():
            counter[pair["values"] if pair["values"] is not None else "-"] += pair["counts"]
