"""Measure what a language's own file is worth: a listed language is taken out of the tables and counted anew from text.

Run `.venv/bin/python scripts/measure_own_languages.py [TAG ...]` after `make prose`. For each language, words are counted
in the first 1 KB, 10 KB, 100 KB and 1 MB of its prose for calibration (manifests/prose.yaml), documents in the order of their
digests; the shipped tables lose the label and get the file. Named are texts of 30, 60 and 120 characters of the prose for
the test: the recall of the language, and how many texts of all other languages that were named rightly go to it now.
`listed` is what the shipped tables do. `--against A,B` marks words that the calibration prose of these languages has as
often. `--keep` leaves the label in the tables, as for a language that is listed. `--try` reads calibration text alone, even
documents to learn and odd ones to test: constants were chosen on that.
"""

import argparse
import hashlib
from collections import Counter

import measure_ngrams
import numpy as np

from glotmill.report.adding import own_language
from glotmill.text.identification import (
    ensemble,
    extension,
    ngram_table,
    ngram_usage,
    ngram_weights,
    word_table,
    words,
)
from glotmill.text.identification.base import Identifier
from glotmill.text.identification.counting import WordCounter
from glotmill.text.identification.ngram_table import NgramTable
from glotmill.text.identification.ngrams import NgramIdentifier
from glotmill.text.identification.word_table import WordTable

SIZES = (1_000, 10_000, 100_000, 1_000_000)
LENGTHS = (30, 60, 120)
TAGS = (
    "eus_Latn", "tur_Latn", "por_Latn", "glg_Latn", "hrv_Latn", "ces_Latn", "hin_Deva", "tha_Thai", "khm_Khmr", "arb_Arab",
    "ukr_Cyrl", "cmn_Hani", "hau_Latn", "swe_Latn", "deu_Latn",
)  # fmt: skip


def without_words(table: WordTable, tag: str) -> WordTable:
    """Return a table of words without a label."""
    place = next((place for place, one in enumerate(table.records) if one.tag == tag), -2)
    kept = table.labels != place
    labels = table.labels[kept] - (table.labels[kept] > place) if place >= 0 else table.labels[kept]
    records = tuple(one for one in table.records if one.tag != tag)
    return WordTable(table.hashes[kept], labels.astype(np.int32), table.weights[kept], records)


def without_ngrams(table: NgramTable, tag: str) -> NgramTable:
    """Return a table of n-grams without a label."""
    if tag not in table.labels:
        return table
    place = table.labels.index(tag)
    keys = np.repeat(table.keys, np.diff(table.starts))
    kept = table.entry_labels != place
    unique, firsts = np.unique(keys[kept], return_index=True)
    labels = table.entry_labels[kept].astype(np.int64)
    return NgramTable(
        tuple(one for one in table.labels if one != tag),
        np.delete(table.documents, place),
        unique,
        np.append(firsts, int(kept.sum())).astype(np.int64),
        (labels - (labels > place)).astype(np.uint16),
        table.weights[kept],
    )


def by_digest(paragraphs: list[str]) -> list[str]:
    """Return paragraphs in an order that has nothing to do with where they come from."""
    return sorted(paragraphs, key=lambda text: hashlib.sha256(text.encode()).digest())


def first(paragraphs: list[str], size: int) -> list[str]:
    """Return the first of some paragraphs, so many bytes of them in all."""
    found, used = [], 0
    for text in by_digest(paragraphs):
        data = text.encode()[: size - used]
        found.append(data.decode(errors="ignore"))
        used += len(data)
        if used >= size:
            break
    return found


def voters(words_table: WordTable, ngrams: NgramTable) -> dict[str, Identifier]:
    """Return the three identifiers over these tables."""
    both: dict[str, Identifier] = {"words": words.WordIdentifier(words_table), "ngrams": NgramIdentifier(ngrams)}
    return {**both, "both": ensemble.open_ensemble({name: both[name] for name in ("ngrams", "words")})}


def counted(tag: str, texts: list[str]) -> WordCounter:
    """Return the counted words of texts."""
    counter = WordCounter(tag)
    counter.add(texts)
    return counter


def named(identifier: Identifier, texts: list[str]) -> list[str | None]:
    """Return the first guess of each text."""
    return [identifier.labels[place] if place >= 0 else None for place in identifier.identify(texts).labels[:, 0]]


def sides(tag: str, *, trying: bool) -> tuple[list[str], dict[str, list[str]]]:
    """Return what teaches, and by language what is named."""
    prose = measure_ngrams.prose("calibration")
    if not trying:
        return prose[tag], measure_ngrams.prose("test")
    odd = {label: by_digest(some)[1::2] for label, some in prose.items()}
    return by_digest(prose[tag])[::2], odd


def measure(tag: str, against: list[str], *, trying: bool, keep: bool) -> None:
    """Print a line per amount of text."""
    teaching, testing = sides(tag, trying=trying)
    others = [counted(other, sides(other, trying=trying)[0]) for other in against]
    rows = {length: measure_ngrams.cut(testing, length) for length in LENGTHS}
    shipped = word_table.shipped(), ngram_table.shipped()
    masked = shipped if keep else (without_words(shipped[0], tag), without_ngrams(shipped[1], tag))
    before = {
        (name, length): named(one, [text for _, text in rows[length]])
        for name, one in voters(*masked).items()
        for length in LENGTHS
    }
    report(tag, "listed", voters(*shipped), rows, before)
    total = sum(len(text.encode()) for text in teaching)
    for size in SIZES:
        counter = counted(tag, first(teaching, size))
        if len(counter.frequent()) < ngram_weights.FEWEST_WORDS:
            print(f"{tag}\t{size}\ttoo few words")
            continue
        language = own_language(tag, counter, others)
        added = (
            extension.extended_words(masked[0], [language]),
            extension.extended_ngrams(masked[1], ngram_usage.shipped(), [language]),
        )
        report(tag, f"{min(size, total)} B, {len(language.words)} words", voters(*added), rows, before)
        if size >= total:
            break


def report(
    tag: str, what: str, found: dict[str, Identifier], rows: dict[int, measure_ngrams.Texts], before: dict
) -> None:
    """Print recall and what is taken from others, by identifier and length."""
    cells = []
    for name, one in found.items():
        recalls, stolen, others = [], Counter(), 0
        for length in LENGTHS:
            guesses = named(one, [text for _, text in rows[length]])
            own_rows = [guess == tag for guess, (label, _) in zip(guesses, rows[length], strict=True) if label == tag]
            recalls.append(f"{np.mean(own_rows):.2f}")
            for guess, old, (label, _) in zip(guesses, before[name, length], rows[length], strict=True):
                others += label != tag
                if label != tag and guess == tag and old == label:
                    stolen[label] += 1
        taken = ", ".join(f"{label} {count}" for label, count in stolen.most_common(3))
        cells.append(f"{name} {'/'.join(recalls)} taken {stolen.total()} of {others} ({taken})")
    print(f"{tag}\t{what}\t" + "\t".join(cells), flush=True)


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tags", nargs="*", default=TAGS, metavar="TAG")
    parser.add_argument("--try", dest="trying", action="store_true", help="read calibration text alone")
    parser.add_argument("--against", default="", metavar="A,B", help="languages whose words are marked")
    parser.add_argument("--keep", action="store_true", help="leave the label in the tables")
    arguments = parser.parse_args()
    against = [tag for tag in arguments.against.split(",") if tag]
    for tag in arguments.tags:
        measure(tag, against, trying=arguments.trying, keep=arguments.keep)


if __name__ == "__main__":
    main()
