"""What every executor promises, asked of each of them."""

from collections.abc import Iterator

import executor_tasks as tasks
import pytest

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Needs
from glotmill.executors.base import Executor, Result, WorkerCrash
from glotmill.executors.envelope import TaskError
from glotmill.executors.local import LocalExecutor

NEEDS = Needs(memory_mb=64)
ALL = ("local1", "local2", "ray")
APART = ("local2", "ray")  # tasks run in other processes

pytestmark = pytest.mark.xdist_group("ray")


@pytest.fixture(scope="module")
def pool() -> Iterator[LocalExecutor]:
    executor = LocalExecutor(2)
    yield executor
    executor.close()


@pytest.fixture
def executor(request: pytest.FixtureRequest) -> Executor:
    match request.param:
        case "local1":
            return LocalExecutor(1)
        case "local2":
            return request.getfixturevalue("pool")
        case _:
            return request.getfixturevalue("ray_here")


def results(executor: Executor, task, items) -> list[Result]:
    return sorted(executor.map(task, items, needs=NEEDS), key=lambda result: result.index)


@pytest.mark.parametrize("executor", ALL, indirect=True)
def test_two_thousand_items_give_two_thousand_results(executor):
    assert results(executor, tasks.square, range(2000)) == [Result(n, value=n * n) for n in range(2000)]


@pytest.mark.parametrize("executor", ALL, indirect=True)
def test_no_items_give_no_results(executor):
    assert results(executor, tasks.square, []) == []


@pytest.mark.parametrize("executor", ALL, indirect=True)
def test_an_exception_is_the_result_of_its_own_item_alone(executor):
    landed = results(executor, tasks.divide_by, [1, 2, 0, 3])
    assert [result.value for result in landed] == [12, 6, None, 4]
    assert isinstance(landed[2].error, ZeroDivisionError)
    assert "in divide_by" in "".join(landed[2].error.__notes__)


@pytest.mark.parametrize("executor", ALL, indirect=True)
def test_an_error_of_ours_keeps_its_fields(executor):
    (landed,) = results(executor, tasks.raise_recipe_error, ["x"])
    assert isinstance(landed.error, RecipeError)
    assert landed.error.field == "rules.0"
    assert "in raise_recipe_error" in "".join(landed.error.__notes__)


@pytest.mark.parametrize("executor", APART, indirect=True)
@pytest.mark.parametrize(("task", "name"), [(tasks.raise_locked, "Locked"), (tasks.raise_two_words, "TwoWords")])
def test_an_exception_that_cannot_travel_arrives_in_words(executor, task, name):
    (landed,) = results(executor, task, ["x"])
    assert isinstance(landed.error, TaskError)
    assert landed.error.type_name == f"executor_tasks.{name}"
    assert "ezin da ireki" in str(landed.error)
    assert f"in {task.__name__}" in "".join(landed.error.__notes__)


@pytest.mark.parametrize("executor", APART, indirect=True)
def test_a_value_that_cannot_be_pickled_is_an_error_of_its_item(executor):
    (landed,) = results(executor, tasks.return_a_lambda, ["x"])
    assert "lambda" in str(landed.error)


@pytest.mark.parametrize("executor", APART, indirect=True)
def test_an_item_that_cannot_be_pickled_does_not_hide_the_others(executor):
    first, second, third = results(executor, tasks.echo, ["ura", lambda: None, "lurra"])
    assert (first.value, third.value) == ("ura", "lurra")
    assert "lambda" in str(second.error)


@pytest.mark.parametrize("executor", APART, indirect=True)
@pytest.mark.parametrize("task", [tasks.kill_at_three, tasks.leave_at_three])
def test_a_worker_that_dies_takes_exactly_its_own_item_with_it(executor, task):
    landed = results(executor, task, range(8))
    assert [result.value for result in landed] == [0, 1, 2, None, 4, 5, 6, 7]
    assert [result.index for result in landed if isinstance(result.error, WorkerCrash)] == [3]


@pytest.mark.parametrize("executor", ALL, indirect=True)
def test_a_task_that_calls_sys_exit_is_a_crash_of_its_item(executor):
    landed = results(executor, tasks.exit_at_three, range(5))
    assert [result.value for result in landed] == [0, 1, 2, None, 4]
    assert isinstance(landed[3].error, WorkerCrash)
    assert "sys.exit('enough')" in str(landed[3].error)


@pytest.mark.parametrize("executor", ALL, indirect=True)
def test_a_second_map_waits_for_the_end_of_the_first(executor):
    first = executor.map(tasks.square, range(4), needs=NEEDS)
    next(first)
    with pytest.raises(RuntimeError, match="in use"):
        next(executor.map(tasks.square, [1], needs=NEEDS))
    first.close()
    assert results(executor, tasks.echo, ["bai"]) == [Result(0, value="bai")]


@pytest.mark.parametrize("executor", APART, indirect=True)
def test_a_task_is_opened_once_per_process(executor):
    openings: dict[int, set[int]] = {}
    for result in executor.map(tasks.CountsItsOpenings(), range(40), needs=NEEDS):
        process, opened = result.value
        openings.setdefault(process, set()).add(opened)
    assert all(len(counts) == 1 for counts in openings.values())


@pytest.mark.parametrize("executor", APART, indirect=True)
def test_a_task_that_cannot_be_opened_says_why_for_every_item(executor):
    landed = results(executor, tasks.CannotBeOpened(), range(5))
    assert [str(result.error) for result in landed] == ["no model here"] * 5


@pytest.mark.parametrize("executor", APART, indirect=True)
def test_megabytes_travel_both_ways(executor):
    text = "ภาษาไทย" * 700_000
    assert results(executor, tasks.echo, [text, text]) == [Result(0, value=text), Result(1, value=text)]
