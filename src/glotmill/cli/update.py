"""Commands that add to a published corpus: `index` and `update`."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from glotmill.cli import show
from glotmill.cli.options import Engines, Json, ModelsDir, RunDir, Translations, model_files, models_folder
from glotmill.cli.watch import report_beside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glotmill.plan.resolve import Plan

_NAME = re.compile("[a-z0-9][a-z0-9_-]*=")

Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Tasks under way at once. [default: 1 locally, all CPUs on Ray]")
]
On = Annotated[Literal["local", "ray"], typer.Option("--on", help="Where tasks run.")]
RayAddress = Annotated[str | None, typer.Option("--ray-address", help="Of a running cluster; implies --on ray.")]


def index(
    run: RunDir, *, on: On = "local", workers: Workers = None, ray_address: RayAddress = None, json: Json = False
) -> None:
    """Index a published corpus: what its documents are recognised by, into RUN/index.

    `update` does so by itself; this is for doing it ahead, or before the texts are moved to where they are slow to read.

    Example: glotmill index corpora/basque-web/2026.11.1
    """
    from glotmill.cli.plugins import installed_kinds
    from glotmill.executors.choose import executor_for
    from glotmill.io import storage
    from glotmill.plan.update import changed_behind, recipe_again
    from glotmill.provenance.folder import RunFolder
    from glotmill.run.index import ensure_index

    folder = RunFolder(storage.absolute(run))
    plan = recipe_again(folder, extra=installed_kinds())
    place = "ray" if ray_address else on
    executor = executor_for(place, workers or (1 if place == "local" else None), ray_address)
    try:
        with show.progress(quiet=json) as listener:
            made = ensure_index(folder, plan, executor=executor, listener=listener)
    finally:
        executor.close()
    behind = changed_behind(plan)
    if json:
        show.as_json(
            {
                "run": run,
                "corpus": made.corpus,
                "documents": made.documents,
                "index": folder.join("index"),
                "sha256": made.digest,
                "changed_behind": behind,
            }
        )
        return
    show.line(f"{made.documents:,} documents of {made.corpus} indexed in {folder.join('index')}")
    _warn(behind)


def update(
    run: RunDir,
    *,
    new: Annotated[
        list[str],
        typer.Option(
            "--with",
            metavar="[NAME=]LOCATION",
            help="Where new inputs of a source are: a file, folder, glob or fsspec URL. Files that went in before are "
            "left out. Repeatable, once per source; the name may be left out where the recipe has one source.",
        ),
    ],
    by: Annotated[
        Literal["year", "month", "day", "none"] | None,
        typer.Option(
            "--by",
            help="Which part of crawl_time names the outermost folder of the delta. [default: month, or what the recipe has]",
        ),
    ] = None,
    on: On = "local",
    workers: Workers = None,
    ray_address: RayAddress = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin an unfinished delta anew, with other inputs say.")
    ] = False,
    engine: Engines = None,
    translations: Translations = None,
    project: Annotated[
        Path,
        typer.Option(
            "--project",
            help="Folder below which models lie that are registered by a path, and whose manifests/tombstones.txt is heeded.",
        ),
    ] = Path(),
    models: ModelsDir = None,
    json: Json = False,
) -> None:
    """Add new inputs to a published corpus: its next delta, beside it, without what is published already.

    The corpus and its earlier deltas are only read. The recipe, filters and manifests are those that the run kept. The
    same command again resumes a delta that was interrupted.

    Example: glotmill update corpora/basque-web/2026.11.1 --with my-crawl=./warcs-december
    """
    from glotmill.cli.plugins import installed_kinds
    from glotmill.cli.runs import result_of, summary
    from glotmill.dedup.tombstones import PROJECT_FILE, parsed
    from glotmill.executors.choose import executor_for
    from glotmill.io import storage
    from glotmill.plan.project import Project
    from glotmill.plan.update import changed_behind, recipe_again
    from glotmill.provenance.folder import RunFolder
    from glotmill.run.driver import Driver
    from glotmill.run.settings import Settings, parse_bindings, parse_engines
    from glotmill.run.shard import release_steps
    from glotmill.run.update import new_files, next_update, runs_of

    base = RunFolder(storage.absolute(run))
    place: Literal["local", "ray"] = "ray" if ray_address else on
    count = workers or (1 if place == "local" else None)
    plan = recipe_again(base, extra=installed_kinds())
    # What would fail later is refused before hours go into an index.
    sources = tuple(source.model_copy(update={"optional": True}) for source in plan.recipe.sources)
    bindings = parse_bindings(_named(new, plan), sources, option="--with")
    files = model_files(plan, project, models)
    engines = parse_engines(engine or [])
    if not new_files(base, plan, bindings):
        _say_nothing_new(run, len(runs_of(base)) - 1, json=json)
        return
    executor = executor_for(place, count, ray_address)
    try:
        with show.progress(quiet=json) as listener:
            planned = next_update(
                base,
                plan,
                by=by,
                executor=executor,
                extra=installed_kinds(),
                listener=listener,
                taken_down=parsed(Project(project).read(PROJECT_FILE) or ""),
            )
            settings = Settings(
                out=planned.out,
                bindings=bindings,
                on=place,
                workers=count,
                ray_address=ray_address,
                models_dir=models_folder(models),
                restart=restart,
                engines=engines,
                translations=translations,
            )
            folder = Driver(planned.plan, settings, files, executor=executor, listener=listener).run()
    finally:
        executor.close()
        release_steps()
    report_beside(folder)
    about = folder.read_json("manifest.json")["update"]
    if json:
        show.as_json({**result_of(folder), "update": about})
        return
    summary(folder)
    gone = about["superseded"]["documents"]
    if gone:
        show.line(f"  replaces  {gone:,} published documents: {folder.join(about['superseded']['path'])}")
    _warn(changed_behind(plan))


def _named(new: list[str], plan: "Plan") -> list[str]:
    """Return bindings with their names; one without a name is that of the only source."""
    known = [source.of for source in plan.recipe.sources]
    return [f"{known[0]}={value}" if len(known) == 1 and not _NAME.match(value) else value for value in new]


def _say_nothing_new(run: str, deltas: int, *, json: bool) -> None:
    if json:
        show.as_json({"run": run, "deltas": deltas, "new_files": 0})
    else:
        show.line(f"nothing to do: every file went into {run} or one of its {deltas} deltas before")


def _warn(behind: "Mapping[str, tuple[str, ...]]") -> None:
    for step, later in behind.items():
        show.line(
            f"note: {', '.join(later)} changed texts behind {step}; a new copy of such a text is compared with the changed one. "
            f"Put {step} last in the recipe of a corpus that grows."
        )
