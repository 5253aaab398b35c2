"""Turns a model's own labels, each with a share of the evidence, into guesses of canonical tags."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from glotmill.text.identification.base import Guesses
from glotmill.text.tags import canonical, describe, from_label, split_label

BEST = 3  # guesses of each text
_UNITS = 10_000  # scores have four decimals


@dataclass(frozen=True, slots=True)
class Tagging:
    """What the labels of a model mean, in canonical tags.

    Args:
        tags: every tag that the labels can mean, in the model's order: the language in the label's own script, or
            where it has none, in each script that the language is usually written in.
        positions: tag -> its position in `tags`.
    """

    tags: tuple[str, ...]
    positions: Mapping[str, int]

    def guesses(
        self, predictions: Iterable[Sequence[tuple[str, float]]], scripts: Iterable[str | None], *, best: int = BEST
    ) -> Guesses:
        """Return the likeliest tags of each text.

        The script of the text decides between the tags of a label: `sr` is `srp_Cyrl` or `srp_Latn`. Shares of labels
        that mean one tag are summed. A label for a language that is not written in the text's script counts for
        nothing, and a text without letters has no guess. Equal scores are ranked by position.

        Args:
            predictions: of each text, labels without prefix, with shares from 0 to 1.
            scripts: of each text, ISO 15924, or None where it has no letter.
            best: columns of the result.
        """
        pairs = list(zip(predictions, scripts, strict=True))
        labels = np.full((len(pairs), best), -1, np.int32)
        scores = np.zeros((len(pairs), best), np.float64)
        for row, (found, script) in enumerate(pairs):
            if script is None:
                continue
            left = _UNITS
            for column, (position, share) in enumerate(self._summed(found, script)[:best]):
                units = min(round(share * _UNITS), left)  # rounded shares may add up to more than the whole
                if not units:
                    break
                labels[row, column], scores[row, column] = position, units / _UNITS
                left -= units
        return Guesses(labels, scores)

    def _summed(self, found: Sequence[tuple[str, float]], script: str) -> list[tuple[int, float]]:
        sums: dict[int, float] = {}
        for label, share in found:
            position = self.positions.get(_tag(label, script) or "")
            if position is not None:
                sums[position] = sums.get(position, 0.0) + min(max(share, 0.0), 1.0)
        return sorted(sums.items(), key=lambda item: (-round(item[1], 4), item[0]))


def tagging(labels: Iterable[str]) -> Tagging:
    """Return what labels mean; those that name no known language mean nothing.

    Args:
        labels: without the prefix `__label__`: `eu`, `eus`, `eus_Latn`.
    """
    found = dict.fromkeys(tag for label in labels for tag in _meanings(label))
    return Tagging(tuple(found), MappingProxyType({tag: position for position, tag in enumerate(found)}))


@functools.cache
def _meanings(label: str) -> tuple[str, ...]:
    parts = split_label(label)
    if parts is None:
        return ()
    code, own_script = parts
    scripts = (own_script,) if own_script else describe(f"{code}_Latn").scripts  # any script: a tag needs one
    return tuple(canonical(code, script) for script in scripts)


@functools.cache
def _tag(label: str, script: str) -> str | None:
    tag = from_label(label, script)
    return tag if tag in _meanings(label) else None
