"""What is known about the license of a document: one statement, where it stood, and how much it is worth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MAX_RAW = 300  # characters of what stood there; schema.EVIDENCE promises no more

# What a statement is worth when nothing contradicts it. `source` brings its own state; a row's claim was made by
# whoever published the row; text without a link is weak because nobody can follow it to one license. `site` is what a
# person verified of a whole site before the crawl, `site-review` after a run; `site-link` and `site-text` are what a page
# says where the first of them found licenses to stand.
SIGNAL_STATES = {
    "http-link": "declared",
    "json-ld": "declared",
    "microdata": "declared",
    "rdfa": "declared",
    "rdf-comment": "declared",
    "meta": "declared",
    "rel-license": "declared",
    "footer-link": "declared",
    "row": "declared",
    "site": "verified",
    "site-review": "verified",
    "site-rejected": "none",
    "site-link": "declared",
    "site-text": "weak",
    "reserved": "declared",
    "badge": "weak",
    "footer-text": "weak",
    "body-link": "mention",
    "body-text": "mention",
    "exception": "none",
    "paywall": "none",
    "unread": "none",
}

CARRIED = frozenset({"site", "site-link", "site-text"})  # what steps before `permit` leave in `license_evidence` for it


@dataclass(frozen=True, slots=True)
class Evidence:
    """One statement about a license; fields as in `core.schema.EVIDENCE`.

    Args:
        signal: what kind of statement: `http-link`, `json-ld`, `rel-license`, `row`, `source`, `reserved` ...
        raw: what stood there, cut at 300 characters.
        url: the license address, where there is one.
        spdx: id in the license table, or an SPDX expression; None where the statement could not be read.
        port: jurisdiction of a ported Creative Commons license.
        locus: head, body, footer, figure, header, manifest, row.
        scope: page, part, site, source, unknown.
        state: what the statement is worth alone; not a column.
    """

    signal: str
    raw: str
    url: str | None = None
    spdx: str | None = None
    port: str | None = None
    locus: str = "body"
    scope: str = "page"
    state: str = "none"

    def row(self) -> dict[str, str | None]:
        """Return the statement as a value of the `license_evidence` column."""
        return {
            "signal": self.signal,
            "raw": self.raw,
            "url": self.url,
            "spdx": self.spdx,
            "port": self.port,
            "locus": self.locus,
            "scope": self.scope,
        }


def statement(
    signal: str,
    raw: str,
    *,
    url: str | None = None,
    spdx: str | None = None,
    port: str | None = None,
    locus: str = "body",
    scope: str = "page",
    state: str | None = None,
) -> Evidence:
    """Return a piece of evidence with its text cut and made encodable, and with its signal's usual state."""
    return Evidence(
        signal=signal,
        raw=encodable(" ".join(raw[: 4 * MAX_RAW].split()))[:MAX_RAW],
        url=None if url is None else encodable(url.strip())[:MAX_RAW],
        spdx=spdx,
        port=port,
        locus=locus,
        scope=scope,
        state=SIGNAL_STATES[signal] if state is None else state,
    )


def carried(rows: Iterable[Mapping[str, str | None] | None] | None) -> list[Evidence]:
    """Return what a value of `license_evidence` holds for `permit` to weigh with its own findings."""
    return [
        statement(
            signal,
            one["raw"] or "",
            url=one["url"],
            spdx=one["spdx"],
            port=one["port"],
            locus=one["locus"] or "body",
            scope=one["scope"] or "unknown",
        )
        for one in rows or ()
        if one is not None and (signal := one["signal"] or "") in CARRIED
    ]


def encodable(text: str) -> str:
    """Return the text with lone surrogates replaced by U+FFFD: neither Arrow nor a parser takes them."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def unique(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Return the evidence without repeats, in order of first appearance."""
    return list(dict.fromkeys(evidence))
