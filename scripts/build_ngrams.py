"""Build the table of character n-grams by which languages are told: ngrams.xz and ngrams.tsv in src/glotmill/text/identification,
and how usual its n-grams are in each script, ngram_usage.xz, by which a label can join later.

Run `.venv/bin/python scripts/build_ngrams.py`; it takes two minutes, and the same input gives the same bytes. Read are, for
each label, in this order and each word once:

* words of jusText's lists, the most frequent of 97 languages, most frequent first (BSD-2-Clause);
* the stop words that come with FineWeb-2's configurations (Apache-2.0);
* the words of FineWeb-2's lists of distinctive words, the most frequent first (Apache-2.0).

A word weighs 1 / (rank + 2), by Zipf's law. Stop words of a label without a list of jusText's weigh 0.35 together: the
distinctive words alone would leave out what every other word of a text is. For n-gram g of a label, f(g) is its share of
all n-grams, and its weight log(1 + 150 f(g) / mean of f(g) over the script's labels). From it the median of the
script's labels is taken, so that an n-gram that most of them have says something only where it is rarer or more frequent
than usual. Kept are, per label, the n-grams with the greatest f(g) times distance from that median.
"""

import argparse
import csv
import gzip
import json
import tarfile
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from glotmill.core.errors import RecipeError
from glotmill.text import tags
from glotmill.text.identification import ngram_usage
from glotmill.text.identification.ngram_table import NgramTable, listing, pack
from glotmill.text.identification.ngram_usage import Usage
from glotmill.text.identification.ngram_weights import (
    FEW_DOCUMENTS,
    FEWEST_WORDS,
    counted,
    most_usual,
    usable,
    weigh_script,
)

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
OUT = ROOT / "src" / "glotmill" / "text" / "identification"

LONGEST_LIST = 6_000  # words
ZIPF_SHIFT = 2
STOP_WORDS_WEIGH = 0.35
FULL_LIST = 200  # words from which on a list of jusText's stands for the language's most frequent ones
# jusText's lists by label. Left out: Belarusian_Taraskievica, Serbo_Croatian and Simple_English, which are in others.
JUSTEXT = {
    "afr_Latn": "Afrikaans", "als_Latn": "Albanian", "arb_Arab": "Arabic", "arg_Latn": "Aragonese", "ast_Latn": "Asturian",
    "azj_Latn": "Azerbaijani", "bel_Cyrl": "Belarusian", "ben_Beng": "Bengali", "bos_Latn": "Bosnian", "bpy_Beng":
    "Bishnupriya_Manipuri", "bre_Latn": "Breton", "bul_Cyrl": "Bulgarian", "cat_Latn": "Catalan", "ceb_Latn": "Cebuano",
    "ces_Latn": "Czech", "chv_Cyrl": "Chuvash", "cym_Latn": "Welsh", "dan_Latn": "Danish", "deu_Latn": "German",
    "ekk_Latn": "Estonian", "ell_Grek": "Greek", "eng_Latn": "English", "epo_Latn": "Esperanto", "eus_Latn": "Basque",
    "fin_Latn": "Finnish", "fra_Latn": "French", "fry_Latn": "West_Frisian", "gle_Latn": "Irish", "glg_Latn": "Galician",
    "guj_Gujr": "Gujarati", "hat_Latn": "Haitian", "heb_Hebr": "Hebrew", "hin_Deva": "Hindi", "hrv_Latn": "Croatian",
    "hun_Latn": "Hungarian", "hye_Armn": "Armenian", "ibo_Latn": "Igbo", "ido_Latn": "Ido", "ind_Latn": "Indonesian",
    "isl_Latn": "Icelandic", "ita_Latn": "Italian", "jav_Latn": "Javanese", "kan_Knda": "Kannada", "kat_Geor": "Georgian",
    "kaz_Cyrl": "Kazakh", "kir_Cyrl": "Kyrgyz", "kmr_Latn": "Kurdish", "kor_Hang": "Korean", "lat_Latn": "Latin",
    "lit_Latn": "Lithuanian", "lmo_Latn": "Lombard", "ltz_Latn": "Luxembourgish", "lvs_Latn": "Latvian",
    "mal_Mlym": "Malayalam", "mar_Deva": "Marathi", "mkd_Cyrl": "Macedonian", "mlt_Latn": "Maltese", "nap_Latn":
    "Neapolitan", "nds_Latn": "Low_Saxon", "new_Deva": "Newar", "nld_Latn": "Dutch", "nno_Latn": "Norwegian_Nynorsk",
    "nob_Latn": "Norwegian_Bokmal", "npi_Deva": "Nepali", "oci_Latn": "Occitan", "pes_Arab": "Persian", "pms_Latn":
    "Piedmontese", "pnb_Arab": "Western_Panjabi", "pol_Latn": "Polish", "por_Latn": "Portuguese", "quy_Latn": "Quechua",
    "ron_Latn": "Romanian", "rup_Latn": "Aromanian", "rus_Cyrl": "Russian", "scn_Latn": "Sicilian", "sgs_Latn":
    "Samogitian", "slk_Latn": "Slovak", "slv_Latn": "Slovenian", "spa_Latn": "Spanish", "srp_Cyrl": "Serbian", "sun_Latn":
    "Sundanese", "swe_Latn": "Swedish", "swh_Latn": "Swahili", "tam_Taml": "Tamil", "tel_Telu": "Telugu", "tgl_Latn":
    "Tagalog", "tuk_Latn": "Turkmen", "tur_Latn": "Turkish", "ukr_Cyrl": "Ukrainian", "urd_Arab": "Urdu", "uzn_Latn":
    "Uzbek", "vie_Latn": "Vietnamese", "vol_Latn": "Volapuk", "war_Latn": "Waray_Waray", "wln_Latn": "Walloon",
    "yor_Latn": "Yoruba", "zsm_Latn": "Malay",
}  # fmt: skip
COMMENT = (
    "Labels of ngrams.xz. Written by scripts/build_ngrams.py; source and license: manifests/ngrams.yaml.",
    "documents: of the label in FineWeb-2, for the prior; English, which is not in it, has as many as its script's largest.",
)

