"""Measures of what happened to a text on its way: letters lost or mistaken by decoders, scanners and layout."""

from typing import Final

import numpy as np

from glotmill.text.identification.word_table import HASH_SHIFT
from glotmill.text.known_words import known_words
from glotmill.text.measures.base import Measure, Profile, Values, ratio
from glotmill.text.scan import TokenTable

_SPEER = "Speer 2019, ftfy, doi:10.5281/zenodo.2591652 (sequences that mojibake leaves)"
_TAGHVA = "Taghva et al. 2001, Automatic Removal of Garbage Strings in OCR Text, SCI 2001"
_ODD = "Glotmill's own: what a scanner makes of a word is no word, and seldom the same twice"
_OWN = "Glotmill's own: paragraphs differ in length, lines of a column do not"
_EVEN: Final = 0.1
_FEWEST_LINES: Final = 10
_STRETCH: Final = 250  # words
# Hyphen-minus, soft hyphen, not sign (what old code pages make of a soft hyphen), hyphen.
_HYPHENS: Final = np.array([ord(sign) for sign in "-\u00ad\u00ac\u2010"], np.uint32)


def intruder_ratio(table: TokenTable, _profile: Profile) -> Values:
    """Return, per word, the places where signs that join no letters stand between two of them: symbols, `¼`, `?`, `¿`, `§`.

    They are what is left of letters where UTF-8 was read as another code page (`fÃ¼r`, `maÃ±ana`), where a page lost what
    it could not encode (`f?r`), and where a scanner saw dirt. Only scripts that part words by spaces are asked;
    elsewhere a mark between letters is punctuation.
    """
    return ratio(table.intruders, table.word_counts)


def mixed_word_share(table: TokenTable, _profile: Profile) -> Values:
    """Return the share of words with a letter that have a digit or number, too: `w0rd`, `1etzte`, names of machines."""
    letters = table.per_document(table.word_alphabetic, table.word_bounds)
    return ratio(table.per_document(table.word_mixed, table.word_bounds), letters)


def single_letter_share(table: TokenTable, _profile: Profile) -> Values:
    """Return the share of words with a letter that are one base character long: what torn words leave.

    Scripts without spaces have them, too, where a dictionary no longer knows what it reads.
    """
    letters = table.per_document(table.word_alphabetic, table.word_bounds)
    single = table.word_alphabetic & (table.word_bases == 1)
    return ratio(table.per_document(single, table.word_bounds), letters)


def hyphenated_line_share(table: TokenTable, _profile: Profile) -> Values:
    """Return the share of lines that end in a hyphen: columns of a scanned or printed page that nobody joined."""
    return ratio(table.per_document(np.isin(table.line_last, _HYPHENS), table.line_bounds), table.line_counts)


def even_line_share(table: TokenTable, _profile: Profile) -> Values:
    """Return the share of characters in lines as long as most text stands in, a tenth more or less: columns of a page.

    Most text stands in lines of the mean length, each line weighed by its length. Paragraphs differ; lines that a printer,
    a scanner or an old mail program broke do not, in any script. A document of less than ten lines has 0.
    """
    lengths = table.line_lengths.astype(np.float64)
    documents = np.repeat(np.arange(len(table)), table.line_counts)
    characters = np.bincount(documents, lengths, len(table))
    usual = ratio(np.bincount(documents, lengths**2, len(table)), characters)[documents]
    even = np.bincount(documents, lengths * (np.abs(lengths - usual) <= _EVEN * usual), len(table))
    return np.where(table.line_counts >= _FEWEST_LINES, ratio(even, characters), 0.0)


def odd_word_share(table: TokenTable, profile: Profile) -> Values:
    """Return the share of words with a letter that the language's list does not know and that stand there once.

    Names and terms come again within a page, what a scanner or a decoder made of a word hardly does. A word is looked for
    in a stretch of 250 to 500 words around it, so that long documents and short ones compare; a document of fewer words
    has more odd ones. The list is that of the shipped table of words, of which each language has its own coverage.
    """
    places = np.flatnonzero(table.word_alphabetic)
    documents = np.searchsorted(table.word_bounds, places, side="right") - 1
    counts = np.bincount(documents, minlength=len(table))
    if not len(places):
        return np.zeros(len(table), np.float64)
    order = np.arange(len(places)) - (np.cumsum(counts) - counts)[documents]
    stretches = np.maximum(counts // _STRETCH, 1)
    first = np.cumsum(stretches) - stretches
    stretch = first[documents] + order * stretches[documents] // counts[documents]
    hashes = table.word_hashes[places]
    sorted_by = np.lexsort((hashes, stretch))
    keys, where = hashes[sorted_by], stretch[sorted_by]
    differs = np.concatenate([[True], (keys[1:] != keys[:-1]) | (where[1:] != where[:-1]), [True]])
    once = np.zeros(len(places), np.bool_)
    once[sorted_by] = differs[1:] & differs[:-1]
    known = np.isin((hashes >> np.uint64(HASH_SHIFT)).astype(np.uint32), known_words(profile.language))
    return ratio(np.bincount(documents, once & ~known, len(table)), counts)


MEASURES = (
    Measure("intruder_ratio", "signs between two letters per word", _SPEER, "ratio", intruder_ratio),
    Measure("mixed_word_share", "share of words with letters and numbers", _TAGHVA, "share", mixed_word_share),
    Measure("single_letter_share", "share of words that are one letter", _TAGHVA, "share", single_letter_share),
    Measure("hyphenated_line_share", "share of lines that end in a hyphen", _TAGHVA, "share", hyphenated_line_share),
    Measure(
        "odd_word_share",
        "share of words that are not known and stand there once",
        _ODD,
        "share",
        odd_word_share,
        frozenset({"known_words"}),
    ),
    Measure("even_line_share", "share of characters in lines of one length", _OWN, "share", even_line_share),
)
