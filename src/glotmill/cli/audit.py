"""The `audit` command: what a gate lost by its audit's word and by people's, and what people say of bands of quality."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from glotmill.cli import show
from glotmill.cli.options import Json, ProjectDir, RunDir


def audit(
    run: RunDir,
    *,
    by: Annotated[
        Literal["gate", "quality"],
        typer.Option("--by", help="What is audited: rejects of a gate, or bands of quality."),
    ] = "gate",
    sheet: Annotated[
        Path | None,
        typer.Option(
            "--sheet",
            metavar="FILE",
            help="Write what people are to look over: audited pages as CSV; by quality FILE.html and FILE.csv.",
        ),
    ] = None,
    read: Annotated[
        list[Path] | None,
        typer.Option("--read", metavar="FILE", help="Take people's word from such a CSV; by quality one or two."),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--n", min=1, max=10_000, help="By quality: documents on the sheet. [default: 200]")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option("--language", help="By quality: only documents of this language. Repeatable.")
    ] = None,
    rater: Annotated[
        list[str] | None,
        typer.Option("--rater", help="By quality: who rated, where a file does not say. Once per --read."),
    ] = None,
    least: Annotated[
        float | None,
        typer.Option(
            "--least-precision",
            min=0,
            max=1,
            help="By quality: where the interval of a band's precision has to begin for a floor. [default: 0.5]",
        ),
    ] = None,
    project: ProjectDir = Path(),
    json: Json = False,
) -> None:
    """Say what the audited gates of a run lost, or how good its bands of quality are, and let people judge.

    Example: glotmill audit out/basque-web/1.0.0 --by quality --n 200 --sheet rate
    """
    from glotmill.core.errors import SettingsError

    if by == "quality":
        from glotmill.cli.audit_quality import LEAST_PRECISION, Asked, by_quality

        lowest = LEAST_PRECISION if least is None else least
        asked = Asked(count, language or (), sheet, read or (), rater or (), lowest, project)
        by_quality(run, asked, json=json)
        return
    given = {"--n": count, "--language": language, "--rater": rater, "--least-precision": least}
    stray = [name for name, value in given.items() if value not in (None, [])]
    if stray:
        raise SettingsError(f"{' and '.join(stray)}: only with --by quality")
    if read and len(read) > 1:
        raise SettingsError("--read twice: only with --by quality")
    _by_gate(run, sheet, read[0] if read else None, json=json)


def _by_gate(run: str, sheet: Path | None, read: Path | None, *, json: bool) -> None:
    from glotmill.core.errors import SettingsError
    from glotmill.provenance.folder import RunFolder
    from glotmill.report.audit_sheet import audited, by_people, read_sheet
    from glotmill.report.audit_sheet import sheet as written
    from glotmill.report.spreadsheets import read_text

    folder = RunFolder(run)
    said: dict[str, str] = {}
    if read is not None:
        said = read_sheet(read_text(read), name=str(read))
    found = by_people(folder, said)
    if not found:
        raise SettingsError(f"{run} has no audited gate; give its step `audit: {{share: 0.001, model: lid176}}`")
    if sheet is not None:
        rows = audited(folder)
        sheet.write_text(written(rows), encoding="utf-8")
    if json:
        show.as_json(found)
        return
    for name, one in found.items():
        _print(name, one)
    if sheet is not None:
        show.line(f"{len(rows)} audited pages written to {sheet}: fill in `person` (eu, eus_Latn, or - for no target)")


def _print(name: str, one: dict[str, Any]) -> None:
    strata = ", ".join(
        f"{stratum}: {of['audited']:,} of {of['rejected']:,} rejects audited" for stratum, of in one["strata"].items()
    )
    show.line(
        f"{name}: judge {one['judge']}; {strata}; people looked at {one['looked_at']}, overruled {one['overruled']}"
    )
    rows = [
        [
            tag,
            of["found"],
            sum(of["missed_in_audit"].values()),
            str(of["lost"]),
            str(of["lost_at_most"]),
            "" if of["recall"] is None else str(of["recall"]),
            "" if of["recall_at_least"] is None else str(of["recall_at_least"]),
        ]
        for tag, of in one["languages"].items()
    ]
    show.table("", ("language", "found", "missed", "lost", "at most", "recall", "at least"), rows)
