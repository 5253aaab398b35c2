"""The blocks of an HTML tree: what is read in one line, in the elements that hold it, with what of it is a link."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Not read: code, fields, what stands for pictures, and how characters are to be said (ruby).
_SILENT: Final = _names(
    "script style noscript template head title svg math canvas select button input textarea option datalist iframe object"
    " embed audio video map rt rp rtc"
)
BLOCKS: Final = _names(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer"
    " form h1 h2 h3 h4 h5 h6 header hgroup html hr legend li main menu nav ol p pre section summary table tbody td tfoot"
    " th thead tr ul amp-sidebar amp-consent amp-list amp-accordion amp-selector amp-lightbox amp-user-notification"
)
HEADINGS: Final = _names("h1 h2 h3 h4 h5 h6")
# By the elements' own meaning (HTML standard, 4.3; WAI-ARIA 1.2, 5.3.4; AMP's components).
_ASIDE: Final = _names(
    "nav aside footer dialog form menu amp-sidebar amp-consent amp-list amp-lightbox amp-user-notification"
)
_ASIDE_ROLES: Final = _names(
    "navigation banner contentinfo complementary search dialog alertdialog menu menubar toolbar tablist alert"
)
# By words in class and id, as site builders and the usual systems name things; English whatever the page's language.
_ASIDE_WORDS: Final = _names(
    "nav navi navbar navigation navheader navfooter docnav menu submenu sidenav footer breadcrumb breadcrumbs"
    " cookie cookies cookiebar gdpr consent banner share shares sharing sharebar social socials sharedaddy related"
    " relatedposts recommended recommendations comment comments disqus respond newsletter subscribe signup widget widgets"
    " promo ad ads advert advertisement sponsored sponsor popup modal pagination pager tagcloud skip login"
    " searchform masthead catlinks editsection headerlink sitenotice outbrain taboola"
)
# A box beside the text on most pages, and one within it in manuals.
_BOX_WORDS: Final = _names("sidebar")
_KEPT_WORDS: Final = _names("article content entry main post story body text")


@dataclass(slots=True, eq=False)
class Text:
    """Text of one block without the blocks in it.

    Args:
        lines: one, or more where the page breaks them.
        letters: characters that are no white space.
        linked: of these, in links.
        mass: of these, in lines that read like running text.
    """

    lines: list[str]
    letters: int
    linked: int
    mass: int


@dataclass(slots=True, eq=False)
class Node:
    """A block of a page.

    Args:
        tag: name of its element.
        name: its class and id, to know siblings alike by.
        aside: whether element, role or name say that it is no main content.
        box: whether its name says that it stands beside the text.
        parts: texts and blocks in reading order.
        letters: of everything in it.
        linked: of these, in links.
        mass: of these, in lines that read like running text.
        first: the first text in it.
    """

    tag: str
    name: str = ""
    aside: bool = False
    box: bool = False
    parts: "list[Node | Text]" = field(default_factory=list)
    letters: int = 0
    linked: int = 0
    mass: int = 0
    first: "Text | None" = None

    def nodes(self) -> "Iterator[Node]":
        """Yield the blocks directly in it."""
        return (part for part in self.parts if isinstance(part, Node))

    def texts(self) -> Iterator[Text]:
        """Yield its own texts."""
        return (part for part in self.parts if isinstance(part, Text))


def block_tree(root: Any, *, least: int) -> Node:
    """Return the blocks of a page. Time is linear in it; its depth must be bounded (`markup.beyond`).

    Args:
        root: an lxml element; not changed. A character U+0000 in its text, which no parser of HTML lets in, breaks a line.
        least: letters from which a line reads like running text; a shorter one counts for as much less as it is shorter.
    """
    return _Builder(least).node(root, linked=False)


class _Builder:
    def __init__(self, least: int) -> None:
        self._least = least

    def node(self, element: Any, *, linked: bool) -> Node:
        tag = element.tag
        attributes = dict(element.items())
        node = Node(tag, aside=tag in _ASIDE)
        if attributes:
            node.name = f"{attributes.get('class', '')} {attributes.get('id', '')}"
            node.aside = node.aside or _aside(attributes, node.name)
            node.box = not _words(node.name).isdisjoint(_BOX_WORDS)
        run: list[tuple[str, bool]] = []
        self._fill(element, node, run, linked=linked)
        self._flush(node, run)
        for part in node.parts:
            node.letters += part.letters
            node.linked += part.linked
            node.mass += part.mass
            if node.first is None:
                node.first = part if isinstance(part, Text) else part.first
        return node

    def _fill(self, element: Any, node: Node, run: list[tuple[str, bool]], *, linked: bool) -> None:
        text = element.text
        if text:
            run.append((text, linked))
        for child in element:
            tag = child.tag
            if tag in BLOCKS:
                self._flush(node, run)
                node.parts.append(self.node(child, linked=linked))
            elif tag == "br":
                run.append(("\n" if node.tag == "pre" else "\x00", linked))
            # A comment has no name.
            elif isinstance(tag, str) and tag not in _SILENT and not _inline_aside(child):
                self._fill(child, node, run, linked=linked or tag == "a")
            text = child.tail
            if text:
                run.append((text, linked))

    def _flush(self, node: Node, run: list[tuple[str, bool]]) -> None:
        if not run:
            return
        text = run[0][0] if len(run) == 1 else "".join([piece for piece, _ in run])
        if not text.isspace():
            self._add(node, text, run)
        run.clear()

    def _add(self, node: Node, text: str, run: list[tuple[str, bool]]) -> None:
        if node.tag == "pre":
            lines = [line.rstrip() for line in text.split("\n")]
        else:
            lines = [" ".join(line.split()) for line in text.split("\x00")]
        while lines and not lines[-1]:
            lines.pop()
        while lines and not lines[0]:
            del lines[0]
        letters = linked = mass = 0
        least = self._least
        for line in lines:
            letters += len(line) - line.count(" ")
            mass += len(line) * min(len(line), least) // least
        for piece, of_link in run:
            if of_link:
                linked += len("".join(piece.split()))
        if letters:
            linked = min(linked, letters)
            prose = node.tag not in HEADINGS and 2 * linked < letters
            node.parts.append(Text(lines, letters, linked, mass if prose else 0))


def _inline_aside(element: Any) -> bool:
    items = element.items()
    if not items:
        return False
    attributes = dict(items)
    return _aside(attributes, f"{attributes.get('class', '')} {attributes.get('id', '')}")


def _aside(attributes: Mapping[str, str], name: str) -> bool:
    if attributes.get("role") in _ASIDE_ROLES or "hidden" in attributes:
        return True
    if attributes.get("aria-hidden") == "true" or attributes.get("aria-modal") == "true":
        return True
    if "style" in attributes and "display:none" in attributes["style"].replace(" ", ""):
        return True
    return _named_aside(name)


@lru_cache(maxsize=4096)
def _named_aside(name: str) -> bool:
    words = _words(name)
    return not words.isdisjoint(_ASIDE_WORDS) and words.isdisjoint(_KEPT_WORDS)


@lru_cache(maxsize=4096)
def _words(name: str) -> frozenset[str]:
    return frozenset(name.lower().replace("_", " ").replace("-", " ").split())
