"""The ledger: one row for every document that is gone, with the step, the reason and the evidence."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glotmill.core.arrow import is_null, optional_texts, strings
from glotmill.core.errors import LedgerError
from glotmill.core.schema import LEDGER_SCHEMA, STRINGS
from glotmill.core.steps import Batch, Outcome
from glotmill.provenance.receipts import StepCount

SAMPLE_CHARACTERS = 280
# A source may claim another language in every row. There are some 7,000, and no tag in use is as long as this.
MOST_LANGUAGES: Final = 10_000
_LONGEST_TAG = 64


class StepAccount:
    """Counts of one step over one shard, filled batch by batch.

    Languages beyond the first `MOST_LANGUAGES` of those kept, or of those removed, are counted as unknown ones are.
    """

    def __init__(self, step: str) -> None:
        self.step = step
        self.rows_in = self.derived = self.kept = self.dropped = self.quarantined = 0
        self._reasons: dict[str, Counter[str]] = {}
        self._kept: Counter[str] = Counter()

    def add_kept(self, batch: Batch) -> None:
        """Count rows that stay."""
        self.kept += len(batch)
        for language, rows in Counter(_languages(batch)).items():
            self._kept[_place(language, self._kept)] += rows

    def add_removed(self, rows: pa.RecordBatch) -> None:
        """Count ledger rows."""
        for language, reason, fate in zip(
            optional_texts(rows.column("language")),
            optional_texts(rows.column("reason")),
            optional_texts(rows.column("fate")),
            strict=True,
        ):
            self._reasons.setdefault(_place(language or "-", self._reasons), Counter())[reason or ""] += 1
            if fate == "quarantined":
                self.quarantined += 1
            else:
                self.dropped += 1

    def close(self) -> StepCount:
        """Return the counts.

        Raises:
            LedgerError: rows were gained or lost.
        """
        reasons = {language: dict(sorted(self._reasons[language].items())) for language in sorted(self._reasons)}
        count = StepCount(
            self.step,
            self.rows_in,
            self.derived,
            self.kept,
            self.dropped,
            self.quarantined,
            reasons,
            dict(sorted(self._kept.items())),
        )
        if not count.balanced():
            raise LedgerError(f"step {self.step!r} does not balance: {count}")
        return count


def _place(language: str, counted: Collection[str]) -> str:
    """Return under which name a language is counted beside those that are."""
    if language in counted or (len(counted) < MOST_LANGUAGES and len(language) <= _LONGEST_TAG):
        return language
    return "-"


def _languages(batch: Batch) -> list[str]:
    if "language" not in batch.rows.schema.names:
        return ["-"] * len(batch)
    return [language or "-" for language in optional_texts(batch.column("language"))]


def removal_mask(outcome: Outcome) -> npt.NDArray[np.bool_]:
    """Return a mask of shape (rows,) that is true where the outcome gives a reason."""
    if outcome.reasons is None:
        return np.zeros(len(outcome.batch), dtype=bool)
    return ~is_null(outcome.reasons)


def ledger_rows(step: str, outcome: Outcome, *, allowed: frozenset[str]) -> pa.RecordBatch:
    """Return one ledger row for each document that the outcome removes.

    Raises:
        LedgerError: the step changed the number of rows, or gave a reason that its contract does not name.
    """
    mask = removal_mask(outcome)
    indices = np.flatnonzero(mask).astype(np.int64)
    gone = outcome.batch.take(indices).rows
    if outcome.reasons is None or not len(indices):
        return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in LEDGER_SCHEMA], schema=LEDGER_SCHEMA)
    chosen = pa.array(indices, pa.int64())
    reasons = outcome.reasons.take(chosen)
    unknown = set(optional_texts(reasons.unique())) - allowed
    if unknown:
        raise LedgerError(f"step {step!r} gave reasons that its contract does not name: {sorted(map(str, unknown))}")
    fates: list[str | None] = ["dropped"] * len(indices)
    if outcome.quarantined is not None:
        fates = ["quarantined" if flag else "dropped" for flag in outcome.quarantined.take(chosen).to_pylist()]
    columns: Mapping[str, pa.Array] = {
        "doc_id": gone.column("doc_id"),
        "url": gone.column("url"),
        "source": gone.column("source"),
        "language": _column(gone, "language"),
        "step": strings([step] * len(indices)),
        "reason": reasons,
        "detail": _taken(outcome.details, chosen),
        "related": _taken(outcome.related, chosen),
        "fate": strings(fates),
        "sample": strings(_samples(gone)),
        "parent_ids": _parents(gone),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in LEDGER_SCHEMA.names], schema=LEDGER_SCHEMA)


def _taken(array: pa.Array | None, indices: pa.Array) -> pa.Array:
    return pa.nulls(len(indices), pa.string()) if array is None else array.take(indices)


def _column(rows: pa.RecordBatch, name: str) -> pa.Array:
    return rows.column(name) if name in rows.schema.names else pa.nulls(rows.num_rows, pa.string())


def _parents(rows: pa.RecordBatch) -> pa.Array:
    present = "parent_ids" in rows.schema.names
    return rows.column("parent_ids").cast(STRINGS) if present else pa.nulls(rows.num_rows, STRINGS)


def _samples(rows: pa.RecordBatch) -> list[str | None]:
    texts = optional_texts(_column(rows, "text"))
    return [None if text is None else text[:SAMPLE_CHARACTERS] for text in texts]
