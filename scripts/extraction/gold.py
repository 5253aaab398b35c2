"""Gold pages: articles of the GNOME help and of running prose in templates, and Debian's manuals as they are.

Of each page its language, its markup and its main content are known without asking an extractor.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import lxml.html
import yaml

from extraction import mallard
from extraction.blocks import Article, Block, Run
from extraction.templates import SEEN_TEMPLATES, TEMPLATES, Page, Wording

HERE = Path(__file__).parent
# Where the articles of a language are from: a locale of the GNOME help, running prose (scripts/fetch_prose.py), or both.
HELP = {
    "eng_Latn": "C", "deu_Latn": "de", "spa_Latn": "es", "hun_Latn": "hu", "vie_Latn": "vi", "rus_Cyrl": "ru",
    "ukr_Cyrl": "uk", "ell_Grek": "el", "pes_Arab": "fa", "guj_Gujr": "gu", "tam_Taml": "ta", "jpn_Jpan": "ja",
    "kor_Hang": "ko", "cmn_Hani": "zh_CN",
}  # fmt: skip
SEEN_LANGUAGES = frozenset(
    {
        *("eng_Latn", "deu_Latn", "tur_Latn", "eus_Latn", "rus_Cyrl", "hye_Armn", "pes_Arab", "hin_Deva", "tha_Thai"),
        *("cmn_Hani", "kor_Hang", "guj_Gujr"),
    }
)
EACH = 7  # pages of a language in a template
_LETTERS = 250  # that an article has at least; where a character is a syllable or a word, a third of it
_DENSE = frozenset({"Hani", "Jpan", "Hang"})
_MANUALS = {
    "debian-handbook": ("//body/div[last()]", 30),
    "installation-guide": ("//body/div[not(@class='navheader') and not(@class='navfooter')][1]", 20),
}
# Lists of contents and reading aids that stand within what is otherwise the text: no page of which a judge could say
# whether they belong to it.
_DOUBTFUL = ".//div[@class='toc']|.//div[@class='index']|.//div[contains(@class,'footnotes')]|.//table"
_BLOCKS = (
    "p",
    "li",
    "dt",
    "dd",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "div",
    "pre",
    "br",
    "ul",
    "ol",
    "dl",
    "blockquote",
)


@dataclass(frozen=True, slots=True)
class Gold:
    """A page of which the main content is known.

    Args:
        name: unlike all others.
        language: canonical tag.
        source: the template, or the manual it is from.
        html: the page.
        text: its main content, one line per block.
        seen: `seen` in development; `unseen` are its language and its template both; else `half`.
    """

    name: str
    language: str
    source: str
    html: str
    text: str
    seen: str

    @property
    def script(self) -> str:
        """The script of its language."""
        return self.language[-4:]


def wordings() -> dict[str, Wording]:
    """Return what stands around articles, by language."""
    known = yaml.safe_load((HERE / "wording.yaml").read_text("utf-8"))
    return {tag: Wording(**{key: tuple(of) if isinstance(of, list) else of for key, of in one.items()})
            for tag, one in known.items()}  # fmt: skip


def articles_of(tag: str, real: Path, wording: Wording) -> list[Article]:
    """Return the articles of a language, in a fixed order, at least as long as a page needs."""
    found: list[Article] = []
    if tag in HELP:
        original = mallard.pages(real / "gnome-user-docs/pages/C/gnome-help")
        english = frozenset() if tag == "eng_Latn" else mallard.sentences(original)
        roots = mallard.pages(real / "gnome-user-docs/pages" / HELP[tag] / "gnome-help")
        found += mallard.articles(roots, english, mallard.titles(roots))
    prose = real / "prose" / f"{tag}.jsonl"
    if prose.is_file():
        rows = [json.loads(line) for line in prose.read_text("utf-8").splitlines()]
        found += [_of_prose(row, wording, place) for place, row in enumerate(rows)
                  if row["source"] not in ("gnome-user-docs", *_MANUALS)]  # fmt: skip
    least = _LETTERS // 3 if tag[-4:] in _DENSE else _LETTERS
    long_enough = [one for one in found if len(one.text()) >= least and len(one.blocks) > 2]
    titled = [one for one in long_enough if one.blocks[0].kind == "title"]
    return sorted(titled, key=lambda one: random.Random(f"{tag} {one.name}").random())


def _of_prose(row: dict[str, str], wording: Wording, place: int) -> Article:
    paragraphs = [" ".join(one.split()) for one in row["text"].split("\n\n")]
    blocks = [Block("paragraph", (Run(one),)) for one in paragraphs if one]
    if len(blocks) > 5 and place % 3 == 0:
        # A run of short paragraphs as pages have lists.
        short = blocks[2:5]
        blocks[2:5] = [Block("bullets", parts=tuple((one,) for one in short))]
    title = Block("title", (Run(wording.titles[place % len(wording.titles)]),))
    return Article(f"{row['source']}/{row['name']}/{place}", (title, *blocks))


def rendered(tag: str, real: Path, each: int = EACH, templates: Sequence[str] = tuple(TEMPLATES)) -> Iterator[Gold]:
    """Yield pages of a language, so many in each template; an article comes again where they are fewer."""
    wording = wordings()[tag]
    articles = articles_of(tag, real, wording)
    if not articles:
        return
    titles = sorted({next(one.blocks[0].texts()) for one in articles} - set(wording.titles))
    for number, template in enumerate(TEMPLATES):
        if template not in templates:
            continue
        for turn in range(each):
            article = articles[(number + turn * len(TEMPLATES)) % len(articles)]
            name = f"{tag}/{template}/{turn}"
            page = Page(article, wording, tag, titles, random.Random(name))
            parts = (tag in SEEN_LANGUAGES) + (template in SEEN_TEMPLATES)
            yield Gold(
                name, tag, template, TEMPLATES[template](page), article.text(), ("unseen", "half", "seen")[parts]
            )


def manuals(real: Path) -> Iterator[Gold]:
    """Yield native pages of Debian's manuals; their content is the element that their generator puts it into."""
    counts: dict[tuple[str, str], int] = {}
    for line in (real / "truth.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        source = row["source"]
        if source not in _MANUALS or row["kind"] not in ("native", "english"):
            continue
        path, most = _MANUALS[source]
        key = (source, row["language"])
        if counts.get(key, 0) >= most:
            continue
        place = row["url"].removeprefix(f"https://{source}.example/")
        html = (real / source / "pages" / place).read_text("utf-8", "replace")
        text = _content(html, path)
        if text is None or len(text) < _LETTERS:
            continue
        counts[key] = counts.get(key, 0) + 1
        seen = "seen" if source == "debian-handbook" and row["language"] in SEEN_LANGUAGES else "unseen"
        seen = "half" if source == "debian-handbook" and seen == "unseen" else seen
        yield Gold(f"{source}/{place}", row["language"], source, html, text, seen)


def _content(html: str, path: str) -> str | None:
    # Both manuals are written by XSLT: well-formed, or nearly so, and without scripts.
    root = lxml.html.document_fromstring(html.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    found = root.xpath(path)
    if not found or found[0].xpath(_DOUBTFUL):
        return None
    for block in found[0].iter(*_BLOCKS):
        block.text = f"\n{block.text or ''}"
        block.tail = f"\n{block.tail or ''}"
    lines = (" ".join(line.split()) for line in "".join(found[0].itertext()).split("\n"))
    return "\n".join(line for line in lines if line)


def everything(real: Path) -> list[Gold]:
    """Return all gold pages."""
    pages = [page for tag in wordings() for page in rendered(tag, real)]
    return [*pages, *manuals(real)]
