"""What travels to a worker: the phase to carry out, the shard to carry it out on, and what it reports back."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from glotmill.core.inputs import Shard
from glotmill.core.steps import NOWHERE, Places
from glotmill.plan.resolve import Phase, Plan
from glotmill.provenance.folder import RunFolder


@dataclass(frozen=True, slots=True)
class PhaseContext:
    """Everything that all tasks of one phase share; sent to each worker once.

    Args:
        plan: the resolved plan.
        phase: the phase to carry out.
        folder: the run's folder.
        fingerprint: of the phase; goes into receipts.
        models: model name -> local file.
        places: where the run finds what no project file names.
    """

    plan: Plan
    phase: Phase
    folder: RunFolder
    fingerprint: str
    models: Mapping[str, Path]
    places: Places = NOWHERE

    @property
    def address(self) -> str:
        """The address of the phase's folder."""
        return self.folder.phase(self.phase.index)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A document that a step could not survive, as a marker file keeps it."""

    doc_id: str
    step: str
    reason: str
    detail: str | None
    shard: int
    url: str | None = None
    warc_ref: str | None = None


def attempt_at(order: str) -> str:
    """Return a new name for an attempt at an order: two attempts never write the same file. It never enters data."""
    return f"{order}{uuid.uuid4().hex[:6]}"


@dataclass(frozen=True, slots=True)
class ShardItem:
    """One shard to work on.

    Args:
        shard: which records; read in phase 0 alone.
        source: position of its source in the recipe.
        attempt: names the order; each attempt at it adds letters of its own to the names of its files (`attempt_at`).
        previous: data file of the phase before, relative to its folder; None in phase 0.
        table: address of the corpus step's resolved table, where the phase applies one.
        quarantined: documents that earlier attempts could not survive.
        cautious: one document at a time, leaving word of it before each step, to find the one that kills.
        limit: at most so many documents (rehearsals).
        reads: digest of the data and table that it reads, which goes into the receipt; empty in phase 0.
    """

    shard: Shard
    source: int
    attempt: str
    previous: str | None = None
    table: str | None = None
    quarantined: tuple[Quarantined, ...] = ()
    cautious: bool = False
    limit: int | None = None
    reads: str = ""

    @property
    def task(self) -> str:
        """The name of the receipt."""
        return f"shard-{self.shard.index:05d}"
