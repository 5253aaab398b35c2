"""What became of one document: kept where, or removed by which step, rule and value."""

from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from glotmill.crawl.urls import frontier_url
from glotmill.dedup.tombstones import FILE, PREFIX, PROJECT_FILE, tombstones_at
from glotmill.io import storage
from glotmill.provenance.folder import RunFolder

_KEPT = ("doc_id", "url", "language", "license", "license_state", "license_class", "cluster_size", "source")
_IF_THERE = ("extractor",)  # of steps that not every recipe has


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a document.

    Args:
        fate: `kept`, `dropped`, `quarantined` or `taken down`.
        row: the ledger's row, or the columns of the corpus that place the document.
        where: the part file, for a kept document.
        related: the document kept instead, for a duplicate.
    """

    fate: str
    row: dict[str, Any]
    where: str | None = None
    related: "Fate | None" = None


def why(folder: RunFolder, document: str) -> list[Fate]:
    """Return the fates of all documents with this id or URL; empty where the run has none.

    What was taken down is known by its tombstones alone: its address stands nowhere, and its id in the ledger.
    """
    # A URL as a browser shows it is looked up as a crawl asks for it, too.
    for name in dict.fromkeys([document, frontier_url(document) or document]):
        fates = _kept(folder, name) + _removed(folder, name) or _taken_down(folder, name)
        if fates:
            return [_with_related(folder, fate) for fate in fates]
    return []


def _taken_down(folder: RunFolder, document: str) -> list[Fate]:
    project = storage.join(folder.join("project"), PROJECT_FILE)
    known = tombstones_at(folder.join(FILE)).plus(tombstones_at(project))
    kind = known.record(document, document)
    if kind is None:
        return []
    nothing = dict.fromkeys(("url", "source", "language", "detail", "related", "sample"))
    return [Fate("taken down", {**nothing, "doc_id": document, "step": None, "reason": f"{PREFIX}{kind}"})]


def _with_related(folder: RunFolder, fate: Fate) -> Fate:
    keeper = fate.row.get("related")
    if not keeper:
        return fate
    found = _kept(folder, keeper) + _removed(folder, keeper)
    return Fate(fate.fate, fate.row, fate.where, found[0] if found else None)


def _kept(folder: RunFolder, document: str) -> list[Fate]:
    if not storage.exists(folder.join("manifest.json")):
        return []
    found: list[Fate] = []
    for part in folder.parts():
        with storage.open_read(folder.join(part)) as stream:
            file = pq.ParquetFile(stream)
            columns = [*_KEPT, *(name for name in _IF_THERE if name in file.schema_arrow.names)]
            for batch in file.iter_batches(columns=columns):
                mask = pc.or_kleene(pc.equal(batch.column("doc_id"), document), pc.equal(batch.column("url"), document))
                found.extend(Fate("kept", row, part) for row in batch.filter(mask).to_pylist())
    return found


def _removed(folder: RunFolder, document: str) -> list[Fate]:
    found: list[Fate] = []
    for batch in folder.ledger():
        mask = pc.or_kleene(pc.equal(batch.column("doc_id"), document), pc.equal(batch.column("url"), document))
        found.extend(Fate(row["fate"], row) for row in batch.filter(mask).to_pylist())
    return found
