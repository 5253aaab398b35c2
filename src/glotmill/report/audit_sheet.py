"""A sheet on which people look over what the audit of a gate decided, and what the gate lost by their word."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from glotmill.core.errors import DataError
from glotmill.provenance.audit import MISSED, STRATA, audited_reasons, audits
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.receipts import StepCount
from glotmill.report.spreadsheets import read_rows, safe_cell
from glotmill.text.tags import from_bcp47

COLUMNS: Final = ("doc_id", "url", "step", "hinted", "judge", "person", "evidence", "text")
_COMMAND: Final = "`glotmill audit RUN --sheet FILE`"
NONE: Final = "-"  # in none of the recipe's languages


@dataclass(frozen=True, slots=True)
class Audited:
    """One audited reject.

    Args:
        doc_id: of the page.
        url: of the page.
        step: the gate.
        hinted: whether something else than its text says that it is in a target.
        judge: the target that the audit's model found it in, or `-`.
        evidence: of gate and judge.
        text: how the extracted text begins.
    """

    doc_id: str
    url: str | None
    step: str
    hinted: bool
    judge: str
    evidence: str | None
    text: str | None


def audited(folder: RunFolder) -> list[Audited]:
    """Return the audited rejects of a run, misses first, then by id: what a person should look at first."""
    languages = _recipe(folder)["languages"]
    known = audited_reasons(languages)
    found = []
    for batch in folder.ledger():
        for row in batch.to_pylist():
            if row["reason"] not in known:
                continue
            plain = row["reason"].removesuffix(STRATA["hinted"])
            judge = plain.removeprefix(MISSED) if plain.startswith(MISSED) else NONE
            hinted = plain != row["reason"]
            found.append(Audited(row["doc_id"], row["url"], row["step"], hinted, judge, row["detail"], row["sample"]))
    return sorted(found, key=lambda one: (one.judge == NONE, one.doc_id))


def sheet(rows: Sequence[Audited]) -> str:
    """Return rows as CSV with an empty column `person`, where a language tag, or `-` for none of the targets, belongs."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        hinted = "yes" if row.hinted else "no"
        url, evidence, text = (safe_cell(cell or "") for cell in (row.url, row.evidence, row.text))
        writer.writerow([row.doc_id, url, row.step, hinted, row.judge, "", evidence, text])
    return out.getvalue()


def read_sheet(text: str, *, name: str) -> dict[str, str]:
    """Return what a person wrote for each document: a canonical tag, or `-`; documents without a word are left out.

    The sheet may come back as any spreadsheet saves it.

    Raises:
        DataError: it is no such sheet, a document stands twice, or a word is no language; names the line.
    """
    found: dict[str, str] = {}
    for line, row in read_rows(text, name=name, needs=("doc_id", "person"), written_by=_COMMAND):
        if not row["person"]:
            continue
        tag = NONE if row["person"] == NONE else from_bcp47(row["person"])
        if tag is None:
            raise DataError(
                f"{name}, line {line}: {row['person']!r} is no language; write eus_Latn or eu, or - for no target"
            )
        if row["doc_id"] in found:
            raise DataError(f"{name}, line {line}: {row['doc_id']} stands twice")
        found[row["doc_id"]] = tag
    return found


def by_people(folder: RunFolder, said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the findings of each audited gate with people's word in place of the judge's, where there is one.

    As `manifest.audits`, and `looked_at`: how many audited rejects a person judged, and `overruled`: of how many the judge
    said something else.

    Raises:
        DataError: a person judged a document that was not audited.
    """
    recipe = _recipe(folder)
    rows = {row.doc_id: row for row in audited(folder)}
    strangers = sorted(set(said) - set(rows))
    if strangers:
        raise DataError(
            f"{len(strangers)} rows of the sheet are no audited pages of this run: {', '.join(strangers[:3])}"
        )
    counts = [_corrected(count, rows, said, recipe["languages"]) for count in folder.counts()]
    found = audits(counts, recipe["steps"], recipe["languages"])
    for name, one in found.items():
        own = {doc_id: tag for doc_id, tag in said.items() if rows[doc_id].step == name}
        one["looked_at"] = len(own)
        one["overruled"] = sum(rows[doc_id].judge != _target(tag, recipe["languages"]) for doc_id, tag in own.items())
    return found


def _recipe(folder: RunFolder) -> dict[str, Any]:
    recipe: dict[str, Any] = folder.read_json("manifest.json")["recipe"]
    return recipe


def _target(tag: str, languages: Sequence[str]) -> str:
    return tag if tag in languages else NONE


def _corrected(
    count: StepCount, rows: Mapping[str, Audited], said: Mapping[str, str], languages: Sequence[str]
) -> StepCount:
    """Return a step's counts as if the judge had said what people said."""
    moved: Counter[str] = Counter()
    for doc_id, tag in said.items():
        row = rows[doc_id]
        if row.step == count.step:
            suffix = STRATA["hinted"] if row.hinted else STRATA["plain"]
            moved[_reason(row.judge, suffix)] -= 1
            moved[_reason(_target(tag, languages), suffix)] += 1
    changed = {reason: change for reason, change in moved.items() if change}
    return count if not changed else replace(count, reasons={**count.reasons, "people": changed})


def _reason(judge: str, suffix: str) -> str:
    return f"gate.audit_confirmed{suffix}" if judge == NONE else f"{MISSED}{judge}{suffix}"
