"""The `audit` command: what a gate lost by its audit's word, and by people's."""

from pathlib import Path
from typing import Annotated, Any

import typer

from glotmill.cli import show
from glotmill.cli.options import Json, RunDir


def audit(
    run: RunDir,
    *,
    sheet: Annotated[
        Path | None,
        typer.Option("--sheet", metavar="FILE", help="Write audited pages as CSV, for people to look over."),
    ] = None,
    read: Annotated[
        Path | None, typer.Option("--read", metavar="FILE", help="Take people's word from such a file.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what the audited gates of a run lost, and let people check the judge.

    Example: glotmill audit out/basque-web/1.0.0 --sheet look.csv
    """
    from glotmill.core.errors import SettingsError
    from glotmill.provenance.folder import RunFolder
    from glotmill.report.audit_sheet import audited, by_people, read_sheet
    from glotmill.report.audit_sheet import sheet as written

    folder = RunFolder(run)
    said: dict[str, str] = {}
    if read is not None:
        said = read_sheet(_text_of(read), name=str(read))
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


def _text_of(path: Path) -> str:
    from glotmill.core.errors import DataError

    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


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
