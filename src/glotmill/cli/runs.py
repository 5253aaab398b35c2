"""Commands that carry a recipe out: `run` and `dry-run`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from glotmill.cli import show
from glotmill.cli.options import (
    Bind,
    Engines,
    Json,
    ModelsDir,
    ProjectDir,
    Recipe,
    Translations,
    load_plan,
    model_files,
    models_folder,
)
from glotmill.cli.watch import report_beside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glotmill.executors.base import Executor
    from glotmill.plan.resolve import Plan
    from glotmill.provenance.folder import RunFolder
    from glotmill.report.funnel import FunnelRow
    from glotmill.run.events import Listener


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
    engine: Engines = None,
    translations: Translations = None,
    project: ProjectDir = Path(),
    models: ModelsDir = None,
    json: Json = False,
) -> None:
    """Build the corpus of a recipe; the same command again resumes what was interrupted.

    Example: glotmill run basque-web --bind my-crawl=./warcs --out corpora --workers 2
    """
    folder = carry_out(
        recipe,
        out=out,
        bind=bind or [],
        on="ray" if ray_address else on,
        workers=workers,
        ray_address=ray_address,
        restart=restart,
        retry_quarantined=retry_quarantined,
        engines=engine or [],
        translations=translations,
        project=project,
        models=models,
        quiet=json,
    )
    if json:
        show.as_json(result_of(folder))
    else:
        summary(folder)


def carry_out(
    recipe: str,
    *,
    out: str,
    bind: list[str],
    on: Literal["local", "ray"] = "local",
    workers: int | None = None,
    ray_address: str | None = None,
    restart: bool = False,
    retry_quarantined: bool = False,
    engines: list[str] | None = None,
    translations: str | None = None,
    project: Path,
    models: Path | None,
    quiet: bool,
) -> "RunFolder":
    """Run a recipe and return the run's folder."""
    from glotmill.executors.choose import executor_for
    from glotmill.run.driver import Driver
    from glotmill.run.settings import Settings, parse_bindings, parse_engines
    from glotmill.run.shard import release_steps

    _, plan = load_plan(recipe, project)
    count = workers if workers is not None else (1 if on == "local" else None)
    settings = Settings(
        out=out,
        bindings=parse_bindings(bind, plan.recipe.sources),
        on=on,
        workers=count,
        ray_address=ray_address,
        models_dir=models_folder(models),
        restart=restart,
        retry_quarantined=retry_quarantined,
        engines=parse_engines(engines or []),
        translations=translations,
    )
    files = model_files(plan, project, models)
    executor = executor_for(on, count, ray_address)
    try:
        with show.progress(quiet=quiet) as listener:
            crawl_sources(plan, settings.bindings, files, executor=executor, listener=listener)
            folder = Driver(plan, settings, files, executor=executor, listener=listener).run()
    finally:
        executor.close()
        release_steps()
    report_beside(folder)
    return folder


def crawl_sources(
    plan: "Plan",
    bindings: "Mapping[str, str]",
    models: "Mapping[str, Path]",
    *,
    executor: "Executor",
    listener: "Listener",
) -> None:
    """Carry out, or on, the crawls that a recipe reads, so that their files are there and whole; fetches have to be."""
    from glotmill.crawl.source import CrawlSource
    from glotmill.run.commoncrawl import check_fetched
    from glotmill.run.crawl import crawl, crawl_job

    check_fetched(plan, bindings)
    for source in plan.recipe.sources:
        if isinstance(source, CrawlSource) and source.of in bindings:
            crawl(crawl_job(plan, source, models), bindings[source.of], executor=executor, listener=listener)


