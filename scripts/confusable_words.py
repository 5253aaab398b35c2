"""Writes `confusable` into language files: function words of the languages that theirs is mixed with or taken for.

    python scripts/confusable_words.py           # print them
    python scripts/confusable_words.py --write   # into the files that have none yet

Which languages those are stands in NEIGHBORS, by hand; the words are the stop words of their own files, as far as they
are no words of this language: none of its stop words, none that stands in its Universal Declaration of Human Rights,
none that more than one in fifty of its documents for calibration has, and none of OWN. Neighbors in another script need no words.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from calibrate_languages import rows_of  # noqa: E402
from measure_gates import project_files  # noqa: E402
from relative_length import PAGES, declaration, page_of  # noqa: E402

from glotmill.core.yamlfile import parse  # noqa: E402
from glotmill.text.hashing import text_hash  # noqa: E402
from glotmill.text.rules import LanguageFile, language_path, read_language  # noqa: E402
from glotmill.text.scan import scan  # noqa: E402

MOST, FEWEST = 12, 3  # words of one neighbor; fewer tell nothing
COMMON = 0.02  # of a language's own documents
# English stands on pages in every language; the others are relatives, and languages of the same schools and offices.
EVERYWHERE = "eng_Latn"
NEIGHBORS = {
    "afr_Latn": ("nld_Latn",),
    "als_Latn": ("ita_Latn",),
    "arb_Arab": ("pes_Arab",),
    "azj_Latn": ("tur_Latn",),
    "bel_Cyrl": ("rus_Cyrl", "ukr_Cyrl"),
    "bul_Cyrl": ("mkd_Cyrl", "rus_Cyrl"),
    "cat_Latn": ("spa_Latn", "fra_Latn"),
    "ces_Latn": ("slk_Latn", "pol_Latn"),
    "dan_Latn": ("nob_Latn", "swe_Latn"),
    "deu_Latn": ("nld_Latn", "fra_Latn"),
    "ekk_Latn": ("fin_Latn",),
    "eng_Latn": ("spa_Latn", "fra_Latn", "deu_Latn"),
    "epo_Latn": ("spa_Latn",),
    "eus_Latn": ("spa_Latn", "fra_Latn"),
    "fin_Latn": ("ekk_Latn", "swe_Latn"),
    "fra_Latn": ("spa_Latn",),
    "gla_Latn": ("gle_Latn",),
    "gle_Latn": ("gla_Latn",),
    "glg_Latn": ("por_Latn", "spa_Latn"),
    "hin_Deva": ("mar_Deva", "npi_Deva"),
    "hrv_Latn": ("slv_Latn",),
    "hun_Latn": ("deu_Latn",),
    "ind_Latn": ("zsm_Latn", "jav_Latn"),
    "isl_Latn": ("dan_Latn",),
    "ita_Latn": ("spa_Latn", "fra_Latn"),
    "jav_Latn": ("ind_Latn",),
    "kaz_Cyrl": ("rus_Cyrl", "kir_Cyrl"),
    "khk_Cyrl": ("rus_Cyrl",),
    "kir_Cyrl": ("rus_Cyrl", "kaz_Cyrl"),
    "lit_Latn": ("lvs_Latn", "pol_Latn"),
    "lvs_Latn": ("lit_Latn",),
    "mar_Deva": ("hin_Deva",),
    "mkd_Cyrl": ("bul_Cyrl", "srp_Cyrl"),
    "nld_Latn": ("deu_Latn", "afr_Latn"),
    "nno_Latn": ("nob_Latn", "dan_Latn"),
    "nob_Latn": ("dan_Latn", "nno_Latn", "swe_Latn"),
    "npi_Deva": ("hin_Deva",),
    "pbt_Arab": ("pes_Arab", "urd_Arab"),
    "pes_Arab": ("arb_Arab",),
    "pol_Latn": ("ces_Latn",),
    "por_Latn": ("spa_Latn", "glg_Latn"),
    "ron_Latn": ("ita_Latn", "fra_Latn"),
    "rus_Cyrl": ("ukr_Cyrl", "bul_Cyrl"),
    "slk_Latn": ("ces_Latn",),
    "slv_Latn": ("hrv_Latn",),
    "spa_Latn": ("por_Latn", "cat_Latn"),
    "srp_Cyrl": ("mkd_Cyrl", "rus_Cyrl"),
    "swe_Latn": ("dan_Latn", "nob_Latn"),
    "tat_Cyrl": ("rus_Cyrl",),
    "tgk_Cyrl": ("rus_Cyrl",),
    "tur_Latn": ("azj_Latn",),
    "uig_Arab": ("arb_Arab",),
    "ukr_Cyrl": ("rus_Cyrl",),
    "urd_Arab": ("pes_Arab", "arb_Arab"),
    "uzn_Latn": ("tur_Latn",),
    "zsm_Latn": ("ind_Latn",),
}


# Words of the language, by hand, that are too rare in manuals to be found there, or that mean something else in it: `du` in
# German, من (I) in Persian, एक (one) in Nepali; abbreviations such as AS of Estonian companies.
OWN = {
    "als_Latn": "di la del per un be le or",
    "afr_Latn": "by",
    "arb_Arab": "آن",
    "azj_Latn": "de en as in is on",
    "bel_Cyrl": "а с к до",
    "bul_Cyrl": "кой",
    "cat_Latn": "por et du est au to as be or ou",
    "cym_Latn": "be on",
    "dan_Latn": "av is and by not",
    "deu_Latn": "du op",
    "ekk_Latn": "as",
    "eng_Latn": "la un die den im con est",
    "eus_Latn": "on to or",
    "fin_Latn": "en",
    "fra_Latn": "no su es o or",
    "gla_Latn": "ar i on",
    "gle_Latn": "am",
    "glg_Latn": "la los es",
    "hin_Deva": "व हे वा",
    "hrv_Latn": "v on",
    "ind_Latn": "lan as",
    "isl_Latn": "of",
    "ita_Latn": "es est",
    "jav_Latn": "as pada",
    "kaz_Cyrl": "от а ал же",
    "khk_Cyrl": "от",
    "kir_Cyrl": "от из а не мен де сол",
    "lit_Latn": "kas tas na po",
    "lvs_Latn": "jos savo",
    "mar_Deva": "का पर कि",
    "mkd_Cyrl": "те би",
    "nld_Latn": "der den das des deur as have",
    "nno_Latn": "de et men to is be by",
    "nob_Latn": "ett att to is be by",
    "npi_Deva": "के का एक पर या कि",
    "pbt_Arab": "یا تا کی",
    "pes_Arab": "من لا",
    "pol_Latn": "s",
    "por_Latn": "polo",
    "ron_Latn": "in da des est dans par of as il ou or sur",
    "rus_Cyrl": "та да",
    "slk_Latn": "nebo také on",
    "slv_Latn": "on",
    "spa_Latn": "os les",
    "srp_Cyrl": "е но",
    "swe_Latn": "er å for and is be as by not",
    "tat_Cyrl": "из",
    "tgk_Cyrl": "на не",
    "tgl_Latn": "to",
    "tur_Latn": "of in is as on",
    "uig_Arab": "لا ما",
    "ukr_Cyrl": "от с",
    "urd_Arab": "در از را آن یک لا ما",
    "uzn_Latn": "da de is in en on",
    "vie_Latn": "be",
    "yor_Latn": "to be on",
    "zsm_Latn": "as",
    "zul_Latn": "be",
}
ABBREVIATIONS = "it"  # information technology, in every language


def confusable(
    language: LanguageFile, files: Mapping[str, str], split: Mapping[str, Mapping[str, list[str]]]
) -> Iterator[tuple[str, list[str]]]:
    """Yield neighbors with those of their stop words that are no words of this language."""
    patterns = split.get(language.tag, {}).get("calibration", [])
    texts = [row["text"] for row in rows_of(language.tag, patterns)] if patterns else []
    page = page_of(language.tag)
    by_hand = f"{ABBREVIATIONS} {OWN.get(language.tag, '')}".split()
    own = {text_hash(word) for word in (*language.stop_words, *by_hand)}
    if (PAGES / f"{page}.html").is_file():
        own |= set(scan([declaration(page)]).words_of(0).tolist())
    table = scan(texts)
    for tag in dict.fromkeys((*NEIGHBORS.get(language.tag, ()), EVERYWHERE)):
        neighbor = read_language(tag, files)
        if tag == language.tag or neighbor is None or tag[4:] != language.tag[4:]:
            continue
        found = []
        for word in neighbor.stop_words:
            key = np.uint64(text_hash(word))
            having = sum(bool((table.words_of(row) == key).any()) for row in range(len(table)))
            if int(key) not in own and having <= COMMON * len(table):
                found.append(word)
        if len(found) >= FEWEST:
            yield tag, found[:MOST]


def block(found: Mapping[str, list[str]]) -> str:
    """Return them as they stand in a language file."""
    lines = ["confusable:"]
    for tag, words in found.items():
        quoted = ", ".join(
            f'"{word}"' if word.casefold() in ("no", "on", "off", "yes", "y", "n", "null") else word for word in words
        )
        lines.append(f"  {tag}: [{quoted}]")
    return "\n".join(lines) + "\n"


def with_confusable(text: str, tag: str, files: Mapping[str, str], split: Mapping[str, Mapping[str, list[str]]]) -> str:
    """Return a language's file with its confusable words, or as it is where it has some or no neighbor gives any."""
    language = parse(text, LanguageFile, file=language_path(tag))
    found = {} if language.confusable else dict(confusable(language, files, split))
    return text.replace("\nevidence:\n", f"\n{block(found)}evidence:\n", 1) if found else text


def main() -> None:
    """Print them, and perhaps write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    files = project_files()
    split = yaml.safe_load((ROOT / "manifests/prose.yaml").read_text("utf-8"))["languages"]
    for path in sorted((ROOT / "filters/languages").glob("*.yaml")):
        before = path.read_text("utf-8")
        after = with_confusable(before, path.stem, files, split)
        if after == before:
            continue
        added = parse(after, LanguageFile, file=language_path(path.stem)).confusable
        print(f"{path.stem}\n{block({tag: list(words) for tag, words in added.items()})}", end="")
        if arguments.write:
            path.write_text(after, "utf-8")


if __name__ == "__main__":
    main()
