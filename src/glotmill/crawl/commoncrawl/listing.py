"""The list of what is fetched: candidates out of the index, each URL once, in an order that depends on the URLs alone.

Rows go by a 64-bit hash of what makes two of them one: the page's SURT key, or the record's place. So the list is put together
part by part in bounded memory, its order is as good as random, and its beginning is a fair sample.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from glotmill.core.arrow import booleans, optional_texts, strings
from glotmill.core.errors import DataError
from glotmill.crawl import cdxj
from glotmill.crawl.commoncrawl.base import Base, RangeFile, checked_path
from glotmill.crawl.commoncrawl.captures import Barred, Wanted
from glotmill.crawl.commoncrawl.index import Selection, Tally, dictionaries, select
from glotmill.crawl.commoncrawl.pace import Pace
from glotmill.dedup.tombstones import Tombstones
from glotmill.io.keyed import KEY, rows_of_partition
from glotmill.io.parquet import open_parquet
from glotmill.io.warc import is_robots
from glotmill.provenance.receipts import FileRecord, Receipt, read_receipt, write_receipt

Captures = Literal["newest", "oldest", "all"]
Identify = Literal["page", "record", "robots"]
Keys = npt.NDArray[np.uint64]

_GROUP_ROWS = 16_384
_PART_ROWS = 250_000  # candidates of a part of the list, about
_LARGEST_OFFSET = 1 << 40
CANDIDATES = pa.schema(
    [
        pa.field(KEY, pa.uint64(), nullable=False),
        pa.field("identity", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("fetch_time", pa.timestamp("us", "UTC")),
        pa.field("digest", pa.string()),
        pa.field("languages", pa.string()),
        pa.field("crawl", pa.string(), nullable=False),
        pa.field("path", pa.string()),
        pa.field("offset", pa.int64()),
        pa.field("length", pa.int64()),
        pa.field("fault", pa.string()),  # why the row cannot be asked for, in words
    ]
)


@dataclass(frozen=True, slots=True)
class IndexFile:
    """One file of the index: its crawl and its path below the base."""

    crawl: str
    path: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows of an index: rows = unwanted + duplicate + taken_down + beyond_limit + listed.

    Args:
        rows: of all its files.
        unread: of them, in row groups that were ruled out unread.
        unwanted: that the selection does not want, unread ones among them.
        duplicate: captures of a page of which another one is taken.
        taken_down: pages that the project's tombstones name.
        beyond_limit: left out since the recipe takes fewer.
        listed: to be fetched.
        bytes: of these.
    """

    rows: int = 0
    unread: int = 0
    unwanted: int = 0
    duplicate: int = 0
    taken_down: int = 0
    beyond_limit: int = 0
    listed: int = 0
    bytes: int = 0

    def balanced(self) -> bool:
        """Tell whether every row is counted once."""
        return self.rows == self.unwanted + self.duplicate + self.taken_down + self.beyond_limit + self.listed

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)


