"""Verification of part files: each against the manifest, against its own footer, and row by row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glotmill.core.arrow import pylist
from glotmill.core.hashing import content_hash
from glotmill.core.schema import SCHEMA_VERSION
from glotmill.io import storage
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.partitions import columns_read, folder_name, partition_values
from glotmill.provenance.parts import (
    DIGEST,
    PartCounts,
    expected_sets,
    json_line,
    problems_of_footer,
    read_footer,
    read_part,
)
from glotmill.provenance.verdict import Verdict
from glotmill.provenance.verify_ids import Ids, Place

RowCheck = Callable[[Mapping[str, Any]], str | None]

GROUP: Final = "mix_group"  # of a mix: what its documents of one group agree in
EPOCH: Final = "mix_epoch"  # of a mix: which copy of a document a row is, from 0
CHECKED: Final = (
    "doc_id",
    "source",
    "text",
    "content_hash",
    "license",
    "license_state",
    "license_class",
    "license_evidence",
    "consent",
    "parent_ids",
)
_MIXED: Final = {GROUP: pa.string(), EPOCH: pa.int32(), "tokens": pa.int64()}
_BATCH: Final = 1_000
_COUNTED: Final = ("documents", "tokens", "labels", "crawled")


@dataclass(slots=True)
class Seen:
    """What was read so far.

    Args:
        ids: of rows and of their parents.
        unread: parts that could not be read, or have other columns than they should.
        mixed: of a mix, by group: documents and units of first readings, the same of further ones.
    """

    ids: Ids
    unread: list[str] = field(default_factory=list)
    mixed: dict[str, list[int]] = field(default_factory=dict)


def verify_parts(
    folder: RunFolder, manifest: Mapping[str, Any], ids: Ids, *, check_row: RowCheck, verdict: Verdict
) -> Seen:
    """Read every part, note what is wrong with it, add its ids to `ids`, and return what was seen."""
    seen = Seen(ids)
    verdict.stated = sum(int(part["documents"]) for part in manifest["parts"])
    for number in range(len(manifest["parts"])):
        verdict.parts += 1
        _Part(folder, manifest, number, seen, verdict).verify(check_row)
    return seen


class _Part:
    """One part under verification."""

    def __init__(
        self,
        folder: RunFolder,
        manifest: Mapping[str, Any],
        number: int,
        seen: Seen,
        verdict: Verdict,
    ) -> None:
        self._manifest, self._number, self._seen, self._verdict = manifest, number, seen, verdict
        self._part: Mapping[str, Any] = manifest["parts"][number]
        self._path = str(self._part["path"])
        self._address = folder.join(self._path)
        self._partition_by: Sequence[str] = manifest["recipe"]["sink"]["partition_by"]

    def verify(self, check_row: RowCheck) -> None:
        if not storage.exists(self._address):
            self._note("missing")
            self._seen.unread.append(self._path)
            return
        reading = read_part(self._address)
        for name in ("sha256", "sha1", "bytes"):
            self._same(name, getattr(reading, name), self._part[name])
        try:
            with storage.open_read(self._address) as stream:
                file = pq.ParquetFile(stream)
                footer = read_footer(file)
                for problem in problems_of_footer(footer, reading):
                    self._note(problem)
                self._verify_footer(footer)
                columns = [(column.name, str(column.type)) for column in file.schema_arrow]
                if columns != [(column["name"], column["type"]) for column in self._manifest["columns"]]:
                    self._note("other columns than the manifest lists")
                    self._seen.unread.append(self._path)
                    return
                self._verify_rows(file, check_row)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            self._note(f"not readable as Parquet: {error}")
            self._seen.unread.append(self._path)

    def _note(self, problem: str) -> None:
        self._verdict.note(f"{self._path}: {problem}")

    def _same(self, name: str, found: object, stated: object) -> None:
        if found != stated:
            self._note(f"{name} {found}, the manifest says {stated}")

    def _verify_footer(self, footer: Mapping[str, str]) -> None:
        manifest, part = self._manifest, self._part
        expected = {
            "glotmill.schema_version": str(SCHEMA_VERSION),
            "glotmill.corpus": f"{manifest['name']}@{manifest['version']}",
            "glotmill.plan": manifest["fingerprint"],
            "glotmill.documents": str(part["documents"]),
            "glotmill.tokens": str(part["tokens"]),
            **expected_sets(part["histograms"]),
            "glotmill.policies": json_line(manifest["policies"]),
            "glotmill.steps": json_line(part["steps"]),
            DIGEST: part["digest"],
        }
        for key, value in expected.items():
            if footer.get(key) != value:
                name = key.removeprefix("glotmill.")
                self._note(f"{name} in the footer is {footer.get(key)}, by the manifest it is {value}")
        if part["steps"] != manifest["steps"]:
            self._note("other steps than the manifest's own")

    def _verify_rows(self, file: pq.ParquetFile, check_row: RowCheck) -> None:
        counts = PartCounts()
        wanted = {*CHECKED, *PartCounts.columns, *columns_read(self._partition_by)}
        mix = self._manifest.get("mix")
        if mix is not None:
            wanted |= {EPOCH, GROUP, "tokens"}
            lacking = [name for name, kind in _MIXED.items() if not _has(file.schema_arrow, name, kind)]
            if lacking:
                self._note(f"no mix: {' and '.join(lacking)} are not there, or of another type")
                mix = None
        names = [name for name in file.schema_arrow.names if name in wanted]
        expected = self._path.split("/")[1:-1]
        number = 0
        for batch in file.iter_batches(batch_size=_BATCH, columns=names):
            counts.add(batch)
            values = partition_values(batch, self._partition_by)
            epochs = pylist(batch.column(EPOCH)) if mix is not None else repeat(0, batch.num_rows)
            if mix is not None:
                self._count_mixed(batch, str(mix["count"]))
            for row, own, epoch in zip(_rows(batch), values, epochs, strict=True):
                number += 1
                where = f"row {number} ({row['doc_id']})"
                if [folder_name(value) for value in own] != expected:
                    place = dict(zip(self._partition_by, own, strict=True))
                    self._note(f"{where}: {place} does not belong in {'/'.join(expected)}")
                stands = Place(self._number, number, row["license_class"])
                self._seen.ids.kept(row["doc_id"], epoch or 0, stands)
                for parent in row["parent_ids"] or ():
                    self._seen.ids.child(row["doc_id"], parent, stands)
                self._verify_row(where, row, check_row)
                self._verdict.rows += 1
        self._compare(counts.close())

    def _count_mixed(self, batch: pa.RecordBatch, count: str) -> None:
        texts = count != "tokens"
        units = pylist(pc.binary_length(batch.column("text")) if texts else batch.column("tokens"))
        for group, epoch, own in zip(pylist(batch.column(GROUP)), pylist(batch.column(EPOCH)), units, strict=True):
            sums = self._seen.mixed.setdefault(group, [0, 0, 0, 0])
            place = 2 if epoch else 0
            sums[place] += 1
            sums[place + 1] += own or 0

    def _verify_row(self, where: str, row: Mapping[str, Any], check_row: RowCheck) -> None:
        if row["content_hash"] is not None and content_hash(row["text"] or "") != row["content_hash"]:
            self._note(f"{where}: the text does not have its content_hash")
        wrong = check_row(row)
        if wrong is not None:
            self._note(f"{where}: {wrong}")

    def _compare(self, found: Mapping[str, Any]) -> None:
        """Compare what the rows give with what the manifest says of the part."""
        for name in _COUNTED:
            self._same(name, found[name], self._part[name])
        stated = self._part["histograms"]
        for name in sorted({*stated, *found["histograms"]}):
            own, said = found["histograms"].get(name, {}), stated.get(name, {})
            for value in sorted({*own, *said}):
                if own.get(value, 0) != said.get(value, 0):
                    rows = f"{own.get(value, 0)} rows of {value}, the manifest says {said.get(value, 0)}"
                    self._note(f"histogram of {name}: {rows}")


def _has(schema: pa.Schema, name: str, kind: pa.DataType) -> bool:
    return name in schema.names and schema.field(name).type == kind


def _rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    columns = {name: pylist(batch.column(name)) for name in CHECKED}
    return (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
