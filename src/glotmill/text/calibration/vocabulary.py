"""The words and closing marks of a reference: what its language's stop words and ends of sentences could be."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glotmill.text import scripts
from glotmill.text.hashing import text_hash
from glotmill.text.scan import TokenTable, scan

_MOST = 400_000  # distinct words in memory; beyond, the rarest are forgotten: no stop word is among them
_LEAST_SHARE = 0.01  # of the lines that end in a mark
_ASKED_AGAIN = 4  # candidates per stop word wanted, since some are no word by themselves


@dataclass(frozen=True, slots=True)
class FrequentWord:
    """A word as it is written in lower case, with how often it was seen.

    Args:
        word: lower case.
        documents: that have it.
        count: in all of them.
    """

    word: str
    documents: int
    count: int


class Vocabulary:
    """Counts words and closing marks of documents, in bounded memory."""

    def __init__(self, expected: npt.NDArray[np.bool_]) -> None:
        """Count only words whose first letter is in one of the expected scripts, by position in `scripts.names()`."""
        self._expected = expected
        self._seen: dict[int, tuple[str, int, int]] = {}  # hash -> lower case, documents, count
        self._closing: Counter[int] = Counter()
        self.documents = 0

    def add(self, texts: Sequence[str], table: TokenTable) -> None:
        """Count what these documents have; `table` is theirs."""
        self.documents += len(texts)
        self._closing.update(table.line_closing.tolist())
        owners = np.repeat(np.arange(len(texts), dtype=np.int64), table.word_counts)
        chosen = np.flatnonzero(table.word_alphabetic & self._expected[table.word_scripts])
        hashes, first, inverse, counts = np.unique(
            table.word_hashes[chosen], return_index=True, return_inverse=True, return_counts=True
        )
        pairs = np.unique(inverse.astype(np.int64) * max(len(texts), 1) + owners[chosen])
        documents = np.bincount(pairs // max(len(texts), 1), minlength=len(hashes))
        starts, lengths = table.word_starts[chosen][first], table.word_lengths[chosen][first]
        for place, key in enumerate(hashes.tolist()):
            known = self._seen.get(key)
            if known is None:
                start = int(starts[place])
                word = texts[int(owners[chosen[first[place]]])][start : start + int(lengths[place])]
                known = (word.replace("İ", "i").lower(), 0, 0)
            self._seen[key] = (known[0], known[1] + int(documents[place]), known[2] + int(counts[place]))
        if len(self._seen) > _MOST:
            common = sorted(self._seen.items(), key=lambda item: (-item[1][1], item[0]))
            self._seen = dict(common[: _MOST // 2])

    def frequent(self, most: int) -> tuple[FrequentWord, ...]:
        """Return the words that most documents have, and among equals the more frequent; each one word of the scan.

        The share of documents, and not the mere count, keeps out what a few documents are about.
        """
        ranked = sorted(self._seen.values(), key=lambda entry: (-entry[1], -entry[2], entry[0]))
        candidates = [entry for entry in ranked if unicodedata.is_normalized("NFC", entry[0])][: most * _ASKED_AGAIN]
        table = scan([word for word, _, _ in candidates])
        found = [
            FrequentWord(*entry)
            for index, entry in enumerate(candidates)
            if table.word_spans_of(index).tolist() == [[0, len(entry[0])]]
            and int(table.words_of(index)[0]) == text_hash(entry[0])
        ]
        return tuple(found[:most])

    def sentence_ends(self) -> tuple[str, ...]:
        """Return the marks of Unicode's property Sentence_Terminal with which lines end, the most frequent first."""
        flags = scripts.properties()
        marks = {mark: count for mark, count in self._closing.items() if flags[mark] & scripts.ENDS_SENTENCE}
        least = _LEAST_SHARE * sum(marks.values())
        common = [mark for mark, count in marks.items() if count >= least]
        return tuple(chr(mark) for mark in sorted(common, key=lambda mark: (-marks[mark], mark)))