def dry_run(
    recipe: Recipe,
    *,
    bind: Bind = None,
    docs: Annotated[int, typer.Option("--docs", min=1, help="How many documents to read.")] = 200,
    examples: Annotated[int, typer.Option("--examples", min=0, help="Dropped examples to show per reason.")] = 2,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Write the report of the dry run, too: one HTML file."),
    ] = None,
    of: Annotated[
        int | None,
        typer.Option(
            "--of",
            min=1,
            metavar="DOCUMENTS",
            help="How many documents the whole input has, to tell what translating it takes. [default: counted in Parquet]",
        ),
    ] = None,
    engine: Engines = None,
    project: ProjectDir = Path(),
    models: ModelsDir = None,
    json: Json = False,
) -> None:
    """Try a recipe on the first documents, in this process: the funnel, and what is dropped for which reason.

    Example: glotmill dry-run basque-web --bind my-crawl=./warcs --docs 200
    """
    from dataclasses import asdict

    from glotmill.cli.translations import costs_of, print_costs
    from glotmill.report.funnel import funnel as rows_of
    from glotmill.report.run_page.facts import Options
    from glotmill.report.run_page.page import report as report_of
    from glotmill.report.samples import dropped_examples, kept_examples
    from glotmill.report.translations import in_proportion
    from glotmill.run.commoncrawl import check_fetched
    from glotmill.run.estimate import documents_in
    from glotmill.run.rehearse import rehearsal
    from glotmill.run.settings import Settings, parse_bindings, parse_engines

    _, plan = load_plan(recipe, project)
    bindings = parse_bindings(bind or [], plan.recipe.sources)
    check_fetched(plan, bindings)
    settings = Settings(out="", bindings=bindings, engines=parse_engines(engine or []))
    files = model_files(plan, project, models)
    with (
        show.progress(quiet=True) as listener,
        rehearsal(plan, settings, files, documents=docs, listener=listener) as folder,
    ):
        counts = folder.counts()
        dropped = dropped_examples(folder, per_reason=examples)
        kept = list(kept_examples(folder, per_part=1))
        manifest = folder.read_json("manifest.json")
        spent = costs_of(folder, None)
        if report is not None:
            report.parent.mkdir(parents=True, exist_ok=True)
            report.write_text(report_of(folder, Options(dry=True)), encoding="utf-8")
    read = counts[0].rows_in if counts else 0
    documents = of or (documents_in(plan, bindings) if spent else None)
    whole = [in_proportion(one, read=read, documents=documents) for one in spent] if documents and read else []
    if json:
        show.as_json(
            {
                "translations": [asdict(cost) for cost in spent],
                "whole_input": {"documents": documents, "translations": [asdict(cost) for cost in whole]},
                "account": manifest["account"],
                "languages": manifest["totals"]["histograms"].get("language", {}),
                "dropped_examples": {reason: [asdict(e) for e in found] for reason, found in dropped.items()},
                "kept_examples": [asdict(example) for example in kept],
            }
        )
        return
    print_funnel(f"Dry run of {plan.recipe.name} on {read} documents", rows_of(counts))
    if spent:
        show.line()
        print_costs(f"what the translations of {read} documents took", spent)
        if whole:
            print_costs(f"what those of {documents:,} would take, in proportion", whole)
        else:
            show.line("--of DOCUMENTS says how many the whole input has, for what it would take")
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


def result_of(folder: "RunFolder") -> dict[str, object]:
    """Return what a finished run holds and where, as a plain mapping."""
    from dataclasses import asdict

    from glotmill.cli.translations import step_as_dict
    from glotmill.io import storage
    from glotmill.provenance.exports import EXPORTS
    from glotmill.report.run_page.page import FILE
    from glotmill.report.translations import work
    from glotmill.run.incidents import incidents_of

    manifest = folder.read_json("manifest.json")
    account, totals = manifest["account"], manifest["totals"]
    return {
        "run": folder.address,
        **{key: account[key] for key in ("read", "derived", "kept", "dropped", "quarantined")},
        "bytes": totals["bytes"],
        "tokens": totals["tokens"],
        "translations": [step_as_dict(one) for one in work(folder)],
        "languages": totals["histograms"].get("language", {}),
        "licenses": totals["histograms"].get("license", {}),
        "unproven_languages": [tag for tag, found in manifest["languages"].items() if found["status"] != "proven"],
        "corpus": folder.join("data"),
        "ledger": folder.join("phase-*", "ledger"),
        "manifest": folder.join("manifest.json"),
        "report": report if storage.is_file(report := folder.join(FILE)) else None,
        "exports": [folder.join(name) for name in EXPORTS],
        "incidents": asdict(incidents_of(folder)),
    }


def summary(folder: "RunFolder") -> None:
    """Say what a finished run holds and where."""
    from glotmill.run.incidents import in_words, incidents_of

    result: Any = result_of(folder)
    show.line(
        f"{result['read']:,} records read: {result['kept']:,} kept in {len(result['languages'])} languages, "
        f"{result['dropped']:,} dropped, {result['quarantined']:,} quarantined ({show.size(result['bytes'])} of Parquet)"
    )
    if not result["kept"]:
        show.line(f"nothing was kept: `glotmill funnel {folder.address}` shows where everything went")
    unproven = result["unproven_languages"]
    if unproven:
        shown = ", ".join(unproven[:6]) + (f" and {len(unproven) - 6} more" if len(unproven) > 6 else "")
        show.line(f"bounds not proven for {shown}: see the languages in the manifest")
    for one in result["translations"]:
        cost = "" if one["cost"] is None else f", cost {one['cost']:,.4f}"
        show.line(
            f"  {one['step']}: {one['segments']:,} segments into {one['target']}, {one['asked']:,} of {one['requests']:,} requests"
            f" asked, {one['tokens_in'] + one['tokens_out']:,} tokens{cost}"
        )
    met = in_words(incidents_of(folder))
    if met:
        show.line(f"on the way, and mended: {met}")
    show.line(f"  corpus    {result['corpus']}")
    show.line(f"  dropped   {result['ledger']}  (glotmill funnel {folder.address})")
    show.line(f"  manifest  {result['manifest']}  (glotmill verify {folder.address})")
    show.line(f"  report    {result['report'] or f'not written: glotmill report {folder.address}'}")
    show.line(f"  beside it, for others: {', '.join(name.rpartition('/')[2] for name in result['exports'])}")
