"""The sink: which rows stand in which part file is pure arithmetic over receipts; one task writes one file."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Any

from glotmill.io import storage
from glotmill.plan.derived import DerivedPlan
from glotmill.plan.resolve import Plan
from glotmill.provenance.files import read_batch
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.lineage import policies, step_chain
from glotmill.provenance.partitions import folder_name
from glotmill.provenance.parts import Origin, write_part
from glotmill.provenance.receipts import Receipt, write_receipt
from glotmill.run.tasks import attempt_at


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
    """Writes one part file and its receipt.

    Of several attempts at a part, which have the same bytes, each leaves a whole file: on a disk by renaming it when it is
    done, in an object store because a file is there once it is whole.
    """

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
        lineage = self._lineage()
        origin = Origin(
            corpus=f"{self.plan.recipe.name}@{self.plan.recipe.version}",
            plan=self.fingerprint,
            partition=part.values,
            policies=policies(lineage),
            steps=step_chain(lineage),
        )
        aside = f"phase-sink/unfinished/{attempt_at(f'{part.task}-')}.parquet"
        record, facts = write_part(
            self.folder.address,
            aside if storage.local_path(self.folder.address) is not None else part.name,
            rows,
            self.plan.schema,
            row_group_rows=self.plan.recipe.sink.row_group_rows,
            origin=origin,
        )
        if record.name == aside:
            storage.move_here(self.folder.join(aside), self.folder.join(part.name))
            record = replace(record, name=part.name)
        about = {"seconds": round(time.monotonic() - begun, 3)}
        receipt = Receipt(self.fingerprint, part.task, {"part": record}, facts=facts, about=about)
        write_receipt(storage.join(self.folder.sink, "receipts"), receipt)
        return receipt

    def _lineage(self) -> dict[str, Any]:
        recipe = self.plan.recipe
        parent = {"parent": self.plan.parent} if isinstance(self.plan, DerivedPlan) else {}
        steps = [step.model_dump(mode="json") for step in recipe.steps]
        return {"name": recipe.name, "version": recipe.version, "recipe": {"steps": steps}, **parent}
