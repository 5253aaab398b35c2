"""A spool gives back what it was given, in order, wherever it lay."""

import pyarrow as pa
import pytest

from glotmill.run.spool import Spool

SCHEMA = pa.schema([("doc_id", pa.string()), ("sample", pa.large_string())])


def batch(number):
    rows = [{"doc_id": f"{number}-{row}", "sample": "ଗଛ" * row if row % 3 else None} for row in range(number % 7)]
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


@pytest.mark.parametrize("most", [0, 300, 1 << 20])
def test_batches_come_back_in_order_from_memory_and_disk(most):
    given = [batch(number) for number in range(40)]
    with Spool(SCHEMA, most) as spool:
        for one in given:
            spool.add(one)
        assert (spool._file is None) == (most == 1 << 20)
        rows = [row for one in spool.batches() for row in one.to_pylist()]
    assert rows == [row for one in given for row in one.to_pylist()]


def test_a_spool_that_was_given_nothing_has_no_batches():
    with Spool(SCHEMA) as spool:
        assert list(spool.batches()) == []


def test_what_is_on_disk_is_not_in_memory():
    before = pa.total_allocated_bytes()
    with Spool(SCHEMA, 1 << 20) as spool:
        for _ in range(40):
            spool.add(pa.RecordBatch.from_pylist([{"doc_id": "x", "sample": "y" * 500_000}], schema=SCHEMA))
        assert pa.total_allocated_bytes() - before < 3 << 20
        assert sum(one.num_rows for one in spool.batches()) == 40
