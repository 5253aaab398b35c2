"""What all tasks of a mix share, and the small files that they hand to each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glotmill.core.arrow import nulls, to_numpy
from glotmill.core.errors import DataError
from glotmill.io import storage
from glotmill.io.parquet import open_parquet
from glotmill.plan.mixing import MixPlan, Piece, Portion
from glotmill.provenance.files import read_batch
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.parts import DIGEST, read_footer
from glotmill.run.mix.order import Bools, Keys

PHASE: Final = "phase-0"
REFUSED: Final = -1  # the group of rows that cannot be taken
KEYS = pa.schema(
    [
        pa.field("hash", pa.uint64(), nullable=False),
        pa.field("high", pa.uint64(), nullable=False),
        pa.field("low", pa.uint64(), nullable=False),
        pa.field("group", pa.int32(), nullable=False),  # among the groups of its piece
        pa.field("units", pa.int64(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),  # of its piece
    ]
)
ROWS = pa.schema([pa.field("row", pa.int64(), nullable=False)])

_BATCH_ROWS: Final = 1_000

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MixContext:
    """Sent to each worker once.

    Args:
        plan: of the mix.
        folder: of the mix.
        attempt: names files of this attempt; never enters data.
    """

    plan: MixPlan
    folder: RunFolder
    attempt: str

    @property
    def address(self) -> str:
        """The address of the only phase's folder."""
        return self.folder.join(PHASE)


@dataclass(frozen=True, slots=True)
class Scans:
    """The keys of all pieces.

    Args:
        files: one for each piece, relative to the phase's folder.
        groups: for each piece, the groups of the mix that its own groups are.
    """

    files: tuple[str, ...]
    groups: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Bucket:
    """The keys of one range of hashes, in the order of selection; arrays of shape (rows,).

    Args:
        keys: of the rows.
        group: of the mix, or `REFUSED`.
        units: what each row counts.
        piece: where each row stands.
        row: its place there.
        again: whether an earlier piece holds the same document.
    """

    keys: Keys
    group: Ints
    units: Ints
    piece: Ints
    row: Ints
    again: Bools


def read_bucket(context: MixContext, scans: Scans, number: int) -> Bucket:
    """Return the keys of one bucket, of all pieces."""
    columns: dict[str, list[npt.NDArray[np.generic]]] = {name: [] for name in (*KEYS.names, "piece")}
    for piece, (name, groups) in enumerate(zip(scans.files, scans.groups, strict=True)):
        rows = read_batch(storage.join(context.address, name), number)
        for column in KEYS.names:
            columns[column].append(to_numpy(rows.column(column)))
        own = columns["group"].pop().astype(np.int64)
        columns["group"].append(np.where(own >= 0, np.array([*groups, REFUSED])[own], REFUSED))
        columns["piece"].append(np.full(rows.num_rows, piece, np.int64))
    joined = {name: np.concatenate(arrays) if arrays else np.empty(0, np.int64) for name, arrays in columns.items()}
    keys = Keys(*(joined[name].astype(np.uint64) for name in ("hash", "high", "low")))
    pieces, row = joined["piece"].astype(np.int64), joined["row"].astype(np.int64)
    order = keys.order(pieces, row)
    keys = Keys(keys.hash[order], keys.high[order], keys.low[order])
    again = np.zeros(len(order), np.bool_)
    again[1:] = (keys.high[1:] == keys.high[:-1]) & (keys.low[1:] == keys.low[:-1])
    group, units = joined["group"].astype(np.int64), joined["units"].astype(np.int64)
    return Bucket(keys, group[order], units[order], pieces[order], row[order], again)


def sums_by_group(group: Ints, *columns: Ints) -> dict[str, list[int]]:
    """Return the sums of columns over the rows of each group, by its number as JSON has keys.

    >>> sums_by_group(np.array([2, 0, 2]), np.array([1, 1, 1]), np.array([10, 20, 30]))
    {'0': [1, 20], '2': [2, 40]}
    """
    numbers, place = np.unique(group, return_inverse=True)
    sums = np.zeros((len(columns), len(numbers)), np.int64)
    for own, values in zip(sums, columns, strict=True):
        np.add.at(own, place, values)
    return {str(number): found for number, found in zip(numbers.tolist(), sums.T.tolist(), strict=True)}


def read_piece(plan: MixPlan, piece: Piece, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a piece with these columns; one that the part lacks is null.

    Raises:
        DataError: the part is not the one that its corpus's manifest names, or is not readable.
    """
    for portion in piece.portions:
        yield from _read_portion(plan, portion, columns)


def _read_portion(plan: MixPlan, portion: Portion, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    kinds = {field.name: field.type for field in plan.schema}
    where = portion.where
    url = where.file.url
    with storage.open_read(url) as stream:
        file = open_parquet(stream, url)
        if read_footer(file).get(DIGEST) != portion.digest:
            raise DataError(
                f"{url} is not as the manifest of {where.file.source} says: `glotmill verify` shows what is wrong"
            )
        here = [name for name in columns if name in file.schema_arrow.names]
        groups = list(range(where.start, where.end))
        try:
            for rows in file.iter_batches(_BATCH_ROWS, row_groups=groups, columns=here):
                arrays = [rows.column(name) if name in here else nulls(kinds[name], rows.num_rows) for name in columns]
                yield pa.RecordBatch.from_arrays(arrays, names=list(columns))
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{url}: unreadable: {error}") from error
