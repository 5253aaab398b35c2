"""A file's licenses, linted against the license table of a project."""

from collections.abc import Iterator

from glotmill.licensing.linting.entries import Entry
from glotmill.licensing.linting.findings import Finding, finding
from glotmill.licensing.linting.tables import TableFindings, lint_table
from glotmill.licensing.table import TABLE_FILE, load_table
from glotmill.plan.project import Project
from glotmill.report.license_tables import read_table


def lint_file(url: str, project: Project, *, column: str | None = None) -> TableFindings:
    """Return what is wrong with the licenses in a file; errors as `license_tables.read_table`."""
    table = load_table(project.read(TABLE_FILE) or "", TABLE_FILE)
    broken: list[Finding] = []
    count = 0

    def entries() -> Iterator[Entry]:
        nonlocal count
        for one in read_table(url, column=column):
            if isinstance(one, Entry):
                yield one
                continue
            count += 1
            if count <= 100:
                broken.append(
                    finding(
                        "error", "unreadable", one.row, "", value="", message=one.message, remedy="Mend or split it."
                    )
                )

    found = lint_table(entries(), table)
    found.add_late(broken)
    if count > len(broken):
        found.count("error", "unreadable", count - len(broken))
    found.findings.sort(key=lambda one: one.row)
    return found
