"""The poor lab's ablation: equally much of two corpora, a small model of each, and what they make of text of neither."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glotmill.core.errors import DataError
from glotmill.core.hashing import content_hash
from glotmill.dedup.classes import copies
from glotmill.dedup.learnable import learnable
from glotmill.dedup.tombstones import Tombstones
from glotmill.io.documents import Refuse, find_documents, read_documents
from glotmill.text.ngram_model import alphabet_of, fit_ngrams
from glotmill.text.scan import scan

LEAST_WORDS = 500  # of a corpus; a model of fewer says nothing
LEAST_HELD_OUT = 10  # documents
_MOST_READ = 200_000_000  # characters of a location: what fits into memory
_SIMILARITY = 0.8
_RESAMPLES = 1000
_BATCH = 500

Numbers = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Texts:
    """Documents of one place.

    Args:
        name: of the place, as people gave it.
        texts: each on one line.
    """

    name: str
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its 95 % interval over held-out documents."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Side:
    """One corpus.

    Args:
        location: as given.
        documents: that a model was trained on.
        words: of them, by the scan.
        characters: of them.
        bits: per character of the held-out text.
    """

    location: str
    documents: int
    words: int
    characters: int
    bits: Figure

    @property
    def perplexity(self) -> float:
        """Of a character: 2 to the power of the bits."""
        return float(2**self.bits.value)


@dataclass(frozen=True, slots=True)
class Ablation:
    """What came out.

    Args:
        sides: the first corpus and the second.
        difference: bits per character of the first less those of the second, on the same documents.
        held_out: documents judged.
        characters: of them.
        chance: bits per character by which models of two halves of one corpus differ, the greater of both corpora: what the
            draw of the documents does by itself.
        copies: held-out documents left out because a training text, or an earlier one of them, has their text.
    """

    sides: tuple[Side, Side]
    difference: Figure
    chance: float
    held_out: int
    characters: int
    copies: int

    @property
    def better(self) -> int | None:
        """0 for the first, 1 for the second, None where the interval of the difference holds 0 or chance does as much."""
        if self.difference.low <= 0 <= self.difference.high or abs(self.difference.value) <= self.chance:
            return None
        return 0 if self.difference.value < 0 else 1


def ablate(first: str, second: str, held_out: str, *, words: int, seed: int) -> Ablation:
    """Train a model of characters on equally many words of two corpora, and compare them on held-out text.

    Args:
        first: documents of a corpus in one language: a file or folder.
        second: the same, made with another setting.
        held_out: text that neither corpus was made from, written by people; rows that say another origin are left out.
        words: of each corpus at most; both give as many as the smaller one has.
        seed: of the order in which documents are taken and of the resampling.

    Raises:
        DataError: a location has no documents, or too few.
    """
    corpora = (Texts(first, _read(first)), Texts(second, _read(second)))
    judged = Texts(held_out, _read(held_out, refuse=learnable(Tombstones())))
    return compare(corpora, judged, words=words, seed=seed)


def compare(corpora: tuple[Texts, Texts], held_out: Texts, *, words: int, seed: int) -> Ablation:
    """Train a model of characters on equally many words of two corpora, and compare them on held-out text; as `ablate`."""
    counts = [_words(corpus.texts) for corpus in corpora]
    size = min(words, *(int(count.sum()) for count in counts))
    if size < LEAST_WORDS or min(len(corpus.texts) for corpus in corpora) < 2:
        raise DataError(
            f"{size} words are in the smaller of {corpora[0].name} and {corpora[1].name}; {LEAST_WORDS} in two documents are "
            "the least"
        )
    taken = [_taken(corpus.texts, count, size, seed) for corpus, count in zip(corpora, counts, strict=True)]
    judged = held_out.texts
    left = _without_copies(judged, [text for side in taken for text in side], seed)
    if len(left) < LEAST_HELD_OUT:
        raise DataError(
            f"{held_out.name}: {len(left)} documents are left that no training text has, and {LEAST_HELD_OUT} are the least"
        )
    alphabet = alphabet_of([*taken[0], *taken[1], *left])
    bits = [fit_ngrams(side, alphabet).bits(left) for side in taken]
    lengths = np.array([len(text) + 1 for text in left], np.float64)
    draws = np.random.default_rng(seed).integers(0, len(left), (_RESAMPLES, len(left)))
    sides = [
        Side(corpus.name, len(side), size, sum(map(len, side)), _figure(own, lengths, draws))
        for corpus, side, own in zip(corpora, taken, bits, strict=True)
    ]
    difference = _figure(bits[0] - bits[1], lengths, draws)
    return Ablation(
        sides=(sides[0], sides[1]),
        difference=difference,
        chance=max(_between_halves(side, left, alphabet) for side in taken),
        held_out=len(left),
        characters=int(lengths.sum()) - len(left),
        copies=len(judged) - len(left),
    )


def agreed(found: Sequence[Ablation]) -> int | None:
    """Return which side every draw finds better, or None where they differ or one of them finds neither."""
    verdicts = {one.better for one in found}
    return verdicts.pop() if len(verdicts) == 1 else None


def _read(location: str, *, refuse: Refuse | None = None) -> list[str]:
    batches = (batch.texts for batch in read_documents(find_documents(location), refuse=refuse))
    return on_one_line(batches, location)


def on_one_line(batches: Iterable[Iterable[str | None]], name: str) -> list[str]:
    """Return texts without their line breaks, which belong to pages and not to a language, and without empty ones.

    Raises:
        DataError: there are more than 200 million characters of them.
    """
    texts: list[str] = []
    size = 0
    for batch in batches:
        found = (" ".join((text or "").split()) for text in batch)
        for text in found:
            size += len(text)
            if text:
                texts.append(text)
        if size > _MOST_READ:
            raise DataError(f"{name}: more than {_MOST_READ:,} characters; give a part of it")
    return texts


def _words(texts: Sequence[str]) -> Ints:
    parts = [scan(texts[start : start + _BATCH]).word_counts for start in range(0, len(texts), _BATCH)]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _taken(texts: Sequence[str], counts: Ints, size: int, seed: int) -> list[str]:
    """Return documents of exactly so many words: those with the smallest hashes, the last one cut.

    Documents that both corpora have are so taken from both, and what differs is what the settings changed.
    """
    taken: list[str] = []
    left = size
    for place in sorted(range(len(texts)), key=lambda place: (content_hash(f"{seed} {texts[place]}"), place)):
        if left <= 0:
            break
        text, count = texts[place], int(counts[place])
        if count > left:
            table = scan([text])
            text = text[: int(table.word_starts[left - 1] + table.word_lengths[left - 1])]
        taken.append(text)
        left -= min(count, left)
    return taken


def _without_copies(judged: Sequence[str], training: Sequence[str], seed: int) -> list[str]:
    classes = np.repeat(np.arange(2, dtype=np.int64), [len(judged), len(training)])
    across, within = copies([*judged, *training], classes, threshold=_SIMILARITY, seed=seed)
    gone = {*across.tolist(), *within.tolist()}
    return [text for place, text in enumerate(judged) if place not in gone]


def _between_halves(side: Sequence[str], judged: Sequence[str], alphabet: Ints) -> float:
    first, second = (fit_ngrams(half, alphabet).bits(judged).sum() for half in (side[::2], side[1::2]))
    return round(float(abs(first - second)) / sum(len(text) + 1 for text in judged), 4)


def _figure(bits: Numbers, lengths: Numbers, draws: Ints) -> Figure:
    """Return bits per character, and the percentile interval over drawn documents (Efron and Tibshirani 1993)."""
    found = np.array([bits[draw].sum() / lengths[draw].sum() for draw in draws])
    low, high = np.quantile(found, [0.025, 0.975]).tolist()
    value = float(bits.sum() / lengths.sum())
    return Figure(round(value, 4), round(float(low), 4), round(float(high), 4))
