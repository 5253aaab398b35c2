"""What a step is: its spec, its contract, the batch it is handed and the outcome it returns."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, Protocol, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, StrictStr

from glotmill.core.arrow import merge_schemas, texts

T = TypeVar("T")

Track = Literal["curated", "web"]
Shape = Literal["map", "expand", "corpus"]
StepName = Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Frozen(BaseModel):
    """The base of everything a user writes: immutable, and a field nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


@dataclass(frozen=True, slots=True)
class Needs:
    """What one task of a step needs. A change of needs between two steps ends a phase.

    Args:
        cpus: of a node.
        gpus: of a node.
        memory_mb: what it is expected to hold; so many tasks run at once as find room.
        limit_mb: a worker process that grows by more during a task is ended; None for four times `memory_mb`.
    """

    cpus: float = 1.0
    gpus: float = 0.0
    memory_mb: int = 1024
    limit_mb: int | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """What a step needs and promises; checked along the whole recipe before any data is read.

    Args:
        requires: columns that must exist, with their types.
        provides: columns that exist afterwards (new ones, or ones it changes).
        reasons: every reason code the step can give, each `<kind>.<what>`.
        precedes: columns that no earlier step may provide, since whatever provides them has to see this step's work.
    """

    requires: pa.Schema
    provides: pa.Schema
    reasons: frozenset[str]
    precedes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """What a recipe is about, as steps see it.

    Args:
        languages: the recipe's target languages, canonical tags (`eus_Latn`), in recipe order.
        sources: the names of its sources (`of`), in recipe order.
    """

    languages: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """Where a run finds what no project file may name, since it differs between machines.

    Args:
        engines: engine name -> address of its server or folder of its model.
        translations: of those made so far: a local folder, or an address with `://` that several machines share; None: they are
            not kept.
    """

    engines: Mapping[str, str] = field(default_factory=dict)
    translations: str | None = None


NOWHERE: Final = Places()


@dataclass(frozen=True, slots=True)
class Resources:
    """What the plan resolved for a step: nothing in it says where the run takes place, but for model paths and places.

    Args:
        scope: the recipe's languages and sources.
        files: project path -> text, for exactly the files that the step's spec named.
        models: model name -> local file, for exactly the models that the step's spec named.
        places: of the run; empty where steps are only checked.
    """

    scope: Scope
    files: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, Path] = field(default_factory=dict)
    places: Places = NOWHERE


class Spec(Frozen):
    """What a recipe says about one step. Frozen, hashable by its JSON, and all that travels to workers."""

    shape: ClassVar[Shape] = "map"
    needs: ClassVar[Needs] = Needs()
    generates: ClassVar[bool] = False  # whether a model writes its rows, which then stand in parts of their own

    name: StepName
    tracks: tuple[Track, ...] | None = None  # only rows of these tracks; others pass untouched

    def task_needs(self) -> Needs:
        """Return what one task of the phases that it is in needs: `needs`, or what its fields make of it."""
        return self.needs

    def files(self, scope: Scope) -> tuple[str, ...]:
        """Return the project files this step reads (`filters/gopher_quality.yaml`), in a stable order.

        A name that ends in `?` may be missing from the project; it is then missing from `Resources.files`.
        """
        return ()

    def models(self) -> tuple[str, ...]:
        """Return the names in `manifests/models.yaml` of the models this step opens."""
        return ()

    def contract(self, resources: Resources) -> Contract:
        """Return what the step needs and promises; raise RecipeError where its files are wrong."""
        raise TypeError(f"{type(self).__name__} states no contract")

    def generators(self, resources: Resources) -> Mapping[str, Mapping[str, str]]:
        """Return what writes rows in this step and under whose terms, by the name in its registry; for the manifest."""
        return {}

    def build(self, resources: Resources) -> "MapStep | ExpandStep | CorpusStep":
        """Open models and return the step. Called in the worker, once per process."""
        raise TypeError(f"{type(self).__name__} builds no step")


COUNTS = b"glotmill.counts"  # metadata key of a resolved table: totals of the step as a JSON object, for the manifest


class CorpusSpec(Spec):
    """What a recipe says about a step that needs all documents.

    Args:
        partitions: into how many parts its keys are cut by value. Each part is one task; more of them take less memory.
    """

    shape: ClassVar[Shape] = "corpus"
    indexed: ClassVar[bool] = False  # its tables have a column `published`, and `parameters()` says what keys depend on
    gathers: ClassVar[str | None] = None  # the table whose rows meet a second time, by group (see `GroupingStep`)

    partitions: int = Field(default=16, ge=1, le=4096)

    def tables(self) -> Mapping[str, pa.Schema]:
        """Return the schema of each table that `emit` gives; the first column is `key: uint64`."""
        raise TypeError(f"{type(self).__name__} names no tables")

    def pass_needs(self) -> Needs:
        """Return what one task of its passes between two phases needs."""
        return self.needs

    def parameters(self) -> str:
        """Return what makes keys comparable, as JSON."""
        raise TypeError(f"{type(self).__name__} states no parameters")


