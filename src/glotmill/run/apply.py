"""One step on one batch, by the laws: nothing is removed here, nothing is lost, other tracks pass untouched."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import booleans, merge_schemas, nulls, optional_texts, strings
from glotmill.core.errors import LedgerError
from glotmill.core.steps import Batch, Outcome, Spec
from glotmill.run.tasks import Quarantined


def run_step(
    spec: Spec,
    step: Callable[[Batch], Outcome],
    batch: Batch,
    *,
    poisoned: Mapping[str, Quarantined],
    provides: pa.Schema,
) -> Outcome:
    """Return the step's outcome for a batch.

    Rows of tracks that the step is not for, and rows that earlier attempts could not survive, are not shown to
    the step; the latter come back quarantined.

    Raises:
        LedgerError: the step returned other rows than it was handed.
    """
    ids = optional_texts(batch.column("doc_id"))
    poison = np.array([doc_id in poisoned for doc_id in ids], dtype=bool)
    active = ~poison
    if spec.tracks is not None:
        wanted = pc.is_in(batch.column("track"), value_set=pa.array(spec.tracks, pa.string()))
        active &= wanted.to_numpy(zero_copy_only=False)
    if active.all():
        return _checked(spec, batch, step(batch))
    shown = batch.take(np.flatnonzero(active).astype(np.int64))
    outcome = _checked(spec, shown, step(shown)) if len(shown) else Outcome(shown)
    return _spread(outcome, batch, active, [poisoned.get(doc_id or "") for doc_id in ids], provides)


def _checked(spec: Spec, batch: Batch, outcome: Outcome) -> Outcome:
    if not outcome.batch.column("doc_id").equals(batch.column("doc_id")):
        raise LedgerError(f"step {spec.name!r} returned other rows than it was handed")
    for array in (outcome.reasons, outcome.details, outcome.related, outcome.quarantined):
        if array is not None and len(array) != len(batch):
            raise LedgerError(f"step {spec.name!r} gave {len(array)} verdicts for {len(batch)} rows")
    return outcome


def _spread(
    outcome: Outcome,
    batch: Batch,
    active: npt.NDArray[np.bool_],
    poisons: list[Quarantined | None],
    provides: pa.Schema,
) -> Outcome:
    """Put the outcome of some rows back among the others, which keep what they have."""
    position = np.where(active, np.cumsum(active) - 1, -1)
    schema = merge_schemas(merge_schemas(batch.rows.schema, provides), outcome.batch.rows.schema)
    changed = set(provides.names) | (set(outcome.batch.rows.schema.names) - set(batch.rows.schema.names))
    picks = pa.array([int(p) if p >= 0 else None for p in position], pa.int64())
    columns: dict[str, pa.Array] = {}
    for field in schema:
        if field.name not in changed:
            columns[field.name] = batch.column(field.name)
            continue
        own = _or_nulls(batch.rows, field, len(batch))
        new = _or_nulls(outcome.batch.rows, field, len(outcome.batch)).take(picks)
        columns[field.name] = pc.if_else(booleans(active), new, own)
    rows = pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)
    reasons: list[str | None] = optional_texts(_verdicts(outcome.reasons, picks))
    details: list[str | None] = optional_texts(_verdicts(outcome.details, picks))
    flags = _verdicts(outcome.quarantined, picks, pa.bool_()).to_pylist()
    for index, poison in enumerate(poisons):
        if poison is not None:
            reasons[index], details[index], flags[index] = poison.reason, poison.detail, True
    return Outcome(
        Batch(rows),
        strings(reasons),
        strings(details),
        strings(optional_texts(_verdicts(outcome.related, picks))),
        pa.array([bool(flag) for flag in flags], pa.bool_()),
    )


def _or_nulls(rows: pa.RecordBatch, field: pa.Field, length: int) -> pa.Array:
    return rows.column(field.name).cast(field.type) if field.name in rows.schema.names else nulls(field.type, length)


def _verdicts(array: pa.Array | None, picks: pa.Array, kind: pa.DataType | None = None) -> pa.Array:
    return nulls(kind or pa.string(), len(picks)) if array is None else array.take(picks)


def align(rows: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return the rows with exactly the columns of `schema`, in its order; missing columns become null."""
    arrays = [_or_nulls(rows, field, rows.num_rows) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def append_rows(batch: Batch, derived: pa.RecordBatch) -> Batch:
    """Return the batch with derived rows after its own.

    Raises:
        LedgerError: a derived row names no parent.
    """
    schema = merge_schemas(batch.rows.schema, derived.schema)
    parents = align(derived, schema).column("parent_ids")
    if pc.any(pc.fill_null(pc.equal(pc.list_value_length(parents), 0), True)).as_py():
        raise LedgerError("a derived row names no parent in parent_ids")
    table = pa.Table.from_batches([align(batch.rows, schema), align(derived, schema)]).combine_chunks()
    return Batch(table.to_batches()[0])


def grow(batch: Batch, derived: pa.RecordBatch | Outcome, *, poisoned: Mapping[str, Quarantined]) -> Outcome:
    """Return the batch with derived rows after its own, and the verdicts on those.

    Derived rows that an earlier attempt quarantined come back quarantined.

    Raises:
        LedgerError: a derived row names no parent, or there are more or fewer verdicts than derived rows.
    """
    if isinstance(derived, pa.RecordBatch):
        derived = Outcome(Batch(derived))
    count = len(derived.batch)
    if not count:
        return Outcome(batch)
    grown = append_rows(batch, derived.batch.rows)
    columns: list[list[Any]] = []
    for verdicts in (derived.reasons, derived.details, derived.related, derived.quarantined):
        if verdicts is not None and len(verdicts) != count:
            raise LedgerError(f"a step gave {len(verdicts)} verdicts for {count} derived rows")
        columns.append([None] * len(batch) + ([None] * count if verdicts is None else verdicts.to_pylist()))
    reasons, details, related, flags = columns
    for row, doc_id in enumerate(optional_texts(grown.column("doc_id"))[len(batch) :], len(batch)):
        if (poison := poisoned.get(doc_id or "")) is not None:
            reasons[row], details[row], flags[row] = poison.reason, poison.detail, True
    return Outcome(
        grown,
        strings(reasons),
        strings(details),
        strings(related),
        pa.array([bool(flag) for flag in flags], pa.bool_()),
    )
