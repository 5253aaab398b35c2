"""Mixes: rows a second and peak memory against the number of rows, over a corpus of synthetic documents.

python benchmarks/mix.py [--rows 10000 40000] [--copies 20] [--part-mb 16] [--sources 1] [--share 0.5] [--json]
"""

import argparse
import json
import multiprocessing
import tempfile
import time
from pathlib import Path

from glotmill.executors.local import LocalExecutor
from glotmill.plan.mixing import plan_mix
from glotmill.plan.project import Project
from glotmill.plan.resolve import resolve
from glotmill.provenance.folder import RunFolder
from glotmill.run.driver import Driver
from glotmill.run.events import Event
from glotmill.run.mix.mixing import Mixer
from glotmill.run.settings import Settings

TEXT = "Azokan sagarrak eta gazta saltzen dituzte larunbat goizetan. Watoto walipanda miti kando ya shule yao. "
SOURCE = "name: Rows\nlicense: {expression: CC0-1.0, state: verified, evidence: This script writes every row itself.}\nterms: none\ncontact: you@example.org\n"
STEPS = [
    {"name": "rights", "kind": "permit", "allow": "open-definition", "consent": "record-only"},
    {"name": "clean", "kind": "normalize"},
    {"name": "size", "kind": "count_tokens", "tokenizer": "utf8-bytes"},
]
MIX = {
    "name": "mix", "version": "1.0.0", "seed": 1, "allow": "open-definition", "consent": "strictest", "count": "tokens",
    "by": ["source"],
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 40_000])
    parser.add_argument("--copies", type=int, default=20, help="of a text of 102 bytes, in each row")
    parser.add_argument("--part-mb", type=float, default=16, help="of the corpus and of the mix")
    parser.add_argument("--sources", type=int, default=1, help="which are the groups of the mix")
    parser.add_argument("--share", type=float, help="of the tokens, shared equally by the sources; all of them else")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    figures = {}
    for rows in asked.rows:
        with tempfile.TemporaryDirectory() as folder:
            run = build(Path(folder), rows, asked)
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                spent, peak = pool.apply(mix, (folder, run, recipe(run, asked)))
        seconds = sum(spent.values())
        figures[f"mix_rows_per_cpu_s_{rows}"] = round(rows / seconds)
        figures[f"mix_peak_mb_{rows}"] = round(peak)
        figures.update({f"mix_{label}_cpu_s_{rows}": round(value, 2) for label, value in spent.items()})
        if not asked.json:
            print(f"{rows:>9,} rows  {rows / seconds:>8,.0f} rows/s of CPU  {peak:>6,.0f} MB at most beyond the start")
            print("  s of CPU: " + ", ".join(f"{label} {value:.2f}" for label, value in spent.items()), flush=True)
    if asked.json:
        print(json.dumps({"figures": figures}))


def build(home: Path, rows: int, asked: argparse.Namespace) -> str:
    names = [f"rows-{number}" for number in range(asked.sources)]
    (home / "pipelines").mkdir()
    (home / "manifests/sources").mkdir(parents=True)
    for number, name in enumerate(names):
        (home / f"manifests/sources/{name}.yaml").write_text(SOURCE, encoding="utf-8")
        with (home / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(
                json.dumps({"text": f"{row} {TEXT * asked.copies}"}) + "\n"
                for row in range(number, rows, asked.sources)
            )
    sink = {"kind": "parquet", "partition_by": ["license_class"], "part_mb": asked.part_mb, "row_group_rows": 1000}
    source = [{"kind": "jsonl", "of": name} for name in names]
    head = {"name": "rows", "version": "1.0.0", "languages": ["eus_Latn"], "source": source, "shard_mb": 16}
    (home / "pipelines/rows.yaml").write_text(json.dumps({**head, "steps": STEPS, "sink": sink}), encoding="utf-8")
    settings = Settings(str(home / "out"), {name: str(home / f"{name}.jsonl") for name in names})
    plan = resolve(Project(home), "pipelines/rows.yaml")
    return Driver(plan, settings, {}, executor=LocalExecutor(1)).run().address


def recipe(run: str, asked: argparse.Namespace) -> str:
    found = {**MIX, "part_mb": asked.part_mb}
    if asked.share is not None:
        tokens = RunFolder(run).read_json("manifest.json")["totals"]["tokens"]
        found |= {"budget": int(tokens * asked.share), "sampling": {"kind": "unimax"}}
    return json.dumps(found)


def mix(home: str, run: str, text: str) -> tuple[dict[str, float], float]:
    """Return the seconds of the processor that each pass took, and the peak of memory in MB beyond that after planning."""
    plan = plan_mix(Project(Path(home)), "mix.yaml", text, [run])
    before, begun = peak_mb(), time.process_time()
    marks = [("start", begun)]

    def listen(event: Event) -> None:
        if event.kind in ("phase", "note"):
            marks.append((event.phase, time.process_time()))

    Mixer(plan, f"{home}/out", executor=LocalExecutor(1), listener=listen).run()
    ends = [*(mark for _, mark in marks[1:]), time.process_time()]
    return {label: end - mark for (label, mark), end in zip(marks, ends, strict=True)}, peak_mb() - before


def peak_mb() -> float:
    """Return the peak of this process alone: that of getrusage begins with its parent's. Linux."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
