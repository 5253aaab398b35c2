"""What a source of books reads from one file."""

from pathlib import Path

from glotmill.books.source import BooksSource
from glotmill.core.inputs import InputFile, Slice


def rows(folder: Path, data: bytes | str, name: str, **fields: object) -> list[dict[str, object]]:
    """What a source reads from one file: its rows, each with its reason."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    source = BooksSource.model_validate({"kind": "books", "of": "shelf", **fields})
    file = InputFile("shelf", name, str(path), path.stat().st_size, "xxh3:0")
    found = []
    for outcome in source.read(Slice(file, 0, file.size)):
        reasons = [None] * len(outcome.batch) if outcome.reasons is None else outcome.reasons.to_pylist()
        details = [None] * len(outcome.batch) if outcome.details is None else outcome.details.to_pylist()
        found += [
            {**row, "reason": reason, "detail": detail}
            for row, reason, detail in zip(outcome.batch.rows.to_pylist(), reasons, details, strict=True)
        ]
    assert {row["reason"] for row in found} - {None} <= source.reasons()
    return found
