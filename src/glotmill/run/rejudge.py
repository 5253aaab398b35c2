"""What other filters or bands make of a run, from the measures or scores that it stores: the texts are not read."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import optional_texts, strings
from glotmill.core.steps import Batch, Outcome
from glotmill.io import storage
from glotmill.io.parquet import open_parquet
from glotmill.plan.derived import DerivedPlan
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.ledger import StepAccount, removal_mask
from glotmill.provenance.receipts import StepCount
from glotmill.run.apply import run_step
from glotmill.stages.classify import BAND
from glotmill.stages.judge import JudgeSpec, column_name
from glotmill.text.rules import BoundRule

_BATCH_ROWS = 65_536
_COLUMNS = ("doc_id", "language", "track")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule on one document.

    Args:
        value: as it is stored; None where the column holds nothing.
        fails: whether the rule drops the document.
    """

    reason: str
    measure: str
    value: float | None
    side: Literal["below", "above"]
    bound: float
    fails: bool


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What becomes of one document.

    Args:
        reason: of the first rule that drops it, or why it cannot be judged; None where it is kept.
        detail: the evidence.
        verdicts: every rule for its language, in the order in which they are asked.
    """

    doc_id: str
    url: str | None
    language: str | None
    reason: str | None
    detail: str | None
    verdicts: tuple[Verdict, ...]


def tally(plan: DerivedPlan, folder: RunFolder) -> StepCount:
    """Return what the plan's rules keep and drop of a run, by language and reason."""
    account = StepAccount(plan.spec.name)
    for outcome in _outcomes(plan, folder, None):
        gone = removal_mask(outcome)
        account.rows_in += len(outcome.batch)
        account.add_removed(_removed(outcome, np.flatnonzero(gone)))
        account.add_kept(Batch(outcome.batch.rows.select(["language"])).take(np.flatnonzero(~gone)))
    return account.close()


def bands(plan: DerivedPlan, folder: RunFolder) -> dict[str, Counter[str]]:
    """Return how many documents of each language are in which band by the plan, dropped ones too; language `-` is none."""
    found: dict[str, Counter[str]] = {}
    for outcome in _outcomes(plan, folder, None):
        rows = outcome.batch
        for language, band in zip(optional_texts(rows.column("language")), rows.texts(BAND), strict=True):
            found.setdefault(language or "-", Counter())[band] += 1
    return dict(sorted(found.items()))


def explain(plan: DerivedPlan, folder: RunFolder, document: str) -> list[Rejudged]:
    """Return what each rule says of the documents of a run with this id or URL; empty where it holds none."""
    rules = plan.spec.asked(plan.scope) if isinstance(plan.spec, JudgeSpec) else {}
    return [
        _rejudged(row, reason, detail, rules)
        for outcome in _outcomes(plan, folder, document)
        for row, reason, detail in zip(
            outcome.batch.rows.to_pylist(),
            optional_texts(outcome.reasons) if outcome.reasons is not None else repeat(None),
            optional_texts(outcome.details) if outcome.details is not None else repeat(None),
            strict=False,
        )
    ]


def _rejudged(
    row: Mapping[str, Any], reason: str | None, detail: str | None, rules: Mapping[str, tuple[BoundRule, ...]]
) -> Rejudged:
    verdicts = []
    for rule in rules.get(row["language"] or "", ()):
        value = row[column_name(rule.measure)]
        fails = value is None or bool(rule.fails(np.array([value]))[0])
        verdicts.append(Verdict(rule.reason, rule.measure.name, value, rule.side, rule.bound, fails))
    return Rejudged(row["doc_id"], row["url"], row["language"], reason, detail, tuple(verdicts))


def same_place(first: str, second: str) -> bool:
    """Tell whether two addresses name one folder, so that a corpus is never written over the one that it comes from."""
    paths = [storage.local_path(address) for address in (first, second)]
    places = [
        address.rstrip("/") if path is None else str(path.resolve())
        for path, address in zip(paths, (first, second), strict=True)
    ]
    return places[0] == places[1]


def _outcomes(plan: DerivedPlan, folder: RunFolder, document: str | None) -> Iterator[Outcome]:
    step = plan.spec.build(plan.scope)
    contract = plan.phases[0].steps[0].contract
    columns = {*_COLUMNS, *contract.requires.names, *(() if document is None else ("url",))}
    for rows in _stored(folder, sorted(columns)):
        chosen = rows if document is None else rows.filter(_named(rows, document))
        if chosen.num_rows:
            yield run_step(plan.spec, step, Batch(chosen), poisoned={}, provides=contract.provides)


def _named(rows: pa.RecordBatch, document: str) -> pa.Array:
    return pc.or_kleene(pc.equal(rows.column("doc_id"), document), pc.equal(rows.column("url"), document))


def _stored(folder: RunFolder, columns: list[str]) -> Iterator[pa.RecordBatch]:
    for part in folder.parts():
        address = folder.join(part)
        with storage.open_read(address) as stream:
            yield from open_parquet(stream, address).iter_batches(_BATCH_ROWS, columns=columns)


def _removed(outcome: Outcome, places: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> pa.RecordBatch:
    """Return language, reason and fate of the rows at these places."""
    indices = pa.array(places, pa.int64())
    reasons = outcome.reasons.take(indices) if outcome.reasons is not None else pa.array([], pa.string())
    languages = outcome.batch.column("language").take(indices)
    return pa.record_batch({"language": languages, "reason": reasons, "fate": strings(["dropped"] * len(indices))})
