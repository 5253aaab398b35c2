"""Dropped and kept examples of a run, in their own script, chosen the same way every time."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow.parquet as pq

from glotmill.io import storage
from glotmill.provenance.folder import RunFolder


@dataclass(frozen=True, slots=True)
class Example:
    """One document as an example of a reason, or of what is kept where `reason` is None."""

    step: str | None
    reason: str | None
    detail: str | None
    url: str | None
    language: str | None
    text: str | None


def dropped_examples(folder: RunFolder, *, per_reason: int) -> dict[str, list[Example]]:
    """Return up to `per_reason` ledger rows per reason, those with the smallest ids."""
    best: dict[str, list[tuple[str, Example]]] = {}
    for batch in folder.ledger():
        for row in batch.to_pylist():
            example = Example(row["step"], row["reason"], row["detail"], row["url"], row["language"], row["sample"])
            chosen = best.setdefault(row["reason"], [])
            chosen.append((row["doc_id"], example))
            chosen.sort(key=lambda pair: pair[0])
            del chosen[per_reason:]
    return {reason: [example for _, example in best[reason]] for reason in sorted(best)}


def kept_examples(folder: RunFolder, *, per_part: int) -> Iterator[Example]:
    """Yield the first documents of each part file."""
    columns = ["url", "language", "license", "text"]
    for part in folder.parts():
        with storage.open_read(folder.join(part)) as stream:
            for batch in pq.ParquetFile(stream).iter_batches(batch_size=per_part, columns=columns):
                for row in batch.to_pylist():
                    yield Example(None, None, row["license"], row["url"], row["language"], (row["text"] or "")[:280])
                break
