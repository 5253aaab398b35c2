"""LICENSE.md: which licenses the documents are under, how many, and how sure that is."""

from typing import Final

from glotmill.provenance.exports.attribution import FILE as ATTRIBUTION
from glotmill.provenance.exports.corpus import Corpus, ids
from glotmill.provenance.exports.escape import link, plain

FILE: Final = "LICENSE.md"


def text(corpus: Corpus) -> str:
    """Return the page."""
    lines = [
        f"# Licenses of {plain(corpus.name)}, release {corpus.manifest['release']}",
        "",
        (
            "Each document keeps its own license: the column `license` names it as an SPDX expression, `license_state` says how "
            "sure that is, and `license_evidence` holds every sign that was found. Being collected here changes none of them."
        ),
        f"Whom to credit stands in [{ATTRIBUTION}]({ATTRIBUTION}).",
        "",
        "| license | documents | class |",
        "|---|---:|---|",
    ]
    classes = _classes(corpus)
    for expression, documents in corpus.licenses.items():
        lines.append(f"| {plain(expression)} | {documents:,} | {', '.join(classes[expression])} |")
    if corpus.unlicensed:
        lines.append(f"| none known | {corpus.unlicensed:,} | unknown |")
    lines += ["", "| license | name | text |", "|---|---|---|"]
    for name in ids(corpus.licenses):
        where = corpus.address(name)
        lines.append(f"| {plain(name)} | {plain(corpus.title(name))} | {link(where) if where else ''} |")
    lines += ["", "| how sure | documents |", "|---|---:|"]
    lines += [f"| {plain(state)} | {rows:,} |" for state, rows in corpus.histogram("license_state").items()]
    policies = ", ".join(f"`{name}`" for name in corpus.manifest["policies"]) or "none"
    lines += ["", f"License policies that every document passed: {policies}."]
    return "\n".join(lines) + "\n"


def _classes(corpus: Corpus) -> dict[str, list[str]]:
    """Return the classes of the parts that each license stands in; with a table, the license's own class."""
    found: dict[str, set[str]] = {}
    for part in corpus.manifest["parts"]:
        histograms = part["histograms"]
        for expression in histograms["license"]:
            own = corpus.class_of(expression)
            found.setdefault(expression, set()).update([own] if own else histograms["license_class"])
    return {expression: sorted(classes) for expression, classes in found.items()}
