"""Identification by words: each word of a text speaks for the language whose word it is."""

import functools
import math
import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from glotmill.text import scripts
from glotmill.text.identification import word_table
from glotmill.text.identification.base import Guesses
from glotmill.text.identification.word_table import Label, WordTable
from glotmill.text.scan import TokenTable, scan

GUESSES: Final = 3
_KEPT: Final = 8  # ranked before labels without a verdict are taken out
# A label that has this share of a script's documents is meant by the script alone, as Thai is.
_DEFAULT_SHARE: Final = 0.9
_MOST_HEAD_START: Final = 6.0
# Fitted on sentences of prose for calibration, docs/decisions/0015-words.md.
_SCALE: Final = 3.5  # nats per unit of weight
_PRIOR: Final = 0.03
_BACKGROUND: Final = (0.6, 0.2)  # nats, and nats per word
_CLOSE_SCALE: Final = 0.6  # of the nats that tell two languages of a group apart


class WordIdentifier:
    """Names the language of a text by its words.

    A label's evidence is the sum of the weights of its words in the text, a small prior for how much text there is in
    it, and, where a script is nearly always that of one language, what the script says. Labels in another script than
    that of most letters of the text have none. Scores come from the softmax over the labels and a background, which
    stands for languages that have no list and grows with the text. Between two labels of a group (Danish and
    Norwegian, Croatian and Serbian in Latin letters) the same evidence tells less, so their shares of a score are
    drawn together.

    A text whose likeliest label is unsupported gets no verdict: another language would be a wrong one.

    Args:
        table: the words; `word_table.shipped()` are those that come with Glotmill.
    """

    def __init__(self, table: WordTable) -> None:
        self.labels: tuple[str, ...] = tuple(record.tag for record in table.records)
        self.records: tuple[Label, ...] = table.records
        self._hashes, self._entry_labels = table.hashes, table.labels
        self._weights = table.weights * _SCALE
        edges = np.arange((1 << 32 - word_table.BUCKET_SHIFT) + 1, dtype=np.int64) << word_table.BUCKET_SHIFT
        self._buckets = np.searchsorted(self._hashes, edges.astype(np.uint64)).astype(np.int64)
        self._scripts = word_table.script_positions(self.labels)
        self._verdict = np.array([record.state != "unsupported" for record in table.records], np.bool_)
        groups = sorted({record.group for record in table.records} - {""})
        self._groups = np.array([groups.index(r.group) if r.group else -1 for r in table.records], np.int64)
        documents = np.array([record.documents for record in table.records], np.float64)
        known = len(scripts.dominant_names())
        shares = (documents + 100) / (np.bincount(self._scripts, documents, known) + 100)[self._scripts]
        self._prior = _SCALE * _PRIOR * np.log(np.minimum(shares, 1))
        self._defaults = np.full(known, -1, np.int32)
        self._head_start = np.zeros(known, np.float64)
        for label in np.flatnonzero(shares >= _DEFAULT_SHARE):
            # Where shares of several labels without documents tie, there is no default.
            script, share = self._scripts[label], min(float(shares[label]), 1.0)
            if documents[label] > 0:
                self._defaults[script] = label
                self._head_start[script] = min(_MOST_HEAD_START, math.log(share / (1 - share + 1e-9)))

    def identify(self, texts: Sequence[str]) -> Guesses:
        """Return guesses for texts, in order; texts are read in NFC."""
        return self.identify_scanned(scan([unicodedata.normalize("NFC", text) for text in texts]))

    def identify_scanned(self, table: TokenTable) -> Guesses:
        """Return guesses for the documents of a token table, in order; their texts should be in NFC."""
        hashes = (table.word_hashes >> np.uint64(word_table.HASH_SHIFT)).astype(np.uint32)
        spoken = table.per_document(table.word_alphabetic, table.word_bounds)
        return self.identify_hashes(table.word_bounds, hashes, scripts.dominant_of(table.scripts), spoken)

    def identify_hashes(
        self,
        bounds: npt.NDArray[np.int64],
        hashes: word_table.Hashes,
        text_scripts: npt.NDArray[np.int32],
        spoken: npt.NDArray[np.int64],
    ) -> Guesses:
        """Return guesses for texts of which only this is known, in order.

        Args:
            bounds: the first word of each text, and the end, shape (texts + 1,).
            hashes: of the words, as the table has them, shape (words,).
            text_scripts: position of each text's script in `scripts.dominant_names()`, -1 for none, shape (texts,).
            spoken: words with a letter in each, shape (texts,).
        """
        from glotmill.text.identification import words_kernel  # noqa: PLC0415  # brings numba

        growth = np.where(self._defaults[text_scripts] >= 0, 0.0, _BACKGROUND[1])
        background = (_BACKGROUND[0] + growth * spoken).astype(np.float64)
        labels, evidence, total = words_kernel.rank(
            bounds,
            hashes,
            (self._buckets, self._hashes, self._entry_labels, self._weights),
            (self._scripts, self._prior),
            (self._defaults, self._head_start),
            (text_scripts, background),
            _KEPT,
        )
        scores = np.where(labels >= 0, np.exp(np.minimum(evidence - total[:, None], 0)), 0.0)
        return self._judged(labels, evidence, scores)

    def _judged(
        self, labels: npt.NDArray[np.int32], evidence: npt.NDArray[np.float64], scores: npt.NDArray[np.float64]
    ) -> Guesses:
        first, second = labels[:, 0], labels[:, 1]
        close = (second >= 0) & (self._groups[first] >= 0) & (self._groups[first] == self._groups[second])
        both = scores[:, 0] + scores[:, 1]
        ahead = 1 / (1 + np.exp(-_CLOSE_SCALE * (evidence[:, 0] - evidence[:, 1])))
        scores = scores.copy()
        scores[:, 0] = np.where(close, both * ahead, scores[:, 0])
        scores[:, 1] = np.where(close, both * (1 - ahead), scores[:, 1])
        spoken_for = (labels >= 0) & self._verdict[labels] & self._verdict[first][:, None]
        order = np.argsort(~spoken_for, axis=1, kind="stable")[:, :GUESSES]
        kept = np.take_along_axis(spoken_for, order, axis=1)
        found = np.where(kept, np.take_along_axis(labels, order, axis=1), -1).astype(np.int32)
        rounded = np.floor(np.take_along_axis(scores, order, axis=1) * 10_000) / 10_000
        return Guesses(found, np.where(kept, rounded, 0.0))


@functools.cache
def shipped() -> WordIdentifier:
    """Return the identifier over the words that come with Glotmill; built once per process, in about 0.1 s."""
    return WordIdentifier(word_table.shipped())
