"""CSS selectors and XPath expressions of a site's file: whether they are any, and what they find on a page."""

import re
from functools import lru_cache
from typing import Any

from glotmill.licensing.evidence import encodable
from glotmill.licensing.page import Page, parse_page
from glotmill.text.visible import visible_text

MAX_MATCHES = 2_000  # elements taken of one selector
MAX_TEXT = 1_000_000  # characters of one selector's text; a novel has half of them
_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")
# What libxml2 answers in time quadratic in the page, or worse: `//div//p` takes 11 s on 50,000 elements, 200 deep, and
# `//div//div//p` minutes. What is left takes under 0.3 s there (November 2026).
_COSTLY = (
    (re.compile(r"(?<=.)//", re.DOTALL), "descend once, by // at the beginning"),
    (re.compile(r"\b(?:descendant|following|preceding|parent|namespace)\b[\w-]*\s*::|\.\."), "leave out its axes"),
    (re.compile(r"(?<![\w.*\])@:/\s])\s*/"), "begin no second path at the root"),
    (re.compile(r"\bancestor\b.*\bancestor\b", re.DOTALL), "look at ancestors once"),
    (
        re.compile(r"\bancestor\b[^\[\]]*/|(?<!\[)\bancestor\b(?![^\[]*\])", re.DOTALL),
        "look at ancestors in a condition only",
    ),
    (re.compile(r"\|"), "name one place"),
)
_PROBE = "<html><head><title>a</title></head><body><p id='a'>b<a href='c'>d</a></p></body></html>"


def check_css(selector: str) -> None:
    """Raise ValueError where lexbor reads no selector."""
    from resiliparse.parse.html import CSSParserException  # noqa: PLC0415  # 10 ms

    page = parse_page(_PROBE)
    assert page is not None
    try:
        page.select(selector)
    except (CSSParserException, ValueError) as error:
        raise ValueError(f"no CSS selector: {error}") from error


def check_xpath(expression: str) -> None:
    """Raise ValueError where an expression is no XPath 1.0, gives neither elements, attributes nor text, or is costly.

    Children, attributes, and conditions on these or on an ancestor are what a site's rule needs and what libxml2 finds in
    linear time; lexbor does the rest better (`div.b p` of 50,000 elements: 0.1 s).
    """
    from lxml import etree  # noqa: PLC0415

    bare = _LITERAL.sub("''", expression).strip()
    for costly, remedy in _COSTLY:
        at = 2 if bare.startswith("//") else 1
        if costly.search(bare, at):
            raise ValueError(f"too slow an XPath for a hostile page: {remedy}, or write it as CSS (footer a, h1 + p)")
    try:
        found = _compiled(expression)(etree.fromstring(_PROBE))
    except etree.XPathError as error:
        raise ValueError(f"no XPath 1.0 expression: {error}") from error
    if not isinstance(found, list | str):
        raise ValueError("an XPath must select elements, attributes or text, not a number or a truth value")  # noqa: TRY004


def css_texts(page: Page, selector: str, attribute: str | None) -> list[str]:
    """Return the visible text, or an attribute, of the outermost elements that match, in document order."""
    kept: list[Any] = []
    for element in page.select(selector)[:MAX_MATCHES]:
        if attribute is not None or not kept or not kept[-1].contains(element):
            kept.append(element)
    if attribute is not None:
        return [value for element in kept if (value := element.getattr(attribute))]
    return [text for element in kept if (text := visible_text(element.html).strip())]


def parse_tree(html: str) -> Any:
    """Return a page's libxml2 tree, or None where it has none. Nothing outside the page is read."""
    from lxml import etree  # noqa: PLC0415

    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(encodable(html).encode(), parser)
    except etree.XMLSyntaxError:
        return None


def xpath_texts(tree: Any, expression: str) -> list[str]:
    """Return what an XPath finds: strings as they are, of the outermost elements their visible text."""
    from lxml import etree  # noqa: PLC0415

    found = _compiled(expression)(tree)
    texts: list[str] = []
    last: Any = None
    for one in [found] if isinstance(found, str) else found[:MAX_MATCHES]:
        if isinstance(one, str):
            texts.append(str(one))
        elif etree.iselement(one) and (last is None or all(up is not last for up in one.iterancestors())):
            last = one
            texts.append(visible_text(etree.tostring(one, encoding="unicode", method="html", with_tail=False)))
    return [text for text in (text.strip() for text in texts) if text]


@lru_cache(maxsize=1_000)
def _compiled(expression: str) -> Any:
    from lxml import etree  # noqa: PLC0415

    # Without EXSLT's regular expressions: they backtrack.
    return etree.XPath(expression, regexp=False, smart_strings=False)
