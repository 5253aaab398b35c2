"""Commands that watch a run: `status`, and `report`, its page for people."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from glotmill.cli import show
from glotmill.cli.options import Json, RunDir

if TYPE_CHECKING:
    from glotmill.provenance.folder import RunFolder
    from glotmill.report.status import Status


def status(
    run: RunDir,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again until the run is over.")] = False,
    every: Annotated[float, typer.Option("--every", min=0.2, max=3600, help="Seconds between two looks.")] = 5.0,
    json: Json = False,
) -> None:
    """Say how far a run is, from another terminal while it works, or what a dead one lacks and how to go on.

    Exit code 1 where the run failed or its driver is gone before the end. Example: glotmill status corpora/basque-web/2026.11.1 --watch
    """
    from dataclasses import asdict
    from json import dumps

    from glotmill.provenance.folder import RunFolder
    from glotmill.report.status import Watcher

    watcher = Watcher(RunFolder(run))
    while True:
        found = watcher.look()
        if not json:
            _print(found)
        elif watch:
            print(dumps(asdict(found), ensure_ascii=False), flush=True)
        else:
            show.as_json(asdict(found))
        if not watch or found.state != "running":
            break
        time.sleep(every)
    if found.state in ("failed", "interrupted", "dead"):
        raise typer.Exit(1)


def _print(found: "Status") -> None:
    since = f", begun {found.begun}, last heard of {found.last}" if found.attempt else ""
    show.line(f"{found.run}: {found.state}{since}")
    if found.error:
        show.line(f"  {found.error}")
    phases: list[list[Any]] = [
        [
            one.phase,
            one.done,
            "?" if one.total is None else f"{one.total:,}",
            one.documents or None,
            one.kept if one.documents else None,
            "" if one.documents_per_second is None else f"{one.documents_per_second:,.0f}/s",
            "" if one.seconds is None else show.duration(one.seconds),
            "" if one.seconds_left is None else show.duration(one.seconds_left),
        ]
        for one in found.phases
    ]
    show.table("", ("phase", "done", "of", "documents", "kept", "rate", "took", "left"), phases)
    if found.steps:
        steps = [
            [
                one.step,
                one.rows_in,
                one.kept,
                one.dropped,
                one.quarantined,
                "" if one.worked is None else show.duration(one.worked),
                "" if one.documents_per_second is None else f"{one.documents_per_second:,.0f}/s",
            ]
            for one in found.steps
        ]
        show.line()
        show.table("", ("step", "in", "kept", "dropped", "quarantined", "worked", "per worker"), steps)
    if found.missing:
        word = "left to do" if found.state == "running" else "missing"
        show.line(f"{word}: {'; '.join(found.missing)}")
    show.line(found.advice)


def report(
    run: RunDir,
    *,
    texts: Annotated[
        Literal["permitted", "all", "none"],
        typer.Option(
            "--texts",
            help="Whose texts are shown: of documents that passed a license policy, also of those that none judged, or none.",
        ),
    ] = "permitted",
    tokenizer: Annotated[
        list[str] | None,
        typer.Option("--tokenizer", metavar="NAME=FILE", help="A tokenizer.json to compare languages by. Repeatable."),
    ] = None,
    english: Annotated[
        Path | None,
        typer.Option("--english", metavar="FILE", help="English text to compare with, where the corpus has none."),
    ] = None,
    worker_hour: Annotated[
        float | None, typer.Option("--worker-hour", min=0, help="What an hour of one worker costs, for cost by step.")
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="Where to write it. [default: report.html of the run]")
    ] = None,
    json: Json = False,
) -> None:
    """Write a finished run's report: one HTML file that loads nothing, for people, with a table behind every picture.

    `run` writes it, too. Example: glotmill report corpora/basque-web/2026.11.1 --tokenizer mine=tokenizer.json
    """
    from glotmill.core.errors import SettingsError
    from glotmill.io import storage
    from glotmill.provenance.folder import RunFolder
    from glotmill.report.run_page.facts import Options
    from glotmill.report.run_page.page import FILE
    from glotmill.report.run_page.page import report as written

    named: dict[str, Path] = {}
    for word in tokenizer or ():
        name, equals, file = word.partition("=")
        if not name or not equals or not file:
            raise SettingsError(f"--tokenizer {word}: write --tokenizer NAME=FILE, for example mine=tokenizer.json")
        named[name] = Path(file)
    try:
        reference = None if english is None else english.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"--english {english}: {error}") from error
    folder = RunFolder(run)
    address = out if out is not None else folder.join(FILE)
    text = written(folder, Options(texts, named, reference, worker_hour))
    storage.replace_bytes(address, text.encode())
    if json:
        show.as_json({"run": run, "report": address, "bytes": len(text.encode())})
    else:
        show.line(f"{address}: {show.size(len(text.encode()))}")


def report_beside(folder: "RunFolder") -> None:
    """Write the report of a run that has just ended; where that fails, say so: the run is done without it."""
    from glotmill.core.errors import GlotmillError
    from glotmill.report.run_page.page import remove_report, write_report

    try:
        remove_report(folder)  # that of an earlier run would be taken for this one's
        write_report(folder)
    except (GlotmillError, OSError) as error:
        show.complaint(
            f"the run is done, but its report could not be written: {show.in_words(error)}; "
            f"once that is mended: glotmill report {folder.address}"
        )
