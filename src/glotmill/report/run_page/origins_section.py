"""The section on origins: native text, machine translation, synthetic and augmented text, with shares by language."""

from glotmill.report.run_page import markup, svg
from glotmill.report.run_page.facts import MOST_LANGUAGES, Facts
from glotmill.report.run_page.markup import Cell, Section
from glotmill.report.run_page.rights_section import weighed

ORIGINS = ("native", "mt", "synthetic", "augmented")
MIXED = "mixed"


def section(facts: Facts) -> Section:
    """Return the section."""
    body = [weighed("Origins", weights)] if (weights := facts.weights("origin")) else []
    found = by_language(facts)
    title = "Documents by origin and language"
    columns = (*ORIGINS, MIXED) if any(MIXED in own for own in found.values()) else ORIGINS
    rows: list[tuple[Cell, ...]] = [
        (
            markup.language(tag),
            *(own.get(one, 0) for one in columns),
            None if MIXED in own else markup.share(own.get("native", 0), sum(own.values())),
        )
        for tag, own in found.items()
    ]
    drawn = [
        (markup.language(tag), tuple(own.get(one, 0) for one in ORIGINS))
        for tag, own in list(found.items())[:MOST_LANGUAGES]
    ]
    table = markup.table(("language", *columns, "native share"), rows, caption=title)
    body.append(markup.figure(title, svg.bars(ORIGINS, drawn, title=title), table))
    return Section("origins", "Native and translated text", "\n".join(body))


def by_language(facts: Facts) -> dict[str, dict[str, int]]:
    """Return language -> origin -> documents, languages with most documents first.

    Of a run of an earlier version only what the manifest says of each part is known: documents of a part that has several
    languages and several origins are `mixed`.
    """
    if "origins" in facts.figures:
        return {tag: facts.figures["origins"].get(tag, {}) for tag in facts.languages}
    found: dict[str, dict[str, int]] = {tag: {} for tag in facts.languages}
    for part in facts.manifest["parts"]:
        tags, origins = part["histograms"].get("language", {}), part["histograms"].get("origin", {})
        for tag, documents in tags.items():
            own = found.setdefault(tag, {})
            if len(origins) == 1:
                origin = next(iter(origins))
                own[origin] = own.get(origin, 0) + documents
            elif len(tags) == 1:
                for origin, count in origins.items():
                    own[origin] = own.get(origin, 0) + count
            else:
                own[MIXED] = own.get(MIXED, 0) + documents
    return found
