"""The command `diff`: two runs held against each other."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from glotmill.cli import show
from glotmill.cli.options import Json

if TYPE_CHECKING:
    from glotmill.report.diff import Change, Diff

_KINDS = {
    "lost": "kept by A alone",
    "gained": "kept by B alone",
    "text": "kept by both, another text",
    "language": "kept by both, another language",
    "license": "kept by both, another license",
    "reason": "kept by neither, another reason",
}
_SAMPLE = 160


class By(StrEnum):
    """What makes two rows one document."""

    doc_id = "doc_id"
    url = "url"


def diff(
    run_a: Annotated[str, typer.Argument(metavar="RUN_A", help="Folder of the run before: OUT/<name>/<version>")],
    run_b: Annotated[str, typer.Argument(metavar="RUN_B", help="Folder of the run after.")],
    *,
    by: Annotated[
        By, typer.Option("--by", help="What makes two rows one document; url for runs over different crawls.")
    ] = By.doc_id,
    examples: Annotated[int, typer.Option("--examples", min=0, max=100, help="Documents shown of each change.")] = 3,
    changelog: Annotated[
        bool, typer.Option("--changelog", help='Print an entry "Changes what is kept" instead of tables.')
    ] = False,
    json: Json = False,
) -> None:
    """Say what is kept now that was not, and the reverse, by language and reason, with examples.

    Example: glotmill diff corpora/basque-web/2026.11.1 corpora/basque-web/2026.11.2
    """
    from dataclasses import asdict

    from glotmill.provenance.folder import RunFolder
    from glotmill.report.diff import diff as compare

    found = compare(RunFolder(run_a), RunFolder(run_b), by=by.value, examples=examples)
    if json:
        show.as_json({"run_a": run_a, "run_b": run_b, "by": by.value, **asdict(found)})
    elif changelog:
        _print_entry(RunFolder(run_b).read_json("manifest.json")["name"], found)
    else:
        _print(run_a, run_b, found)


def _print(run_a: str, run_b: str, found: "Diff") -> None:
    show.line(f"A  {run_a}\nB  {run_b}")
    for line in found.plans[:40]:
        show.line(f"  {line}")
    if len(found.plans) > 40:
        show.line(f"  and {len(found.plans) - 40:,} more differences of the plans")
    if not found.plans:
        show.line("  the plans are the same")
    show.line()
    rows = [(tag, one, other, f"{other - one:+,}") for tag, (one, other) in found.kept.items() if one != other]
    total = [sum(counts) for counts in zip(*found.kept.values(), strict=True)] or [0, 0]
    show.line(f"kept: {total[0]:,} by A, {total[1]:,} by B, {found.same:,} by both with the same text")
    if rows:
        show.table("kept per language", ("language", "A", "B", "B - A"), rows)
    for kind, title in _KINDS.items():
        changes = [change for change in found.changes if change.kind == kind]
        if changes:
            show.line()
            number = sum(change.documents for change in changes)
            columns = ("language", "A", "B", "documents")
            show.table(f"{title}: {number:,}", columns, [(c.language, c.before, c.after, c.documents) for c in changes])
            for change in changes:
                _print_examples(change)
    if found.columns:
        show.line()
        moved = [(name, count, f"{mean:+.4f}") for name, (count, mean) in found.columns.items()]
        show.table("numbers that moved, of documents kept by both", ("column", "documents", "mean of B - A"), moved)


def _print_examples(change: "Change") -> None:
    for example in change.examples:
        show.line(f"  {change.language}  {example.url or ''}  {example.doc_id}")
        if example.detail:
            show.line(f"    {example.detail}")
        if example.text:
            show.line(f"    {' '.join(example.text.split())[:_SAMPLE]}")


def _print_entry(name: str, found: "Diff") -> None:
    total = [sum(counts) for counts in zip(*found.kept.values(), strict=True)] or [0, 0]
    show.line("### Changes what is kept")
    show.line(f"- `{name}` keeps {total[1]:,} documents, {total[1] - total[0]:+,}.")
    for change in found.changes:
        if change.kind in ("lost", "gained"):
            sign, other = ("-", change.after) if change.kind == "lost" else ("+", change.before)
            show.line(f"  {sign}{change.documents:,} {change.language} (`{other}`)")
        elif change.kind == "text":
            show.line(f"  {change.documents:,} {change.language} with another text")
