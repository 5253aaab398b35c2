"""What is kept now that was not, and the reverse: two runs held against each other, document by document.

Documents are parted by a hash of their key, so that memory holds one part of both runs at a time: 250,000 rows of the two
together, or a 256th of them, if that is more.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from glotmill.core.arrow import optional_texts
from glotmill.io import storage
from glotmill.plan.fingerprint import differences
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.ledger import SAMPLE_CHARACTERS
from glotmill.run.refusals import TAKEN_DOWN

By = Literal["doc_id", "url"]

_ROWS_PER_PART = 250_000
_MOST_PARTS = 256  # files that are open at once; a process on Linux may have 1,024 by default
_FACTS = pa.schema(
    [
        (name, pa.string())
        for name in ("key", "doc_id", "url", "language", "fate", "step", "reason", "detail", "hash", "license")
    ]
)
_NOT_READ = "not read"


@dataclass(frozen=True, slots=True)
class Example:
    """One document of a change.

    Args:
        doc_id: in the run that keeps it, or in the second where both do.
        url: of it; None for what was taken down.
        detail: of the removal; None for what was taken down.
        text: the beginning of the text as the run that keeps it has it; None for what was taken down.
    """

    doc_id: str
    url: str | None
    detail: str | None
    text: str | None


@dataclass(slots=True)
class Change:
    """Documents that one run keeps and the other does not, or that both keep differently.

    Args:
        kind: `lost` (the first run keeps them), `gained` (the second does), `text`, `language` or `license` (both do, and
            it differs), `reason` (neither does, for another reason).
        language: as the run that keeps them has it, the second where both do.
        before: what the first run says: `kept`, `not read`, or step and reason; the value, for `language` and `license`.
        after: what the second run says.
        documents: how many.
        examples: the first by their ids.
    """

    kind: str
    language: str
    before: str
    after: str
    documents: int = 0
    examples: list[Example] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Diff:
    """Two runs compared.

    Args:
        plans: what differs in what decides the bytes, one line each.
        kept: documents that each run keeps, by language: language -> (first, second).
        same: documents that both keep, with the same text.
        changes: most documents first.
        columns: numbers that both corpora have -> documents kept by both in which they differ, and the mean of second less first.
    """

    plans: list[str]
    kept: dict[str, tuple[int, int]]
    same: int
    changes: list[Change]
    columns: dict[str, tuple[int, float]]


def diff(first: RunFolder, second: RunFolder, *, by: By = "doc_id", examples: int = 3) -> Diff:
    """Return what differs between two finished runs.

    Args:
        first: the run before.
        second: the run after.
        by: what makes two rows one document: the id of their record, or their address, for runs over different crawls. Of
            several rows with one address, one that is kept stands for all; rows without address go by their ids.
        examples: documents shown of each change.

    Raises:
        SettingsError: one is no folder of a finished run.
    """
    runs = (first, second)
    plans = differences(*(_decisive(run) for run in runs))
    numbers = _common_numbers(runs)
    tally = _Tally(examples, numbers)
    with tempfile.TemporaryDirectory(prefix="glotmill-diff-") as scratch:
        parts = min(_MOST_PARTS, 1 + sum(_rows(run) for run in runs) // _ROWS_PER_PART)
        folders = [Path(scratch) / name for name in ("first", "second")]
        for run, folder in zip(runs, folders, strict=True):
            _write_parts(run, folder, by, parts, numbers)
        for part in range(parts):
            tally.add(*(_by_key(folder / f"{part:03d}.arrow") for folder in folders))
    texts = [_texts(run, {doc_id for change in tally.changes.values() for doc_id in change.chosen}) for run in runs]
    changes = [change.finished(texts[0 if change.kind == "lost" else 1]) for change in tally.changes.values()]
    changes.sort(key=lambda change: (-change.documents, change.kind, change.language, change.before, change.after))
    kept = {
        language: (tally.kept[0][language], tally.kept[1][language])
        for language in sorted(tally.kept[0] | tally.kept[1])
    }
    return Diff(plans, kept, tally.same, changes, tally.columns())


@dataclass(slots=True)
class _Change:
    """A change while it is counted; of its documents only the first few by id are held."""

    kind: str
    language: str
    before: str
    after: str
    documents: int = 0
    chosen: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, row: dict[str, Any], examples: int) -> None:
        self.documents += 1
        self.chosen[row["doc_id"]] = row
        if len(self.chosen) > examples:
            del self.chosen[max(self.chosen)]

    def finished(self, texts: Mapping[str, str]) -> Change:
        # What was taken down is not shown again out of the run that still has it.
        gone = any(f": {prefix}" in said for prefix in TAKEN_DOWN for said in (self.before, self.after))
        shown = [
            Example(doc_id, *((None, None, None) if gone else (row["url"], row["detail"], texts.get(doc_id))))
            for doc_id, row in sorted(self.chosen.items())
        ]
        return Change(self.kind, self.language, self.before, self.after, self.documents, shown)


class _Tally:
    """What the parts add up to."""

    def __init__(self, examples: int, numbers: Sequence[str]) -> None:
        self._examples, self._numbers = examples, numbers
        self.changes: dict[tuple[str, str, str, str], _Change] = {}
        self.kept: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self.same = 0
        self._moved: Counter[str] = Counter()
        self._sums: Counter[str] = Counter()
        self._both: Counter[str] = Counter()

    def add(self, first: dict[str, dict[str, Any]], second: dict[str, dict[str, Any]]) -> None:
        """Count one part: key -> row, of both runs."""
        for key, one in first.items():
            self._count(one, second.get(key))
        for key, other in second.items():
            if key not in first:
                self._count(None, other)

    def columns(self) -> dict[str, tuple[int, float]]:
        """Return the numbers that moved."""
        return {
            name: (self._moved[name], self._sums[name] / self._both[name])
            for name in self._numbers
            if self._moved[name]
        }

    def _count(self, one: dict[str, Any] | None, other: dict[str, Any] | None) -> None:
        kept = [row is not None and row["fate"] == "kept" for row in (one, other)]
        for counts, row, flag in zip(self.kept, (one, other), kept, strict=True):
            if flag and row is not None:
                counts[row["language"] or "-"] += 1
        if one is not None and other is not None and all(kept):
            self._count_both(one, other)
        elif one is not None and kept[0]:
            detail = None if other is None else other["detail"]
            self._change("lost", one["language"], "kept", _said(other), {**one, "detail": detail})
        elif other is not None and kept[1]:
            detail = None if one is None else one["detail"]
            self._change("gained", other["language"], _said(one), "kept", {**other, "detail": detail})
        elif one is not None and other is not None and _said(one) != _said(other):
            self._change("reason", other["language"] or one["language"], _said(one), _said(other), other)

    def _count_both(self, one: dict[str, Any], other: dict[str, Any]) -> None:
        for name in ("language", "license"):
            if one[name] != other[name]:
                self._change(name, other["language"], one[name] or "-", other[name] or "-", other)
        if one["hash"] == other["hash"]:
            self.same += 1
        else:
            self._change("text", other["language"], "kept", "kept", other)
        for name in self._numbers:
            before, after = one[name], other[name]
            if before is not None and after is not None and np.isfinite(before) and np.isfinite(after):
                self._both[name] += 1
                self._moved[name] += before != after
                self._sums[name] += after - before

    def _change(self, kind: str, language: str | None, before: str, after: str, row: dict[str, Any]) -> None:
        key = (kind, language or "-", before, after)
        if key not in self.changes:
            self.changes[key] = _Change(*key)
        self.changes[key].add(row, self._examples)


def _said(row: dict[str, Any] | None) -> str:
    return _NOT_READ if row is None else f"{row['step']}: {row['reason']}"


def _decisive(run: RunFolder) -> dict[str, Any]:
    """Return what decides a run's bytes, as its manifest has it; steps by name, so that a step between others is one line."""
    manifest = run.read_json("manifest.json")
    recipe = dict(manifest["recipe"])
    recipe["steps"] = {step["name"]: step for step in recipe.get("steps", ())}
    return {
        "recipe": recipe,
        "files": manifest["files"],
        "models": manifest["models"],
        "code": manifest["code"],
        "environment": manifest["environment"],
        "packages": manifest.get("packages", {}),
        "inputs": manifest["inputs"]["digest"],
    }