class Listing:
    """A list below a folder: `list/<name>-candidates/*.parquet` by file of the index, then `list/<name>-*.parquet`.

    Each file has a receipt, written last, so that a list that was interrupted goes on with the next file.

    Args:
        folder: of the fetch.
        name: of the list: `pages`, `robots`.
        plan: fingerprint; receipts of another one count as none.
        identify: what makes two rows one: the page's URL by its SURT key (`page`), the record's place (`record`), or the crawl and
            the site whose robots.txt it is (`robots`).
        longest: bytes of a record; longer ones are listed with a fault.
    """

    def __init__(self, folder: Path, name: str, *, plan: str, identify: Identify, longest: int) -> None:
        self._folder, self._name, self._plan = folder / "list", name, plan
        self._identify, self._longest = identify, longest
        self._receipts = str(folder / "list" / "receipts")
        (self._folder / f"{name}-candidates").mkdir(parents=True, exist_ok=True)

    def gathered(self, number: int) -> Receipt | None:
        """Return the receipt of `gather` for a file of the index, None where it is to be done."""
        return self._done(f"{self._name}-candidates-{number:05d}")

    def gather(
        self, number: int, file: IndexFile, wanted: Selection, base: Base, pace: Pace, *, sites: Keys | None = None
    ) -> Receipt:
        """Write the wanted rows of one file of the index, sorted by their keys.

        Args:
            number: of the file among those of the index.
            file: of the index.
            wanted: of its rows.
            base: where it is.
            pace: of retries.
            sites: sorted; of robots.txt captures only those with such a key are taken.

        Raises:
            DataError: it is missing or no index.
        """
        task = f"{self._name}-candidates-{number:05d}"
        stream = RangeFile(base, pace, file.path)
        tally = Tally()
        with pa.PythonFile(stream, "r") as opened:
            table = open_parquet(opened, file.path)
            named = pq.ParquetFile(
                opened, metadata=table.metadata, pre_buffer=False, read_dictionary=dictionaries(table.schema_arrow)
            )
            found = select(named, wanted, tally, name=file.path)
            kept = found if sites is None else (_of_sites(batch, file.crawl, sites) for batch in found)
            batches = [self._candidates(batch, file.crawl) for batch in kept]
        rows = pa.Table.from_batches(batches, CANDIDATES).sort_by(KEY)
        where = self._folder / f"{self._name}-candidates" / f"{number:05d}.parquet"
        facts = {"path": file.path, "rows": tally.rows, "unread": tally.unread, "wanted": rows.num_rows}
        return self._write(task, where, rows, facts)

    def merge(self, gathered: Sequence[Receipt], *, captures: Captures, most: int | None, gone: Tombstones) -> Counts:
        """Write the list out of the candidates of all files, and return what became of every row.

        Args:
            gathered: receipts of `gather`, in order of the index's files.
            captures: which of several captures of one page is taken; of equally old ones the one that is first by path and offset.
            most: rows at most, those of the smallest keys.
            gone: pages that were taken down.
        """
        wanted = sum(receipt.facts["wanted"] for receipt in gathered)
        parts = max(1, -(-wanted // _PART_ROWS))
        files = [str(self._folder / f"{self._name}-candidates" / Path(r.files["rows"].name).name) for r in gathered]
        sums = dict.fromkeys(("duplicate", "taken_down", "beyond_limit", "listed", "bytes"), 0)
        for part in range(parts):
            left = None if most is None else most - sums["listed"]
            receipt = self._part(part, parts, files, captures=captures, left=left, gone=gone)
            for name in sums:
                sums[name] += receipt.facts[name]
        rows = sum(receipt.facts["rows"] for receipt in gathered)
        unread = sum(receipt.facts["unread"] for receipt in gathered)
        return Counts(rows, unread, rows - wanted, **sums)

    def _part(
        self, part: int, parts: int, files: Sequence[str], *, captures: Captures, left: int | None, gone: Tombstones
    ) -> Receipt:
        task = f"{self._name}-{part:05d}"
        done = self._done(task)
        if done is not None:
            return done
        batches = [batch for file in files for batch in rows_of_partition(file, part, parts)]
        table = pa.Table.from_batches(batches, CANDIDATES)
        order = "descending" if captures == "newest" else "ascending"
        by = [(KEY, "ascending"), ("identity", "ascending"), ("fetch_time", order)]
        table = table.sort_by([*by, ("path", "ascending"), ("offset", "ascending"), ("length", "ascending")])
        identities = optional_texts(table.column("identity"))
        first = [at == 0 or one != identities[at - 1] for at, one in enumerate(identities)]
        kept = table.filter(pa.array(first, pa.bool_()))
        live = [gone.address(url) is None for url in optional_texts(kept.column("url"))] if gone else None
        alive = kept if live is None else kept.filter(pa.array(live, pa.bool_()))
        listed = alive if left is None else alive.slice(0, max(left, 0))
        facts = {
            "duplicate": table.num_rows - kept.num_rows,
            "taken_down": kept.num_rows - alive.num_rows,
            "beyond_limit": alive.num_rows - listed.num_rows,
            "listed": listed.num_rows,
            "bytes": int(pc.sum(listed.filter(pc.is_null(listed.column("fault"))).column("length")).as_py() or 0),
        }
        return self._write(task, self._folder / f"{self._name}-{part:05d}.parquet", listed, facts)

    def rows(self, start: int = 0) -> Iterator[tuple[int, Wanted | Barred]]:
        """Yield number and content of every row of the list from one on: what to fetch, or why it cannot be."""
        number = 0
        for path in sorted(self._folder.glob(f"{self._name}-*.parquet")):
            if self._done(path.stem) is None:
                raise DataError(f"{path}: not finished, or of another plan")
            with pq.ParquetFile(path) as file:
                rows = file.metadata.num_rows
                for batch in file.iter_batches(_GROUP_ROWS, use_threads=False) if number + rows > start else ():
                    for place, row in enumerate(batch.to_pylist(), number):
                        if place >= start:
                            yield place, _barred(row) if row["fault"] else _wanted(row)
                    number += batch.num_rows
                    rows -= batch.num_rows
                number += rows

    def sites(self) -> Keys:
        """Return the keys of the robots.txt captures that would speak of the pages of the list, sorted."""
        keys = {_hash(robots_key(wanted.crawl, wanted.url)) for _, wanted in self.rows() if isinstance(wanted, Wanted)}
        return np.array(sorted(keys), np.uint64)

    def _candidates(self, batch: pa.RecordBatch, crawl: str) -> pa.RecordBatch:
        rows = batch.to_pylist()
        identities = [self._identity(row, crawl) for row in rows]
        keys = [_hash(one) for one in identities]
        return pa.RecordBatch.from_arrays(
            [
                pa.array(keys, pa.uint64()),
                strings(identities),
                batch.column("url"),
                batch.column("fetch_time"),
                batch.column("content_digest"),
                batch.column("content_languages"),
                pa.array([crawl] * len(rows), pa.string()),
                batch.column("warc_filename"),
                batch.column("warc_record_offset"),
                batch.column("warc_record_length"),
                strings(self._fault(row) for row in rows),
            ],
            schema=CANDIDATES,
        )

    def _identity(self, row: dict[str, Any], crawl: str) -> str:
        url = row["url"] or ""
        if self._identify == "robots":
            return robots_key(crawl, url)
        if self._identify == "page" and url:
            return cdxj.sort_key(url)
        return f"{row['warc_filename']}:{row['warc_record_offset']}"

    def _fault(self, row: dict[str, Any]) -> str | None:
        offset, length = row["warc_record_offset"], row["warc_record_length"]
        if not row["url"]:
            return "the index has no URL"
        try:
            checked_path(row["warc_filename"] or "")
        except ValueError as error:
            return str(error)
        if offset is None or not 0 <= offset < _LARGEST_OFFSET:
            return f"the index has the offset {offset}"
        if length is None or not 0 < length <= self._longest:
            return f"the index has a record of {length} bytes; the recipe takes up to {self._longest:,}"
        return None

    def _done(self, task: str) -> Receipt | None:
        receipt = read_receipt(self._receipts, task)
        return receipt if receipt is not None and receipt.plan == self._plan else None

    def _write(self, task: str, where: Path, rows: pa.Table, facts: dict[str, Any]) -> Receipt:
        with where.open("wb") as stream:
            with pq.ParquetWriter(stream, CANDIDATES, compression="zstd", compression_level=3) as writer:
                writer.write_table(rows.combine_chunks(), row_group_size=_GROUP_ROWS)
            stream.flush()
            os.fsync(stream.fileno())
        record = FileRecord(where.relative_to(self._folder).as_posix(), where.stat().st_size, "")
        receipt = Receipt(self._plan, task, files={"rows": record}, facts=facts)
        write_receipt(self._receipts, receipt)
        return receipt


def _of_sites(batch: pa.RecordBatch, crawl: str, sites: Keys) -> pa.RecordBatch:
    """Return the robots.txt captures of the wanted sites, before anything is made of the many others."""
    urls = [url if url is not None and is_robots(url.encode()) else "" for url in optional_texts(batch.column("url"))]
    keys = np.array([_hash(robots_key(crawl, url)) for url in urls], np.uint64)
    return batch.filter(booleans(np.isin(keys, sites)))


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))


def _wanted(row: dict[str, Any]) -> Wanted:
    return Wanted(row["url"], row["path"], row["offset"], row["length"], row["digest"], row["crawl"], row["languages"])


def _barred(row: dict[str, Any]) -> Barred:
    # What cannot be asked for still says whose it is: a robots.txt that nobody reads bars its site.
    known = {**row, "path": row["path"] or "", "offset": row["offset"] or 0, "length": row["length"] or 0}
    return Barred("bad_index_row", row["fault"], _wanted(known) if row["url"] else None)


def robots_key(crawl: str, url: str) -> str:
    """Return what makes captures of one crawl's robots.txt one: the crawl and scheme, host and port of a URL below it."""
    scheme, _, rest = url.partition("://")
    return f"{crawl} {scheme.lower()}://{rest.partition('/')[0].partition('?')[0].lower()}"
