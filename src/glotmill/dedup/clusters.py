"""What deduplication says of each document that has copies, and how the rows of a batch learn it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import booleans, column, pylist, strings, to_numpy
from glotmill.core.schema import COPIES, fields
from glotmill.core.steps import Batch, Outcome
from glotmill.dedup import copies, ids, keeper
from glotmill.dedup.ids import DocumentIndex

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PROVIDES = fields("cluster_id", "cluster_size", "copies", "possible_laundering")

_LARGE_COPIES = pa.large_list(pa.struct([(field.name, pa.large_string()) for field in COPIES.value_type]))

# One row per document of a cluster of two or more; those of published corpora stand in it with `published: true`.
RESULT = pa.schema(
    [
        pa.field("doc_id", ids.ID, nullable=False),
        pa.field("published", pa.bool_(), nullable=False),
        pa.field("drop", pa.bool_(), nullable=False),
        pa.field("keeper", ids.ID, nullable=False),
        pa.field("keeper_url", pa.large_string()),  # large: addresses of all clusters together exceed 2 GiB
        pa.field("keeper_published", pa.bool_(), nullable=False),
        pa.field("jaccard", pa.float64()),  # null where nobody compared the two
        pa.field("cluster_size", pa.int32(), nullable=False),
        pa.field("copies", _LARGE_COPIES),  # of a document that is kept
        pa.field("possible_laundering", pa.bool_(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Members:
    """Documents cluster after cluster, each cluster in keeper order, so that its first document is the one kept.

    Args:
        documents: ids, shape (rows, 2).
        published: whether each stands in a published corpus, shape (rows,).
        starts: first row of each cluster, and the number of rows, shape (clusters + 1,).
        facts: the columns `copies.NAMES` of the same rows.
    """

    documents: ids.Words
    published: Bools
    starts: Ints
    facts: pa.Table


def result(members: Members, jaccards: pa.Array, *, most_copies: int, one_text: bool = True) -> pa.Table:
    """Return what there is to say of clusters of two or more, in the order of the members.

    Args:
        members: the clusters.
        jaccards: similarity with the document kept, per member; null where unknown.
        most_copies: that a document lists at most.
        one_text: whether documents of a cluster have one text, so that the license of one speaks against another's.
    """
    lengths = np.diff(members.starts)
    heads = np.repeat(members.starts[:-1], lengths)
    is_head = heads == np.arange(len(heads))
    stands = copies.standing(members.documents, members.facts, members.starts, most=most_copies, one_text=one_text)
    clusters = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    of_heads = pa.array(clusters, pa.int64(), mask=~is_head)
    laundering = stands.laundering[clusters] & is_head
    return pa.Table.from_arrays(
        [
            ids.column(members.documents),
            booleans(members.published),
            booleans(~is_head),
            ids.column(members.documents[heads]),
            members.facts.column("url").cast(pa.large_string()).take(pa.array(heads, pa.int64())),
            booleans(members.published[heads]),
            jaccards,
            pa.array(stands.sizes[clusters], pa.int32()),
            stands.copies.take(of_heads).cast(_LARGE_COPIES),
            booleans(laundering),
        ],
        schema=RESULT,
    )


def joined(tables: Iterable[pa.Table]) -> pa.Table:
    """Return results of several tasks, which share no document, in ascending order of id."""
    table = pa.concat_tables([RESULT.empty_table(), *(each.cast(RESULT) for each in tables)])
    documents = ids.words(table.column("doc_id"))
    published = to_numpy(table.column("published")).astype(np.uint8)
    order = ids.ascending(documents[:, 0], documents[:, 1], published)
    return table.take(pa.array(order, pa.int64())).combine_chunks()


@dataclass(slots=True)
class Found:
    """Remembers the index of the last result table, since `apply` is handed the same table for every batch."""

    _last: list[tuple[pa.Table, DocumentIndex]] = field(default_factory=list)

    def index(self, table: pa.Table) -> DocumentIndex:
        """Return the index of a table's documents of this run, built the first time only."""
        if not self._last or self._last[0][0] is not table:
            self._last[:] = [(table, DocumentIndex(table.filter(pc.invert(table.column("published")))))]
        return self._last[0][1]

    def __reduce__(self) -> tuple[type["Found"], tuple[()]]:
        return Found, ()  # an index is rebuilt where it is needed, never sent


def outcome(
    batch: Batch, index: DocumentIndex, reason: str, evidence: Callable[[Mapping[str, object]], str]
) -> Outcome:
    """Drop what the table drops, naming the keeper; a kept document learns what it stands for.

    Args:
        batch: rows, perhaps with what an earlier deduplication said of them.
        index: of the table.
        reason: why a document goes.
        evidence: says of a dropped document's row of the table how it is known, in words.
    """
    own = batch.texts("doc_id")
    places = index.rows(own)
    hit = places >= 0
    taken = index.table.take(pa.array(places, pa.int64(), mask=~hit))
    dropped = to_numpy(pc.fill_null(taken.column("drop"), False)).astype(np.bool_)
    keepers: list[str | None] = [None] * len(own)
    details: list[str | None] = [None] * len(own)
    names = list(own)
    found = np.flatnonzero(hit)
    heads = ids.unpack(ids.words(taken.column("keeper").take(pa.array(found, pa.int64()))))
    rows = pylist(_evidence_of(taken.take(pa.array(np.flatnonzero(dropped), pa.int64()))))
    for place, name in zip(found.tolist(), heads, strict=True):
        names[place] = name
    for place, row in zip(np.flatnonzero(dropped).tolist(), rows, strict=True):
        keepers[place] = names[place]
        details[place] = evidence({**row, "keeper": names[place]})
    return Outcome(
        batch.with_columns(_columns(batch, taken, names, hit & ~dropped)),
        reasons=strings(reason if gone else None for gone in dropped.tolist()),
        details=strings(details),
        related=column(keepers, pa.string()),
    )


def published_note(row: Mapping[str, object]) -> str:
    """Return what to add to the evidence where the keeper stands in a published corpus."""
    return ", published before" if row["keeper_published"] else ""


def _evidence_of(table: pa.Table) -> pa.Array:
    names = ["keeper_url", "keeper_published", "jaccard"]
    return table.select(names).combine_chunks().to_struct_array()


def _columns(batch: Batch, taken: pa.Table, names: list[str], stands: Bools) -> dict[str, pa.Array]:
    def before(name: str, kind: pa.DataType) -> pa.Array:
        return batch.column(name) if name in batch.rows.schema.names else pa.nulls(len(batch), kind)

    def one(name: str) -> pa.Array:
        return taken.column(name).combine_chunks()

    keeps = booleans(stands)
    suspected = pc.fill_null(before("possible_laundering", pa.bool_()), False)
    earlier = before("copies", COPIES)
    return {
        "cluster_id": column(names, pa.string()),
        "cluster_size": pc.coalesce(one("cluster_size"), keeper.sizes(batch)),
        "copies": earlier if not stands.any() else pc.if_else(keeps, one("copies").cast(COPIES), earlier),
        "possible_laundering": pc.if_else(keeps, pc.fill_null(one("possible_laundering"), False), suspected),
    }
