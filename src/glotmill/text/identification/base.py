"""What an identifier of languages is, and what it says of a batch of texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Guesses:
    """The likeliest labels of each text.

    Args:
        labels: positions in the identifier's `labels`, the likeliest first, shape (texts, k); -1 where there are no
            more, so that a text without evidence has -1 throughout.
        scores: how sure the identifier is of each, 0 to 1, rounded to 4 decimals, shape (texts, k); 0 where the label
            is -1. Scores of one text add up to 1 at most.
    """

    labels: npt.NDArray[np.int32]
    scores: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.labels)


class Identifier(Protocol):
    """Says which languages texts are in. Equal texts get equal guesses, alone and beside others."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Canonical tags, by the positions that guesses name."""
        ...

    def identify(self, texts: Sequence[str]) -> Guesses:
        """Return guesses for texts, in order; every string has some, the empty one none that count."""
        ...
