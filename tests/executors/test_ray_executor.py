"""What is particular to Ray: needs, and whose Ray it is."""

import itertools
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import executor_tasks as tasks
import pytest

from glotmill.core.errors import SettingsError
from glotmill.core.steps import Needs
from glotmill.executors import ray_flights
from glotmill.executors.base import Incidents, Result, WorkerCrash
from glotmill.executors.choose import executor_for
from glotmill.executors.memory import Recycling
from glotmill.executors.ray import RayExecutor
from glotmill.executors.stragglers import Straggling

CONNECT = """
import sys
from glotmill.core.errors import SettingsError
from glotmill.executors.choose import executor_for
try:
    executor_for("ray", 2, sys.argv[1])
except SettingsError as error:
    print("refused:", str(error).partition(" at ")[0])
"""

pytestmark = pytest.mark.xdist_group("ray")


@pytest.fixture
def unused_door() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def test_a_task_that_no_node_can_hold_is_refused_instead_of_waiting_for_ever(ray_here):
    with pytest.raises(SettingsError, match="needs GPU 100"):
        list(ray_here.map(tasks.square, [1], needs=Needs(gpus=100)))
    with pytest.raises(SettingsError, match="needs CPU 1000"):
        list(ray_here.map(tasks.square, [1], needs=Needs(cpus=1000)))
    assert list(ray_here.map(tasks.square, [4], needs=Needs(cpus=0.5, memory_mb=10))) == [Result(0, value=16)]


def test_an_executor_leaves_the_ray_that_it_found(ray_here):
    guest = executor_for("ray")
    assert isinstance(guest, RayExecutor)
    assert guest.workers >= 2
    guest.close()
    assert list(ray_here.map(tasks.square, [5], needs=Needs(memory_mb=10))) == [Result(0, value=25)]


def test_a_ray_worker_process_serves_more_than_one_item(ray_here):
    processes = [result.value for result in ray_here.map(tasks.pid, range(30), needs=Needs(memory_mb=10))]
    assert len(set(processes)) < 30


def test_a_ray_worker_is_no_nicer_than_its_driver(ray_here):
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    assert [r.value for r in ray_here.map(tasks.niceness, [None], needs=Needs(memory_mb=10))] == [mine]


def test_no_workers_are_no_executor():
    with pytest.raises(SettingsError, match="at least 1"):
        RayExecutor(None, 0)


