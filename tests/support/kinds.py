"""Small step kinds for tests of the engine; importable in worker processes."""

import os
import signal
from typing import ClassVar, Literal

import pyarrow as pa

from glotmill.core.arrow import strings
from glotmill.core.hashing import document_id
from glotmill.core.schema import EVIDENCE, fields
from glotmill.core.steps import Batch, Contract, Needs, Outcome, Resources, Shape, Spec


class LabelSpec(Spec):
    """Gives every row a language (as its source claims it) and an open license, without looking at the text."""

    kind: Literal["label"]

    def contract(self, resources: Resources) -> Contract:
        provides = fields("language", "license", "license_state", "license_class", "license_evidence")
        return Contract(fields("text"), provides, frozenset())

    def build(self, resources: Resources):
        evidence = [
            {
                "signal": "row",
                "raw": "test",
                "url": None,
                "spdx": "CC0-1.0",
                "port": None,
                "locus": "row",
                "scope": "page",
            }
        ]

        def label(batch: Batch) -> Outcome:
            n = len(batch)
            claimed = batch.column("language").to_pylist() if "language" in batch.rows.schema.names else [None] * n
            columns = {
                "language": strings(tag or resources.scope.languages[0] for tag in claimed),
                "license": strings(["CC0-1.0"] * n),
                "license_state": strings(["declared"] * n),
                "license_class": strings(["public-domain"] * n),
                "license_evidence": pa.array([evidence] * n, EVIDENCE),
            }
            return Outcome(batch.with_columns(columns))

        return label


class ClaimSpec(LabelSpec):
    """As `LabelSpec`, under a name that no step of the product has."""

    kind: Literal["claim"]


class ShortSpec(Spec):
    """Drops texts of fewer characters than `characters`."""

    kind: Literal["short"]
    characters: int

    def contract(self, resources: Resources) -> Contract:
        return Contract(fields("text"), pa.schema([]), frozenset({"short.too_short"}))

    def build(self, resources: Resources):
        def judge(batch: Batch) -> Outcome:
            lengths = [len(text) for text in batch.texts()]
            short = [length < self.characters for length in lengths]
            reasons = strings("short.too_short" if flag else None for flag in short)
            details = strings(
                f"characters {length} < {self.characters}" if flag else None
                for flag, length in zip(short, lengths, strict=True)
            )
            return Outcome(batch, reasons, details)

        return judge


class KillerSpec(Spec):
    """Kills its own process at a text that contains ☠, as a crash in native code would."""

    kind: Literal["killer"]

    def contract(self, resources: Resources) -> Contract:
        return Contract(fields("text"), pa.schema([]), frozenset())

    def build(self, resources: Resources):
        def work(batch: Batch) -> Outcome:
            if any("☠" in text for text in batch.texts()):
                os.kill(os.getpid(), signal.SIGKILL)
            return Outcome(batch)

        return work


class GreedyNeedsSpec(ShortSpec):
    """As `short`, but with other needs, so that it stands in a phase of its own."""

    kind: Literal["greedy"]
    needs: ClassVar[Needs] = Needs(cpus=1, memory_mb=2048)


class WideSpec(ShortSpec):
    """As `short`, but it takes two CPUs, and no memory: Ray's provider of nodes on one machine cannot give a node any."""

    kind: Literal["wide"]
    needs: ClassVar[Needs] = Needs(cpus=2, memory_mb=0, limit_mb=1024)


class EchoSpec(Spec):
    """Derives a copy in capital letters of every text that begins with `+`."""

    shape: ClassVar[Shape] = "expand"
    kind: Literal["echo"]

    def contract(self, resources: Resources) -> Contract:
        return Contract(fields("text"), fields("text"), frozenset())

    def build(self, resources: Resources):
        def derive(batch: Batch) -> pa.RecordBatch:
            rows = [row for row in batch.rows.to_pylist() if (row["text"] or "").startswith("+")]
            for row in rows:
                row["parent_ids"] = [row["doc_id"]]
                row["doc_id"] = document_id("echo", row["doc_id"])
                row["text"], row["origin"] = row["text"].upper(), "augmented"
            return pa.RecordBatch.from_pylist(rows, schema=batch.rows.schema)

        return derive


class ParallelSpec(Spec):
    """Takes the title of a document for the group of its translations."""

    kind: Literal["parallel"]

    def contract(self, resources: Resources) -> Contract:
        return Contract(fields("title"), fields("parallel_id"), frozenset())

    def build(self, resources: Resources):
        return lambda batch: Outcome(batch.with_columns({"parallel_id": batch.column("title")}))


class LosingSpec(Spec):
    """A faulty step: it returns one row less than it was handed."""

    kind: Literal["losing"]

    def contract(self, resources: Resources) -> Contract:
        return Contract(fields("text"), pa.schema([]), frozenset())

    def build(self, resources: Resources):
        return lambda batch: Outcome(Batch(batch.rows.slice(1)))


class NeedsHashSpec(Spec):
    """Needs a column that only `normalize` provides."""

    kind: Literal["needs_hash"]

    def contract(self, resources: Resources) -> Contract:
        return Contract(fields("content_hash"), pa.schema([]), frozenset())


class FailingSpec(Spec):
    """A faulty step: it raises at a text that contains ‽."""

    kind: Literal["failing"]

    def contract(self, resources: Resources) -> Contract:
        return Contract(fields("text"), pa.schema([]), frozenset())

    def build(self, resources: Resources):
        def work(batch: Batch) -> Outcome:
            if any("‽" in text for text in batch.texts()):
                raise ValueError("a bug in a step")
            return Outcome(batch)

        return work


class SlowSpec(Spec):
    """Waits at each document until the file `gate` exists; tells by files in `seen` which process it is in."""

    kind: Literal["slow"]
    gate: str
    seen: str

    def contract(self, resources: Resources) -> Contract:
        return Contract(fields("text"), pa.schema([]), frozenset())

    def build(self, resources: Resources):
        import time
        from pathlib import Path

        def work(batch: Batch) -> Outcome:
            Path(self.seen, str(os.getpid())).touch()
            while not Path(self.gate).exists():
                time.sleep(0.02)
            return Outcome(batch)

        return work


class HogSpec(Spec):
    """Takes more and more memory at a text that contains 🐘, up to 2 GB, as a page with a bomb in it would."""

    kind: Literal["hog"]
    needs: ClassVar[Needs] = Needs(memory_mb=40)

    def contract(self, resources: Resources) -> Contract:
        return Contract(fields("text"), pa.schema([]), frozenset())

    def build(self, resources: Resources):
        import time

        def work(batch: Batch) -> Outcome:
            held = []
            while any("🐘" in text for text in batch.texts()) and len(held) < 256:
                held.append(b"x" * (8 << 20))
                time.sleep(0.005)
            return Outcome(batch)

        return work


KINDS = {
    "label": LabelSpec,
    "short": ShortSpec,
    "killer": KillerSpec,
    "greedy": GreedyNeedsSpec,
    "wide": WideSpec,
    "echo": EchoSpec,
    "parallel": ParallelSpec,
    "losing": LosingSpec,
    "failing": FailingSpec,
    "needs_hash": NeedsHashSpec,
    "slow": SlowSpec,
    "hog": HogSpec,
}
