"""Commands that train models: `train quality`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glotmill.cli import show
from glotmill.cli.evidence import inside, replace_file, with_entry, without_entry
from glotmill.cli.options import Bind, Json, ModelsDir, ProjectDir

if TYPE_CHECKING:
    from glotmill.core.models import ModelEntry
    from glotmill.plan.project import Project
    from glotmill.text.quality.card import Figure, ModelCard

_REMEDY = "`--replace` puts the new one in its place."

app = typer.Typer(help="Models of a project, trained on its own text.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _train() -> None:
    """Models of a project, trained on its own text."""


@app.command("quality")
def quality(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A training recipe in pipelines/quality/, by name.")],
    *,
    bind: Bind = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Of the model, in the project. [default: models/NAME.bin]")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put another model of that name out of the registry.")
    ] = False,
    project: ProjectDir = Path(),
    models: ModelsDir = None,
    json: Json = False,
) -> None:
    """Train a model of text quality, judge it on domains that it did not see, and register it for the step classify.

    Example: glotmill train quality basque --bind good=books --bind bad=junk.jsonl --bind crawl=crawl.jsonl
    """
    from glotmill.cli.options import models_folder
    from glotmill.cli.plugins import installed_kinds
    from glotmill.core.models import MODELS_FILE, ModelEntry
    from glotmill.core.yamlfile import validate
    from glotmill.io.models import locate
    from glotmill.plan.project import Project
    from glotmill.plan.training import resolve_training, training_file
    from glotmill.report.model_card import markdown
    from glotmill.run.settings import parse_bindings
    from glotmill.run.train_quality import train_quality
    from glotmill.text.quality.card import card_path, with_earlier_floors

    found = Project(project)
    plan = resolve_training(found, training_file(found, recipe), extra=installed_kinds())
    name = plan.head.name
    place = out if out is not None else Path("models") / f"{name}.bin"
    path = inside(project, place)
    bindings = parse_bindings(bind or [], plan.all_sources)
    folder = models_folder(models)
    files = {model: locate(entry, model, folder, project) for model, entry in sorted(plan.models.items())}
    _check_free(found, name, replace=replace)
    trained = train_quality(plan, bindings, files, watch=show.Watch(quiet=json))
    entry = validate(
        {
            "kind": "quality",
            "from": {"path": path},
            "sha256": trained.card.sha256,
            "bytes": len(trained.data),
            "license": plan.head.license,
            "cites": card_path(name),
        },
        ModelEntry,
        file=plan.recipe_file,
    )
    registry = _registered(found, name, entry)
    before = _card_before(found, name)
    card, lost = (trained.card, []) if before is None else with_earlier_floors(trained.card, before)
    replace_file(project / place, trained.data)
    replace_file(project / card_path(name), card.model_dump_json(indent=1) + "\n")
    replace_file((project / place).with_suffix(".md"), markdown(card))
    replace_file(project / MODELS_FILE, registry)
    if json:
        show.as_json(
            {
                "model": str(project / place),
                "bytes": len(trained.data),
                "card_file": str(project / card_path(name)),
                "card": card.model_dump(mode="json"),
                "floors_lost": lost,
            }
        )
        return
    _print(card)
    if lost:
        show.line(
            f"\nWARNING: people rated the bands of {', '.join(lost)} by the scores of the model before, so that floor is gone: rate again"
        )
    show.line(
        f"\nwritten: {project / place} ({show.size(len(trained.data))}), its card {project / card_path(name)} and the same "
        f"as a page {(project / place).with_suffix('.md')}; the entry {name} in {MODELS_FILE}"
    )


def _check_free(project: "Project", name: str, *, replace: bool) -> None:
    """Refuse a name that is taken, before anything is trained."""
    from glotmill.core.errors import RecipeError
    from glotmill.core.models import MODELS_FILE
    from glotmill.plan.resolve import load_models

    known = load_models(project).get(name)
    if known is None or (replace and known.kind == "quality"):
        return
    ours = known.kind == "quality"
    raise RecipeError(
        f"there is a model {name!r} already" if ours else f"{name!r} is a {known.kind} already",
        file=MODELS_FILE,
        field=f"models.{name}",
        remedy="`--replace` puts the new one in its place." if ours else "Give the training recipe another name.",
    )


def _card_before(project: "Project", name: str) -> "ModelCard | None":
    """Return the card that stands there; None of one that is broken, which is what --replace is for."""
    from glotmill.core.errors import RecipeError
    from glotmill.text.quality.card import card_path, parse_card

    text = project.read(card_path(name))
    try:
        return None if text is None else parse_card(text, card_path(name))
    except RecipeError:
        return None


def _registered(project: "Project", name: str, entry: "ModelEntry") -> str:
    from glotmill.core.models import MODELS_FILE
    from glotmill.plan.project import Snapshot
    from glotmill.plan.resolve import load_models

    if load_models(project).get(name) not in (None, entry):
        project_files = Snapshot({MODELS_FILE: without_entry(project.read(MODELS_FILE) or "", name)})
        return with_entry(project_files, name, entry, remedy=_REMEDY)
    return with_entry(project, name, entry, remedy=_REMEDY)


def _print(card: "ModelCard") -> None:
    for warning in card.warnings:
        show.line(f"WARNING: {warning}")
    for tag, part in card.languages.items():
        rows = [(name.replace("_", " "), *_cells(figure)) for name, figure in part.metrics.items()]
        rows += [(f"auc, seed {seed}", *_cells(figure)) for seed, figure in part.seeds.items()]
        rows += [(f"control: {name.replace('_', ' ')}", *_cells(figure)) for name, figure in part.controls.items()]
        show.line()
        show.table(
            f"{tag}: {part.positives:,} good and {part.negatives:,} bad documents of {part.domain_count} domains, "
            f"{part.crawl:,} of the crawl",
            ("on held-out domains", "value", "95 % interval"),
            rows,
        )


def _cells(figure: "Figure") -> tuple[str, str]:
    value = "-" if figure.value is None else f"{figure.value:.3f}"
    return value, "" if figure.low is None or figure.high is None else f"{figure.low:.3f} to {figure.high:.3f}"