Words = tuple[Sequence[str], Sequence[str], Sequence[str]]  # of a frequency list, stop words, distinctive words


def weighed(words: Words, script: str) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Return a label's words, each once, and the weight of each, shape (words,), adding up to 1."""
    kinds: dict[str, int] = {}
    for kind, some in enumerate(words):
        for word in some[:LONGEST_LIST]:
            folded = usable(word, script)
            if folded is not None:
                kinds.setdefault(folded, kind)
    kind_of = np.array(list(kinds.values()), np.int64)
    weights = 1 / (np.arange(len(kinds)) + ZIPF_SHIFT)
    if (kind_of == 0).sum() < FULL_LIST and (kind_of == 1).any() and (kind_of == 2).any():
        for kind, mass in ((1, STOP_WORDS_WEIGH), (2, 1 - STOP_WORDS_WEIGH)):
            weights[kind_of == kind] *= mass / weights[kind_of == kind].sum()
    return list(kinds), weights / weights.sum()


def build(
    words: Mapping[str, Words], documents: Mapping[str, int], families: Mapping[str, str]
) -> tuple[NgramTable, dict[str, Usage]]:
    """Return the table of n-grams, and by script how usual they are.

    Args:
        words: of each label.
        documents: of each label, as far as known.
        families: of each label, as far as known; languages of one family beside one another make a smaller file.
    """
    models = {}
    for label in sorted(words):
        listed, weights = weighed(words[label], label.rpartition("_")[2])
        if len(listed) >= FEWEST_WORDS:
            models[label] = counted(listed, weights)
    order = sorted(models, key=lambda label: (label.rpartition("_")[2], families.get(label, "zz"), label))
    parts = []
    usage = {}
    for script in sorted({label.rpartition("_")[2] for label in order}):
        members = [place for place, label in enumerate(order) if label.endswith(f"_{script}")]
        own = [models[order[place]] for place in members]
        keys, places, weights, usage[script] = weigh_script(own)
        if len(own) == 1:
            usage[script] = ngram_usage.alone(*most_usual(*own[0]))
        parts.append((keys, places + members[0], weights))
    keys, places, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    sequence = np.lexsort((np.abs(weights), places, keys))[::-1]  # of two with equal hashes the greater stays
    keys, places, weights = keys[sequence], places[sequence], weights[sequence]
    fresh = np.ones(len(keys), np.bool_)
    fresh[1:] = (keys[1:] != keys[:-1]) | (places[1:] != places[:-1])
    keys, places, weights = keys[fresh][::-1], places[fresh][::-1], weights[fresh][::-1]
    unique, firsts = np.unique(keys, return_index=True)
    table = NgramTable(
        tuple(order),
        np.array([documents.get(label, FEW_DOCUMENTS) for label in order], np.int64),
        unique.astype(np.uint32),
        np.append(firsts, len(keys)).astype(np.int64),
        places.astype(np.uint16),
        weights.astype(np.int8),
    )
    return table, usage


