"""What a language identifier's labels mean for a recipe's target languages."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from glotmill.text.tags import describe, from_label, matches, members_of, split_label


@dataclass(frozen=True, slots=True)
class Guess:
    """The language a model sees in a text.

    Args:
        tag: canonical tag, or None where the label names no known language.
        score: probability that the model gives it, 0 to 1, four decimals.
        label: the label that weighs most in it.
    """

    tag: str | None
    score: float
    label: str


@dataclass(frozen=True, slots=True)
class LabelMap:
    """Which labels of a model speak for which target.

    A label speaks for a target if it names that language, `ar` for `arb_Arab` since Standard Arabic is what the bare
    name means. A macrolanguage's label speaks for another member only where the model has no label of the member's
    own: `ar` never passes for `arz_Arab` in a model that knows `arz`. Labels of macrolanguages that mean no member in
    particular (`sh`) speak for each, and count for the one that scores best without them. All labels of members
    speak for a target that is a macrolanguage (`hbs_Latn`).

    Args:
        targets: canonical tags, in recipe order.
        speakers: target -> labels, in the model's order.
    """

    targets: tuple[str, ...]
    speakers: Mapping[str, tuple[str, ...]]

    def unknown(self) -> tuple[str, ...]:
        """Return the targets that no label speaks for."""
        return tuple(tag for tag in self.targets if not self.speakers[tag])

    def guess(self, predictions: Iterable[tuple[str, float]], script: str) -> Guess | None:
        """Return the language with the greatest sum of probabilities, or None where the model says nothing.

        Labels that speak for one target are summed; every other label stands alone. Only targets written in the
        text's script take part. Equal sums are decided in favor of targets, in recipe order, then by tag.

        Args:
            predictions: labels without prefix, with probabilities, the best first.
            script: the text's script, ISO 15924.
        """
        sums: dict[str | None, float] = {}
        heads: dict[str | None, str] = {}
        shared: list[tuple[list[str], str, float]] = []
        for label, probability in predictions:
            share = min(max(probability, 0.0), 1.0)
            candidates = self._candidates(label, script)
            if len(candidates) > 1:
                shared.append((candidates, label, share))
                continue
            tag = candidates[0] if candidates else from_label(label, script)
            sums[tag] = sums.get(tag, 0.0) + share
            heads.setdefault(tag, label)
        for candidates, label, share in shared:
            best = max(candidates, key=lambda tag: sums.get(tag, 0.0))
            sums[best] = sums.get(best, 0.0) + share
            heads.setdefault(best, label)
        if not sums:
            return None
        order = {tag: place for place, tag in enumerate(self.targets)}
        scores = {tag: round(min(total, 1.0), 4) for tag, total in sums.items()}
        tag = min(scores, key=lambda tag: (-scores[tag], order.get(tag or "", len(order)), tag or ""))
        return Guess(tag, scores[tag], heads[tag])

    def _candidates(self, label: str, script: str) -> list[str]:
        """Return the targets that a label speaks for in this script; the one it names, alone, where there is one."""
        named = f"{_names(label)}_{script}"
        fitting = [tag for tag in self.targets if label in self.speakers[tag] and tag.endswith(f"_{script}")]
        return [named] if named in fitting else fitting


def label_map(labels: Sequence[str], targets: Sequence[str]) -> LabelMap:
    """Return what a model's labels mean for these targets.

    Args:
        labels: without the prefix `__label__`.
        targets: canonical tags.
    """
    given = tuple(labels)
    return LabelMap(tuple(targets), {tag: _speakers(tag, given) for tag in targets})


@functools.lru_cache(maxsize=1024)  # 25 ms for the labels of a large model, asked by each plan and each worker
def _speakers(tag: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    fitting = [label for label in labels if matches(label, tag)]
    own = [label for label in fitting if _names(label) == tag.partition("_")[0]]
    if not own or _is_macro(tag, fitting):
        return tuple(fitting)
    return tuple(label for label in fitting if label in own or _means_no_member(label))


@functools.cache
def _names(label: str) -> str | None:
    parts = split_label(label)
    if parts is None:
        return None
    language = describe(f"{parts[0]}_Latn")  # the script does not matter here; a tag needs one
    return language.code


def _is_macro(tag: str, fitting: Sequence[str]) -> bool:
    members = members_of(tag.partition("_")[0])
    return any(_names(label) in members for label in fitting)


def _means_no_member(label: str) -> bool:
    """Tell `sh`, which names the whole of Serbo-Croatian, from `ar`, which in practice names one Arabic."""
    parts = split_label(label)
    return parts is not None and _names(label) == parts[0] and bool(members_of(parts[0]))
