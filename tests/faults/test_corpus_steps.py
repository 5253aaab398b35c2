"""Corpus steps killed in each of their passes, and their keys damaged between two runs: the same bytes in the end."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from glotmill.provenance.files import read_batches
from glotmill.run import shard
from glotmill.run.keys import KeyTables
from support.corpora import LABEL, SHORT, Bench, digests, documents

TESTS = Path(__file__).parent.parent
LINES = {"name": "lines", "kind": "line_dedup", "min_documents": 8, "min_hosts": 1, "leave": "one"}
STEPS = {
    "line_dedup": LINES,
    "exact_dedup": {"name": "exact", "kind": "exact_dedup"},
    "minhash_dedup": {"name": "near", "kind": "minhash_dedup"},
}
NOTICE = "Webgune honek cookieak erabiltzen ditu; jarraituz gero, onartu egiten dituzu."


def pages(count: int) -> list[dict[str, object]]:
    """Documents in nine languages with a menu and a notice, every seventh one twice."""
    rows = documents(count)
    for index, row in enumerate(rows):
        row["text"] = f"Hasiera | หน้าแรก | 首页\n{row['text']}\n{NOTICE}"
        if index % 7 == 6:
            row["text"] = rows[index - 1]["text"]
    return rows


def started(bench: Bench, changes: str = "") -> "subprocess.Popen[bytes]":
    """Run the recipe in a process of its own, which carries these lines out first."""
    code = (
        "import sys; from pathlib import Path\n"
        "from support.kinds import KINDS\n"
        "from glotmill.executors.local import LocalExecutor\n"
        "from glotmill.plan.project import Project\n"
        "from glotmill.plan.resolve import resolve\n"
        "from glotmill.run.driver import Driver\n"
        "from glotmill.run.settings import Settings\n"
        f"{changes}"
        "project, inputs, out = sys.argv[1:]\n"
        "plan = resolve(Project(Path(project)), 'pipelines/tiny.yaml', extra=KINDS)\n"
        "Driver(plan, Settings(out, {'stories': inputs}), {}, executor=LocalExecutor(1)).run()\n"
    )
    command = [sys.executable, "-c", code, str(bench.project), str(bench.inputs), str(bench.out)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])}
    return subprocess.Popen(command, env=environment, start_new_session=True)


def run_until(bench: Bench, receipt: str) -> bool:
    """Run the recipe in a process of its own and kill it as soon as a receipt is there; tell whether it was alive."""
    child = started(bench)
    awaited = run_folder(bench) / receipt
    deadline = time.monotonic() + 60
    while not awaited.exists() and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    alive = child.poll() is None
    if alive:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    return alive


def run_folder(bench: Bench) -> Path:
    return bench.out / "tiny" / "1.0.0"


def attempts(bench: Bench) -> dict[str, str]:
    """Shard -> the attempt that its receipt of the first phase is of."""
    found = sorted((run_folder(bench) / "phase-0" / "receipts").glob("shard-*.json"))
    return {path.stem: json.loads(path.read_text())["receipt"]["about"]["attempt"] for path in found}


@pytest.mark.parametrize(
    "receipt",
    [
        "phase-0/receipts/shard-00001.json",
        "phase-0/receipts/reduce-005.json",
        "phase-0/receipts/resolve.json",
        "phase-1/receipts/shard-00001.json",
        "phase-sink/receipts/part-00000.json",
    ],
)
def test_a_run_killed_in_any_pass_of_repeated_lines_ends_with_the_same_bytes(tmp_path: Path, receipt: str) -> None:
    bench = Bench(tmp_path, pages(200), [LABEL, SHORT, LINES])
    assert run_until(bench, receipt), "the run ended before it could be killed"
    assert not (run_folder(bench) / "manifest.json").exists()
    assert digests(bench.run()) == digests(bench.run(out=tmp_path / "quiet"))


@pytest.mark.parametrize(
    "receipt",
    [
        "phase-0/receipts/reduce-005.json",
        "phase-0/receipts/group.json",
        "phase-0/receipts/gather-005.json",
        "phase-0/receipts/decide-00000.json",
    ],
)
def test_a_run_killed_in_any_pass_of_near_duplicates_ends_with_the_same_bytes(tmp_path: Path, receipt: str) -> None:
    bench = Bench(tmp_path, pages(200), [LABEL, SHORT, STEPS["minhash_dedup"]])
    assert run_until(bench, receipt), "the run ended before it could be killed"
    assert not (run_folder(bench) / "manifest.json").exists()
    assert digests(bench.run()) == digests(bench.run(out=tmp_path / "quiet"))


KILLED_BETWEEN_ROUNDS = """
import os, signal
from functools import partial
from glotmill.run import shard
from glotmill.run.keys import KeyTables
class Killed(KeyTables):
    def _write(self, name, table):
        super()._write(name, table)
        if self._files["bands"].batches == 30:
            os.kill(os.getpid(), signal.SIGKILL)