def test_an_address_where_nobody_answers_is_one_clear_error(unused_door):
    ran = subprocess.run(
        [sys.executable, "-c", CONNECT, f"127.0.0.1:{unused_door}"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.stdout == "refused: no Ray cluster answers\n", ran.stderr


ON_ONE_PROCESSOR = """
import os
from glotmill.executors.choose import executor_for

os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
found = []
for on in ("local", "ray"):
    executor = executor_for(on)
    found.append(executor.workers)
    executor.close()
print("say", found)
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="the system cannot give a process a part of its processors"
)
def test_a_ray_of_this_machine_takes_the_processors_that_this_process_may_use():
    ran = subprocess.run(
        [sys.executable, "-c", ON_ONE_PROCESSOR], check=True, capture_output=True, text=True, timeout=120
    )
    assert "say [1, 1]" in ran.stdout.splitlines()


ONE_PLACE = """
import itertools
import executor_tasks as tasks
from glotmill.core.steps import Needs
from glotmill.executors.ray import RayExecutor
from glotmill.executors.stragglers import Straggling

executor = RayExecutor(None, 1, straggling=Straggling(times=1, at_least_s=0.2, after=1))
few = Needs(memory_mb=10)
moments = sorted(result.value for result in executor.map(tasks.when, range(30), needs=few))
print("say", all(ended <= begun for (_, ended), (begun, _) in itertools.pairwise(moments)))
print("say", [result.value for result in executor.map(tasks.wait, [0.0, 5.0], needs=few)])
print("say", executor.incidents.second_attempts)
executor.close()
"""


@pytest.mark.slow
def test_a_ray_of_this_machine_has_items_at_hand_and_runs_no_more_at_once_than_workers():
    ran = subprocess.run(
        [sys.executable, "-c", ONE_PLACE],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )
    assert [line for line in ran.stdout.splitlines() if line.startswith("say ")] == [
        "say True",
        "say [0.0, 5.0]",
        "say 0",  # a second attempt would have no place beside the first
    ]


LOSE_A_NODE = """
import sys
import threading
from pathlib import Path
from ray.cluster_utils import Cluster
from glotmill.core.steps import Needs
from glotmill.executors.ray import RayExecutor
import executor_tasks as tasks

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
doomed = cluster.add_node(num_cpus=1)
cluster.wait_for_nodes()

def lose():
    Path(sys.argv[1]).read_text()  # returns when a task has started there
    cluster.remove_node(doomed, allow_graceful=False)

threading.Thread(target=lose, daemon=True).start()
executor = RayExecutor(cluster.address, 2)
orders = [(doomed.node_id, sys.argv[1])] * 6
landed = list(executor.map(tasks.wait_on_the_doomed_node, orders, needs=Needs(memory_mb=10)))
print("say", sorted(result.index for result in landed), [result.error for result in landed if result.error])
executor.close()
cluster.shutdown()
"""


@pytest.mark.slow
def test_an_item_on_a_node_that_is_lost_runs_again_on_another(tmp_path):
    pipe = tmp_path / "started"
    os.mkfifo(pipe)
    ran = subprocess.run(
        [sys.executable, "-c", LOSE_A_NODE, str(pipe)],
        check=True,
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},  # Ray's workers inherit it
    )
    said = [line for line in ran.stdout.splitlines() if line.startswith("say ")]  # Ray prints behind it
    assert said == [f"say {list(range(6))} []"]


def test_an_item_that_takes_too_long_gets_a_second_attempt_and_the_first_result_counts(ray_here, tmp_path):
    guest = RayExecutor(None, 4, straggling=Straggling(times=4, at_least_s=1))
    landed = list(guest.map(tasks.SticksOnce(str(tmp_path / "stuck")), range(10), needs=Needs(memory_mb=10)))
    guest.close()
    assert sorted(result.value for result in landed) == list(range(10))
    assert guest.incidents == Incidents(second_attempts=1)


def test_a_second_attempt_that_dies_is_told_and_no_third_follows_it(ray_here, tmp_path, monkeypatch):
    monkeypatch.setattr(ray_flights, "_LOOK_EVERY_S", 0.2)
    guest = RayExecutor(None, 4, straggling=Straggling(times=4, at_least_s=0.5))
    landed = list(guest.map(tasks.SticksAndThenDies(str(tmp_path)), range(10), needs=Needs(memory_mb=10)))
    guest.close()
    assert {result.index: result.value for result in landed} == {**{n: n for n in range(9)}, 9: 1}
    assert guest.incidents == Incidents(crashes=1, second_attempts=1)


def test_a_process_that_a_closed_map_ended_is_not_held_against_the_next_maps_item(ray_here, tmp_path):
    """Ray may end a process for an item that is done while the process has the next one already."""
    stuck, guest = tmp_path / "stuck", RayExecutor(None, 2)
    first = guest.map(tasks.SticksOnce(str(stuck)), [0, 9], needs=Needs(memory_mb=10))
    assert next(first).value == 0
    while not stuck.exists():
        time.sleep(0.01)
    first.close()
    landed = list(guest.map(tasks.DiesOnce(str(tmp_path / "died")), range(4), needs=Needs(memory_mb=10)))
    guest.close()
    assert [result.error for result in landed] == [None] * 4
    assert guest.incidents == Incidents(resubmitted=1)


def test_items_wait_for_one_another_where_they_would_fill_the_drivers_memory(ray_here, monkeypatch):
    monkeypatch.setattr(ray_flights, "_ITEM_BYTES", 1000)
    landed = ray_here.map(tasks.when, ["ಕಾಡು" * 200] * 6, needs=Needs(memory_mb=10))  # each larger than all may be
    moments = sorted(result.value for result in landed)
    assert len(moments) == 6
    assert all(ended <= begun for (_, ended), (begun, _) in itertools.pairwise(moments))


def test_a_ray_worker_is_replaced_after_so_many_items_and_after_it_has_grown(ray_here):
    counted = RayExecutor(None, 1, recycling=Recycling(items=3, growth_mb=None))
    by_number = [r.value for r in counted.map(tasks.pid, range(9), needs=Needs(memory_mb=10))]
    assert max(by_number.count(one) for one in by_number) <= 3
    grown = RayExecutor(None, 1, recycling=Recycling(items=100, growth_mb=50))
    by_growth = [r.value for r in grown.map(tasks.leak, [30] * 9, needs=Needs(memory_mb=100))]
    assert max(by_growth.count(one) for one in by_growth) <= 4
    assert (counted.incidents, grown.incidents) == (Incidents(), Incidents())


def test_a_task_that_takes_more_memory_than_it_may_is_a_crash_of_its_item(ray_here):
    first, second = ray_here.map(tasks.grow, [200, 1], needs=Needs(memory_mb=10, limit_mb=60))
    landed = {result.index: result for result in (first, second)}
    assert isinstance(landed[0].error, WorkerCrash)
    assert landed[1].value == 1
