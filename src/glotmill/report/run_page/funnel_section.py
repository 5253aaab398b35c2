"""The section on the funnel: what each step was handed, kept and dropped, in all and per language."""

from glotmill.report.funnel import funnel
from glotmill.report.run_page import markup, svg
from glotmill.report.run_page.facts import MOST_LANGUAGES, Facts
from glotmill.report.run_page.markup import Section

_SERIES = ("kept", "dropped", "quarantined")
_COLUMNS = ("step", "in", "kept", "dropped", "quarantined")


def section(facts: Facts) -> Section:
    """Return the section."""
    body = [_one(facts, None)]
    tags = sorted(
        {tag for count in facts.counts for tag in (*count.kept_by_language, *count.reasons)} - {"-"},
        key=lambda tag: (facts.languages.index(tag) if tag in facts.languages else len(facts.languages), tag),
    )
    if tags:
        body.append("<h3>Per language</h3>")
        body.append(
            markup.paragraph(
                "By the language that a document had when the step saw it: steps before identification know none."
            )
        )
    body += [markup.folded(markup.language(tag), _one(facts, tag)) for tag in tags[:MOST_LANGUAGES]]
    if len(tags) > MOST_LANGUAGES:
        rows = [(markup.language(tag), facts.counts[-1].kept_by_language.get(tag, 0)) for tag in tags[MOST_LANGUAGES:]]
        body.append(
            markup.folded("Further languages", markup.table(("language", "kept"), rows, caption="Further languages"))
        )
    return Section("funnel", "Funnel", "\n".join(body))


def _one(facts: Facts, tag: str | None) -> str:
    rows = funnel(facts.counts, language=tag)
    steps = [row for row in rows if row.reason is None]
    title = "Documents by step" if tag is None else f"Documents by step, {markup.language(tag)}"
    picture = svg.bars(
        _SERIES, [(row.step, (row.kept or 0, row.dropped, row.quarantined)) for row in steps], title=title
    )
    table = markup.table(
        _COLUMNS,
        [
            (row.step, row.rows_in, row.kept, row.dropped, row.quarantined)
            if row.reason is None
            else (f"— {row.reason}", None, None, row.dropped, None)
            for row in rows
        ],
        caption=title,
    )
    return markup.figure(title, picture, table)
