"""The `ablate` command: which of two settings gives text that a small model learns the language from better."""

from typing import TYPE_CHECKING, Annotated

import typer

from glotmill.cli import show
from glotmill.cli.options import Json

if TYPE_CHECKING:
    from glotmill.run.ablate import Figure

_SIDE = "Documents of one language: a file, or a folder such as OUT/<name>/<version>/data/eus_Latn."


def ablate(
    first: Annotated[str, typer.Argument(metavar="FIRST", help=_SIDE)],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="The same, made with another setting.")],
    *,
    held_out: Annotated[
        str, typer.Option("--held-out", help="Text of people that neither corpus was made from: a file or folder.")
    ],
    words: Annotated[int, typer.Option("--words", min=500, max=5_000_000, help="Of each corpus, at most.")] = 500_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of what is drawn.")] = 1,
    json: Json = False,
) -> None:
    """Compare two corpora by small models of characters, trained on equally many words, on held-out text.

    Example: glotmill ablate out/plain/1.0.0/data/eus_Latn out/strict/1.0.0/data/eus_Latn --held-out books.jsonl
    """
    from dataclasses import asdict

    from glotmill.run.ablate import ablate as run

    found = run(first, second, held_out, words=words, seed=seed)
    if json:
        sides = [{**asdict(side), "perplexity": round(side.perplexity, 4)} for side in found.sides]
        show.as_json({**asdict(found), "sides": sides, "better": found.better})
        return
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
