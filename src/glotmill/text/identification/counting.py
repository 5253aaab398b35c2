"""Words of texts by frequency, as the file of a language's own lists them."""

import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np

from glotmill.text import scripts
from glotmill.text.identification import word_weights
from glotmill.text.scan import scan

_MOST: Final = 400_000  # distinct words in memory; beyond, the rarest are forgotten
MOST_BYTES: Final = 100_000  # of the lines of a file


class WordCounter:
    """Counts the words of texts in one language, in bounded memory.

    Args:
        tag: canonical; words count whose first letter is in its script and that have no digit.
    """

    def __init__(self, tag: str) -> None:
        names = scripts.names()
        script = tag.rpartition("_")[2]
        self._tag = tag
        self._written = [names.index(name) for name in word_weights.WRITTEN_IN.get(script, (script,))]
        self._seen: dict[int, tuple[str, int]] = {}  # hash -> lower case, count
        self.words = 0
        self.foreign = 0  # words in other scripts

    def add(self, texts: Sequence[str]) -> None:
        """Count the words of these texts."""
        normal = [unicodedata.normalize("NFC", text) for text in texts]
        table = scan(normal)
        owners = np.repeat(np.arange(len(normal)), table.word_counts)
        letters = table.word_alphabetic & ~table.word_mixed
        native = np.isin(table.word_scripts, self._written)
        chosen = np.flatnonzero(letters & native)
        self.words += len(chosen)
        self.foreign += int((letters & ~native).sum())
        hashes, first, counts = np.unique(table.word_hashes[chosen], return_index=True, return_counts=True)
        for key, place, count in zip(hashes.tolist(), chosen[first].tolist(), counts.tolist(), strict=True):
            known = self._seen.get(key)
            if known is None:
                start, length = int(table.word_starts[place]), int(table.word_lengths[place])
                word = normal[owners[place]][start : start + length].replace("İ", "i").lower()
                known = (unicodedata.normalize("NFC", word), 0)
            self._seen[key] = (known[0], known[1] + count)
        if len(self._seen) > _MOST:
            common = sorted(self._seen.items(), key=lambda item: (-item[1][1], item[1][0]))
            self._seen = dict(common[: _MOST // 2])

    def shares(self) -> dict[str, float]:
        """Return the share of each word, in lower case, in all words."""
        return {word: count / self.words for word, count in self._seen.values()}

    def frequent(self) -> list[tuple[str, int]]:
        """Return words that are one word by themselves with their counts, the most frequent first, as a file holds them."""
        ranked = sorted(self._seen.values(), key=lambda entry: (-entry[1], entry[0]))
        found: list[tuple[str, int]] = []
        size = 0
        usable = word_weights.entries(self._tag, [word for word, _ in ranked[: 3 * word_weights.LONGEST_LIST]])
        for place in usable.places.tolist():
            word, count = ranked[place]
            size += len(word.encode("utf-8")) + len(str(count)) + 4
            if size > MOST_BYTES or len(found) == word_weights.LONGEST_LIST:
                break
            found.append((word, count))
        return found


def counted_words(tag: str, texts: Sequence[str]) -> list[tuple[str, int]]:
    """Return the words of texts in a language with their counts, the most frequent first, as many as a file holds."""
    counter = WordCounter(tag)
    counter.add(texts)
    return counter.frequent()
