"""The passes of a corpus step between two phases: tasks over partitions and groups, each done once and kept."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from glotmill.core.errors import ShardsFailed
from glotmill.core.hashing import sha256_text
from glotmill.core.steps import CorpusSpec, Needs
from glotmill.executors.base import Executor, Result, WorkerCrash
from glotmill.executors.memory import limit_of
from glotmill.provenance.receipts import FileRecord, Receipt
from glotmill.run.events import Event, Listener
from glotmill.run.groups import DecideTask, GatherTask, GroupTask
from glotmill.run.keys import KeyFiles, ReduceTask, ResolveTask
from glotmill.run.shard import files_exist, files_intact, finished
from glotmill.run.tasks import PhaseContext

T = TypeVar("T")


class Pass(Protocol):
    """A task over numbers that says what it reads."""

    @property
    def inputs(self) -> str: ...

    def __call__(self, item: int, /) -> Receipt: ...


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
        for result in self._results(task, [items[index] for index in missing], needs or Needs()):
            if result.error is not None:
                result.error.add_note(f"in {label}, task {missing[result.index]}")
                errors.append(result.error)
            elif result.value is not None:
                receipts[missing[result.index]] = result.value
                self._tell(Event("done", label, len(receipts), len(items)))
        if errors:
            raise ShardsFailed(f"{label}: {len(errors)} of {len(items)} tasks failed", errors)
        return [receipts[index] for index in range(len(items))]

    def _results(self, task: Callable[[T], Receipt], items: Sequence[T], needs: Needs) -> Iterator[Result[Receipt]]:
        """Yield one result per item; an item whose worker died gets one retry alone, with four times the memory (law 12)."""
        crashed: list[int] = []
        for result in self._executor.map(task, items, needs=needs) if items else ():
            if isinstance(result.error, WorkerCrash):
                crashed.append(result.index)
            else:
                yield result
        alone = replace(needs, limit_mb=4 * limit_of(needs))
        for index in sorted(crashed):
            for result in self._executor.map(task, [items[index]], needs=alone):
                yield replace(result, index=index)


class Passes:
    """Carries one corpus step from the keys of all shards to the table that the next phase applies.

    Receipts say what their tasks read, so that what was made of other keys is made again.

    Args:
        context: the phase that emitted the keys.
        tasks: runs what is missing.
        attempt: gives names to attempts.
        published: table name -> indexes of published corpora, for increments; the plan's fingerprint covers them.
        gone: lists of published documents that are superseded.
    """

    def __init__(
        self,
        context: PhaseContext,
        tasks: Tasks,
        *,
        attempt: Callable[[], str],
        published: Mapping[str, Sequence[str]],
        gone: Sequence[str] = (),
    ) -> None:
        planned = context.phase.emits
        if planned is None or not isinstance(planned.spec, CorpusSpec):
            raise TypeError(f"{context.phase.name} emits no keys")
        self._context, self._tasks, self._attempt = context, tasks, attempt
        self._published, self._gone = published, tuple(gone)
        self._spec = planned.spec

    def run(self, shards: Sequence[Receipt]) -> None:
        """Run all passes over what these receipts publish, in shard order."""
        keys = {name: [receipt.files[f"keys.{name}"] for receipt in shards] for name in sorted(self._spec.tables())}
        files = {
            name: KeyFiles(tuple(record.name for record in records), tuple(self._published.get(name, ())), self._gone)
            for name, records in keys.items()
        }
        read = digest_of(record for records in keys.values() for record in records)
        reduce = ReduceTask(self._context, files, self._attempt(), read)
        reduced = self._each("reduce", reduce, self._spec.partitions, "reduce-{:03d}")
        before = [receipt.files["table"] for receipt in reduced]
        if self._spec.gathers is not None:
            before = self._second_meeting(before, files[self._spec.gathers], read)
        names = tuple(record.name for record in before)
        resolve = ResolveTask(self._context, files, names, self._attempt(), f"{read} {digest_of(before)}")
        self._each("resolve", resolve, 1, "resolve")

    def _second_meeting(self, reduced: Sequence[FileRecord], table: KeyFiles, keys: str) -> list[FileRecord]:
        names = tuple(record.name for record in reduced)
        group = GroupTask(self._context, names, self._attempt(), digest_of(reduced))
        (found,) = self._each("group", group, 1, "group")
        groups = int(found.facts["groups"])
        if groups == 0:
            return []
        members, routes = found.files["members"], found.files["routes"]
        gather = GatherTask(self._context, table, routes.name, groups, self._attempt(), f"{keys} {routes.digest}")
        rows = self._each("gather", gather, self._spec.partitions, "gather-{:03d}")
        gathered = [receipt.files["table"] for receipt in rows]
        names = tuple(record.name for record in gathered)
        decide = DecideTask(
            self._context, members.name, names, groups, self._attempt(), digest_of([members, *gathered])
        )
        return [receipt.files["table"] for receipt in self._each("decide", decide, groups, "decide-{:05d}")]

    def _each(self, label: str, task: Pass, count: int, name: str) -> list[Receipt]:
        def done(item: int) -> Receipt | None:
            receipt = unharmed(self._context, name.format(item))
            return receipt if receipt is not None and receipt.facts.get("inputs") == task.inputs else None

        return self._tasks.run(
            task,
            range(count),
            f"{self._context.phase.name} {label}",
            done=done,
            address=self._context.address,
            needs=self._spec.pass_needs(),
        )


def digest_of(records: Iterable[FileRecord]) -> str:
    """Return one digest of what these files hold, in this order."""
    return sha256_text(" ".join(record.digest for record in records))


def resolved(context: PhaseContext) -> bool:
    """Tell whether the corpus step of a phase has its table, so that nobody reads the keys again."""
    return unharmed(context, "resolve") is not None


def unharmed(context: PhaseContext, task: str) -> Receipt | None:
    """Return the valid receipt of a task whose files are what it says, or None."""
    receipt = finished(context, task)
    return receipt if receipt is not None and files_intact(context.address, receipt.files) else None
