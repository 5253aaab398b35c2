"""First looks at the corpora: the groups and keys of their rows, and which documents several of them hold."""

import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from glotmill.core.arrow import column, empty
from glotmill.io import storage
from glotmill.io.parquet import open_parquet
from glotmill.plan.mixing import Piece
from glotmill.provenance.files import ArrowFile
from glotmill.provenance.receipts import Receipt, write_receipt
from glotmill.run.mix.context import KEYS, REFUSED, ROWS, MixContext, Scans, read_bucket, read_piece, sums_by_group
from glotmill.run.mix.judging import Judge, Values
from glotmill.run.mix.order import bucket, selection_keys


@dataclass(frozen=True, slots=True)
class ScanTask:
    """Judges the rows of one piece, and writes their keys, one batch for each bucket."""

    context: MixContext
    buckets: int

    def __call__(self, index: int) -> Receipt:
        begun = time.monotonic()
        plan = self.context.plan
        piece = plan.pieces[index]
        judge = Judge(plan)
        groups: dict[Values, int] = {}
        found: list[pa.RecordBatch] = []
        start = 0
        for rows in read_piece(plan, piece, judge.columns):
            judged = judge(rows, piece.corpus)
            own = [
                REFUSED if reason is not None else groups.setdefault(values, len(groups))
                for reason, values in zip(judged.reasons, judged.groups, strict=True)
            ]
            keys = selection_keys(rows.column("doc_id"), plan.recipe.seed)
            places = np.arange(start, start + rows.num_rows)
            start += rows.num_rows
            arrays = (keys.hash, keys.high, keys.low, np.array(own, np.int32), judged.units, places)
            found.append(pa.RecordBatch.from_arrays([pa.array(one) for one in arrays], schema=KEYS))
        table = pa.Table.from_batches(found, schema=KEYS).combine_chunks()
        name = f"keys/scan-{index:05d}-{self.context.attempt}.arrow"
        with ArrowFile(self.context.address, name, KEYS) as file:
            for part in _split(table, self.buckets):
                file.write(part)
            record = file.close()
        facts = {"groups": [list(values) for values in groups], "rows": start, "row_bytes": _row_bytes(piece)}
        about = {"seconds": round(time.monotonic() - begun, 3)}
        receipt = Receipt(plan.fingerprint, f"scan-{index:05d}", {"keys": record}, facts=facts, about=about)
        write_receipt(storage.join(self.context.address, "receipts"), receipt)
        return receipt


@dataclass(frozen=True, slots=True)
class SelectTask:
    """Finds documents that stand twice in one bucket, and adds up what its groups have."""

    context: MixContext
    scans: Scans

    def __call__(self, number: int) -> Receipt:
        found = read_bucket(self.context, self.scans, number)
        name = f"keys/select-{number:05d}-{self.context.attempt}.arrow"
        piece, row = found.piece[found.again], found.row[found.again]
        order = np.lexsort((row, piece))
        edges = np.searchsorted(piece[order], np.arange(len(self.scans.files) + 1)).tolist()
        twice = row[order]
        with ArrowFile(self.context.address, name, ROWS) as file:
            for first, last in pairwise(edges):
                file.write(pa.RecordBatch.from_arrays([column(twice[first:last], pa.int64())], schema=ROWS))
            record = file.close()
        counted = ~found.again & (found.group != REFUSED)
        sums = sums_by_group(found.group[counted], np.ones(int(counted.sum()), np.int64), found.units[counted])
        facts = {"groups": sums, "again": len(twice)}
        task = f"select-{number:05d}"
        receipt = Receipt(self.context.plan.fingerprint, task, {"again": record}, facts=facts)
        write_receipt(storage.join(self.context.address, "receipts"), receipt)
        return receipt


def _split(table: pa.Table, buckets: int) -> list[pa.RecordBatch]:
    where = bucket(table.column("hash").to_numpy(), buckets)
    order = np.argsort(where, kind="stable")
    edges = np.searchsorted(where[order], np.arange(buckets + 1)).tolist()
    rows = table.take(pa.array(order)).combine_chunks().to_batches()
    whole = rows[0] if rows else empty(KEYS)
    return [whole.slice(first, last - first) for first, last in pairwise(edges)]


def _row_bytes(piece: Piece) -> int:
    """Return how many bytes a row of a piece has before compression, about; it decides how many parts there are."""
    rows = size = 0
    for where in (portion.where for portion in piece.portions):
        with storage.open_read(where.file.url) as stream:
            metadata = open_parquet(stream, where.file.url).metadata
            groups = [metadata.row_group(number) for number in range(where.start, where.end)]
        rows += sum(group.num_rows for group in groups)
        size += sum(group.total_byte_size for group in groups)
    return size // rows if rows else 0
