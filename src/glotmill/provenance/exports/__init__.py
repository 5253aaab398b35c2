"""What is derived from a manifest for others to read: Croissant, SPDX, dataset card, attribution, training summary."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from glotmill.core.hashing import sha256_text
from glotmill.io import storage
from glotmill.provenance.exports import attribution, card, croissant, licenses, spdx, training
from glotmill.provenance.exports.corpus import json_text, open_corpus
from glotmill.provenance.exports.survey import survey
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.receipts import FileRecord, Receipt, read_receipt, write_receipt

__all__ = ["EXPORTS", "derive", "exports_receipt", "remove_exports", "write_exports"]

_TASK: Final = "exports"

_TEXTS = (
    (card.FILE, card.text),
    (licenses.FILE, licenses.text),
    (croissant.FILE, croissant.text),
    (spdx.FILE, spdx.text),
)

# Every file that a run has; a long list of credits has shards beside them.
EXPORTS: Final = (
    card.FILE,
    licenses.FILE,
    attribution.FILE,
    croissant.FILE,
    spdx.FILE,
    training.SUMMARY,
    training.SUMMARY_JSON,
    training.DOMAINS,
)


def write_exports(folder: RunFolder, manifest: Mapping[str, Any]) -> list[str]:
    """Write everything that is derived from a run's manifest, in place of what stood there; return the names of the files.

    Reads every part once. Memory is bounded: what does not fit is sorted in the machine's folder for temporary files.
    The same manifest and parts give the same bytes. A receipt, written last, has the digests of all files and of the manifest.

    Args:
        folder: of a finished run.
        manifest: what its `manifest.json` says.
    """
    remove_exports(folder)
    names = derive(folder, manifest, folder.address)
    files = {name: _record(folder, name) for name in names}
    facts = {"manifest": sha256_text(json_text(manifest))}
    write_receipt(storage.join(folder.sink, "receipts"), Receipt(manifest["fingerprint"], _TASK, files, facts=facts))
    return names


def exports_receipt(folder: RunFolder, manifest_digest: str) -> Receipt | None:
    """Return the receipt of the exports of the manifest with this SHA-256, or None where they were not all written."""
    receipt = read_receipt(storage.join(folder.sink, "receipts"), _TASK)
    return receipt if receipt is not None and receipt.facts.get("manifest") == manifest_digest else None


def _record(folder: RunFolder, name: str) -> FileRecord:
    digest, size = storage.sha256(folder.join(name))
    return FileRecord(name, size, f"sha256:{digest}")


def derive(folder: RunFolder, manifest: Mapping[str, Any], out: str) -> list[str]:
    """Write the exports of a run into another folder, and return their names."""
    corpus = open_corpus(folder, manifest)
    with tempfile.TemporaryDirectory(prefix="glotmill-") as scratch:
        found = survey(corpus, Path(scratch))
        corpus = replace(corpus, ports=found.ports)
        names = [*attribution.write(corpus, found, out), *training.write(corpus, found, out)]
    for name, text in _TEXTS:
        storage.write_bytes(storage.join(out, name), text(corpus).encode())
        names.append(name)
    return sorted(names)


def remove_exports(folder: RunFolder) -> None:
    """Delete everything that `write_exports` writes."""
    for name in (attribution.FOLDER, *EXPORTS, f"phase-sink/receipts/{_TASK}.json"):
        storage.delete(folder.join(name))
