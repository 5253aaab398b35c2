"""The section on distributions: lengths, confidence and scores of what was kept, with the bounds drawn in."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from glotmill.core.arrow import strings
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.provenance.figures import LENGTH_BINS_PER_OCTAVE, LOG_ODDS, LOG_ODDS_BINS_PER_UNIT, SCORE_BINS, SURFACE
from glotmill.report.run_page import markup, svg
from glotmill.report.run_page.facts import MOST_LANGUAGES, Facts
from glotmill.report.run_page.markup import Cell, Section
from glotmill.report.run_page.rights_section import weighed
from glotmill.report.run_page.sampling import CHARACTERS, DOCUMENTS, Document
from glotmill.report.run_page.svg import Mark
from glotmill.stages.classify import ClassifySpec
from glotmill.stages.identify import IdentifySpec
from glotmill.stages.judge import JudgeSpec, column_name
from glotmill.text.rules import BoundRule

_VALUE: Final = re.compile(r"(?P<measure>[a-z_]+) (?P<value>-?[\d.]+(?:e[+-]?\d+)?) [<>] ")
_BINS: Final = 24
_NAMES: Final = {
    "language_score": "Confidence of the language",
    LOG_ODDS: "Quality score, log-odds of the model",
    SURFACE: "Quality score, of the surface",
}
_MOST_ROWS: Final = 1_000_000  # of the ledger that are looked at for values out of bounds
_MOST_PICTURES: Final = 4  # of measures, per language

Samples = Mapping[tuple[str, str], Sequence[Document]]


def section(facts: Facts, samples: Samples) -> Section:
    """Return the section."""
    gone = [name.capitalize() for name in ("lengths", "scores") if name not in facts.figures]
    body = [
        markup.paragraph(f"{name} were not counted by the version of Glotmill that wrote this run.") for name in gone
    ]
    if "quality_score" in facts.figures.get("scores", {}):
        words = "which took log-odds for numbers from 0 to 1: they are not drawn."
        body.append(markup.paragraph(f"Quality scores were counted by an earlier version of Glotmill, {words}"))
    body += _whole(facts)
    bands = facts.weights("quality_band")
    body += [weighed("Bands of quality", bands)] if bands else []
    measured = _measures(facts, samples)
    if measured:
        words = f"Measured again on up to {DOCUMENTS} kept documents of a language and of at most {CHARACTERS:,} characters, those with the smallest ids. Dropped values are those of the first {_MOST_ROWS:,} rows of the ledger."
        body += ["<h3>Measures and the bounds on them</h3>", markup.paragraph(words), *measured]
    return Section("distributions", "Lengths, confidence and scores", "\n".join(body))


def _whole(facts: Facts) -> list[str]:
    body = []
    bands = _band_bounds(facts)
    bounds = {"language_score": _confidence_bounds(facts), LOG_ODDS: bands, SURFACE: bands}
    lengths, by_name = facts.figures.get("lengths"), facts.figures.get("scores", {})
    for tag in facts.languages[:MOST_LANGUAGES] if lengths or by_name else ():
        own = [_lengths(tag, lengths.get(tag, {}))] if lengths is not None else []
        for name, title in _NAMES.items():
            if tag in by_name.get(name, {}):
                width = LOG_ODDS_BINS_PER_UNIT if name == LOG_ODDS else SCORE_BINS
                scores = {int(place): count for place, count in by_name[name][tag].items()}
                own.append(_scores(f"{title}, {markup.language(tag)}", scores, bounds[name].get(tag, {}), width))
        body.append(markup.folded(markup.language(tag), "\n".join(own)))
    if len(facts.languages) > MOST_LANGUAGES:
        body.append(
            markup.paragraph(f"{len(facts.languages) - MOST_LANGUAGES} smaller languages are left out of this section.")
        )
    return body


def _lengths(tag: str, bins: Mapping[str, int]) -> str:
    title = f"Length in characters, {markup.language(tag)}"
    found = {int(place): count for place, count in bins.items()}
    places = range(min(found), max(found) + 1) if found else ()
    rows = [(_edge(place), found.get(place, 0)) for place in places]
    return markup.figure(
        title, svg.histogram(rows, title=title), markup.table(("from", "documents"), rows, caption=title)
    )


def _edge(place: int) -> str:
    return "0" if place < 0 else f"{math.ceil(2 ** (place / LENGTH_BINS_PER_OCTAVE)):,}"


def _scores(title: str, bins: Mapping[int, int], bounds: Mapping[str, float], per_unit: int) -> str:
    """Return a histogram of scores with bounds drawn in; all of 0 to 1 for bins of such scores, else what there is."""
    places = [*bins, *(math.floor(score * per_unit) for score in bounds.values())]
    first, last = (0, SCORE_BINS - 1) if per_unit == SCORE_BINS else (min(places), max(places))
    rows = [(f"{place / per_unit:.2f}", bins.get(place, 0)) for place in range(first, last + 1)]
    marks = [
        Mark((score * per_unit - first) / (last + 1 - first), f"{name} {score:g}") for name, score in bounds.items()
    ]
    said = "".join(f"; {mark.says}" for mark in marks)
    table = markup.table(("from", "documents"), rows, caption=f"{title}{said}")
    return markup.figure(title, svg.histogram(rows, marks=marks, title=f"{title}{said}"), table)


def resources_of(facts: Facts, files: Sequence[str]) -> Resources:
    """Return what the run's own copies of project files give a step; no models."""
    recipe = facts.manifest["recipe"]
    scope = Scope(tuple(recipe["languages"]), tuple(one["of"] for one in recipe["source"]))
    found = {name: text for name in files if (text := facts.read_project(name.removesuffix("?"))) is not None}
    return Resources(scope, {name.removesuffix("?"): text for name, text in found.items()})


