"""What a takedown is about to do, written down before anything is touched, so that whoever is killed can go on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glotmill.core.arrow import pylist
from glotmill.core.errors import SettingsError
from glotmill.io import storage
from glotmill.provenance.files import write_parquet
from glotmill.provenance.folder import RunFolder
from glotmill.run.takedown.finding import Touched

FORMAT: Final = "glotmill-takedown/1"
FOLDER: Final = "takedowns"
PENDING: Final = f"{FOLDER}/pending.json"
_ELSEWHERE: Final = f"{FOLDER}/pending-elsewhere.json"  # in the other runs that it reaches: which run has the journal
_ROWS: Final = f"{FOLDER}/pending.parquet"
_SCHEMA: Final = pa.schema(
    [
        pa.field("run", pa.int32(), nullable=False),
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("what", pa.string(), nullable=False),  # removed | changed | copy | struck
        pa.field("value", pa.string()),  # relation of what is removed, consent of what is changed
    ]
)


@dataclass(frozen=True, slots=True)
class PartChange:
    """A part that is written again: task of its receipt, its path, the path of what takes its place, or None."""

    task: str
    old: str
    new: str | None
    before: str  # SHA-256 of the old file
    rows: int  # that go


@dataclass(frozen=True, slots=True)
class LedgerChange:
    """A ledger file that is written again: phase and task of its receipt, its name in the phase, and the new one's."""

    phase: str
    task: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RunChange:
    """What is done to one run.

    Args:
        address: of its folder.
        corpus: `name@version`.
        number: of this takedown in the run, from 1.
        release: before and after; equal where no row of the corpus changes.
        manifest: SHA-256 before.
        parts: that are written again or go.
        ledgers: that are written again.
        kept: rows before, by language.
        documents: rows that go, by language.
        tokens: of those, by language.
        relations: rows that go, by why.
        struck: ledger rows that are struck.
        changed: rows whose consent changes.
    """

    address: str
    corpus: str
    number: int
    release: tuple[str, str]
    manifest: str
    parts: tuple[PartChange, ...]
    ledgers: tuple[LedgerChange, ...]
    kept: Mapping[str, int]
    documents: Mapping[str, int]
    tokens: Mapping[str, int]
    relations: Mapping[str, int]
    struck: int
    changed: int

    @property
    def phase(self) -> str:
        """The folder, and the step of the account, that holds what this takedown removed."""
        return f"takedown-{self.number}"


@dataclass(frozen=True, slots=True)
class ArchiveChange:
    """A WARC file whose records go: path, SHA-256 before, byte ranges [start, end) and how many records stand there."""

    path: str
    before: str
    ranges: tuple[tuple[int, int], ...]
    records: int


