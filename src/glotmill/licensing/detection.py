"""What a page and its headers say about its license: evidence, never a decision."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import is_null, strings, to_numpy
from glotmill.licensing import page as pages
from glotmill.licensing.creativecommons import parse_url
from glotmill.licensing.evidence import Evidence, statement, unique
from glotmill.licensing.page import Page, attribute, text_of, tokens
from glotmill.licensing.rdf_comments import rdf_licenses
from glotmill.licensing.structured import LICENSE_NAMES, PAGE_TYPES, RIGHTS_NAMES, is_paid, json_ld, link_headers
from glotmill.licensing.table import RESERVED, LicenseTable
from glotmill.licensing.wording import NamedLicense, Wording, clause_around, fold, unquoted

if TYPE_CHECKING:
    from resiliparse.parse.html import ElementNode

MAX_LINKS = 5_000
MAX_METAS = 1_000
MAX_STATEMENTS = 40  # a page with more is a page about licenses
MAX_MENTIONS = 5  # in a body's words that are written down
_LICENSE_RELATIONS = frozenset({"license", "cc:license", "dct:license", "dcterms:license"})
_PROPERTIES = frozenset({*_LICENSE_RELATIONS, "schema:license", "xhv:license", "dc:license"})  # of RDFa
_TIERS = frozenset({"locked", "metered"})  # of `article:content_tier`, a property that publishers use
_FOOTER_TEXT = 6_000  # characters read of a footer; Wikipedia's has 700
_TAIL = 400  # last characters of the body, where footers without a mark stand
_NEAR = 120  # characters around a copyright sign in which "all rights reserved" counts
_COPYRIGHT = re.compile(r"©|\(c\)|copyright|ⓒ|℗")
# Letters written as entities hide words from a search of the markup; such pages are parsed in any case.
_ENTITY_LETTERS = (
    r"&[a-z]{1,2}(?:acute|grave|circ|uml|tilde|cedil|ring|slash|caron|lig);",
    r"(?:&#x?[0-9a-f]{2,6};){3}",
)
_HOSTS = ("creativecommons.", "licensebuttons.net")
# What structures say of paid pages, as it stands in markup.
_PAID_MARKUP = (
    r"isaccessibleforfree[^a-z]{1,20}(?:https?://schema.org/)?(?:false|no)",
    r"isaccessibleforfree[^a-z]{1,5}content[^a-z]{1,5}(?:https?://schema.org/)?(?:false|no)",
    r"article:content_tier",
)


class Detector:
    """Reads pages against one license table; build it once per process."""

    def __init__(self, table: LicenseTable) -> None:
        self._table = table
        self._wording = Wording(table)
        self._hosts = (*_HOSTS, *table.by_host)
        hosts = ", ".join(f'[href*="{host}" i]' for host in self._hosts)
        badges = ", ".join(f'img[src*="{host}" i]' for host in _HOSTS)
        own = ", ".join(f'[rel~="{relation}" i][href]' for relation in sorted(_LICENSE_RELATIONS))
        properties = ", ".join(f'[property~="{name}" i]' for name in sorted(_PROPERTIES))
        self._links_selector = f"{own}, {hosts}, {badges}"
        self._attributes_selector = f'[itemprop~="license" i], {properties}'
        words = [
            "license",
            "licence",
            *(f"cc{between}{element}" for between in ("", " ", "-") for element in ("by", "zero")),
            "cc0",
            *self._hosts,
            *self._wording.commons,
            *self._wording.reserved.spellings,
        ]
        escaped = map(_escaped, dict.fromkeys(words))
        # Their single words are everywhere ("content", "open"), so these are looked for as a whole.
        phrases = map(_spaced, [*self._wording.paywalls.phrases, *self._wording.license_phrases])
        self._screen = "|".join([*escaped, *phrases, *_ENTITY_LETTERS, *_PAID_MARKUP])

    def candidates(self, html: pa.Array) -> npt.NDArray[np.bool_]:
        """Return a mask of shape (rows,): which pages hold any word or address that could become evidence.

        One pass of RE2 over the column's bytes, 35 microseconds per page of 11 KB, against 1 ms of substring
        tests in Python on pages beyond Latin-1.
        """
        matched = pc.fill_null(pc.match_substring_regex(html, self._screen, ignore_case=True), False)
        mask: npt.NDArray[np.bool_] = to_numpy(matched).astype(bool)
        return mask & ~is_null(html)

    def detect(self, html: str, headers: Mapping[str, str]) -> list[Evidence]:
        """Return the evidence of one page, strong signals first; empty where there is none.

        Args:
            html: the decoded page; any string whatsoever.
            headers: HTTP headers with lower-case names.
        """
        found = self.from_headers(headers)
        if bool(self.candidates(strings([html]))[0]):
            found += self.from_page(html)
        return unique(found)

    def from_headers(self, headers: Mapping[str, str]) -> list[Evidence]:
        """Return the evidence of HTTP headers."""
        said = list(islice(link_headers(headers), MAX_STATEMENTS + 1))
        found = [
            self._linked("http-link", one.value, raw=one.value, locus="header", scope=one.scope)
            if one.kind == "license"
            else statement(one.kind, one.value, locus="header")
            for one in said[:MAX_STATEMENTS]
        ]
        return found if len(said) <= MAX_STATEMENTS else [*found, _unread(MAX_STATEMENTS, "licenses in headers")]

    def from_page(self, html: str) -> list[Evidence]:
        """Return the evidence of a page's markup and text, strong signals first."""
        tree = pages.parse_page(html)
        if tree is None:
            return [statement("unread", "page beyond the limits of the parser", scope="unknown")]
        own = pages.own_addresses(tree)
        found = list(self._json_ld(tree))
        body = tree.body
        if body is not None:
            pages.remove_noise(body)
        found += self._attributes(tree, own)
        if "rdf:" in html:
            found += self._rdf_comments(tree, own)
        found += self._meta(tree, own)
        links = list(self._links(tree, own))
        found += sorted(links, key=lambda one: (one.signal != "rel-license", one.signal == "body-link"))
        if body is not None:
            found += self._footers(body)
            found += self._alternatives(body, own)
            found += self._body_text(body, known=frozenset(one.spdx for one in found))
        return _bounded(unique(found))

    # ---- addresses ------------------------------------------------------------------------------------------

    def _linked(self, signal: str, url: str, *, raw: str, locus: str, scope: str, state: str | None = None) -> Evidence:
        spdx, port = self._resolve(url)
        return statement(signal, raw, url=url, spdx=spdx, port=port, locus=locus, scope=scope, state=state)

    def _resolve(self, url: str) -> tuple[str | None, str | None]:
        commons = parse_url(url)
        if commons is not None:
            return (commons.spdx, commons.port) if self._table.get(commons.spdx) else (None, None)
        one = self._table.at_url(url)
        return (one.id if one else None), None

    # ---- statements for machines ----------------------------------------------------------------------------

    def _json_ld(self, tree: Page) -> Iterator[Evidence]:
        blocks = (text_of(script) for script in tree.select("script") if "ld+json" in attribute(script, "type").lower())
        for said in json_ld(blocks):
            if said.kind == "license":
                yield self._stated("json-ld", said.value, locus="head", scope=said.scope)
            elif said.kind != "rights":
                yield statement(said.kind, said.value, locus="head", scope=said.scope)
            elif next(self._wording.reserved.find(fold(said.value[:2_000])), None):
                yield statement("reserved", said.value, spdx=RESERVED, locus="head", scope=said.scope)

    def _attributes(self, tree: Page, own: frozenset[str]) -> Iterator[Evidence]:
        """Yield what microdata and RDFa state in attributes; `rel=license` is a link like any other."""
        elements = tree.select(self._attributes_selector)
        if len(elements) > MAX_STATEMENTS:
            yield _unread(MAX_STATEMENTS, "attributes that name a license")
        for element in elements[:MAX_STATEMENTS]:
            is_item = "license" in tokens(element, "itemprop")
            if not is_item and (element.tag == "meta" or tokens(element, "rel") & _LICENSE_RELATIONS):
                continue
            sources = ("content", "href", "src") if is_item else ("resource", "href", "content", "src")
            value = next(filter(None, (attribute(element, name).strip() for name in sources)), None)
            value = (text_of(element) if value is None else value)[:2_000]
            if value.strip():
                locus, scope = pages.place(element, PAGE_TYPES, own)
                scope = scope if pages.has_item(element) or not is_item else "unknown"
                yield self._stated("microdata" if is_item else "rdfa", value, locus=locus, scope=scope)
        elements = tree.select('[itemprop~="isAccessibleForFree" i]')
        if len(elements) > MAX_METAS:
            yield _unread(MAX_METAS, "attributes isAccessibleForFree")
        for element in elements[:MAX_METAS]:
            if is_paid(attribute(element, "content") or attribute(element, "href")) and pages.has_item(element):
                locus, scope = pages.place(element, PAGE_TYPES, own)
                yield statement("paywall", "isAccessibleForFree: false", locus=locus, scope=scope)

    def _meta(self, tree: Page, own: frozenset[str]) -> Iterator[Evidence]:
        elements = tree.select("meta[content]")
        if len(elements) > MAX_METAS:
            yield _unread(MAX_METAS, "meta elements")
        for meta in elements[:MAX_METAS]:
            names = {attribute(meta, "name").lower().strip(), *tokens(meta, "property")}
            content = attribute(meta, "content")[:2_000]
            if names & LICENSE_NAMES:
                if content.strip():
                    locus, scope = pages.place(meta, PAGE_TYPES, own)
                    yield self._stated("meta", content, locus=locus, scope=scope)
            elif names & RIGHTS_NAMES:
                stated = self._stated("meta", content, locus="head", scope="page")
                if stated.spdx is not None:
                    yield stated
            elif "article:content_tier" in names and content.strip().lower() in _TIERS:
                yield statement("paywall", f"article:content_tier: {content}", locus="head")

    def _rdf_comments(self, tree: Page, own: frozenset[str]) -> Iterator[Evidence]:
        for text, parent in pages.comments(tree):
            for url, about in rdf_licenses(text):
                locus, scope = pages.place(parent, PAGE_TYPES, own)
                scope = scope if about is not None and (not about or about in own) else "part"
                yield self._linked("rdf-comment", url, raw=text, locus=locus, scope=scope)

    def _stated(self, signal: str, value: str, *, locus: str, scope: str) -> Evidence:
        """Read a value that may be an address, an id or words; words count only where they name one license."""
        spdx, port = self._resolve(value)
        if spdx is not None:
            return statement(signal, value, url=value, spdx=spdx, port=port, locus=locus, scope=scope)
        folded = fold(value[:2_000])
        if next(self._wording.reserved.find(folded), None):
            return statement("reserved", value, spdx=RESERVED, locus=locus, scope=scope)
        one = self._table.get(value.strip())
        if one is not None:
            state = "weak" if one.version is None and one.family.startswith("cc-") else None
            return statement(signal, value, spdx=one.id, locus=locus, scope=scope, state=state)
        named = _single(self._wording.licenses(folded))
        if named is not None and named.spdx is not None:
            return statement(
                signal, value, spdx=named.spdx, port=named.port, locus=locus, scope=scope, state=_state(named)
            )
        return statement(signal, value, url=value if "/" in value else None, locus=locus, scope=scope)

    # ---- links ----------------------------------------------------------------------------------------------

    def _links(self, tree: Page, own: frozenset[str]) -> Iterator[Evidence]:
        count = 0
        stated: set[str | None] = set()
        for index, link in enumerate(tree.select(self._links_selector)):
            if index == MAX_LINKS:
                yield _unread(MAX_LINKS, "links")
                return
            if count < MAX_STATEMENTS:
                for one in self._link(link, own):
                    count += 1
                    stated.update([one.spdx] if _weighs(one) else [])
                    yield one
            elif self._may_differ(link, stated):
                yield _unread(MAX_STATEMENTS, "links to licenses")
                return

    def _may_differ(self, link: "ElementNode", stated: set[str | None]) -> bool:
        """Return whether a link that is not looked at any more could say what none before it said of the page."""
        spdx, _ = self._resolve(attribute(link, "href") or attribute(link, "src"))
        return spdx not in stated and (spdx is not None or not tokens(link, "rel").isdisjoint(_LICENSE_RELATIONS))

    def _link(self, link: "ElementNode", addresses: frozenset[str]) -> Iterator[Evidence]:
        if link.tag == "img":
            yield from self._badge(link, addresses)
            return
        url = attribute(link, "href")
        relations = tokens(link, "rel")
        own = not relations.isdisjoint(_LICENSE_RELATIONS)
        if not own and not any(host in url.lower() for host in self._hosts):
            return
        spdx, port = self._resolve(url)
        if spdx is None and not own:
            return
        locus, scope = pages.place(link, PAGE_TYPES, addresses)
        text = " ".join(text_of(link)[:1_000].split())
        raw, state = text or url, None
        if scope == "page" and locus != "head":
            around = " ".join(text_of(pages.block_of(link))[:_FOOTER_TEXT].split())
            raw = _context(around, text) or url
            block = fold(around)
            start = max(block.find(fold(text)), 0) if text.strip() else 0
            end = start + len(fold(text))
            clause = clause_around(block, start, end)
            if self._wording.is_credited(block, start, end) or self._is_made_for_else(
                spdx, clause, own=own or "copyright" in relations
            ):
                scope = "part"
            elif next(self._wording.exceptions.find(block[:2_000]), None):
                yield statement("exception", block, locus=locus)
            elif self._wording.is_statement(block, start, end):
                state = "weak"
        if own or (spdx is not None and "copyright" in relations):
            yield self._declared(raw, text or url, url=url, spdx=spdx, port=port, place=(locus, scope))
        elif scope != "unknown" and locus == "footer":
            yield statement("footer-link", raw, url=url, spdx=spdx, port=port, locus=locus, scope=scope)
        else:
            stated = scope if scope == "part" or state is not None else "unknown"
            yield statement("body-link", raw, url=url, spdx=spdx, port=port, locus=locus, scope=stated, state=state)

    def _declared(
        self, raw: str, text: str, *, url: str, spdx: str | None, port: str | None, place: tuple[str, str]
    ) -> Evidence:
        locus, scope = place
        state = None
        if spdx is None:  # a page of the site's own about its license: its name may stand in the link's text
            named = _single(self._wording.licenses(fold(text)))
            if named is not None:
                spdx, port, state = named.spdx, named.port, "weak"
        return statement("rel-license", raw, url=url, spdx=spdx, port=port, locus=locus, scope=scope, state=state)

    def _is_made_for_else(self, spdx: str | None, clause: str, *, own: bool) -> bool:
        """Return whether a license is one for software or data, in a clause that does not speak of the text."""
        one = self._table.get(spdx) if spdx else None
        made_for_else = one is not None and one.covers != "works"
        return made_for_else and not own and not self._wording.names_work(clause)

    def _badge(self, image: "ElementNode", own: frozenset[str]) -> Iterator[Evidence]:
        url = attribute(image, "src")
        if not any(host in url.lower() for host in _HOSTS):
            return
        spdx, port = self._resolve(url)
        if spdx is None:
            return
        locus, scope = pages.place(image, PAGE_TYPES, own)
        if scope == "page" and self._wording.is_credit(fold(text_of(pages.block_of(image))[:300])):
            scope = "part"
        yield statement("badge", url, url=url, spdx=spdx, port=port, locus=locus, scope=scope)

    def _alternatives(self, body: "ElementNode", own: frozenset[str]) -> Iterator[Evidence]:
        """Yield licenses that the alternative texts of images in footers name: badges kept on the own server."""
        count = 0
        for image in body.query_selector_all("img[alt]").values()[:MAX_LINKS]:
            if count == MAX_STATEMENTS:
                return
            folded = fold(attribute(image, "alt")[:300])
            named = _single(self._wording.licenses(folded)) if folded else None
            if named is None:
                continue
            count += 1
            locus, scope = pages.place(image, PAGE_TYPES, own)
            if scope == "page" and (locus != "footer" or self._wording.is_credited(folded, named.start, named.end)):
                scope = "unknown" if locus != "footer" else "part"
            yield statement("badge", folded, spdx=named.spdx, port=named.port, locus=locus, scope=scope)

    # ---- words ----------------------------------------------------------------------------------------------

    def _footers(self, body: "ElementNode") -> Iterator[Evidence]:
        for element in pages.footers(body):
            folded = fold(text_of(element)[:_FOOTER_TEXT])
            for named in self._wording.licenses(folded)[:MAX_STATEMENTS]:
                clause = clause_around(folded, named.start, named.end)
                scope = "part" if self._wording.is_credited(folded, named.start, named.end) else "page"
                yield statement("footer-text", clause, spdx=named.spdx, port=named.port, locus="footer", scope=scope)
            yield from self._reserved(folded, locus="footer")
            for start, end in self._wording.exceptions.find(folded):
                yield statement("exception", folded[max(0, start - 80) : end + 80], locus="footer")
                break

    def _reserved(self, folded: str, *, locus: str) -> Iterator[Evidence]:
        for start, end in self._wording.reserved.find(folded):
            yield statement("reserved", folded[max(0, start - 80) : end + 40], spdx=RESERVED, locus=locus)
            return

    def _body_text(self, body: "ElementNode", *, known: frozenset[str | None]) -> Iterator[Evidence]:
        """Read the body's words, for what links and footers (`known`) have not said already."""
        folded = fold(text_of(body))
        paywall = next(self._wording.paywalls.find(folded), None)
        if RESERVED not in known and next(self._wording.reserved.find(_near_copyright(folded)), None):
            pages.remove_parts(body)  # a photographer's rights in a caption are no rights in the page
            folded = fold(text_of(body))
            yield from self._reserved(_near_copyright(folded), locus="body")
        elif paywall is not None:
            pages.remove_parts(body)
            folded = fold(text_of(body))
        for start, end in self._wording.paywalls.find(folded) if paywall is not None else ():
            yield statement("paywall", folded[max(0, start - 80) : end + 40])
            break
        mentions = 0
        for named in self._wording.licenses(folded):
            if named.spdx not in known:
                said = self._says_of_itself(folded, named)
                mentions += not said
                if not said and mentions > MAX_MENTIONS:
                    continue
                raw = folded[max(0, named.start - 80) : named.end + 40]
                scope, state = ("page", "weak") if said else ("unknown", None)
                yield statement("body-text", raw, spdx=named.spdx, port=named.port, scope=scope, state=state)

    def _says_of_itself(self, folded: str, named: NamedLicense) -> bool:
        """Return whether a body's text names a license as its own: in a sentence that says so, or as its last words."""
        if self._wording.is_credited(folded, named.start, named.end):
            return False
        last = named.end > len(folded) - _TAIL and self._wording.is_labelled(folded, named.start)
        return last or self._wording.is_statement(folded, named.start, named.end)


