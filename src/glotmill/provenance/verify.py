"""Verification: a corpus against its own manifest, part by part and row by row."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from glotmill.core.hashing import content_hash
from glotmill.io import storage
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.labels import LABELS, count_labels
from glotmill.provenance.manifest import FORMAT
from glotmill.provenance.partitions import columns_read, folder_name, partition_values

RowCheck = Callable[[Mapping[str, Any]], str | None]

CHECKED = ("doc_id", "text", "content_hash", "license", "license_state", "license_class", "license_evidence")
MAX_PROBLEMS = 50


@dataclass(slots=True)
class Verdict:
    """What a verification found.

    Args:
        parts: part files read.
        rows: rows read.
        problems: one sentence each, naming part and row; empty where everything holds. At most 50 are kept.
    """

    parts: int = 0
    rows: int = 0
    problems: list[str] = field(default_factory=list)

    def note(self, problem: str) -> None:
        """Record a problem."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    @property
    def holds(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.problems


def verify(folder: RunFolder, *, check_row: RowCheck) -> Verdict:
    """Return what differs between a finished corpus and its manifest.

    Every part is hashed and read again: digest, size, footer, row count, histograms, partition values, content
    hashes, license evidence, uniqueness of ids; and the account: every id read is in the corpus or the ledger, once.

    Args:
        folder: the run's folder.
        check_row: says what is wrong with a row's rights, or None; given the columns of a row as a mapping.

    Raises:
        SettingsError: the folder holds no finished run.
    """
    manifest = folder.read_json("manifest.json")
    verdict = Verdict()
    if manifest.get("format") != FORMAT:
        verdict.note(f"manifest.json: format {manifest.get('format')!r}, expected {FORMAT!r}")
        return verdict
    partition_by = manifest["recipe"]["sink"]["partition_by"]
    seen: dict[str, str] = {}
    for part in manifest["parts"]:
        verdict.parts += 1
        _verify_part(folder, part, manifest, partition_by, check_row=check_row, seen=seen, verdict=verdict)
    _verify_totals(manifest, verdict)
    _verify_listing(folder, manifest, verdict)
    _verify_account(folder, manifest, seen, verdict)
    _verify_superseded(folder, manifest, verdict)
    return verdict


def _verify_superseded(folder: RunFolder, manifest: Mapping[str, Any], verdict: Verdict) -> None:
    """Compare an update's list of superseded documents with what the manifest says of it."""
    listed = manifest.get("update", {}).get("superseded")
    if listed is None:
        return
    address = folder.join(listed["path"])
    if not storage.exists(address):
        verdict.note(f"{listed['path']}: missing")
    elif storage.sha256(address)[0] != listed["sha256"]:
        verdict.note(f"{listed['path']}: sha256 {storage.sha256(address)[0]}, the manifest says {listed['sha256']}")


def _verify_part(
    folder: RunFolder,
    part: Mapping[str, Any],
    manifest: Mapping[str, Any],
    partition_by: Sequence[str],
    *,
    check_row: RowCheck,
    seen: dict[str, str],
    verdict: Verdict,
) -> None:
    path = str(part["path"])
    address = folder.join(path)
    if not storage.exists(address):
        verdict.note(f"{path}: missing")
        return
    digest, size = storage.sha256(address)
    if digest != part["sha256"]:
        verdict.note(f"{path}: sha256 {digest}, the manifest says {part['sha256']}")
    if size != part["bytes"]:
        verdict.note(f"{path}: {size} bytes, the manifest says {part['bytes']}")
    try:
        with storage.open_read(address) as stream:
            file = pq.ParquetFile(stream)
            footer = file.schema_arrow.metadata or {}
            if footer.get(b"glotmill.plan", b"").decode() != manifest["fingerprint"]:
                verdict.note(f"{path}: the footer names another plan than the manifest")
            columns = [(column.name, str(column.type)) for column in file.schema_arrow]
            if columns != [(column["name"], column["type"]) for column in manifest["columns"]]:
                verdict.note(f"{path}: other columns than the manifest lists")
                return
            _verify_rows(path, file, part, partition_by, check_row=check_row, seen=seen, verdict=verdict)
            if _label_counts(file) != part.get("labels", {}):
                verdict.note(f"{path}: the labels differ from the manifest's count")
    except (pa.ArrowException, OSError) as error:
        verdict.note(f"{path}: not readable as Parquet: {error}")


def _verify_rows(
    path: str,
    file: pq.ParquetFile,
    part: Mapping[str, Any],
    partition_by: Sequence[str],
    *,
    check_row: RowCheck,
    seen: dict[str, str],
    verdict: Verdict,
) -> None:
    names = sorted({*CHECKED, *columns_read(partition_by)})
    expected = path.split("/")[1:-1]
    number = 0
    for row, values in _rows(file, names, partition_by):
        number += 1
        where = f"{path}: row {number} ({row['doc_id']})"
        if row["doc_id"] in seen:
            verdict.note(f"{where}: the id stands in {seen[row['doc_id']]} too")
        seen[row["doc_id"]] = path
        if [folder_name(value) for value in values] != expected:
            verdict.note(
                f"{where}: {dict(zip(partition_by, values, strict=True))} does not belong in {'/'.join(expected)}"
            )
        if row["content_hash"] is not None and content_hash(row["text"] or "") != row["content_hash"]:
            verdict.note(f"{where}: the text does not have its content_hash")
        wrong = check_row(row)
        if wrong is not None:
            verdict.note(f"{where}: {wrong}")
    verdict.rows += number
    if number != part["documents"]:
        verdict.note(f"{path}: {number} rows, the manifest says {part['documents']}")


def _label_counts(file: pq.ParquetFile) -> dict[str, dict[str, int]]:
    if LABELS not in file.schema_arrow.names:
        return {}
    counts: dict[str, Counter[str]] = {}
    for batch in file.iter_batches(batch_size=1000, columns=["language", LABELS]):
        count_labels(batch, counts)
    return {language: dict(counter) for language, counter in counts.items()}


def _rows(
    file: pq.ParquetFile, names: list[str], partition_by: Sequence[str]
) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """Yield each row with its partition values."""
    for batch in file.iter_batches(batch_size=1000, columns=names):
        rows = cast(list[dict[str, Any]], batch.to_pylist())
        yield from zip(rows, partition_values(batch, partition_by), strict=True)


def _verify_totals(manifest: Mapping[str, Any], verdict: Verdict) -> None:
    documents = sum(part["documents"] for part in manifest["parts"])
    account = manifest["account"]
    if documents != manifest["totals"]["documents"] or documents != account["kept"]:
        verdict.note(f"manifest.json: the parts hold {documents} documents, the totals say otherwise")
    if account["read"] + account["derived"] != account["kept"] + account["dropped"] + account["quarantined"]:
        verdict.note("manifest.json: the account does not balance")
    histograms: dict[str, Counter[str]] = {name: Counter() for name in manifest["totals"]["histograms"]}
    for part in manifest["parts"]:
        for name, values in part["histograms"].items():
            histograms.setdefault(name, Counter()).update(values)
    if {name: dict(counter) for name, counter in histograms.items()} != manifest["totals"]["histograms"]:
        verdict.note("manifest.json: the histograms of the parts do not add up to the totals")


def _verify_listing(folder: RunFolder, manifest: Mapping[str, Any], verdict: Verdict) -> None:
    address = folder.join("data")
    listed = {part["path"] for part in manifest["parts"]}
    found = {f"data/{name}" for name, _ in storage.list_files(address)} if storage.exists(address) else set()
    for name in sorted(found - listed):
        verdict.note(f"{name}: stands in the corpus and not in the manifest")


def _verify_account(folder: RunFolder, manifest: Mapping[str, Any], seen: Mapping[str, str], verdict: Verdict) -> None:
    gone: Counter[str] = Counter()
    removed: set[str] = set()
    for batch in folder.ledger():
        for doc_id, fate in zip(batch.column("doc_id").to_pylist(), batch.column("fate").to_pylist(), strict=True):
            gone[fate] += 1
            if doc_id in removed or doc_id in seen:
                other = seen.get(doc_id, "the ledger")
                verdict.note(f"ledger: {doc_id} is removed there and stands in {other} too")
            removed.add(doc_id)
    for fate in ("dropped", "quarantined"):
        if gone[fate] != manifest["account"][fate]:
            verdict.note(f"ledger: {gone[fate]} rows {fate}, the manifest says {manifest['account'][fate]}")
