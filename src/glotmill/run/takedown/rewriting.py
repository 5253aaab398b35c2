"""Taking rows out of the files of one run: each written anew under another name, then published, then the old one deleted.

Whatever is here can be done again after a kill: a file whose old form is gone has been written, and is left alone.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import booleans, column, is_null, nulls, optional_texts, pylist, strings, to_numpy
from glotmill.core.errors import DataError
from glotmill.core.schema import COPIES, LEDGER_SCHEMA
from glotmill.io import storage
from glotmill.io.parquet import open_parquet
from glotmill.provenance.files import write_parquet
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.parts import origin_of, read_footer, write_part
from glotmill.provenance.receipts import FileRecord, Receipt, StepCount, read_receipt, replace_receipt
from glotmill.run.containment import markers
from glotmill.run.event_log import FOLDER as EVENTS
from glotmill.run.shard import write_marker
from glotmill.run.superseded import FILE as SUPERSEDED
from glotmill.run.superseded import SCHEMA as SUPERSEDED_SCHEMA
from glotmill.run.superseded import TASK
from glotmill.run.takedown.finding import Touched
from glotmill.run.takedown.journal import LedgerChange, PartChange, RunChange
from glotmill.run.takedown.reading import members, superseded_pairs

REASON = "takedown."  # and the relation
REPORT = "report.html"  # quotes documents; whoever wants one writes it again
TRANSLATIONS = "translations"  # the folder of answers of engines: made anew where they are asked for

_BATCH_ROWS = 1_000
_LEDGER_GROUP = 20_000
_TASK = "shard-00000"


class Rows:
    """What is done to the rows of one run, as columns that are looked up in batch by batch."""

    def __init__(self, touched: Touched) -> None:
        self._touched = touched
        self.removed, self.changed = touched.removed, touched.changed

    @cached_property
    def gone(self) -> pa.Array:
        """Ids of rows of the corpus that go."""
        return pa.array(sorted(self.removed), pa.string())

    @cached_property
    def struck(self) -> pa.Array:
        """Ids of ledger rows that are struck."""
        return pa.array(sorted(self._touched.struck), pa.string())

    @cached_property
    def copies(self) -> pa.Array:
        """Ids that no list of copies may name."""
        return pa.array(sorted(self._touched.copies), pa.string())

    @cached_property
    def consents(self) -> pa.Array:
        """Ids of rows whose consent changes."""
        return pa.array(sorted(self.changed), pa.string())

    def silent(self, doc_id: str) -> bool:
        """Tell whether nothing may be said of a document any more."""
        return doc_id in self._touched.struck or doc_id in self.removed


def purge(folder: RunFolder) -> None:
    """Delete what holds texts beside the corpus, or hashes or addresses of them: data and keys of phases, the index, the report,
    what attempts said, ledgers of dead ones.
    """
    for phase in folder.phases():
        for kind in ("data", "keys"):
            storage.delete(folder.join(phase, kind))
        for name in _left_by_attempts(folder, phase):
            storage.delete(folder.join(phase, name))
    for beside in ("index", TRANSLATIONS, REPORT, EVENTS):
        storage.delete(folder.join(beside))


def _left_by_attempts(folder: RunFolder, phase: str) -> list[str]:
    """Return the ledger files of attempts that died before their receipt, of tasks that a later one finished."""
    ledgers = {one.task: one.files["ledger"].name for one in folder.receipts(phase, "shard-") if "ledger" in one.files}
    address = folder.join(phase, "ledger")
    names = [f"ledger/{name}" for name, _ in storage.list_files(address)] if storage.exists(address) else []
    return [name for name in names if ledgers.get(name[len("ledger/") :].rpartition("-")[0], name) != name]


def strike_ledger(folder: RunFolder, change: LedgerChange, rows: Rows) -> None:
    """Write a ledger file again, without address, detail and sample of the rows that are struck."""
    old = folder.join(change.phase, change.old)
    if not storage.exists(old):
        return
    with storage.open_read(old) as stream:
        file = open_parquet(stream, old)
        schema = file.schema_arrow.remove_metadata()
        struck = (_struck(batch, rows) for batch in file.iter_batches(_BATCH_ROWS))
        record, _ = write_parquet(folder.join(change.phase), change.new, struck, schema, row_group_rows=_LEDGER_GROUP)
    receipts = folder.join(change.phase, "receipts")
    receipt = read_receipt(receipts, change.task)
    if receipt is None:
        raise DataError(
            f"{storage.join(receipts, change.task)}.json is missing or damaged: the ledger's rows count by it"
        )
    replace_receipt(receipts, replace(receipt, files={**receipt.files, "ledger": record}))
    storage.delete(old)


def strike_quarantine(folder: RunFolder, rows: Rows) -> None:
    """Let the markers of quarantined documents say no more than that these documents stay quarantined."""
    for phase in folder.phases():
        address = folder.join(phase)
        for marker in markers(address):
            if rows.silent(marker.doc_id):
                write_marker(address, replace(marker, url=None, warc_ref=None, detail=None))
        quarantine = storage.join(address, "quarantine")
        for name, _ in storage.list_files(quarantine) if storage.exists(quarantine) else ():
            if name.startswith("beacon-"):  # of an attempt that is long over
                storage.delete(storage.join(quarantine, name))


def account(folder: RunFolder, change: RunChange, rows: Rows) -> None:
    """Write the ledger of what goes: which documents and why, and nothing else; the run's phases get one more.

    Where it is written already the parts may have lost those rows.
    """
    receipts = folder.join(change.phase, "receipts")
    if read_receipt(receipts, _TASK) is None:
        reasons: dict[str, Counter[str]] = {}
        ledger = _gone(folder, change, rows, reasons)
        name = f"ledger/{_TASK}.parquet"
        schema = LEDGER_SCHEMA
        record, gone = write_parquet(folder.join(change.phase), name, ledger, schema, row_group_rows=_LEDGER_GROUP)
        before = sum(change.kept.values())
        kept = {
            tag: left for tag, count in sorted(change.kept.items()) if (left := count - change.documents.get(tag, 0))
        }
        count = StepCount(
            change.phase,
            rows_in=before,
            derived=0,
            kept=before - gone,
            dropped=gone,
            quarantined=0,
            reasons={tag: dict(sorted(reasons[tag].items())) for tag in sorted(reasons)},
            kept_by_language=kept,
        )
        plan = folder.read_json("manifest.json")["fingerprint"]
        replace_receipt(receipts, Receipt(plan, _TASK, {"ledger": record}, counts=[count]))
    plan_json = folder.read_json("plan.json")
    if change.phase not in plan_json["phases"]:
        replace_json(folder, "plan.json", {**plan_json, "phases": [*plan_json["phases"], change.phase]})


def rewrite_part(folder: RunFolder, change: PartChange, rows: Rows, manifest: Mapping[str, Any]) -> None:
    """Write a part again without the rows that go, by the sink's own writer; where none is left, it goes itself."""
    old = folder.join(change.old)
    if not storage.exists(old):
        return
    receipts = storage.join(folder.sink, "receipts")
    if change.new is None:
        storage.delete(storage.join(receipts, f"{change.task}.json"))
    else:
        known = read_receipt(receipts, change.task)
        with storage.open_read(old) as stream:
            file = open_parquet(stream, old)
            record, facts = write_part(
                folder.address,
                change.new,
                (_left(batch.replace_schema_metadata(None), rows) for batch in file.iter_batches(_BATCH_ROWS)),
                file.schema_arrow.remove_metadata(),
                row_group_rows=manifest["recipe"]["sink"]["row_group_rows"],
                origin=origin_of(read_footer(file)),
            )
        about = {} if known is None else known.about
        receipt = Receipt(manifest["fingerprint"], change.task, {"part": record}, facts=facts, about=about)
        replace_receipt(receipts, receipt)
    storage.delete(old)


