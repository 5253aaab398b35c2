"""The `fetch` command: freezes what a recipe selects of Common Crawl, and says what that takes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotmill.cli import show
from glotmill.cli.options import Bind, Json, ProjectDir, Recipe, load_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glotmill.plan.resolve import Plan
    from glotmill.run.commoncrawl import Fetched, Outlook


def fetch(
    recipe: Recipe,
    *,
    bind: Bind = None,
    location: Annotated[
        str,
        typer.Option("--from", metavar="BASE", help="Where Common Crawl is: a URL, a folder, s3://commoncrawl/"),
    ] = "https://data.commoncrawl.org/",
    list_only: Annotated[
        bool, typer.Option("--list-only", help="Make the list of records, and fetch none: what it would take.")
    ] = False,
    pages: Annotated[
        int | None, typer.Option("--pages", min=1, help="Stop after so many pages of this call; the next one goes on.")
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Ask once more for the records that failed.")
    ] = False,
    rate: Annotated[float, typer.Option("--rate", min=0.01, help="Requests a second, of all connections.")] = 10.0,
    connections: Annotated[int, typer.Option("--connections", min=1, max=256, help="Requests under way at once.")] = 8,
    patience: Annotated[
        float, typer.Option("--patience", min=1, help="Seconds that a server's Retry-After is waited for.")
    ] = 900.0,
    project: ProjectDir = Path(),
    json: Json = False,
) -> None:
    """Fetch what a recipe selects of Common Crawl into the folder that its source is bound to; the same command goes on.

    First the list of records, by the columnar index, then each record as a byte range, held against its digest. `glotmill run`
    reads the folder when all is over. Example: glotmill fetch commoncrawl --bind commoncrawl=./cc-basque --list-only
    """
    from glotmill.core.errors import SettingsError
    from glotmill.crawl.commoncrawl.source import CommonCrawlSource
    from glotmill.run.commoncrawl import Access, carry_out, fetch_job
    from glotmill.run.settings import parse_bindings

    _, plan = load_plan(recipe, project)
    sources = [source for source in plan.recipe.sources if isinstance(source, CommonCrawlSource)]
    if not sources:
        raise SettingsError(f"{plan.recipe_file} has no source of kind commoncrawl")
    bindings = parse_bindings(bind or [], tuple(sources))
    access = Access(location, rate=rate, connections=connections, patience=patience)
    done: dict[str, Outlook] = {}
    with show.progress(quiet=json) as listener:
        for source in sources:
            if source.of in bindings:
                job, folder = fetch_job(plan, source), bindings[source.of]
                done[source.of] = carry_out(
                    job, folder, access, listener=listener, most=pages, list_only=list_only, again=retry_failed
                )
    notes = {source.of: source.notes(plan.recipe.languages) for source in sources}
    if json:
        found = {name: {"notes": notes[name], **one.as_dict()} for name, one in done.items()}
        show.as_json(next(iter(found.values())) if len(found) == 1 else found)
        return
    for name, one in done.items():
        for note in notes[name]:
            show.line(f"{name}: {note}")
        _summary(one, rate)


def expected(plan: "Plan", bindings: "Mapping[str, str]") -> dict[str, dict[str, Any]]:
    """Return, by source from Common Crawl, what its folder says of the fetch, and what its selection misses."""
    from glotmill.crawl.commoncrawl.source import CommonCrawlSource
    from glotmill.run.commoncrawl import fetch_job, outlook

    found: dict[str, dict[str, Any]] = {}
    for source in plan.recipe.sources:
        if isinstance(source, CommonCrawlSource):
            here = outlook(bindings[source.of], fetch_job(plan, source)) if source.of in bindings else None
            plain = {"finished": False, "pages": None} if here is None else here.as_dict()
            languages = plan.recipe.languages
            about = {"notes": source.notes(languages), "expected_pages": source.expected_pages(languages)}
            found[source.of] = {**about, **plain}
    return found


def print_expected(fetches: "Mapping[str, Mapping[str, Any]]") -> None:
    """Print what `expected` found."""
    for name, one in fetches.items():
        for note in one["notes"]:
            show.line(f"{name}: {note}")
        if one["finished"]:
            show.line(f"{name}: fetched")
        elif one["pages"] is None:
            if one["expected_pages"] is not None:
                show.line(
                    f"{name}: about {one['expected_pages']:,} pages by language, as CC-MAIN-2026-04 had them, one request each; "
                    "several captures of a page included, before all else that the source asks"
                )
            show.line(f"{name}: no list yet: `glotmill fetch RECIPE --bind {name}=FOLDER --list-only` makes it")
        else:
            show.line(
                f"{name}: {one['requests']:,} requests and {show.size(one['bytes'])} to fetch, by the list of the index"
            )


def _summary(outlook: "Outlook", rate: float) -> None:
    for name, one in (("pages", outlook.pages), ("robots.txt", outlook.robots)):
        if one is not None:
            _print_list(name, one)
    if outlook.wet is not None:
        show.line(
            f"{outlook.wet['files']:,} WET files, {show.size(outlook.wet['bytes'])}, {outlook.wet['left']:,} left"
        )
        show.line(f"  WET files   {outlook.folder}/wet")
    else:
        show.line(f"  WARC files  {outlook.folder}/warc")
    if not outlook.finished:
        left = outlook.as_dict()
        hours = left["requests"] / rate / 3600
        show.line(
            f"  not finished: {left['requests']:,} requests and {show.size(left['bytes'])} are left, "
            f"{hours:,.1f} h at {rate:g} a second; the same command goes on"
        )


def _print_list(name: str, one: "Fetched") -> None:
    counts = one.counts
    rows = [
        ("rows of the index", counts.rows),
        ("  not wanted", counts.unwanted),
        ("    of them in row groups that were not read", counts.unread),
        ("  other captures of a page", counts.duplicate),
        ("  taken down", counts.taken_down),
        ("  beyond max_pages", counts.beyond_limit),
        ("  listed", counts.listed),
        ("    fetched", one.fetched),
        *((f"    failed: {reason}", number) for reason, number in one.failed.items()),
        ("    left", one.left),
    ]
    show.table(name, ("rows", "number"), [row for row in rows if row[1] or row[0].strip() in ("listed", "fetched")])
