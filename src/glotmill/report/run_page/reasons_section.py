"""The section on reasons: how many documents each dropped, and texts of some in their own script and direction."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import optional_texts, strings, texts
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.report.run_page import markup, svg
from glotmill.report.run_page.facts import Facts
from glotmill.report.run_page.markup import Sample, Section
from glotmill.run.refusals import REFUSED, TAKEN_DOWN
from glotmill.stages.redact import RedactSpec

PER_REASON: Final = 6
_MOST_ROWS: Final = 2_000_000  # of the ledger that are looked at for examples
_MOST_REASONS: Final = 40
_COLUMNS: Final = ("doc_id", "url", "language", "step", "reason", "detail", "sample")

Row = Mapping[str, str | None]


def section(facts: Facts) -> Section:
    """Return the section."""
    totals: dict[tuple[str, str], dict[str, int]] = {}
    for count in facts.counts:
        for tag, reasons in count.reasons.items():
            for reason, documents in reasons.items():
                own = totals.setdefault((reason, count.step), {})
                own[tag] = own.get(tag, 0) + documents
    ordered = sorted(totals, key=lambda key: (-sum(totals[key].values()), key))
    rows = [
        (reason, step, sum(totals[reason, step].values()), _languages(totals[reason, step])) for reason, step in ordered
    ]
    table = markup.table(("reason", "step", "documents", "in"), rows, caption="Dropped documents by reason")
    drawn = [(reason, (documents,)) for reason, _, documents, _ in rows[:_MOST_REASONS]]
    body = [
        markup.figure("Dropped documents by reason", svg.bars(("documents",), drawn, title="Dropped by reason"), table)
    ]
    body.append("<h3>Examples</h3>")
    body.append(markup.paragraph(_rule(facts)))
    found = examples(facts)
    body += [
        markup.folded(reason, "\n".join(map(_example, found[reason])))
        for reason in dict.fromkeys(reason for reason, _ in ordered)
        if found.get(reason)
    ]
    return Section("reasons", "Why documents were dropped", "\n".join(body))


def _rule(facts: Facts) -> str:
    common = f"Those with the smallest ids of the first {_MOST_ROWS:,} rows of the ledger, the same every time. Of documents whose license or owner refused them, or that were taken down, no text is shown."
    match facts.options.texts:
        case "none":
            return f"{common} No texts were asked for."
        case "all":
            return f"{common} All other texts were asked for, also of documents whose license nobody has judged: not for passing on."
        case _:
            return f"{common} Nor of those that were dropped before a license policy had let them pass."


def _languages(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{'not known' if tag == '-' else tag} {documents:,}" for tag, documents in ordered[:6])
    return shown + (f" and {len(ordered) - 6} more" if len(ordered) > 6 else "")


def _example(row: Row) -> str:
    head = f"<p>{markup.label(row['url'] or row['doc_id'] or '')} {markup.label(row['detail'] or '')}</p>"
    text = markup.sample(Sample(row["sample"], row["language"])) if row["sample"] else ""
    return f'<div class="example">{head}{text}</div>'


def examples(facts: Facts) -> dict[str, list[Row]]:
    """Return up to six ledger rows per reason, of as many languages as there are, the smallest ids of the first 2,000,000 rows.

    Rows whose text may not be shown come without it and without the evidence that could quote it; what was taken down
    does not come at all.
    """
    best: dict[tuple[str, str], list[dict[str, str | None]]] = {}
    for batch in _ledger(facts):
        for row in _smallest(batch):
            key = (str(row["reason"]), row["language"] or "-")
            best[key] = sorted([*best.get(key, ()), row], key=lambda one: one["doc_id"] or "")[:PER_REASON]
    found: dict[str, list[dict[str, str | None]]] = {}
    for turn in range(PER_REASON):
        for (reason, _), rows in sorted(best.items()):
            own = found.setdefault(reason, [])
            if turn < len(rows) and len(own) < PER_REASON:
                own.append(rows[turn])
    shown = {
        reason: [_permitted(facts, row) for row in rows]
        for reason, rows in found.items()
        if not reason.startswith(TAKEN_DOWN)
    }
    _redact(facts, [row for rows in shown.values() for row in rows])
    return {reason: list(rows) for reason, rows in shown.items()}


def _permitted(facts: Facts, row: dict[str, str | None]) -> dict[str, str | None]:
    reason = row["reason"] or ""
    if reason.startswith(REFUSED):
        return {**row, "sample": None}  # the evidence of a license is not the document's text
    if row["step"] not in facts.showing_steps:
        return {**row, "sample": None, "detail": None}
    return row


def _redact(facts: Facts, rows: list[dict[str, str | None]]) -> None:
    """Replace what the recipe's own `redact` would have replaced, had the documents come so far."""
    scope = Scope(tuple(facts.manifest["recipe"].get("languages", ())), ())
    for step in facts.steps:
        if step["kind"] != "redact":
            continue
        known = {name: value for name, value in step.items() if name in RedactSpec.model_fields}
        redact = RedactSpec.model_validate(known).build(Resources(scope))
        for name in ("sample", "detail"):
            batch = pa.RecordBatch.from_arrays([strings(row[name] for row in rows)], names=["text"])
            for row, text in zip(rows, optional_texts(redact(Batch(batch)).batch.column("text")), strict=True):
                row[name] = text


def _ledger(facts: Facts) -> Iterator[pa.RecordBatch]:
    seen = 0
    for batch in facts.folder.ledger():
        if seen >= _MOST_ROWS:
            return
        seen += batch.num_rows
        yield batch.select(list(_COLUMNS))


def _smallest(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """Return the rows of a batch that could be examples, without making Python values of all the others."""
    if not batch.num_rows:
        return []
    tagged = pa.RecordBatch.from_arrays(
        [batch.column("reason"), pc.fill_null(batch.column("language"), "-"), batch.column("doc_id")],
        names=["reason", "language", "doc_id"],
    )
    order = pc.sort_indices(tagged, sort_keys=[(name, "ascending") for name in tagged.schema.names])
    groups = [
        f"{reason}\t{language}"
        for reason, language in zip(
            texts(tagged.column(0).take(order)), texts(tagged.column(1).take(order)), strict=True
        )
    ]
    picks = [place for place in range(len(groups)) if place < PER_REASON or groups[place - PER_REASON] != groups[place]]
    chosen: list[dict[str, Any]] = batch.take(order.take(pa.array(np.array(picks, np.int64)))).to_pylist()
    return chosen
