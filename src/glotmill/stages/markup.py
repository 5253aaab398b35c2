"""Reads HTML with one linear scan over its tags: how many elements, how deep, and under which title.

No tree is built, so no page can make the scan hang or grow: what it reads is at most the page, once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from glotmill.text.entities import unescaped


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Attributes with their quoted values, and the end of the tag (nothing where the page ends first). Possessive
# repetition: what was read as attribute is never read again, which keeps every scan linear.
_REST = r"""(?:[^>"'=]++|=\s*+"[^"]*+"|=\s*+'[^']*+'|["'=])*+>?"""
# One tag: a slash or none, the name, the rest.
_TAG = re.compile(rf"""<(?:!--|[!?][^>]*+>?|/[^a-zA-Z][^>]*+>?|(/?)([a-zA-Z][^\s/>]*){_REST})""")
# Their content is text up to their own end tag, whatever it looks like (HTML standard, 13.2.5.1).
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
_RAW_END = {name: re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE) for name in _RAW}
_VOID = _names("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr")
_IMPLIED = frozenset({"html", "head", "body"})
_BLOCKS = _names(
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 h4"
    " h5 h6 header hgroup hr main menu nav ol p pre section summary table ul"
)
_CELLS = frozenset({"td", "th"})
_ROWS = frozenset({"tr"})
_ROW_GROUPS = frozenset({"thead", "tbody", "tfoot"})
_ITEMS = frozenset({"li", "dd", "dt"})
# Elements whose end tag may be left out, and the start tags that end them when they are the innermost open one.
_ENDED_BY = {
    "p": _BLOCKS | _ITEMS | _CELLS | _ROWS | _ROW_GROUPS,
    "li": frozenset({"li"}),
    "dd": frozenset({"dd", "dt"}),
    "dt": frozenset({"dd", "dt"}),
    "td": _CELLS | _ROWS | _ROW_GROUPS,
    "th": _CELLS | _ROWS | _ROW_GROUPS,
    "tr": _ROWS | _ROW_GROUPS,
    "thead": _ROW_GROUPS,
    "tbody": _ROW_GROUPS,
    "tfoot": _ROW_GROUPS,
    "option": frozenset({"option", "optgroup"}),
    "optgroup": frozenset({"optgroup"}),
    "a": frozenset({"a"}),
}
# An end tag does not reach through an open element of a higher rank; libxml2 2.14 ranks them so.
_RANK = {"div": 150, "td": 160, "th": 160, "tr": 170, "thead": 180, "tbody": 180, "tfoot": 180, "table": 190}
_PLAIN_RANK = 100
# libxml2 gives every page an html and a body.
_ALWAYS_OPEN = 2


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the tree of a page would be. A count that passed its limit is the count at that place.

    Args:
        nodes: start tags, and end tags that end nothing.
        depth: elements open at once, html and body included.
    """

    nodes: int
    depth: int


def shape(html: str, *, max_nodes: int, max_depth: int) -> Shape:
    """Return the size of a page's tree; stops where a limit is passed.

    Void elements and tags that end in `/>` hold nothing. Where an end tag may be left out (`p`, `li`, `td` ...) the
    element ends with the start tag that ends it by the HTML standard, if it is the innermost open one: `<p>a<p>b` has
    one level, `<p><b>a<p><b>b` four, as in libxml2. An end tag without open element changes nothing. What stands in
    comments, scripts and other raw text is not counted.

    Args:
        html: a page, any string; time is linear in its length.
        max_nodes: elements to count at most.
        max_depth: levels to count at most.
    """
    nodes = depth = 0
    stack: list[str] = []
    open_count: dict[str, int] = {}
    for name, closing, empty, _, _ in _tags(html):
        if not name:
            continue
        if closing:
            if not _end(name, stack, open_count):
                nodes += 1
        else:
            nodes += 1
            if name not in _IMPLIED:
                while stack and name in _ENDED_BY.get(stack[-1], ()):
                    open_count[stack.pop()] -= 1
                depth = max(depth, len(stack) + 1)
                if not empty and name not in _VOID:
                    stack.append(name)
                    open_count[name] = open_count.get(name, 0) + 1
        if nodes > max_nodes or depth + _ALWAYS_OPEN > max_depth:
            break
    return Shape(nodes, depth + _ALWAYS_OPEN)


def beyond(html: str, *, max_bytes: int, max_nodes: int, max_depth: int) -> tuple[str, str] | None:
    """Return which limit a page is beyond, `too_large`, `too_many_nodes` or `too_deep`, and in which words; else None.

    Args:
        html: a decoded page.
        max_bytes: characters.
        max_nodes: elements.
        max_depth: levels.
    """
    if len(html) > max_bytes:
        return "too_large", f"characters {len(html)} > {max_bytes}"
    size = shape(html, max_nodes=max_nodes, max_depth=max_depth)
    if size.nodes > max_nodes:
        return "too_many_nodes", f"nodes > {max_nodes}"
    if size.depth > max_depth:
        return "too_deep", f"depth > {max_depth}"
    return None


def _end(name: str, stack: list[str], open_count: dict[str, int]) -> bool:
    if name in _IMPLIED:
        return True
    if not open_count.get(name):
        return False
    rank = _RANK.get(name, _PLAIN_RANK)
    position = len(stack) - 1
    while stack[position] != name:
        if _RANK.get(stack[position], _PLAIN_RANK) > rank:
            return False
        position -= 1
    for gone in stack[position:]:
        open_count[gone] -= 1
    del stack[position:]
    return True


def title_of(html: str) -> str | None:
    """Return what stands in the page's first `<title>`, or None where nothing does."""
    for name, closing, _, _, end in _tags(html, titles=True):
        if name == "title" and not closing:
            stop = _RAW_END["title"].search(html, end)
            text = " ".join(unescaped(html[end : stop.start() if stop else len(html)]).split())
            return text or None
        if name == "body":
            return None
    return None


def _tags(html: str, *, titles: bool = False) -> Iterator[tuple[str, bool, bool, int, int]]:
    """Yield name, whether it closes, whether it is empty, and where it begins and ends, for each tag.

    A comment, a declaration and a tag that the page leaves unfinished have no name. A raw element is one tag with its content; `titles` gives title tags alone.
    """
    position = 0
    while (match := _TAG.search(html, position)) is not None:
        start, position = match.span()
        slash, name = match.groups()
        if name is None:
            if html.startswith("<!--", start):
                end = html.find("-->", start + 2)
                position = len(html) if end < 0 else end + 3
            yield "", False, True, start, position
            continue
        if html[position - 1] != ">":
            yield "", False, True, start, len(html)
            return
        name = name.lower()
        if not slash and name in _RAW and not (titles and name == "title"):
            stop = _RAW_END[name].search(html, position)
            position = len(html) if stop is None else stop.start()
        yield name, slash == "/", html[position - 2 : position] == "/>", start, position
