"""LICENSE.md: which licenses the documents are under, how many, and how sure that is."""

from typing import Final

from glotmill.licensing.deeds import is_ported
from glotmill.provenance.exports.attribution import FILE as ATTRIBUTION
from glotmill.provenance.exports.corpus import Corpus, declared, ids
from glotmill.provenance.exports.escape import link, plain
from glotmill.provenance.histograms import NONE

FILE: Final = "LICENSE.md"
_NOWHERE: Final = "no address: what its pages say stands in `license_evidence`"


def text(corpus: Corpus) -> str:
    """Return the page."""
    lines = [
        f"# Licenses of {plain(corpus.name)}, release {corpus.manifest['release']}",
        "",
        (
            "Each document keeps its own license: the column `license` names it as an SPDX expression, `license_state` says how "
            "sure that is, `license_port` to which jurisdiction it is ported, and `license_evidence` holds every sign that was found. "
            "Being collected here changes none of them."
        ),
        f"Whom to credit stands in [{ATTRIBUTION}]({ATTRIBUTION}).",
        "",
        "| license | documents | class |",
        "|---|---:|---|",
    ]
    classes = _classes(corpus)
    under = {key: rows for key, rows in corpus.under().items() if key[0] != NONE}
    for (expression, port), documents in under.items():
        lines.append(f"| {plain(_shown(expression, port))} | {documents:,} | {', '.join(classes[expression])} |")
    if corpus.unlicensed:
        lines.append(f"| none known | {corpus.unlicensed:,} | unknown |")
    lines += ["", "| license | name | where |", "|---|---|---|"]
    for name, port in sorted({(name, port) for expression, port in under for name in ids([expression])}):
        where = corpus.address(name, port or None)
        own = port if is_ported(name, port) else ""
        title = corpus.title(name) + (f", ported to the jurisdiction {own}" if own else "")
        lines.append(f"| {plain(_shown(name, own))} | {plain(title)} | {link(where) if where else _NOWHERE} |")
    lines += ["", "| how sure | documents |", "|---|---:|"]
    lines += [f"| {plain(state)} | {rows:,} |" for state, rows in corpus.histogram("license_state").items()]
    policies = ", ".join(f"`{name}`" for name in corpus.manifest["policies"]) or "none"
    lines += ["", f"License policies that every document passed: {policies}."]
    return "\n".join(lines) + "\n"


def _shown(expression: str, port: str) -> str:
    """Return an expression with SPDX's ids of ported licenses; where SPDX has none, as it is: the address beside it tells."""
    own = declared(expression, port)
    return expression if "LicenseRef-" in own and "LicenseRef-" not in expression else own


def _classes(corpus: Corpus) -> dict[str, list[str]]:
    """Return the classes of the parts that each license stands in; with a table, the license's own class."""
    found: dict[str, set[str]] = {}
    for part in corpus.manifest["parts"]:
        histograms = part["histograms"]
        for expression in histograms["license"]:
            own = corpus.class_of(expression)
            found.setdefault(expression, set()).update([own] if own else histograms["license_class"])
    return {expression: sorted(classes) for expression, classes in found.items()}
