"""Asks whether extracted texts are in a language of the recipe, by their words, and whether their pages are."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from glotmill.core.steps import Resources, Scope
from glotmill.stages.identifiers import own_files, own_languages
from glotmill.text.identification import word_table
from glotmill.text.identification.blocks import BlockFinder
from glotmill.text.identification.extension import extended_words
from glotmill.text.scan import scan_words
from glotmill.text.segment import well_formed
from glotmill.text.visible import VisibleText, visible

# In nats: the gate's bound, 3 + ln(targets) + ln(words) (docs/decisions/0018-gate.md).
_BASE: Final = 3.0
_MAX_CHARACTERS: Final = 24_000


def files(scope: Scope) -> tuple[str, ...]:
    """Return the project files that a check reads: the words of languages of one's own."""
    return own_files(("words",), scope)


class LanguageCheck:
    """Says of texts whether some block in them speaks for a language of the recipe, or most of them for another.

    Args:
        resources: the recipe's languages, and the project files that `files` names.
    """

    def __init__(self, resources: Resources) -> None:
        owns = own_languages(resources)
        table = word_table.shipped()
        targets = frozenset(resources.scope.languages)
        self._finder = BlockFinder(resources.scope.languages, extended_words(table, owns) if owns else table)
        groups = {record.group for record in self._finder.records if record.tag in targets} - {""}
        # The last one is for texts that speak for no language: nothing says that they are in another one.
        near = [record.tag in targets or record.group in groups for record in self._finder.records]
        self._near = np.array([*near, True], np.bool_)

    def speak(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return whether each text has a block in a language of the recipe, shape (texts,)."""
        return self._spoken(_joined(texts))[0]

    def foreign(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return whether each text has no such block and speaks for another language, not close kin, shape (texts,)."""
        spoken, labels = self._spoken(_joined(texts))
        return ~spoken & ~self._near[labels]

    def pages_speak(self, pages: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return whether each page has a visible block in a language of the recipe, shape (pages,)."""
        raw = [page.encode("utf-8", "replace") for page in pages]
        ends = np.cumsum([len(one) for one in raw]).astype(np.int64)
        starts = ends - np.array([len(one) for one in raw], np.int64)
        return self._spoken(visible(np.frombuffer(b"".join(raw), np.uint8), starts, ends))[0]

    def _spoken(self, text: VisibleText) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int32]]:
        part = text.excerpt(_MAX_CHARACTERS).normalized()
        found = self._finder.find(scan_words(part.points, part.origins, by_script=self._finder.by_script))
        bounds = _BASE + np.log(len(self._finder.targets)) + np.log(np.maximum(found.words, 1))
        return (found.evidence >= bounds[:, None]).any(axis=1), found.labels


def _joined(texts: Sequence[str]) -> VisibleText:
    points = [np.frombuffer(well_formed(text).encode("utf-32-le"), np.uint32) for text in texts]
    origins = np.concatenate([[0], np.cumsum([len(one) for one in points])]).astype(np.int64)
    return VisibleText(np.concatenate([np.zeros(0, np.uint32), *points]), origins)
