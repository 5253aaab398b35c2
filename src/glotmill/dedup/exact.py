"""Documents with the same text or the same address: one of them is kept."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field, StrictStr, field_validator

from glotmill.core.arrow import optional_texts, to_numpy
from glotmill.core.hashing import content_hash
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, CorpusSpec, Needs, Outcome, Resources
from glotmill.dedup import clusters, copies, ids, keeper, keyed
from glotmill.dedup.addresses import NORM_VERSION, canonical_url

By = Literal["text", "url"]

TABLE = "exact"
PARAMETERS = b"glotmill.exact"  # metadata key in every file of the step


class ExactDedupSpec(CorpusSpec):
    """Keeps one of all documents with the same text, or with the same canonical URL.

    Args:
        by: `text` compares `content_hash` of the text as it stands (after `normalize`); `url` compares `canonical_url`.
            A row without the value is never a duplicate.
        keep: the keeper order, most important first; ends with the smallest doc_id.
        quality: numeric column that the criterion `quality` of the keeper order reads; the greater value is kept.
        published: in an update of a published corpus, whether its documents stay whatever arrives (`wins`) or are ranked
            with the new ones by the keeper order, so that a new one can supersede them (`ranked`).
        most_copies: how many of the copies that it stands for a kept document lists; `cluster_size` counts all.
    """

    indexed: ClassVar[bool] = True
    needs: ClassVar[Needs] = Needs()

    kind: Literal["exact_dedup"]
    by: By = "text"
    keep: tuple[keeper.Criterion, ...] = keeper.DEFAULT_KEEP
    quality: StrictStr | None = None
    published: keeper.Published = "wins"
    most_copies: int = Field(default=100, ge=0)

    @field_validator("keep")
    @classmethod
    def _each_once(cls, keep: tuple[keeper.Criterion, ...]) -> tuple[keeper.Criterion, ...]:
        return keeper.each_once(keep)

    @property
    def reason(self) -> str:
        """The reason code this step gives."""
        return f"exact_dedup.same_{self.by}"

    def contract(self, resources: Resources) -> Contract:
        """State the columns and the one reason."""
        requires = pa.schema([*fields(self.by), *keeper.quality_field(self.quality)])
        return Contract(requires, clusters.PROVIDES, frozenset([self.reason]))

    def parameters(self) -> str:
        """Return what makes keys comparable, as JSON; it travels in every file of the step."""
        norm = NORM_VERSION if self.by == "url" else None
        values = {"by": self.by, "norm": norm, "keep": list(self.keep), "quality": self.quality}
        return json.dumps(values, sort_keys=True)

    def tables(self) -> Mapping[str, pa.Schema]:
        """Return the schema of each table that `emit` gives."""
        return {
            TABLE: pa.schema(
                [
                    pa.field("key", pa.uint64(), nullable=False),
                    pa.field("hash", ids.ID, nullable=False),
                    pa.field("doc_id", ids.ID, nullable=False),
                    pa.field("published", pa.bool_(), nullable=False),
                    *keeper.rank_fields(self.keep),
                    *copies.FIELDS,
                ],
                {PARAMETERS: self.parameters().encode()},
            )
        }

    def build(self, resources: Resources) -> "ExactDedup":
        """Return the step."""
        return ExactDedup(self)


@dataclass(slots=True)
class ExactDedup:
    """The four passes of exact deduplication; a corpus step."""

    spec: ExactDedupSpec
    _found: clusters.Found = field(default_factory=clusters.Found, repr=False)

    def tables(self) -> Mapping[str, pa.Schema]:
        """Return the schema of each table that `emit` gives."""
        return self.spec.tables()

    def emit(self, batch: Batch) -> Mapping[str, pa.RecordBatch]:
        """Return the hash, the id and the ranks of each row that has a text or an address."""
        values = optional_texts(batch.column(self.spec.by))
        if self.spec.by == "url":
            values = [canonical_url(value) if value and not value.isspace() else None for value in values]
        present = np.array([place for place, value in enumerate(values) if value is not None], np.int64)
        rows = batch if len(present) == len(batch) else batch.take(present)
        hashes = ids.pack([content_hash(value) for value in values if value is not None])
        schema = self.tables()[TABLE]
        columns = [
            pa.array(ids.words(hashes)[:, 0], pa.uint64()),
            hashes,
            ids.pack(rows.texts("doc_id")),
            pa.array(np.zeros(len(rows), np.bool_)),
            *keeper.rank_columns(rows, self.spec.keep, quality=self.spec.quality),
            *copies.columns(rows),
        ]
        return {TABLE: pa.RecordBatch.from_arrays(columns, schema=schema)}

    def reduce(self, read: Callable[[str], pa.Table]) -> pa.Table:
        """Return what there is to say of every group of two or more, one of them new."""
        spec = self.spec
        table = keyed.checked(read(TABLE), PARAMETERS, spec.parameters(), step=spec.name)
        hashes, documents = ids.words(table.column("hash")), ids.words(table.column("doc_id"))
        published = to_numpy(table.column("published")).astype(np.bool_)
        wins = spec.published == "wins"
        ranks = [*([(~published).astype(np.int64)] if wins else []), *keeper.table_ranks(table, spec.keep)]
        ranked = keeper.order(ranks, documents, groups=[hashes[:, 0], hashes[:, 1]])
        bounds = keyed.group_starts(hashes[ranked, 0], hashes[ranked, 1])
        if wins:  # of several published copies the first is the keeper, and the others are nobody's business
            later = np.ones(len(ranked), np.bool_)
            later[bounds[:-1]] = False
            ranked = ranked[~(published[ranked] & later)]
            bounds = keyed.group_starts(hashes[ranked, 0], hashes[ranked, 1])
        counts = np.diff(bounds)
        fresh = np.add.reduceat(~published[ranked], bounds[:-1], dtype=np.int64) if len(ranked) else counts
        chosen = ranked[np.repeat((counts > 1) & (fresh > 0), counts)]
        members = clusters.Members(
            documents[chosen],
            published[chosen],
            keyed.group_starts(hashes[chosen, 0], hashes[chosen, 1]),
            table.select(copies.NAMES).take(pa.array(chosen, pa.int64())).combine_chunks(),
        )
        return clusters.result(
            members,
            pa.nulls(len(chosen), pa.float64()),
            most_copies=spec.most_copies,
            one_text=spec.by == "text",
        )

    def resolve(self, reduced: Iterable[pa.Table], read: Callable[[str], Iterable[pa.Table]]) -> pa.Table:
        """Join the partitions, which share no document, in order of doc_id."""
        return clusters.joined(reduced)

    def apply(self, batch: Batch, table: pa.Table) -> Outcome:
        """Drop all but the keeper of each group; the keeper learns what it stands for."""
        what = {"text": "same text as", "url": "same address as"}[self.spec.by]

        def evidence(row: Mapping[str, object]) -> str:
            address = f" ({row['keeper_url']})" if row["keeper_url"] else ""
            return f"{what} {row['keeper']}{address}{clusters.published_note(row)}"

        return clusters.outcome(batch, self._found.index(table), self.spec.reason, evidence)
