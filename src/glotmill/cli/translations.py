"""The command `translations`: what a run's translations took."""

from pathlib import Path
from typing import TYPE_CHECKING

from glotmill.cli import show
from glotmill.cli.options import Json, RunDir, Translations

if TYPE_CHECKING:
    from glotmill.provenance.folder import RunFolder
    from glotmill.report.translations import Cost


def translations(run: RunDir, *, translations: Translations = None, json: Json = False) -> None:
    """Show what a run's translations took: requests, characters, tokens and cost, by engine and direction.

    Example: glotmill translations corpora/transweb/2026.11.1
    """
    from dataclasses import asdict

    from glotmill.core.errors import SettingsError
    from glotmill.provenance.folder import RunFolder

    found = costs_of(RunFolder(run), translations)
    if not found:
        raise SettingsError(f"no translations in {translations or RunFolder(run).join('translations')}")
    if json:
        show.as_json({"run": run, "translations": [asdict(cost) for cost in found]})
    else:
        print_costs(run, found)


def costs_of(folder: "RunFolder", translations: Path | None) -> "list[Cost]":
    """Return what the translations of a run took; none where it has none on this machine."""
    from glotmill.io import storage
    from glotmill.mt.engines import ENGINES_FILE
    from glotmill.report.translations import costs

    place = translations if translations is not None else storage.local_path(folder.join("translations"))
    registry = folder.join("project", ENGINES_FILE)
    text = storage.read_bytes(registry).decode("utf-8") if storage.exists(registry) else None
    return [] if place is None else costs(place, text)


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
            "" if cost.cost is None else f"{cost.cost:.4f}",
        )
        for cost in found
    ]
    show.table(title, columns, rows)
