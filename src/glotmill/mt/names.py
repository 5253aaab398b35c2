"""Names that became other names on their way through a translation."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from glotmill.mt.direction import Direction
from glotmill.mt.pairs import Pairs

_NAME: Final = re.compile(r"(?:(?<=[^\W\d_] )|(?<=, ))[^\W\d_]{3,}")
_PREFIXED: Final = re.compile(r"(?<=[a-z])[A-Z][^\W\d_]{2,}")  # uThemba, kwaZulu: a prefix stays small before a name
_WORD: Final = re.compile(r"[^\W\d_]+")
_COMMON_START: Final = 4  # letters that a name and its form in another language share
_COMMON_SOUND: Final = 3  # consonants, of what a spelling of another language sounds like
# Spellings of one sound, the longer ones first: Christopher and Kristofa, Elephant and Elefante.
_SOUNDS: Final = (
    *(("ph", "f"), ("sch", "s"), ("sh", "s"), ("ch", "k"), ("ck", "k"), ("th", "t"), ("gh", "g")),
    *(("c", "k"), ("q", "k"), ("x", "ks"), ("z", "s"), ("w", "v"), ("y", "i"), ("h", "")),
)


def changed_name_share(pairs: Pairs, direction: Direction) -> npt.NDArray[np.float64]:
    """Return the share of names that became other names; one more is counted as kept, and one that changed alone is none.

    A name is a word of three letters or more with a capital within a sentence, or behind a small prefix, that the document
    nowhere writes small, and that the lexicon does not call one that is translated (Monday, Hyena). It is kept where its first
    four letters stand in a word of the other text, or its first three consonants, as they sound, in a name there (Kristofa, Christopher). What counts is the smaller of what is lost and what is new. 0
    where one of the two languages is not written in Latin letters, and from or into German, which writes all nouns so.
    """
    values = np.zeros(len(pairs))
    tags = (direction.source, direction.target)
    if any(not tag.endswith("_Latn") or tag.startswith("deu") for tag in tags):
        return values
    both = zip(pairs.by_document(pairs.sources), pairs.by_document(pairs.targets), strict=True)
    for place, (sources, targets) in enumerate(both):
        source, target = (
            _names(texts) - set(direction.lexicon.translated.get(tag, ()))
            for texts, tag in zip((sources, targets), tags, strict=True)
        )
        if not source or not target:
            continue
        changed = min(_missing(source, targets, target), _missing(target, sources, source))
        values[place] = changed / (max(len(source), len(target)) + 1) if changed > 1 else 0.0
    return values


def _names(texts: Sequence[str]) -> set[str]:
    found = {name for text in texts for name in _NAME.findall(text) if name[0].isupper()}
    found.update(name for text in texts for name in _PREFIXED.findall(text))
    small = {word for text in texts for word in _WORD.findall(text) if word[0].islower()}
    return {_plain(name) for name in found if name.lower() not in small}


def _missing(names: set[str], texts: Sequence[str], others: set[str]) -> int:
    """Return how many names neither begin as part of a word of the texts nor sound like one of the others."""
    words = _plain(" ".join(texts))
    sounds = {_sound(name) for name in others}
    return sum(name[:_COMMON_START] not in words and _sound(name) not in sounds for name in names)


def _sound(name: str) -> str:
    """Return the first letter and the consonants behind it, three in all, in one spelling."""
    for spelling, sound in _SOUNDS:
        name = name.replace(spelling, sound)
    rest = (sign for sign, before in zip(name[1:], name, strict=False) if sign != before and sign not in "aeiou")
    return (name[:1] + "".join(rest))[:_COMMON_SOUND]


def _plain(word: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(sign))
