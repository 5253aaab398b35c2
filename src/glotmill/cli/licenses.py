"""Commands about licenses: `lint-licenses`."""

from pathlib import Path
from typing import Annotated

import typer

from glotmill.cli import show
from glotmill.cli.options import Json, ProjectDir


def lint_licenses(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="A data set card (README.md), TSV, CSV, JSON or JSON Lines; a path or fsspec URL."
        ),
    ],
    *,
    column: Annotated[
        str | None,
        typer.Option("--column", help="The column or key that holds the licenses. [default: license, spdx_id ...]"),
    ] = None,
    project: ProjectDir = Path(),
    json: Json = False,
) -> None:
    """Find what is wrong with the licenses in somebody's table of data sets.

    Example: glotmill lint-licenses README.md
    """
    from dataclasses import asdict

    from glotmill.plan.project import Project
    from glotmill.report.license_linting import lint_file

    found = lint_file(file, Project(project), column=column)
    if json:
        show.as_json(
            {
                "file": file,
                "entries": found.entries,
                "errors": found.counts["error"],
                "warnings": found.counts["warning"],
                "notes": found.counts["note"],
                "codes": dict(sorted(found.codes.items())),
                "findings": [asdict(finding) for finding in found.findings],
            }
        )
    else:
        for finding in found.findings:
            place = f"{file}:{finding.row}: {finding.field}"
            value = f" {finding.value!r}" if finding.value else ""
            show.line(f"{finding.severity}: {place}:{value} {finding.message} [{finding.code}]\n  {finding.remedy}")
        unlisted = sum(found.counts.values()) - len(found.findings)
        if unlisted:
            show.line(f"and {unlisted} more")
        show.line(
            f"{found.entries} entries: {found.counts['error']} errors, {found.counts['warning']} warnings, "
            f"{found.counts['note']} notes"
        )
    if found.counts["error"]:
        raise typer.Exit(1)
