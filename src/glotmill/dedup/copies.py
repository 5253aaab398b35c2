"""What a kept document says of the copies it stands for: how many, where they were, under which license."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import nulls, to_numpy
from glotmill.core.schema import COPIES, DOCUMENT_SCHEMA
from glotmill.core.steps import Batch
from glotmill.dedup import ids, keyed
from glotmill.licensing.ranking import grants, reserves

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# What travels with a document's keys for this; null where the rows have no such column.
NAMES = (
    "cluster_size",
    "url",
    "license",
    "license_class",
    "license_state",
    "crawl_time",
    "copies",
    "possible_laundering",
)
FIELDS = tuple(DOCUMENT_SCHEMA.field(name) for name in NAMES)
_NEVER, _ALWAYS = np.iinfo(np.int64).max, np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Standing:
    """What the kept document of each cluster stands for.

    Args:
        sizes: documents of each cluster, those of earlier steps included, shape (clusters,).
        copies: the others, best first, as `copies` holds them.
        laundering: whether it may be a laundered copy.
    """

    sizes: Ints
    copies: pa.Array
    laundering: Bools


def columns(batch: Batch) -> list[pa.Array]:
    """Return the columns `NAMES` of rows, null where there is none."""
    names = set(batch.rows.schema.names)
    return [
        batch.column(field.name).cast(field.type) if field.name in names else nulls(field.type, len(batch))
        for field in FIELDS
    ]


def standing(documents: ids.Words, facts: pa.Table, starts: Ints, *, most: int, one_text: bool) -> Standing:
    """Return what the first document of each cluster stands for.

    It may be laundered if it is under a license, and a copy that reserves all rights is earlier, or the time of either is
    unknown: whoever put the license on it need not have had the right. A kept document inherits the suspicion of its copies.

    Args:
        documents: ids of shape (rows, 2), cluster after cluster, each in keeper order.
        facts: the columns `NAMES` of the same rows.
        starts: first row of each cluster, and the number of rows, shape (clusters + 1,).
        most: copies that a document lists at most.
        one_text: whether documents of a cluster have one text; of one address they need not, and nobody is suspected.
    """
    heads, lengths = starts[:-1], np.diff(starts)
    clusters = np.repeat(np.arange(len(heads), dtype=np.int64), lengths)
    sizes = to_numpy(pc.fill_null(facts.column("cluster_size"), 1)).astype(np.int64)
    totals = np.add.reduceat(sizes, heads) if len(heads) else sizes
    return Standing(
        totals,
        _listed(documents, facts, clusters, starts, most),
        _laundered(facts, clusters, heads) if one_text else _suspected(facts)[heads],
    )


def _listed(documents: ids.Words, facts: pa.Table, clusters: Ints, starts: Ints, most: int) -> pa.Array:
    """List per cluster the copies that its head has from before, then each other member and what that one has."""
    is_head = np.zeros(len(documents), np.bool_)
    is_head[starts[:-1]] = True
    others = np.flatnonzero(~is_head)
    taken = facts.take(pa.array(others, pa.int64())).combine_chunks()
    members = pa.StructArray.from_arrays(
        [
            pa.array(ids.unpack(documents[others]), pa.string()),
            *(keyed.one_chunk(taken.column(name)) for name in ("url", "license", "license_state")),
        ],
        fields=list(COPIES.value_type),
    )
    earlier = keyed.one_chunk(facts.column("copies"))
    counts = to_numpy(pc.fill_null(pc.list_value_length(earlier), 0)).astype(np.int64)
    owners = np.repeat(np.arange(len(documents), dtype=np.int64), counts)
    entries = pa.concat_arrays([members, earlier.flatten()])
    rows = np.concatenate([others, owners])
    inherited = np.repeat([0, 1], [len(others), len(owners)])  # a member stands before the copies that it has
    order = ids.ascending(rows, inherited)
    own = clusters[rows[order]]
    numbers = np.arange(len(own)) - np.searchsorted(own, own)
    chosen = order[numbers < most]
    offsets = np.searchsorted(clusters[rows[chosen]], np.arange(len(starts)))
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), entries.take(pa.array(chosen, pa.int64())), type=COPIES
    )


def _suspected(facts: pa.Table) -> Bools:
    """Return which documents an earlier step suspected."""
    known: Bools = to_numpy(pc.fill_null(keyed.one_chunk(facts.column("possible_laundering")), False)).astype(np.bool_)
    return known


def _laundered(facts: pa.Table, clusters: Ints, heads: Ints) -> Bools:
    classes = keyed.one_chunk(facts.column("license_class")).to_pylist()
    times = keyed.one_chunk(facts.column("crawl_time")).cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    reserved = np.array([reserves(name) for name in classes], np.bool_)
    suspected = _suspected(facts)
    first = np.full(len(heads), _NEVER, np.int64)
    np.minimum.at(first, clusters[reserved], to_numpy(pc.fill_null(times, int(_ALWAYS))).astype(np.int64)[reserved])
    own = to_numpy(pc.fill_null(times, int(_NEVER))).astype(np.int64)[heads]
    inherited = np.zeros(len(heads), np.bool_)
    inherited[clusters[suspected]] = True
    licensed = np.array([grants(classes[head]) for head in heads.tolist()], np.bool_)
    return licensed & ((first < own) | inherited)
