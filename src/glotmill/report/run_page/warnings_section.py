"""The section on warnings: what somebody who uses or publishes this corpus should look at first."""

from collections.abc import Iterator
from typing import Final

from glotmill.provenance.histograms import DOMAIN, NONE, OTHERS
from glotmill.provenance.receipts import StepCount
from glotmill.report.run_page import markup
from glotmill.report.run_page.facts import Facts
from glotmill.report.run_page.markup import Section
from glotmill.report.run_page.origins_section import by_language

_MUCH: Final = 0.6  # of a language's documents that one step drops; `calibrate` warns there, too
_LEAST: Final = 50  # documents of a language below which shares say little
_RECALL: Final = 0.99
_UNCOUNTED: Final = {
    "weights": "tokens and characters by language, license, consent and origin",
    "lengths": "lengths",
    "scores": "scores",
    "origins": "origins by language",
    "crawled": "months of fetches",
    "dated": "years of publication",
    "cluster_sizes": "sizes of clusters",
    "clusters": "the largest clusters",
}


def section(facts: Facts) -> Section:
    """Return the section."""
    found = list(dict.fromkeys(_warnings(facts)))
    if not found:
        return Section("warnings", "Warnings", markup.paragraph("None."))
    items = "\n".join(f"<li>{markup.safe(one)}</li>" for one in found)
    return Section("warnings", f"Warnings ({len(found)})", f'<ul class="warnings">\n{items}\n</ul>')


def _warnings(facts: Facts) -> Iterator[str]:
    if facts.options.dry:
        yield "This is a dry run: its documents are the first of the inputs, and no draw from them."
    yield from _languages(facts)
    yield from _rights(facts)
    yield from _drops(facts)
    yield from _audits(facts)
    yield from _mixture(facts)
    if facts.uncounted:
        missing = ", ".join(_UNCOUNTED[name] for name in facts.uncounted)
        yield f"Parts of this run were written by an earlier version of Glotmill. What it did not count is missing here: {missing}."


def _languages(facts: Facts) -> Iterator[str]:
    manifest = facts.manifest
    account, counts = manifest["account"], manifest["totals"]["histograms"].get("language", {})
    if not account["kept"]:
        yield "Nothing was kept."
    unproven = [tag for tag, one in manifest["languages"].items() if one["status"] != "proven"]
    if unproven:
        yield f"Bounds are not proven for {', '.join(unproven)}: nobody has checked them on native text."
    empty = [tag for tag in manifest["languages"] if not counts.get(tag)]
    if empty and account["kept"]:
        yield f"No document was kept in {', '.join(empty)}."
    if account["quarantined"]:
        yield f"{account['quarantined']:,} documents are quarantined: steps could not survive them, `glotmill why` names the step."


def _rights(facts: Facts) -> Iterator[str]:
    manifest = facts.manifest
    if not manifest["policies"]:
        yield "No step judged licenses: what this corpus may be used for is what its sources say, and nothing checked it."
    for kind in ("weak", "mention", "conflict", "none", NONE):
        number = manifest["totals"]["histograms"].get("license_state", {}).get(kind, 0)
        if number:
            yield f"The license of {number:,} documents is of the state {kind if kind != NONE else 'unknown'}."
    if manifest.get("takedowns"):
        yield f"Documents were taken down from this corpus {len(manifest['takedowns'])} times; its release is {manifest['release']}."


def _audits(facts: Facts) -> Iterator[str]:
    for name, audit in facts.manifest["audits"].items():
        least = {tag: of["recall_at_least"] for tag, of in audit["languages"].items()}
        short = {tag: recall for tag, recall in least.items() if recall is None or recall < _RECALL}
        if short:
            worst = ", ".join(
                f"{tag} {markup.number(short[tag])}" for tag in sorted(short, key=lambda tag: (short[tag] or 0, tag))
            )
            yield f"The audit of {name} does not prove a recall of {_RECALL:.0%}; what it proves: {worst}."


def _mixture(facts: Facts) -> Iterator[str]:
    for tag, own in by_language(facts).items():
        made, whole = sum(own.get(one, 0) for one in ("mt", "synthetic", "augmented")), sum(own.values())
        if made > whole / 2:
            yield f"{tag}: {markup.share(made, whole)} of the documents are machine-made."
    domains = facts.manifest["totals"]["histograms"].get(DOMAIN, {})
    for name, number in sorted(domains.items()):
        if name not in (NONE, OTHERS) and number > sum(domains.values()) / 2 and number >= _LEAST:
            yield f"More than half of the documents are from {name}."


def _drops(facts: Facts) -> Iterator[str]:
    kinds = ("judge", "classify", "exact_dedup", "minhash_dedup")
    judging = {step["name"] for step in facts.steps if step["kind"] in kinds}
    for count in facts.counts:
        much = [tag for tag in _known(count) if _share(count, tag) > _MUCH] if count.step in judging else []
        if much:
            shown = ", ".join(f"{tag} {100 * _share(count, tag):.1f} %" for tag in much)
            yield f"Step {count.step} drops more than {_MUCH:.0%} of what it is handed in {shown}."


def _known(count: StepCount) -> list[str]:
    return sorted({*count.reasons, *count.kept_by_language} - {"-"})


def _share(count: StepCount, tag: str) -> float:
    gone, kept = sum(count.reasons.get(tag, {}).values()), count.kept_by_language.get(tag, 0)
    return gone / (gone + kept) if gone + kept >= _LEAST else 0.0
