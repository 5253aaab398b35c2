"""The `ablate` command: which of two settings gives text that a small model learns the language from better."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glotmill.cli import show
from glotmill.cli.options import Bind, Json, ProjectDir

if TYPE_CHECKING:
    from glotmill.run.ablate import Ablation, Figure

_FIRST = "Documents of one language: a file, or a folder such as OUT/<name>/<version>/data/eus_Latn. Without SECOND, an ablation recipe in pipelines/, by name."
_WORDS, _SEED = 500_000, 1


def ablate(
    first: Annotated[str, typer.Argument(metavar="FIRST", help=_FIRST)],
    second: Annotated[
        str | None, typer.Argument(metavar="[SECOND]", help="The same, made with another setting.")
    ] = None,
    *,
    held_out: Annotated[
        str | None,
        typer.Option("--held-out", help="Text of people that neither corpus was made from: a file or folder."),
    ] = None,
    words: Annotated[
        int | None,
        typer.Option("--words", min=500, max=5_000_000, help=f"Of each corpus, at most. [default: {_WORDS}]"),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help=f"Of what is drawn. [default: {_SEED}]")] = None,
    runs: Annotated[str, typer.Option("--runs", help="With a recipe: folder that the runs were written to.")] = "out",
    bind: Bind = None,
    project: ProjectDir = Path(),
    json: Json = False,
) -> None:
    """Compare two corpora by small models of characters, trained on equally many words, on held-out text.

    Example: glotmill ablate out/plain/1.0.0/data/eus_Latn out/strict/1.0.0/data/eus_Latn --held-out books.jsonl
    Example: glotmill ablate ablate --runs out --bind quality-held-out=books.jsonl
    """
    from glotmill.core.errors import SettingsError
    from glotmill.run.ablate import ablate as run

    if second is None:
        if held_out is not None or words is not None or seed is not None:
            raise SettingsError(
                "--held-out, --words and --seed go with two corpora, FIRST and SECOND; an ablation recipe says its own"
            )
        _by_recipe(first, runs, bind or [], project, json=json)
        return
    if bind:
        raise SettingsError("--bind goes with an ablation recipe; of two corpora, --held-out says where that text is")
    if held_out is None:
        raise SettingsError("--held-out: two corpora are compared on text that neither was made from; say where it is")
    found = run(first, second, held_out, words=_WORDS if words is None else words, seed=_SEED if seed is None else seed)
    if json:
        show.as_json(_as_dict(found))
        return
    _print(found)


def _by_recipe(name: str, runs: str, bind: list[str], project: Path, *, json: bool) -> None:
    from glotmill.dedup.tombstones import PROJECT_FILE, parsed
    from glotmill.plan.ablation import resolve_ablation
    from glotmill.plan.project import Project
    from glotmill.run.ablate_recipe import ablate_recipe
    from glotmill.run.settings import parse_bindings

    files = Project(project)
    recipe = resolve_ablation(files, files.recipe_file(name))
    location = parse_bindings(bind, (recipe.held_out,))[recipe.held_out.of]
    gone = parsed(files.read(PROJECT_FILE) or "")
    found = ablate_recipe(recipe, runs=runs, held_out=location, taken_down=gone)
    if json:
        draws = {str(seed): _as_dict(one) for seed, one in found.draws.items()}
        show.as_json(
            {
                "recipe": f"{recipe.head.name}@{recipe.head.version}",
                "language": recipe.language,
                "corpora": recipe.head.corpora,
                "draws": draws,
                "better": found.better,
            }
        )
        return
    for seed, one in found.draws.items():
        show.line(f"seed {seed}")
        _print(one)
        show.line()
    verdict = "no difference is shown" if found.better is None else f"better: {recipe.head.corpora[found.better]}"
    show.line(f"over {len(found.draws)} draws of {recipe.language}: {verdict}")


def _as_dict(found: "Ablation") -> dict[str, Any]:
    from dataclasses import asdict

    sides = [{**asdict(side), "perplexity": round(side.perplexity, 4)} for side in found.sides]
    return {**asdict(found), "sides": sides, "better": found.better}


def _print(found: "Ablation") -> None:
    show.table(
        f"{found.held_out:,} held-out documents of {found.characters:,} characters; copies left out: {found.copies:,}",
        ("corpus", "documents", "words", "bits per character", "95 % interval", "perplexity"),
        [
            (
                side.location,
                side.documents,
                side.words,
                f"{side.bits.value:.4f}",
                _interval(side.bits),
                f"{side.perplexity:.2f}",
            )
            for side in found.sides
        ],
    )
    verdict = "no difference is shown" if found.better is None else f"better: {found.sides[found.better].location}"
    show.line(
        f"\nfirst less second, on the same documents: {found.difference.value:+.4f} ({_interval(found.difference)}); "
        f"halves of one corpus differ by {found.chance:.4f}: {verdict}"
    )


def _interval(figure: "Figure") -> str:
    return f"{figure.low:.4f} to {figure.high:.4f}"
