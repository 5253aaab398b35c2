"""A bounded sample of a corpus: the documents of a language and origin with the smallest ids in its first part files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow.parquet as pq

from glotmill.io import storage
from glotmill.report.run_page.facts import Facts

DOCUMENTS: Final = 200  # of a language and origin
_PARTS: Final = 3  # files that are looked into for them
_ROWS: Final = 2_000  # of each file
_BATCH: Final = 256
CHARACTERS: Final = 20_000  # of each document
_COLUMNS: Final = ("doc_id", "language", "origin", "text", "parent_ids", "parallel_id", "labels")


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the sample.

    Args:
        text: its first 20,000 code points.
        parents: ids of the documents that it was derived from.
        parallel: what it shares with its translations, or None.
        whole: whether `text` is all of it.
    """

    doc_id: str
    language: str
    origin: str
    text: str
    parents: tuple[str, ...]
    parallel: str | None
    labels: tuple[str, ...]
    whole: bool


def sample(facts: Facts) -> dict[tuple[str, str], list[Document]]:
    """Return (language, origin) -> documents by id, at most 200.

    Ids are hashes, so that the smallest of them are a draw that comes out the same every time.
    """
    found: dict[tuple[str, str], list[Document]] = {}
    parts: dict[tuple[str, str], int] = {}
    for part in facts.manifest["parts"]:
        keys = _keys(part["histograms"])
        wanted = {key for key in keys if parts.get(key, 0) < _PARTS}
        if not wanted:
            continue
        for key in wanted:
            parts[key] = parts.get(key, 0) + 1
        for one in _documents(facts, part["path"]):
            key = (one.language, one.origin)
            if key in wanted:
                found.setdefault(key, []).append(one)
        for key in wanted & found.keys():
            found[key] = sorted(found[key], key=lambda one: one.doc_id)[:DOCUMENTS]
    return dict(sorted(found.items()))


def _keys(histograms: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str]]:
    return [(tag, origin) for tag in histograms.get("language", {}) for origin in histograms.get("origin", {})]


def _documents(facts: Facts, path: str) -> list[Document]:
    documents: list[Document] = []
    with storage.open_read(facts.folder.join(path)) as stream:
        file = pq.ParquetFile(stream)
        columns = [name for name in _COLUMNS if name in file.schema_arrow.names]
        for batch in file.iter_batches(_BATCH, columns=columns):
            documents += map(_document, batch.to_pylist())  # cut batch by batch: texts can be long
            if len(documents) >= _ROWS:
                break
    return documents[:_ROWS]


def _document(row: Mapping[str, Any]) -> Document:
    text = row["text"] or ""
    return Document(
        row["doc_id"],
        row["language"] or "-",
        row["origin"],
        text[:CHARACTERS],
        tuple(row.get("parent_ids") or ()),
        row.get("parallel_id"),
        tuple(row.get("labels") or ()),
        len(text) <= CHARACTERS,
    )
