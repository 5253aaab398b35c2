"""A run's folder: which file lies where, and how to read what it says."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from glotmill.core.errors import SettingsError
from glotmill.io import storage
from glotmill.licensing.table import TABLE_FILE
from glotmill.provenance.receipts import FileRecord, Receipt, StepCount, add_counts, receipts_of

KINDS = ("data", "ledger", "quarantine", "keys", "receipts")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """`OUT/<name>/<version>`; the address is a path or an fsspec URL."""

    address: str

    def join(self, *parts: str) -> str:
        """Return the address of something inside."""
        return storage.join(self.address, *parts)

    def phase(self, index: int) -> str:
        """Return the address of a phase's folder."""
        return self.join(f"phase-{index}")

    @property
    def sink(self) -> str:
        """The address of the sink phase's folder."""
        return self.join("phase-sink")

    def read_json(self, name: str) -> dict[str, Any]:
        """Return a JSON file of the folder.

        Raises:
            SettingsError: this is no folder of a run.
        """
        address = self.join(name)
        if not storage.exists(address):
            message = f"{self.address} holds no {name}: is it the folder of a run (OUT/<name>/<version>)?"
            raise SettingsError(message)
        try:
            return cast(dict[str, Any], json.loads(storage.read_bytes(address)))
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"{address} is not readable as JSON: {error}") from error

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        """Write a JSON file of the folder, sorted and indented; whoever is killed leaves the old one or the new one."""
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, indent=2) + "\n"
        storage.replace_bytes(self.join(name), text.encode())

    def receipts(self, phase: str, prefix: str) -> tuple[Receipt, ...]:
        """Return the valid receipts of a phase folder whose task begins with `prefix`, by task name.

        Shards that the plan counts and parts that the manifest names are asked for by name: the listing of an object
        store may be behind.
        """
        folder = self.join(phase, "receipts")
        listed = (name.removesuffix(".json") for name, _ in storage.list_below(folder))
        tasks = {task for task in (*listed, *self._named_tasks(phase)) if task.startswith(prefix)}
        return receipts_of(folder, sorted(tasks))

    def _named_tasks(self, phase: str) -> list[str]:
        if self.join(phase) != self.sink:
            known = self.read_json("plan.json") if storage.exists(self.join("plan.json")) else {}
            return [f"shard-{index:05d}" for index in range(int(known.get("shards", 0)))]
        known = self.read_json("manifest.json") if storage.exists(self.join("manifest.json")) else {}
        return [f"part-{index:05d}" for index in range(len(known.get("parts", ())))]

    def phases(self) -> tuple[str, ...]:
        """Return the names of the data phases, in order, as the run's plan names them."""
        return tuple(cast(Sequence[str], self.read_json("plan.json")["phases"]))

    def counts(self) -> tuple[StepCount, ...]:
        """Return the account of every step so far, summed over shards, in the order of the recipe."""
        return tuple(
            count
            for phase in self.phases()
            for count in add_counts([receipt.counts for receipt in self.receipts(phase, "shard-")])
        )

    def ledger(self) -> Iterator[pa.RecordBatch]:
        """Yield the ledger's rows, phase by phase and shard by shard."""
        for phase, record in self.ledgers():
            with storage.open_read(self.join(phase, record.name)) as stream:
                yield from pq.ParquetFile(stream).iter_batches()

    def ledgers(self) -> Iterator[tuple[str, FileRecord]]:
        """Yield the files of the ledger in the same order, each as the name of its phase and its record."""
        for phase in self.phases():
            for receipt in self.receipts(phase, "shard-"):
                record = receipt.files.get("ledger")
                if record is not None:
                    yield phase, record

    def license_table(self) -> str:
        """Return the text of the license table that the run used; empty where it used none."""
        address = self.join("project", TABLE_FILE)
        return storage.read_bytes(address).decode() if storage.exists(address) else ""

    def parts(self) -> tuple[str, ...]:
        """Return the names of the corpus files that the manifest lists, in order."""
        return tuple(part["path"] for part in self.read_json("manifest.json")["parts"])
