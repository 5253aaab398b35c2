"""The passes of a corpus step between two phases: tasks over partitions and groups, each done once and kept."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from glotmill.core.errors import ShardsFailed
from glotmill.core.steps import CorpusSpec, Needs
from glotmill.executors.base import Executor, Result
from glotmill.provenance.receipts import Receipt
from glotmill.run.events import Event, Listener
from glotmill.run.groups import DecideTask, GatherTask, GroupTask
from glotmill.run.keys import KeyFiles, ReduceTask, ResolveTask
from glotmill.run.shard import files_exist, files_intact, finished
from glotmill.run.tasks import PhaseContext

T = TypeVar("T")


class Tasks:
    """Runs tasks that publish receipts: what has a valid one is not done again.

    Args:
        executor: where they run.
        listener: told of everything that happens.
    """

    def __init__(self, executor: Executor, listener: Listener) -> None:
        self._executor, self._tell = executor, listener

    def run(
        self,
        task: Callable[[T], Receipt],
        items: Sequence[T],
        label: str,
        *,
        done: Callable[[T], Receipt | None],
        address: str,
        needs: Needs | None = None,
    ) -> list[Receipt]:
        """Run what has no valid receipt yet and return all receipts in the order of the items.

        Raises:
            ShardsFailed: some tasks failed; the others are done.
        """
        found = [done(item) for item in items]
        receipts = {
            index: receipt
            for index, receipt in enumerate(found)
            if receipt is not None and files_exist(address, receipt.files)
        }
        missing = [index for index in range(len(items)) if index not in receipts]
        self._tell(Event("phase", label, len(receipts), len(items)))
        errors: list[Exception] = []
        for result in self._map(task, [items[index] for index in missing], needs or Needs()):
            if result.error is not None:
                errors.append(result.error)
            elif result.value is not None:
                receipts[missing[result.index]] = result.value
                self._tell(Event("done", label, len(receipts), len(items)))
        if errors:
            raise ShardsFailed(f"{label}: {len(errors)} of {len(items)} tasks failed", errors)
        return [receipts[index] for index in range(len(items))]

    def _map(self, task: Callable[[T], Receipt], items: Sequence[T], needs: Needs) -> Iterator[Result[Receipt]]:
        return self._executor.map(task, items, needs=needs) if items else iter(())


class Passes:
    """Carries one corpus step from the keys of all shards to the table that the next phase applies.

    Args:
        context: the phase that emitted the keys.
        tasks: runs what is missing.
        attempt: gives names to attempts.
        published: table name -> indexes of published corpora, for increments.
    """

    def __init__(
        self,
        context: PhaseContext,
        tasks: Tasks,
        *,
        attempt: Callable[[], str],
        published: Mapping[str, Sequence[str]],
    ) -> None:
        planned = context.phase.emits
        if planned is None or not isinstance(planned.spec, CorpusSpec):
            raise TypeError(f"{context.phase.name} emits no keys")
        self._context, self._tasks, self._attempt, self._published = context, tasks, attempt, published
        self._spec = planned.spec

    def run(self, shards: Sequence[Receipt]) -> None:
        """Run all passes over what these receipts publish, in shard order."""
        files = {
            name: KeyFiles(
                tuple(receipt.files[f"keys.{name}"].name for receipt in shards), tuple(self._published.get(name, ()))
            )
            for name in sorted(self._spec.tables())
        }
        reduced = self._each(
            "reduce", ReduceTask(self._context, files, self._attempt()), self._spec.partitions, "reduce-{:03d}"
        )
        before = tuple(receipt.files["table"].name for receipt in reduced)
        if self._spec.gathers is not None:
            before = self._second_meeting(before, files[self._spec.gathers])
        self._each("resolve", ResolveTask(self._context, files, before, self._attempt()), 1, "resolve")

    def _second_meeting(self, reduced: tuple[str, ...], table: KeyFiles) -> tuple[str, ...]:
        (found,) = self._each("group", GroupTask(self._context, reduced, self._attempt()), 1, "group")
        groups = int(found.facts["groups"])
        if groups == 0:
            return ()
        gather = GatherTask(self._context, table, found.files["routes"].name, groups, self._attempt())
        gathered = self._each("gather", gather, self._spec.partitions, "gather-{:03d}")
        names = tuple(receipt.files["table"].name for receipt in gathered)
        decide = DecideTask(self._context, found.files["members"].name, names, groups, self._attempt())
        decided = self._each("decide", decide, groups, "decide-{:05d}")
        return tuple(receipt.files["table"].name for receipt in decided)

    def _each(self, label: str, task: Callable[[int], Receipt], count: int, name: str) -> list[Receipt]:
        return self._tasks.run(
            task,
            range(count),
            f"{self._context.phase.name} {label}",
            done=lambda item: unharmed(self._context, name.format(item)),
            address=self._context.address,
            needs=self._spec.needs,
        )


def resolved(context: PhaseContext) -> bool:
    """Tell whether the corpus step of a phase has its table, so that nobody reads the keys again."""
    return unharmed(context, "resolve") is not None


def unharmed(context: PhaseContext, task: str) -> Receipt | None:
    """Return the valid receipt of a task whose files are what it says, or None."""
    receipt = finished(context, task)
    return receipt if receipt is not None and files_intact(context.address, receipt.files) else None
