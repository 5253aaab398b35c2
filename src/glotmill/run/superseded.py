"""The list of published documents that an update's new ones supersede."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

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


def write_superseded(folder: RunFolder, tables: Sequence[str], parts: Sequence[str], fingerprint: str) -> Receipt:
    """Write the list and its receipt, or return the receipt of a run that has done so.

    A document is superseded only by one that the delta holds in the end. Where a later step dropped it for another, that
    one counts; where it is gone for another reason, or for a published document, nothing is superseded: a reader who
    leaves out what is listed loses no text.

    Args:
        folder: of the run.
        tables: addresses of the resolved tables of its steps, in order.
        parts: names of the delta's part files.
        fingerprint: of the run.
    """
    receipts = storage.join(folder.sink, "receipts")
    known = read_receipt(receipts, TASK)
    if known is not None and known.plan == fingerprint and _intact(folder, known):
        return known
    found: dict[str, str] = {}
    for address in tables:
        for name, keeper in _pairs(address):
            found.setdefault(name, keeper)
    found = _in_the_end(folder, found, parts) if found else {}
    rows = pa.RecordBatch.from_arrays(
        [strings(sorted(found)), strings(found[name] for name in sorted(found))], schema=SCHEMA
    )
    record, count = write_parquet(folder.address, FILE, [rows], SCHEMA, row_group_rows=100_000)
    receipt = Receipt(fingerprint, TASK, {"table": record}, facts={"documents": count})
    write_receipt(receipts, receipt)
    return receipt


def superseded_ids(addresses: Sequence[str]) -> set[bytes]:
    """Return the ids, 16 bytes each, that lists of superseded documents and resolved tables hold."""
    found: set[bytes] = set()
    for address in addresses:
        if address.endswith(".parquet"):
            with storage.open_read(address) as stream:
                found.update(bytes.fromhex(name) for name in pylist(pq.read_table(stream).column("doc_id")))
        else:
            found.update(bytes.fromhex(name) for name, _ in _pairs(address))
    return found


def _pairs(address: str) -> Iterator[tuple[str, str]]:
    """Yield published documents that a resolved table drops, and what it keeps for each."""
    for batch in read_batches(address):
        gone = batch.filter(pc.and_(batch.column("published"), batch.column("drop")))
        for name, keeper in zip(pylist(gone.column("doc_id")), pylist(gone.column("keeper")), strict=True):
            yield name.hex(), keeper.hex()


def _in_the_end(folder: RunFolder, found: dict[str, str], parts: Sequence[str]) -> dict[str, str]:
    """Return the pairs whose superseder, or the one kept in its place, is in the delta."""
    kept: set[str] = set()
    for part in parts:
        with storage.open_read(folder.join(part)) as stream:
            kept.update(pylist(pq.read_table(stream, columns=["doc_id"]).column("doc_id")))
    instead = {row["doc_id"]: row["related"] for batch in folder.ledger() for row in _dropped_for_others(batch)}

    def final(name: str) -> str | None:
        seen: set[str] = set()
        while name not in kept:
            if name in seen or name not in instead:
                return None
            seen.add(name)
            name = instead[name]
        return name

    ends = {name: final(keeper) for name, keeper in found.items()}
    return {name: end for name, end in ends.items() if end is not None}


def _dropped_for_others(batch: pa.RecordBatch) -> list[dict[str, str]]:
    rows = batch.select(["doc_id", "related"])
    chosen: list[dict[str, str]] = rows.filter(pc.is_valid(rows.column("related"))).to_pylist()
    return chosen


def _intact(folder: RunFolder, receipt: Receipt) -> bool:
    record = receipt.files["table"]
    address = folder.join(record.name)
    return storage.exists(address) and f"sha256:{storage.sha256(address)[0]}" == record.digest
