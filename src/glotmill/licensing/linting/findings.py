"""What the linter of license tables says: where, what, how bad, and what would be right."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
MAX_VALUE = 120  # characters of a value that a finding repeats

CODES = (
    "no_license",  # nothing stands where the license should
    "says_nothing",  # `other`, `unknown`, `cc`: no license can be concluded
    "not_spdx",  # neither SPDX nor our table knows it
    "not_an_id",  # it can be read, and is no SPDX id
    "deprecated",  # SPDX replaced the id
    "no_version",  # a Creative Commons license without its version
    "list",  # several licenses, and nobody says whether all or any of them apply
    "link_differs",  # name and address say different licenses
    "not_open",  # NC, ND or reserved rights under "open", "permissive" or "public"
    "duplicate",  # one data set, several licenses
    "repeated",  # one data set twice, under one license
    "no_source",  # nothing by which anybody could check it
    "database",  # a license for databases on texts
    "freer_than_parts",  # the whole is freer than a part
    "software",  # a license written for software on texts
    "unreadable",  # a line that is no entry
    "cut",  # too much to look at all of it
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in a table that is wrong, or that somebody should look at.

    Args:
        severity: an `error` cannot stand; a `warning` leaves something open; a `note` is for judgement.
        code: one of `CODES`.
        row: line of the file, from 1; in JSON the place of the entry among those with a license.
        field: column or dotted path.
        value: what stands there, cut at 120 characters.
        message: what is wrong, in one clause.
        remedy: what would be right.
    """

    severity: Severity
    code: str
    row: int
    field: str
    value: str
    message: str
    remedy: str


def finding(severity: Severity, code: str, row: int, field: str, *, value: str, message: str, remedy: str) -> Finding:
    """Return a finding with its value on one line and cut."""
    shown = " ".join(value[: 4 * MAX_VALUE].split())
    return Finding(severity, code, row, field, shown[:MAX_VALUE], message, remedy)
