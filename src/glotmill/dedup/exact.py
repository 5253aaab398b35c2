"""Documents with the same text or the same address: one of them is kept."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import field_validator

from glotmill.core.arrow import column, optional_texts, strings
from glotmill.core.hashing import content_hash
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, CorpusSpec, Needs, Outcome, Resources
from glotmill.dedup import clusters, ids, keeper, keyed
from glotmill.dedup.addresses import canonical_url

By = Literal["text", "url"]

TABLE = "exact"
_MEMBERS = pa.schema(
    [
        pa.field("doc_id", ids.ID, nullable=False),
        pa.field("keeper", ids.ID, nullable=False),
        pa.field("keeper_url", pa.string()),
        pa.field("cluster_size", pa.int32(), nullable=False),
    ]
)
RESULT = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("drop", pa.bool_(), nullable=False),
        pa.field("cluster_id", pa.string(), nullable=False),  # the keeper's doc_id
        pa.field("cluster_size", pa.int32(), nullable=False),
        pa.field("keeper_url", pa.string()),
    ]
)


class ExactDedupSpec(CorpusSpec):
    """Keeps one of all documents with the same text, or with the same canonical URL.

    Args:
        by: `text` compares `content_hash` of the text as it stands (after `normalize`); `url` compares `canonical_url`.
            A row without the value is never a duplicate.
        keep: the keeper order, most important first; ends with the smallest doc_id.
    """

    needs: ClassVar[Needs] = Needs()

    kind: Literal["exact_dedup"]
    by: By = "text"
    keep: tuple[keeper.Criterion, ...] = keeper.DEFAULT_KEEP

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
        return Contract(fields(self.by), fields("cluster_id", "cluster_size"), frozenset([self.reason]))

    def tables(self) -> Mapping[str, pa.Schema]:
        """Return the schema of each table that `emit` gives."""
        return {
            TABLE: pa.schema(
                [
                    pa.field("key", pa.uint64(), nullable=False),
                    pa.field("hash", ids.ID, nullable=False),
                    pa.field("doc_id", ids.ID, nullable=False),
                    pa.field("url", pa.string()),
                    pa.field("cluster_size", pa.int32(), nullable=False),
                    *keeper.rank_fields(self.keep),
                ]
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
        urls = rows.column("url") if "url" in rows.rows.schema.names else pa.nulls(len(rows), pa.string())
        schema = self.tables()[TABLE]
        columns = [
            pa.array(ids.words(hashes)[:, 0], pa.uint64()),
            hashes,
            ids.pack(rows.texts("doc_id")),
            urls,
            keeper.sizes(rows),
            *keeper.rank_columns(rows, self.spec.keep),
        ]
        return {TABLE: pa.RecordBatch.from_arrays(columns, schema=schema)}

    def reduce(self, read: Callable[[str], pa.Table]) -> pa.Table:
        """Return the members of every group of two or more, with their keeper."""
        table = read(TABLE)
        hashes, identities = ids.words(table.column("hash")), ids.words(table.column("doc_id"))
        ranked = keeper.order(
            keeper.table_ranks(table, self.spec.keep), identities, groups=[hashes[:, 0], hashes[:, 1]]
        )
        hashes, identities = hashes[ranked], identities[ranked]
        bounds = keyed.group_starts(hashes[:, 0], hashes[:, 1])
        counts = np.diff(bounds)
        sizes = keyed.integers(table, "cluster_size")[ranked]
        totals = np.add.reduceat(sizes, bounds[:-1]) if len(sizes) else sizes
        shared = np.repeat(counts > 1, counts)
        heads = np.repeat(bounds[:-1], counts)[shared]
        urls = table.column("url").take(pa.array(ranked[heads], pa.int64()))
        return pa.Table.from_arrays(
            [
                ids.column(identities[shared]),
                ids.column(identities[heads]),
                urls,
                pa.array(np.repeat(totals, counts)[shared], pa.int32()),
            ],
            schema=_MEMBERS,
        )

    def resolve(self, reduced: Iterable[pa.Table], read: Callable[[str], Iterable[pa.Table]]) -> pa.Table:
        """Join the partitions, which share no document, in order of doc_id."""
        table = pa.concat_tables([_MEMBERS.empty_table(), *reduced])
        documents, keepers = ids.words(table.column("doc_id")), ids.words(table.column("keeper"))
        order = np.lexsort((documents[:, 1], documents[:, 0]))
        table, documents, keepers = table.take(pa.array(order, pa.int64())), documents[order], keepers[order]
        return pa.Table.from_arrays(
            [
                strings(ids.unpack(documents)),
                pa.array((documents != keepers).any(axis=1), pa.bool_()),
                strings(ids.unpack(keepers)),
                table.column("cluster_size"),
                table.column("keeper_url"),
            ],
            schema=RESULT,
        )

    def apply(self, batch: Batch, table: pa.Table) -> Outcome:
        """Drop all but the keeper of each group; the keeper learns how many documents it stands for."""
        index = self._found.index(table)
        rows = index.rows(batch.texts("doc_id"))
        dropped = [value is True for value in index.values("drop", rows)]
        keepers, urls = index.values("cluster_id", rows), index.values("keeper_url", rows)
        what = {"text": "same text as", "url": "same address as"}[self.spec.by]
        details = [
            (f"{what} {keep}" + (f" ({url})" if url else "")) if drop else None
            for drop, keep, url in zip(dropped, keepers, urls, strict=True)
        ]
        return Outcome(
            clusters.with_clusters(batch, keepers, index.values("cluster_size", rows)),
            reasons=strings(self.spec.reason if drop else None for drop in dropped),
            details=strings(details),
            related=column((keep if drop else None for drop, keep in zip(dropped, keepers, strict=True)), pa.string()),
        )