def _weighs(one: Evidence) -> bool:
    """Return whether a statement counts when a page's license is decided: one about the page, and no mere mention."""
    return one.scope in ("page", "site") and one.state != "mention"


def _bounded(found: list[Evidence]) -> list[Evidence]:
    """Return at most so many statements and, where one that counts had to be left out, one that says so."""
    if len(found) <= MAX_STATEMENTS:
        return found
    weighing = [place for place, one in enumerate(found) if _weighs(one)]
    rest = [place for place, one in enumerate(found) if not _weighs(one)]
    kept = [found[place] for place in sorted([*weighing, *rest][:MAX_STATEMENTS])]
    return kept if len(weighing) <= MAX_STATEMENTS else [*kept, _unread(MAX_STATEMENTS, "statements")]


def _unread(most: int, what: str) -> Evidence:
    """Return that a page has more of something than is read: what is left unread may say otherwise."""
    return statement("unread", f"more than {most} {what}")


def _escaped(word: str) -> str:
    return re.sub(r"([.+*?()\[\]{}|\\^$])", r"\\\1", word)


def _spaced(phrase: str) -> str:
    """Return a pattern for a phrase with any spaces and dashes between its words, as markup has them."""
    return r"[\s–-]+".join(_escaped(word) for word in re.split(r"[\s-]+", phrase))


