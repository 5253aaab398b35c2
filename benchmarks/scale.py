"""What more workers, Ray and many shards cost: throughput, milliseconds per shard, memory of the driver.

    make bench-scale
    make bench-scale BENCH_ARGS="--json"

Throughput is that of the demo's recipe on real pages (`make real-warc`), in more archives than workers: one and two workers, in
processes of this machine and on a Ray of this machine, one for both rows, with room for two. All are started and warm: every
row has run once before it is timed. Rows take turns; of each the fastest run counts, since other work on the machine only ever
adds to a time. On the pages of one source, for a short look: `--sources udhr`.

`efficiency_2_workers` is the time of one worker over twice that of two, `ray_over_local` the time of Ray over that of the local
pool, both with two workers. Shards are files of one line each through two cheap steps: `ms_per_shard` is the time of a run of
1,000 of them in this process, less that of a run of one shard, by 1,000. Memory is the peak of the driver's process less what
it held when the run began, with two workers beside it, in a process of its own for each number of shards.
"""

import argparse
import json
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from glotmill.executors.base import Executor
from glotmill.executors.choose import executor_for
from glotmill.executors.local import LocalExecutor
from glotmill.plan.project import Project
from glotmill.plan.resolve import Plan, resolve
from glotmill.run.driver import Driver
from glotmill.run.settings import Settings
from glotmill.run.shard import release_steps

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT / ".cache/real/warc"
MODELS = ROOT / ".cache/models"
SOURCES = ("udhr", "installation-guide", "debian-handbook")

STORIES = """\
name: Lines of a benchmark
license: {expression: CC0-1.0, state: verified, evidence: the benchmark wrote them}
terms: none
contact: test@example.org
"""
SENTENCES = (
    "Baserritarrak goizean goiz joan dira azokara barazkiak saltzera.",
    "Die Fähre legt bei ruhigem Wetter kurz nach sieben ab.",
    "बच्चों ने मेले में मिट्टी के खिलौने खरीदे।",
    "ช่างไม้ทำโต๊ะตัวใหม่ให้โรงเรียนในหมู่บ้าน",
    "Wavuvi walirudi pwani kabla ya jua kuchomoza.",
)


def timed(plan: Plan, bindings: dict[str, str], models: dict[str, Path], executor: Executor) -> float:
    """Return the seconds of a whole run into a new folder, which is deleted."""
    out = tempfile.mkdtemp(prefix="scale-")
    try:
        begun = time.perf_counter()
        Driver(plan, Settings(out, bindings), models, executor=executor).run()
        return time.perf_counter() - begun
    finally:
        shutil.rmtree(out)


def throughput(repeat: int, sources: Sequence[str]) -> dict[str, float]:
    """Return the fastest run of each row, in seconds."""
    from glotmill.cli.options import model_files  # noqa: PLC0415 - the command line finds models as users do

    plan = resolve(Project(ROOT), "pipelines/demo.yaml")
    models = dict(model_files(plan, ROOT, MODELS))
    bindings = {source: str(REAL / source) for source in sources}
    # A process has one Ray: the first of its rows starts it, for two workers, and the other is its guest.
    executors: dict[str, Executor] = {
        "local 1": LocalExecutor(1),
        "local 2": LocalExecutor(2),
        "ray 2": executor_for("ray", 2),
        "ray 1": executor_for("ray", 1),
    }
    best: dict[str, float] = {}
    try:
        for turn in range(repeat + 1):
            for name, executor in executors.items():
                seconds = timed(plan, bindings, models, executor)
                if turn:
                    best[name] = min(seconds, best.get(name, seconds))
                print(f"{name}: {seconds:.2f} s{'' if turn else ' (not counted)'}", file=sys.stderr)
    finally:
        for executor in reversed(executors.values()):
            executor.close()
        release_steps()
    return best


