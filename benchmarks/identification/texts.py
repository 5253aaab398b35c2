"""Reads the texts that identifiers are measured on, each with the language it is in."""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from identification.split import Manifest, Part
from lxml import html
from measure_gates import prose as prose_documents

from glotmill.text.tags import describe

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT / ".cache/real"
DATA = ROOT.parent / "shared/data"  # data sets beside the checkout, which no package carries


@dataclass(frozen=True, slots=True)
class Piece:
    """A text and its language, as the manifest merges them."""

    text: str
    language: str


def udhr(manifest: Manifest, *, part: Part = "benchmark") -> list[Piece]:
    """Return paragraphs of the Declaration; one that stands in both parts is for calibration."""
    found = _declaration(manifest, part)
    if part == "benchmark":
        others = {text for paragraphs in _declaration(manifest, "calibration").values() for text in paragraphs}
        found = {
            language: [text for text in paragraphs if text not in others] for language, paragraphs in found.items()
        }
    return _pieces(found, shortest=manifest.udhr.shortest, most=manifest.udhr.most)


def _declaration(manifest: Manifest, part: Part) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted((REAL / "udhr/pages").glob("*.html")):
        page = _page(path)
        code = page.get("data-iso6393", "und")
        if code in ("", "und"):
            continue
        language = manifest.language(describe(f"{code}_Latn").code)  # the script does not matter; a tag needs one
        articles = [(1, header) for header in page.iter("header")]
        articles += [(int(article.get("data-number")), article) for article in page.iter("article")]
        for number, article in articles:
            if manifest.udhr.holds(part, number):
                found.setdefault(language, []).extend(map(_text, article.iter("p")))
    return found


def stories(manifest: Manifest) -> list[Piece]:
    """Return stories, each as one text; none where the data set is not there."""
    path = DATA / "african_storybook.jsonl.gz"
    found: dict[str, list[str]] = {}
    if path.is_file():
        for line in gzip.decompress(path.read_bytes()).decode().splitlines():
            row = json.loads(line)
            code = manifest.stories.codes.get(row["language"], row["language"])
            language = manifest.language(describe(f"{code}_Latn").code)
            found.setdefault(language, []).append(" ".join(row["text"].split()))
    return _pieces(found, shortest=manifest.stories.shortest, most=manifest.stories.most)


def guide(manifest: Manifest) -> list[Piece]:
    """Return paragraphs of the installation guide, without those that were left in English."""
    read = {
        tag: list(_guide_paragraphs(REAL / "installation-guide/pages" / locale))
        for tag, locale in manifest.guide.locales.items()
    }
    english = set(read["eng_Latn"])
    found = {
        manifest.language(tag): [text for text in texts if tag == "eng_Latn" or text not in english]
        for tag, texts in read.items()
    }
    return _pieces(found, shortest=manifest.guide.shortest, most=manifest.guide.most)


def prose(manifest: Manifest, tags: Iterable[str], *, part: Part = "benchmark") -> list[Piece]:
    """Return lines of the prose that `make prose` fetched; the installation guide is left to `guide`."""
    split = yaml.safe_load((ROOT / "manifests/prose.yaml").read_text("utf-8"))["languages"]
    found = {}
    for tag in tags:
        patterns = split[tag]["calibration" if part == "calibration" else "test"]
        documents = prose_documents(tag, [name for name in patterns if name != "installation-guide"])
        found[manifest.language(tag)] = [line for document in documents for line in document.split("\n")]
    return _pieces(found, shortest=manifest.prose.shortest, most=manifest.prose.most)


def largest(manifest: Manifest) -> list[Piece]:
    """Return text in the ten largest languages of the web, out of the installation guide and of prose."""
    languages = {manifest.language(tag) for tag in manifest.largest}
    manuals = [piece for piece in guide(manifest) if piece.language in languages]
    return manuals + prose(manifest, manifest.largest)


def cut(pieces: Sequence[Piece], characters: int | None) -> list[Piece]:
    """Return the beginnings of texts, each of at most so many characters; None: the whole."""
    return [Piece(piece.text[:characters].strip(), piece.language) for piece in pieces]


def web_shares(manifest: Manifest) -> dict[str, float]:
    """Return each language's share of the web's documents; only the manifest's own where the counts are not there."""
    path = DATA / "fineweb2-language-distribution.csv"
    counts: Counter[str] = Counter()
    if path.is_file():
        with path.open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                if row["split"] == "train":
                    counts[manifest.language(row["code"])] += int(row["documents"])
    whole = sum(counts.values())
    return {language: count / whole for language, count in counts.items()} | manifest.web.shares


def _guide_paragraphs(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.html")):
        yield from map(_text, _page(path).iter("p"))


def _page(path: Path) -> html.HtmlElement:
    # Not every page states its encoding.
    return html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))


def _text(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _pieces(found: dict[str, list[str]], *, shortest: int, most: int) -> list[Piece]:
    """Return the texts of each language that are long enough, different ones, `most` of them spread over all."""
    pieces: list[Piece] = []
    for language, texts in sorted(found.items()):
        fitting = list(dict.fromkeys(text for text in texts if len(text) >= shortest))
        count = min(most, len(fitting))
        pieces += [Piece(fitting[place * len(fitting) // count], language) for place in range(count)]
    return pieces