class Takeable(Protocol):
    """A derived value that can follow its rows when the engine removes some of them."""

    def take(self, indices: npt.NDArray[np.int64]) -> "Takeable": ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows on their way through the steps, and values derived from their columns, computed once.

    A derived value lives as long as its column is unchanged: `with_columns` forgets those of the columns it
    replaces, `take` keeps those that can follow their rows.
    """

    rows: pa.RecordBatch
    _derived: dict[tuple[str, str], object] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    def column(self, name: str) -> pa.Array:
        """Return one column."""
        return self.rows.column(name)

    def texts(self, name: str = "text") -> list[str]:
        """Return a string column as a list; null is the empty string."""
        return texts(self.rows.column(name))

    def derive(self, name: str, what: str, compute: Callable[[], T]) -> T:
        """Return `what` of column `name` (its token table, say), computing it the first time only."""
        key = (name, what)
        if key not in self._derived:
            self._derived[key] = compute()
        return cast(T, self._derived[key])

    def with_columns(self, columns: Mapping[str, pa.Array]) -> "Batch":
        """Return a batch with these columns added or replaced."""
        arrays = dict(zip(self.rows.schema.names, self.rows.columns, strict=True))
        arrays.update(columns)
        added = pa.schema([pa.field(name, array.type) for name, array in columns.items()])
        schema = merge_schemas(self.rows.schema, added)
        kept = {key: value for key, value in self._derived.items() if key[0] not in columns}
        return Batch(pa.RecordBatch.from_arrays([arrays[name] for name in schema.names], schema=schema), kept)

    def without_columns(self, names: Iterable[str]) -> "Batch":
        """Return a batch without these columns."""
        gone = set(names)
        left = [name for name in self.rows.schema.names if name not in gone]
        kept = {key: value for key, value in self._derived.items() if key[0] not in gone}
        return Batch(self.rows.select(left), kept)

    def take(self, indices: npt.NDArray[np.int64]) -> "Batch":
        """Return the rows at these positions, in this order."""
        kept: dict[tuple[str, str], object] = {
            key: value.take(indices) for key, value in self._derived.items() if hasattr(value, "take")
        }
        return Batch(self.rows.take(pa.array(indices, pa.int64())), kept)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step says about the rows it was handed: the same rows in the same order.

    Args:
        batch: the rows, perhaps with more columns.
        reasons: per row a reason code, or null to keep; None keeps all.
        details: per row the evidence in words and numbers: `word_count 12 < 50`.
        related: per row the doc_id of the document kept instead, for duplicates.
        quarantined: per row true where the reason is a breach or crash rather than a judgement.
    """

    batch: Batch
    reasons: pa.StringArray | None = None
    details: pa.StringArray | None = None
    related: pa.StringArray | None = None
    quarantined: pa.BooleanArray | None = None


class MapStep(Protocol):
    """Judges or changes documents one by one; never adds, removes or reorders rows."""

    def __call__(self, batch: Batch) -> Outcome: ...


class ExpandStep(Protocol):
    """Derives new rows from a batch; each names its parents in `parent_ids`. The parents stay.

    An `Outcome` over the derived rows gives reasons for those that are refused, so that the ledger has them, too.
    """

    def __call__(self, batch: Batch) -> "pa.RecordBatch | Outcome": ...


class CorpusStep(Protocol):
    """Anything that needs all documents, as four passes over files.

    `emit` runs per batch beside the map steps and returns keyed rows by table name; each table's first column
    is `key: uint64`, whose upper bits decide the partition. `reduce` runs once per partition, in parallel.
    `resolve` runs once and returns one table: a row per affected document by `doc_id`, or per what is looked for in
    documents (repeated lines). `apply` runs per batch of the next phase, with that table.
    """

    def emit(self, batch: Batch) -> Mapping[str, pa.RecordBatch]: ...

    def reduce(self, read: Callable[[str], pa.Table]) -> pa.Table:
        """Reduce one partition. `read(table)` gives its rows of a table, in shard and row order."""
        ...

    def resolve(self, reduced: Iterable[pa.Table], read: Callable[[str], Iterable[pa.Table]]) -> pa.Table:
        """Join what `reduce` left of all partitions, or `decide` of all groups.

        `read(table)` iterates over the whole of a table that this run emitted, piece by piece, in the order of the shards.
        """
        ...

    def apply(self, batch: Batch, table: pa.Table) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Groups:
    """What the keys of a corpus step have connected: groups of documents of which no two share a key.

    Args:
        count: how many groups there are.
        members: what `decide` learns of each group besides its documents' rows: rows with a column `group: int32`, which
            ascends.
        routes: which rows of the gathered table go where: rows with `key: uint64` as in that table, `group: int32` and
            whatever `gather` needs to know them by.
    """

    count: int
    members: pa.Table
    routes: pa.Table


class GroupingStep(CorpusStep, Protocol):
    """A corpus step whose documents meet twice: by key, and then by what the keys have connected.

    Between `reduce` and `resolve`, `group` runs once and reads the reduced tables; `gather` runs once per partition
    of the table that the spec `gathers`; `decide` runs once per group, in parallel. `resolve` joins what they decided.
    """

    def group(self, reduced: Iterable[pa.Table]) -> Groups: ...

    def gather(self, rows: pa.RecordBatch, routes: pa.Table) -> pa.Table:
        """Return those of the rows that are routed, with the column `group: int32`."""
        ...

    def decide(self, members: pa.Table, read: Callable[[Sequence[str] | None], Iterator[pa.Table]]) -> pa.Table:
        """Decide on one group. `read(columns)` iterates over its gathered rows, always in the same order."""
        ...
