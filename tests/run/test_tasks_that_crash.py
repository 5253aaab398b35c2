"""Tasks of passes and of the sink whose process dies: one retry alone, as shards get it, then a failure with its place."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from glotmill.core.errors import ShardsFailed
from glotmill.executors.base import WorkerCrash
from glotmill.executors.local import LocalExecutor
from glotmill.provenance.receipts import Receipt
from glotmill.run.corpus import Tasks
from glotmill.run.events import silent
from support.crashing import Crashing

TESTS = Path(__file__).parent.parent


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalExecutor]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), *filter(None, sys.path)]))
    made = LocalExecutor(2)
    yield made
    made.close()


def carried_out(executor: LocalExecutor, folder: Path, *, crashes: int) -> list[Receipt]:
    task = Crashing(str(folder), crashes)
    return Tasks(executor, silent).run(task, range(3), "sink", done=lambda item: None, address=str(folder))


def test_a_task_whose_worker_dies_once_is_done_again_and_the_run_goes_on(
    tmp_path: Path, executor: LocalExecutor
) -> None:
    receipts = carried_out(executor, tmp_path, crashes=1)
    assert [receipt.task for receipt in receipts] == ["part-00000", "part-00001", "part-00002"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.0", "1.0", "1.1", "2.0"]
    assert executor.incidents.crashes == 1


def test_a_task_whose_worker_dies_twice_fails_and_says_which_while_the_others_are_done(
    tmp_path: Path, executor: LocalExecutor
) -> None:
    with pytest.raises(ShardsFailed, match="sink: 1 of 3 tasks failed") as caught:
        carried_out(executor, tmp_path, crashes=9)
    (error,) = caught.value.exceptions
    assert isinstance(error, WorkerCrash)
    assert error.__notes__ == ["in sink, task 1"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.0", "1.0", "1.1", "2.0"]
