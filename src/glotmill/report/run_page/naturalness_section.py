"""The section on naturalness: how far the words of translated text are from those of as much native text."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from glotmill.report.run_page import markup
from glotmill.report.run_page.markup import Cell, Section
from glotmill.report.run_page.sampling import Document
from glotmill.text.scan import scan

_LEAST: Final = 500  # words on each side
_METHOD: Final = (
    "Jensen-Shannon divergence (Lin 1991, Divergence Measures Based on the Shannon Entropy, IEEE Transactions on Information Theory 37(1); "
    "in bits, 0 the same, 1 nothing in common) between the words of translated and of native documents of the same language and the same labels, "
    "cut to equally many words. It grows as there are fewer words: compare it only with the divergence between two halves of the native documents, cut to as "
    "many. A gap says that words are used otherwise, by translation or by subject; it does not say which."
)

Samples = Mapping[tuple[str, str], Sequence[Document]]
Hashes = npt.NDArray[np.uint64]


def section(samples: Samples) -> Section:
    """Return the section."""
    rows: list[tuple[Cell, ...]] = []
    for (tag, origin), documents in samples.items():
        if origin == "native":
            continue
        rows += [(markup.language(tag), origin, *row) for row in _compared(documents, samples.get((tag, "native"), ()))]
    if not rows:
        return Section(
            "naturalness",
            "Naturalness of translations",
            markup.paragraph("The corpus has no translated or synthetic text."),
        )
    columns = ("language", "origin", "labels", "words on each side", "divergence", "of native halves", "gap")
    table = markup.table(columns, rows, caption="Divergence of translated from native text")
    return Section("naturalness", "Naturalness of translations", markup.paragraph(_METHOD) + table)


def _compared(ours: Sequence[Document], native: Sequence[Document]) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for labels in sorted({one.labels for one in ours}):
        translated = [one.text for one in ours if one.labels == labels]
        theirs = [one.text for one in native if one.labels == labels]
        first, second = _hashes(theirs[::2]), _hashes(theirs[1::2])
        words = _hashes(translated)
        size = min(len(words), len(first), len(second))
        shown = ", ".join(labels) or "none"
        if size < _LEAST:
            rows.append((shown, size, "too little text", None, None))
            continue
        apart = divergence(words[:size], first[:size])
        floor = divergence(second[:size], first[:size])
        rows.append((shown, size, round(apart, 4), round(floor, 4), round(apart - floor, 4)))
    return rows


def _hashes(texts: Sequence[str]) -> Hashes:
    if not texts:
        return np.zeros(0, np.uint64)
    table = scan(texts)
    return np.concatenate([table.words_of(index) for index in range(len(texts))]).astype(np.uint64)


def divergence(first: Hashes, second: Hashes) -> float:
    """Return the Jensen-Shannon divergence between the distributions of two samples of words, in bits, 0 to 1.

    Args:
        first: words as hashes, shape (words,); not empty.
        second: the other sample.
    """
    one, other = Counter(first.tolist()), Counter(second.tolist())
    keys = sorted(one.keys() | other.keys())
    p = np.array([one[key] for key in keys], np.float64) / len(first)
    q = np.array([other[key] for key in keys], np.float64) / len(second)
    middle = (p + q) / 2
    return float(min(1.0, max(0.0, (_relative(p, middle) + _relative(q, middle)) / 2)))


def _relative(p: npt.NDArray[np.float64], q: npt.NDArray[np.float64]) -> float:
    held = p > 0
    return float(np.sum(p[held] * np.log2(p[held] / q[held])))
