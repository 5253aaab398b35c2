"""`audit --by quality`: a sheet of documents for people to rate, what their ratings say, and the floors of models' cards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glotmill.cli import show

if TYPE_CHECKING:
    from datetime import date

    from glotmill.provenance.folder import RunFolder
    from glotmill.report.quality_sheet import Ratings, Sheet
    from glotmill.text.quality.card import ModelCard

LEAST_PRECISION = 0.5  # more good than not; a corpus that wants more says so
_DOCUMENTS = 200  # 66 of each band of one language: a precision of 0.9 has an interval of 0.80 to 0.95


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says.

    Args:
        count: documents of the sheet.
        languages: of the sheet, as typed.
        sheet: where to write it.
        read: files that people filled in.
        raters: whose they are, in their order, where files do not say.
        least: precision that a floor needs.
        project: whose cards get floors.
    """

    count: int | None
    languages: Sequence[str]
    sheet: Path | None
    read: Sequence[Path]
    raters: Sequence[str]
    least: float
    project: Path


def by_quality(run: str, asked: Asked, *, json: bool) -> None:
    """Draw a sheet of a run, or read one or two back and write what they say into the models' cards."""
    from datetime import UTC, datetime

    from glotmill.provenance.folder import RunFolder
    from glotmill.report.quality_audit import findings

    folder, today = RunFolder(run), datetime.now(tz=UTC).date()
    sheet, ratings = _rated(folder, asked, today) if asked.read else (_drawn(folder, asked), [])
    found = findings(sheet, ratings)
    files = [] if asked.sheet is None else _write_sheet(folder, sheet, asked.sheet, today)
    floors = _write_floors(folder, sheet, found, asked) if ratings else {}
    written = [*files, *sorted({file for one in floors.values() for file in one["written"]})]
    if json:
        show.as_json({"run": run, **found, "floors": floors, "written": written})
        return
    _print(found)
    for tag, one in floors.items():
        show.line(f"{tag}: {_said(one)}")
    if files:
        show.line(
            f"{len(sheet.rows)} documents written to {' and '.join(files)}; `--by quality --read` takes the CSV back"
        )


def _drawn(folder: "RunFolder", asked: Asked) -> "Sheet":
    from glotmill.report.quality_sheet import draw
    from glotmill.text.tags import canonical

    languages = sorted({canonical(one) for one in asked.languages})
    return draw(folder, count=_DOCUMENTS if asked.count is None else asked.count, languages=languages)


def _rated(folder: "RunFolder", asked: Asked, today: "date") -> "tuple[Sheet, list[Ratings]]":
    from glotmill.core.errors import DataError, SettingsError
    from glotmill.report.quality_sheet import asked_for, draw, read_sheet
    from glotmill.report.spreadsheets import read_text

    if asked.count is not None or asked.languages or asked.sheet is not None:
        raise SettingsError("--n, --language and --sheet do not go with --read: a sheet says itself how it was drawn")
    if len(asked.read) > 2:
        raise SettingsError(f"{len(asked.read)} files: give those of one or two people")
    if len(asked.raters) > len(asked.read):
        raise SettingsError("more --rater than --read: give one for each file, in their order")
    texts = [(str(path), read_text(path)) for path in asked.read]
    count, languages = asked_for(texts[0][1], name=texts[0][0])
    sheet = draw(folder, count=count, languages=languages)
    raters = [*asked.raters, *([None] * len(texts))]
    ratings = [
        read_sheet(text, name=name, sheet=sheet, by=by, on=today)
        for (name, text), by in zip(texts, raters, strict=False)
    ]
    if len({one.by.casefold() for one in ratings}) < len(ratings):
        raise DataError(
            f"{' and '.join(name for name, _ in texts)}: both are rated by {ratings[0].by}; agreement is of two people"
        )
    return sheet, ratings


def _write_sheet(folder: "RunFolder", sheet: "Sheet", target: Path, today: "date") -> list[str]:
    from glotmill.cli.evidence import replace_file
    from glotmill.cli.review import sheet_files
    from glotmill.report.quality_page import page
    from glotmill.report.quality_sheet import as_csv, with_texts

    html, csv = sheet_files(target)
    rows = with_texts(folder, sheet)
    replace_file(html, page(rows, sheet=sheet.name, file=csv.name, today=today.isoformat()))
    replace_file(csv, as_csv(sheet, rows))
    return [str(html), str(csv)]


