"""What a language's own words are worth: recall on text held out, and what is now taken from other languages."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glotmill.text.calibration.intervals import Share
from glotmill.text.identification import word_table
from glotmill.text.identification.base import Guesses, Identifier
from glotmill.text.identification.holding import LENGTHS, cut
from glotmill.text.identification.opening import TAUGHT, open_identifiers
from glotmill.text.identification.own import OwnLanguage
from glotmill.text.identification.words import WordIdentifier

VOTERS = (*TAUGHT, "both")
_NEAREST = 5  # listed languages whose words are tried
_LEAST_LIKE = 0.01  # of the texts, below which a name is not worth a word
_DRAWN, _DRAWN_WORDS = 500, 8  # texts out of words on file, and words in each
_SEED = 2026

Voters = Mapping[str, Identifier]


@dataclass(frozen=True, slots=True)
class Recall:
    """Texts of one length and how many of them one identifier gives to the language, before and after."""

    length: int
    voter: str
    before: Share
    after: Share


@dataclass(frozen=True, slots=True)
class Taken:
    """Texts of another language that were named as that one, and how many of them now go to the new language.

    Args:
        tag: the other language.
        what: `text`, given by the user, or `words`, drawn from those on file.
        length: characters, or words where they are drawn.
        voter: which identifier.
        share: of the texts that were named as that language before.
    """

    tag: str
    what: str
    length: int
    voter: str
    share: Share


@dataclass(frozen=True, slots=True)
class Likeness:
    """A listed language that shipped identifiers take texts for.

    Args:
        tag: canonical.
        share: of the texts.
        score: mean score of the guess.
    """

    tag: str
    share: Share
    score: float


def voters(owns: Sequence[OwnLanguage]) -> Voters:
    """Return words, n-grams and both together, which know these languages too."""
    found = {name: open_identifiers((name,), {}, max_characters=1, owns=owns) for name in TAUGHT}
    return {**found, "both": open_identifiers(TAUGHT, {}, max_characters=1, owns=owns)}


def recalls(tag: str, held: Sequence[str], before: Voters, after: Voters) -> tuple[Recall, ...]:
    """Return recall by length and identifier, of texts cut out of documents that are held out."""
    found = []
    for length in LENGTHS:
        texts = cut(held, length)
        for name in VOTERS:
            counts = [named(one, texts).count(tag) for one in (before[name], after[name])]
            found.append(Recall(length, name, *(Share(count, len(texts)) for count in counts)))
    return tuple(found)


def named(identifier: Identifier, texts: Sequence[str]) -> list[str | None]:
    """Return the likeliest language of each text."""
    return _firsts(identifier, identifier.identify(texts))


def _firsts(identifier: Identifier, guesses: Guesses) -> list[str | None]:
    return [identifier.labels[place] if place >= 0 else None for place in guesses.labels[:, 0].tolist()]


def likenesses(held: Sequence[str], before: Voters) -> tuple[Likeness, ...]:
    """Return what shipped identifiers call texts of 60 characters cut out of documents, the most frequent first."""
    texts = cut(held, LENGTHS[1])
    guesses = before["both"].identify(texts)
    names = _firsts(before["both"], guesses)
    counts = Counter(name for name in names if name is not None)
    scores: Counter[str] = Counter()
    for name, score in zip(names, guesses.scores[:, 0].tolist(), strict=True):
        if name is not None:
            scores[name] += score
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_NEAREST]
    return tuple(
        Likeness(tag, Share(count, len(texts)), round(scores[tag] / count, 4))
        for tag, count in ranked
        if count >= _LEAST_LIKE * len(texts)
    )


def taken_texts(tag: str, other: str, documents: Sequence[str], before: Voters, after: Voters) -> tuple[Taken, ...]:
    """Return what is taken of texts cut out of another language's documents."""
    found = []
    for length in LENGTHS:
        texts = cut(documents, length)
        for name in VOTERS:
            pairs = zip(named(before[name], texts), named(after[name], texts), strict=True)
            later = [new for old, new in pairs if old == other]
            found.append(Taken(other, "text", length, name, Share(later.count(tag), len(later))))
    return tuple(found)


def taken_words(tag: str, near: Sequence[str], before: Voters, after: Voters) -> tuple[Taken, ...]:
    """Return what is taken of texts drawn from the words on file of listed languages near by.

    There is no text of theirs in the package. Their lists hold the words that are theirs more than others', so that
    the figure flatters.
    """
    table = word_table.shipped()
    first, second = before["words"], after["words"]
    if not isinstance(first, WordIdentifier) or not isinstance(second, WordIdentifier):
        return ()
    places = {record.tag: place for place, record in enumerate(table.records)}
    found = []
    for other in near:
        if other == tag or other not in places or other.partition("_")[2] != tag.partition("_")[2]:
            continue
        hashes = table.hashes[table.labels == places[other]]
        drawn = np.random.default_rng(_SEED).choice(hashes, _DRAWN * _DRAWN_WORDS)
        bounds = np.arange(0, len(drawn) + 1, _DRAWN_WORDS, dtype=np.int64)
        script = np.repeat(word_table.script_positions([other]), _DRAWN)
        spoken = np.full(_DRAWN, _DRAWN_WORDS, np.int64)
        pairs = [_firsts(one, one.identify_hashes(bounds, drawn, script, spoken)) for one in (first, second)]
        later = [new for old, new in zip(*pairs, strict=True) if old == other]
        found.append(Taken(other, "words", _DRAWN_WORDS, "words", Share(later.count(tag), len(later))))
    return tuple(found)
