"""The list of published documents that an update's new ones supersede."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import pylist, strings
from glotmill.io import storage
from glotmill.provenance.files import read_batches, write_parquet
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.receipts import Receipt, read_receipt, write_receipt

FILE = "superseded.parquet"
TASK = "superseded"
SCHEMA = pa.schema(
    [pa.field("doc_id", pa.string(), nullable=False), pa.field("superseded_by", pa.string(), nullable=False)]
)


def write_superseded(folder: RunFolder, tables: Sequence[str], fingerprint: str) -> Receipt:
    """Write the list and its receipt, or return the receipt of a run that has done so.

    Args:
        folder: of the run.
        tables: addresses of the resolved tables of its steps, in order.
        fingerprint: of the run.
    """
    receipts = storage.join(folder.sink, "receipts")
    known = read_receipt(receipts, TASK)
    if known is not None and known.plan == fingerprint and storage.exists(folder.join(FILE)):
        return known
    found: dict[str, str] = {}
    for address in tables:
        for batch in read_batches(address):
            gone = batch.filter(pc.and_(batch.column("published"), batch.column("drop")))
            for name, keeper in zip(pylist(gone.column("doc_id")), pylist(gone.column("keeper")), strict=True):
                found.setdefault(name.hex(), keeper.hex())
    rows = pa.RecordBatch.from_arrays(
        [strings(sorted(found)), strings(found[name] for name in sorted(found))], schema=SCHEMA
    )
    record, count = write_parquet(folder.address, FILE, [rows], SCHEMA, row_group_rows=100_000)
    receipt = Receipt(fingerprint, TASK, {"table": record}, facts={"documents": count})
    write_receipt(receipts, receipt)
    return receipt
