"""A small engine for corpus steps: shards, partitions by key, files in between, everything in any order."""

import datetime as dt
import random
from dataclasses import dataclass

import pyarrow as pa

from glotmill.core.hashing import document_id
from glotmill.core.schema import DOCUMENT_SCHEMA
from glotmill.core.steps import Batch, Outcome, Resources, Scope
from support.passes import regrouped, through_a_file

NOTHING = Resources(Scope((), ()))
_TIME = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
_TYPES = {name: DOCUMENT_SCHEMA.field(name).type for name in DOCUMENT_SCHEMA.names} | {"measure_ink": pa.float64()}


def document(text, name=None, **columns):
    """Return a row; `name` (or the text) decides its id."""
    return {
        "doc_id": document_id("test", name if name is not None else text),
        "url": None,
        "text": text,
        "origin": "native",
        "crawl_time": _TIME,
        **columns,
    }


def batch(rows, like=None):
    """Return rows as a batch with the columns of the first (or of `like`)."""
    names = list((rows or [like])[0])
    return Batch(
        pa.RecordBatch.from_arrays([pa.array([row[name] for row in rows], _TYPES[name]) for name in names], names)
    )


@dataclass(frozen=True)
class Verdict:
    reason: str | None
    detail: str | None
    related: str | None
    cluster_id: str
    cluster_size: int
    copies: list | None = None
    possible_laundering: bool | None = None


@dataclass(frozen=True)
class Ran:
    table: pa.Table
    verdicts: dict  # doc_id -> Verdict

    def __getitem__(self, row):
        return self.verdicts[row["doc_id"]]

    def kept(self):
        return {name for name, verdict in self.verdicts.items() if verdict.reason is None}


def emitted(step, rows, *, shards=1, batch_rows=1000):
    """Return, per shard, its tables as files would give them back."""
    written = []
    for shard in range(shards):
        own = rows[shard::shards]
        parts = {name: [schema.empty_table()] for name, schema in step.tables().items()}
        for start in range(0, len(own), batch_rows):
            for name, keyed in step.emit(batch(own[start : start + batch_rows])).items():
                assert keyed.schema.equals(step.tables()[name], check_metadata=True)
                parts[name].append(pa.Table.from_batches([keyed]))
        written.append({name: through_a_file(pa.concat_tables(tables)) for name, tables in parts.items()})
    return written


def partition(table, number, count):
    """Return the rows whose key falls into a partition of the 64-bit range."""
    keep = [place for place, key in enumerate(table.column("key").to_pylist()) if key * count >> 64 == number]
    return table.take(pa.array(keep, pa.int64()))


def published_tables(shard):
    """Return a shard's tables as an index of a published corpus has them."""

    def marked(table):
        place = table.schema.get_field_index("published")
        flags = pa.array([True] * table.num_rows, pa.bool_())
        return table.set_column(place, table.schema.field(place), flags)

    return {name: marked(table) for name, table in shard.items()}


def run(spec, rows, *, published=(), shards=1, batch_rows=1000, partitions=4, seed=0):
    """Run a corpus step over rows of equal columns, beside published ones, and return what it says about each."""
    step = spec.build(NOTHING)
    written = emitted(step, rows, shards=shards, batch_rows=batch_rows)
    if published:
        written += [published_tables(shard) for shard in emitted(step, list(published))]
    order = list(range(partitions))
    random.Random(seed).shuffle(order)
    reduced = [
        through_a_file(
            spec.build(NOTHING).reduce(
                lambda name, number=number: pa.concat_tables(
                    partition(shard[name], number, partitions) for shard in written
                )
            )
        )
        for number in order
    ]
    if spec.gathers is not None:
        reduced = regrouped(lambda: spec.build(NOTHING), reduced, [shard[spec.gathers] for shard in written], seed=seed)
    table = through_a_file(step.resolve(reduced, lambda name: (shard[name] for shard in written)))
    verdicts = {}
    for start in range(0, len(rows), batch_rows):
        outcome: Outcome = step.apply(batch(rows[start : start + batch_rows]), table)
        given = zip(
            outcome.batch.texts("doc_id"),
            outcome.reasons.to_pylist(),
            outcome.details.to_pylist(),
            outcome.related.to_pylist(),
            outcome.batch.column("cluster_id").to_pylist(),
            outcome.batch.column("cluster_size").to_pylist(),
            outcome.batch.column("copies").to_pylist(),
            outcome.batch.column("possible_laundering").to_pylist(),
            strict=True,
        )
        verdicts.update({name: Verdict(*rest) for name, *rest in given})
    return Ran(table, verdicts)