def _scope(facts: Facts) -> Scope:
    recipe = facts.manifest["recipe"]
    return Scope(tuple(recipe["languages"]), tuple(one["of"] for one in recipe["source"]))


def _confidence_bounds(facts: Facts) -> Mapping[str, Mapping[str, float]]:
    for step in facts.steps:
        if step["kind"] == "identify":
            spec = IdentifySpec.model_validate(dict(step))
            least = spec.least_scores(resources_of(facts, spec.files(_scope(facts))))
            return {tag: {"at least": score} for tag, score in least.items()}
    return {}


def _band_bounds(facts: Facts) -> Mapping[str, Mapping[str, float]]:
    """Return where bands of quality begin, by the cards that the run used."""
    for step in reversed(facts.steps):
        if step["kind"] == "classify":
            spec = ClassifySpec.model_validate(dict(step))
            least = spec.least_scores(resources_of(facts, spec.files(_scope(facts))))
            return {tag: {f"{band} from": score for band, score in own.items()} for tag, own in least.items()}
    return {}


def _measures(facts: Facts, samples: Samples) -> list[str]:
    body = []
    values = _dropped_values(facts)
    for step in facts.steps:
        if step["kind"] != "judge" or step.get("measures") == "columns":
            continue
        spec = JudgeSpec.model_validate(dict(step))
        resources = resources_of(facts, spec.files(_scope(facts)))
        asked = spec.asked(resources)
        annotate = spec.model_copy(update={"mode": "annotate"}).build(resources)
        for tag in facts.languages[:MOST_LANGUAGES]:
            texts = [one.text for one in samples.get((tag, "native"), ()) if one.whole]
            if tag in asked and texts:
                columns = [strings(texts), strings([tag] * len(texts))]
                rows = annotate(Batch(pa.RecordBatch.from_arrays(columns, names=["text", "language"]))).batch.rows
                measured = {
                    rule.measure.name: np.asarray(rows.column(column_name(rule.measure)).to_pylist(), np.float64)
                    for rule in asked[tag]
                }
                title = f"{step['name']}, {markup.language(tag)}: {len(texts)} documents"
                body.append(markup.folded(title, _language(tag, asked[tag], measured, values)))
    return body


def _dropped_values(facts: Facts) -> dict[tuple[str, str], list[float]]:
    """Return (language, measure) -> values that were out of bounds, of the first rows of the ledger."""
    found: dict[tuple[str, str], list[float]] = {}
    judges = {step["name"] for step in facts.steps if step["kind"] == "judge"}
    seen = 0
    for batch in facts.folder.ledger():
        seen += batch.num_rows
        for step, tag, detail in zip(
            *(batch.column(name).to_pylist() for name in ("step", "language", "detail")), strict=True
        ):
            match = _VALUE.match(detail or "") if step in judges else None
            if match is not None:
                found.setdefault((tag or "-", match["measure"]), []).append(float(match["value"]))
        if seen >= _MOST_ROWS:
            break
    return found


def _language(
    tag: str,
    rules: Sequence[BoundRule],
    measured: Mapping[str, Any],
    dropped: Mapping[tuple[str, str], Sequence[float]],
) -> str:
    rows: list[tuple[Cell, ...]] = []
    for rule in rules:
        kept = measured[rule.measure.name]
        kept = kept[np.isfinite(kept)]
        gone = dropped.get((tag, rule.measure.name), ())
        out = sum((value < rule.bound) if rule.side == "below" else (value > rule.bound) for value in gone)
        middle = (float(kept.min()), float(np.median(kept)), float(kept.max())) if len(kept) else (None, None, None)
        rows.append((rule.reason, f"{rule.side} {rule.bound:g}", out, *middle))
    columns = ("reason", "dropped where", "dropped", "least kept", "median kept", "greatest kept")
    body = [markup.table(columns, rows, caption=f"Bounds and values, {markup.language(tag)}")]
    names = list(dict.fromkeys(rule.measure.name for rule in rules))
    first = sorted(
        names, key=lambda name: (name != "word_count", -len(dropped.get((tag, name), ())), names.index(name))
    )
    for name in first[:_MOST_PICTURES]:
        own = [rule for rule in rules if rule.measure.name == name]
        body.append(_picture(f"{name}, {markup.language(tag)}", measured[name], dropped.get((tag, name), ()), own))
    return "\n".join(body)


def _picture(title: str, kept: Any, dropped: Sequence[float], rules: Sequence[BoundRule]) -> str:
    values = np.concatenate([kept[np.isfinite(kept)], np.asarray(dropped, np.float64)])
    # A bound far beyond all values (100,000 words) would press everything into one column: it is named, not drawn.
    reach = float(values.max(initial=0.0))
    near = [rule for rule in rules if rule.bound <= max(1.0, 4 * reach) or rule.side == "below"]
    low = min([float(values.min(initial=0.0)), *(rule.bound for rule in near)])
    high = max([reach, *(rule.bound for rule in near)])
    if not high > low:
        high = low + 1.0
    counts, edges = np.histogram(values, bins=_BINS, range=(low, high))
    rows = [(f"{edge:.4g}", int(count)) for edge, count in zip(edges[:-1], counts, strict=True)]
    marks = [Mark((rule.bound - low) / (high - low), f"{rule.side} {rule.bound:g} dropped") for rule in near]
    said = "".join(f"; {rule.side} {rule.bound:g} is dropped" for rule in rules)
    table = markup.table(("from", "documents"), rows, caption=f"{title}{said}")
    return markup.figure(title, svg.histogram(rows, marks=marks, title=f"{title}{said}"), table)
