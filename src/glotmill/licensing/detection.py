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
from glotmill.licensing.structured import LICENSE_NAMES, PAGE_TYPES, RIGHTS_NAMES, json_ld, link_headers
from glotmill.licensing.table import RESERVED, LicenseTable
from glotmill.licensing.wording import NamedLicense, Wording, clause_around, fold

if TYPE_CHECKING:
    from resiliparse.parse.html import ElementNode

MAX_LINKS = 5_000
MAX_STATEMENTS = 40  # a page with more is a page about licenses
_LICENSE_RELATIONS = frozenset({"license", "cc:license", "dct:license", "dcterms:license"})
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


class Detector:
    """Reads pages against one license table; build it once per process."""

    def __init__(self, table: LicenseTable) -> None:
        self._table = table
        self._wording = Wording(table)
        self._hosts = (*_HOSTS, *table.by_host)
        hosts = ", ".join(f'[href*="{host}" i]' for host in self._hosts)
        badges = ", ".join(f'img[src*="{host}" i]' for host in _HOSTS)
        own = ", ".join(f'[rel~="{relation}" i][href]' for relation in sorted(_LICENSE_RELATIONS))
        self._links_selector = f'{own}, [itemprop~="license" i][href], {hosts}, {badges}'
        words = [
            "license",
            "licence",
            *(f"cc{between}{element}" for between in ("", " ", "-") for element in ("by", "zero")),
            "cc0",
            *self._hosts,
            *self._wording.commons,
            *self._wording.reserved.spellings,
        ]
        escaped = (re.sub(r"([.+*?()\[\]{}|\\^$])", r"\\\1", word) for word in dict.fromkeys(words))
        self._screen = "|".join([*escaped, *_ENTITY_LETTERS])

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
        return [
            self._linked("http-link", url, raw=url, locus="header", scope="page")
            for url in list(link_headers(headers))[:MAX_STATEMENTS]
        ]

    def from_page(self, html: str) -> list[Evidence]:
        """Return the evidence of a page's markup and text, strong signals first."""
        tree = pages.parse_page(html)
        if tree is None:
            return [statement("unread", "page beyond the limits of the parser", scope="unknown")]
        found = [*self._json_ld(tree), *self._meta(tree)]
        body = tree.body
        if body is not None:
            pages.remove_noise(body)
        links = list(self._links(tree))
        found += sorted(links, key=lambda one: (one.signal != "rel-license", one.signal == "body-link"))
        if body is not None:
            found += self._footers(body)
            found += self._body_text(body, known=frozenset(one.spdx for one in found))
        return unique(found)[:MAX_STATEMENTS]

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
        for value, scope in json_ld(blocks):
            yield self._stated("json-ld", value, locus="head", scope=scope)

    def _meta(self, tree: Page) -> Iterator[Evidence]:
        for meta in tree.select("meta[content]"):
            names = {attribute(meta, "name").lower().strip(), *tokens(meta, "property")}
            content = attribute(meta, "content")[:2_000]
            if names & LICENSE_NAMES or "license" in tokens(meta, "itemprop"):
                if content.strip():
                    yield self._stated("meta", content, locus="head", scope="page")
            elif names & RIGHTS_NAMES:
                stated = self._stated("meta", content, locus="head", scope="page")
                if stated.spdx is not None:
                    yield stated

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

    def _links(self, tree: Page) -> Iterator[Evidence]:
        count = 0
        for index, link in enumerate(tree.select(self._links_selector)):
            if index == MAX_LINKS or count == MAX_STATEMENTS:
                return
            for one in self._link(link):
                count += 1
                yield one

    def _link(self, link: "ElementNode") -> Iterator[Evidence]:
        if link.tag == "img":
            yield from self._badge(link)
            return
        url = attribute(link, "href")
        relations = tokens(link, "rel")
        own = not relations.isdisjoint(_LICENSE_RELATIONS) or "license" in tokens(link, "itemprop")
        if not own and not any(host in url.lower() for host in self._hosts):
            return
        spdx, port = self._resolve(url)
        if spdx is None and not own:
            return
        locus, scope = ("head", "page") if link.tag == "link" else pages.place(link, PAGE_TYPES)
        text = text_of(link)[:1_000]
        clause = ""
        if scope == "page" and locus != "head":
            block = fold(text_of(pages.block_of(link))[:_FOOTER_TEXT])
            start = block.find(fold(text)) if text.strip() else 0
            clause = clause_around(block, max(start, 0), max(start, 0) + len(fold(text)))
            if self._is_of_a_part(spdx, clause, own=own or "copyright" in relations):
                scope = "part"
            elif next(self._wording.exceptions.find(block[:2_000]), None):
                yield statement("exception", block, locus=locus)
        if own or (spdx is not None and "copyright" in relations):
            yield self._declared(text or url, url=url, spdx=spdx, port=port, place=(locus, scope))
        elif scope != "unknown" and locus == "footer":
            yield statement("footer-link", text or url, url=url, spdx=spdx, port=port, locus=locus, scope=scope)
        else:
            mentioned = scope if scope == "part" else "unknown"
            yield statement("body-link", text or url, url=url, spdx=spdx, port=port, locus=locus, scope=mentioned)

    def _declared(self, raw: str, *, url: str, spdx: str | None, port: str | None, place: tuple[str, str]) -> Evidence:
        locus, scope = place
        state = None
        if spdx is None:  # a page of the site's own about its license: its name may stand in the link's text
            named = _single(self._wording.licenses(fold(raw)))
            if named is not None:
                spdx, port, state = named.spdx, named.port, "weak"
        return statement("rel-license", raw, url=url, spdx=spdx, port=port, locus=locus, scope=scope, state=state)

    def _is_of_a_part(self, spdx: str | None, clause: str, *, own: bool) -> bool:
        """Return whether a link's clause says that it is about a font, a picture, a theme, data or software."""
        if self._wording.is_credit(clause):
            return True
        one = self._table.get(spdx) if spdx else None
        made_for_else = one is not None and one.covers != "works"
        return made_for_else and not own and not self._wording.names_work(clause)

    def _badge(self, image: "ElementNode") -> Iterator[Evidence]:
        url = attribute(image, "src")
        if not any(host in url.lower() for host in _HOSTS):
            return
        spdx, port = self._resolve(url)
        if spdx is None:
            return
        locus, scope = pages.place(image, PAGE_TYPES)
        if scope == "page" and self._wording.is_credit(fold(text_of(pages.block_of(image))[:300])):
            scope = "part"
        yield statement("badge", url, url=url, spdx=spdx, port=port, locus=locus, scope=scope)

    # ---- words ----------------------------------------------------------------------------------------------

    def _footers(self, body: "ElementNode") -> Iterator[Evidence]:
        for element in pages.footers(body):
            folded = fold(text_of(element)[:_FOOTER_TEXT])
            for named in self._wording.licenses(folded)[:MAX_STATEMENTS]:
                clause = clause_around(folded, named.start, named.end)
                scope = "part" if self._wording.is_credit(clause) else "page"
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
        if RESERVED not in known and next(self._wording.reserved.find(_near_copyright(folded)), None):
            pages.remove_parts(body)  # a photographer's rights in a caption are no rights in the page
            folded = fold(text_of(body))
            yield from self._reserved(_near_copyright(folded), locus="body")
        for named in self._wording.licenses(folded)[:5]:
            if named.spdx not in known:
                raw = folded[max(0, named.start - 80) : named.end + 40]
                yield statement("body-text", raw, spdx=named.spdx, port=named.port, scope="unknown")


def _near_copyright(folded: str) -> str:
    """Return the stretches of a body's text where "all rights reserved" is about the page itself, by lines."""
    marks = [match.start() for match in islice(_COPYRIGHT.finditer(folded), 20)]
    windows = [folded[max(0, at - _NEAR) : at + _NEAR] for at in marks]
    return "\n".join([*windows, folded[-_TAIL:]])


def _single(named: Sequence[NamedLicense]) -> NamedLicense | None:
    """Return the one license that a text names; a full name and its short form are one, two licenses are none."""
    if not named or any(one.spdx is None for one in named):
        return None
    exact = [one for one in named if not str(one.spdx).startswith("LicenseRef-CC-")] or list(named)
    if len({one.spdx for one in exact}) != 1:
        return None
    family = str(exact[0].spdx).removeprefix("LicenseRef-").rstrip(".0123456789").rstrip("-")
    rest = {str(one.spdx).removeprefix("LicenseRef-") for one in named} - {exact[0].spdx}
    return exact[0] if all(one == family or one.startswith(family + "-2.1") for one in rest) else None


def _state(named: NamedLicense) -> str | None:
    return "weak" if str(named.spdx).startswith("LicenseRef-CC-") else None
