"""A web page as license detection sees it: a tree within limits, and where in it an element stands."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glotmill.licensing.evidence import encodable

if TYPE_CHECKING:
    from resiliparse.parse.html import ElementNode, HTMLTree

MAX_HTML = 8_000_000  # characters; the parser takes 0.1 s for them
MAX_COMMENTS = 1_000
MAX_DEPTH = 200  # ancestors looked at: real pages nest 15 to 40 deep, and quadratic work waits behind 100,000
# A tag with 100,000 attributes keeps the parser busy for 40 s (each is compared with all before it); real
# tags have under 100, and 3,000 take 40 ms. The guard costs time itself, so it runs only on pages that can hold so many.
_GUARD_FROM = 24_000  # characters: eight per attribute
_ATTRIBUTE = r"[\s/]++[^\s>/=]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"']++))?+"
_MANY = re.compile(rf"<[a-zA-Z][^\s>/]*+(?:{_ATTRIBUTE}){{100}}")
_TOO_MANY = re.compile(rf"<[a-zA-Z][^\s>/]*+(?:{_ATTRIBUTE}){{3000}}")

_PART_TAGS = frozenset(
    {
        *("figure", "figcaption", "picture", "video", "audio", "aside", "nav", "blockquote", "dialog"),
        *("pre", "code", "samp", "kbd"),  # a manual's sample of a license header is no license of the manual
        *("label", "fieldset"),  # choices of a form; not `form`, which some systems put around whole pages
    }
)
_BLOCK_TAGS = frozenset(
    {"p", "li", "div", "td", "dd", "dt", "footer", "section", "small", "address", "article", "main", "center", "body"}
)
_PART_NAMES = re.compile(
    r"(?<![a-z])(?:gallery|caption|thumb(?:nail|inner|image|caption)?|comments?|comment-?(?:list|body|content)|lightbox"
    r"|carousel|slideshow|(?:media|photo|image|picture|font|icon|theme|design)-?credits?|credits?|infobox"
    r"|licen[cs]e-?(?:chooser|selector|picker|list|options?|table)|reflist|references|search-?results?"
    r"|related(?:-posts)?|teasers?|signature)(?![a-z])",
    re.IGNORECASE,
)
# An aside beside the article carries what is said of the whole page; one within it is a part.
_SIDEBAR_NAMES = re.compile(r"(?<![a-z])(?:widget|side-?bar)(?![a-z])", re.IGNORECASE)
# Types of regions of a page and of documents in general: schema.org's, and those of RDFa vocabularies.
_REGION_TYPES = frozenset({"wpfooter", "wpheader", "wpsidebar", "webpageelement"})
_DOCUMENT_TYPES = frozenset({"work", "text", "document", "item", "post", "page"})  # cc, dcmitype, foaf, sioc
_FOOTER_NAMES = re.compile(
    r"(?<![a-z])(?:(?:page|site|main|global|blog)?(?:footer|foot)|colophon|copyright|copyleft|licen[cs]e(?:-?(?:info|text"
    r"|notice|block|box))?|legal(?:-?notice)?|imprint|site-?info)(?![a-z])",
    re.IGNORECASE,
)
_HEAD_TAGS = frozenset({"head", "html", "body"})


# Iterating over resiliparse's collections is quadratic (100 links: 11 ms, by `values()` 0.1 ms; measured on 1.0).
@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page. The tree must outlive its elements, so they travel together."""

    tree: "HTMLTree"

    @property
    def body(self) -> "ElementNode | None":
        """The body element, if the page has one."""
        return self.tree.body

    def select(self, selector: str) -> list["ElementNode"]:
        """Return the elements of the whole page that match a CSS selector, in document order."""
        document = self.tree.document
        return [] if document is None else document.query_selector_all(selector).values()


