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
    models: ModelsDir = None,
    json: Json = False,
) -> None:
    """Build the demo web as WARC files, run pipelines/demo.yaml on it and verify the corpus.

    Example: glotmill demo --out demo-out
    """
    from glotmill.cli import inspect, runs
    from glotmill.demo.web import build
    from glotmill.plan.project import carried

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
