"""The section on domains: which registered domains the corpus comes from, and how much of it the largest are."""

from typing import Final

from glotmill.provenance.histograms import DOMAIN, NONE, OTHERS
from glotmill.report.run_page import markup, svg
from glotmill.report.run_page.facts import Facts
from glotmill.report.run_page.markup import Section

_DRAWN: Final = 20


def section(facts: Facts) -> Section:
    """Return the section."""
    counts = facts.manifest["totals"]["histograms"].get(DOMAIN, {})
    names = {NONE: "no domain", OTHERS: "all others"}
    listed = sorted((pair for pair in counts.items() if pair[0] not in names), key=lambda pair: (-pair[1], pair[0]))
    rest = [(names[key], counts[key]) for key in (OTHERS, NONE) if key in counts]
    whole = sum(counts.values())
    title = "Documents by registered domain"
    rows = [(name, count, markup.share(count, whole)) for name, count in [*listed, *rest]]
    table = markup.table(("domain", "documents", "share"), rows, caption=title)
    largest = sum(count for _, count in listed[:10])
    words = f"The ten largest of the domains listed are {markup.share(largest, whole)} of all documents."
    picture = svg.bars(("documents",), [(name, (count,)) for name, count in [*listed[:_DRAWN], *rest]], title=title)
    return Section("domains", "Domains", markup.paragraph(words) + markup.figure(title, picture, table))