def rewrite_superseded(folder: RunFolder, rows: Rows) -> tuple[FileRecord, int] | None:
    """Take pairs of which either document is gone out of an update's list; return its record and length, if there is one."""
    if not storage.exists(folder.join(SUPERSEDED)):
        return None
    pairs = [pair for pair in superseded_pairs(folder) if rows.removed.keys().isdisjoint(pair)]
    columns = [strings(old for old, _ in pairs), strings(new for _, new in pairs)]
    batch = pa.RecordBatch.from_arrays(columns, schema=SUPERSEDED_SCHEMA)
    beside = f"{SUPERSEDED}.new"
    record, count = write_parquet(folder.address, beside, [batch], SUPERSEDED_SCHEMA, row_group_rows=100_000)
    storage.replace_bytes(folder.join(SUPERSEDED), storage.read_bytes(folder.join(beside)))
    storage.delete(folder.join(beside))
    record = replace(record, name=SUPERSEDED)
    receipts = storage.join(folder.sink, "receipts")
    known = read_receipt(receipts, TASK)
    if known is not None:
        replace_receipt(receipts, replace(known, files={"table": record}, facts={**known.facts, "documents": count}))
    return record, count


def replace_json(folder: RunFolder, name: str, value: Mapping[str, Any]) -> None:
    """Write a JSON file of a run in place of what is there, as `RunFolder.write_json` does for new ones."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, indent=2) + "\n"
    storage.replace_bytes(folder.join(name), text.encode())


def _struck(batch: pa.RecordBatch, rows: Rows) -> pa.RecordBatch:
    hit = pc.is_in(batch.column("doc_id"), value_set=rows.struck)
    arrays = [
        pc.if_else(hit, nulls(pa.string(), len(hit)), batch.column(name))
        if name in ("url", "detail", "sample")
        else batch.column(name)
        for name in batch.schema.names
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema.remove_metadata())


def _gone(
    folder: RunFolder, change: RunChange, rows: Rows, reasons: dict[str, Counter[str]]
) -> Iterator[pa.RecordBatch]:
    """Yield ledger rows of what goes, part by part, and count them in `reasons`, which the caller owns."""
    columns = ["doc_id", "source", "language", "parent_ids"]
    for part in change.parts:
        with storage.open_read(folder.join(part.old)) as stream:
            for batch in open_parquet(stream, part.old).iter_batches(_BATCH_ROWS, columns=columns):
                found = batch.filter(pc.is_in(batch.column("doc_id"), value_set=rows.gone))
                if not found.num_rows:
                    continue
                why = [f"{REASON}{rows.removed[name]}" for name in pylist(found.column("doc_id"))]
                for tag, reason in zip(optional_texts(found.column("language")), why, strict=True):
                    reasons.setdefault(tag or "-", Counter())[reason] += 1
                given = {name: found.column(name) for name in columns}
                given |= {
                    "step": strings([change.phase] * len(why)),
                    "reason": strings(why),
                    "fate": strings(["dropped"] * len(why)),
                }
                arrays = [
                    given[field.name].cast(field.type) if field.name in given else nulls(field.type, len(why))
                    for field in LEDGER_SCHEMA
                ]
                yield pa.RecordBatch.from_arrays(arrays, schema=LEDGER_SCHEMA)


def _left(batch: pa.RecordBatch, rows: Rows) -> pa.RecordBatch:
    """Return the rows that stay, without what goes in their lists of copies, and with their new consent."""
    left = batch.filter(pc.invert(pc.is_in(batch.column("doc_id"), value_set=rows.gone)))
    if len(rows.copies):
        left = _without_copies(left, rows)
    changed = pc.is_in(left.column("doc_id"), value_set=rows.consents)
    if not pc.any(changed).as_py():
        return left
    new = strings(rows.changed.get(name) for name in pylist(left.column("doc_id")))
    return _with(left, "consent", pc.if_else(changed, new, left.column("consent")))


def _without_copies(batch: pa.RecordBatch, rows: Rows) -> pa.RecordBatch:
    copies = batch.column("copies")
    owners, held = members(copies)
    hit = to_numpy(pc.is_in(pc.struct_field(held, "doc_id"), value_set=rows.copies)).astype(np.bool_)
    if not hit.any():
        return batch
    lost = np.bincount(owners[hit], minlength=len(copies)).astype(np.int32)
    size = batch.column("cluster_size")
    smaller = _with(batch, "cluster_size", pc.subtract(size, pa.array(lost, size.type)))
    return _with(smaller, "copies", _lists(held.filter(booleans(~hit)), owners[~hit], copies))


def _lists(held: pa.Array, owners: npt.NDArray[np.int64], before: pa.Array) -> pa.Array:
    """Return a column of lists of these members, null where there was none before."""
    found: list[list[dict[str, Any]] | None] = [None if none else [] for none in is_null(before).tolist()]
    for owner, member in zip(owners.tolist(), pylist(held), strict=True):
        row = found[owner]
        if row is not None:
            row.append(member)
    return column(found, COPIES)


def _with(batch: pa.RecordBatch, name: str, values: pa.Array) -> pa.RecordBatch:
    place = batch.schema.get_field_index(name)
    return batch.set_column(place, batch.schema.field(place), values)