def _rows(run: RunFolder) -> int:
    account = run.read_json("manifest.json")["account"]
    return int(account["read"] + account["derived"])


def _common_numbers(runs: Sequence[RunFolder]) -> list[str]:
    """Return the columns of numbers with a fraction that both corpora have: measures, scores."""
    found = []
    for run in runs:
        names: set[str] = set()
        for part in run.parts()[:1]:
            with storage.open_read(run.join(part)) as stream:
                schema = pq.read_schema(stream)
            names = {one.name for one in schema if pa.types.is_floating(one.type)}
        found.append(names)
    return sorted(found[0] & found[1])


def _write_parts(run: RunFolder, folder: Path, by: By, parts: int, numbers: Sequence[str]) -> None:
    folder.mkdir()
    schema = pa.schema([*_FACTS, *(pa.field(name, pa.float64()) for name in numbers)])
    writers = [pa.ipc.new_file(str(folder / f"{part:03d}.arrow"), schema) for part in range(parts)]
    try:
        for batch in _facts(run, by, schema):
            keys = optional_texts(batch.column("key"))
            where = np.array([xxhash.xxh3_64_intdigest(key or "") % parts for key in keys], np.int64)
            for part in np.unique(where).tolist():
                writers[part].write_batch(batch.take(pa.array(np.flatnonzero(where == part))))
    finally:
        for writer in writers:
            writer.close()


