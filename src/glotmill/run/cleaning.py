"""Removing intermediate files that no later phase needs, and texts of refused documents."""

from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import nulls
from glotmill.io import storage
from glotmill.io.parquet import open_parquet
from glotmill.provenance.files import write_parquet
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.receipts import Receipt, replace_receipt
from glotmill.run.refusals import REFUSED
from glotmill.run.takedown.journal import refuse_pending

_BATCH_ROWS = 1_000
_LEDGER_GROUP = 20_000


@dataclass(frozen=True, slots=True)
class Freed:
    """What was deleted: folder names inside the run, bytes, samples of documents in its ledger, uploads that nobody finished."""

    folders: tuple[str, ...]
    bytes: int
    samples: int = 0
    uploads: int = 0


def clean_run(folder: RunFolder) -> Freed:
    """Delete data and keys of every phase whose successor is complete; ledger, receipts, quarantine stay.

    Until the run is finished, the tables that its corpus steps resolved stay too: the manifest is made of them. Once it
    is, the ledger loses the beginnings of texts that were refused for their license or their owner's wish, and ledger
    files of attempts that no receipt names. Whoever is killed can do it again.

    Raises:
        SettingsError: this is no folder of a run, or a takedown of it is not carried out to its end.
    """
    refuse_pending(folder)
    plan = folder.read_json("plan.json")
    phases, shards = list(plan["phases"]), int(plan["shards"])
    whole = [len(folder.receipts(phase, "shard-")) == shards for phase in phases]
    finished = storage.exists(folder.join("manifest.json"))
    deleted: list[str] = []
    freed = 0
    for index, phase in enumerate(phases):
        successor_done = finished if index == len(phases) - 1 else whole[index + 1]
        if not successor_done:
            continue
        for kind in ("data", "keys"):
            address = folder.join(phase, kind)
            files = storage.list_below(address)
            spared = {name for name, _ in files if not finished and name.startswith("resolve-")}
            freed += sum(size for name, size in files if name not in spared)
            if not spared and storage.exists(address):
                storage.delete(address)
            for name in () if not spared else (name for name, _ in files if name not in spared):
                storage.delete(storage.join(address, name))
            if len(files) > len(spared):
                deleted.append(f"{phase}/{kind}")
    samples = sum(_strike_samples(folder, phase) for phase in phases) if finished else 0
    return Freed(tuple(deleted), freed, samples, storage.abort_uploads(folder.address))


def _strike_samples(folder: RunFolder, phase: str) -> int:
    """Write a phase's ledger files again without samples of what was refused; return how many there were."""
    count, named = 0, set()
    for receipt in folder.receipts(phase, "shard-"):
        record = receipt.files.get("ledger")
        if record is None:
            continue
        with storage.open_read(folder.join(phase, record.name)) as stream:
            batches = open_parquet(stream, record.name).iter_batches(_BATCH_ROWS, columns=["reason", "sample"])
            hits = sum(pc.sum(_refused_with_sample(batch)).as_py() or 0 for batch in batches)
        named.add(_without_samples(folder, phase, receipt) if hits else record.name)
        count += hits
    ledger = folder.join(phase, "ledger")
    for name, _ in storage.list_below(ledger):
        if f"ledger/{name}" not in named:
            storage.delete(storage.join(ledger, name))
    return count


def _without_samples(folder: RunFolder, phase: str, receipt: Receipt) -> str:
    old = receipt.files["ledger"].name
    new = f"{old.removesuffix('.parquet')}-cleaned.parquet"
    with storage.open_read(folder.join(phase, old)) as stream:
        file = open_parquet(stream, old)
        schema = file.schema_arrow.remove_metadata()
        rows = (_struck(batch) for batch in file.iter_batches(_BATCH_ROWS))
        record, _ = write_parquet(folder.join(phase), new, rows, schema, row_group_rows=_LEDGER_GROUP)
    replace_receipt(folder.join(phase, "receipts"), replace(receipt, files={**receipt.files, "ledger": record}))
    return new


def _refused_with_sample(batch: pa.RecordBatch) -> pa.Array:
    reasons = batch.column("reason")
    refused = pc.starts_with(reasons, REFUSED[0])
    for prefix in REFUSED[1:]:
        refused = pc.or_(refused, pc.starts_with(reasons, prefix))
    return pc.and_(refused, pc.is_valid(batch.column("sample")))


def _struck(batch: pa.RecordBatch) -> pa.RecordBatch:
    hit = _refused_with_sample(batch)
    sample = pc.if_else(hit, nulls(pa.string(), len(hit)), batch.column("sample"))
    arrays = [sample if name == "sample" else batch.column(name) for name in batch.schema.names]
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema.remove_metadata())
