"""The section on staleness: when pages were fetched, and when they say that they were written."""

from collections.abc import Mapping
from typing import Final

from glotmill.provenance.figures import NONE
from glotmill.report.run_page import markup, svg
from glotmill.report.run_page.facts import Facts
from glotmill.report.run_page.markup import Section

_KINDS: Final = {"crawled": ("Month of the fetch", "month"), "dated": ("Year of publication, as pages say", "year")}
_DRAWN: Final = 40


def section(facts: Facts) -> Section:
    """Return the section."""
    body = [_told(title, what, facts.figures.get(name)) for name, (title, what) in _KINDS.items()]
    return Section("staleness", "Age of the text", "\n".join(body))


def _told(title: str, what: str, by_language: Mapping[str, Mapping[str, int]] | None) -> str:
    if by_language is None:
        return markup.paragraph(f"{title}: not counted by the version that wrote this run.")
    return (
        _one(title, what, by_language) if by_language else markup.paragraph(f"{title}: the corpus has no such column.")
    )


def _one(title: str, what: str, by_language: Mapping[str, Mapping[str, int]]) -> str:
    total: dict[str, int] = {}
    for own in by_language.values():
        for value, count in own.items():
            total[value] = total.get(value, 0) + count
    whole = sum(total.values())
    dated = sorted(pair for pair in total.items() if pair[0] != NONE)
    rows = [(value, count, markup.share(count, whole)) for value, count in dated]
    rows += [("unknown", total[NONE], markup.share(total[NONE], whole))] if NONE in total else []
    drawn = [(value, (count,)) for value, count in dated[-_DRAWN:]]
    languages = []
    for tag, own in by_language.items():
        known = sorted(value for value in own if value != NONE)
        middle = _median({value: own[value] for value in known})
        languages.append(
            (markup.language(tag), known[0] if known else None, middle, known[-1] if known else None, own.get(NONE, 0))
        )
    columns = ("language", "first", "median", "last", "unknown")
    behind = markup.table((what, "documents", "share"), rows, caption=title)
    behind += markup.table(columns, languages, caption=f"{title}, by language")
    return markup.figure(title, svg.bars(("documents",), drawn, title=title), behind)


def _median(counts: Mapping[str, int]) -> str | None:
    half, seen = sum(counts.values()) / 2, 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= half:
            return value
    return None
