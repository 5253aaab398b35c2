"""The step `split_languages`: makes a document of its own out of each language of a page that holds several."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from glotmill.core.hashing import content_hash, document_id
from glotmill.core.models import MODELS_FILE
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Resources, Scope, Shape, Spec
from glotmill.stages.identifiers import Identifiers, labels_of, own_files, own_languages
from glotmill.text.identification.base import Identifier
from glotmill.text.identification.fasttext import MAX_CHARACTERS
from glotmill.text.identification.opening import model_names, open_identifiers
from glotmill.text.identification.parts import Level, Part, family, mixed_share, parts_of, shares

_GAPS: Mapping[Level, str] = {"line": "\n", "paragraph": "\n\n"}


class SplitLanguagesSpec(Spec):
    """Derives, from a document in several languages, one document in each of the recipe's languages.

    The document itself stays, as in every step that derives rows; an `identify` behind with the same identifier and
    level, and `max_mixed` equal to `above`, drops it and keeps what was made of it.

    Args:
        identifier: as in `identify`.
        level: what is taken apart.
        above: share of letters in other languages than the greatest, from which a document is taken apart.
        min_letters: that a language must have in a document to become one.
    """

    shape: ClassVar[Shape] = "expand"

    kind: Literal["split_languages"]
    identifier: Identifiers
    level: Level = "line"
    above: float = Field(default=0.2, ge=0.0, lt=1.0)
    min_letters: int = Field(default=200, ge=1)

    def files(self, scope: Scope) -> tuple[str, ...]:
        return (*([MODELS_FILE] if self.models() else []), *own_files(self.identifier, scope))

    def models(self) -> tuple[str, ...]:
        return model_names(self.identifier)

    def contract(self, resources: Resources) -> Contract:
        for name in self.identifier:
            labels_of(name, resources)
        return Contract(fields("text"), fields("text", "language"), frozenset())

    def build(self, resources: Resources) -> "SplitLanguages":
        identifier = open_identifiers(
            self.identifier, resources.models, max_characters=MAX_CHARACTERS, owns=own_languages(resources)
        )
        return SplitLanguages(self, identifier, frozenset(resources.scope.languages))


class SplitLanguages:
    """The step.

    Args:
        spec: what the recipe says.
        identifier: names the language of parts.
        targets: canonical tags that become documents.
    """

    def __init__(self, spec: SplitLanguagesSpec, identifier: Identifier, targets: frozenset[str]) -> None:
        self._spec, self._identifier, self._targets = spec, identifier, targets

    def __call__(self, batch: Batch) -> pa.RecordBatch:
        found = parts_of(self._identifier, batch.texts(), self._spec.level)
        derived: list[dict[str, Any]] = []
        for row, parts in enumerate(found):
            own = shares(parts)
            most = (self._target(own[0][0]) or own[0][0]) if own else ""
            mixed = mixed_share(own, most, apart=self._targets)
            if mixed is not None and mixed > self._spec.above:
                derived += self._documents(batch.rows.slice(row, 1).to_pylist()[0], parts)
        schema = batch.rows.schema
        for name in ("language", "parent_ids"):
            schema = schema if name in schema.names else schema.append(fields(name).field(0))
        return pa.RecordBatch.from_pylist(derived, schema=schema)

    def _target(self, tag: str) -> str | None:
        """Return the target that a language is, or the one it is of a family with, if there is only one."""
        if tag in self._targets:
            return tag
        kin = [target for target in self._targets if family(target) == family(tag)]
        return kin[0] if len(kin) == 1 else None

    def _documents(self, parent: Mapping[str, Any], parts: Sequence[Part]) -> list[dict[str, Any]]:
        documents = []
        meant = [None if part.language is None else self._target(part.language) for part in parts]
        for tag in sorted({tag for tag in meant if tag is not None}):
            own = [part for part, target in zip(parts, meant, strict=True) if target == tag]
            if sum(part.letters for part in own) < self._spec.min_letters:
                continue
            text = _GAPS[self._spec.level].join(part.text for part in own)
            # What was said of the whole page holds for no part of it.
            documents.append(
                {
                    **{name: parent[name] for name in parent if name not in ("html", "language_score")},
                    "doc_id": document_id("split_languages", parent["doc_id"], tag),
                    "parent_ids": [parent["doc_id"]],
                    "text": text,
                    "language": tag,
                    **({"content_hash": content_hash(text)} if "content_hash" in parent else {}),
                }
            )
        return documents
