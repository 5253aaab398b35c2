"""The command `translations`: what a run's translations took."""

from typing import TYPE_CHECKING, Any

from glotmill.cli import show
from glotmill.cli.options import Json, RunDir, Translations

if TYPE_CHECKING:
    from glotmill.provenance.folder import RunFolder
    from glotmill.report.translations import Cost, StepWork


def translations(run: RunDir, *, translations: Translations = None, json: Json = False) -> None:
    """Show what a run's translations took: requests, tokens, time and cost, by step, and of all answers that are kept.

    Example: glotmill translations corpora/transweb/2026.11.1
    """
    from dataclasses import asdict

    from glotmill.core.errors import SettingsError
    from glotmill.provenance.folder import RunFolder
    from glotmill.report.translations import work

    folder = RunFolder(run)
    found, steps = costs_of(folder, translations), work(folder)
    if not found and not steps:
        raise SettingsError(f"no translations in {translations or folder.join('translations')}")
    if json:
        show.as_json(
            {"run": run, "steps": [step_as_dict(one) for one in steps], "translations": [asdict(one) for one in found]}
        )
        return
    if steps:
        print_work(f"what the steps of {run} asked for", steps)
        show.line()
    print_costs("all answers that are kept", found)


def costs_of(folder: "RunFolder", translations: str | None) -> "list[Cost]":
    """Return what the translations of a run took; none where it has none."""
    from glotmill.report.translations import costs, registry

    return costs(translations or folder.join("translations"), registry(folder))


def step_as_dict(one: "StepWork") -> dict[str, Any]:
    """Return the work of a step as a plain mapping."""
    from dataclasses import asdict

    return {**asdict(one), "words_per_second": one.words_per_second}


def print_work(title: str, found: "list[StepWork]") -> None:
    """Print the work of steps as a table."""
    columns = (
        "step",
        "engine",
        "to",
        "documents",
        "segments",
        "words",
        "words/s",
        "cached",
        "asked",
        "tokens in",
        "tokens out",
        "cost",
    )
    rows = [
        (
            one.step,
            one.engine,
            one.target,
            one.documents,
            one.segments,
            one.words,
            "" if one.words_per_second is None else f"{one.words_per_second:,.0f}",
            one.cached,
            one.asked,
            one.tokens_in,
            one.tokens_out,
            _money(one.cost),
        )
        for one in found
    ]
    show.table(title, columns, rows)


def print_costs(title: str, found: "list[Cost]") -> None:
    """Print costs as a table."""
    columns = ("engine", "from", "to", "requests", "characters", "answered", "tokens in", "tokens out", "cost")
    rows = [
        (
            cost.engine,
            cost.source,
            cost.target,
            cost.requests,
            cost.characters,
            cost.answered,
            cost.tokens_in,
            cost.tokens_out,
            _money(cost.cost),
        )
        for cost in found
    ]
    show.table(title, columns, rows)


def _money(cost: float | None) -> str:
    return "" if cost is None else f"{cost:,.4f}"
