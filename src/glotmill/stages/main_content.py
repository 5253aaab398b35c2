"""Finds the main content of a page in its blocks: where the running text is, and under which title."""

from dataclasses import dataclass
from typing import Final

from glotmill.stages.block_tree import HEADINGS, Node, Text

# Every number was chosen on the seen half of the gold pages (docs/decisions/0050-extraction.md).
_MOST_OF_PAGE: Final = 0.5  # of a page's running text: what holds more is main content whatever it is called
_ALONE: Final = 0.8  # of a block's running text in one child, from which the others do not count
_WITH_TITLE: Final = 0.5  # the same where the child also holds the title
_TEASER: Final = 300  # letters without a link that a teaser has at most
_LINKS: Final = 0.7  # of a list's letters in links, from which it is a menu
_BOX_LINKS: Final = 0.2  # of a box's letters in links at most, where it is part of the text
_LONGEST_TITLE: Final = 500
_HOLDERS: Final = frozenset(
    {"html", "body", "div", "section", "article", "main", "td", "tr", "tbody", "table", "center", "header", "fieldset"}
)


@dataclass(frozen=True, slots=True)
class MainContent:
    """The main content of a page.

    Args:
        title: that stands outside of it, or None.
        node: the block that holds it.
        left_out: blocks in it that are no main content.
        share: of the page's running text, asides left out, that stands in it, 0 to 1.
        mass: letters of running text in it.
        titled: whether it has the page's title, or that stands above it.
    """

    title: Text | None
    node: Node
    left_out: frozenset[int]
    share: float
    mass: int
    titled: bool


def find(root: Node, page_title: str) -> MainContent:
    """Return the main content of a page; that of a page without running text is the page.

    Args:
        root: the page.
        page_title: what stands in `<title>`; empty where nothing does.
    """
    search = _Search(root)
    title = _title(root, page_title, search.left_out)
    node, above = search.down(root, title)
    total = search.mass(root)
    return MainContent(
        above,
        node,
        frozenset(search.left_out),
        search.mass(node) / total if total else 0.0,
        search.mass(node),
        title is not None,
    )


class _Search:
    def __init__(self, root: Node) -> None:
        self.left_out: set[int] = set()
        self._mass: dict[int, int] = {}
        self._most = _MOST_OF_PAGE * (root.letters - root.linked)
        self._judge(root)

    def mass(self, node: Node) -> int:
        return self._mass.get(id(node), 0)

    def _judge(self, node: Node) -> int:
        """Leave out what is no main content, and return the running text of the rest."""
        if node.aside and node.letters - node.linked <= self._most:
            self.left_out.add(id(node))
            return 0
        if node.tag in ("ul", "ol", "dl") and node.letters and node.linked > _LINKS * node.letters:
            self.left_out.add(id(node))
            return 0
        found = sum(text.mass for text in node.texts())
        teasers = _teasers(node)
        among = _has_paragraphs(node)
        for child in node.nodes():
            if id(child) in teasers or (child.box and not (among and child.linked <= _BOX_LINKS * child.letters)):
                self.left_out.add(id(child))
            else:
                found += self._judge(child)
        self._mass[id(node)] = found
        return found

    def down(self, node: Node, title: Text | None) -> tuple[Node, Text | None]:
        """Return the lowest block with nearly all running text, and the title where that block does not hold it."""
        path = _path(node, title) if title else []
        above = None
        while True:
            children = [one for one in node.nodes() if id(one) not in self.left_out]
            best = max(children, key=self.mass, default=None)
            if best is None or best.tag not in _HOLDERS:
                break
            titled = id(best) in path
            enough = _WITH_TITLE if titled else _ALONE
            if self.mass(best) < enough * max(1, self.mass(node)):
                break
            alike = [one for one in children if one.tag == best.tag and one.name == best.name and self.mass(one)]
            if len(alike) > 1 and not titled:
                break
            if id(node) in path and not titled:
                above = title
            node = best
        return node, above


def _teasers(node: Node) -> set[int]:
    """Return those of a block's children that announce other pages: several alike, each a linked line and few words."""
    groups: dict[tuple[str, str], list[Node]] = {}
    for child in node.nodes():
        if child.tag not in ("p", "tr", "td", "li", *HEADINGS):
            groups.setdefault((child.tag, child.name), []).append(child)
    found: set[int] = set()
    for group in groups.values():
        alike = [one for one in group if one.letters - one.linked <= _TEASER and _announces(one)]
        if len(alike) > 1 and 2 * len(alike) >= len(group):
            found.update(id(one) for one in alike)
    return found


def _has_paragraphs(node: Node) -> bool:
    """Tell whether texts stand in a block, or in paragraphs of it: a box among them is part of the text."""
    return any(isinstance(one, Text) or (one.mass and not one.box and not any(one.nodes())) for one in node.parts)


def _announces(node: Node) -> bool:
    # The first text of a teaser is its headline, and a link.
    return node.first is not None and 10 * node.first.linked >= 9 * node.first.letters


def _title(root: Node, page_title: str, left_out: set[int]) -> Text | None:
    """Return the text that the page's title repeats, the longest and first of them; else its first h1."""
    wanted = " ".join(page_title[:_LONGEST_TITLE].split())
    best: Text | None = None
    heading: Text | None = None
    waiting: list[Node | Text] = [root]
    tags: list[str] = [root.tag]
    while waiting:
        part = waiting.pop()
        tag = tags.pop()
        if isinstance(part, Node):
            if id(part) not in left_out:
                waiting.extend(reversed(part.parts))
                tags.extend(part.tag for _ in part.parts)
            continue
        text = part.lines[0] if len(part.lines) == 1 else ""
        if (
            text
            and len(text) <= len(wanted)
            and text in wanted
            and (tag == "h1" or part.linked < part.letters)
            and (best is None or len(text) > len(best.lines[0]))
        ):
            best = part
        if heading is None and tag == "h1":
            heading = part
    if best is not None and 3 * len(best.lines[0]) >= len(wanted):
        return best
    return heading


def _path(root: Node, text: Text) -> set[int]:
    """Return the blocks that hold a text."""
    stack: list[tuple[Node, int]] = [(root, 0)]
    while stack:
        node, place = stack.pop()
        if place < len(node.parts):
            stack.append((node, place + 1))
            part = node.parts[place]
            if part is text:
                return {id(one) for one, _ in stack}
            if isinstance(part, Node):
                stack.append((part, 0))
    return set()
