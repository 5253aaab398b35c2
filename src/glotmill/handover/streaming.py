"""The rows of a run as a stream for one reader of many: which rows are whose is arithmetic, and a position is one number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from glotmill.core.arrow import booleans, to_numpy
from glotmill.core.errors import SettingsError
from glotmill.handover.choosing import Choice, choose
from glotmill.io import storage
from glotmill.io.parquet import open_parquet
from glotmill.provenance.folder import RunFolder

_BATCH_ROWS = 256


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader of several: one worker of one rank.

    Reader k of n reads rows k, k + n, k + 2n ... of the stream, so that all together read it in its order.

    Args:
        index: from 0.
        count: of all readers.
    """

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count:
            raise SettingsError(f"reader {self.index} of {self.count}: readers are counted from 0")

    @classmethod
    def of(cls, *, rank: int, ranks: int, worker: int, workers: int) -> "Reader":
        """Return the reader that a worker of a rank is.

        A loader asks its workers in turn, so that rank r sees rows r, r + ranks, r + 2 * ranks ... in this order.

        >>> Reader.of(rank=1, ranks=4, worker=2, workers=3)
        Reader(index=9, count=12)
        """
        return cls(worker * ranks + rank, workers * ranks)

    def first_at(self, row: int) -> int:
        """Return the first row of this reader at or behind a row.

        >>> Reader(1, 4).first_at(6)
        9
        """
        return row + (self.index - row) % self.count


class RowStream:
    """The rows of a run, in the order of its parts, as one reader sees them.

    Rows are numbered before anything is filtered, so a number means the same row for every reader and choice; the position
    of all readers together is one number, which a checkpoint keeps, and from which other numbers of readers go on.

    Args:
        run: folder or fsspec URL of a finished run; a mix is shuffled, other runs are in the order of their parts.
        columns: to read.
        reader: which rows are read.
        start: number of the first row; those before it were read.
        languages: tags or codes; None for all.
        bands: of `quality_band`; None for all.
        license_classes: None for all.

    Raises:
        SettingsError: no finished run, one of which a takedown was interrupted, a column that it does not have, or a negative start.
        RecipeError: no such language.
    """

    def __init__(
        self,
        run: str,
        columns: Sequence[str],
        *,
        reader: Reader,
        start: int = 0,
        languages: Sequence[str] | None = None,
        bands: Sequence[str] | None = None,
        license_classes: Sequence[str] | None = None,
    ) -> None:
        if start < 0:
            raise SettingsError(f"start {start}: rows are counted from 0")
        self._folder = RunFolder(storage.absolute(run))
        self._choice = choose(self._folder, columns, languages=languages, bands=bands, license_classes=license_classes)
        self._parts = [
            (part["path"], int(part["documents"])) for part in self._folder.read_json("manifest.json")["parts"]
        ]
        self._reader, self._start = reader, start

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield number and columns of each row; one batch of rows is in memory at a time."""
        begin = 0
        for path, documents in self._parts:
            end = begin + documents
            if end > self._start:
                yield from self._part(path, begin)
            begin = end

    def _part(self, path: str, begin: int) -> Iterator[tuple[int, dict[str, Any]]]:
        address = self._folder.join(path)
        with storage.open_read(address) as stream:
            file = open_parquet(stream, address)
            for group in range(file.metadata.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                # A group without a row of this reader is passed over unread.
                if self._reader.first_at(max(begin, self._start)) < begin + rows:
                    yield from self._group(file, group, begin)
                begin += rows

    def _group(self, file: pq.ParquetFile, group: int, begin: int) -> Iterator[tuple[int, dict[str, Any]]]:
        names = list(dict.fromkeys([*self._choice.columns, *(name for name, _ in self._choice.wanted)]))
        for batch in file.iter_batches(_BATCH_ROWS, row_groups=[group], columns=names):
            end = begin + batch.num_rows
            numbers = range(self._reader.first_at(max(begin, self._start)), end, self._reader.count)
            own = batch.take(pa.array([number - begin for number in numbers], pa.int64()))
            kept = to_numpy(booleans(_wanted(own, self._choice)))
            for number, keep, row in zip(
                numbers, kept, own.select(list(self._choice.columns)).to_pylist(), strict=True
            ):
                if keep:
                    yield number, row
            begin = end


def _wanted(rows: pa.RecordBatch, choice: Choice) -> list[bool]:
    columns = [(rows.column(name).to_pylist(), frozenset(values)) for name, values in choice.wanted]
    return [all(column[row] in values for column, values in columns) for row in range(rows.num_rows)]
