"""How the rows of a batch learn the cluster that they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from glotmill.core.arrow import column, pylist
from glotmill.core.steps import Batch
from glotmill.dedup import keeper
from glotmill.dedup.ids import DocumentIndex


@dataclass(slots=True)
class Found:
    """Remembers the index of the last result table, since `apply` is handed the same table for every batch."""

    _last: list[DocumentIndex] = field(default_factory=list)

    def index(self, table: pa.Table) -> DocumentIndex:
        """Return the index of a table, built the first time only."""
        if not self._last or self._last[0].table is not table:
            self._last[:] = [DocumentIndex(table)]
        return self._last[0]

    def __reduce__(self) -> tuple[type["Found"], tuple[()]]:
        return Found, ()  # an index is rebuilt where it is needed, never sent


def with_clusters(batch: Batch, keepers: Sequence[object], totals: Sequence[object]) -> Batch:
    """Return the batch with `cluster_id` and `cluster_size`; a row of no cluster has its own id and its own size.

    Args:
        batch: rows, perhaps with the sizes of an earlier deduplication.
        keepers: per row the keeper's doc_id, or None.
        totals: per row the number of documents in the cluster, or None.
    """
    own = batch.texts("doc_id")
    before = pylist(keeper.sizes(batch))
    names = [known or itself for known, itself in zip(keepers, own, strict=True)]
    counts = [size if total is None else total for total, size in zip(totals, before, strict=True)]
    return batch.with_columns({"cluster_id": column(names, pa.string()), "cluster_size": column(counts, pa.int32())})
