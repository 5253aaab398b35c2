"""The section on rights: licenses, classes, states and consent, by documents and by tokens."""

from collections.abc import Mapping
from typing import Final

from glotmill.report.run_page import markup, svg
from glotmill.report.run_page.facts import Facts
from glotmill.report.run_page.markup import Section

_NAMES: Final = {
    "license": "Licenses",
    "license_class": "Classes of licenses",
    "license_state": "How sure the license is",
    "consent": "Consent of owners",
}
_DRAWN: Final = 15


def section(facts: Facts) -> Section:
    """Return the section."""
    body = [
        weighed(title, weights) if (weights := facts.weights(name)) else _counted(facts, name, title)
        for name, title in _NAMES.items()
    ]
    policies = ", ".join(facts.manifest["policies"]) or "none: no step of the recipe judged licenses"
    body.insert(0, markup.paragraph(f"Policies that every row passed: {policies}."))
    return Section("rights", "Licenses and consent", "\n".join(body))


def unit(weights: Mapping[str, tuple[int, int, int]]) -> tuple[str, int]:
    """Return what values are weighed by and its place in a row: tokens where a step counted them, else characters."""
    return ("tokens", 1) if any(row[1] for row in weights.values()) else ("characters", 2)


def weighed(title: str, weights: Mapping[str, tuple[int, int, int]]) -> str:
    """Return a picture of what weighs how much, and the table behind it.

    Args:
        title: of the picture.
        weights: value -> (documents, tokens, characters).
    """
    name, place = unit(weights)
    whole = sum(row[place] for row in weights.values())
    ordered = sorted(weights.items(), key=lambda item: (-item[1][place], item[0]))
    drawn = [(value, (row[place],)) for value, row in ordered[:_DRAWN]]
    titled = f"{title}, by {name}"
    rows = [
        (value, row[0], row[1] if place == 1 else None, row[2], markup.share(row[place], whole))
        for value, row in ordered
    ]
    table = markup.table(("value", "documents", "tokens", "characters", f"share of {name}"), rows, caption=titled)
    return markup.figure(titled, svg.bars((name,), drawn, title=titled), table)


def _counted(facts: Facts, name: str, title: str) -> str:
    counts = facts.manifest["totals"]["histograms"].get(name, {})
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    titled = f"{title}, by documents"
    picture = svg.bars(("documents",), [(value, (count,)) for value, count in rows[:_DRAWN]], title=titled)
    return markup.figure(titled, picture, markup.table(("value", "documents"), rows, caption=titled))
