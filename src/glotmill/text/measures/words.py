"""Measures of a document's words: function words, lengths of sentences, web addresses."""

from typing import Final

import numpy as np

from glotmill.text.hashing import text_hash
from glotmill.text.measures.base import Measure, Profile, Values, ratio
from glotmill.text.scan import Hashes, Ints, TokenTable

_SCHEMES: Final = ("http", "https", "www")


def _places(table: TokenTable, words: Hashes) -> tuple[Ints, Ints]:
    """Return, for every word of the table that is one of these, its document and its place among them."""
    if not len(words):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    places = np.minimum(np.searchsorted(words, table.word_hashes), len(words) - 1)
    found = np.flatnonzero(words[places] == table.word_hashes)
    return np.searchsorted(table.word_bounds, found, side="right") - 1, places[found]


def stop_word_places(table: TokenTable, profile: Profile) -> tuple[Ints, Ints]:
    """Return, for every word that is a stop word, its document and its place among the stop words."""
    return _places(table, profile.stop_words)


def stop_word_share(table: TokenTable, profile: Profile) -> Values:
    """Return the share of words that are stop words of the language: function words, of which prose is full.

    The list decides the level: 20 words of Basque, which puts them into endings, cover less than 20 of English.
    """
    documents, _ = stop_word_places(table, profile)
    return ratio(np.bincount(documents, minlength=len(table)), table.word_counts)


def confusable_word_share(table: TokenTable, profile: Profile) -> Values:
    """Return the share of words that are function words of languages that this one is mixed with or taken for.

    The language's file lists them, without words that are its own too: for Basque `of` and `los`, but not `on`.
    """
    documents, _ = _places(table, profile.confusable)
    return ratio(np.bincount(documents, minlength=len(table)), table.word_counts)


def longest_word(table: TokenTable, _profile: Profile) -> Values:
    """Return the length of the longest word in base characters: code points that are not combining marks."""
    longest = np.zeros(len(table), np.float64)
    full = np.flatnonzero(table.word_counts)
    if len(full):
        longest[full] = np.maximum.reduceat(table.word_bases, table.word_bounds[full])
    return longest


def mean_sentence_words(table: TokenTable, _profile: Profile) -> Values:
    """Return the words per sentence; a document without an end of a sentence is one sentence."""
    return ratio(table.word_counts, table.sentences)


def addresses(table: TokenTable) -> Ints:
    """Return the web addresses per document, known by the words `http`, `https` and `www`.

    An address without a scheme (`www.adibidea.eus`) is one word, which no table of hashes tells from a name.
    """
    schemes = np.array([text_hash(word) for word in _SCHEMES], np.uint64)
    return table.per_document(np.isin(table.word_hashes, schemes), table.word_bounds)


def address_ratio(table: TokenTable, _profile: Profile) -> Values:
    """Return web addresses per word; one without `http` or `https` is not seen."""
    return ratio(addresses(table), table.word_counts)


MEASURES = (
    Measure(
        "stop_word_share",
        "share of words that are stop words of the language",
        "RedPajama-V2, rps_doc_stop_word_fraction",
        "share",
        stop_word_share,
        frozenset({"stop_words"}),
    ),
    Measure(
        "confusable_word_share",
        "share of words that are function words of confusable languages",
        "Gambäck and Das 2016, LREC, pages 1850-1855 (code-mixing)",
        "share",
        confusable_word_share,
        frozenset({"confusable"}),
    ),
    Measure("longest_word", "base characters of the longest word", "Raffel et al. 2020", "characters", longest_word),
    Measure(
        "mean_sentence_words",
        "words per sentence",
        "RedPajama-V2, rps_num_sentences",
        "ratio",
        mean_sentence_words,
        frozenset({"sentence_ends"}),
    ),
    Measure("address_ratio", "web addresses per word", "HPLT web-docs-scorer", "ratio", address_ratio),
)
