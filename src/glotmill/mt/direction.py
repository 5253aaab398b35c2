"""From which language a translation goes to which, and what the checks know of the two."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from glotmill.text.hashing import text_hash
from glotmill.text.identification.base import Identifier
from glotmill.text.rules import read_language
from glotmill.text.scan import Hashes


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words that checks look for.

    Args:
        refusals: how engines say that they will not, casefolded.
        negations: language tag -> its words of negation, casefolded.
        translated: language tag -> words that it writes with a capital although they are translated, casefolded.
    """

    refusals: tuple[str, ...]
    negations: Mapping[str, tuple[str, ...]]
    translated: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """From which language to which, and what is known about it.

    Args:
        source: canonical tag.
        target: canonical tag.
        expected: code points of the target per code point of the source; of `relative_length` of both languages.
        foreign: `text_hash` of each function word of the source language that is none of the target's, sorted.
        identifier: names the language of segments.
        lexicon: of `filters/mt.yaml`.
    """

    source: str
    target: str
    expected: float
    foreign: Hashes
    identifier: Identifier
    lexicon: Lexicon


def direction_between(
    source: str, target: str, files: Mapping[str, str], *, identifier: Identifier, lexicon: Lexicon
) -> Direction:
    """Return a direction with what the files of the two languages say; as long as expected where they say nothing.

    Args:
        source: canonical tag.
        target: canonical tag.
        files: project path -> text, with the files of both languages where there are any.
        identifier: names the language of segments.
        lexicon: of the rules.

    Raises:
        RecipeError: a language's file is wrong.
    """
    one, two = read_language(source, files), read_language(target, files)
    lengths = [None if found is None else found.relative_length for found in (one, two)]
    expected = lengths[1] / lengths[0] if lengths[0] and lengths[1] else 1.0
    words = set() if one is None else {word for word in one.stop_words if len(word) > 1}
    own = {word.casefold() for word in two.stop_words} if two is not None else None
    # Without the target's list nobody knows which of these words are its own, too.
    foreign = sorted(text_hash(word) for word in words if word.casefold() not in own) if own is not None else []
    return Direction(source, target, expected, np.array(foreign, np.uint64), identifier, lexicon)
