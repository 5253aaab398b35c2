"""Part files: rows, and a footer that says what they are and proves that nobody changed them since."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glotmill.core.schema import SCHEMA_VERSION
from glotmill.io import storage
from glotmill.provenance.figures import Figures
from glotmill.provenance.files import DigestingStream, write_rows
from glotmill.provenance.histograms import Tally
from glotmill.provenance.labels import LABELS, count_labels
from glotmill.provenance.receipts import FileRecord

PREFIX: Final = "glotmill."
DIGEST: Final = "glotmill.digest"
DATA: Final = "glotmill.data_sha256"
_TAIL: Final = 8  # bytes behind the footer: its length, and the letters PAR1
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a part's rows come from; the same for all parts of a corpus but the partition.

    Args:
        corpus: `name@version`.
        plan: fingerprint of the plan.
        partition: values of the partition columns.
        policies: license policies that every row passed.
        steps: the step chain (`lineage.step_chain`).
    """

    corpus: str
    plan: str
    partition: Sequence[str]
    policies: Sequence[str]
    steps: Sequence[str]


def write_part(
    folder: str,
    name: str,
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    *,
    row_group_rows: int,
    origin: Origin,
) -> tuple[FileRecord, dict[str, Any]]:
    """Write one part file; its bytes depend on rows and origin alone.

    Returns:
        The file's record, and what the manifest says of the part beyond it: documents, tokens, histograms, labels,
        crawled (times of the first and the last fetch, or None), steps, sha1, digest; and `figures` for the report, which
        stay in the receipt.
    """
    head = {
        "glotmill.schema_version": str(SCHEMA_VERSION),
        "glotmill.corpus": origin.corpus,
        "glotmill.plan": origin.plan,
        "glotmill.partition": "/".join(origin.partition),
    }
    stream = _PartStream(storage.open_write(storage.join(folder, name)))
    counts, figures = PartCounts(), Figures()
    rows = figures.passing(counts.passing(batches))
    found: dict[str, Any] = {}

    def closing() -> Mapping[str, str]:
        found.update(counts.close())
        histograms = found["histograms"]
        rest = {
            "glotmill.documents": str(found["documents"]),
            "glotmill.tokens": str(found["tokens"]),
            **{f"glotmill.{plural}": json_line(_values(histograms[one])) for one, plural in _SETS.items()},
            "glotmill.policies": json_line(list(origin.policies)),
            "glotmill.steps": json_line(list(origin.steps)),
            DATA: stream.sha256(),
        }
        found["digest"] = footer_digest({**head, **rest})
        return {**rest, DIGEST: found["digest"]}

    write_rows(stream, rows, schema, row_group_rows=row_group_rows, metadata=head, closing=closing)
    said = {"steps": list(origin.steps), "sha1": stream.sha1(), "figures": figures.close()}
    return stream.record(name), {**found, **said}


# Histogram -> what the footer calls the set of its values.
_SETS: Final = {"license": "licenses", "license_state": "license_states", "license_class": "license_classes"}


