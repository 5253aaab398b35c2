"""The `takedown` command: takes documents out of a finished corpus, for good."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from glotmill.cli import show
from glotmill.cli.options import Json, ProjectDir, RunDir

if TYPE_CHECKING:
    from glotmill.provenance.folder import RunFolder
    from glotmill.run.takedown.carrying import Takedown

_SHOWN = 20  # documents that a dry run lists, per run

Also = Annotated[
    list[str] | None,
    typer.Option(
        "--also",
        metavar="RUN",
        help="A further run that it reaches: a corpus judged again from this one. Deltas beside a corpus are found. Repeatable.",
    ),
]
Warc = Annotated[
    list[str] | None,
    typer.Option(
        "--warc", metavar="FOLDER", help="Take records out of the WARC files below this folder, too. Repeatable."
    ),
]
By = Annotated[str, typer.Option("--by", help="Who asked, or a reference: stands in the receipt.")]
Requested = Annotated[
    str | None, typer.Option("--requested", metavar="DATE", help="When they asked: 2026-11-27. Stands in the manifest.")
]


def takedown(
    run: RunDir,
    *,
    url: Annotated[list[str] | None, typer.Option("--url", help="An address. Repeatable.")] = None,
    domain: Annotated[
        list[str] | None, typer.Option("--domain", help="A site, with all its subdomains. Repeatable.")
    ] = None,
    doc: Annotated[list[str] | None, typer.Option("--doc", metavar="ID", help="A doc_id. Repeatable.")] = None,
    file: Annotated[
        list[str] | None,
        typer.Option("--file", metavar="LIST", help="A list of URLs, domains and ids, one a line. Repeatable."),
    ] = None,
    twins: Annotated[
        Literal["remove", "keep"],
        typer.Option("--twins", help="What becomes of equal and nearly equal texts that stand at other addresses."),
    ] = "remove",
    also: Also = None,
    warc: Warc = None,
    by: By = "",
    requested: Requested = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and change nothing.")] = False,
    project: ProjectDir = Path(),
    json: Json = False,
) -> None:
    """Take documents out of a finished corpus and its deltas, with their twins and all that was derived from them.

    Parts without such rows keep their bytes. Nothing of the text is left below the folder, and neither a later run, nor an
    update, nor a crawl of the project brings it back. The same command again changes nothing; after an interruption it goes on.

    Example: glotmill takedown corpora/basque-web/2026.11.1 --url https://baserria.example/azoka --by "Letter of 27 November"
    """
    from glotmill.run.takedown.carrying import Asked, plan_takedown
    from glotmill.run.takedown.family import family
    from glotmill.run.takedown.request import request_of

    request = request_of(urls=url or (), domains=domain or (), documents=doc or (), files=file or (), twins=twins)
    folders = _folders(run, also)
    resumed = _resume(folders[0], dry_run=dry_run)
    if not request:
        if resumed is None:
            raise typer.BadParameter("name something: --url, --domain, --doc or --file")
        report_receipt(resumed, json=json)
        return
    asked = Asked(by, _day(requested), datetime.now(UTC).date().isoformat())
    reached = family(folders[0], folders[1:])
    planned = plan_takedown(reached, request, asked, project=tombstones_of(project), archives=warc or ())
    finish(run, planned, project, dry_run=dry_run, json=json)


def finish(run: str, planned: "Takedown", project: Path, *, dry_run: bool, json: bool) -> None:
    """Show what a takedown would do, or do it and show what was done."""
    from glotmill.run.takedown.carrying import begin, carry_out

    if dry_run:
        _show_plan(run, planned, json=json)
        return
    if planned.journal is None:
        if json:
            show.as_json({"run": run, "changed": False})
        else:
            show.line(f"nothing to do: nothing of it is in {run}, and its tombstones are written")
        return
    begin(planned)
    receipt = carry_out(planned.folders[0])
    if receipt is None:
        raise TypeError("a journal that was just written is gone")
    report_receipt(receipt, json=json)
    if not json:
        _name_parents(planned)
    if not json and tombstones_of(project) is None:
        show.line(
            f"note: {project.absolute()} is no project, so its crawls and runs do not know the tombstones: append "
            f"{planned.folders[0].join('tombstones.txt')} to manifests/tombstones.txt of yours, or give --project again"
        )


def report_receipt(receipt: dict[str, Any], *, json: bool) -> None:
    """Print what a takedown did."""
    if json:
        show.as_json({"changed": True, **receipt})
        return
    for one in receipt["runs"]:
        if not one["documents"] and not one["ledger_rows"] and not one["changed"]:
            continue
        release = one["release"]
        version = f"release {release['before']} -> {release['after']}" if release["before"] != release["after"] else ""
        show.line(
            f"{one['corpus']}: {one['documents']:,} documents, {one['tokens']:,} tokens taken down "
            f"({_relations(one['relations'])}); {len(one['parts']):,} parts written again, "
            f"{one['ledger_rows']:,} ledger rows struck  {version}".rstrip()
        )
    if not any(one["documents"] or one["changed"] for one in receipt["runs"]):
        show.line("no document of the corpora is among what was named; from now on it stays out")
    for archive in receipt["archives"]:
        show.line(f"{archive['file']}: {archive['records']:,} records taken out")
    show.line(f"{receipt['tombstones']:,} tombstones, receipt {receipt['receipt']} in takedowns/")


def _name_parents(planned: "Takedown") -> None:
    """Name the corpora that these were made of and that were not reached: they hold the same documents."""
    manifests = [folder.read_json("manifest.json") for folder in planned.folders]
    reached = {(one["name"], one["version"]) for one in manifests}
    above = [parent for one in manifests for parent in ([one["parent"]] if "parent" in one else one.get("parents", ()))]
    parents = {(parent["name"], parent["version"]) for parent in above}
    for name, version in sorted(parents - reached):
        show.line(f"note: {name}@{version}, of which this was made, was not searched: name it with --also")


def tombstones_of(project: Path) -> str | None:
    """Return where the tombstones of a project stand; None where the folder is no project."""
    from glotmill.dedup.tombstones import PROJECT_FILE

    is_project = (project / "manifests").is_dir() or (project / "pipelines").is_dir()
    return str((project / PROJECT_FILE).absolute()) if is_project else None


def begun(run: str, also: list[str] | None, *, dry_run: bool) -> "list[RunFolder]":
    """Return the folders of runs, after what was interrupted in the first is carried out; a dry run refuses it instead."""
    folders = _folders(run, also)
    _resume(folders[0], dry_run=dry_run)
    return folders


def _folders(run: str, also: list[str] | None) -> "list[RunFolder]":
    from glotmill.io import storage
    from glotmill.provenance.folder import RunFolder

    return [RunFolder(storage.absolute(one)) for one in (run, *(also or ()))]


def _resume(folder: "RunFolder", *, dry_run: bool) -> dict[str, Any] | None:
    from glotmill.run.takedown.carrying import carry_out
    from glotmill.run.takedown.family import base_of
    from glotmill.run.takedown.journal import refuse_pending

    base = base_of(folder)
    if dry_run:
        refuse_pending(base)
    return carry_out(base)


def _day(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise typer.BadParameter(f"--requested {value}: write a date as 2026-11-27") from error


def _relations(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {relation}" for relation, count in counts.items()) or "none in the corpus"


def _show_plan(run: str, planned: "Takedown", *, json: bool) -> None:
    from glotmill.run.takedown.reading import documents

    pairs = list(zip(planned.folders, planned.found.runs, strict=True))
    if json:
        show.as_json(
            {
                "run": run,
                "dry_run": True,
                "runs": [
                    {
                        "run": folder.address,
                        "documents": len(found.removed),
                        "tokens": sum(found.tokens.values()),
                        "relations": found.relations(),
                        "parts": sorted(found.parts),
                        "ledger_rows": len(found.struck),
                        "listed": list(documents(folder, found.removed)),
                    }
                    for folder, found in pairs
                ],
                "archives": [{"file": one.path, "records": one.records} for one in planned.archives],
                "tombstones": len(planned.found.values),
            }
        )
        return
    for folder, found in pairs:
        show.line(
            f"{folder.address}: {len(found.removed):,} documents, {sum(found.tokens.values()):,} tokens would go "
            f"({_relations(found.relations())}) out of {len(found.parts):,} parts; {len(found.struck):,} ledger rows would be struck"
        )
        rows = [
            (row["why"], row["doc_id"], row["url"] or "", row["language"] or "", row["tokens"])
            for row, _ in zip(documents(folder, found.removed), range(_SHOWN), strict=False)
        ]
        if rows:
            show.table("", ("why", "doc_id", "url", "language", "tokens"), rows)
            if len(found.removed) > len(rows):
                show.line(f"  and {len(found.removed) - len(rows):,} more; --json lists all")
    for archive in planned.archives:
        show.line(f"{archive.path}: {archive.records:,} records would be taken out")
    show.line("nothing was changed")
