"""The `mix` command: a frozen mix of finished corpora, shuffled, for a training run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from glotmill.cli import show
from glotmill.cli.options import Json, ProjectDir

if TYPE_CHECKING:
    from glotmill.provenance.folder import RunFolder


def mix(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Folders of finished runs: OUT/<name>/<version>. Of a document that several hold, the first counts.",
        ),
    ],
    *,
    recipe: Annotated[Path, typer.Option("--recipe", help="What to take of them: mix.yaml")],
    out: Annotated[str, typer.Option("--out", help="Folder or fsspec URL; the mix goes to OUT/<name>/<version>.")],
    on: Annotated[Literal["local", "ray"], typer.Option("--on", help="Where tasks run.")] = "local",
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Tasks under way at once. [default: 1 locally, all CPUs on Ray]"),
    ] = None,
    ray_address: Annotated[
        str | None, typer.Option("--ray-address", help="Of a running cluster; implies --on ray.")
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Make anew what another recipe or corpus made.")] = False,
    project: ProjectDir = Path(),
    json: Json = False,
) -> None:
    """Mix finished corpora for a training run: a budget shared between groups, a global shuffle, a manifest of its own.

    The corpora are only read. The same command again resumes, and gives the same bytes whatever the number of workers.

    Example: glotmill mix corpora/basque-web/2026.11.1 --recipe mix.yaml --out corpora
    """
    from glotmill.core.errors import SettingsError
    from glotmill.executors.choose import executor_for
    from glotmill.plan.mixing import plan_mix
    from glotmill.plan.project import Project
    from glotmill.run.mix.mixing import Mixer

    try:
        text = recipe.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{recipe} cannot be read: {error}") from error
    plan = plan_mix(Project(project), str(recipe), text, runs)
    place: Literal["local", "ray"] = "ray" if ray_address else on
    executor = executor_for(place, workers or (1 if place == "local" else None), ray_address)
    try:
        with show.progress(quiet=json) as listener:
            folder = Mixer(plan, out, executor=executor, listener=listener, restart=restart).run()
    finally:
        executor.close()
    if json:
        from glotmill.cli.runs import result_of

        show.as_json({**result_of(folder), "mix": folder.read_json("manifest.json")["mix"]})
        return
    _summary(folder)


def _summary(folder: "RunFolder") -> None:
    manifest = folder.read_json("manifest.json")
    account: Any = manifest["mix"]
    unit = "tokens" if account["count"] == "tokens" else "bytes"
    by = next(step["by"] for step in manifest["recipe"]["steps"] if step["kind"] == "mix")
    cells = [
        (
            "/".join(one["group"][name] for name in by),
            one["available"]["units"],
            one["taken"]["units"],
            one["repeated"]["units"],
            one["left_out"]["units"],
            one["taken"]["documents"] + one["repeated"]["documents"],
            f"{one['epochs']:.2f} of {one['max_epochs']:g}",
        )
        for one in account["groups"]
    ]
    heads = ("group", f"{unit} there", "taken", "repeated", "left out", "rows", "epochs")
    show.table(f"{manifest['name']}@{manifest['version']}", heads, cells)
    asked = "" if account["budget"] is None else f" of {account['budget']:,} asked for"
    show.line(f"\n{account['units']:,} {unit}{asked} in {manifest['totals']['documents']:,} rows, shuffled")
    refused = sum(
        sum(rows for reason, rows in own.items() if reason.startswith("permit."))
        for step in manifest["account"]["steps"]
        for own in step["reasons"].values()
    )
    if refused:
        show.line(f"{refused:,} documents were left out for their rights: glotmill funnel {folder.address}")
    if account["in_several_parents"]:
        show.line(f"{account['in_several_parents']:,} rows stand in an earlier corpus, too, and were read there")
    show.line(f"  data      {folder.join('data')}")
    show.line(f"  manifest  {folder.join('manifest.json')}  (glotmill verify {folder.address})")
