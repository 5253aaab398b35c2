"""Commands about a project's languages: `language add`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glotmill.cli import show
from glotmill.cli.evidence import checked_license, replace_file
from glotmill.cli.options import Json, ProjectDir

if TYPE_CHECKING:
    from glotmill.report.adding import Addition
    from glotmill.text.calibration.intervals import Share

_SHOWN = 24  # lines of the file of words that are printed

app = typer.Typer(help="Languages of a project: add one by its text.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _language() -> None:
    """Languages of a project: add one by its text."""


@app.command("add")
def add(
    language: Annotated[str, typer.Argument(metavar="TAG", help="A language and its script: bar_Latn")],
    *,
    text: Annotated[
        str,
        typer.Option(
            "--text", metavar="PATH", help="Text in it: JSON Lines, Parquet, or .txt files, one document each."
        ),
    ],
    column: Annotated[str, typer.Option("--column", help="Of rows, that holds the text.")] = "text",
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against", metavar="TAG=PATH", help="Text in a language that it is easily taken for. Repeatable."
        ),
    ] = None,
    redraft: Annotated[
        bool, typer.Option("--redraft", help="Propose bounds also in a language file that is there.")
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Write the files instead of printing them; needs the next two.")
    ] = False,
    source: Annotated[str | None, typer.Option("--source", help="What the text is, for the evidence.")] = None,
    license_: Annotated[
        str | None, typer.Option("--license", metavar="SPDX", help="The text's license, for the evidence.")
    ] = None,
    project: ProjectDir = Path(),
    json: Json = False,
) -> None:
    """Teach the identifiers a language by its own text, say what they are worth on text held out, and draft its file.

    Example: glotmill language add bar_Latn --text boarisch.jsonl
    """
    from glotmill.core.errors import SettingsError
    from glotmill.plan.project import Project
    from glotmill.report import adding

    if write and (source is None or license_ is None):
        raise SettingsError("--write needs --source and --license: no language joins without evidence")
    found = Project(project)
    request = adding.Request(
        language=language,
        text=text,
        column=column,
        against=dict(_pair(given) for given in against or ()),
        source=source,
        license=None if license_ is None else checked_license(found, license_),
        redraft=redraft,
    )
    addition = adding.add(found, request, watch=show.Watch(quiet=json))
    if write:
        replace_file(project / addition.path, addition.file)
        if addition.language_file is not None:
            replace_file(project / addition.language_path, addition.language_file)
    if json:
        show.as_json(_as_dict(addition, written=write))
        return
    _print(addition)
    _print_files(addition, project, written=write)


def _pair(given: str) -> tuple[str, str]:
    from glotmill.core.errors import SettingsError

    tag, sign, location = given.partition("=")
    if not sign or not tag or not location:
        raise SettingsError(f"--against {given}: write a language and a location, as in deu_Latn=prose.jsonl")
    return tag, location


def _print(found: "Addition") -> None:
    read = found.read
    held = (
        f"by source ({read.held.sources})" if read.held.by == "source" else f"every fifth {read.unit} by content hash"
    )
    counts = {"repeated": read.repeated, **read.refused}
    left_out = ", ".join(f"{what} {count:,}" for what, count in counts.items() if count) or "none"
    show.line(
        f"{found.tag}: {read.documents:,} documents of {read.name}, {read.everything.words:,} words in its script, "
        f"{len(found.language.words):,} different ones listed; left out: {left_out}"
    )
    for warning in found.warnings:
        show.line(f"WARNING: {warning}")
    show.line(f"\nrecall on {len(read.held.places):,} {read.unit}s held out {held}, by the words of the rest:")
    cells = []
    for length in dict.fromkeys(one.length for one in found.recalls):
        row = [one for one in found.recalls if one.length == length]
        cells.append((f"{length} characters", row[0].after.of, *(_moved(one.before, one.after) for one in row)))
    voters = dict.fromkeys(one.voter for one in found.recalls)
    show.table("", ("texts", "number", *voters), cells)
    named = [f"{one.tag} {one.share.value:.0%} (mean score {one.score:.2f})" for one in found.likenesses]
    show.line(f"\nwithout it, the identifiers that come with Glotmill call these texts {', '.join(named) or 'nothing'}")
    _print_taken(found)


def _print_taken(found: "Addition") -> None:
    rows = []
    for one in found.taken:
        what = f"{one.length} characters" if one.what == "text" else f"{one.length} words from its list"
        rows.append((one.tag, what, one.voter, f"{one.share.count} of {one.share.of}", f"{one.share.high:.1%}"))
    if rows:
        show.line(f"\ntexts that were named rightly before and are taken for {found.tag} now:")
        show.table("", ("language", "texts", "identifier", "taken", "at most, at 95 %"), rows)
    if all(one.what == "words" for one in found.taken):
        show.line("Text of other languages was not given: words from lists flatter. --against TAG=PATH measures it.")


def _moved(before: "Share", after: "Share") -> str:
    if not after.of:
        return "-"
    return f"{before.value:.2f} -> {after.value:.2f} (at least {after.low:.2f})"


def _print_files(found: "Addition", project: Path, *, written: bool) -> None:
    show.line()
    if written:
        show.line(f"written: {project / found.path}")
        if found.language_file is not None:
            show.line(f"written: {project / found.language_path} ({found.note})")
    else:
        lines = found.file.splitlines()
        show.line(f"{found.path} would be (--write writes it), {show.size(len(found.file.encode()))}:\n")
        show.line("\n".join(lines[:_SHOWN]))
        if len(lines) > _SHOWN:
            show.line(f"  ... and {len(lines) - _SHOWN:,} more lines")
        if found.language_file is not None:
            show.line(f"\n{found.language_path} would be ({found.note}):\n")
            show.line(found.language_file)
    if found.language_file is None:
        show.line(f"{found.language_path}: {found.note}")


def _as_dict(found: "Addition", *, written: bool) -> dict[str, object]:
    read = found.read
    return {
        "language": found.tag,
        "written": written,
        "file": found.path,
        "text": found.file,
        "language_file": found.language_path,
        "language_text": found.language_file,
        "note": found.note,
        "documents": read.documents,
        "repeated": read.repeated,
        "refused": dict(read.refused),
        "scripts": dict(read.scripts),
        "bytes": read.size,
        "words": read.everything.words,
        "listed": len(found.language.words),
        "held_out": {
            "by": read.held.by,
            "unit": read.unit,
            "count": len(read.held.places),
            "sources": read.held.sources,
        },
        "recall": [
            {"length": one.length, "identifier": one.voter, "before": _share(one.before), "after": _share(one.after)}
            for one in found.recalls
        ],
        "named_before": [{"label": one.tag, **_share(one.share), "score": one.score} for one in found.likenesses],
        "taken": [
            {
                "language": one.tag,
                "texts": one.what,
                "length": one.length,
                "identifier": one.voter,
                **_share(one.share),
            }
            for one in found.taken
        ],
        "warnings": list(found.warnings),
    }


def _share(share: "Share") -> dict[str, float]:
    return {"count": share.count, "of": share.of, "share": share.value, "low": share.low, "high": share.high}
