"""What is derived from a manifest for others to read: Croissant, SPDX, dataset card, attribution, training summary."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from glotmill.io import storage
from glotmill.provenance.exports import attribution, card, croissant, licenses, spdx, training
from glotmill.provenance.exports.corpus import open_corpus
from glotmill.provenance.exports.survey import survey
from glotmill.provenance.folder import RunFolder

__all__ = ["EXPORTS", "derive", "remove_exports", "write_exports"]

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
    The same manifest and parts give the same bytes.

    Args:
        folder: of a finished run.
        manifest: what its `manifest.json` says.
    """
    remove_exports(folder)
    return derive(folder, manifest, folder.address)


def derive(folder: RunFolder, manifest: Mapping[str, Any], out: str) -> list[str]:
    """Write the exports of a run into another folder, and return their names."""
    corpus = open_corpus(folder, manifest)
    with tempfile.TemporaryDirectory(prefix="glotmill-") as scratch:
        found = survey(corpus, Path(scratch))
        names = [*attribution.write(corpus, found, out), *training.write(corpus, found, out)]
    for name, text in _TEXTS:
        storage.write_bytes(storage.join(out, name), text(corpus).encode())
        names.append(name)
    return sorted(names)


def remove_exports(folder: RunFolder) -> None:
    """Delete everything that `write_exports` writes."""
    for name in (attribution.FOLDER, *EXPORTS):
        storage.delete(folder.join(name))
