"""Tasks that need a GPU, on actors of a real Ray that is told of two GPUs: it deals them out whether or not they are there."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("ray")

START = """
import os, sys
import ray
ray.init(
    address="local", num_cpus=4, num_gpus=2, include_dashboard=False, object_store_memory=128 * 1024 * 1024, log_to_driver=False,
    _node_ip_address="127.0.0.1",
)
from glotmill.core.steps import Needs
from glotmill.executors.ray import RayExecutor
import executor_tasks as tasks

def say(*words):
    print("say", *words, flush=True)

executor = RayExecutor(None, 4)
GPU = Needs(gpus=1, memory_mb=10)
"""


def run(script: str, *words: str) -> list[str]:
    """Run it in a process of its own, since a process has one Ray, and return what it printed."""
    text = START + textwrap.dedent(script) + "\nexecutor.close()\nray.shutdown()\n"
    ran = subprocess.run(
        [sys.executable, "-c", text, *words],
        check=False,
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return said(ran)


def pipes(folder: Path, count: int) -> list[str]:
    made = [folder / f"pipe-{number}" for number in range(count)]
    for pipe in made:
        os.mkfifo(pipe)
    return list(map(str, made))


def said(ran: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what was said by `say`: Ray prints between."""
    return [line.removeprefix("say ") for line in ran.stdout.splitlines() if line.startswith("say ")]


def test_actors_open_a_task_once_hold_one_gpu_each_and_are_replaced_when_they_die(tmp_path: Path) -> None:
    opened, died, plain = run(
        """
        items = [(sys.argv[2], "r"), (sys.argv[2], "w"), *[None] * 22]
        found = [result.value for result in executor.map(tasks.SaysItsGpu(), items, needs=GPU)]
        say(len(found), sorted((gpu, count) for gpu, _, count in set(found)))

        landed = list(executor.map(tasks.DiesOnce(sys.argv[1]), range(12), needs=GPU))
        say(sorted(result.index for result in landed), [(type(r.error).__name__, r.index) for r in landed if r.error])

        say([r.value for r in executor.map(tasks.square, [5], needs=Needs(memory_mb=10))])
        """,
        str(tmp_path / "died"),
        *pipes(tmp_path, 1),
    )
    assert opened == "24 [('0', 1), ('1', 1)]"
    assert died == f"{list(range(12))} [('WorkerCrash', 3)]"
    assert plain == "[25]"


@pytest.mark.slow
def test_actors_share_a_gpu_and_give_it_back_when_a_map_is_left(tmp_path: Path) -> None:
    halves, closed, whole = run(
        """
        items = [(pipe, end) for end in "rw" for pipe in sys.argv[1:]]
        found = executor.map(tasks.SaysItsGpu(), items, needs=Needs(gpus=0.5, memory_mb=10))
        say(len({result.value[1] for result in found}) > 2)  # it takes three at once: two wait for the third
        some = executor.map(tasks.pid, range(40), needs=GPU)
        say(next(some).value > 0)
        some.close()
        say([r.value for r in executor.map(tasks.square, [3], needs=Needs(gpus=2, memory_mb=10))])
        """,
        *pipes(tmp_path, 2),
    )
    assert (halves, closed, whole) == ("True", "True", "[9]")


LOSE_A_NODE = """
import sys, threading
from pathlib import Path
from ray.cluster_utils import Cluster
from glotmill.core.steps import Needs
from glotmill.executors.ray import RayExecutor
import executor_tasks as tasks

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "num_gpus": 1, "include_dashboard": False})
doomed = cluster.add_node(num_cpus=1, num_gpus=1)
cluster.wait_for_nodes()

def lose():
    Path(sys.argv[1]).read_text()  # returns when a task has started there
    cluster.remove_node(doomed, allow_graceful=False)

threading.Thread(target=lose, daemon=True).start()
executor = RayExecutor(cluster.address, 2)
orders = [(doomed.node_id, sys.argv[1])] * 6
landed = list(executor.map(tasks.wait_on_the_doomed_node, orders, needs=Needs(gpus=1, memory_mb=10)))
print("say", sorted(result.index for result in landed), [result.error for result in landed if result.error])
executor.close()
cluster.shutdown()
"""


@pytest.mark.slow
def test_an_item_on_an_actor_whose_node_is_lost_runs_again_on_another(tmp_path: Path) -> None:
    pipe = tmp_path / "started"
    os.mkfifo(pipe)
    ran = subprocess.run(
        [sys.executable, "-c", LOSE_A_NODE, str(pipe)],
        check=True,
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )
    assert said(ran) == [f"{list(range(6))} []"]


A_SLOW_NODE = """
import sys
from ray.cluster_utils import Cluster
from glotmill.core.steps import Needs
from glotmill.executors.ray import RayExecutor
from glotmill.executors.stragglers import Straggling
import executor_tasks as tasks

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 4, "num_gpus": 1, "include_dashboard": False})
sticky = cluster.add_node(num_cpus=4, num_gpus=3)
cluster.wait_for_nodes()
executor = RayExecutor(cluster.address, 4, straggling=Straggling(times=4, at_least_s=1))
task = tasks.SticksOnceOnANode(sys.argv[1], sticky.node_id)
found = {result.index: result.value for result in executor.map(task, range(40), needs=Needs(gpus=1, memory_mb=10))}
stuck, = (number for number, (_, again) in found.items() if again)
print("say", len(found), found[stuck][0] == cluster.head_node.node_id, executor.incidents.second_attempts)
executor.close()
cluster.shutdown()
"""


@pytest.mark.slow
def test_the_second_attempt_of_an_item_on_an_actor_is_on_another_node(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", A_SLOW_NODE, str(tmp_path / "stuck")],
        check=True,
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )
    assert said(ran) == ["40 True 1"]
