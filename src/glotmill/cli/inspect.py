"""Commands that look at a run: `funnel`, `why`, `verify`, `clean`."""

from typing import TYPE_CHECKING, Annotated

import typer

from glotmill.cli import show
from glotmill.cli.options import Json, RunDir

if TYPE_CHECKING:
    from glotmill.provenance.verify import Verdict
    from glotmill.report.why import Fate


def funnel(
    run: RunDir,
    *,
    language: Annotated[
        str | None, typer.Option("--language", help="Only documents of this language: eus_Latn")
    ] = None,
    json: Json = False,
) -> None:
    """Show what each step kept and dropped, and why. Works on unfinished runs too.

    Example: glotmill funnel corpora/basque-web/2026.11.1 --language eus_Latn
    """
    from dataclasses import asdict

    from glotmill.cli.runs import print_funnel
    from glotmill.provenance.folder import RunFolder
    from glotmill.report.funnel import funnel as rows_of
    from glotmill.report.funnel import languages
    from glotmill.text.tags import canonical

    folder = RunFolder(run)
    counts = folder.counts()
    tag = canonical(language) if language else None
    rows = rows_of(counts, language=tag)
    if json:
        show.as_json(
            {"run": run, "language": tag, "steps": [asdict(row) for row in rows], "languages": languages(counts)}
        )
        return
    print_funnel(f"{run}{f' ({tag})' if tag else ''}", rows)
    if tag is None and counts:
        show.line()
        show.table("kept per language", ("language", "documents"), list(languages(counts).items()))


def why(
    run: RunDir, document: Annotated[str, typer.Argument(help="A doc_id or a URL.")], *, json: Json = False
) -> None:
    """Say what became of one document: the step, the rule and the value, or where it is kept.

    Example: glotmill why corpora/basque-web/2026.11.1 https://baserria.example/azoka
    """
    from dataclasses import asdict

    from glotmill.provenance.folder import RunFolder
    from glotmill.report.why import why as fates_of

    fates = fates_of(RunFolder(run), document)
    if json:
        show.as_json({"document": document, "fates": [asdict(fate) for fate in fates]})
    else:
        for fate in fates:
            _print_fate(fate)
    if not fates:
        if not json:
            show.line(
                f"{document} is in neither the corpus nor the ledger of {run}: it was not among what the run read"
            )
        raise typer.Exit(1)


def _print_fate(fate: "Fate") -> None:
    row = fate.row
    show.line(f"{row.get('url') or ''}  {row['doc_id']}")
    if fate.fate == "kept":
        show.line(f"  kept in {fate.where}")
        show.line(f"  language {row['language']}, license {row['license']} ({row['license_state']})")
        if row.get("extractor"):
            show.line(f"  text found by {row['extractor']}")
        return
    if fate.fate == "taken down":
        show.line(f"  {row['reason']}: taken down from this corpus, or kept out of it; receipts stand in takedowns/")
        return
    show.line(f"  {fate.fate} by step {row['step']}: {row['reason']}")
    if row["detail"]:
        show.line(f"  {row['detail']}")
    if fate.related is not None:
        other = fate.related
        where = (
            f"kept in {other.where}"
            if other.fate == "kept"
            else f"itself {other.fate} later: {other.row.get('reason')}"
        )
        show.line(f"  instead of it: {other.row.get('url') or ''}  {other.row['doc_id']}, {where}")
    if row["sample"]:
        show.line(f"  text: {' '.join(row['sample'].split())[:200]}")


def verify(run: RunDir, *, json: Json = False) -> None:
    """Read a finished corpus again and prove it against its manifest, part by part and row by row.

    Whatever is derived from the manifest is derived again and compared; official validators are asked where they are
    installed. Example: glotmill verify corpora/basque-web/2026.11.1
    """
    verdict = prove(run)
    if json:
        show.as_json(
            {
                "run": run,
                "holds": verdict.holds,
                "parts": verdict.parts,
                "rows": verdict.rows,
                "coverage": verdict.coverage,
                "problems": verdict.problems,
                "found": verdict.found,
                "exports": verdict.exports,
                "validators": verdict.validators,
                "remarks": verdict.remarks,
            }
        )
    else:
        print_verdict(run, verdict)
    if not verdict.holds:
        raise typer.Exit(1)


def print_verdict(run: str, verdict: "Verdict") -> None:
    """Print each problem, and whether the corpus holds."""
    for problem in verdict.problems:
        show.line(problem)
    if verdict.found > len(verdict.problems):
        show.line(f"and {verdict.found - len(verdict.problems):,} more")
    for remark in verdict.remarks:
        show.line(f"note: {remark}")
    if verdict.exports:
        show.line(f"as the manifest gives them: {', '.join(verdict.exports)}")
    for name, answer in verdict.validators.items():
        show.line(f"{name}: {answer}")
    word = "verified" if verdict.holds else "FAILED"
    checked = f"{verdict.rows:,} rows, coverage {verdict.coverage:.4f}"
    show.line(f"{run}: {word}, {verdict.parts} parts, {checked}, {verdict.found:,} problems")


def prove(run: str) -> "Verdict":
    """Return what a verification of a run's folder finds."""
    from glotmill.plan.fingerprint import code_digest
    from glotmill.provenance.folder import RunFolder
    from glotmill.provenance.rights import row_check
    from glotmill.provenance.validators import VALIDATORS
    from glotmill.provenance.verify import verify as check
    from glotmill.run.takedown.journal import journal_of

    folder = RunFolder(run)
    rights = row_check(folder.read_json("manifest.json"), folder.license_table())
    verdict = check(folder, check_row=rights, validators=VALIDATORS, code=code_digest())
    holder = journal_of(folder)
    if holder is not None:
        verdict.problems.insert(0, f"a takedown was interrupted: glotmill takedown {holder.address} carries it out")
        verdict.found += 1
    return verdict


def clean(run: RunDir, *, json: Json = False) -> None:
    """Delete intermediate data that no later phase needs; ledger, receipts and quarantine stay.

    Of a finished run that is all data and keys of its phases, and the samples of refused texts in its ledger; of an
    unfinished one, data and keys of phases that the next phase has finished with. Example: glotmill clean corpora/basque-web/2026.11.1
    """
    from glotmill.provenance.folder import RunFolder
    from glotmill.run.cleaning import clean_run

    freed = clean_run(RunFolder(run))
    if json:
        found = {"deleted": freed.folders, "bytes": freed.bytes, "samples": freed.samples, "uploads": freed.uploads}
        show.as_json({"run": run, **found})
    else:
        show.line(f"{run}: {show.size(freed.bytes)} freed in {len(freed.folders)} folders")
        if freed.samples:
            show.line(f"{freed.samples} samples of refused texts taken out of the ledger")
        if freed.uploads:
            show.line(f"{freed.uploads} uploads that nobody finished aborted")
