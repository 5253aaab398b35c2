"""Commands for benchmarks that training must not see: `benchmark index` and `contamination`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from glotmill.cli import show
from glotmill.cli.evidence import checked_license, inside, replace_file, with_entry
from glotmill.cli.options import Json, ProjectDir, RunDir

app = typer.Typer(help="Benchmarks that the step decontaminate looks for.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Benchmarks that the step decontaminate looks for."""


@app.command("index")
def index(
    items: Annotated[str, typer.Argument(metavar="FILE", help="Items as JSON Lines, also gzip or zstd.")],
    *,
    name: Annotated[str, typer.Option("--name", help="The name that recipes use: xquad-hi")],
    language: Annotated[str, typer.Option("--language", metavar="LANG", help="Of the questions: hin_Deva, hi")],
    license_: Annotated[str, typer.Option("--license", metavar="SPDX", help="Of the benchmark.")],
    cites: Annotated[str, typer.Option("--cites", help="The paper or page that describes it.")],
    question: Annotated[str, typer.Option("--question-column", help="The field with the question.")] = "question",
    translation_of: Annotated[
        str | None,
        typer.Option("--translation-of", metavar="NAME", help="Report what is found under this name."),
    ] = None,
    unit: Annotated[
        Literal["auto", "word", "character"], typer.Option("--unit", help="Of n-grams. [auto: by the language]")
    ] = "auto",
    common: Annotated[
        int, typer.Option("--common", min=1, help="N-grams in more questions than this are left out.")
    ] = 10,
    out: Annotated[Path | None, typer.Option("--out", help="In the project. [default: benchmarks/NAME.ngrams]")] = None,
    project: ProjectDir = Path(),
    json: Json = False,
) -> None:
    """Write the hashed n-grams of a benchmark's questions, and nothing else of it, and register them for recipes.

    Example: glotmill benchmark index xquad.hi.jsonl --name xquad-hi --translation-of xquad --language hin_Deva
    --license CC-BY-SA-4.0 --cites "Artetxe et al. 2020, arXiv:1910.11856"
    """
    import hashlib
    from dataclasses import asdict

    from glotmill.core.errors import DataError
    from glotmill.core.models import MODELS_FILE, ModelEntry
    from glotmill.core.yamlfile import validate
    from glotmill.io.benchmarks import read_items
    from glotmill.plan.project import Project
    from glotmill.text.decontamination.grams import grams_in, grams_of
    from glotmill.text.decontamination.index import About, build_index
    from glotmill.text.tags import canonical

    found = Project(project)
    tag = canonical(language)
    grams = grams_of(tag) if unit == "auto" else grams_in(unit, tag)
    place = out if out is not None else Path("benchmarks") / f"{name}.ngrams"
    entry_of = {
        "kind": "benchmark",
        "from": {"path": inside(project, place)},
        # What stands on a publisher's page needs no entry in the table of licenses.
        "license": license_ if license_.startswith("LicenseRef-") else checked_license(found, license_),
        "cites": cites,
        **({} if translation_of is None else {"benchmark": translation_of}),
    }
    # Before the file is read: a wrong name is found at once.
    _ = validate({**entry_of, "sha256": "0" * 64, "bytes": 1}, ModelEntry, file="the command line")
    _check_name(name)
    read = read_items(items, question)
    about = About(
        benchmark=translation_of or name,
        name=name,
        language=tag,
        license=str(entry_of["license"]),
        source_sha256=read.sha256,
        items=read.items,
        common=common,
        left_out={"empty": read.empty},
    )
    built = build_index(read.questions, about, grams)
    if not len(built.numbers):
        raise DataError(
            f"{items}: none of {read.items} items has a question to go by: {_left_out(built.about.left_out)}; "
            f"the least is {grams.least} {grams.unit}s"
        )
    data = built.dump()
    entry = validate(
        {**entry_of, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)},
        ModelEntry,
        file="the command line",
    )
    registry = with_entry(
        found, name, entry, remedy="Take it out before you index the benchmark anew, or choose another --name."
    )
    replace_file(project / place, data)
    replace_file(project / MODELS_FILE, registry)
    if json:
        facts = {**asdict(built.about), **asdict(grams), "questions": len(built.numbers), "n_grams": len(built.hashes)}
        show.as_json({**facts, "file": str(project / place), "sha256": entry.sha256, "bytes": entry.bytes})
        return
    show.line(
        f"{name}: {len(built.numbers):,} of {read.items:,} items in {tag}, {len(built.hashes):,} n-grams of "
        f"{grams.n} {grams.unit}s; left out: {_left_out(built.about.left_out)}"
    )
    show.line(f"written: {project / place} ({show.size(len(data))}), and the entry {name} in manifests/models.yaml")


def contamination(run: RunDir, *, json: Json = False) -> None:
    """Show which benchmarks a run found in its documents: documents dropped and kept, and items, per benchmark.

    Example: glotmill contamination corpora/basque-web/2026.11.1
    """
    from glotmill.provenance.folder import RunFolder
    from glotmill.report.contamination import contamination as tally_of

    tallies = tally_of(RunFolder(run))
    if json:
        rows = {
            name: {
                "documents_dropped": tally.removed,
                "documents_kept": tally.kept,
                "items": tally.distinct,
                "items_by_index": {by: sorted(found) for by, found in sorted(tally.items.items())},
            }
            for name, tally in tallies.items()
        }
        show.as_json({"run": run, "benchmarks": rows})
        return
    if not tallies:
        show.line(f"{run}: no item of a benchmark was found")
        return
    cells = [
        (
            name,
            tally.removed,
            tally.kept,
            tally.distinct,
            ", ".join(f"{by} {len(f)}" for by, f in sorted(tally.items.items())),
        )
        for name, tally in tallies.items()
    ]
    show.table("", ("benchmark", "documents dropped", "documents kept", "items", "items by index"), cells)


def _left_out(counts: dict[str, int]) -> str:
    return ", ".join(f"{what} {count:,}" for what, count in counts.items() if count) or "none"


def _check_name(name: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    from glotmill.core.errors import SettingsError
    from glotmill.core.models import ModelName

    try:
        TypeAdapter(ModelName).validate_python(name)
    except ValidationError as error:
        raise SettingsError(f"--name {name!r}: small letters, digits, _ and -, a letter first") from error
