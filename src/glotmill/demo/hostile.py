"""Pages that make an extractor hang, eat memory or overflow: small on the wire, within or just beyond the limits."""

from collections.abc import Sequence

from glotmill.demo.captures import capture, dress_of
from glotmill.demo.pages import Folder, richest
from glotmill.demo.render import Dress, render
from glotmill.demo.warc import Capture

HOST = "hostile.example"

_HEAD = '<!DOCTYPE html><html lang="eu"><head><meta charset="utf-8"><title>Egun ona</title></head><body><main><article>'
# Text that a language gate lets pass, so that what follows reaches the extractor.
_LEAD = (
    "<p>Egun ederra da gaur, eta herriko plazan jende asko bildu da azokara joateko. Baserritarrek sagarrak, gazta eta "
    "eztia ekarri dituzte, eta umeak iturri ondoan jolasten ari dira arratsaldea iritsi arte.</p>"
)
_TAIL = "</article></main></body></html>"

# trafilatura 2.3.1 deletes each <svg> by joining its tail to all the text before it: 20,000 pieces take 6 s,
# 40,000 take 24 s, 100,000 more than 150 s (measured, November 2026).
HANG_PIECES = 40_000
# lxml copies the annotation into every <math> around it: 240 x 4.8 MB of text.
MEMORY_DEPTH, MEMORY_CHARACTERS = 240, 1_200_000
# libxml2 stops at depth 256 by itself; a parser that recurses would run out of stack here.
STACK_DEPTH = 100_000
NODE_COUNT = 400_000
# json.loads raises RecursionError from about 1,000 levels on.
JSON_DEPTH = 50_000


def hanging_html(pieces: int = HANG_PIECES) -> str:
    """Return a page whose extraction takes time quadratic in `pieces`."""
    return f"{_HEAD}{_LEAD}<p>{'<svg></svg>Zer egun ederra da gaur. ' * pieces}</p>{_TAIL}"


def memory_html(depth: int = MEMORY_DEPTH, characters: int = MEMORY_CHARACTERS) -> str:
    """Return a page whose extraction copies `characters` code points of four bytes `depth` times."""
    annotation = '<annotation encoding="application/x-tex">' + "\U0001d4b3" * characters + "</annotation>"
    return f"{_HEAD}{_LEAD}{'<math>' * depth}{annotation}{'</math>' * depth}{_TAIL}"


def deep_html(depth: int = STACK_DEPTH) -> str:
    """Return a page of elements nested `depth` times."""
    return f"{_HEAD}{_LEAD}{'<div><b>' * (depth // 2)}Sakon-sakonean.{'</b></div>' * (depth // 2)}{_TAIL}"


def crowded_html(nodes: int = NODE_COUNT) -> str:
    """Return a page of `nodes` elements with one paragraph of text."""
    return f"{_HEAD}{_LEAD}{'<i>a</i>' * nodes}{_TAIL}"


def recursive_jsonld(html: str, depth: int = JSON_DEPTH) -> str:
    """Return the page with JSON-LD that is an array in an array, `depth` times, before its own."""
    nested = f'<script type="application/ld+json">{"[" * depth}{"]" * depth}</script>'
    return html.replace("</title>", f"</title>\n{nested}", 1)


def hostile_pages(folders: Sequence[Folder]) -> list[Capture]:
    """Return one capture for each kind of hostile page, with a good page between the bad ones."""
    folder = richest(folders)
    number, stem, page = folder.articles[0]
    dress = dress_of(folder, stem, number)
    marked = page.model_copy(update={"license": "by-rel"})
    pages = {
        "hang": hanging_html(),
        "memory": memory_html(),
        "deep": deep_html(),
        "nodes": crowded_html(),
        "jsonld": recursive_jsonld(render(marked, dress)),
    }
    captures = []
    for name, html in pages.items():
        good = Dress(dress.site, HOST, f"/beside-{name}.html", dress.lang, dress.layout, others=dress.others)
        captures.append(Capture(f"https://{HOST}/{name}.html", html.encode("utf-8"), kind=f"hostile_{name}"))
        captures.append(capture(folder, marked, good, kind="same_text", of=dress.url))
    return captures
