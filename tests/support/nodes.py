"""A run of the bench's recipe on a Ray of several nodes of this machine, one of which is killed at a moment of the run.

    python -m support.nodes PROJECT INPUTS OUT MOMENT [...]

Run in a process of its own, since a process has one Ray. It prints what the executor met, as one line of JSON.
"""

import json
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict
from functools import partial
from pathlib import Path

from ray.cluster_utils import Cluster

from glotmill.executors.ray import RayExecutor
from glotmill.plan.project import Project
from glotmill.plan.resolve import resolve
from glotmill.run.driver import Driver
from glotmill.run.settings import Settings
from support.kinds import KINDS

NODE = {"num_cpus": 1, "memory": 4 << 30, "object_store_memory": 80 << 20}
DEADLINE_S = 90


def cluster(nodes: int) -> Cluster:
    """Start a head and more nodes, of one CPU each."""
    made = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    for _ in range(nodes - 1):
        made.add_node(**NODE)
    made.wait_for_nodes()
    return made


def run(project: str, inputs: str, out: str, executor: RayExecutor) -> None:
    """Carry the recipe out."""
    plan = resolve(Project(Path(project)), "pipelines/tiny.yaml", extra=KINDS)
    Driver(plan, Settings(out, {"stories": inputs}), {}, executor=executor).run()


def say(words: str) -> None:
    """Tell the test."""
    sys.stdout.write(f"say {words}\n")
    sys.stdout.flush()


def aside(work: Callable[[], None]) -> Future[None]:
    """Run the driver in a thread: only the main one can start nodes."""
    return ThreadPoolExecutor(1).submit(work)


def awaited(there: Callable[[], bool]) -> None:
    """Wait until something is there."""
    deadline = time.monotonic() + DEADLINE_S
    while not there() and time.monotonic() < deadline:
        time.sleep(0.002)


def kill_at(project: str, inputs: str, out: str, moment: str, gate: str, seen: str) -> None:
    """Kill the second node once `moment` is there (a receipt, or two processes in the slow step), and add a third."""
    here = cluster(2)
    doomed = next(iter(here.worker_nodes))
    folder = Path(out) / "tiny" / "1.0.0"

    executor = RayExecutor(here.address)
    driver = aside(lambda: run(project, inputs, out, executor))
    awaited(lambda: len(list(Path(seen).iterdir())) > 1 if moment == "slow" else (folder / moment).exists())
    here.remove_node(doomed, allow_graceful=False)
    here.add_node(**NODE)
    here.wait_for_nodes()
    Path(gate).touch()
    driver.result()
    executor._look_at_nodes()
    say(json.dumps(asdict(executor.incidents)))
    executor.close()
    here.shutdown()


def kill_at_random(project: str, inputs: str, out: str, kills: str, seed: str) -> None:
    """Run again and again, each time into a new folder, and kill the second node at random moments."""
    here = cluster(2)
    chance = random.Random(int(seed))
    executor = RayExecutor(here.address)
    killed = runs = 0
    while killed < int(kills):
        driver = aside(partial(run, project, inputs, f"{out}/{runs}", executor))
        while not wait([driver], chance.uniform(0.1, 2.0)).done and killed < int(kills):
            here.remove_node(next(iter(here.worker_nodes)), allow_graceful=False)
            here.add_node(**NODE)
            killed += 1
        driver.result()
        runs += 1
    say(json.dumps({**asdict(executor.incidents), "killed": killed, "runs": runs}))
    executor.close()
    here.shutdown()


def lose_the_head(project: str, inputs: str, out: str, seen: str) -> None:
    """Lose the whole cluster once two processes are in the slow step; then wait to be killed."""
    here = cluster(2)
    executor = RayExecutor(here.address)

    aside(lambda: run(project, inputs, out, executor))
    awaited(lambda: len(list(Path(seen).iterdir())) > 1)
    for node in (*here.worker_nodes, here.head_node):
        node.kill_all_processes(check_alive=False, allow_graceful=False)
    say("lost")
    while True:
        time.sleep(1)


def quiet(project: str, inputs: str, out: str) -> None:
    """Run on a new cluster of which nothing is killed."""
    here = cluster(2)
    executor = RayExecutor(here.address)
    run(project, inputs, out, executor)
    say(json.dumps(asdict(executor.incidents)))
    executor.close()
    here.shutdown()


def at(project: str, inputs: str, out: str, address: str) -> None:
    """Run on a cluster that is there."""
    executor = RayExecutor(address)
    run(project, inputs, out, executor)
    say(json.dumps(asdict(executor.incidents)))
    executor.close()


WAYS = {"kill": kill_at, "random": kill_at_random, "head": lose_the_head, "quiet": quiet, "at": at}

if __name__ == "__main__":
    WAYS[sys.argv[1]](*sys.argv[2:])
