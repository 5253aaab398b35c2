"""Measures of identifiers: how often they are right, and what their mistakes do to a corpus of a small language."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from glotmill.text.calibration.intervals import Share

NOTHING = ""  # what an identifier says of a text without evidence


def accuracy(truth: Sequence[str], found: Sequence[str]) -> float:
    """Return the share of texts that got their language."""
    return sum(map(str.__eq__, truth, found)) / len(truth)


def recalls(truth: Sequence[str], found: Sequence[str]) -> dict[str, float]:
    """Return for each language the share of its texts that got it."""
    of = Counter(truth)
    right = Counter(language for language, label in zip(truth, found, strict=True) if language == label)
    return {language: right[language] / count for language, count in sorted(of.items())}


def macro_f1(truth: Sequence[str], found: Sequence[str]) -> float:
    """Return the mean over the languages of the texts of 2 tp / (2 tp + fp + fn).

    A label for a language that no text is in lowers the recall of a text's own language, and is no language itself.
    """
    of, named = Counter(truth), Counter(found)
    right = Counter(language for language, label in zip(truth, found, strict=True) if language == label)
    return sum(2 * right[language] / (of[language] + named[language]) for language in of) / len(of)


def false_positive_rate(found: Sequence[str], own: Collection[str]) -> float:
    """Return the share of texts in some languages that are given another language than any of these."""
    return sum(label != NOTHING and label not in own for label in found) / len(found)


def mistaken_for(truth: Sequence[str], found: Sequence[str]) -> dict[str, Share]:
    """Return for each language how many of the texts in others are taken for it; none: absent.

    Languages that no text is mistaken for are absent; their share is 0 of those texts that are in others.
    """
    of = Counter(truth)
    wrong = Counter(label for language, label in zip(truth, found, strict=True) if label not in (language, NOTHING))
    return {label: Share(count, len(truth) - of[label]) for label, count in sorted(wrong.items())}


def predicted_precision(recall: float, false_positives: float, share: float) -> float:
    """Return the precision to expect where a language is this share of all texts.

    `share * recall / (share * recall + (1 - share) * false_positives)`; 0 where nothing would get the language.

    Args:
        recall: of the language.
        false_positives: share of the other languages' texts that are taken for it.
        share: of the language in all texts.
    """
    right, wrong = share * recall, (1 - share) * false_positives
    return right / (right + wrong) if right + wrong else 0.0


def predicted_precisions(
    recalled: Mapping[str, float], mistaken: Mapping[str, Share], shares: Mapping[str, float], *, texts: int
) -> dict[str, tuple[float, float]]:
    """Return for each language with a share the precision to expect, and the least that so many texts can promise.

    The second takes the upper end of the Wilson interval (95 %) for the rate of false positives, which is over 0 even
    where none was seen.

    Args:
        recalled: language -> recall.
        mistaken: language -> texts of others taken for it.
        shares: language -> share of the web.
        texts: that `mistaken` was counted on.
    """
    found = {}
    for language, recall in recalled.items():
        if language in shares:
            wrong = mistaken.get(language, Share(0, texts))
            rates = wrong.value, wrong.high
            found[language] = tuple(predicted_precision(recall, rate, shares[language]) for rate in rates)
    return {language: (seen, promised) for language, (seen, promised) in found.items()}
