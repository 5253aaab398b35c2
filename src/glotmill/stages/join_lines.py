"""`join_lines`: joins lines that printers and scanners broke, and the words that were broken with them."""

import contextlib
import re
from typing import Literal

import pyarrow as pa

from glotmill.core.arrow import column, optional_texts, strings
from glotmill.core.errors import RecipeError
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Spec
from glotmill.text.joining import Ends, Joined, join_lines
from glotmill.text.known_words import Vocabulary
from glotmill.text.tags import canonical

_COUNTS = ("joined_lines", "joined_words", "kept_hyphens")


class JoinLinesSpec(Spec):
    """Puts each paragraph of `text` on one line and joins words that a hyphen broke; counts both, and drops nothing.

    A hyphen at the end of a line goes or stays by the document's own words, by the rules of the row's language, and by
    its known words. The row's `language` counts, be it the source's claim; where it says nothing, the recipe's only one.
    A claim that names no language that we know (`mul`) brings no language's rules.

    Args:
        paragraphs: what ends one besides blank lines. `width`: a line that is not as full as most, a bullet or an indent,
            so that verse and lists keep their lines; for plain text and PDF. `blank_line`: nothing else; for ALTO, hOCR
            and TEI, whose paragraphs are marked.
    """

    kind: Literal["join_lines"]
    paragraphs: Ends

    def contract(self, resources: Resources) -> Contract:
        added = [pa.field(name, pa.int32()) for name in _COUNTS]
        # Hyphens that show nowhere, and lines, are gone from a text that was normalized or segmented before.
        return Contract(
            fields("text", "language"),
            pa.schema([*fields("text"), *added]),
            frozenset(),
            precedes=frozenset(("content_hash",)),
        )

    def build(self, resources: Resources) -> "JoinLines":
        languages = resources.scope.languages
        return JoinLines(self.paragraphs, languages[0] if len(languages) == 1 else None)


class JoinLines:
    """The step.

    Args:
        ends: what ends a paragraph.
        fallback: canonical tag for rows that name no language.
    """

    def __init__(self, ends: Ends, fallback: str | None) -> None:
        self._ends = ends
        self._fallback = fallback
        self._vocabularies: dict[str | None, Vocabulary] = {}

    def __call__(self, batch: Batch) -> Outcome:
        found: list[Joined | None] = []
        for text, claimed in zip(
            optional_texts(batch.column("text")), optional_texts(batch.column("language")), strict=True
        ):
            tag = self._tag(claimed)
            if tag not in self._vocabularies:
                self._vocabularies[tag] = Vocabulary(tag)
            known = self._vocabularies[tag]
            found.append(None if text is None else join_lines(text, tag, known=known, ends=self._ends))
        counts = [
            column([None if one is None else getattr(one, field) for one in found], pa.int32())
            for field in ("lines", "words", "hyphens")
        ]
        texts = strings(None if one is None else one.text for one in found)
        return Outcome(batch.with_columns({"text": texts, **dict(zip(_COUNTS, counts, strict=True))}))

    def _tag(self, claimed: str | None) -> str | None:
        if not claimed or not claimed.strip():
            return self._fallback
        # Programs that read scans name their models: `deu_frak` is German.
        for name in (claimed, re.split(r"[-_+/ ]", claimed.strip(), maxsplit=1)[0]):
            with contextlib.suppress(RecipeError):
                return canonical(name)
        return None
