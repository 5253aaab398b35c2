"""The `calibrate` command: a language's bounds from its own text."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from glotmill.cli import show
from glotmill.cli.evidence import checked_license, replace_file
from glotmill.cli.options import Json, ProjectDir

if TYPE_CHECKING:
    from glotmill.report.calibration import Calibration, Read
    from glotmill.text.calibration.intervals import Share
    from glotmill.text.calibration.outcome import Effect, RuleOutcome


def calibrate(
    language: Annotated[str, typer.Argument(metavar="LANG", help="A language: eus_Latn, eu, est")],
    *,
    reference: Annotated[
        str,
        typer.Option(
            "--reference",
            metavar="PATH",
            help="Trusted running text: JSON Lines, Parquet, or .txt files, one document each.",
        ),
    ],
    held_out: Annotated[
        str | None,
        typer.Option(
            "--held-out", metavar="PATH", help="More such text, to judge bounds on. [default: half of the reference]"
        ),
    ] = None,
    crawl: Annotated[
        str | None, typer.Option("--crawl", metavar="PATH", help="Web text in the language as it comes.")
    ] = None,
    filters: Annotated[
        str | None, typer.Option("--filters", metavar="A,B", help="Rule sets. [default: all of the project]")
    ] = None,
    method: Annotated[
        Literal["quantile", "deviation", "tail"], typer.Option("--method", help="How values become bounds.")
    ] = "quantile",
    keep: Annotated[
        float, typer.Option("--keep", min=0.51, max=0.999, help="Share of the reference that all rules together keep.")
    ] = 0.95,
    column: Annotated[str, typer.Option("--column", help="Of rows, that holds the text.")] = "text",
    least_words: Annotated[
        int, typer.Option("--least-words", min=1, help="Shorter documents of the reference are left out.")
    ] = 100,
    tighten: Annotated[
        bool, typer.Option("--tighten", help="Make numbers that stand stricter too, where the reference allows it.")
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Write the language's file instead of printing it; needs the next two.")
    ] = False,
    source: Annotated[str | None, typer.Option("--source", help="What the reference is, for the evidence.")] = None,
    license_: Annotated[
        str | None, typer.Option("--license", metavar="SPDX", help="The reference's license, for the evidence.")
    ] = None,
    write_stop_words: Annotated[
        bool, typer.Option("--write-stop-words", help="Replace the stop words by those proposed.")
    ] = False,
    project: ProjectDir = Path(),
    json: Json = False,
) -> None:
    """Propose a language's bounds from its own text: what each rule keeps and drops, and the file to write.

    Example: glotmill calibrate eus_Latn --reference prose.jsonl --crawl crawl.jsonl --filters gopher_quality
    """
    from glotmill.core.errors import SettingsError
    from glotmill.plan.project import Project
    from glotmill.report.calibration import Request
    from glotmill.report.calibration import calibrate as run

    if write and (source is None or license_ is None):
        raise SettingsError("--write needs --source and --license: no language file is written without evidence")
    found = Project(project)
    request = Request(
        language=language,
        reference=reference,
        held_out=held_out,
        crawl=crawl,
        filters=tuple(name for part in (filters or "").split(",") if (name := part.strip())),
        method=method,
        keep=keep,
        column=column,
        least_words=least_words,
        tighten=tighten,
        write_stop_words=write_stop_words,
        source=source,
        license=None if license_ is None else checked_license(found, license_),
    )
    calibration = run(found, request, watch=show.Watch(quiet=json))
    if write:
        replace_file(project / calibration.path, calibration.file)
    if json:
        show.as_json(_as_dict(calibration, written=write))
        return
    _print(calibration)
    show.line()
    if write:
        show.line(f"written: {project / calibration.path}")
    else:
        show.line(f"{calibration.path} would be (--write writes it):\n")
        show.line(calibration.file)


def _print(found: "Calibration") -> None:
    parts = found.parts
    split = {
        "source": f"split by source ({parts.sources})",
        "document": "split by content hash",
        "location": "from a place of their own",
    }
    show.line(
        f"{found.tag}: {len(found.reference.sample)} documents of {found.reference.name} measured; {len(parts.learned)} to "
        f"calibrate on, {len(parts.held_out)} held out, {split[parts.by]}; left out: {_left_out(found.reference)}"
    )
    for warning in (*found.judged.warnings, *found.warnings):
        show.line(f"WARNING: {warning}")
    titles = ("rule", "drops", "bound", "", "held out drops", "crawl drops")
    columns = len(titles) - (found.crawl is None)
    show.table("", titles[:columns], [_cells(rule)[:columns] for rule in found.judged.rules])
    _print_notes(found)
    _print_examples(found)
    _print_together(found)
    show.line()
    words = [f"{word.word} ({word.documents})" for word in found.stop_words]
    show.line(f"words that most documents have, and how many: {', '.join(words)}")


def _left_out(read: "Read") -> str:
    counts = {"too short": read.sample.too_short, "repeated": read.sample.repeated, **read.refused}
    return ", ".join(f"{what} {count:,}" for what, count in counts.items() if count) or "none"


def _cells(rule: "RuleOutcome") -> tuple[str, ...]:
    proposal = rule.proposal
    side = f"{proposal.target.rule.measure} {proposal.target.rule.side}"
    off = "off" if proposal.change == "switched_off" else "-"
    bounds = _moved(_number(proposal.target.current), off if proposal.bound is None else _number(proposal.bound))
    change = "" if proposal.change == "unchanged" else proposal.change.replace("_", " ")
    drops = [
        "-"
        if effect is None or proposal.change == "not_judged"
        else _moved(_percent(effect.now), _percent(effect.proposed))
        for effect in (rule.reference, rule.crawl)
    ]
    return (proposal.target.reason, side, bounds, change, *drops)


def _moved(now: str, proposed: str) -> str:
    return proposed if now in (proposed, "-") else f"{now} -> {proposed}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _percent(share: "Share | None") -> str:
    return "-" if share is None else f"{share.value:.2%}"


def _print_notes(found: "Calibration") -> None:
    whys: dict[str, list[str]] = {}
    for rule in found.judged.rules:
        if rule.proposal.why is not None:
            why = f"{rule.proposal.change.replace('_', ' ')}: {rule.proposal.why}"
            whys.setdefault(why, []).append(rule.proposal.target.reason)
    for why, reasons in whys.items():
        show.line(f"{', '.join(reasons)}: {why}")
    for rule in found.judged.rules:
        for warning in rule.warnings:
            show.line(f"WARNING: {rule.proposal.target.reason} {warning}")


def _print_examples(found: "Calibration") -> None:
    for rule in found.judged.rules:
        sides = [("held out", rule.reference), *([] if rule.crawl is None else [("crawl", rule.crawl)])]
        if rule.proposal.bound is None:
            continue
        if rule.proposal.change == "unchanged" and not rule.reference.dropped and not rule.warnings:
            continue
        target = rule.proposal.target
        bound = f"{target.rule.measure} {target.rule.side} {_number(rule.proposal.bound)}"
        show.line(f"\n{target.reason}: {bound}")
        for name, effect in sides:
            for word, examples in (("dropped", effect.dropped), ("kept", effect.kept)):
                for example in examples:
                    show.line(f"  {name}, {word} at {example.value:.4g}: {example.text}")


def _print_together(found: "Calibration") -> None:
    show.line()
    sides = [("held-out documents", found.judged.reference)]
    if found.judged.crawl is not None:
        sides.append(("documents of the crawl", found.judged.crawl))
    for name, together in sides:
        proposed = together.proposed
        show.line(
            f"of {proposed.of} {name} all rules together keep {proposed.count} ({proposed.value:.3f}, at least "
            f"{proposed.low:.3f} at 95 %); by the numbers they have now {together.now.count} ({together.now.value:.3f})"
        )


def _as_dict(found: "Calibration", *, written: bool) -> dict[str, object]:
    judged = found.judged
    return {
        "language": found.tag,
        "file": found.path,
        "written": written,
        "text": found.file,
        "documents": len(found.reference.sample),
        "too_short": found.reference.sample.too_short,
        "repeated": found.reference.sample.repeated,
        "refused": dict(found.reference.refused),
        "split": {"by": found.parts.by, "sources": found.parts.sources},
        "budget": found.found.budget,
        "reached": found.found.reached,
        "held_out": {"now": _share(judged.reference.now), "proposed": _share(judged.reference.proposed)},
        "crawl": judged.crawl and {"now": _share(judged.crawl.now), "proposed": _share(judged.crawl.proposed)},
        "warnings": [*judged.warnings, *found.warnings],
        "rules": [_rule_dict(rule) for rule in judged.rules],
        "stop_words": [
            {"word": word.word, "documents": word.documents, "count": word.count} for word in found.stop_words
        ],
    }


def _rule_dict(rule: "RuleOutcome") -> dict[str, object]:
    target = rule.proposal.target
    return {
        "reason": target.reason,
        "measure": target.rule.measure,
        "side": target.rule.side,
        "now": target.current,
        "proposed": rule.proposal.bound,
        "change": rule.proposal.change,
        "why": rule.proposal.why,
        "held_out": _effect_dict(rule.reference),
        "crawl": rule.crawl and _effect_dict(rule.crawl),
        "warnings": rule.warnings,
    }


def _effect_dict(effect: "Effect") -> dict[str, object]:
    return {
        "drops_now": effect.now and _share(effect.now),
        "drops": _share(effect.proposed),
        "dropped": [{"value": one.value, "text": one.text} for one in effect.dropped],
        "kept": [{"value": one.value, "text": one.text} for one in effect.kept],
    }


def _share(share: "Share") -> dict[str, Any]:
    return {"count": share.count, "of": share.of, "share": share.value, "low": share.low, "high": share.high}
