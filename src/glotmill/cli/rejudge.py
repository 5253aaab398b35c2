"""The `rejudge` command: other filters on the measures, or other bands on the scores, that a run stores."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from glotmill.cli import show
from glotmill.cli.options import Json, ProjectDir, RunDir
from glotmill.cli.watch import report_beside

if TYPE_CHECKING:
    from glotmill.plan.derived import DerivedPlan
    from glotmill.plan.project import Project
    from glotmill.provenance.folder import RunFolder
    from glotmill.provenance.receipts import StepCount
    from glotmill.run.rejudge import Rejudged
    from glotmill.text.quality.card import Cuts


def rejudge(
    run: RunDir,
    *,
    filters: Annotated[
        str | None, typer.Option("--filters", metavar="A,B", help="Rule sets, in the order in which they are asked.")
    ] = None,
    bands: Annotated[
        str | None,
        typer.Option(
            "--bands", metavar="hq=0.9,mid=0.5", help="Instead: where bands of quality begin; `card`: as in the cards."
        ),
    ] = None,
    keep: Annotated[
        float | None, typer.Option("--keep", metavar="SHARE", help="With --bands: the best share that stays, 0.1.")
    ] = None,
    without_bounds: Annotated[
        Literal["refuse", "keep"] | None,
        typer.Option("--without-bounds", help="What becomes of languages without bounds. [default: as in the run]"),
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="Show only documents of this language: eus_Latn")
    ] = None,
    why: Annotated[
        str | None, typer.Option("--why", metavar="DOC_OR_URL", help="Show every rule on one document instead.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", help="Write the documents that are kept, with ledger and manifest, to OUT/<name>/<version>."
        ),
    ] = None,
    version: Annotated[
        str | None, typer.Option("--version", help="Of the corpus that --out writes. [default: the run's, -rejudged]")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Tasks under way at once, with --out.")] = 1,
    restart: Annotated[
        bool, typer.Option("--restart", help="Redo what an earlier --out with other filters has written.")
    ] = False,
    project: ProjectDir = Path(),
    json: Json = False,
) -> None:
    """Apply other filters to the measures that a run with `mode: annotate` stores, or other bands to the scores of `classify`.

    The texts are not read.

    Example: glotmill rejudge corpora/basque-web/2026.11.1 --filters gopher_quality
    """
    from glotmill.plan.languages import without_proof
    from glotmill.plan.project import Project
    from glotmill.provenance.folder import RunFolder
    from glotmill.run.rejudge import explain, tally

    folder = RunFolder(run)
    plan = _plan(Project(project), folder, filters, (bands, keep), without_bounds=without_bounds, version=version)
    if why is not None:
        _print_explanation(run, why, explain(plan, folder, why), json=json)
        return
    count = tally(plan, folder)
    written = None if out is None else _write(plan, folder, out, workers=workers, restart=restart, quiet=json)
    if json:
        _print_json(plan, folder, count, written)
        return
    _print_tally(run, count, language)
    _print_bands(plan, folder)
    _print_notes(plan)
    if written is not None:
        from glotmill.cli.runs import summary

        show.line()
        summary(written)  # names the languages without proof itself
    elif without_proof(plan):
        show.line(f"\nbounds not proven for {', '.join(without_proof(plan))}")


def _plan(
    project: "Project",
    folder: "RunFolder",
    filters: str | None,
    banding: tuple[str | None, float | None],
    *,
    without_bounds: Literal["refuse", "keep"] | None,
    version: str | None,
) -> "DerivedPlan":
    from glotmill.core.errors import SettingsError
    from glotmill.plan.derived import rebanding, rejudging

    bands, keep = banding
    if (filters is None) == (bands is None):
        raise SettingsError("give --filters, or --bands (--bands card leaves them as the models' cards have them)")
    if filters is not None:
        if keep is not None:
            raise SettingsError("--keep goes with --bands")
        names = [name for part in filters.split(",") if (name := part.strip())]
        return rejudging(project, folder, names, without_bounds=without_bounds, version=version)
    return rebanding(project, folder, bands=_cuts(bands or ""), keep=keep, version=version)


def _cuts(given: str) -> "Cuts | None":
    from glotmill.core.errors import SettingsError
    from glotmill.core.yamlfile import validate
    from glotmill.text.quality.card import Cuts

    if given == "card":
        return None
    pairs = [part.partition("=") for part in given.split(",")]
    try:
        values = {name.strip(): float(value) for name, _, value in pairs}
    except ValueError as error:
        raise SettingsError(f"--bands {given}: write it as in --bands hq=0.9,mid=0.5") from error
    return validate(values, Cuts, file="--bands")


def _print_bands(plan: "DerivedPlan", folder: "RunFolder") -> None:
    counts = _bands(plan, folder)
    names = sorted({band for own in (counts or {}).values() for band in own})
    if counts:
        show.line()
        cells = [(tag, *(own[band] for band in names)) for tag, own in counts.items()]
        show.table("bands, before any is dropped", ("language", *names), cells)


def _bands(plan: "DerivedPlan", folder: "RunFolder") -> "dict[str, Counter[str]] | None":
    from glotmill.run.rejudge import bands
    from glotmill.stages.classify import ClassifySpec

    return bands(plan, folder) if isinstance(plan.spec, ClassifySpec) else None


def _write(
    plan: "DerivedPlan", folder: "RunFolder", out: str, *, workers: int, restart: bool, quiet: bool
) -> "RunFolder":
    from glotmill.core.errors import SettingsError
    from glotmill.executors.choose import executor_for
    from glotmill.run.driver import Driver
    from glotmill.run.rejudge import same_place
    from glotmill.run.settings import Settings
    from glotmill.run.shard import release_steps

    settings = Settings(out, {plan.recipe.name: folder.join("data")}, workers=workers, restart=restart)
    executor = executor_for("local", workers, None)
    try:
        with show.progress(quiet=quiet) as listener:
            driver = Driver(plan, settings, {}, executor=executor, listener=listener)
            if same_place(driver.folder.address, folder.address):
                raise SettingsError(
                    f"{folder.address} is the run that is judged: give the new corpus another --version"
                )
            written = driver.run()
    finally:
        executor.close()
        release_steps()
    report_beside(written)
    return written


def _print_tally(run: str, count: "StepCount", language: str | None) -> None:
    from glotmill.cli.runs import print_funnel
    from glotmill.report.funnel import funnel
    from glotmill.text.tags import canonical

    tag = canonical(language) if language else None
    print_funnel(f"{run}{f' ({tag})' if tag else ''}, judged again", funnel([count], language=tag))
    if tag is None:
        show.line()
        cells = [
            (name, kept + sum(reasons.values()), kept, f"{kept / max(1, kept + sum(reasons.values())):.1%}", first)
            for name, kept, reasons in _by_language(count)
            for first in [next(iter(reasons), "")]
        ]
        show.table("per language", ("language", "in", "kept", "share", "most frequent reason"), cells)


def _by_language(count: "StepCount") -> list[tuple[str, int, dict[str, int]]]:
    """Return language, documents kept and documents per reason (most frequent first), the largest language first."""
    tags = {*count.kept_by_language, *count.reasons}
    rows = [
        (tag, count.kept_by_language.get(tag, 0), dict(Counter(count.reasons.get(tag, {})).most_common()))
        for tag in sorted(tags)
    ]
    return sorted(rows, key=lambda row: -(row[1] + sum(row[2].values())))


def _print_notes(plan: "DerivedPlan") -> None:
    later = plan.chosen_after_measuring()
    if later:
        show.line(
            f"\n{', '.join(later)} ran after the measures were taken and chose among documents that these rules drop: "
            "a cluster whose chosen document is dropped is gone"
        )


def _print_json(plan: "DerivedPlan", folder: "RunFolder", count: "StepCount", written: "RunFolder | None") -> None:
    from glotmill.cli.runs import result_of
    from glotmill.plan.languages import without_proof

    show.as_json(
        {
            "run": plan.recipe_file,
            "filters": getattr(plan.spec, "filters", None),
            "bands": _bands(plan, folder),
            "in": count.rows_in,
            "kept": count.kept,
            "dropped": count.dropped,
            "languages": {
                tag: {"kept": kept, "dropped": sum(reasons.values()), "reasons": reasons}
                for tag, kept, reasons in _by_language(count)
            },
            "chosen_after_measuring": plan.chosen_after_measuring(),
            "without_proof": without_proof(plan),
            "written": None if written is None else result_of(written),
        }
    )


def _print_explanation(run: str, document: str, found: "list[Rejudged]", *, json: bool) -> None:
    from dataclasses import asdict

    if json:
        show.as_json({"document": document, "fates": [asdict(fate) for fate in found]})
    elif not found:
        show.line(f"{document} is no document of the corpus of {run}")
    else:
        for fate in found:
            _print_verdicts(fate)
    if not found:
        raise typer.Exit(1)


def _print_verdicts(fate: "Rejudged") -> None:
    show.line(f"{fate.url or ''}  {fate.doc_id}  {fate.language}")
    show.line(f"  dropped: {fate.reason}, {fate.detail}" if fate.reason else "  kept")
    cells = [
        (
            rule.reason,
            rule.measure,
            "" if rule.value is None else f"{rule.value:g}",
            f"{rule.side} {rule.bound:g}",
            "drops" if rule.fails else "",
        )
        for rule in fate.verdicts
    ]
    show.table("", ("rule", "measure", "value", "drops what is", ""), cells)
