"""One near-duplicate step carried out by the engine alone: key files, receipts and tasks as in a run, in this process.

The passes, their files and their digests are the product's own (`run.keys`, `run.corpus`); a recipe of one step names them.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from glotmill.core.inputs import Shard
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.dedup.minhash import MinhashDedup, MinhashDedupSpec
from glotmill.executors.local import LocalExecutor
from glotmill.plan.recipe import Recipe, SinkSpec
from glotmill.plan.resolve import Phase, Plan, PlannedStep
from glotmill.provenance.files import ArrowFile, read_batches
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.receipts import Receipt
from glotmill.run.corpus import Passes, Tasks
from glotmill.run.events import silent
from glotmill.run.keys import KeyTables, partitioned
from glotmill.run.tasks import PhaseContext, ShardItem

NOTHING = Resources(Scope((), ()))


@dataclass(slots=True)
class Engine:
    """The passes of one step in a folder.

    Args:
        spec: of the step.
        folder: where its files go.
    """

    spec: MinhashDedupSpec
    folder: Path
    _receipts: list[Receipt] = field(default_factory=list)

    def emit(self, batches: Sequence[Batch]) -> None:
        """Write the keys of one shard's batches."""
        keys = KeyTables(self.spec, self.spec.build(NOTHING))
        for batch in batches:
            keys.add(batch)
        number = len(self._receipts)
        item = ShardItem(Shard(number, ()), 0, attempt="a")
        self._receipts.append(Receipt("benchmark", item.task, keys.write(self._context().address, item)))

    def write(self, tables: Mapping[str, pa.Table]) -> None:
        """Write the keys of one shard that were made otherwise."""
        number = len(self._receipts)
        context = self._context()
        records = {}
        for name, table in tables.items():
            file_name = f"keys/{name}-shard-{number:05d}-a.arrow"
            with ArrowFile(context.address, file_name, table.schema) as file:
                for rows in partitioned(table, self.spec.partitions):
                    file.write(rows)
                records[f"keys.{name}"] = file.close()
        self._receipts.append(Receipt("benchmark", f"shard-{number:05d}", records))

    def pass_over(self) -> pa.Table:
        """Run all passes over what was written and return the table that documents are looked up in."""
        context = self._context()
        tasks = Tasks(LocalExecutor(1), silent)
        Passes(context, tasks, attempt=lambda: "a", published={}).run(self._receipts)
        (name,) = (self.folder / "phase-0/keys").glob("resolve-*.arrow")
        return pa.Table.from_batches(list(read_batches(str(name))))

    def step(self) -> MinhashDedup:
        """Return the step, for `apply`."""
        return self.spec.build(NOTHING)

    def _context(self) -> PhaseContext:
        contract = self.spec.contract(NOTHING)
        planned = PlannedStep(self.spec, contract, (), ())
        phase = Phase(0, None, (), planned, contract.requires)
        recipe = Recipe(
            name="benchmark",
            version="1.0.0",
            description="",
            languages=(),
            sources=(),
            steps=(self.spec,),
            sink=SinkSpec(kind="parquet"),
            shard_mb=64.0,
        )
        plan = Plan(recipe, "benchmark", (phase,), contract.requires, {}, {})
        return PhaseContext(plan, phase, RunFolder(str(self.folder)), "benchmark", {})


@contextmanager
def engine(spec: MinhashDedupSpec) -> Iterator[Engine]:
    """Yield an engine in a folder that is deleted at the end of the `with` block."""
    with tempfile.TemporaryDirectory() as scratch:
        yield Engine(spec, Path(scratch))
