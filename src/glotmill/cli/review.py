"""The `review-licenses` command: hosts of a run by weight, a sheet on which people decide, and what they decided."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotmill.cli import show
from glotmill.cli.options import Json, ProjectDir, RunDir

if TYPE_CHECKING:
    from datetime import date

    from glotmill.licensing.site_decisions import SiteDecisions
    from glotmill.plan.project import Project
    from glotmill.provenance.folder import RunFolder
    from glotmill.report.license_review import Host


def review_licenses(
    run: RunDir,
    *,
    sheet: Annotated[
        Path | None,
        typer.Option("--sheet", metavar="FILE", help="Write FILE.html and FILE.csv, on which people decide."),
    ] = None,
    read: Annotated[
        Path | None,
        typer.Option(
            "--read", metavar="FILE", help="Take the decisions of such a CSV into manifests/site_licenses.yaml."
        ),
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who decided, where the sheet does not say.")] = None,
    hosts: Annotated[int, typer.Option("--hosts", min=1, max=100_000, help="Hosts at most, by tokens.")] = 100,
    samples: Annotated[int, typer.Option("--samples", min=1, max=100, help="Pages per host on the sheet.")] = 5,
    project: ProjectDir = Path(),
    json: Json = False,
) -> None:
    """Show what the hosts of a run say of their licenses, and let people decide about them.

    Example: glotmill review-licenses out/basque-web/1.0.0 --sheet look
    """
    from datetime import UTC, datetime

    from glotmill.plan.project import Project
    from glotmill.provenance.folder import RunFolder
    from glotmill.report.license_review import hosts_of

    folder = RunFolder(run)
    today = datetime.now(tz=UTC).date()
    earlier = _earlier(Project(project))
    if read is not None:
        _read(folder, read, project, earlier, by=by, today=today, json=json)
        return
    found = hosts_of(folder, limit=hosts, samples=samples)
    written = _write(found, earlier, sheet, _name(folder), today.isoformat()) if sheet is not None else []
    if json:
        show.as_json({"hosts": [_summary(one, earlier) for one in found], "written": written})
        return
    if not found:
        show.line("no row of this run has a web address")
    _print(found, earlier)
    if written:
        show.line(f"{len(found)} hosts written to {' and '.join(written)}; `--read` takes the CSV back")


def _name(folder: "RunFolder") -> str:
    recipe = folder.read_json("manifest.json")["recipe"]
    return f"{recipe['name']}@{recipe['version']}"


def _earlier(project: "Project") -> "SiteDecisions":
    from glotmill.licensing.site_decisions import DECISIONS_FILE, SiteDecisions, load_decisions

    text = project.read(DECISIONS_FILE)
    return SiteDecisions() if text is None else load_decisions(text)


def _read(
    folder: "RunFolder",
    path: Path,
    project: Path,
    earlier: "SiteDecisions",
    *,
    by: str | None,
    today: "date",
    json: bool,
) -> None:
    import sys

    from glotmill.cli.evidence import replace_file
    from glotmill.licensing.site_decisions import DECISIONS_FILE
    from glotmill.licensing.table import TABLE_FILE, load_table
    from glotmill.plan.project import Project
    from glotmill.report.license_review import hosts_of
    from glotmill.report.license_sheet import as_yaml, merged, read_sheet, taken_over
    from glotmill.report.spreadsheets import read_text

    text = read_text(path)
    known = {one.host: one for one in hosts_of(folder, limit=sys.maxsize, samples=0)}
    table = load_table(Project(project).read(TABLE_FILE) or "", TABLE_FILE)
    decided = read_sheet(text, name=str(path), hosts=known, run=_name(folder), table=table, by=by, on=today)
    changed = [one for one in decided if earlier.by_host.get(one.host) != one]
    target = project / DECISIONS_FILE
    if changed:
        replace_file(target, as_yaml(merged(earlier, changed)))
    counts = {verdict: sum(one.verdict == verdict for one in decided) for verdict in ("verified", "rejected")}
    replaced = taken_over(earlier, changed)
    if json:
        names = [one.host for one in changed]
        show.as_json({**counts, "changed": names, "replaced": replaced, "file": str(target)})
        return
    show.line(
        f"{counts['verified']} hosts verified, {counts['rejected']} rejected, {len(changed)} of them new or changed"
    )
    for host, before in replaced.items():
        show.line(f"{host}: replaces the decision of {before}")
    if changed:
        show.line(f"written: {target}; permit steps read it from the next run on, which needs a new version")


def sheet_files(target: Path) -> tuple[Path, Path]:
    """Return the page and the CSV of a sheet that may be named as either, or as neither."""
    stem = target.with_suffix("") if target.suffix in (".html", ".csv") else target
    return stem.with_name(f"{stem.name}.html"), stem.with_name(f"{stem.name}.csv")


def _write(found: "list[Host]", earlier: "SiteDecisions", target: Path, run: str, today: str) -> list[str]:
    from glotmill.cli.evidence import replace_file
    from glotmill.report.license_page import page
    from glotmill.report.license_sheet import proposals
    from glotmill.report.license_sheet import sheet as as_csv

    html, csv = sheet_files(target)
    rows = proposals(found, earlier)
    replace_file(html, page(found, rows, run=run, file=csv.name, today=today))
    replace_file(csv, as_csv(rows))
    return [str(html), str(csv)]


def _summary(host: "Host", earlier: "SiteDecisions") -> dict[str, Any]:
    name, share = host.commonest()
    decided = earlier.by_host.get(host.host)
    return {
        "host": host.host,
        "tokens": host.tokens,
        "kept": host.kept,
        "dropped": host.dropped,
        "license": name,
        "share": round(share, 4),
        "marks": [
            {"fate": mark.fate, "license": mark.license, "state": mark.state, "signal": mark.signal, "pages": pages}
            for mark, pages in host.ordered_marks()
        ],
        "decided": None if decided is None else decided.model_dump(mode="json"),
    }


def _print(found: "list[Host]", earlier: "SiteDecisions") -> None:
    rows = []
    for host in found:
        name, share = host.commonest()
        (mark, _), *_ = host.ordered_marks()
        decided = earlier.by_host.get(host.host)
        verdict = "" if decided is None else decided.verdict
        said = f"{mark.state} by {mark.signal}"
        rows.append([host.host, host.tokens, host.kept, host.dropped, name or "-", f"{share:.0%}", said, verdict])
    columns = ("host", "tokens", "kept", "dropped", "commonest license", "pages", "mostly", "decided")
    show.table("", columns, rows)