def expected_sets(histograms: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    """Return what a footer says of the licenses of its part, by the part's histograms."""
    return {f"{PREFIX}{plural}": json_line(_values(histograms[one])) for one, plural in _SETS.items()}


def footer_digest(footer: Mapping[str, str]) -> str:
    """Return SHA-256, hexadecimal, over all `glotmill.` entries of a footer but the digest itself.

    One of them, `glotmill.data_sha256`, covers every byte of the file before the footer, so that the digest proves rows
    and statements together. What is hashed is the JSON object of the entries: keys sorted, no spaces, UTF-8.
    """
    said = {key: value for key, value in footer.items() if key.startswith(PREFIX) and key != DIGEST}
    return hashlib.sha256(json_line(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reading:
    """A part file read once, byte by byte.

    Args:
        sha256: of the whole file, hexadecimal.
        sha1: of the whole file, hexadecimal.
        bytes: of the whole file.
        data_sha256: of the bytes before the footer; None where the file has no footer.
    """

    sha256: str
    sha1: str
    bytes: int
    data_sha256: str | None


def read_part(address: str) -> Reading:
    """Return the digests of a part file, read in pieces.

    Raises:
        DataError: nothing there.
    """
    size = storage.size(address)
    whole, sha1 = hashlib.sha256(), hashlib.sha1(usedforsecurity=False)
    data: str | None = None
    done = 0
    with storage.open_read(address) as stream:
        end = _footer_start(stream, size)
        stream.seek(0)
        while piece := stream.read(_PIECE if end is None or done >= end else min(_PIECE, end - done)):
            whole.update(piece)
            sha1.update(piece)
            done += len(piece)
            if done == end:
                data = whole.copy().hexdigest()
    return Reading(whole.hexdigest(), sha1.hexdigest(), done, data)


def read_footer(file: pq.ParquetFile) -> dict[str, str]:
    """Return the `glotmill.` entries of an open part's footer."""
    found = file.metadata.metadata or {}
    entries = {key.decode("utf-8", "replace"): value.decode("utf-8", "replace") for key, value in found.items()}
    return {key: value for key, value in sorted(entries.items()) if key.startswith(PREFIX)}


def origin_of(footer: Mapping[str, str]) -> Origin:
    """Return what a part's footer says of where its rows come from: a part that is written again keeps it."""
    return Origin(
        corpus=footer[f"{PREFIX}corpus"],
        plan=footer[f"{PREFIX}plan"],
        partition=footer[f"{PREFIX}partition"].split("/"),
        policies=json.loads(footer[f"{PREFIX}policies"]),
        steps=json.loads(footer[f"{PREFIX}steps"]),
    )


def problems_of_footer(footer: Mapping[str, str], reading: Reading) -> list[str]:
    """Return what a part's footer says that is not so, by the file alone; empty where it proves its part."""
    problems = []
    if footer.get(DIGEST) != footer_digest(footer):
        problems.append("the footer's digest is not that of its statements")
    if footer.get(DATA) != reading.data_sha256:
        problems.append("the rows are not those that the footer was written for")
    return problems


def _footer_start(stream: BinaryIO, size: int) -> int | None:
    """Return the offset of the footer of a Parquet file: its length stands before the last four bytes, little-endian."""
    if size < _TAIL:
        return None
    stream.seek(size - _TAIL)
    tail = stream.read(_TAIL)
    start = size - _TAIL - int.from_bytes(tail[:4], "little")
    return start if tail[4:] == b"PAR1" and start > 0 else None


class _PartStream(DigestingStream):
    """A stream that knows its SHA-1 too: SPDX 2.3 asks for it."""

    def __init__(self, target: Any) -> None:
        super().__init__(target)
        self._sha1 = hashlib.sha1(usedforsecurity=False)

    def write(self, data: Any) -> int:
        self._sha1.update(data)
        return super().write(data)

    def sha1(self) -> str:
        return self._sha1.hexdigest()


class PartCounts:
    """What the manifest counts of a part's rows, filled batch by batch."""

    columns: Final = (*Tally.columns, "tokens", "crawl_time", LABELS)

    def __init__(self) -> None:
        self._documents = self._tokens = 0
        self._tally = Tally()
        self._labels: dict[str, Counter[str]] = {}
        self._first: str | None = None
        self._last: str | None = None

    def passing(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield batches and count them."""
        for batch in batches:
            self.add(batch)
            yield batch

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch that has `columns`; `labels` may be missing."""
        self._documents += batch.num_rows
        self._tokens += pc.sum(batch.column("tokens")).as_py() or 0
        self._tally.add(batch)
        count_labels(batch, self._labels)
        ends = pc.min_max(batch.column("crawl_time")).as_py()
        if ends["min"] is not None:
            first, last = _instant(ends["min"]), _instant(ends["max"])
            self._first = first if self._first is None else min(self._first, first)
            self._last = last if self._last is None else max(self._last, last)

    def close(self) -> dict[str, Any]:
        """Return documents, tokens, histograms, labels, and crawled as the manifest has them."""
        return {
            "documents": self._documents,
            "tokens": self._tokens,
            "histograms": self._tally.close(),
            "labels": {language: dict(sorted(self._labels[language].items())) for language in sorted(self._labels)},
            "crawled": None if self._first is None else {"first": self._first, "last": self._last},
        }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _values(histogram: Mapping[str, int]) -> list[str]:
    return sorted(histogram)


def json_line(value: Any) -> str:
    """Return JSON as footers have it: keys sorted, no spaces, one line."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
