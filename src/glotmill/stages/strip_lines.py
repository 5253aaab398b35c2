"""The step `strip_lines`: takes lines out of texts that hold a notice's or an advertisement's phrase."""

from collections.abc import Mapping
from itertools import compress
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field, StrictStr

from glotmill.core.arrow import column, optional_texts, strings
from glotmill.core.errors import RecipeError
from glotmill.core.hashing import content_hash
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Scope, Spec
from glotmill.text.phrases import Lines, PhraseFile, letters, phrases_path, read_phrases

MOSTLY_STRIPPED = "strip_lines.mostly_stripped"


class StripLinesSpec(Spec):
    """Takes lines out by the phrases of `filters/lines/`, each in the languages that its file names.

    What takes hundreds of pages to be seen by `line_dedup`, a press agency's notice for one, is known here by its words.

    Args:
        lines: names of the files.
        most_stripped: share of a document's letters in such lines above which the document goes, too; a document of
            which no letter is left goes in any case.
    """

    kind: Literal["strip_lines"]
    lines: Annotated[tuple[StrictStr, ...], Field(min_length=1)]
    most_stripped: Annotated[float, Field(gt=0.0, le=1.0)] = 0.5

    def files(self, scope: Scope) -> tuple[str, ...]:
        return tuple(map(phrases_path, self.lines))

    def contract(self, resources: Resources) -> Contract:
        self._files(resources)
        provided = pa.schema([*fields("text", "content_hash"), pa.field("stripped_lines", pa.int32())])
        return Contract(fields("text", "language"), provided, frozenset([MOSTLY_STRIPPED]))

    def build(self, resources: Resources) -> "StripLines":
        files = self._files(resources)
        tags = sorted({tag for file in files for tag in file.languages})
        rules = {tag: Lines([rule for file in files if tag in file.languages for rule in file.rules]) for tag in tags}
        return StripLines(rules, self.most_stripped)

    def _files(self, resources: Resources) -> list[PhraseFile]:
        files = [read_phrases(resources.files[path], path) for path in map(phrases_path, self.lines)]
        for file in files:
            if not set(file.languages) & set(resources.scope.languages):
                message = f"{file.name} is about lines in {', '.join(file.languages)}, none of the recipe's languages"
                raise RecipeError(message, field="lines", remedy="Take it out, or add the language.")
        return files


class StripLines:
    """The step."""

    def __init__(self, rules: Mapping[str, Lines], most_stripped: float) -> None:
        self._rules = dict(rules)
        self._most = most_stripped

    def __call__(self, batch: Batch) -> Outcome:
        texts: list[str | None] = []
        counts: list[int] = []
        reasons: list[str | None] = []
        details: list[str | None] = []
        for text, tag in zip(
            optional_texts(batch.column("text")), optional_texts(batch.column("language")), strict=True
        ):
            rules = self._rules.get(tag or "")
            lines = [] if text is None or rules is None else text.split("\n")
            taken = [rules is not None and rules(line) for line in lines]
            counts.append(sum(taken))
            if not any(taken):
                texts.append(text)
                reasons.append(None)
                details.append(None)
                continue
            found = [letters(line) for line in lines]
            gone, whole = sum(compress(found, taken)), sum(found)
            over = gone >= whole or gone > self._most * whole
            reasons.append(MOSTLY_STRIPPED if over else None)
            details.append(f"{gone} of {whole} letters in {counts[-1]} lines" if over else None)
            left = [line for line, is_taken in zip(lines, taken, strict=True) if not is_taken]
            texts.append(text if over else "\n".join(left).strip())
        columns = {
            "text": strings(texts),
            "content_hash": strings(None if text is None else content_hash(text) for text in texts),
            "stripped_lines": column(counts, pa.int32()),
        }
        return Outcome(batch.with_columns(columns), strings(reasons), strings(details))