def _context(around: str, text: str) -> str:
    """Return a link's text with up to 100 characters of its block to either side; empty where it has no text."""
    start = around.find(text) if text else -1
    return text if start < 0 else around[max(0, start - 100) : start + len(text) + 100].strip()


def _near_copyright(folded: str) -> str:
    """Return the stretches of a body's text where "all rights reserved" is about the page itself, by lines."""
    marks = [match.start() for match in islice(_COPYRIGHT.finditer(folded), 20)]
    windows = [folded[max(0, at - _NEAR) : at + _NEAR] for at in marks]
    return "\n".join([*windows, unquoted(folded[-_TAIL:])])


def _single(named: Sequence[NamedLicense]) -> NamedLicense | None:
    """Return the one license that a text names; a full name and its short form are one, two licenses are none."""
    if not named or any(one.spdx is None for one in named):
        return None
    exact = [one for one in named if not str(one.spdx).startswith("LicenseRef-CC-")] or list(named)
    if len({one.spdx for one in exact}) != 1:
        return None
    family = str(exact[0].spdx).removeprefix("LicenseRef-").rstrip(".0123456789").rstrip("-")
    rest = {str(one.spdx).removeprefix("LicenseRef-") for one in named if one.spdx != exact[0].spdx}
    return exact[0] if all(one == family or one.startswith(family + "-2.1") for one in rest) else None


def _state(named: NamedLicense) -> str | None:
    return "weak" if str(named.spdx).startswith("LicenseRef-CC-") else None
