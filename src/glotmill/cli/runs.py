"""Commands that carry a recipe out: `run` and `dry-run`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from glotmill.cli import show
from glotmill.cli.options import Bind, Json, ModelsDir, ProjectDir, Recipe, load_plan, model_files, models_folder

if TYPE_CHECKING:
    from glotmill.provenance.folder import RunFolder
    from glotmill.report.funnel import FunnelRow


def run(
    recipe: Recipe,
    *,
    out: Annotated[str, typer.Option("--out", help="Folder or fsspec URL; the corpus goes to OUT/<name>/<version>.")],
    bind: Bind = None,
    on: Annotated[Literal["local", "ray"], typer.Option("--on", help="Where tasks run.")] = "local",
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Tasks under way at once. [default: 1 locally, all CPUs on Ray]"),
    ] = None,
    ray_address: Annotated[
        str | None, typer.Option("--ray-address", help="Of a running cluster; implies --on ray.")
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Redo the phases that changed, instead of refusing.")
    ] = False,
    retry_quarantined: Annotated[
        bool, typer.Option("--retry-quarantined", help="Give quarantined documents another try.")
    ] = False,
    project: ProjectDir = Path(),
    models: ModelsDir = None,
    json: Json = False,
) -> None:
    """Build the corpus of a recipe; the same command again resumes what was interrupted.

    Example: glotmill run basque-web --bind my-crawl=./warcs --out corpora --workers 2
    """
    from glotmill.executors.choose import executor_for
    from glotmill.run.driver import Driver
    from glotmill.run.settings import Settings, parse_bindings
    from glotmill.run.shard import release_steps

    _, plan = load_plan(recipe, project)
    place: Literal["local", "ray"] = "ray" if ray_address else on
    count = workers if workers is not None else (1 if place == "local" else None)
    settings = Settings(
        out=out,
        bindings=parse_bindings(bind or [], plan.recipe.sources),
        on=place,
        workers=count,
        ray_address=ray_address,
        models_dir=models_folder(models),
        restart=restart,
        retry_quarantined=retry_quarantined,
    )
    files = model_files(plan, project, models)
    executor = executor_for(place, count, ray_address)
    try:
        with show.progress(quiet=json) as listener:
            folder = Driver(plan, settings, files, executor=executor, listener=listener).run()
    finally:
        executor.close()
        release_steps()
    summary(folder, json=json)


def dry_run(
    recipe: Recipe,
    *,
    bind: Bind = None,
    docs: Annotated[int, typer.Option("--docs", min=1, help="How many documents to read.")] = 200,
    examples: Annotated[int, typer.Option("--examples", min=0, help="Dropped examples to show per reason.")] = 2,
    project: ProjectDir = Path(),
    models: ModelsDir = None,
    json: Json = False,
) -> None:
    """Try a recipe on the first documents, in this process: the funnel, and what is dropped for which reason.

    Example: glotmill dry-run basque-web --bind my-crawl=./warcs --docs 200
    """
    from dataclasses import asdict

    from glotmill.report.funnel import funnel as rows_of
    from glotmill.report.samples import dropped_examples, kept_examples
    from glotmill.run.rehearse import rehearsal
    from glotmill.run.settings import Settings, parse_bindings

    _, plan = load_plan(recipe, project)
    settings = Settings(out="", bindings=parse_bindings(bind or [], plan.recipe.sources))
    files = model_files(plan, project, models)
    with (
        show.progress(quiet=True) as listener,
        rehearsal(plan, settings, files, documents=docs, listener=listener) as folder,
    ):
        counts = folder.counts()
        dropped = dropped_examples(folder, per_reason=examples)
        kept = list(kept_examples(folder, per_part=1))
        manifest = folder.read_json("manifest.json")
    if json:
        show.as_json(
            {
                "account": manifest["account"],
                "languages": manifest["totals"]["histograms"].get("language", {}),
                "dropped_examples": {reason: [asdict(e) for e in found] for reason, found in dropped.items()},
                "kept_examples": [asdict(example) for example in kept],
            }
        )
        return
    print_funnel(f"Dry run of {plan.recipe.name} on {counts[0].rows_in if counts else 0} documents", rows_of(counts))
    for reason, found in dropped.items():
        show.line(f"\n{reason}")
        for example in found:
            show.line(f"  {example.url or ''}  {example.detail or ''}")
            if example.text:
                show.line(f"    {' '.join(example.text.split())[:160]}")
    show.line("\nkept")
    for example in kept:
        show.line(f"  {example.url or ''}  {example.language}  {example.detail}")
        show.line(f"    {' '.join((example.text or '').split())[:160]}")


def print_funnel(title: str, rows: "list[FunnelRow]") -> None:
    """Print a funnel as a table; reasons stand indented under their step."""
    cells = [
        (
            row.step if row.reason is None else f"  {row.reason}",
            row.rows_in,
            row.kept,
            row.dropped,
            row.quarantined if row.reason is None else None,
        )
        for row in rows
    ]
    show.table(title, ("step", "in", "kept", "dropped", "quarantined"), cells)


def summary(folder: "RunFolder", *, json: bool) -> None:
    """Say what a finished run holds and where."""
    manifest = folder.read_json("manifest.json")
    account, totals = manifest["account"], manifest["totals"]
    places = {
        "corpus": folder.join("data"),
        "ledger": folder.join("phase-*", "ledger"),
        "manifest": folder.join("manifest.json"),
    }
    unproven = [tag for tag, status in manifest["languages"].items() if status != "proven"]
    if json:
        result = {key: account[key] for key in ("read", "derived", "kept", "dropped", "quarantined")}
        histograms = totals["histograms"]
        show.as_json(
            {
                "run": folder.address,
                **result,
                "bytes": totals["bytes"],
                "tokens": totals["tokens"],
                "languages": histograms.get("language", {}),
                "licenses": histograms.get("license", {}),
                "unproven_languages": unproven,
                **places,
            }
        )
        return
    kinds = len(totals["histograms"].get("language", {}))
    show.line(
        f"{account['read']:,} records read: {account['kept']:,} kept in {kinds} languages, {account['dropped']:,} dropped, "
        f"{account['quarantined']:,} quarantined ({show.size(totals['bytes'])} of Parquet)"
    )
    if not account["kept"]:
        show.line(f"nothing was kept: `glotmill funnel {folder.address}` shows where everything went")
    if unproven:
        shown = ", ".join(unproven[:6]) + (f" and {len(unproven) - 6} more" if len(unproven) > 6 else "")
        show.line(f"bounds not proven for {shown}: see the languages in the manifest")
    show.line(f"  corpus    {places['corpus']}")
    show.line(f"  dropped   {places['ledger']}  (glotmill funnel {folder.address})")
    show.line(f"  manifest  {places['manifest']}  (glotmill verify {folder.address})")
