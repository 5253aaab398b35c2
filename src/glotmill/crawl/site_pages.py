"""What a page of a known site says, read where that site's rules say it stands."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from glotmill.crawl.selectors import MAX_TEXT, css_texts, parse_tree, xpath_texts
from glotmill.crawl.sites import DateSelector, Extraction, Selector
from glotmill.licensing.page import Page, parse_page
from glotmill.stages.markup import shape

MAX_NODES, MAX_DEPTH = 50_000, 200  # as deep as real pages never are; a selector's work grows with both
_MAX_TITLE, _MAX_LICENSES, _MAX_LICENSE = 1_000, 20, 2_000
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d)?)?")


@dataclass(frozen=True, slots=True)
class SitePage:
    """What a site's rules found on a page.

    Args:
        title: of its first match, in one line.
        text: of all matches, one line per block; None where the rule found none: the page is no document.
        date: ISO 8601, as exact as the page has it (`2026-11-01`, `2026-11-01T08:30:00+01:00`).
        license: what stood where the license rule points, unread.
        fault: why nothing was read: `too_large`, `no_text`; None where there is a text.
    """

    title: str | None = None
    text: str | None = None
    date: str | None = None
    license: tuple[str, ...] = ()
    fault: str | None = None


def extract_by_rules(html: str, rules: Extraction) -> SitePage:
    """Return title, text, date and license marks of a page by its site's rules.

    Bounded: pages of more than 50,000 elements, 200 levels or 8 million characters are `too_large`, of what a rule
    finds at most 2,000 elements and a million characters are taken. `<h1>Berriak</h1><p>Gaur <b>azoka</b> dago` with
    text `{css: p}` and title `{css: h1}` gives "Gaur azoka dago" and "Berriak".

    Args:
        html: a decoded page.
        rules: the site's `extract`.
    """
    size = shape(html, max_nodes=MAX_NODES, max_depth=MAX_DEPTH)
    page = None if size.nodes > MAX_NODES or size.depth > MAX_DEPTH else parse_page(html)
    if page is None:
        return SitePage(fault="too_large")
    trees = _Trees(html, page)
    text = "\n".join(trees.texts(rules.text))[:MAX_TEXT].strip()
    title = " ".join(next(iter(trees.texts(rules.title)), "").split())[:_MAX_TITLE]
    return SitePage(
        title=title or None,
        text=text or None,
        date=_date(trees.texts(rules.date), rules.date),
        license=tuple(found[:_MAX_LICENSE] for found in trees.texts(rules.license)[:_MAX_LICENSES]),
        fault=None if text else "no_text",
    )


def page_function(_options: dict[str, Any]) -> Callable[[str, dict[str, Any]], str | None]:
    """Return `extract_by_rules` as a sandbox runs it: the rules come as JSON with each page, a `SitePage` goes back as such.

    Rules travel with the page since those of many sites would not fit on a command line.
    """

    def read(html: str, about: dict[str, Any]) -> str | None:
        return json.dumps(asdict(extract_by_rules(html, _rules(about.get("rules", _WARM_UP)))))

    return read


_WARM_UP = '{"text": {"css": "p"}, "title": {"xpath": "//title"}}'


@lru_cache(maxsize=1_000)
def _rules(text: str) -> Extraction:
    return Extraction.model_validate_json(text)


class _Trees:
    """A page as lexbor sees it for CSS, and as libxml2 does for XPath, the latter made when a rule wants it."""

    def __init__(self, html: str, page: Page) -> None:
        self._html, self._page = html, page

    @cached_property
    def _tree(self) -> Any:
        return parse_tree(self._html)

    def texts(self, rule: Selector | None) -> list[str]:
        if rule is None:
            return []
        if rule.css is not None:
            return css_texts(self._page, rule.css, rule.attribute)
        assert rule.xpath is not None
        return [] if self._tree is None else xpath_texts(self._tree, rule.xpath)


def _date(found: list[str], rule: DateSelector | None) -> str | None:
    for text in found:
        if rule is not None and rule.format is not None:
            try:
                date = datetime.strptime(text.strip()[:100], rule.format)  # noqa: DTZ007  # a zone only where the page has one
            except ValueError:
                continue
            return date.isoformat() if set(rule.format) & set("HT") else date.date().isoformat()
        match = _ISO.match(text.strip())
        if match:
            try:
                datetime.fromisoformat(match.group())
            except ValueError:
                continue
            return match.group().replace(" ", "T")
    return None
