"""Documents and their translations segment by segment, scanned once, as checks see them."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from glotmill.mt.masking import spans
from glotmill.text.scan import Ints, TokenTable, scan


@dataclass(frozen=True, slots=True)
class Translation:
    """One document's segments and what became of them, in order.

    Args:
        sources: as they stand in the document.
        targets: their translations, with everything back that was masked.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]


class Pairs:
    """The segments of several documents.

    Args:
        translations: one per document.
    """

    def __init__(self, translations: Sequence[Translation]) -> None:
        self.translations = translations
        self.counts: Ints = np.array([len(one.sources) for one in translations], np.int64)
        self.documents: Ints = np.repeat(np.arange(len(translations), dtype=np.int64), self.counts)

    def __len__(self) -> int:
        return len(self.translations)

    @functools.cached_property
    def sources(self) -> list[str]:
        """The source segments of all documents, without what was kept."""
        return [without_kept(text) for one in self.translations for text in one.sources]

    @functools.cached_property
    def targets(self) -> list[str]:
        """Their translations, without what was kept."""
        return [without_kept(text) for one in self.translations for text in one.targets]

    @functools.cached_property
    def source_table(self) -> TokenTable:
        """The token table of `sources`."""
        return scan(self.sources)

    @functools.cached_property
    def target_table(self) -> TokenTable:
        """The token table of `targets`."""
        return scan(self.targets)

    def of_documents(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return the sum of a value of each segment over each document, shape (documents,)."""
        return np.bincount(self.documents, weights=values, minlength=len(self)).astype(np.float64)

    def by_document(self, texts: Sequence[str]) -> Iterator[Sequence[str]]:
        """Yield a text of each segment, document by document."""
        at = 0
        for count in self.counts.tolist():
            yield texts[at : at + count]
            at += count


def without_kept(text: str) -> str:
    """Return a text with a space for each span that translation keeps."""
    parts: list[str] = []
    at = 0
    for span in spans(text):
        parts.extend((text[at : span.start], " "))
        at = span.end
    return "".join([*parts, text[at:]]) if parts else text


def kept_of(text: str) -> list[str]:
    """Return what translation keeps of a text, in order."""
    return [text[span.start : span.end] for span in spans(text)]
