"""Mixes: rows a second and peak memory against the number of rows, over a corpus of synthetic documents.

python benchmarks/mix.py [--rows 10000 40000] [--json]
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
from glotmill.run.driver import Driver
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
    "by": ["source"], "part_mb": 16,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 40_000])
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    figures = {}
    for rows in asked.rows:
        with tempfile.TemporaryDirectory() as folder:
            run = build(Path(folder), rows)
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                seconds, peak = pool.apply(mix, (folder, run))
        figures[f"mix_rows_per_cpu_s_{rows}"] = round(rows / seconds)
        figures[f"mix_peak_mb_{rows}"] = round(peak)
        if not asked.json:
            print(f"{rows:>9,} rows  {rows / seconds:>8,.0f} rows/s of CPU  {peak:>6,.0f} MB at most beyond the start")
    if asked.json:
        print(json.dumps({"figures": figures}))


def build(home: Path, rows: int) -> str:
    (home / "pipelines").mkdir()
    (home / "manifests/sources").mkdir(parents=True)
    (home / "manifests/sources/rows.yaml").write_text(SOURCE, encoding="utf-8")
    sink = {"kind": "parquet", "partition_by": ["license_class"], "part_mb": 16, "row_group_rows": 1000}
    recipe = {"name": "rows", "version": "1.0.0", "languages": ["eus_Latn"], "source": {"kind": "jsonl", "of": "rows"}}
    (home / "pipelines/rows.yaml").write_text(json.dumps({**recipe, "steps": STEPS, "sink": sink}), encoding="utf-8")
    with (home / "rows.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": f"{number} {TEXT * 20}"}) + "\n" for number in range(rows))
    settings = Settings(str(home / "out"), {"rows": str(home / "rows.jsonl")})
    plan = resolve(Project(home), "pipelines/rows.yaml")
    return Driver(plan, settings, {}, executor=LocalExecutor(1)).run().address


def mix(home: str, run: str) -> tuple[float, float]:
    plan = plan_mix(Project(Path(home)), "mix.yaml", json.dumps(MIX), [run])
    before, begun = peak_mb(), time.process_time()
    Mixer(plan, f"{home}/out", executor=LocalExecutor(1)).run()
    return time.process_time() - begun, peak_mb() - before


def peak_mb() -> float:
    """Return the peak of this process alone: that of getrusage begins with its parent's. Linux."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