@dataclass(frozen=True, slots=True)
class Journal:
    """A takedown under way.

    Args:
        identity: of its receipt.
        about: what the receipt says of the request: who, when, of which kind; no address.
        salt: of its tombstones.
        lines: its tombstones.
        project: where the project's tombstones are, or None.
        runs: what is done to each run; the first holds this journal.
        archives: what is done to WARC files.
    """

    identity: str
    about: Mapping[str, Any]
    salt: str
    lines: tuple[str, ...]
    project: str | None
    runs: tuple[RunChange, ...]
    archives: tuple[ArchiveChange, ...] = ()
    format: str = field(default=FORMAT)

    def write(self, folder: RunFolder, touched: Sequence[Touched]) -> None:
        """Write the journal: the rows and where it is first, then what makes them count."""
        rows = [pa.RecordBatch.from_pylist(_rows(touched), schema=_SCHEMA)]
        write_parquet(folder.address, _ROWS, rows, _SCHEMA, row_group_rows=100_000)
        place = json.dumps({"at": folder.address, "identity": self.identity}).encode()
        for other in self._others(folder):
            storage.replace_bytes(other.join(_ELSEWHERE), place)
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False, indent=1) + "\n"
        storage.replace_bytes(folder.join(PENDING), text.encode())

    @classmethod
    def read(cls, folder: RunFolder) -> Self | None:
        """Return the journal of a takedown that was interrupted, or None, where at most the rows of one are left."""
        if not pending(folder):
            storage.delete(folder.join(_ROWS))
            return None
        value = json.loads(storage.read_bytes(folder.join(PENDING)))
        if value["format"] != FORMAT:
            raise SettingsError(
                f"{folder.join(PENDING)} was written by another version of Glotmill: go on with that one"
            )
        return cls(
            identity=value["identity"],
            about=value["about"],
            salt=value["salt"],
            lines=tuple(value["lines"]),
            project=value["project"],
            runs=tuple(_run(one) for one in value["runs"]),
            archives=tuple(
                ArchiveChange(one["path"], one["before"], tuple((a, b) for a, b in one["ranges"]), one["records"])
                for one in value["archives"]
            ),
        )

    def close(self, folder: RunFolder) -> None:
        """Forget a takedown that is carried out."""
        for other in self._others(folder):
            storage.delete(other.join(_ELSEWHERE))
        storage.delete(folder.join(PENDING))
        storage.delete(folder.join(_ROWS))

    def _others(self, folder: RunFolder) -> list[RunFolder]:
        return [RunFolder(run.address) for run in self.runs if run.address != folder.address]


def pending(folder: RunFolder) -> bool:
    """Tell whether a takedown was begun and not carried out."""
    return storage.exists(folder.join(PENDING))


def refuse_pending(folder: RunFolder) -> None:
    """Raise SettingsError where a takedown of a run was interrupted: it is neither what it was nor what it will be."""
    holder = journal_of(folder)
    if holder is not None:
        raise SettingsError(
            f"a takedown of {folder.address} was interrupted\n  glotmill takedown {holder.address} carries it out."
        )


def journal_of(folder: RunFolder) -> RunFolder | None:
    """Return the run that holds the journal of a takedown that reaches a run and was not carried out, or None."""
    if pending(folder):
        return folder
    if not storage.exists(folder.join(_ELSEWHERE)):
        return None
    place = json.loads(storage.read_bytes(folder.join(_ELSEWHERE)))
    holder = RunFolder(place["at"])
    # Whoever was killed before the journal itself was written has begun nothing.
    known = pending(holder) and json.loads(storage.read_bytes(holder.join(PENDING)))["identity"] == place["identity"]
    return holder if known else None


def read_rows(folder: RunFolder, run: int) -> Touched:
    """Return which rows of one run a journal is about."""
    found = Touched()
    with storage.open_read(folder.join(_ROWS)) as stream:
        for batch in pq.ParquetFile(stream).iter_batches():
            chosen = batch.filter(pc.equal(batch.column("run"), run))
            columns = (pylist(chosen.column(name)) for name in ("doc_id", "what", "value"))
            for name, what, value in zip(*columns, strict=True):
                match what:
                    case "removed":
                        found.removed[name] = value
                    case "changed":
                        found.changed[name] = value
                    case "copy":
                        found.copies.add(name)
                    case _:
                        found.struck.add(name)
    return found


def _rows(touched: Sequence[Touched]) -> list[dict[str, Any]]:
    return [
        {"run": run, "doc_id": name, "what": what, "value": value}
        for run, found in enumerate(touched)
        for what, pairs in (
            ("removed", found.removed.items()),
            ("changed", found.changed.items()),
            ("copy", ((name, None) for name in found.copies)),
            ("struck", ((name, None) for name in found.struck)),
        )
        for name, value in sorted(pairs)
    ]


def _run(value: Mapping[str, Any]) -> RunChange:
    return RunChange(
        **{
            **value,
            "release": tuple(value["release"]),
            "parts": tuple(PartChange(**part) for part in value["parts"]),
            "ledgers": tuple(LedgerChange(**ledger) for ledger in value["ledgers"]),
        }
    )