def parse_page(html: str) -> Page | None:
    """Return the page's tree (lexbor, which follows the HTML standard), or None where it breaks a limit."""
    from resiliparse.parse.html import HTMLTree  # noqa: PLC0415  # 10 ms that `glotmill --help` need not pay

    if len(html) > MAX_HTML or (len(html) > _GUARD_FROM and _is_costly(html)):
        return None
    return Page(HTMLTree.parse(encodable(html)))


def _is_costly(html: str) -> bool:
    """Return whether a tag has so many attributes that the parser would be long about it.

    Of tags with 100 attributes those that hold a `<` are costly, too: no page needs them, and trying a beginning at each
    would be quadratic (`<a <a <a`: 50 s for 7 MB; with this rule 4.4 s at worst).
    """
    at = 0
    while (tag := _MANY.search(html, at)) is not None:
        if "<" in tag[0][1:] or _TOO_MANY.match(html, tag.start()):
            return True
        at = tag.end()
    return False


def text_of(element: "ElementNode") -> str:
    """Return the text of an element and all that it holds."""
    return element.text_content or ""


def visible_text(page: Page) -> str:
    """Return what a reader sees of a whole page, blocks on lines of their own."""
    from resiliparse.extract.html2text import extract_plain_text  # noqa: PLC0415

    text: str = extract_plain_text(page.tree, main_content=False, alt_texts=False, list_bullets=False)
    return text


def attribute(element: "ElementNode", name: str) -> str:
    """Return an attribute's value, or the empty string."""
    return element.getattr(name) or ""


def tokens(element: "ElementNode", name: str) -> frozenset[str]:
    """Return an attribute's space-separated words in lower case."""
    return frozenset(attribute(element, name).lower().split())


def own_addresses(tree: Page) -> frozenset[str]:
    """Return how a page may name itself as a subject: its canonical address, whole and as a path."""
    found: set[str] = set()
    for link in tree.select('link[rel~="canonical" i][href]')[:5]:
        url = attribute(link, "href").strip()
        found |= {url, re.sub(r"^(?:https?:)?//[^/]*", "", url)} - {""}
    return frozenset(found)


def comments(tree: Page) -> list[tuple[str, "ElementNode"]]:
    """Return each markup comment's text with the element that holds it, at most 1,000."""
    from resiliparse.parse.html import CommentNode, traverse_dom  # noqa: PLC0415

    found: list[tuple[str, ElementNode]] = []

    def visit(context: Any) -> None:
        node = context.node
        if isinstance(node, CommentNode) and len(found) < MAX_COMMENTS and node.parent_element is not None:
            found.append((node.value or "", node.parent_element))

    if tree.tree.document is not None:
        traverse_dom(tree.tree.document, visit)
    return found


def is_part(element: "ElementNode") -> bool:
    """Return whether an element holds a part of a page by its tag, class or id: a figure, quotation, comment, credit."""
    names = f"{attribute(element, 'class')} {attribute(element, 'id')}"
    if len(names) > 1 and _PART_NAMES.search(names):
        return True
    return _is_part_by_tag(element, names)


def _is_part_by_tag(element: "ElementNode", names: str) -> bool:
    return element.tag in _PART_TAGS and not (element.tag == "aside" and _SIDEBAR_NAMES.search(names))


def place(element: "ElementNode", page_types: frozenset[str], own: frozenset[str]) -> tuple[str, str]:
    """Return locus (head, body, footer, figure) and scope (page, part, unknown) of an element.

    A figure, caption, gallery, quotation, comment, credit line or list of choices speaks of a part of the page,
    and so does an ancestor with a microdata or RDFa type outside `page_types` or an RDFa subject of its own.

    Args:
        element: of the page.
        page_types: schema.org types, in lower case, of what a page is as a whole.
        own: addresses of the page itself.
    """
    locus = "body"
    here: ElementNode | None = element
    typed = False
    for _ in range(MAX_DEPTH):
        if here is None or here.tag == "body":
            return locus, "page"
        if here.tag == "head":
            return "head", "page"
        names = f"{attribute(here, 'class')} {attribute(here, 'id')}"
        if is_part(here):
            return "figure", "part"
        if (about := attribute(here, "about").strip("# ")) and about not in own:
            return locus, "part"
        kinds = _types(here, with_rdfa=here is not element)
        if kinds and not typed:
            typed = True
            if not kinds <= page_types | _DOCUMENT_TYPES:
                return locus, "part"
        if (
            here.tag == "footer"
            or attribute(here, "role") == "contentinfo"
            or (len(names) > 1 and _FOOTER_NAMES.search(names))
        ):
            locus = "footer"
        here = here.parent_element
    return locus, "unknown"


