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
from glotmill.text.visible import VisibleText, visible

# In nats: the gate's bound, 3 + ln(targets) + ln(words) (docs/decisions/0018-gate.md).
_BASE: Final = 3.0
_MAX_CHARACTERS: Final = 24_000


def files(scope: Scope) -> tuple[str, ...]:
    """Return the project files that a check reads: the words of languages of one's own."""
    return own_files(("words",), scope)


class LanguageCheck:
    """Says of texts whether some block in them speaks for a language of the recipe.

    Args:
        resources: the recipe's languages, and the project files that `files` names.
    """

    def __init__(self, resources: Resources) -> None:
        owns = own_languages(resources)
        table = word_table.shipped()
        self._finder = BlockFinder(resources.scope.languages, extended_words(table, owns) if owns else table)

    def texts(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return whether each text has a block in a language of the recipe, shape (texts,)."""
        points = [np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32) for text in texts]
        origins = np.concatenate([[0], np.cumsum([len(one) for one in points])]).astype(np.int64)
        joined = np.concatenate([np.zeros(0, np.uint32), *points])
        return self._speaks(VisibleText(joined, origins))

    def pages(self, pages: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return whether each page has a visible block in a language of the recipe, shape (pages,)."""
        raw = [page.encode("utf-8", "replace") for page in pages]
        ends = np.cumsum([len(one) for one in raw]).astype(np.int64)
        starts = ends - np.array([len(one) for one in raw], np.int64)
        return self._speaks(visible(np.frombuffer(b"".join(raw), np.uint8), starts, ends))

    def _speaks(self, text: VisibleText) -> npt.NDArray[np.bool_]:
        part = text.excerpt(_MAX_CHARACTERS).normalized()
        found = self._finder.find(scan_words(part.points, part.origins, by_script=self._finder.by_script))
        bounds = _BASE + np.log(len(self._finder.targets)) + np.log(np.maximum(found.words, 1))
        spoken: npt.NDArray[np.bool_] = (found.evidence >= bounds[:, None]).any(axis=1)
        return spoken
