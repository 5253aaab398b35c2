"""The index of a published corpus: what its documents are recognised by, so that a new crawl need not read their texts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glotmill.core.errors import SettingsError
from glotmill.core.hashing import sha256_text
from glotmill.io import storage
from glotmill.provenance.folder import RunFolder

FORMAT = "glotmill-index/1"
FOLDER = "index"
FILE = "index.json"


@dataclass(frozen=True, slots=True)
class Index:
    """An index as a run refers to it.

    Args:
        corpus: `name@version` of the corpus.
        digest: SHA-256 of its `index.json`, which has the digests of all its files.
        documents: how many the corpus has.
        tables: step -> table -> addresses of its files, in order of their keys.
    """

    corpus: str
    digest: str
    documents: int
    tables: Mapping[str, Mapping[str, tuple[str, ...]]]


def manifest_digest(folder: RunFolder) -> str:
    """Return the SHA-256 of a run's manifest."""
    return sha256_text(storage.read_bytes(folder.join("manifest.json")).decode())


def read_index(folder: RunFolder, parameters: Mapping[str, str]) -> Index | None:
    """Return the index in a run's folder, or None where it has none for this corpus and these parameters.

    Args:
        folder: of a finished run.
        parameters: step -> what makes its keys comparable.

    Raises:
        SettingsError: a file of the index is missing or damaged.
    """
    address = folder.join(FOLDER, FILE)
    if not storage.exists(address):
        return None
    text = storage.read_bytes(address).decode("utf-8", "replace")
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:  # its writer died while writing it
        return None
    if not isinstance(found, dict):
        return None
    stated = {step: about["parameters"] for step, about in found.get("steps", {}).items()}
    if found.get("format") != FORMAT or found.get("manifest") != manifest_digest(folder) or stated != dict(parameters):
        return None
    tables: dict[str, dict[str, tuple[str, ...]]] = {}
    for step, about in found["steps"].items():
        tables[step] = {}
        for table, files in about["tables"].items():
            addresses = tuple(folder.join(FOLDER, file["name"]) for file in files)
            for file, place in zip(files, addresses, strict=True):
                # Digested, not only measured: a flipped bit in a hash is no error to the reader, but another corpus.
                if not storage.exists(place) or f"sha256:{storage.sha256(place)[0]}" != file["digest"]:
                    raise SettingsError(
                        f"{place} is not as {address} says\n  Delete {folder.join(FOLDER)}: it can be made again."
                    )
            tables[step][table] = addresses
    return Index(found["corpus"], sha256_text(text), int(found["documents"]), tables)
