"""The cascade of extractors, as the sandbox's child runs it: a fast one, and slower ones where it is in doubt."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from glotmill.stages import main_content
from glotmill.stages.block_text import Form, Writer
from glotmill.stages.block_tree import block_tree
from glotmill.stages.sandbox_child import PageCutShort, PageFunction

Engine = Literal["blocks", "trafilatura", "resiliparse"]
ENGINES: Final[tuple[Engine, ...]] = ("blocks", "trafilatura", "resiliparse")
FUNCTION: Final = "glotmill.stages.cascade:page_function"

# Chosen on the seen half of the gold pages (docs/decisions/0050-extraction.md).
_LEAST, _LEAST_DENSE = 25, 10  # letters of a line of running text; where a letter is a syllable or a word
# What begins a letter of kana, Han or Hangul in UTF-8 (U+3000 to U+D7FF); one in so many bytes of a page makes it dense.
_OTHERS: Final = bytes(byte for byte in range(256) if not 0xE3 <= byte <= 0xED)
_DENSE_SHARE: Final = 30
_SHARE: Final = 0.6  # of the page's running text that a sure result has
_CLEAR: Final = 0.9  # from which nobody else is asked
_AGREED: Final = 0.35  # of a sure result that resiliparse finds as well
_RUNNING: Final = 100  # letters of running text that a sure result has, in those of Latin script
_SAMPLE, _PIECE = 64, 60  # lines that are compared, and letters of each
# trafilatura's elements (after TEI), as HTML.
_AS_HTML: Final[Mapping[str, str]] = {
    "head": "h2", "item": "li", "row": "tr", "cell": "td", "quote": "blockquote", "lb": "br", "ref": "a", "hi": "b",
    "del": "s", "graphic": "img",
}  # fmt: skip


def page_function(options: dict[str, Any]) -> PageFunction:
    """Return a function that gives the main content of a page as JSON: `engine` and `text`, both null where nothing is.

    Args:
        options: `tables`, whether tables are part of the text; `keep`, which of `tables` and `lists` become Markdown.

    The function's second argument may name one `engine` that is to be asked alone.
    """
    cascade = _Cascade(keep=options["keep"], tables=options["tables"])

    def page(html: str, about: dict[str, Any]) -> str:
        wanted = about.get("engine")
        engine, text = cascade.find(html) if wanted is None else (wanted, cascade.ask(html, wanted))
        said = any(map(str.isalnum, text))
        return json.dumps({"engine": engine if said else None, "text": text if said else None}, ensure_ascii=False)

    return page


class _Cascade:
    def __init__(self, *, keep: Sequence[Form], tables: bool) -> None:
        import trafilatura  # noqa: PLC0415  # only this child pays for it
        from lxml import etree  # noqa: PLC0415
        from resiliparse.extract.html2text import extract_plain_text  # noqa: PLC0415

        self._keep, self._tables = tuple(keep), tables
        self._trafilatura, self._etree, self._plain_text = trafilatura, etree, extract_plain_text
        # As trafilatura sets it up, without classes for elements in Python.
        self._parser = etree.HTMLParser(
            collect_ids=False, default_doctype=False, encoding="utf-8", remove_comments=True, remove_pis=True
        )

    def find(self, html: str) -> tuple[Engine, str]:
        """Return what finds the main content, and that."""
        text, share = self._blocks(html)
        if share >= _CLEAR:
            return "blocks", text
        other = self._resiliparse(html)
        if share >= _SHARE and _covered(text, other) >= _AGREED:
            return "blocks", text
        return _agreed({"blocks": text, "trafilatura": self._slow(html), "resiliparse": other})

    def ask(self, html: str, engine: Engine) -> str:
        """Return what one engine finds."""
        if engine == "resiliparse":
            return self._resiliparse(html)
        return self._slow(html) if engine == "trafilatura" else self._blocks(html)[0]

    def _blocks(self, html: str) -> tuple[str, float]:
        """Return what stands in the main block, and the share of the page's text it has; 0 where there is other doubt."""
        page = html.encode("utf-8", "replace")
        try:
            tree = self._etree.fromstring(page, self._parser)
        except self._etree.ParserError:
            return "", 0.0
        # libxml2 ends a page silently where one of its own limits is reached (256 levels, 10 MB in one text).
        if any(self._parser.error_log.filter_from_fatals()):
            raise PageCutShort
        if tree is None:
            return "", 0.0
        dense = _DENSE_SHARE * len(page.translate(None, _OTHERS)) > len(page)
        least = _LEAST_DENSE if dense else _LEAST
        title = tree.find(".//title")
        found = main_content.find(block_tree(tree, least=least), "" if title is None else title.text or "")
        writer = Writer(keep=self._keep, tables=self._tables, left_out=found.left_out, links=False)
        text = writer.text(found.node)
        if found.title is not None:
            text = "\n".join((*found.title.lines, text))
        sure = found.titled and found.mass * _LEAST >= _RUNNING * least
        return text.strip(), found.share if sure else 0.0

    def _slow(self, html: str) -> str:
        tree = self._trafilatura.load_html(html)
        if tree is None:
            return ""
        self._etree.strip_elements(tree, "rt", "rp", "rtc", with_tail=False)
        found = self._trafilatura.bare_extraction(
            tree, favor_precision=True, include_comments=False, include_tables=self._tables, deduplicate=False
        )
        if found is None or found.body is None:
            return ""
        for element in found.body.iter(*_AS_HTML, "list", "code"):
            if element.tag == "list":
                element.tag = "ol" if element.get("rend") == "ol" else "ul"
            elif element.tag == "code":
                element.tag = "pre" if "\n" in "".join(element.itertext()) else "code"
            else:
                element.tag = _AS_HTML[element.tag]
        return Writer(keep=self._keep, tables=self._tables).text(block_tree(found.body, least=_LEAST)).strip()

    def _resiliparse(self, html: str) -> str:
        skip = ["rt", "rp", *([] if self._tables else ["table"])]
        found: str = self._plain_text(
            html,
            main_content=True,
            list_bullets="lists" in self._keep,
            alt_texts=False,
            comments=False,
            skip_elements=skip,
        )
        return "\n".join(line.strip() for line in found.split("\n") if line.strip())


def _agreed(found: Mapping[Engine, str]) -> tuple[Engine, str]:
    """Return the result that the others agree with most; of equals the first in the order of the engines.

    Where none agrees with another that is trafilatura's, which of the three is the most careful, or else that of the blocks.
    """

    def agreement(engine: Engine) -> float:
        return sum(
            _both(_covered(found[engine], found[other]), _covered(found[other], found[engine]))
            for other in ENGINES
            if other != engine
        )

    sums = {engine: round(agreement(engine), 4) for engine in ENGINES}
    best = max(ENGINES, key=lambda engine: sums[engine])
    if not sums[best]:
        best = "trafilatura" if found["trafilatura"] else "blocks"
    return best, found[best]


def _both(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0


def _covered(text: str, by: str) -> float:
    """Return the share of a text's letters, in lines evenly spaced over it, that stand in another text as well."""
    lines = ["".join(line.split()) for line in text.split("\n")]
    lines = [line for line in lines if line]
    step = max(1, len(lines) // _SAMPLE)
    within = "".join(by.split())
    total = covered = 0
    for line in lines[::step][:_SAMPLE]:
        total += len(line)
        covered += len(line) if line[:_PIECE] in within else 0
    return covered / total if total else 0.0
