"""What a word weighs for a label: its own words by length and rank, those it shares with others by how many have them."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from glotmill.text import scripts
from glotmill.text.identification import word_table
from glotmill.text.scan import scan

LONGEST_LIST: Final = 15_000  # 2.3 million words in 9.2 MB; twice as many name 0.1 points more sentences (decision 15)
# The weights were swept on the prose for calibration (decision 15).
# Weight of a word by its letters, marks not counted; the last for all longer ones. Short words are in many languages.
BY_LENGTH: Final = (0.3, 0.5, 0.75, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5)
RANK_DECAY: Final = 0.15  # lost each time the rank grows tenfold: a rare word is oftener a name or a loan
SHARED: Final = 0.5  # a stop word: 0.5 * (2 / (languages with it + 1)) ** 0.1
SHARED_DECAY: Final = 0.1
# Scripts of a word's first letter, where they are not the one in the tag.
WRITTEN_IN: Final = {"Jpan": ("Hani", "Hira", "Kana")}

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """Words of one label: hash, rank in its list from 0, letters without marks, place in the list; shape (words,)."""

    hashes: npt.NDArray[np.uint32]
    ranks: Ints
    letters: Ints
    places: Ints


def entries(tag: str, words: Sequence[str]) -> Entries:
    """Return those of a label's words that the scan will meet in texts, the first of each hash."""
    normal = [unicodedata.normalize("NFC", word) for word in words]
    table = scan(normal)
    names = scripts.names()
    written = [names.index(name) for name in WRITTEN_IN.get(tag.partition("_")[2], (tag.partition("_")[2],))]
    pieces = table.word_counts
    owner = np.repeat(np.arange(len(normal)), pieces)
    whole = (pieces[owner] == 1) & (table.word_lengths == table.lengths[owner])
    kept = whole & table.word_alphabetic & ~table.word_mixed & np.isin(table.word_scripts, written)
    hashes = (table.word_hashes[kept] >> np.uint64(word_table.HASH_SHIFT)).astype(np.uint32)
    first = np.sort(np.unique(hashes, return_index=True)[1])
    return Entries(hashes[first], np.arange(len(first)), table.word_bases[kept][first], owner[kept][first])


def own_weights(letters: Ints, ranks: Ints) -> Floats:
    """Return the weights of a label's own words.

    Args:
        letters: without marks, shape (words,).
        ranks: among the label's own words, from 0, shape (words,).
    """
    by_length = np.array(BY_LENGTH)[np.clip(letters, 1, len(BY_LENGTH)) - 1]
    return np.asarray(by_length * (1 + RANK_DECAY * np.log10(2 / (1 + ranks))), np.float64)


def shared_weights(sharers: Ints) -> Floats:
    """Return the weights of words that several labels have.

    Args:
        sharers: labels that have each, the one it is weighed for included, shape (words,).
    """
    return np.asarray(SHARED * np.minimum(1, 2 / (sharers + 1)) ** SHARED_DECAY, np.float64)
