"""The manifest: what a corpus holds, what it was made from and by, and what became of everything else."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from glotmill.core.errors import LedgerError
from glotmill.provenance.audit import audits
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.histograms import summed
from glotmill.provenance.lineage import policies, step_chain
from glotmill.provenance.receipts import FileRecord, Receipt

FORMAT: Final = "glotmill-manifest/2"
FILE: Final = "manifest.json"
FIRST_RELEASE: Final = "1.0.0"  # of the corpus, by semver.org: what takes documents out of it raises the first number
# What `parts.write_part` finds out and the manifest repeats.
PART_FACTS: Final = ("documents", "tokens", "histograms", "labels", "crawled", "steps", "sha1", "digest")


def write_manifest(folder: RunFolder, description: Mapping[str, Any], parts: Sequence[Receipt]) -> dict[str, Any]:
    """Write `manifest.json` from receipts and the plan's description, and return it.

    Nothing of time, host or attempt is in it: the same plan and inputs give the same bytes.

    Raises:
        LedgerError: the account of the whole run does not balance.
    """
    manifest = build_manifest(folder, description, parts)
    folder.write_json(FILE, manifest)
    return manifest


def build_manifest(folder: RunFolder, description: Mapping[str, Any], parts: Sequence[Receipt]) -> dict[str, Any]:
    """Return the manifest as a JSON value; errors as `write_manifest`."""
    counts = folder.counts()
    rows = sum(int(part.facts["documents"]) for part in parts)
    read = counts[0].rows_in if counts else 0
    derived = sum(count.derived for count in counts)
    dropped = sum(count.dropped for count in counts)
    quarantined = sum(count.quarantined for count in counts)
    if read + derived != rows + dropped + quarantined:
        account = f"{read} read + {derived} derived, {rows} kept + {dropped} dropped + {quarantined} quarantined"
        raise LedgerError(f"the run does not balance: {account}")
    entries = [part_entry(part.files["part"], part.facts) for part in sorted(parts, key=lambda part: part.task)]
    return {
        "format": FORMAT,
        "release": FIRST_RELEASE,
        **description,
        "policies": policies(description),
        "steps": step_chain(description),
        "account": {
            "read": read,
            "derived": derived,
            "kept": rows,
            "dropped": dropped,
            "quarantined": quarantined,
            "steps": [asdict(count) for count in counts],
        },
        "audits": audits(counts, description["recipe"]["steps"], list(description["languages"])),
        "totals": totals(entries),
        "parts": entries,
    }


def part_entry(record: FileRecord, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the manifest says of one part.

    Args:
        record: of the file.
        facts: what `parts.write_part` returned beside it.
    """
    return {
        "path": record.name,
        "sha256": record.digest.removeprefix("sha256:"),
        "bytes": record.bytes,
        **{name: facts[name] for name in PART_FACTS},
    }


def totals(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sums over the manifest's entries of parts."""
    labels: dict[str, Counter[str]] = {}
    for part in parts:
        for language, own in part["labels"].items():
            labels.setdefault(language, Counter()).update(own)
    times = [part["crawled"] for part in parts if part["crawled"] is not None]
    return {
        **{name: sum(part[name] for part in parts) for name in ("documents", "bytes", "tokens")},
        "histograms": summed(part["histograms"] for part in parts),
        "labels": {language: dict(sorted(counter.items())) for language, counter in sorted(labels.items())},
        "crawled": {"first": min(one["first"] for one in times), "last": max(one["last"] for one in times)}
        if times
        else None,
    }
