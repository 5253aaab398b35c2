"""Runs of the bench's recipe on a Ray of several nodes of this machine, of which something is killed.

    python -m support.nodes HOW PROJECT INPUTS OUT [...]

Run in a process of its own, since a process has one Ray. It prints what the executor met, as one line of JSON.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from ray.cluster_utils import Cluster

from glotmill.executors.base import WorkerCrash
from glotmill.executors.ray import RayExecutor
from glotmill.plan.project import Project
from glotmill.plan.resolve import resolve
from glotmill.run.driver import Driver
from glotmill.run.settings import Settings
from support.kinds import KINDS

NODE = {"num_cpus": 1, "memory": 4 << 30, "object_store_memory": 80 << 20}
# A node that was killed is known to be dead within a second, not ten: each kill would wait for it.
QUICK = {"health_check_initial_delay_ms": 200, "health_check_period_ms": 200}
DEADLINE_S = 90
VICTIMS = {"node": 0.4, "worker": 0.35, "driver": 0.25}
MOST_WORKERS = 2  # of a run: a document in whose hands a third process died would be quarantined, by law 12


def cluster(nodes: int) -> Cluster:
    """Start a head and more nodes, of one CPU each."""
    made = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False, "_system_config": QUICK})
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


def drive(project: str, inputs: str, out: str, address: str) -> None:
    """Run again and again, each time into the next folder, and go on with one that is not finished, until told `enough`."""
    executor = RayExecutor(address)
    while not Path(out, "enough").exists():
        number = finished(out)
        try:
            run(project, inputs, f"{out}/{number}", executor)
        except* WorkerCrash:
            Path(out, f"{time.time_ns()}.again").touch()  # two kills met one task: the same command goes on
        else:
            Path(out, f"{number}.finished").touch()
    executor.close()


def finished(out: str) -> int:
    """Return how many runs are finished."""
    return len(list(Path(out).glob("*.finished")))


def kill_at_random(project: str, inputs: str, out: str, kills: str, seed: str) -> None:
    """Kill nodes, workers and the driver at random moments of run after run on one cluster."""
    here = cluster(3)
    chance = random.Random(int(seed))
    victims = [kind for kind, share in VICTIMS.items() for _ in range(round(share * int(kills)))]
    chance.shuffle(victims)
    Path(out).mkdir(parents=True)
    words = [sys.executable, "-m", "support.nodes", "drive", project, inputs, out, here.address]
    driver = subprocess.Popen(words)
    workers_killed: Counter[int] = Counter()
    for victim in victims:
        time.sleep(chance.uniform(0.1, 1.5))
        assert driver.poll() is None, f"the driver ended: {driver.returncode}"
        if victim == "node":
            here.remove_node(chance.choice(sorted(here.worker_nodes, key=str)), allow_graceful=False)
            here.add_node(**NODE)
        elif victim == "driver":
            driver.kill()
            driver.wait()
            driver = subprocess.Popen(words)
        else:
            while workers_killed[finished(out)] >= MOST_WORKERS or not (found := working(here)):
                assert driver.poll() is None, f"the driver ended: {driver.returncode}"
                time.sleep(0.002)
            workers_killed[finished(out)] += 1
            with suppress(ProcessLookupError):
                os.kill(chance.choice(found), signal.SIGKILL)
    Path(out, "enough").touch()
    assert driver.wait(DEADLINE_S) == 0
    again = len(list(Path(out).glob("*.again")))
    say(json.dumps({**Counter(victims), "runs": finished(out), "again": again}))
    here.shutdown()


def working(here: Cluster) -> list[int]:
    """Return the processes that work on a task now, of all nodes."""
    found = []
    for node in (here.head_node, *here.worker_nodes):
        (raylet,) = node.all_processes["raylet"]
        for child in Path(f"/proc/{raylet.process.pid}/task").glob("*/children"):
            with suppress(FileNotFoundError, ProcessLookupError):
                found += [int(pid) for pid in child.read_text().split() if _works(int(pid))]
    return sorted(found)


def _works(pid: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        title = Path(f"/proc/{pid}/cmdline").read_bytes()
        # A raylet ends with its agents, and the driver with the head's raylet: that is the head lost, another test.
        return title.startswith(b"ray::") and not title.startswith(
            (b"ray::IDLE", b"ray::Dashboard", b"ray::RuntimeEnv")
        )
    return False


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


WAYS = {"kill": kill_at, "random": kill_at_random, "drive": drive, "head": lose_the_head, "quiet": quiet, "at": at}

if __name__ == "__main__":
    WAYS[sys.argv[1]](*sys.argv[2:])
