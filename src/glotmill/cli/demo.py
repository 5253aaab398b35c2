"""The `demo` command: a small web in many languages, from pages to a licensed corpus."""

from pathlib import Path
from typing import Annotated

import typer

from glotmill.cli import show
from glotmill.cli.options import Json, ModelsDir


def demo(
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder for the demo's web archives and the corpus.")] = Path(
        "demo-out"
    ),
    workers: Annotated[int, typer.Option("--workers", min=1, help="Tasks under way at once.")] = 2,
    common_crawl: Annotated[
        Path | None,
        typer.Option("--common-crawl", metavar="DIR", help="Write its pages as a tiny Common Crawl, and nothing else."),
    ] = None,
    models: ModelsDir = None,
    json: Json = False,
) -> None:
    """Build the demo web as WARC files, run pipelines/demo.yaml on it and verify the corpus.

    Example: glotmill demo --out demo-out
    """
    from glotmill.cli import inspect, runs
    from glotmill.demo.web import build
    from glotmill.plan.project import carried

    if common_crawl is not None:
        _as_common_crawl(common_crawl, json=json)
        return
    web = build(carried() / "pipelines" / "demo_web", out / "web")
    if not json:
        show.line(f"the demo web stands in {len(web)} files under {out / 'web'}")
    folder = runs.carry_out(
        "demo",
        out=str(out / "corpora"),
        bind=[f"demo-web={out / 'web'}"],
        workers=workers,
        project=carried(),
        models=models,
        quiet=json,
    )
    verdict = inspect.prove(folder.address)
    if json:
        show.as_json({**runs.result_of(folder), "verified": verdict.holds, "problems": verdict.problems})
    else:
        runs.summary(folder)
        inspect.print_verdict(folder.address, verdict)
    if not verdict.holds:
        raise typer.Exit(1)


def _as_common_crawl(directory: Path, *, json: bool) -> None:
    from glotmill.core.errors import SettingsError
    from glotmill.demo.commoncrawl import CRAWLS, build
    from glotmill.plan.project import carried

    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise SettingsError(f"{directory} is not an empty folder: choose another")
    build(carried() / "pipelines" / "demo_web", directory)
    if json:
        show.as_json({"directory": str(directory), "crawls": CRAWLS})
    else:
        show.line(f"{' and '.join(CRAWLS)} stand in {directory}: glotmill fetch RECIPE --from {directory}")
