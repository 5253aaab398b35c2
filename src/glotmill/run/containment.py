"""What happens when a worker dies: the shard alone, then document by document, then quarantine (law 12)."""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from glotmill.core.errors import DataError, ShardsFailed
from glotmill.core.steps import Needs
from glotmill.executors.base import Executor, WorkerCrash
from glotmill.io import storage
from glotmill.provenance.receipts import Receipt
from glotmill.run.shard import beacon_name, write_marker
from glotmill.run.tasks import PhaseContext, Quarantined, ShardItem

MAX_KILLERS_PER_SHARD = 100  # a shard that kills its worker more often than this has another fault than its documents


def markers(phase_address: str) -> tuple[Quarantined, ...]:
    """Return the documents of a phase that are quarantined, by file name."""
    folder = storage.join(phase_address, "quarantine")
    names = [name for name, _ in storage.list_below(folder) if not name.startswith("beacon-")]
    found: list[Quarantined] = []
    for name in names:
        try:
            found.append(Quarantined(**json.loads(storage.read_bytes(storage.join(folder, name)))))
        except (ValueError, TypeError, DataError):
            continue  # its writer died while writing it: the document is tried again
    return tuple(found)


class Containment:
    """Runs shards so that a document which kills its worker costs itself alone.

    Args:
        task: carries out one shard.
        context: the phase.
        executor: where tasks run.
        needs: of the phase.
    """

    def __init__(
        self, task: Callable[[ShardItem], Receipt], context: PhaseContext, executor: Executor, needs: Needs
    ) -> None:
        self._task, self._context, self._executor, self._needs = task, context, executor, needs

    def run(self, items: Sequence[ShardItem]) -> Iterator[tuple[ShardItem, Receipt]]:
        """Yield each shard's receipt in order of completion.

        Raises:
            ShardsFailed: after all others are done, the shards that could not be.
        """
        errors: list[Exception] = []
        crashed: list[ShardItem] = []
        if items:
            for result in self._executor.map(self._task, items, needs=self._needs):
                item = items[result.index]
                if result.value is not None:
                    yield item, result.value
                elif isinstance(result.error, WorkerCrash):
                    crashed.append(item)
                elif result.error is not None:
                    result.error.add_note(f"in {self._context.phase.name}, {item.task}")
                    errors.append(result.error)
        for item in sorted(crashed, key=lambda item: item.shard.index):
            try:
                yield item, self._alone(item)
            except Exception as error:  # noqa: BLE001  # one shard's failure must not hide the others'
                error.add_note(f"in {self._context.phase.name}, {item.task}")
                errors.append(error)
        if errors:
            raise ShardsFailed(f"{self._context.phase.name}: {len(errors)} of {len(items)} shards failed", errors)

    def _alone(self, item: ShardItem) -> Receipt:
        """Run a shard with nothing beside it: a neighbour's memory is not poison."""
        receipt = self._try(item)
        poisons = list(item.quarantined)
        beacon = storage.join(self._context.address, "quarantine", beacon_name(item.shard.index))
        while receipt is None:
            storage.delete(beacon)
            receipt = self._try(replace(item, quarantined=tuple(poisons), cautious=True))
            if receipt is None:
                killer = self._killer(beacon, item)
                if len(poisons) >= MAX_KILLERS_PER_SHARD or killer in poisons:
                    raise WorkerCrash(f"{item.task} kills its worker again and again, last at {killer.url}")
                write_marker(self._context.address, killer)
                poisons.append(killer)
        storage.delete(beacon)
        return receipt

    def _try(self, item: ShardItem) -> Receipt | None:
        fresh = replace(item, attempt=uuid.uuid4().hex[:8])
        for result in self._executor.map(self._task, [fresh], needs=self._needs):
            if result.error is not None and not isinstance(result.error, WorkerCrash):
                raise result.error
            return result.value
        return None

    def _killer(self, beacon: str, item: ShardItem) -> Quarantined:
        if not storage.exists(beacon):
            names = ", ".join(part.file.name for part in item.shard.slices)
            raise WorkerCrash(f"{item.task} kills its worker while it is read: look at {names}")
        return Quarantined(**json.loads(storage.read_bytes(beacon)))