def _types(element: "ElementNode", *, with_rdfa: bool) -> frozenset[str]:
    """Return the local names of an element's types in lower case; regions of a page have none."""
    given = [*attribute(element, "itemtype").split(), *(attribute(element, "typeof").split() if with_rdfa else ())]
    return frozenset(re.split(r"[/#:]", name.rstrip("/"))[-1].lower() for name in given[:20]) - _REGION_TYPES


def has_item(element: "ElementNode") -> bool:
    """Return whether an element stands inside a microdata item."""
    here: ElementNode | None = element
    for _ in range(MAX_DEPTH):
        if here is None:
            return False
        if here.hasattr("itemscope") and here is not element:
            return True
        here = here.parent_element
    return False


def block_of(element: "ElementNode") -> "ElementNode":
    """Return the block (paragraph, list item, cell, footer) in which an element stands."""
    here = element
    for _ in range(8):
        parent = here.parent_element
        if parent is None or (here is not element and here.tag in _BLOCK_TAGS):
            break
        here = parent
    return here


def footers(body: "ElementNode") -> list["ElementNode"]:
    """Return the page's outermost footers and license blocks, at most 20."""
    found: list[ElementNode] = []
    selector = (
        'footer, [role="contentinfo"], [class*="foot" i], [id*="foot" i], [class*="copy" i], [id*="copy" i],'
        ' [class*="licen" i], [id*="licen" i], [class*="legal" i], [id*="legal" i], [id*="colophon" i],'
        ' [class*="colophon" i], [class*="site-info" i], [class*="imprint" i]'
    )
    for element in body.query_selector_all(selector).values():
        names = f"{attribute(element, 'class')} {attribute(element, 'id')}"
        named = element.tag == "footer" or attribute(element, "role") == "contentinfo" or _FOOTER_NAMES.search(names)
        if element.tag in _HEAD_TAGS or element.tag == "a" or not named or _PART_NAMES.search(names):
            continue
        if not _inside_footer(element):
            found.append(element)
        if len(found) == 20:
            break
    return found


def _inside_footer(element: "ElementNode") -> bool:
    here = element.parent_element
    for _ in range(MAX_DEPTH):
        if here is None or here.tag == "body":
            return False
        names = f"{attribute(here, 'class')} {attribute(here, 'id')}"
        # By its tag alone: themes keep the page's own copyright line in a box that they call `credits`.
        if _is_part_by_tag(here, names):
            return True  # a figure's own footer is no footer of the page
        if here.tag == "footer" or attribute(here, "role") == "contentinfo" or _FOOTER_NAMES.search(names):
            return True
        here = here.parent_element
    return True


def remove_noise(body: "ElementNode") -> None:
    """Take out of the tree what no reader sees as text of the page: scripts, styles, form fields, frames."""
    for element in body.query_selector_all("script, style, noscript, template, textarea, select, iframe, svg").values():
        element.decompose()


def remove_parts(body: "ElementNode") -> None:
    """Take out of the tree what speaks of parts of the page: figures, quotations, comments, credits."""
    selector = (
        'figure, figcaption, aside, blockquote, nav, pre, code, samp, kbd, [class*="caption" i], [class*="comment" i], [id*="comment" i],'
        ' [class*="gallery" i], [class*="credit" i], [class*="thumb" i]'
    )
    for element in body.query_selector_all(selector).values():
        structural = element.tag in {"body", "main", "article", "html"}
        if not structural and is_part(element):
            element.decompose()