def tiny(folder: Path, shards: int) -> tuple[Plan, dict[str, str]]:
    """Write a project of so many shards of one line."""
    (folder / "pipelines").mkdir(parents=True)
    (folder / "manifests/sources").mkdir(parents=True)
    (folder / "input").mkdir()
    (folder / "manifests/sources/lines.yaml").write_text(STORIES, encoding="utf-8")
    recipe = {
        "name": "tiny",
        "version": "1.0.0",
        "languages": ["eus_Latn"],
        "source": {"kind": "jsonl", "of": "lines"},
        "steps": [
            {"name": "rights", "kind": "permit", "allow": "open-definition", "consent": "record-only"},
            {"name": "clean", "kind": "normalize"},
        ],
        "sink": {"kind": "parquet", "partition_by": ["license_class"], "part_mb": 64},
        "shard_mb": 0.0001,
    }
    (folder / "pipelines/tiny.yaml").write_text(json.dumps(recipe), encoding="utf-8")
    for number in range(shards):
        text = f"{SENTENCES[number % len(SENTENCES)]} {number}"
        row = {"text": text, "url": f"https://lines.example/{number}", "language": "eus_Latn"}
        line = json.dumps(row, ensure_ascii=False) + "\n"
        (folder / "input" / f"{number:05d}.jsonl").write_text(line, encoding="utf-8")
    return resolve(Project(folder), "pipelines/tiny.yaml"), {"lines": str(folder / "input")}


def seconds_of(shards: int) -> float:
    """Return how long a run of so many tiny shards takes in this process."""
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        plan, bindings = tiny(Path(folder), shards)
        return timed(plan, bindings, {}, LocalExecutor(1))


def _status(field: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (found,) = (line for line in lines if line.startswith(field))
    return int(found.split()[1]) / 1024


def driver_growth(shards: int) -> tuple[float, float]:
    """Return by how many MB the driver's peak is above what it held at the beginning, and the seconds of the run."""
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        plan, bindings = tiny(Path(folder), shards)
        executor = LocalExecutor(2)
        # Imports of the run itself are no part of its growth.
        small, few = tiny(Path(folder) / "small", 2)
        timed(small, few, {}, executor)
        before = _status("VmRSS")
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins here
        seconds = timed(plan, bindings, {}, executor)
        executor.close()
        return _status("VmHWM") - before, seconds


def measured(repeat: int, sources: Sequence[str], shards: Sequence[int]) -> dict[str, Any]:
    """Return all that was measured."""
    found: dict[str, Any] = {"seconds": throughput(repeat, sources) if repeat else {}, "figures": {}}
    seconds, figures = found["seconds"], found["figures"]
    if seconds:
        figures["efficiency_2_workers"] = round(seconds["local 1"] / (2 * seconds["local 2"]), 3)
        figures["ray_over_local"] = round(seconds["ray 2"] / seconds["local 2"], 3)
    one = min(seconds_of(1) for _ in range(3))
    figures["ms_per_shard"] = round((seconds_of(1000) - one), 2)
    spawn = multiprocessing.get_context("spawn")
    for count in shards:
        with spawn.Pool(1) as pool:
            grown, took = pool.apply(driver_growth, (count,))
        figures[f"driver_mb_at_{count}_shards"] = round(grown, 1)
        found[f"seconds_of_{count}_shards"] = round(took, 1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what workers, Ray and shards cost.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeat", type=int, default=3, help="timed runs per row; 0 leaves throughput out")
    parser.add_argument("--shards", default="1000,10000", help="numbers of shards to look at the driver's memory at")
    parser.add_argument("--sources", default=",".join(SOURCES), help="whose pages to measure throughput on")
    options = parser.parse_args()
    found = measured(
        options.repeat, options.sources.split(","), [int(count) for count in options.shards.split(",") if count]
    )
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print("| workers | seconds |\n|---|---|")
    for name, seconds in found["seconds"].items():
        print(f"| {name} | {seconds:.2f} |")
    print("\n| figure | |\n|---|---|")
    for name, value in found["figures"].items():
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