def _write_floors(
    folder: "RunFolder", sheet: "Sheet", found: Mapping[str, Any], asked: Asked
) -> dict[str, dict[str, Any]]:
    """Write a floor per language into the card of its model, where ratings bear one; say what was done for each language."""
    from glotmill.report.quality_audit import evidence, floor
    from glotmill.text.quality.card import Floor, with_floors

    cards = _cards(folder, asked.project)
    done: dict[str, dict[str, Any]] = {}
    changed: dict[str, dict[str, Floor]] = {}
    for tag, bands in found["languages"].items():
        name = next((name for name, card in cards.items() if tag in card.languages), None)
        if name is None:
            done[tag] = _outcome(None, "no model scored it, so no card can bear a floor")
            continue
        part = cards[name].languages[tag]
        result = floor(bands, least=asked.least, evidence=evidence(sheet, found, tag))
        if isinstance(result, str):
            done[tag] = _outcome(
                name, result if part.floor is None else f"{result}; the card keeps that of an earlier audit"
            )
            continue
        done[tag] = _outcome(name, None, floor=result.model_dump(mode="json"))
        changed.setdefault(name, {})[tag] = result
    for name, new in changed.items():
        files = _write_card(with_floors(cards[name], new), asked.project)
        for tag in new:
            done[tag]["written"] = files
    return done


def _outcome(model: str | None, why_not: str | None, *, floor: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"model": model, "floor": floor, "why_not": why_not, "written": []}


def _cards(folder: "RunFolder", directory: Path) -> "dict[str, ModelCard]":
    """Return the project's cards of the models that scored a run.

    Raises:
        SettingsError: a card is of another model file than the run's, or is not the project's own.
    """
    from glotmill.core.errors import SettingsError
    from glotmill.plan.derived import scored_by
    from glotmill.plan.project import Project
    from glotmill.text.quality.card import card_path, parse_card

    step, models = scored_by(folder, folder.read_json("manifest.json"))
    project = Project(directory)
    cards: dict[str, ModelCard] = {}
    for name in step["model"]:
        if name not in models:  # surface
            continue
        text = project.read(card_path(name))
        if text is None:
            raise SettingsError(
                f"{card_path(name)} is not in this project: give the one that has the model, --project DIR"
            )
        card = parse_card(text, card_path(name))
        if card.sha256 != models[name]["sha256"]:
            raise SettingsError(
                f"{folder.address} was scored by another {name} ({models[name]['sha256'][:12]}...) than the project has "
                f"({card.sha256[:12]}...): what people said is not of this card"
            )
        cards[name] = card
    return cards


def _write_card(card: "ModelCard", directory: Path) -> list[str]:
    """Write a card, and its page beside the model where there is one; return their names."""
    from glotmill.cli.evidence import replace_file
    from glotmill.plan.project import Project
    from glotmill.plan.resolve import load_models
    from glotmill.report.model_card import markdown
    from glotmill.text.quality.card import card_path

    files = [directory / card_path(card.name)]
    replace_file(files[0], card.model_dump_json(indent=1) + "\n")
    entry = load_models(Project(directory)).get(card.name)
    if entry is not None and entry.origin.path is not None:
        page = (directory / entry.origin.path).with_suffix(".md")
        if page.is_file():
            replace_file(page, markdown(card))
            files.append(page)
    return list(map(str, files))


def _print(found: Mapping[str, Any]) -> None:
    cells = [
        (tag, band, own["documents"], own["drawn"], *_rating_cells(own, rated=bool(found["annotators"])))
        for tag, bands in [*found["languages"].items(), ("all", found["bands"])]
        for band, own in bands.items()
        if tag != "all" or len(found["languages"]) > 1
    ]
    columns = ("language", "band", "documents", "drawn", "good", "bad", "unsure", "precision", "95 % interval")
    show.table(found["sheet"], columns, cells)
    for one in found["annotators"]:
        show.line(f"{one['by']} ({one['on']}): {one['good']} good, {one['bad']} bad, {one['unsure']} unsure")
    if found["agreement"] is not None:
        own = found["agreement"]
        value = (
            "undefined, both always say the same"
            if own["kappa"] is None
            else f"{own['kappa']:.2f} ({own['low']:.2f} to {own['high']:.2f})"
        )
        show.line(f"agreement: {own['same']} of {own['documents']} alike, Cohen's kappa {value}")


def _rating_cells(own: Mapping[str, Any], *, rated: bool) -> tuple[object, ...]:
    if not rated:
        return ("",) * 5
    precision = "-" if own["precision"] is None else f"{own['precision']:.3f}"
    between = "" if own["low"] is None else f"{own['low']:.3f} to {own['high']:.3f}"
    return own["good"], own["bad"], own["unsure"], precision, between


def _said(one: Mapping[str, Any]) -> str:
    if one["floor"] is None:
        return f"no floor: {one['why_not']}"
    own = one["floor"]
    return (
        f"floor {own['least_score']:g}, hq has precision {own['precision']:.2f} ({own['low']:.2f} or more), "
        f"written: {' and '.join(one['written'])}"
    )
