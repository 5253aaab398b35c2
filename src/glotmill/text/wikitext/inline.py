"""One line of wikitext as it reads: plain constructs by regular expressions, all others by mwparserfromhell.

What the fast way takes on, it renders as the library would (property-tested); the rest is the library's, within bounds, since
its time grows with the square of a text of nothing but opened brackets (7 s for 100 KB, measured on 0.7.2).
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from glotmill.text.entities import unescaped
from glotmill.text.wikitext.blocks import Cut
from glotmill.text.wikitext.quotes import without_quotes
from glotmill.text.wikitext.site import Links
from glotmill.text.wikitext.switches import without_switches

CUT: Final = "\x02"  # stands where something was cut out, so that what stood around it does not grow together
_LITERAL = re.compile("\x03([0-9]+)\x03")
_MOST_LINKS = 5_000  # of a page; lists of everything have more, and none is read for them
# Of one piece that the library is given: characters, and work as `_work` counts it; the latter of a page, too.
_MOST_CHARACTERS, _MOST_WORK, _MOST_WORK_OF_PAGE = 200_000, 100_000_000, 200_000_000
_DEPTH = 4  # of shown templates and cells inside one another

_LINK = re.compile(r"\[\[([^\[\]{}<>|\n]+)(\|[^\[\]]*)?\]\]")
_BARE = re.compile(
    r"\[(?:(?:https?|ftp|ftps|ircs?|news|git):)?//[^\s\[\]<>\"\x02]++(?:[ \t\x02]++([^\[\]\n]*+))?\]"
    r"|\[mailto:[^\s\[\]<>\"]++(?:[ \t]++([^\[\]\n]*+))?\]",
    re.IGNORECASE,
)
# HTML that shows what it holds; MediaWiki mends what is not closed, so each tag goes by itself.
_CLEAR = re.compile(
    r"</?(?:abbr|b|bdi|bdo|big|blockquote|caption|center|cite|code|col|colgroup|data|dd|del|dfn|div|dl|dt|em|font|h[1-6]|i|ins|kbd|li|mark|noinclude|ol"
    r"|onlyinclude|p|poem|q|rb|rp|rt|rtc|ruby|s|samp|small|span|strike|strong|sub|sup|table|tbody|td|tfoot|th|thead|time|tr|tt|u|ul|var)(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"</?(?:br|hr)(?:\s*/)?\s*>|<wbr\s*/?>", re.IGNORECASE)
_ODD = re.compile(r"\[\[|\]\]|\{\{|\}\}|\{\||<[A-Za-z/!]|\[(?:[a-z]{3,6}:|//)", re.IGNORECASE)
_TAG = re.compile(r"<(?>[^<>\"']++|\"[^\"<>]*+\"|'[^'<>]*+')*+>")  # closed, and so are its quotes
_SPACES = re.compile(r"[ \t\xa0\x02]{2,}|\x02|\t")
_CLOSING = frozenset(".,;:!?)]}»،؛؟।。៕、，；：！？）」』】")  # no space before these where something was cut out
_HOLLOW = re.compile(r"[(（][ \xa0,;:،、\x02]*[)）]")  # brackets of which nothing is left


class TooComplexError(Exception):
    """A line whose markup would take the library too long; the text says how much there is."""


@dataclass(slots=True)
class Gathered:
    """What a page holds beside its text.

    Args:
        links: titles of articles of the same wiki, each once, in order.
        categories: of the page, without prefix.
        languages: (edition, title) of the same subject.
        left_out: kind of what is not in the text -> how often.
    """

    links: dict[str, None] = field(default_factory=dict)
    categories: dict[str, None] = field(default_factory=dict)
    languages: dict[tuple[str, str], None] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)


class Inline:
    """Renders the lines of one page.

    Args:
        links: what the wiki's links mean.
        gathered: where links and counts go.
        shown: name of a template, casefolded -> its parameter that is shown in its place (`{"lang": "2"}`).
    """

    def __init__(self, links: Links, gathered: Gathered, shown: Mapping[str, str]) -> None:
        self._links, self._gathered, self._shown = links, gathered, shown
        self._literals: list[str] = []
        self._depth = 0
        self._spent = 0  # work of the library so far

    def prepared(self, text: str, start: int, end: int, cuts: tuple[Cut, ...]) -> str:
        """Return [start, end) of a page with its cuts taken out, each counted."""
        if not cuts:
            return text[start:end]
        parts: list[str] = []
        at = start
        for cut in cuts:
            parts += (text[at : cut.start], self._instead(text, cut))
            at = cut.end
        parts.append(text[at:end])
        return "".join(parts)

    def render(self, line: str) -> str:
        """Return a prepared line as it reads.

        Raises:
            TooComplexError: its markup is more than the library can be trusted with.
        """
        plain = without_quotes(line)
        if "<" in plain:
            plain = _CLEAR.sub("", _BREAK.sub("\n", plain))
        if "[" in plain:
            plain = self._replace_links(plain)
        if _ODD.search(plain):
            plain = self._by_library(plain)
        if "&" in plain:
            plain = unescaped(plain)
        return plain

    def finished(self, text: str) -> str:
        """Return rendered text without the marks of what was cut out, and with what stands literally."""
        if "__" in text:
            text = without_switches(text)
        if CUT in text or "  " in text or "\xa0" in text or "\t" in text:
            text = _HOLLOW.sub(lambda found: CUT if CUT in found[0] else found[0], text)
            text = _SPACES.sub(_space, text)
        return _LITERAL.sub(lambda found: self._literals[int(found[1])], text) if "\x03" in text else text

    def _replace_links(self, text: str) -> str:
        for _ in range(_DEPTH):  # from the inside out: captions of pictures hold links
            text, count = _LINK.subn(self._link, text)
            if not count or "[[" not in text:
                break
        return _BARE.sub(lambda found: found[1] or found[2] or CUT, text)

    def _link(self, found: re.Match[str]) -> str:
        target, label = found[1], found[2]
        return self.follow(target, None if label is None else label[1:])

    def follow(self, target: str, label: str | None) -> str:
        """Return what a link shows, and note where it leads."""
        target = target.replace(CUT, "")
        link = self._links.read(target)
        if link.kind == "article":
            links = self._gathered.links
            if link.target and len(links) < _MOST_LINKS:
                links[unescaped(link.target)] = None
        elif link.kind == "category":
            if len(self._gathered.categories) < _MOST_LINKS:
                self._gathered.categories[unescaped(link.target)] = None
            return CUT
        elif link.kind == "file":
            self._gathered.left_out["media"] += 1
            return CUT
        elif link.kind == "language":
            if len(self._gathered.languages) < _MOST_LINKS:
                self._gathered.languages[link.language, unescaped(link.target)] = None
            return CUT
        return label or target.strip().removeprefix(":").replace("_", " ")

    def _instead(self, text: str, cut: Cut) -> str:
        if cut.kind == "literal":
            return self._literal(unescaped(cut.shows))
        if cut.kind == "template" and self._shown:
            shown = self._show_template(text[cut.start : cut.end])
            if shown is not None:
                return shown
        if cut.kind not in ("comment", "hidden"):
            self._gathered.left_out[cut.kind] += 1
        return CUT

    def _literal(self, text: str) -> str:
        self._literals.append(text)
        return f"\x03{len(self._literals) - 1}\x03"

    def _show_template(self, source: str) -> str | None:
        name = re.match(r"\{\{([^{}|<>\[\]]{1,100})", source)
        parameter = self._shown.get(template_name(name[1])) if name else None
        if parameter is None or self._depth >= _DEPTH:
            return None
        templates = self.parsed(source).filter_templates(recursive=False)
        if len(templates) != 1 or not templates[0].has(parameter):
            return None
        return self.nested(str(templates[0].get(parameter).value).strip())

    def nested(self, source: str) -> str:
        """Return wikitext inside of something else as it reads, on one line."""
        from glotmill.text.wikitext.blocks import blocks  # noqa: PLC0415

        self._depth += 1
        try:
            lines = [self.render(self.prepared(source, one.start, one.end, one.cuts)) for one in blocks(source)]
        finally:
            self._depth -= 1
        return " ".join(line for line in lines if line.strip())

    @property
    def exhausted(self) -> bool:
        """Whether what the page may cost is half used up: the rest is for its running text."""
        return self._spent > _MOST_WORK_OF_PAGE // 2

    def parsed(self, text: str) -> Any:
        """Return a text as the library's tree; TooComplexError where that could take too long."""
        import mwparserfromhell  # noqa: PLC0415  # of wikis alone

        work = _work(text)
        if len(text) > _MOST_CHARACTERS or work > _MOST_WORK:
            raise TooComplexError(f"{_openers(text)} opened brackets and tags in one piece of {len(text)} characters")
        if self._spent + work > _MOST_WORK_OF_PAGE:
            raise TooComplexError(
                f"more opened brackets and tags in all pieces together than {_MOST_WORK_OF_PAGE:,} allow"
            )
        self._spent += work
        return mwparserfromhell.parse(text, skip_style_tags=True)

    def _by_library(self, text: str) -> str:
        return "".join(self._nodes(self.parsed(text), 0))

    def _nodes(self, code: Any, depth: int) -> list[str]:
        return [self._node(node, depth) for node in code.nodes] if depth < 100 else []

    def _node(self, node: Any, depth: int) -> str:
        read = _READERS.get(type(node).__name__)
        return "" if read is None else read(self, node, depth)

    def inside(self, code: Any, depth: int) -> str:
        """Return what a part of a parsed text shows; None shows nothing."""
        return "" if code is None else "".join(self._nodes(code, depth + 1))

    def tag(self, node: Any, depth: int) -> str:
        """Return what an HTML tag shows that the fast way does not know."""
        name = str(node.tag).strip().lower()
        if name == "table":
            self._gathered.left_out["table"] += 1
            return CUT
        if name in ("script", "style"):
            return CUT
        return self.inside(node.contents, depth)


