"""Which documents share a bucket, directly or by a chain: groups that can be verified apart from one another."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glotmill.core.arrow import booleans, to_numpy
from glotmill.core.steps import Groups
from glotmill.dedup import ids, keyed
from glotmill.dedup.mixing import U64

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_LEAST = 4096  # documents that are worth a task of their own: they take less time than a task on a cluster
_TASKS = 16  # into so many groups even few documents are spread


@dataclass(frozen=True, slots=True)
class Memberships:
    """Which documents lie in which bucket, by ascending key, id and whether published.

    Args:
        keys: of the bucket, shape (memberships,).
        documents: ids, shape (memberships, 2).
        published: whether the document stands in a published corpus, shape (memberships,).
    """

    keys: U64
    documents: ids.Words
    published: Bools

    def __len__(self) -> int:
        return len(self.keys)

    def take(self, rows: Ints | Bools) -> "Memberships":
        """Return these memberships."""
        return Memberships(self.keys[rows], self.documents[rows], self.published[rows])

    def arrays(self) -> list[pa.Array]:
        """Return them as columns: `key`, `doc_id`, `published`."""
        return [pa.array(self.keys, pa.uint64()), ids.column(self.documents), booleans(self.published)]


def memberships(table: pa.Table) -> Memberships:
    """Return the rows of a table with the columns `key`, `doc_id` and `published`, in ascending order."""
    keys, documents = keyed.unsigned(table, "key"), ids.words(table.column("doc_id"))
    published = to_numpy(table.column("published")).astype(np.bool_)
    order = ids.ascending(keys, documents[:, 0], documents[:, 1], published)
    return Memberships(keys[order], documents[order], published[order])


def shared(found: Memberships) -> Memberships:
    """Return those of buckets with two documents, one of them new: what is published has met before."""
    bounds = keyed.group_starts(found.keys)
    counts = np.diff(bounds)
    fresh = np.add.reduceat(~found.published, bounds[:-1], dtype=np.int64) if len(found) else counts
    return found.take(np.repeat((counts > 1) & (fresh > 0), counts))


def grouped(tables: Iterable[pa.Table], schema: pa.Schema, *, most: int) -> Groups:
    """Return groups of whole components: what chains of shared buckets connect stays together.

    Args:
        tables: memberships of partitions, as `shared` leaves them.
        schema: of these tables.
        most: documents of a group, about: a component is never cut.
    """
    found = memberships(pa.concat_tables([schema.empty_table(), *tables]))
    documents, numbers = ids.number(found.documents, found.published)
    labels = components(found.keys, numbers, len(documents.published))
    group_of = _packed(labels, most=most)
    owners = group_of[numbers]
    order = np.argsort(owners, kind="stable")
    members = pa.Table.from_arrays(
        [pa.array(owners[order], pa.int32()), *found.take(order).arrays()],
        names=["group", "key", "doc_id", "published"],
    )
    routes = pa.Table.from_arrays(
        [
            pa.array(documents.words[:, 0], pa.uint64()),
            ids.column(documents.words),
            booleans(documents.published),
            pa.array(group_of, pa.int32()),
        ],
        names=["key", "doc_id", "published", "group"],
    )
    return Groups(int(group_of.max(initial=-1)) + 1, members, routes)


def components(keys: U64, numbers: Ints, count: int) -> Ints:
    """Return per document the smallest number of any that a chain of shared buckets connects it with, shape (count,).

    Args:
        keys: of buckets, ascending, shape (memberships,).
        numbers: of the documents in them, shape (memberships,).
        count: documents.
    """
    from glotmill.dedup.verification_kernel import connect  # noqa: PLC0415  # numba takes 0.3 s that `check` need not pay

    return connect(keyed.group_starts(keys), numbers, count)


def _packed(labels: Ints, *, most: int) -> Ints:
    """Return the group of each document: components in order of their smallest document, filled up one after another."""
    if len(labels) == 0:
        return labels
    _, places, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    room = min(most, max(_LEAST, -(-len(labels) // _TASKS)))
    before = np.cumsum(sizes) - sizes
    filled = before // room
    groups = np.cumsum(np.diff(filled, prepend=filled[:1]) > 0)
    return groups[places].astype(np.int64)
