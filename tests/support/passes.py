"""The second meeting of a corpus step, without an engine: files in between, groups in any order."""

import io
import random

import pyarrow as pa
import pyarrow.compute as pc


def through_a_file(table):
    """Return a table as it comes back from an Arrow IPC file."""
    stream = io.BytesIO()
    with pa.ipc.new_file(stream, table.schema) as writer:
        writer.write(table)
    return pa.ipc.open_file(pa.BufferReader(stream.getvalue())).read_all()


def regrouped(build, reduced, gathered, *, seed=0):
    """Let documents meet a second time, group by group, and return what was decided, in any order.

    Args:
        build: returns the step, anew for each task.
        reduced: what `reduce` left.
        gathered: the table that the step gathers, shard by shard.
        seed: of the order in which groups are decided.
    """
    step = build()
    groups = step.group(reduced)
    assert groups.members.column("group").to_pylist() == sorted(groups.members.column("group").to_pylist())
    rows = [step.gather(batch, groups.routes) for table in gathered for batch in table.combine_chunks().to_batches()]
    order = list(range(groups.count))
    random.Random(seed).shuffle(order)

    def of(group, table):
        return through_a_file(table.filter(pc.equal(table.column("group"), group)))

    def reader(group):
        def read(columns):
            return (of(group, table) if columns is None else of(group, table).select(columns) for table in rows)

        return read

    return [
        through_a_file(build().decide(of(group, groups.members).drop_columns("group"), reader(group)))
        for group in order
    ]
