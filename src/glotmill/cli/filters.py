"""The `lint-filters` command: bounds and word lists that cannot be meant as they stand."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from glotmill.cli import show
from glotmill.cli.options import Json, ProjectDir


def lint_filters(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Language files, rule sets, configurations of FineWeb-2, or folders of them. [default: the project's]",
        ),
    ] = None,
    *,
    project: ProjectDir = Path(),
    json: Json = False,
) -> None:
    """Find bounds that drop nothing, drop everything or are absurd, and stop words that are none.

    Example: glotmill lint-filters filters/languages/eus_Latn.yaml
    """
    from dataclasses import asdict

    from glotmill.plan.project import Project
    from glotmill.report.linting import lint_paths, lint_project

    found = lint_paths(paths, Project(project)) if paths else lint_project(Project(project))
    counts = Counter(finding.severity for finding in found.findings)
    concerned = {finding.file for finding in found.findings}
    wrong = {finding.file for finding in found.findings if finding.severity == "error"}
    if json:
        show.as_json(
            {
                "files": len(found.files),
                "files_with_findings": len(concerned),
                "files_with_errors": len(wrong),
                "errors": counts["error"],
                "warnings": counts["warning"],
                "findings": [asdict(finding) for finding in found.findings],
                "passed_over": found.passed_over,
            }
        )
    else:
        for finding in found.findings:
            place = ": ".join(part for part in (finding.file, finding.field) if part)
            show.line(f"{finding.severity}: {place}: {finding.message}\n  {finding.remedy}")
        if found.passed_over:
            show.line(f"{len(found.passed_over)} files are no filter files: {', '.join(found.passed_over[:5])}")
        show.line(
            f"{len(found.files)} files linted, {len(concerned)} with findings, {len(wrong)} with errors "
            f"({counts['error']} errors, {counts['warning']} warnings)"
        )
    if wrong:
        raise typer.Exit(1)
