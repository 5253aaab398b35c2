"""Commands about a project and its recipes: `init`, `check`, `plan`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotmill.cli import show
from glotmill.cli.options import Bind, Json, ModelsDir, ProjectDir, Recipe, load_plan, missing_models

if TYPE_CHECKING:
    from collections.abc import Mapping


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")],
    *,
    language: Annotated[str, typer.Option("--language", help="Target language: swh_Latn")],
    json: Json = False,
) -> None:
    """Make a project folder that runs as it stands: a recipe, a source entry, sample pages.

    Example: glotmill init kiswahili --language swh_Latn
    """
    from glotmill.core.errors import SettingsError
    from glotmill.demo.web import build
    from glotmill.plan.project import Project, carried
    from glotmill.plan.scaffold import scaffold
    from glotmill.text.tags import canonical

    tag = canonical(language)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise SettingsError(f"{directory} is not an empty folder: choose another")
    judged = Project(carried()).path(f"filters/languages/{tag}.yaml") is not None
    for name, text in scaffold(tag, has_language_file=judged).items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    build(carried() / "pipelines" / "demo_web", directory / "input")
    if json:
        files = sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())
        show.as_json({"directory": str(directory), "language": tag, "files": files})
        return
    show.line(f"{directory} is ready for {tag}; {directory / 'README.md'} says how to go on")
    if not judged:
        show.line(f"filters/languages/{tag}.yaml does not exist: documents are kept unjudged until you write it")


def check(*, project: ProjectDir = Path(), models: ModelsDir = None, json: Json = False) -> None:
    """Check every file of the project and every recipe's steps, without reading data.

    Example: glotmill check --project kiswahili
    """
    from glotmill.cli.plugins import installed_kinds
    from glotmill.plan.checking import check_project
    from glotmill.plan.project import Project

    checked = check_project(Project(project), installed_kinds())
    missing = missing_models(checked.models, project, models)
    if json:
        show.as_json(
            {
                "files": checked.files,
                "problems": dict(checked.problems),
                "unproven": checked.unproven,
                "recipes": {name: {"without_proof": dict(found)} for name, found in checked.recipes.items()},
                "missing_models": missing,
            }
        )
    else:
        for problem in checked.problems.values():
            show.line(problem)
        if checked.unproven:
            show.line(f"unproven languages: {', '.join(checked.unproven)}")
        for name, found in checked.recipes.items():
            for line in without_proof_lines(found):
                show.line(f"{name}: {line}")
        for message in missing.values():
            show.line(message)
        show.line(f"{len(checked.files)} files checked, {len(checked.problems)} with problems")
    if checked.problems:
        raise typer.Exit(2)


def without_proof_lines(found: "Mapping[str, str]") -> list[str]:
    """Return what to say of languages that are judged without proof: none, one or two lines."""
    unproven = [tag for tag, status in found.items() if status == "unproven"]
    without = [tag for tag, status in found.items() if status == "none"]
    lines = [f"judged by bounds that are not proven: {', '.join(unproven)}"] if unproven else []
    return lines + ([f"not judged, there is no language file: {', '.join(without)}"] if without else [])


def plan(recipe: Recipe, *, bind: Bind = None, project: ProjectDir = Path(), json: Json = False) -> None:
    """Show steps, columns, reasons, phases, shards and a disk estimate of a recipe; reads no document.

    Example: glotmill plan basque-web --bind my-crawl=./warcs
    """
    from glotmill.cli.fetch import expected, print_expected
    from glotmill.plan.languages import without_proof
    from glotmill.run.estimate import estimate
    from glotmill.run.settings import parse_bindings

    _, planned = load_plan(recipe, project)
    bindings = parse_bindings(bind, planned.recipe.sources) if bind else {}
    fetches = expected(planned, bindings)
    unfetched = {name for name, one in fetches.items() if not one["finished"]}
    readable = {name: location for name, location in bindings.items() if name not in unfetched}
    size = estimate(planned, readable) if readable else None
    steps: list[dict[str, Any]] = [
        {
            "phase": phase.name,
            "step": step.spec.name,
            "kind": getattr(step.spec, "kind", ""),
            "shape": step.spec.shape,
            "provides": step.contract.provides.names,
            "reasons": sorted(step.contract.reasons),
        }
        for phase in planned.phases
        for step in (*phase.steps, *((phase.emits,) if phase.emits else ()))
    ]
    if json:
        show.as_json(
            {
                "recipe": f"{planned.recipe.name}@{planned.recipe.version}",
                "languages": planned.recipe.languages,
                "without_proof": without_proof(planned),
                "steps": steps,
                "columns": planned.schema.names,
                "partition_by": planned.recipe.sink.partition_by,
                "models": sorted(planned.models),
                "files": sorted(planned.files),
                "estimate": size.as_dict() if size else None,
                "fetch": fetches,
            }
        )
        return
    show.line(f"{planned.recipe.name}@{planned.recipe.version}, {len(planned.recipe.languages)} languages")
    for line in without_proof_lines(without_proof(planned)):
        show.line(line)
    cells = [(s["phase"], s["step"], s["kind"], ", ".join(s["provides"]), ", ".join(s["reasons"])) for s in steps]
    show.table("", ("phase", "step", "kind", "provides", "reasons"), cells)
    show.line(f"\ncorpus columns: {', '.join(planned.schema.names)}")
    show.line(f"corpus folders: {'/'.join(('data', *(f'<{name}>' for name in planned.recipe.sink.partition_by)))}")
    print_expected(fetches)
    if size is None and not unfetched.intersection(bindings):
        show.line("shards and disk: give --bind NAME=LOCATION")
    elif size is not None:
        show.line(f"{size.files} input files, {show.size(size.input_bytes)}, {size.shards} shards")
        show.line(
            f"disk, at most about: {show.size(size.intermediate_bytes)} for phases (`glotmill clean` frees them), "
            f"{show.size(size.corpus_bytes)} for the corpus"
        )
        asked = size.requests
        show.line(
            f"in an object store, about: {asked.writes:,} requests that write or list, {asked.reads:,} that read, "
            f"{show.size(asked.bytes_written)} written and {show.size(asked.bytes_read)} read"
        )
