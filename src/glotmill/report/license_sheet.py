"""The sheet on which people decide about the licenses of hosts: written as CSV, read back as decisions."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import yaml
from pydantic import ValidationError

from glotmill.core.errors import DataError
from glotmill.licensing.expressions import Licensing
from glotmill.licensing.site_decisions import COVERS, VERDICTS, HostDecision, SiteDecisions
from glotmill.licensing.table import LicenseTable
from glotmill.report.delimited import LONGEST_CELL, delimiter_of
from glotmill.report.license_review import NOT_SAID, Host
from glotmill.report.spreadsheets import safe_cell

COLUMNS: Final = (
    "host", "kept", "dropped", "tokens", "found", "verdict", "license", "covers", "decided_by", "decided_on", "note",
)  # fmt: skip
_HEAD = """\
# What people decided about the licenses of whole hosts; `glotmill review-licenses RUN --read SHEET` adds to it, and every
# `permit` step reads it. Comments of your own are lost when the command writes.
"""


def proposals(hosts: Sequence[Host], earlier: SiteDecisions) -> list[dict[str, str]]:
    """Return a row of the sheet per host, with what was decided earlier, else with the commonest license and no verdict."""
    return [_proposal(host, earlier.by_host.get(host.host)) for host in hosts]


def _proposal(host: Host, earlier: HostDecision | None) -> dict[str, str]:
    name, _ = host.commonest()
    row = dict.fromkeys(COLUMNS, "")
    row |= {"host": host.host, "kept": str(host.kept), "dropped": str(host.dropped), "tokens": str(host.tokens)}
    row |= {"found": found(host), "license": name or "", "covers": "marked"}
    if earlier is not None:
        row |= {"verdict": earlier.verdict, "license": earlier.license or "", "covers": earlier.covers}
        row |= {
            "decided_by": earlier.decided_by,
            "decided_on": earlier.decided_on.isoformat(),
            "note": earlier.evidence,
        }
    return row


def found(host: Host) -> str:
    """Return in words what a host's pages say: `CC-BY-4.0 declared by footer-link: 12 kept; ...`, five kinds at most."""
    marks = host.ordered_marks()
    said = [f"{_license(mark.license)} {mark.state} by {mark.signal}: {pages} {mark.fate}" for mark, pages in marks[:5]]
    rest = sum(pages for _, pages in marks[5:])
    return "; ".join([*said, *([f"others: {rest}"] if rest else [])])


def _license(name: str) -> str:
    return "no license" if name == NOT_SAID else name


def sheet(rows: Iterable[Mapping[str, str]]) -> str:
    """Return rows as CSV for people: into `verdict` belongs verified or rejected, or nothing."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: safe_cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def read_sheet(
    text: str, *, name: str, hosts: Mapping[str, Host], run: str, table: LicenseTable, by: str | None, on: date
) -> list[HostDecision]:
    """Return what a person decided; rows without a verdict decide nothing.

    Args:
        text: CSV as `sheet` writes it, columns in any order, or as spreadsheets write it: with semicolons or tabs.
        name: of the file, for errors.
        hosts: of the run, by name.
        run: name and version of the run, for the evidence.
        table: licenses are read by.
        by: who decided, where a row does not say.
        on: when, where a row does not say.

    Raises:
        DataError: it is no such sheet, or a row cannot be meant; names the row and what would be right.
    """
    csv.field_size_limit(LONGEST_CELL)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter_of(text.partition("\n")[0]))
        lacking = [
            column for column in ("host", "verdict", "license", "note") if column not in (reader.fieldnames or ())
        ]
        if lacking:
            written = "`glotmill review-licenses RUN --sheet FILE` writes one"
            raise DataError(f"{name} has no column {' and '.join(lacking)}; {written}")
        rows = [{key: (value or "").strip() for key, value in row.items() if isinstance(key, str)} for row in reader]
    except csv.Error as error:
        raise DataError(f"{name} is not readable as CSV: {error}") from error
    licensing = Licensing(table)
    decided: dict[str, HostDecision] = {}
    for number, row in enumerate(rows, start=2):
        where = f"{name}, row {number}"
        if not row["verdict"]:
            continue
        if row["host"] not in hosts:
            raise DataError(f"{where}: {row['host']!r} is no host of this run")
        if row["host"] in decided:
            raise DataError(f"{where}: {row['host']} stands twice")
        decided[row["host"]] = _decision(row, where, hosts[row["host"]], run, licensing, by=by, on=on)
    return list(decided.values())


def _decision(
    row: Mapping[str, str], where: str, host: Host, run: str, licensing: Licensing, *, by: str | None, on: date
) -> HostDecision:
    verdict, covers = row["verdict"].casefold(), row.get("covers", "").casefold() or "marked"
    if verdict not in VERDICTS:
        raise DataError(f"{where}: {row['verdict']!r} is no verdict; write verified, rejected or nothing")
    if covers not in COVERS:
        raise DataError(f"{where}: {row['covers']!r}: write marked (pages that name a license) or all")
    license_id = None
    if verdict == "verified":
        license_id = licensing.read(row["license"]).expression
        if license_id is None or licensing.for_texts(license_id) is None:
            raise DataError(
                f"{where}: {row['license']!r} is no license of texts; write an SPDX id such as CC-BY-SA-4.0"
            )
    who = row.get("decided_by") or by
    if not who:
        raise DataError(f"{where}: who decided? Fill in decided_by, or give --by NAME")
    said = row["note"] if f"In {run}: " in row["note"] else f"{row['note']} In {run}: {found(host)}.".strip()
    day = _day(row.get("decided_on", ""), where, on)
    try:
        return HostDecision(
            host=row["host"],
            verdict="verified" if verdict == "verified" else "rejected",
            license=license_id,
            covers="all" if covers == "all" else "marked",
            decided_by=who,
            decided_on=day,
            evidence=said[:2_000],
        )
    except (ValueError, ValidationError) as error:
        first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise DataError(f"{where}: {first}") from error


def _day(written: str, where: str, today: date) -> date:
    if not written:
        return today
    try:
        day = date.fromisoformat(written) if re.fullmatch(r"\d{4}-\d\d-\d\d", written) else None
    except ValueError:
        day = None
    if day is None:
        raise DataError(
            f"{where}: decided_on is {written!r:.40}; write the day as year-month-day, as in {today.isoformat()}"
        )
    if day > today + timedelta(days=1):  # `today` is that of UTC; somewhere it is tomorrow already
        raise DataError(
            f"{where}: decided_on is {written}, which is yet to come; write the day of the decision, as in {today.isoformat()}"
        )
    return day


def taken_over(earlier: SiteDecisions, new: Iterable[HostDecision]) -> dict[str, str]:
    """Return host -> who decided before, of the hosts that another person decides now."""
    return {
        one.host: before.decided_by
        for one in new
        if (before := earlier.by_host.get(one.host)) is not None and before.decided_by != one.decided_by
    }


def merged(earlier: SiteDecisions, new: Iterable[HostDecision]) -> SiteDecisions:
    """Return all decisions, by host; a new one takes an earlier one's place."""
    by_host = {**earlier.by_host, **{one.host: one for one in new}}
    return SiteDecisions(decisions=tuple(by_host[host] for host in sorted(by_host)))


def as_yaml(decisions: SiteDecisions) -> str:
    """Return the text of `manifests/site_licenses.yaml`."""
    # What a rejection covers is no question.
    value = {
        "decisions": [
            one.model_dump(mode="json", exclude_none=True, exclude={"covers"} if one.verdict == "rejected" else None)
            for one in decisions.decisions
        ]
    }
    return _HEAD + yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=120)
