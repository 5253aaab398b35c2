"""Several real nodes of a Ray on this machine, killed, added and lost: the same bytes as a quiet run, and the summary says what happened."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from glotmill.executors.base import Incidents
from glotmill.executors.local import LocalExecutor
from glotmill.provenance.folder import RunFolder
from glotmill.run.containment import markers
from glotmill.run.incidents import in_words, incidents_of
from support.corpora import LABEL, SHORT, Bench, digests, documents
from support.on_nodes import on_nodes, slow

TESTS = Path(__file__).parent.parent
NEAR = {"name": "near", "kind": "minhash_dedup", "bands": 14, "rows": 8}

pytestmark = pytest.mark.xdist_group("ray")


@pytest.fixture(autouse=True)
def workers_find_the_test_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), *filter(None, sys.path)]))


def test_a_node_that_dies_with_shards_on_it_costs_nothing_and_is_told(tmp_path: Path) -> None:
    step, gate, seen = slow(tmp_path)
    bench = Bench(tmp_path, documents(120), [LABEL, SHORT, step])
    met = on_nodes("kill", bench, bench.out, "slow", gate, seen)
    assert met["nodes_lost"] == 1
    assert met["nodes_added"] == 1
    assert met["resubmitted"] + met["crashes"] >= 1
    folder = RunFolder(str(bench.out / "tiny" / "1.0.0"))
    assert incidents_of(folder).nodes_lost == 1
    assert "1 nodes lost" in in_words(incidents_of(folder))
    assert folder.read_json("manifest.json")["account"]["read"] == 120
    assert digests(folder) == digests(bench.run(out=tmp_path / "quiet"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment",
    ["phase-0/receipts/reduce-000.json", "phase-0/receipts/gather-000.json", "phase-sink/receipts/part-00000.json"],
    ids=["keys", "linking", "final write"],
)
def test_a_node_that_dies_later_costs_nothing(tmp_path: Path, moment: str) -> None:
    bench = Bench(tmp_path, documents(600), [LABEL, SHORT, NEAR])
    quiet = digests(bench.run(out=tmp_path / "quiet"))
    met = on_nodes("kill", bench, bench.out, moment, tmp_path / "gate", tmp_path)
    assert met["nodes_lost"] == 1
    assert digests(RunFolder(str(bench.out / "tiny" / "1.0.0"))) == quiet


@pytest.mark.slow
def test_the_head_is_lost_and_everything_started_again(tmp_path: Path) -> None:
    step, gate, seen = slow(tmp_path)
    bench = Bench(tmp_path, documents(120), [LABEL, SHORT, step, NEAR])
    command = [sys.executable, "-m", "support.nodes", "head", bench.project, bench.inputs, bench.out, seen]
    driver = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert driver.stdout is not None
    assert any(line == "say lost\n" for line in driver.stdout)
    os.killpg(driver.pid, signal.SIGKILL)  # Ray itself gives up after a minute
    driver.wait()
    gate.touch()
    assert not (bench.out / "tiny" / "1.0.0" / "manifest.json").exists()
    on_nodes("quiet", bench, bench.out)
    assert digests(RunFolder(str(bench.out / "tiny" / "1.0.0"))) == digests(bench.run(out=tmp_path / "quiet"))


@pytest.mark.slow
def test_a_hundred_nodes_workers_and_drivers_killed_at_random_moments_cost_nothing(tmp_path: Path) -> None:
    kills = int(os.environ.get("GLOTMILL_KILLS", "100"))
    exact = {"name": "exact", "kind": "exact_dedup", "partitions": 2}
    bench = Bench(tmp_path, documents(400), [LABEL, SHORT, exact, {**NEAR, "partitions": 2}])
    quiet = digests(bench.run(out=tmp_path / "quiet"))
    met = on_nodes("random", bench, bench.out, kills, 7)
    assert met["node"] + met["worker"] + met["driver"] == kills
    assert min(met["node"], met["worker"], met["driver"]) >= kills // 4
    assert met["runs"] >= kills // 10  # so that kills meet all phases, and not few runs alone
    assert met["again"] <= kills // 10  # runs that failed since two kills met one task
    for number in range(met["runs"]):
        assert digests(RunFolder(str(bench.out / str(number) / "tiny" / "1.0.0"))) == quiet, f"run {number}"


def elephants(bench_folder: Path) -> Bench:
    rows = documents(60)
    rows[31] = {"text": "Orri honek memoria guztia hartzen du 🐘 " * 3, "url": "https://stories.example/elephant"}
    return Bench(bench_folder, rows, [LABEL, SHORT, {"name": "hog", "kind": "hog"}])


def told(folder: RunFolder) -> None:
    account = folder.read_json("manifest.json")["account"]
    assert (account["read"], account["kept"], account["dropped"], account["quarantined"]) == (60, 53, 6, 1)
    (marker,) = markers(folder.phase(1))
    assert (marker.step, marker.reason, marker.url) == ("hog", "hog.worker_crash", "https://stories.example/elephant")
    assert incidents_of(folder).crashes >= 3


def test_a_document_that_takes_all_memory_costs_itself_alone(tmp_path: Path) -> None:
    executor = LocalExecutor(2)
    try:
        told(elephants(tmp_path).run(executor=executor))
    finally:
        executor.close()
    assert executor.incidents == Incidents(crashes=executor.incidents.crashes)


@pytest.mark.slow
def test_a_document_that_takes_all_memory_costs_itself_alone_on_nodes(tmp_path: Path) -> None:
    bench = elephants(tmp_path)
    on_nodes("quiet", bench, bench.out)
    folder = RunFolder(str(bench.out / "tiny" / "1.0.0"))
    told(folder)
    executor = LocalExecutor(2)
    try:
        assert digests(folder) == digests(bench.run(executor=executor, out=tmp_path / "local"))
    finally:
        executor.close()