def _openers(text: str) -> int:
    return sum(map(text.count, "[{<"))


def _work(text: str) -> int:
    """Return what a text costs the library at worst, in units of about 10 ns of a core of 2026.

    It goes back to each opener that nothing closes, so cost is openers times characters; a tag with an open quote costs most,
    braces less, brackets least. What lines begin with counts little, and each call and character something. Fitted to the
    slowest of 500 texts of repeated random marks (mwparserfromhell 0.7.2, November 2026): 0.2 to 4 s for 1e8.
    """
    closed = len(_TAG.findall(text))
    tags = 2 * closed + 25 * (text.count("<") - closed)
    return 1000 + len(text) * (50 + text.count("[") + 5 * text.count("{") + tags + text.count("\n") // 10)


def template_name(name: str) -> str:
    """Return a template's name as it is compared: `Lang_ar ` and `lang ar` are one."""
    return re.sub(r"[\s_]+", " ", name).strip().casefold()


def _space(found: re.Match[str]) -> str:
    """Return one space for several, and none beside something that was cut out before a mark that takes none."""
    cut = CUT in found[0]
    if cut and found.string[found.end() : found.end() + 1] in _CLOSING:
        return ""
    return " " if not cut or found[0].strip(CUT) else ""


def _external(inline: Inline, node: Any, depth: int) -> str:
    if not node.brackets:
        return str(node.url)
    return inline.inside(node.title, depth) or CUT


def _value(_: Inline, node: Any, __: int) -> str:
    return str(node.value)


def _entity(_: Inline, node: Any, __: int) -> str:
    return str(node)  # `render` reads entities, of text and of this alike


def _wikilink(inline: Inline, node: Any, depth: int) -> str:
    label = None if node.text is None else inline.inside(node.text, depth)
    return inline.follow(inline.inside(node.title, depth), label)


_READERS: Final[dict[str, Callable[[Inline, Any, int], str]]] = {
    "Text": _value,
    "HTMLEntity": _entity,
    "Wikilink": _wikilink,
    "ExternalLink": _external,
    "Tag": Inline.tag,
    "Heading": lambda inline, node, depth: inline.inside(node.title, depth),
    "Argument": lambda inline, node, depth: inline.inside(node.default, depth),
}