shard.KeyTables = partial(Killed, most=5_000)
"""


def test_a_run_killed_between_two_rounds_of_keys_ends_with_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, [], [LABEL, SHORT, {**STEPS["minhash_dedup"], "partitions": 3}])
    bench.write_inputs(pages(300), per_file=300)
    assert started(bench, KILLED_BETWEEN_ROUNDS).wait() == -signal.SIGKILL
    folder = run_folder(bench) / "phase-0"
    (left,) = (folder / "keys").glob("bands-*")
    assert not (folder / "receipts").exists()
    monkeypatch.setattr(shard, "KeyTables", partial(KeyTables, most=5_000))
    resumed = digests(bench.run())
    monkeypatch.undo()
    assert resumed == digests(bench.run(out=tmp_path / "quiet"))
    (receipt,) = (folder / "receipts").glob("shard-*.json")
    published = json.loads(receipt.read_text())["receipt"]["files"]["keys.bands"]["name"]
    assert published != f"keys/{left.name}"
    assert len(list(read_batches(str(folder / published)))) > 30


@pytest.mark.parametrize(
    "task", ["reduce-003", "group-members", "group-routes", "gather-003", "decide-00000", "resolve"]
)
def test_a_damaged_file_of_near_duplicates_is_made_again(tmp_path: Path, task: str) -> None:
    bench = Bench(tmp_path, pages(100), [LABEL, SHORT, STEPS["minhash_dedup"]])
    before = digests(bench.run())
    first = attempts(bench)
    (table,) = (run_folder(bench) / "phase-0" / "keys").glob(f"{task}-*.arrow")
    whole = table.read_bytes()
    table.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    forget(bench, *(["resolve.json"] if task != "resolve" else []))
    assert digests(bench.run()) == before
    assert attempts(bench) == first


@pytest.mark.parametrize(
    ("rows", "kept"),
    [([{"text": "short"}], 0), (pages(1), 1), ([*pages(1)] * 50, 1)],
    ids=["none", "one", "all equal"],
)
@pytest.mark.parametrize("step", list(STEPS))
def test_no_document_one_document_and_all_documents_equal_are_a_corpus(
    tmp_path: Path, step: str, rows: list[dict[str, object]], kept: int
) -> None:
    bench = Bench(tmp_path, rows, [LABEL, SHORT, STEPS[step]])
    account = bench.run().read_json("manifest.json")["account"]
    assert account["read"] == len(rows)
    assert account["kept"] == kept


@pytest.mark.parametrize("step", list(STEPS))
@pytest.mark.parametrize("damage", ["truncated", "one bit", "gone"])
def test_damaged_keys_are_found_and_their_shard_alone_is_done_again(tmp_path: Path, step: str, damage: str) -> None:
    bench = Bench(tmp_path, pages(100), [LABEL, SHORT, STEPS[step]])
    before = digests(bench.run())
    first = attempts(bench)
    victim = min((run_folder(bench) / "phase-0" / "keys").glob("*-shard-00002-*.arrow"))
    whole = victim.read_bytes()
    if damage == "gone":
        victim.unlink()
    else:
        middle = len(whole) // 2
        flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        victim.write_bytes(whole[:middle] if damage == "truncated" else flipped)
    forget(bench, "reduce-*.json", "group.json", "gather-*.json", "decide-*.json", "resolve.json")
    assert digests(bench.run()) == before
    assert {name for name, attempt in attempts(bench).items() if attempt != first[name]} == {"shard-00002"}


@pytest.mark.parametrize("task", ["reduce-003", "resolve"])
def test_a_damaged_table_is_made_again_from_the_keys(tmp_path: Path, task: str) -> None:
    bench = Bench(tmp_path, pages(100), [LABEL, SHORT, LINES])
    before = digests(bench.run())
    first = attempts(bench)
    (table,) = (run_folder(bench) / "phase-0" / "keys").glob(f"{task}-*.arrow")
    whole = table.read_bytes()
    table.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    forget(bench, *(["resolve.json"] if task != "resolve" else []))
    assert digests(bench.run()) == before
    assert attempts(bench) == first


def forget(bench: Bench, *receipts: str) -> None:
    """Delete these receipts of the first phase, the phases behind it and the manifest."""
    folder = run_folder(bench)
    for pattern in receipts:
        for path in (folder / "phase-0" / "receipts").glob(pattern):
            path.unlink()
    for path in [*(folder / "phase-1" / "receipts").iterdir(), *(folder / "phase-sink").rglob("*.json")]:
        path.unlink()
    (folder / "manifest.json").unlink()


@pytest.mark.parametrize("step", list(STEPS))
@pytest.mark.parametrize("rows", [0, 1, 60])
def test_no_document_one_document_and_equal_documents_work(tmp_path: Path, step: str, rows: int) -> None:
    text = "Artzainak ardiak mendira eraman ditu gaur goizean, eguzkia atera baino lehen.\nค่ำแล้ว"
    corpus = [{"text": "short", "url": "https://stories.example/short"}]
    corpus += [{"text": text, "url": f"https://stories.example/{number}"} for number in range(rows)]
    bench = Bench(tmp_path, corpus, [LABEL, SHORT, STEPS[step]])
    account = bench.run().read_json("manifest.json")["account"]
    assert (account["read"], account["kept"]) == (rows + 1, min(rows, 1))


def test_repeated_lines_are_gone_from_the_corpus_and_counted_in_its_columns(tmp_path: Path) -> None:
    folder = Bench(tmp_path, pages(60), [LABEL, SHORT, STEPS["exact_dedup"], {**LINES, "leave": "none"}]).run()
    table = pq.read_table(folder.join("data")).to_pydict()
    assert not any(NOTICE in text or "首页" in text for text in table["text"])
    assert set(table["removed_lines"]) == {2}
    assert all(0 < share < 1 for share in table["repeated_line_share"])
