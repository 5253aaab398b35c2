"""Identification by characters: short n-grams, for short texts, scripts without spaces and languages with few words on file."""

import functools
import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from glotmill.text import hashing, scripts
from glotmill.text.groups import grouped, origins_of
from glotmill.text.identification import ngram_kernel, ngram_table
from glotmill.text.identification.base import Guesses
from glotmill.text.identification.ngram_table import NgramTable

GUESSES: Final = 3
LONGEST: Final = 65_536  # characters read of a text; of a longer one, windows spread evenly over it
_WINDOWS: Final = 8
# Nats for ten times as many documents. It is large because n-grams that overlap say the same thing several times. Of 0 to
# 8, 6 had the best mean accuracy on development text, 0.3 points above 0, and cost languages with few documents nothing.
_PRIOR: Final = 6.0
# Evidence is divided by the number of letters to this power. Of 0.5 to 0.95, on texts of 30 characters to a paragraph of
# prose for calibration and of stories, it has the least log loss (scripts/measure_ngrams.py --fit, docs/decisions/0016).
_POWER: Final = 0.85
_BATCH: Final = 1_000_000  # characters read at once


class NgramIdentifier:
    """Names the language of a text by its character n-grams, with naive Bayes.

    Each n-gram of up to four letters and marks, edges of words included, adds its weight to the labels that it speaks
    for; only labels in the script of most of the text's letters take part, so that Latin text never passes for Arabic.
    A script with one label is decided by the script alone. The score of label i is

        share * exp(e_i / T) / sum over labels j of the script of exp(e_j / T),    T = letters ** power

    where e is the evidence in nats, share that of the script among all letters, and letters the number of letters and
    marks: n-grams of one text overlap and repeat one another, so that its evidence grows faster than what is known. Of a text longer than `LONGEST`
    characters, eight windows spread evenly over it are read. Texts are read in NFC.

    Args:
        table: the n-grams; `ngram_table.shipped()` are those that come with Glotmill.
        power: that of the formula.
    """

    def __init__(self, table: NgramTable, power: float = _POWER) -> None:
        self.labels: tuple[str, ...] = table.labels
        self._power = power
        self._prior = np.round(_PRIOR * np.log10(table.documents + 10)).astype(np.int64)
        edges = np.arange((1 << ngram_kernel.BUCKET_BITS) + 1, dtype=np.int64)
        buckets = np.searchsorted(table.keys, edges << (ngram_kernel.KEY_BITS - ngram_kernel.BUCKET_BITS))
        self._model = (buckets.astype(np.int64), table.keys, table.starts, table.entry_labels, table.weights)
        names = scripts.dominant_names()
        # The last row is for texts without a letter, position -1.
        self._spans = np.zeros((len(names) + 1, 2), np.int64)
        written = [label.rpartition("_")[2] for label in table.labels]
        for position, name in enumerate(names):
            if name in written:
                first = written.index(name)
                self._spans[position] = first, first + written.count(name)
        self._joined = [names.index(name) for name in ("Hira", "Kana", "Hang", "Hani", "Bopo")]
        self._joint_names = [names.index(name) for name in ("Jpan", "Hang", "Hani")]
        self._tables = (scripts.properties(), *hashing.folding())

    def identify(self, texts: Sequence[str]) -> Guesses:
        """Return guesses for texts, in order; -1 where a text has no letter, or none of a script that has labels."""
        labels = [np.empty((0, GUESSES), np.int32)]
        scores = [np.empty((0, GUESSES), np.float64)]
        for group in grouped((scripts.code_points(_read(text)) for text in texts), _BATCH):
            found = self._rank(group)
            labels.append(found[0])
            scores.append(found[1])
        return Guesses(np.concatenate(labels), np.floor(np.concatenate(scores) * 10_000) / 10_000)

    def _rank(self, texts: Sequence[npt.NDArray[np.uint32]]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        origins = origins_of(texts)
        points = np.concatenate(texts)
        letters = ngram_kernel.letters_per_script(points, origins, self._tables[0], len(scripts.names()))
        script = scripts.dominant_of(letters)
        own = letters[np.arange(len(texts)), np.minimum(script, letters.shape[1] - 1)]
        own = np.where(np.isin(script, self._joint_names), letters[:, self._joined].sum(axis=1), own)
        return ngram_kernel.rank(
            (points, origins),
            self._tables,
            self._spans[script],
            own / np.maximum(letters.sum(axis=1), 1),
            self._model,
            self._prior,
            self._power,
            GUESSES,
        )


def _read(text: str) -> str:
    if len(text) > LONGEST:
        width = LONGEST // _WINDOWS
        step = (len(text) - width) // (_WINDOWS - 1)
        text = "\n".join(text[start : start + width] for start in range(0, _WINDOWS * step, step))
    return unicodedata.normalize("NFC", text)


@functools.cache
def shipped() -> NgramIdentifier:
    """Return the identifier over the n-grams that come with Glotmill; built once per process."""
    return NgramIdentifier(ngram_table.shipped())
