"""Options that several commands share, and what they resolve to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glotmill.core.models import ModelEntry
    from glotmill.plan.project import Project
    from glotmill.plan.resolve import Plan

ProjectDir = Annotated[
    Path,
    typer.Option(
        "--project", help="Folder with pipelines/, filters/ and manifests/; what it lacks comes with the package."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]
Bind = Annotated[
    list[str] | None,
    typer.Option(
        "--bind",
        metavar="NAME=LOCATION",
        help="Where a source is: a file, folder, glob or fsspec URL. Repeatable, once per source.",
    ),
]
Recipe = Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe in pipelines/, by name: demo")]
RunDir = Annotated[str, typer.Argument(metavar="RUN", help="Folder of a run: OUT/<name>/<version>")]
Engines = Annotated[
    list[str] | None,
    typer.Option(
        "--engine",
        metavar="NAME=LOCATION",
        help="Where an engine of manifests/engines.yaml is: its server's address, or its model's folder. Repeatable.",
    ),
]
Translations = Annotated[
    str | None,
    typer.Option(
        "--translations",
        metavar="FOLDER",
        help="Translations made so far: a local folder, or an address with :// (file:// too) that several machines share. "
        "[default: in the run's folder]",
    ),
]
ModelsDir = Annotated[
    Path | None, typer.Option("--models", help="Folder of fetched models. [default: the user's cache]")
]


def load_plan(recipe: str, directory: Path) -> "tuple[Project, Plan]":
    """Return the project and the resolved plan of a recipe, with the step kinds of installed packages."""
    from glotmill.cli.plugins import installed_kinds
    from glotmill.plan.project import Project
    from glotmill.plan.resolve import resolve

    found = Project(directory)
    return found, resolve(found, found.recipe_file(recipe), extra=installed_kinds())


def models_folder(chosen: Path | None) -> Path:
    """Return the folder of fetched models."""
    from glotmill.run.settings import default_models_dir

    return chosen if chosen is not None else default_models_dir()


def model_files(plan: "Plan", project: Path, models: Path | None) -> "Mapping[str, Path]":
    """Return the local file of every model that the plan opens; a missing one is an error that says how to get it."""
    from glotmill.io.models import locate

    folder = models_folder(models)
    return {name: locate(entry, name, folder, project) for name, entry in sorted(plan.models.items())}


def missing_models(entries: "Mapping[str, ModelEntry]", project: Path, models: Path | None) -> dict[str, str]:
    """Return for each model that is not on this machine what is wrong and the command that fetches it."""
    from glotmill.core.errors import SettingsError
    from glotmill.io.models import locate

    missing: dict[str, str] = {}
    for name, entry in sorted(entries.items()):
        try:
            locate(entry, name, models_folder(models), project)
        except SettingsError as error:
            missing[name] = str(error)
    return missing
