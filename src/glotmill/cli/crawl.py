"""The `crawl` command: fetches the pages that a recipe's source names, politely, into WARC files."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from glotmill.cli import show
from glotmill.cli.options import Bind, Json, ModelsDir, ProjectDir, Recipe, load_plan, model_files

if TYPE_CHECKING:
    from glotmill.run.crawl_record import Crawled


def crawl(
    recipe: Recipe,
    *,
    bind: Bind = None,
    pages: Annotated[
        int | None, typer.Option("--pages", min=1, help="Stop after so many pages of this call; the next one goes on.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=1, help="Stop after about so many seconds; the next call goes on.")
    ] = None,
    revisit_days: Annotated[
        float | None,
        typer.Option(
            "--revisit-days", min=0, help="Ask again for pages that were fetched so many days ago or earlier."
        ),
    ] = None,
    on: Annotated[
        Literal["local", "ray"],
        typer.Option("--on", help="Where shards are worked on; all see the folder on a local disk."),
    ] = "local",
    workers: Annotated[int, typer.Option("--workers", min=1, help="Shards under way at once.")] = 1,
    on_loopback: Annotated[
        bool,
        typer.Option(
            "--on-loopback",
            help="Every host name means this machine, on any port and without delays: to rehearse against servers of your own.",
        ),
    ] = False,
    project: ProjectDir = Path(),
    models: ModelsDir = None,
    json: Json = False,
) -> None:
    """Crawl the sites of a recipe into the folder that its source is bound to; the same command again goes on.

    Robots.txt, Crawl-delay and what owners say of training are heeded, a host has one request at a time. `glotmill run` does
    the same before it reads, if it has not been done.

    Example: glotmill crawl basque-sites --bind euskara=./crawls/euskara --pages 1000
    """
    from glotmill.core.errors import SettingsError
    from glotmill.crawl.source import CrawlSource
    from glotmill.executors.choose import executor_for
    from glotmill.run.crawl import crawl as carry_out
    from glotmill.run.crawl import crawl_job
    from glotmill.run.settings import parse_bindings

    _, plan = load_plan(recipe, project)
    sources = [source for source in plan.recipe.sources if isinstance(source, CrawlSource)]
    if not sources:
        raise SettingsError(f"{plan.recipe_file} has no source of kind crawl")
    bindings = parse_bindings(bind or [], tuple(sources))
    files = model_files(plan, project, models)
    executor = executor_for(on, workers, None)
    done: list[Crawled] = []
    try:
        with show.progress(quiet=json) as listener:
            for source in sources:
                if source.of in bindings:
                    job = crawl_job(plan, source, files, on_loopback=on_loopback)
                    folder = bindings[source.of]
                    done.append(
                        carry_out(
                            job,
                            folder,
                            executor=executor,
                            listener=listener,
                            pages=pages,
                            seconds=seconds,
                            revisit_after=None if revisit_days is None else revisit_days * 86_400,
                        )
                    )
    finally:
        executor.close()
    if json:
        show.as_json([asdict(one) for one in done] if len(done) > 1 else asdict(done[0]))
        return
    for one in done:
        _summary(one)


def _summary(crawled: "Crawled") -> None:
    show.line(
        f"{crawled.pages:,} pages asked for, {crawled.policies:,} robots.txt and tdmrep.json files: "
        f"{crawled.accepted:,} pages with {crawled.characters:,} characters in a target language"
    )
    show.table("outcomes", ("outcome", "pages"), list(crawled.outcomes.items()))
    show.line(f"  WARC files  {crawled.folder}/warc")
    if not crawled.finished:
        show.line("  not finished: the same command goes on")
