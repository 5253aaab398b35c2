"""The section on languages: how much there is of each, how far its bounds are proven, and what is user-generated."""

from glotmill.report.run_page import markup
from glotmill.report.run_page.facts import Facts
from glotmill.report.run_page.markup import Cell, Section

USER_GENERATED = "user_generated"


def section(facts: Facts) -> Section:
    """Return the section."""
    manifest = facts.manifest
    weights = facts.weights("language")
    counts = manifest["totals"]["histograms"].get("language", {})
    labels = manifest["totals"]["labels"]
    tags = [*facts.languages, *(tag for tag in manifest["languages"] if tag not in counts)]
    known = sorted({label for own in labels.values() for label in own})
    labelled = any(step["kind"] == "label" for step in facts.steps)
    rows: list[tuple[Cell, ...]] = []
    counted = any(weight[1] for weight in weights.values())
    for tag in tags:
        documents = counts.get(tag, 0)
        _, tokens, characters = weights.get(tag, (0, 0, 0))
        status = manifest["languages"].get(tag, {}).get("status", "no target")
        own = labels.get(tag, {})
        users = markup.share(own.get(USER_GENERATED, 0), documents) if labelled else None
        sizes = (tokens if counted else None, characters if "weights" in facts.figures else None)
        rows.append((markup.language(tag), documents, *sizes, status, users))
    columns = ("language", "documents", "tokens", "characters", "bounds", "user-generated")
    body = [markup.table(columns, rows, caption="Languages of the corpus")]
    if known:
        of = [
            (markup.language(tag), *(labels.get(tag, {}).get(label, 0) for label in known))
            for tag in tags
            if tag in labels
        ]
        body.append(markup.folded("All labels", markup.table(("language", *known), of, caption="Documents by label")))
    if not labelled:
        body.append(markup.paragraph("No step of the recipe labels user-generated text: its share is unknown."))
    return Section("languages", "Languages", "\n".join(body))
