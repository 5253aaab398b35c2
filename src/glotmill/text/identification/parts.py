"""Languages within a document: which of its lines or paragraphs is in which."""

import functools
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from glotmill.text.identification.base import Identifier
from glotmill.text.tags import describe

Level = Literal["line", "paragraph"]
# A part that is surer than this is taken at its word; any other is in the language of the part before it.
SURE: Final = 0.8
# Letters that a part must have to be asked: of 30 characters one text in ten is named wrongly.
LEAST_LETTERS: Final = 24
_ENDS: Final = {"line": re.compile(r"\n+"), "paragraph": re.compile(r"\n[^\S\n]*\n\s*")}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a document.

    Args:
        text: without the breaks around it.
        letters: that it has.
        language: canonical tag, or None where no part of the document told.
        sure: whether it was named by itself rather than after its neighbors.
    """

    text: str
    letters: int
    language: str | None
    sure: bool


def parts_of(identifier: Identifier, texts: Sequence[str], level: Level) -> list[list[Part]]:
    """Return the lines or paragraphs of each text, in order, with their languages.

    A part that is short or that the identifier is not sure of is in the language of the part before it, and before the
    first sure part in that of this part: languages of a page change seldom, and names stand in between.
    """
    pieces = [[piece for piece in map(str.strip, _ENDS[level].split(text)) if piece] for text in texts]
    letters = [[sum(map(str.isalpha, piece)) for piece in own] for own in pieces]
    asked = [
        piece
        for own, counts in zip(pieces, letters, strict=True)
        for piece, count in zip(own, counts, strict=True)
        if count >= LEAST_LETTERS
    ]
    found = iter(_sure(identifier, asked))
    result = []
    for own, counts in zip(pieces, letters, strict=True):
        named = [next(found) if count >= LEAST_LETTERS else None for count in counts]
        language = next((tag for tag in named if tag is not None), None)
        parts = []
        for piece, count, tag in zip(own, counts, named, strict=True):
            language = tag or language
            parts.append(Part(piece, count, language, sure=tag is not None))
        result.append(parts)
    return result


def _sure(identifier: Identifier, texts: Sequence[str]) -> list[str | None]:
    """Return of each text its language, or None where the identifier is not sure of it.

    Members of one macrolanguage speak for each other: who hesitates between two Swahilis is sure of Swahili.
    """
    guesses = identifier.identify(texts)
    found: list[str | None] = []
    for labels, scores in zip(guesses.labels.tolist(), guesses.scores.tolist(), strict=True):
        best = identifier.labels[labels[0]] if labels[0] >= 0 else None
        own = best and family(best)
        together = sum(
            score
            for label, score in zip(labels, scores, strict=True)
            if label >= 0 and family(identifier.labels[label]) == own
        )
        found.append(best if together >= SURE else None)
    return found


@functools.cache
def family(tag: str) -> tuple[str, str]:
    """Return the macrolanguage of a tag, or the language itself, and the script."""
    language = describe(tag)
    return language.macro or language.code, tag.partition("_")[2]


def shares(parts: Sequence[Part]) -> list[tuple[str, float]]:
    """Return the share of letters in each language, the greatest first, four decimals; none where no part told."""
    counts: Counter[str] = Counter()
    for part in parts:
        if part.language is not None:
            counts[part.language] += part.letters
    whole = counts.total()
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(tag, round(count / whole, 4)) for tag, count in ranked] if whole else []


def mixed_share(found: Sequence[tuple[str, float]], language: str, *, apart: Collection[str] = ()) -> float | None:
    """Return the share of letters in other languages than a document's; None where no part told.

    Members of one macrolanguage are no other language: who names lines of one page Congo Swahili and Coastal Swahili has
    not found two. They are where somebody tells them apart.

    Args:
        found: as `shares` gives them.
        language: canonical tag, of the document.
        apart: tags that stand for nothing but themselves.
    """
    if not found:
        return None
    own = sum(
        share for tag, share in found if tag == language or (tag not in apart and family(tag) == family(language))
    )
    return round(max(0.0, 1.0 - own), 4)
