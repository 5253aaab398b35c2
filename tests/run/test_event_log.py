"""The event log: what an attempt says while it works, told apart from those before, readable after a kill."""

import json
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from glotmill.core.errors import ShardsFailed
from glotmill.io import objects, storage
from glotmill.provenance.folder import RunFolder
from glotmill.report.status import Watcher
from glotmill.run import event_log
from glotmill.run.event_log import Attempt, EventLog, last_attempt
from glotmill.run.events import Event
from support.command import glotmill
from support.corpora import LABEL, SHORT, Bench, documents

EXACT = {"name": "exact", "kind": "exact_dedup", "partitions": 2}


def events_of(run: RunFolder) -> list[dict[str, Any]]:
    attempt = last_attempt(run)
    assert attempt is not None
    return [dict(event) for event in attempt.events]


def full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_run_leaves_its_phases_and_the_counts_of_each_shard_and_status_reads_them(tmp_path: Path) -> None:
    run = Bench(tmp_path, documents(90), [LABEL, SHORT, EXACT]).run()
    events = events_of(run)
    assert [event["kind"] for event in events][0 :: len(events) - 1] == ["begin", "end"]
    assert events[0]["pid"] == os.getpid()
    assert events[-1]["outcome"] == "done"
    first = [event for event in events if event["kind"] == "done" and event["phase"] == "phase-0"]
    assert [event["done"] for event in first] == list(range(1, len(first) + 1))
    assert sum(event["steps"][0]["in"] for event in first) == 90
    found = Watcher(run).look()
    assert (found.state, found.missing) == ("finished", ())
    assert {one.phase: (one.done, one.total) for one in found.phases}["phase-0 reduce"] == (2, 2)
    short = next(one for one in found.steps if one.step == "short")
    assert (short.rows_in, short.kept, short.dropped) == (90, 81, 9)
    assert short.worked is not None


def test_each_attempt_has_a_file_of_its_own_and_the_last_one_counts(tmp_path: Path) -> None:
    bench = Bench(tmp_path, documents(30), [LABEL, SHORT])
    run = bench.run()
    first = last_attempt(run)
    bench.run()
    second = last_attempt(run)
    assert first is not None
    assert second is not None
    assert first.name < second.name
    names = [name for name, _ in storage.list_files(run.join(event_log.FOLDER))]
    assert sorted(names) == sorted(f"{one}.{kind}" for one in (first.name, second.name) for kind in ("alive", "jsonl"))


def test_a_failed_run_says_what_ended_it_and_what_is_missing_and_status_exits_with_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path, documents(60), [LABEL, SHORT])
    run = bench.run()
    receipts = sorted(Path(run.join("phase-0", "receipts")).iterdir())
    next(Path(run.join("phase-0", "data")).glob("shard-00000-*")).unlink()
    receipts[0].unlink()
    Path(run.join("manifest.json")).unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("glotmill.run.shard.publish_first", full_disk)
        with pytest.raises(ShardsFailed):
            bench.run()
    found = Watcher(run).look()
    assert found.state == "failed"
    assert "phase-0: 1 of" in found.error
    assert "No space left on device" in found.error
    assert found.missing == (f"phase-0: 1 of {len(receipts)} tasks", "sink: not begun", "manifest.json")
    glotmill("status", run.address, cwd=tmp_path, code=1)


def test_a_driver_that_was_killed_is_dead_and_the_same_command_goes_on(tmp_path: Path) -> None:
    run = Bench(tmp_path, documents(60), [LABEL, SHORT]).run()
    folder = Path(run.join(event_log.FOLDER))
    log = next(folder.glob("*.jsonl"))
    lines = log.read_text(encoding="utf-8").splitlines()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    begin = {**json.loads(lines[0]), "pid": child.pid}
    log.write_text("\n".join([json.dumps(begin), *lines[1:-1], '{"at": "2026-1']), encoding="utf-8")
    Path(run.join("manifest.json")).unlink()
    assert Watcher(run).look().state == "running"
    child.send_signal(signal.SIGKILL)
    child.wait()
    found = Watcher(run).look()
    assert found.state == "dead"
    assert found.missing == ("manifest.json",)
    assert "goes on from here" in found.advice
    said = json.loads(glotmill("status", run.address, "--json", cwd=tmp_path, code=1))
    assert (said["state"], said["missing"]) == ("dead", ["manifest.json"])
    assert "phase-0" in glotmill("status", run.address, "--watch", cwd=tmp_path, code=1)


def test_status_of_a_run_at_work_says_at_which_rate_and_how_long_it_has_left(tmp_path: Path) -> None:
    run = Bench(tmp_path, documents(120), [LABEL, SHORT]).run()
    log = next(Path(run.join(event_log.FOLDER)).glob("*.jsonl"))
    begin, phase, *done = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()][:4]
    assert (phase["phase"], phase["total"], [event["done"] for event in done]) == ("phase-0", 5, [1, 2])
    began = datetime.now(UTC) - timedelta(seconds=60)
    told = [{**event, "at": f"{began:%Y-%m-%dT%H:%M:%SZ}"} for event in (begin, phase, *done)]
    log.write_text("".join(f"{json.dumps(event)}\n" for event in told), encoding="utf-8")
    for receipt in sorted(Path(run.join("phase-0", "receipts")).iterdir())[2:]:
        receipt.unlink()
    Path(run.join("manifest.json")).unlink()
    found = Watcher(run).look().phases[0]
    assert (found.phase, found.done, found.total) == ("phase-0", 2, 5)
    assert found.seconds_left == pytest.approx(3 * 60 / 2, rel=0.1)
    assert found.documents_per_second == pytest.approx(50 / 60, rel=0.1)
    said = json.loads(glotmill("status", run.address, "--json", cwd=tmp_path))
    assert said["phases"][0]["seconds_left"] == pytest.approx(found.seconds_left, rel=0.1)
    sink = said["phases"][-1]
    assert (sink["phase"], sink["seconds_left"]) == ("sink", None)  # nothing of it is done: nothing can be said