def _facts(run: RunFolder, by: By, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in run.ledger():
        yield _as_facts(batch, by, schema, {"hash": None, "license": None})
    for part in run.parts():
        with storage.open_read(run.join(part)) as stream:
            file = pq.ParquetFile(stream)
            wanted = {"doc_id", "url", "language", "content_hash", "license", *schema.names}
            for batch in file.iter_batches(columns=[name for name in file.schema_arrow.names if name in wanted]):
                yield _as_facts(batch, by, schema, {"fate": "kept", "step": None, "reason": None, "detail": None})


def _as_facts(batch: pa.RecordBatch, by: By, schema: pa.Schema, given: Mapping[str, str | None]) -> pa.RecordBatch:
    key = batch.column("doc_id")
    if by == "url":
        key = pc.coalesce(batch.column("url"), key)
    columns = []
    for one in schema:
        source = "content_hash" if one.name == "hash" else one.name
        if one.name == "key":
            column = key
        elif one.name in given:
            column = pa.array([given[one.name]] * len(batch), pa.string())
        elif source in batch.schema.names:
            column = batch.column(source)
        else:
            column = pa.nulls(len(batch), one.type)
        columns.append(column.cast(one.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _by_key(path: Path) -> dict[str, dict[str, Any]]:
    """Return key -> row of a part; of rows with one key the kept one, or that with the smallest id."""
    found: dict[str, dict[str, Any]] = {}
    with pa.memory_map(str(path)) as file:
        for row in pa.ipc.open_file(file).read_all().to_pylist():
            known = found.get(row["key"])
            if known is None or _rank(row) < _rank(known):
                found[row["key"]] = row
    return found


def _rank(row: dict[str, Any]) -> tuple[bool, str]:
    return row["fate"] != "kept", row["doc_id"]


def _texts(run: RunFolder, chosen: set[str]) -> dict[str, str]:
    """Return the beginnings of the texts of these documents, as the corpus has them or as the ledger sampled them."""
    if not chosen:
        return {}
    wanted = pa.array(sorted(chosen), pa.string())
    found: dict[str, str] = {}
    for batch in run.ledger():
        rows = batch.filter(pc.is_in(batch.column("doc_id"), wanted))
        for row in rows.select(["doc_id", "sample"]).to_pylist():
            if row["sample"]:
                found[row["doc_id"]] = row["sample"]
    for part in run.parts():
        with storage.open_read(run.join(part)) as stream:
            for batch in pq.ParquetFile(stream).iter_batches(columns=["doc_id", "text"]):
                rows = batch.filter(pc.is_in(batch.column("doc_id"), wanted))
                for row in rows.to_pylist():
                    found[row["doc_id"]] = (row["text"] or "")[:SAMPLE_CHARACTERS]
    return found
