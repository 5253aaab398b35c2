"""The pool of processes: births, deaths and what remains."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import executor_tasks as tasks
import pytest

from glotmill.core.errors import SettingsError
from glotmill.core.steps import Needs
from glotmill.executors.base import Result, WorkerCrash
from glotmill.executors.choose import executor_for
from glotmill.executors.local import LocalExecutor
from glotmill.executors.memory import Recycling

linux = pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel whether a process is gone")


@pytest.fixture
def pool():
    executor = LocalExecutor(2)
    yield executor
    executor.close()


def gone(pid: int) -> bool:
    """Wait up to ten seconds for the end of a process that need not be our child."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 10)[0])
    finally:
        os.close(handle)


def test_a_crash_names_the_signal_or_the_exit_status(pool):
    killed = [r.error for r in pool.map(tasks.kill_at_three, [3], needs=Needs())]
    left = [r.error for r in pool.map(tasks.leave_at_three, [0, 3], needs=Needs()) if r.error]
    assert "died of SIGKILL" in str(killed[0])
    assert "while it worked on item 0" in str(killed[0])
    assert "left with exit status 7" in str(left[0])


def test_a_pool_shared_by_all_items_loses_only_those_that_kill(pool):
    landed = list(pool.map(tasks.kill_at_three, [3, 1, 3, 3, 2, 3, 4, 3], needs=Needs()))
    assert sorted(r.value for r in landed if r.error is None) == [1, 2, 4]
    assert sorted(r.index for r in landed if isinstance(r.error, WorkerCrash)) == [0, 2, 3, 5, 7]


def test_workers_stay_from_map_to_map(pool):
    first = {r.value for r in pool.map(tasks.pid, range(20), needs=Needs())}
    second = {r.value for r in pool.map(tasks.pid, range(20), needs=Needs())}
    assert len(first | second) <= 2
    assert os.getpid() not in first


def test_a_worker_is_replaced_after_so_many_items():
    executor = LocalExecutor(2, recycling=Recycling(items=2))
    processes = [r.value for r in executor.map(tasks.pid, range(12), needs=Needs())]
    executor.close()
    assert len(processes) == 12
    assert max(processes.count(one) for one in processes) == 2


def test_a_worker_that_dies_between_items_costs_none(pool):
    for process in {r.value for r in pool.map(tasks.pid, range(20), needs=Needs())}:
        os.kill(process, signal.SIGKILL)
    landed = sorted(pool.map(tasks.square, range(6), needs=Needs()), key=lambda r: r.index)
    crashed = [r for r in landed if r.error]
    # The death may not be known yet when the next item is handed over: then that item is reported, never lost.
    assert len(landed) == 6
    assert all(isinstance(r.error, WorkerCrash) for r in crashed)
    assert all(r.value == r.index**2 for r in landed if not r.error)


@linux
def test_a_child_that_holds_the_connection_does_not_hide_the_death_of_its_worker(pool, tmp_path):
    (landed,) = pool.map(tasks.fork_a_child_and_die, [str(tmp_path)], needs=Needs())
    os.kill(int((tmp_path / "grandchild").read_text()), signal.SIGKILL)
    assert "died of SIGKILL" in str(landed.error)


@linux
def test_closing_leaves_no_process_and_a_map_after_it_works(pool):
    processes = {r.value for r in pool.map(tasks.pid, range(20), needs=Needs())}
    pool.close()
    pool.close()
    assert all(gone(process) for process in processes)
    assert list(pool.map(tasks.square, [3], needs=Needs())) == [Result(0, value=9)]


DRIVER = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is born deaf to it
sys.path.insert(0, sys.argv[1])
import executor_tasks as tasks
from glotmill.core.steps import Needs
from glotmill.executors.local import LocalExecutor
from glotmill.executors.memory import Recycling
try:
    list(LocalExecutor(2).map(tasks.say_pid_and_wait, [sys.argv[2]] * 4, needs=Needs()))
except KeyboardInterrupt:
    print("interrupted")
"""


def start_driver(tmp_path: Path) -> tuple[subprocess.Popen[str], list[int]]:
    pipe = tmp_path / "pids"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(Path(__file__).parent), str(pipe)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = b""
    while said.count(b"\n") < 2:
        assert driver.poll() is None, driver.communicate()[0]
        time.sleep(0.02)
        with contextlib.suppress(BlockingIOError):  # nothing yet
            said += os.read(reading, 4096)
    os.close(reading)
    return driver, [int(line) for line in said.split()]


@linux
def test_a_driver_that_is_killed_leaves_no_workers(tmp_path):
    driver, workers = start_driver(tmp_path)
    driver.kill()
    driver.communicate(timeout=10)
    assert all(gone(worker) for worker in workers)


@linux
def test_ctrl_c_ends_the_driver_which_ends_the_workers_in_silence(tmp_path):
    driver, workers = start_driver(tmp_path)
    os.killpg(driver.pid, signal.SIGINT)
    said, _ = driver.communicate(timeout=10)
    assert said == "interrupted\n"
    assert all(gone(worker) for worker in workers)


def test_one_worker_lets_an_interruption_pass():
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(LocalExecutor(1).map(interrupted, [1], needs=Needs()))


def test_workers_that_cannot_start_are_one_clear_error(pool, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(SettingsError, match="left with exit status 1, 3 times in a row"):
        list(pool.map(tasks.square, range(1000), needs=Needs()))


def test_the_local_executor_never_imports_ray():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import executor_tasks as tasks\n"
        "from glotmill.core.steps import Needs\n"
        "from glotmill.executors.choose import executor_for\n"
        "pool = executor_for('local', 2)\n"
        "print([r.value for r in pool.map(tasks.is_imported, ['ray'], needs=Needs())], 'ray' in sys.modules)\n"
        "pool.close()\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[False] False\n"


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(SettingsError, match="at least 1"):
        LocalExecutor(0)
    with pytest.raises(SettingsError, match="items is 0"):
        LocalExecutor(2, recycling=Recycling(items=0))
    with pytest.raises(SettingsError, match="--on ray"):
        executor_for("local", 2, "127.0.0.1:6379")


@linux
def test_without_a_number_the_pool_is_as_large_as_the_processors_it_may_use():
    assert executor_for("local").workers == len(os.sched_getaffinity(0))


@linux
def test_a_worker_that_has_grown_is_replaced_and_one_that_grows_too_much_is_ended():
    executor = LocalExecutor(2, recycling=Recycling(items=None, growth_mb=50))
    processes = [r.value for r in executor.map(tasks.leak, [30] * 10, needs=Needs(memory_mb=100))]
    assert max(processes.count(one) for one in processes) <= 4
    ended = [r.error for r in executor.map(tasks.grow, [200, 1], needs=Needs(memory_mb=10, limit_mb=60)) if r.error]
    executor.close()
    assert len(ended) == 1
    assert "took more memory than an item may" in str(ended[0])