def test_on_another_machine_the_last_sign_of_life_decides() -> None:
    now = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
    begin = {"at": "2026-11-28T09:00:00Z", "kind": "begin", "host": "another-machine", "pid": 1}
    alive = (now - timedelta(seconds=event_log.SILENT / 2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert Attempt("one", [begin], alive).runs(now)
    given_again = {**begin, "host": platform.node(), "pid": os.getpid()}
    assert not Attempt("one", [given_again], None).runs(now)
    assert not Attempt("one", [begin], None).runs(now)
    assert not Attempt("one", [begin, {**begin, "kind": "end", "outcome": "done"}], alive).runs(now)


def test_on_an_object_store_the_log_is_pieces_that_are_put_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "EVERY", 0.05)
    run = RunFolder("memory://watch/tiny/1.0.0")
    with EventLog(run, total=3, workers=2) as log:
        log(Event("phase", "phase-0", 0, 3))
        time.sleep(0.3)
        log(Event("note", "phase-0", text="reading s3://key:secret@bucket/x\u2028 and \ud800"))
    names = sorted(name.rpartition("/")[2] for name in fsspec.filesystem("memory").find("watch/tiny/1.0.0/events"))
    pieces = [name for name in names if name.endswith(".jsonl")]
    assert pieces == [f"{log.attempt}.{number:06d}.jsonl" for number in range(1, len(pieces) + 1)]
    assert len(pieces) >= 2
    events = events_of(run)
    assert [event["kind"] for event in events] == ["begin", "phase", "note", "end"]
    assert "secret" not in events[2]["text"]


def test_a_piece_that_arrived_without_an_answer_is_put_again_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "EVERY", 0.05)
    monkeypatch.setattr(objects, "WAITS_S", ())
    put, answers = MemoryFileSystem.pipe_file, threading.Event()

    def unanswered(self: MemoryFileSystem, path: str, value: bytes, **options: Any) -> None:
        put(self, path, value, **options)
        if path.endswith(".jsonl") and not answers.is_set():
            answers.set()
            raise ConnectionResetError

    monkeypatch.setattr(MemoryFileSystem, "pipe_file", unanswered)
    run = RunFolder("memory://unanswered/tiny/1.0.0")
    with EventLog(run, total=3, workers=2) as log:
        assert answers.wait(30)
        log(Event("phase", "phase-0", 0, 3))
    assert [event["kind"] for event in events_of(run)] == ["begin", "phase", "end"]


def test_a_store_that_takes_long_to_take_a_piece_does_not_hold_up_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "EVERY", 0.05)
    put, asked, answered = MemoryFileSystem.pipe_file, threading.Event(), threading.Event()

    def slow(self: MemoryFileSystem, path: str, value: bytes, **options: Any) -> None:
        if path.endswith(".jsonl"):
            asked.set()
            assert answered.wait(60)
        put(self, path, value, **options)

    monkeypatch.setattr(MemoryFileSystem, "pipe_file", slow)
    run = RunFolder("memory://slow/tiny/1.0.0")
    with EventLog(run, total=3, workers=2) as log:
        assert asked.wait(30)
        telling = threading.Thread(target=log, args=(Event("phase", "phase-0", 0, 3),), daemon=True)
        telling.start()
        telling.join(5)
        held_up = telling.is_alive()
        answered.set()
    assert not held_up
    assert [event["kind"] for event in events_of(run)] == ["begin", "phase", "end"]


def test_a_mistake_in_the_log_is_no_store_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(self: MemoryFileSystem, path: str, value: bytes, **options: Any) -> None:
        raise TypeError("a bug")

    with pytest.raises(TypeError, match="a bug"), EventLog(RunFolder("memory://bug/1"), total=1, workers=1):
        monkeypatch.setattr(MemoryFileSystem, "pipe_file", mistaken)


def test_no_secret_of_an_address_gets_into_the_log_by_a_note_or_an_error(tmp_path: Path) -> None:
    run = RunFolder(str(tmp_path))
    address = "https://store.example/x.warc.gz?X-Amz-Signature=hunter2"
    log = EventLog(run, total=1, workers=1)
    with log:
        log(Event("note", "phase-0", text=f"reading {address}&part=2 and s3://key:hunter2@bucket/x"))
    failed = EventLog(run, total=1, workers=1)
    with pytest.raises(ValueError, match="hunter2"), failed:
        raise ValueError(f"{address}: s3://bucket/x%3FX-Amz-Security-Token%3Dhunter2")
    names = (f"{one.attempt}.jsonl" for one in (log, failed))
    said = "".join(Path(run.join(event_log.FOLDER, name)).read_text(encoding="utf-8") for name in names)
    assert "hunter2" not in said
    assert "https://store.example/x.warc.gz?X-Amz-Signature=***&part=2" in said


def test_status_of_a_folder_that_holds_no_run_is_wrong_usage(tmp_path: Path) -> None:
    assert "is it the folder of a run" in glotmill("status", str(tmp_path), cwd=tmp_path, code=2)
