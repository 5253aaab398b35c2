"""The section on the gate's audit: what the gate lost by its judge's word, with the bounds on that."""

from collections.abc import Mapping
from typing import Any

from glotmill.report.run_page import markup, svg
from glotmill.report.run_page.facts import Facts
from glotmill.report.run_page.markup import Section

_COLUMNS = ("language", "found", "missed in audit", "lost", "lost at most", "recall", "recall at least")


def section(facts: Facts) -> Section:
    """Return the section."""
    audits = facts.manifest["audits"]
    if not audits:
        words = "No gate of this run was audited: its recall is unknown. `audit: {share: 0.001, model: lid176}` on the step audits it."
        gates = any(step["kind"] == "gate" for step in facts.steps)
        return Section("gate", "Audit of the gate", markup.paragraph(words if gates else "The recipe has no gate."))
    return Section("gate", "Audit of the gate", "\n".join(_audit(name, one) for name, one in audits.items()))


def _audit(name: str, one: Mapping[str, Any]) -> str:
    strata = [(stratum, of["rejected"], of["audited"], of["breaches"]) for stratum, of in one["strata"].items()]
    confidence = f"{100 * one['confidence']:g} %"
    words = (
        f"Step {name}: of what it rejected, {one['share']:g} were extracted all the same and judged by {one['judge']}. "
        f"Bounds hold with {confidence} confidence for each language by itself (Clopper-Pearson)."
    )
    rows = [
        (
            markup.language(tag),
            of["found"],
            sum(of["missed_in_audit"].values()),
            of["lost"],
            of["lost_at_most"],
            of["recall"],
            of["recall_at_least"],
        )
        for tag, of in one["languages"].items()
    ]
    title = f"Found, and lost at most, by step {name}"
    drawn = [(markup.language(tag), (of["found"], round(of["lost_at_most"]))) for tag, of in one["languages"].items()]
    picture = svg.bars(("found", "lost at most"), drawn, title=title)
    columns = ("stratum", "rejected", "audited", "broke the extractor")
    return (
        markup.paragraph(words)
        + markup.table(columns, strata, caption=f"Rejects of step {name}")
        + markup.figure(title, picture, markup.table(_COLUMNS, rows, caption=title))
    )
