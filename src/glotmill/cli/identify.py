"""The `identify` command: which languages the texts in files are in."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from glotmill.cli import show
from glotmill.cli.options import Json, ModelsDir, ProjectDir

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glotmill.text.identification.base import Guesses, Identifier
    from glotmill.text.identification.parts import Level

_SHOWN = 60  # characters of a line
_LARGEST = 64 << 20  # bytes read of a file


def identify(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Text files in UTF-8; - is standard input.")],
    *,
    identifier: Annotated[
        str, typer.Option("--identifier", metavar="A,B", help="words, ngrams, cld2 or models; several vote.")
    ] = "words,ngrams",
    level: Annotated[
        Literal["document", "paragraph", "line"], typer.Option("--level", help="What is named: each file or its parts.")
    ] = "document",
    models: ModelsDir = None,
    project: ProjectDir = Path(),
    json: Json = False,
) -> None:
    """Say which language text is in, how sure that is, and what else it could be.

    Example: glotmill identify --level line page.txt
    """
    from glotmill.core.errors import SettingsError

    names = tuple(dict.fromkeys(name for name in identifier.split(",") if name))
    if not names:
        raise SettingsError("--identifier names none; there are words, ngrams, cld2, and the models of the project")
    chosen = _opened(names, project, models)
    texts = [_read(file) for file in files]
    rows: list[list[object]]
    columns: tuple[str, ...]
    if level == "document":
        found = _documents(chosen, files, texts)
        rows = [[one["file"], one["language"], one["bcp47"], one["name"], one["score"], _others(one)] for one in found]
        columns = ("file", "language", "BCP 47", "name", "score", "or")
    else:
        found = _parts(chosen, files, texts, level)
        rows = [
            [one["file"], part["language"], "" if part["sure"] else "after its neighbors", part["text"][:_SHOWN]]
            for one in found
            for part in one["parts"]
        ]
        columns = ("file", "language", "", level)
    if json:
        show.as_json({"identifier": list(names), "files": found})
    else:
        show.table("", columns, rows)
        for one in found if level != "document" else ():
            show.line(f"{one['file']}: " + ", ".join(f"{tag} {share}" for tag, share in one["shares"].items()))


def _opened(names: tuple[str, ...], project: Path, models: Path | None) -> "Identifier":
    """Return the identifier, or ensemble, of these names, with the languages of the project's own."""
    from glotmill.cli.options import models_folder
    from glotmill.core.models import MODELS_FILE
    from glotmill.io.models import locate
    from glotmill.plan.project import Project
    from glotmill.stages.identifiers import model_entry
    from glotmill.text.identification.fasttext import MAX_CHARACTERS
    from glotmill.text.identification.opening import model_names, open_identifiers
    from glotmill.text.identification.own import FOLDER, parse_own

    found = Project(project)
    wanted = model_names(names)
    registry = (found.read(MODELS_FILE) or "") if wanted else ""
    folder = models_folder(models)
    paths = {name: locate(model_entry(name, registry), name, folder, project) for name in wanted}
    owns = [parse_own(found.read(name) or "", name) for name in found.names(FOLDER)]
    return open_identifiers(names, paths, max_characters=MAX_CHARACTERS, owns=owns)


def _read(file: str) -> str:
    """Return the text of a file.

    Raises:
        DataError: it cannot be read, is too large, or is not UTF-8.
    """
    from glotmill.core.errors import DataError

    try:
        if file == "-":
            data = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(_LARGEST + 1)
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}") from error
    if len(data) > _LARGEST:
        raise DataError(f"{file} is larger than {show.size(_LARGEST)}; a recipe reads files of any size")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not UTF-8 (byte {error.start}); convert it first, with iconv say") from error


def _documents(identifier: "Identifier", files: "Iterable[str]", texts: list[str]) -> list[dict[str, Any]]:
    from glotmill.text.identification.ensemble import EnsembleIdentifier

    found = []
    votes: list[Guesses] = []
    if isinstance(identifier, EnsembleIdentifier):
        votes = identifier.votes(texts)
        guesses = identifier.pooled(texts, votes)
    else:
        guesses = identifier.identify(texts)
    for row, file in enumerate(files):
        ranked = _ranked(identifier.labels, guesses, row)
        best = ranked[0] if ranked else (None, 0.0)
        one: dict[str, Any] = {"file": file, **_named(best[0]), "score": best[1], "alternates": dict(ranked[1:])}
        if isinstance(identifier, EnsembleIdentifier):
            one["votes"] = {
                name: dict(_ranked(identifier.labels, said, row)[:1])
                for name, said in zip(identifier.names, votes, strict=True)
            }
        found.append(one)
    return found


def _ranked(labels: tuple[str, ...], guesses: "Guesses", row: int) -> list[tuple[str, float]]:
    pairs = zip(guesses.labels[row].tolist(), guesses.scores[row].tolist(), strict=True)
    return [(labels[label], score) for label, score in pairs if label >= 0 and score > 0]


def _named(tag: str | None) -> dict[str, str | None]:
    from glotmill.text.tags import bcp47, describe

    if tag is None:
        return {"language": None, "bcp47": None, "name": "no language found"}
    return {"language": tag, "bcp47": bcp47(tag), "name": describe(tag).name}


def _others(one: dict[str, Any]) -> str:
    said = ", ".join(f"{tag} {score}" for tag, score in one["alternates"].items())
    apart = {name: next(iter(vote), None) for name, vote in one.get("votes", {}).items()}
    if len(set(apart.values())) > 1:
        said += f" ({', '.join(f'{name}: {tag}' for name, tag in apart.items())})"
    return said.strip()


def _parts(identifier: "Identifier", files: "Iterable[str]", texts: list[str], level: "Level") -> list[dict[str, Any]]:
    from glotmill.text.identification.parts import parts_of, shares

    return [
        {
            "file": file,
            "shares": dict(shares(parts)),
            "parts": [{"language": part.language, "sure": part.sure, "text": part.text} for part in parts],
        }
        for file, parts in zip(files, parts_of(identifier, texts, level), strict=True)
    ]