def read_words(data: Path) -> dict[str, Words]:
    """Return the words of every label."""
    frequent: dict[str, Sequence[str]] = {}
    for label, name in JUSTEXT.items():
        text = resources.files("justext").joinpath(f"stoplists/{name}.txt").read_text("utf-8")
        frequent[label] = text.split()
    stops: dict[str, Sequence[str]] = {}
    with gzip.open(data / "fineweb2_language_configs.json.gz", "rt", encoding="utf-8") as stream:
        for name, config in sorted(json.load(stream).items()):
            label = canonical(name)
            if label is not None:
                stops.setdefault(label, config["stopwords"])
    distinctive: dict[str, Sequence[str]] = {}
    with tarfile.open(data / "distinctive_words_0.85.tar.xz") as archive:
        for member in archive:
            label = canonical(Path(member.name).stem) if member.isfile() else None
            stream = archive.extractfile(member) if label is not None else None
            if label is not None and stream is not None:
                listed = [word for word in stream.read().decode("utf-8").split("\n") if word]
                distinctive[label] = max(distinctive.get(label, []), listed, key=len)  # zho_Hani and cmn_Hani
    return {
        label: (frequent.get(label, []), stops.get(label, []), distinctive.get(label, []))
        for label in sorted(frequent.keys() | distinctive.keys())
    }


def read_documents(data: Path) -> tuple[dict[str, int], dict[str, str]]:
    """Return documents and family of each label in the crawl's table."""
    documents: dict[str, int] = {}
    families: dict[str, str] = {}
    with (data / "fineweb2-language-distribution.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            label = canonical(row["subset"])
            if label is not None and row["split"] == "train":
                documents[label] = documents.get(label, 0) + int(row["documents"])
                families[label] = row["family"]
    latin = [count for label, count in documents.items() if label.endswith("_Latn")]
    documents.setdefault("eng_Latn", max(latin, default=0))
    return documents, families


def canonical(name: str) -> str | None:
    """Return the tag of one of FineWeb-2's names, None for what is left out of a list and for codes that are retired."""
    if name.count("_") != 1:
        return None
    try:
        return tags.canonical(name)
    except RecipeError:
        return None


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with FineWeb-2's lists")
    parser.add_argument("--out", type=Path, default=OUT, help="folder to write into")
    arguments = parser.parse_args()
    table, usage = build(read_words(arguments.data), *read_documents(arguments.data))
    packed = pack(table)
    (arguments.out / "ngrams.xz").write_bytes(packed)
    (arguments.out / "ngram_usage.xz").write_bytes(ngram_usage.pack(usage))
    (arguments.out / "ngrams.tsv").write_text(listing(table, packed, COMMENT), encoding="utf-8")
    print(f"{len(table.labels)} labels, {len(table.keys)} n-grams, {len(table.weights)} entries, {len(packed)} bytes")


if __name__ == "__main__":
    main()
