"""Which of several copies is kept: a total order over documents, stated in the recipe."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import optional_texts, to_numpy
from glotmill.core.steps import Batch
from glotmill.dedup import ids, keyed

Criterion = Literal["license", "native", "quality", "longer", "earlier"]
DEFAULT_KEEP: tuple[Criterion, ...] = ("native", "license", "quality", "longer", "earlier")
Published = Literal["wins", "ranked"]

_LAST = np.iinfo(np.int64).max
Ranks = npt.NDArray[np.int64]


def each_once(keep: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
    """Return a keeper order as it stands; raise ValueError where it names a criterion twice."""
    twice = sorted({name for name in keep if keep.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} stands twice")
    return keep


def rank_names(keep: Sequence[Criterion]) -> list[str]:
    """Return the names of the rank columns, most important first."""
    return [f"rank_{place}" for place in range(len(keep))]


def rank_fields(keep: Sequence[Criterion]) -> list[pa.Field]:
    """Return the rank columns of a keyed table: one per criterion, the smaller the better."""
    return [pa.field(name, pa.int64(), nullable=False) for name in rank_names(keep)]


def rank_columns(batch: Batch, keep: Sequence[Criterion], *, quality: str | None) -> list[pa.Array]:
    """Return one integer column per criterion, most important first; the smaller value is kept.

    - `license`: better license, then better evidence (`licensing.ranking`); no license comes last. Neutral where
      the rows have no `license_class` column, as in recipes that deduplicate before `permit`.
    - `native`: written by people in this language before translated, synthetic or augmented.
    - `quality`: the greater value of the numeric column `quality`; none, or not a number, comes last. Neutral where no
      column is named.
    - `longer`: number of characters.
    - `earlier`: crawl time; unknown comes last.

    Equal ranks are decided by `doc_id` (see `order`), so any two documents have an order.
    """
    return [pa.array(_criterion(batch, name, quality), pa.int64()) for name in keep]


def quality_field(name: str | None) -> pa.Schema:
    """Return what a step requires of the rows for the criterion `quality`."""
    return pa.schema([] if name is None else [pa.field(name, pa.float64())])


def order(ranks: Sequence[Ranks], identities: ids.Words, *, groups: Sequence[ids.Words] = ()) -> npt.NDArray[np.int64]:
    """Return the rows in keeper order, best first, within ascending groups where there are any.

    Args:
        ranks: columns as `rank_columns` gives them, each of shape (rows,).
        identities: document ids of shape (rows, 2).
        groups: columns that come before the ranks, most important first, each of shape (rows,).
    """
    columns = [*groups, *ranks, identities[:, 0], identities[:, 1]]
    return np.lexsort(columns[::-1]).astype(np.int64)


def table_ranks(table: pa.Table, keep: Sequence[Criterion]) -> list[Ranks]:
    """Return the rank columns of a keyed table."""
    return [keyed.integers(table, name) for name in rank_names(keep)]


def sizes(batch: Batch) -> pa.Array:
    """Return how many documents each row already stands for: its `cluster_size`, or 1."""
    if "cluster_size" not in batch.rows.schema.names:
        return pa.array(np.ones(len(batch), np.int32), pa.int32())
    return pc.fill_null(batch.column("cluster_size").cast(pa.int32()), 1)


def _criterion(batch: Batch, name: Criterion, quality: str | None) -> Ranks:
    match name:
        case "quality":
            return _neutral(batch) if quality is None else _greater(batch, quality)
        case "license":
            return _license(batch)
        case "native":
            return _native(batch)
        case "longer":
            return _longer(batch)
        case "earlier":
            return _earlier(batch)


def _neutral(batch: Batch) -> Ranks:
    return np.zeros(len(batch), np.int64)


def _has(batch: Batch, name: str) -> bool:
    return name in batch.rows.schema.names


def _license(batch: Batch) -> Ranks:
    if not _has(batch, "license_class"):
        return _neutral(batch)
    from glotmill.licensing.ranking import license_rank  # noqa: PLC0415  # only recipes with licenses need it

    classes = optional_texts(batch.column("license_class"))
    states = optional_texts(batch.column("license_state")) if _has(batch, "license_state") else [None] * len(batch)
    known: dict[tuple[str | None, str | None], int] = {}
    for pair in zip(classes, states, strict=True):
        if pair not in known:
            known[pair] = _LAST if pair[0] is None else int(license_rank(*pair))
    return np.array([known[pair] for pair in zip(classes, states, strict=True)], np.int64)


def _native(batch: Batch) -> Ranks:
    if not _has(batch, "origin"):
        return _neutral(batch)
    foreign = pc.fill_null(pc.not_equal(batch.column("origin"), "native"), True)
    return to_numpy(foreign).astype(np.int64)


def _greater(batch: Batch, name: str) -> Ranks:
    """Rank by the bits of a float: those of positive numbers ascend with them, those of negative ones descend."""
    values = to_numpy(pc.fill_null(batch.column(name).cast(pa.float64()), float("nan"))).astype(np.float64)
    bits = (-values + 0.0).view(np.int64)  # adding zero makes -0.0 and 0.0 one
    ranks = np.where(bits < 0, np.int64(-1) ^ (bits & _LAST), bits)
    return np.where(np.isnan(values), _LAST, ranks)


def _longer(batch: Batch) -> Ranks:
    if not _has(batch, "text"):
        return _neutral(batch)
    lengths = pc.fill_null(pc.utf8_length(batch.column("text")), 0)
    return -to_numpy(lengths).astype(np.int64)


def _earlier(batch: Batch) -> Ranks:
    if not _has(batch, "crawl_time"):
        return _neutral(batch)
    moments = batch.column("crawl_time").cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    return to_numpy(pc.fill_null(moments, int(_LAST))).astype(np.int64)
