"""Killed at the worst moment and run again: the same bytes. Poison costs itself alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from glotmill.core.errors import ShardsFailed
from glotmill.executors.local import LocalExecutor
from glotmill.run.containment import markers
from support.corpora import LABEL, SHORT, Bench, digests, documents

NEAR = {"name": "near", "kind": "minhash_dedup", "bands": 14, "rows": 8}
TESTS = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def workers_find_the_test_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]))


def run_in_child(bench: Bench, out: Path, workers: int) -> subprocess.Popen[bytes]:
    """Run the bench's recipe in a process of its own, so that it can be killed."""
    code = (
        "import sys; from pathlib import Path\n"
        "from support.kinds import KINDS\n"
        "from glotmill.executors.local import LocalExecutor\n"
        "from glotmill.plan.project import Project\n"
        "from glotmill.plan.resolve import resolve\n"
        "from glotmill.run.driver import Driver\n"
        "from glotmill.run.settings import Settings\n"
        "project, inputs, out, workers = sys.argv[1:]\n"
        "plan = resolve(Project(Path(project)), 'pipelines/tiny.yaml', extra=KINDS)\n"
        "executor = LocalExecutor(int(workers))\n"
        "Driver(plan, Settings(out, {'stories': inputs}), {}, executor=executor).run()\n"
        "executor.close()\n"
    )
    command = [sys.executable, "-c", code, str(bench.project), str(bench.inputs), str(out), str(workers)]
    return subprocess.Popen(command, start_new_session=True)


def test_a_poison_document_is_quarantined_and_its_neighbours_are_kept(tmp_path: Path) -> None:
    rows = documents(60)
    rows[31] = {"text": "Orri honek prozesua hiltzen du ☠ " * 3, "url": "https://stories.example/poison"}
    bench = Bench(tmp_path, rows, [LABEL, SHORT, {"name": "killer", "kind": "killer"}])
    executor = LocalExecutor(2)
    try:
        folder = bench.run(executor=executor)
    finally:
        executor.close()
    account = folder.read_json("manifest.json")["account"]
    assert (account["read"], account["kept"], account["dropped"], account["quarantined"]) == (60, 53, 6, 1)
    (marker,) = markers(folder.phase(0))
    assert (marker.step, marker.reason, marker.url) == (
        "killer",
        "killer.worker_crash",
        "https://stories.example/poison",
    )
    assert "https://stories.example/poison" not in pq.read_table(folder.join("data")).column("url").to_pylist()


def test_quarantine_is_sticky_until_another_try_is_asked_for(tmp_path: Path) -> None:
    rows = documents(30)
    rows[3] = {"text": "Bigarren saiakera ☠ " * 3, "url": "https://stories.example/poison"}
    bench = Bench(tmp_path, rows, [LABEL, {"name": "killer", "kind": "killer"}])
    executor = LocalExecutor(2)
    try:
        folder = bench.run(executor=executor)
        before = digests(folder)
        Path(folder.join("phase-0", "receipts", "shard-00000.json")).unlink()
        Path(folder.join("manifest.json")).unlink()
        # In this process: if the document were tried again, this process would die.
        assert digests(bench.run()) == before
        bench.run(executor=executor, retry_quarantined=True)
    finally:
        executor.close()
    assert digests(folder) == before


@pytest.mark.parametrize("workers", [1, 2])
def test_killing_the_driver_loses_and_doubles_nothing(tmp_path: Path, workers: int) -> None:
    gate, seen = tmp_path / "gate", tmp_path / "seen"
    seen.mkdir()
    slow = {"name": "slow", "kind": "slow", "gate": str(gate), "seen": str(seen)}
    bench = Bench(tmp_path, documents(100), [LABEL, SHORT, slow, NEAR])
    child = run_in_child(bench, bench.out, workers)
    deadline = time.monotonic() + 60
    while not list(seen.iterdir()) and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(seen.iterdir()), "the run ended before it reached the slow step"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert not (bench.out / "tiny" / "1.0.0" / "manifest.json").exists()
    gate.touch()
    resumed = digests(bench.run())
    assert resumed == digests(bench.run(out=tmp_path / "quiet"))


@pytest.mark.slow
def test_a_run_killed_at_twenty_random_moments_ends_with_the_same_bytes(tmp_path: Path) -> None:
    import random

    bench = Bench(tmp_path, documents(400), [LABEL, SHORT, {"name": "exact", "kind": "exact_dedup"}, NEAR])
    quiet = digests(bench.run(out=tmp_path / "quiet"))
    chance = random.Random(7)
    kills = 0
    while kills < 20:
        child = run_in_child(bench, bench.out, 2)
        try:
            child.wait(timeout=chance.uniform(0.5, 4.0))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            kills += 1
        else:
            assert child.returncode == 0
            assert digests(bench.run()) == quiet
            manifest = bench.out / "tiny" / "1.0.0"
            for path in sorted(manifest.rglob("receipts/*.json"))[:: chance.randint(2, 5)]:
                path.unlink()
            (manifest / "manifest.json").unlink()
    assert digests(bench.run()) == quiet


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to mount a small file system")
def test_a_full_disk_is_a_clear_error_and_the_run_goes_on_once_there_is_room(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(small)], check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a file system")
    bench = Bench(tmp_path, documents(1500), [LABEL, SHORT, NEAR])
    try:
        with pytest.raises((ShardsFailed, OSError)) as caught:
            bench.run(out=small)
        errors = caught.value.exceptions if isinstance(caught.value, ShardsFailed) else (caught.value,)
        assert any("No space left" in str(error) for error in errors)
        subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
        assert digests(bench.run(out=small)) == digests(bench.run(out=tmp_path / "quiet"))
    finally:
        subprocess.run(["umount", str(small)], check=True)
