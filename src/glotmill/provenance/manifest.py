"""The manifest: what a corpus holds, what it was made from and by, and what became of everything else."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from glotmill.core.errors import LedgerError
from glotmill.provenance.audit import audits
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.receipts import Receipt

FORMAT = "glotmill-manifest/1"


def write_manifest(folder: RunFolder, description: Mapping[str, Any], parts: Sequence[Receipt]) -> dict[str, Any]:
    """Write `manifest.json` from receipts and the plan's description, and return it.

    Nothing of time, host or attempt is in it: the same plan and inputs give the same bytes.

    Raises:
        LedgerError: the account of the whole run does not balance.
    """
    manifest = build_manifest(folder, description, parts)
    folder.write_json("manifest.json", manifest)
    return manifest


def build_manifest(folder: RunFolder, description: Mapping[str, Any], parts: Sequence[Receipt]) -> dict[str, Any]:
    """Return the manifest as a JSON value; errors as `write_manifest`."""
    counts = folder.counts()
    rows = sum(int(part.facts["rows"]) for part in parts)
    read = counts[0].rows_in if counts else 0
    derived = sum(count.derived for count in counts)
    dropped = sum(count.dropped for count in counts)
    quarantined = sum(count.quarantined for count in counts)
    if read + derived != rows + dropped + quarantined:
        account = f"{read} read + {derived} derived, {rows} kept + {dropped} dropped + {quarantined} quarantined"
        raise LedgerError(f"the run does not balance: {account}")
    histograms: dict[str, Counter[str]] = {}
    for part in parts:
        for name, values in part.facts["histograms"].items():
            histograms.setdefault(name, Counter()).update(values)
    labels: dict[str, Counter[str]] = {}
    for part in parts:
        for language, own in part.facts["labels"].items():
            labels.setdefault(language, Counter()).update(own)
    return {
        "format": FORMAT,
        **description,
        "account": {
            "read": read,
            "derived": derived,
            "kept": rows,
            "dropped": dropped,
            "quarantined": quarantined,
            "steps": [asdict(count) for count in counts],
        },
        "audits": audits(counts, description["recipe"]["steps"], list(description["languages"])),
        "totals": {
            "documents": rows,
            "bytes": sum(part.files["part"].bytes for part in parts),
            "tokens": sum(int(part.facts["tokens"]) for part in parts),
            "histograms": {name: dict(sorted(counter.items())) for name, counter in sorted(histograms.items())},
            "labels": {language: dict(sorted(counter.items())) for language, counter in sorted(labels.items())},
        },
        "parts": [
            {
                "path": part.files["part"].name,
                "sha256": part.files["part"].digest.removeprefix("sha256:"),
                "bytes": part.files["part"].bytes,
                "documents": part.facts["rows"],
                "tokens": part.facts["tokens"],
                "histograms": part.facts["histograms"],
                "labels": part.facts["labels"],
            }
            for part in sorted(parts, key=lambda part: part.task)
        ],
    }
