"""Receipts: what an attempt did, written last, so that its files count; a half-written one is none."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from glotmill.core.errors import DataError
from glotmill.io import storage


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file that a receipt publishes: its name relative to the phase folder, bytes and digest (`sha256:<hex>`)."""

    name: str
    bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class StepCount:
    """The account of one step on one shard: rows_in + derived = kept + dropped + quarantined.

    Args:
        step: its name; `source` for what the reader itself refused.
        reasons: language as it was then (`-` where unknown, and beyond 10,000 languages) -> reason -> rows.
        kept_by_language: language -> rows kept.
    """

    step: str
    rows_in: int
    derived: int
    kept: int
    dropped: int
    quarantined: int
    reasons: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    kept_by_language: Mapping[str, int] = field(default_factory=dict)

    def balanced(self) -> bool:
        """Tell whether no row was lost or gained."""
        return self.rows_in + self.derived == self.kept + self.dropped + self.quarantined


@dataclass(frozen=True, slots=True)
class PartitionCount:
    """Rows of one partition in one shard's data file: values of the partition columns, batch index, rows, bytes."""

    values: tuple[str, ...]
    batch: int
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one finished task publishes.

    Args:
        plan: fingerprint of the phase.
        task: `shard-00007`, `reduce-003`, `resolve`, `part-00002`.
        files: kind (`data`, `ledger`, `keys.bands`, `table`, `part`) -> file.
        counts: one per step, in order.
        partitions: of the last phase's data file, in order of their batches.
        facts: small deterministic results of the task (histograms, counters).
        about: time, host, order and attempt; never enters data.
    """

    plan: str
    task: str
    files: Mapping[str, FileRecord] = field(default_factory=dict)
    counts: Sequence[StepCount] = ()
    partitions: Sequence[PartitionCount] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)


def write_receipt(folder: str, receipt: Receipt) -> None:
    """Publish a task's files by writing its receipt, in one piece and with a digest of itself."""
    storage.write_whole(storage.join(folder, f"{receipt.task}.json"), _written(receipt))


def publish_first(folder: str, receipt: Receipt) -> Receipt:
    """Publish a task's files unless another attempt at the same order has, and return the receipt that counts.

    An order is what a driver gave out once (`about.order`); attempts at it are several where one took long or its node was
    thought lost. Should two of them get here at the same moment, either receipt names whole files, of the same bytes.
    """
    earlier = read_receipt(folder, receipt.task)
    if earlier is not None and earlier.plan == receipt.plan and earlier.about.get("order") == receipt.about["order"]:
        return earlier
    write_receipt(folder, receipt)
    return receipt


def replace_receipt(folder: str, receipt: Receipt) -> None:
    """Publish other files of a task that is done: a reader finds the old receipt or the new one."""
    storage.replace_bytes(storage.join(folder, f"{receipt.task}.json"), _written(receipt))


def _written(receipt: Receipt) -> bytes:
    body = json.dumps(asdict(receipt), sort_keys=True, ensure_ascii=False)
    record = {"digest": hashlib.sha256(body.encode()).hexdigest(), "receipt": json.loads(body)}
    return json.dumps(record, sort_keys=True, ensure_ascii=False, indent=1).encode()


def read_receipt(folder: str, task: str) -> Receipt | None:
    """Return a task's receipt, or None where there is none or its writer died while writing it."""
    address = storage.join(folder, f"{task}.json")
    try:
        record = json.loads(storage.read_bytes(address))
        body = json.dumps(record["receipt"], sort_keys=True, ensure_ascii=False)
        if hashlib.sha256(body.encode()).hexdigest() != record["digest"]:
            return None
        return _from_json(record["receipt"])
    except (ValueError, KeyError, TypeError, DataError):
        return None


def receipts_of(folder: str, tasks: Sequence[str]) -> tuple[Receipt, ...]:
    """Return the valid receipts of these tasks, in their order; tasks without one are left out."""
    found = (read_receipt(folder, task) for task in tasks)
    return tuple(receipt for receipt in found if receipt is not None)


def _from_json(value: dict[str, Any]) -> Receipt:
    return Receipt(
        plan=value["plan"],
        task=value["task"],
        files={kind: FileRecord(**record) for kind, record in value["files"].items()},
        counts=tuple(StepCount(**count) for count in value["counts"]),
        partitions=tuple(
            PartitionCount(tuple(part["values"]), part["batch"], part["rows"], part["bytes"])
            for part in value["partitions"]
        ),
        facts=value["facts"],
        about=value["about"],
    )


def add_counts(counts: Sequence[Sequence[StepCount]]) -> tuple[StepCount, ...]:
    """Return the sums over shards, step by step, in the order in which steps first appear."""
    sums: dict[str, StepCount] = {}
    for shard in counts:
        for count in shard:
            sums[count.step] = _plus(sums[count.step], count) if count.step in sums else count
    return tuple(sums.values())


def _plus(first: StepCount, second: StepCount) -> StepCount:
    reasons = {language: dict(row) for language, row in first.reasons.items()}
    for language, row in second.reasons.items():
        for reason, number in row.items():
            target = reasons.setdefault(language, {})
            target[reason] = target.get(reason, 0) + number
    kept = dict(first.kept_by_language)
    for language, number in second.kept_by_language.items():
        kept[language] = kept.get(language, 0) + number
    return StepCount(
        first.step,
        first.rows_in + second.rows_in,
        first.derived + second.derived,
        first.kept + second.kept,
        first.dropped + second.dropped,
        first.quarantined + second.quarantined,
        {language: dict(sorted(reasons[language].items())) for language in sorted(reasons)},
        dict(sorted(kept.items())),
    )
