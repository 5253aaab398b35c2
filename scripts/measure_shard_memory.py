"""Measure the memory and time of a run over one compressed file of so many short documents, task by task.

    python scripts/measure_shard_memory.py 250000 1000000
    python scripts/measure_shard_memory.py 250000 --steps exact_dedup line_dedup

A compressed file is one shard however large. Each phase of it runs in a process of its own, whose peak `getrusage` tells, some
130 MB of code included; all other tasks run in one process beside it. The documents are drawn from our own words in nine languages, 25 words
each; one of ten is a copy, one of ten differs from another in one word.
"""

import argparse
import gzip
import hashlib
import json
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow.parquet as pq

from glotmill.core.steps import Needs
from glotmill.executors.base import Incidents, Result
from glotmill.plan.project import Project
from glotmill.plan.resolve import Plan, resolve
from glotmill.run.driver import Driver
from glotmill.run.settings import Settings
from glotmill.run.shard import ShardTask

T = TypeVar("T")
R = TypeVar("R")

SOURCE = """\
name: Lines of a measurement
license: {expression: CC0-1.0, state: verified, evidence: the script wrote them}
terms: none
contact: test@example.org
"""
WORDS = {
    "eus_Latn": "baserri mendi itsaso azoka lagun etxe ibai zubi eguzki haize",
    "deu_Latn": "Fähre Hafen Wetter Brücke Garten Markt Nachbar Abend Fluss Wind",
    "hin_Deva": "बाज़ार नदी पहाड़ खिलौना मेला पड़ोसी पुल सूरज हवा घर",
    "tha_Thai": "ตลาด แม่น้ำ ภูเขา สะพาน บ้าน เพื่อน ลม ตะวัน โต๊ะ ไม้",
    "khm_Khmr": "ផ្សារ ទន្លេ ភ្នំ ស្ពាន ផ្ទះ មិត្ត ខ្យល់ ព្រះអាទិត្យ តុ ឈើ",
    "arb_Arab": "سوق نهر جبل جسر بيت صديق ريح شمس طاولة خشب",
    "cmn_Hani": "市场 河流 山峰 桥梁 房子 朋友 大风 太阳 桌子 木头",
    "swh_Latn": "soko mto mlima daraja nyumba rafiki upepo jua meza mbao",
    "tur_Latn": "pazar nehir dağ köprü ev arkadaş rüzgar güneş masa ahşap",
}
STEPS: list[dict[str, Any]] = [
    {"name": "rights", "kind": "permit", "allow": "open-definition", "consent": "record-only"},
    {"name": "clean", "kind": "normalize"},
]


def write_documents(path: Path, count: int) -> None:
    """Write so many documents as JSON Lines, compressed."""
    generator = np.random.default_rng(11)
    languages = sorted(WORDS)
    # Without name and time, so that ids and so all bytes are the same each time.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 1, raw, mtime=0) as file:
        words: list[str] = []
        for number in range(count):
            language = languages[number // 10 % len(languages)]
            if number % 10 < 8:
                drawn = generator.integers(0, 10_000, 25).tolist()
                stems = WORDS[language].split()
                words = [f"{stems[word % 10]}{word // 10}" for word in drawn]
            elif number % 10 == 8:
                words = [*words[:24], str(number)]
            row = {
                "text": " ".join(words),
                "url": f"https://site{number % 5_000}.example/{number}",
                "language": language,
            }
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


class ShardsApart:
    """An executor that runs each shard in a new process, and notes of all tasks the peak of their process and their time.

    This process does no work: a child would begin with its peak.
    """

    workers = 1

    def __init__(self) -> None:
        self.incidents = Incidents()
        self.seen: dict[str, list[tuple[float, float]]] = {}
        self._others = _pool()

    def map(self, task: Callable[[T], R], items: Sequence[T], *, needs: Needs) -> Iterator[Result[R]]:
        """Yield one result per item, in order."""
        for index, item in enumerate(items):
            if isinstance(task, ShardTask):
                with _pool() as pool:
                    value, peak, seconds = pool.submit(_work, task, item).result()
                name = f"{task.context.phase.name} shard"
            else:
                value, peak, seconds = self._others.submit(_work, task, item).result()
                name = "other tasks"
            self.seen.setdefault(name, []).append((peak, seconds))
            yield Result(index, value=value)

    def close(self) -> None:
        """End the process of the other tasks."""
        self._others.shutdown()


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def _work(task: Callable[[T], R], item: T) -> tuple[R, float, float]:
    begun = time.process_time()
    value = task(item)
    return value, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, time.process_time() - begun


def project(folder: Path, count: int, steps: Sequence[str]) -> tuple[Plan, dict[str, str]]:
    """Write a project of one file of so many documents."""
    for name in ("pipelines", "manifests/sources", "input"):
        (folder / name).mkdir(parents=True)
    (folder / "manifests/sources/lines.yaml").write_text(SOURCE, encoding="utf-8")
    recipe = {
        "name": "memory",
        "version": "1.0.0",
        "languages": sorted(WORDS),
        "source": {"kind": "jsonl", "of": "lines"},
        "steps": [*STEPS, *({"name": kind, "kind": kind} for kind in steps)],
        "sink": {"kind": "parquet", "partition_by": ["license_class"], "part_mb": 64},
    }
    (folder / "pipelines/memory.yaml").write_text(json.dumps(recipe), encoding="utf-8")
    write_documents(folder / "input/lines.jsonl.gz", count)
    return resolve(Project(folder), "pipelines/memory.yaml"), {"lines": str(folder / "input")}


def measure(count: int, steps: Sequence[str]) -> dict[str, Any]:
    """Return what each kind of task held at most, in MB, and how much processor time it took; and digests."""
    folder = Path(tempfile.mkdtemp(prefix="shard-memory-"))
    try:
        plan, bindings = project(folder, count, steps)
        executor = ShardsApart()
        begun = time.perf_counter()
        run = Driver(plan, Settings(str(folder / "out"), bindings), {}, executor=executor).run()
        seconds = time.perf_counter() - begun
        executor.close()
        manifest = run.read_json("manifest.json")
        tasks = {
            name: {
                "peak_mb": round(max(peak for peak, _ in seen)),
                "cpu_s": round(sum(seconds for _, seconds in seen), 1),
                "tasks": len(seen),
            }
            for name, seen in executor.seen.items()
        }
        keys = {
            path.name.rsplit("-", 1)[0]: _described(path) for path in sorted((folder / "out").rglob("keys/*-shard-*"))
        }
        rows = _digest_of_rows([run.join(part["path"]) for part in manifest["parts"]])
        return {"documents": count, "seconds": round(seconds, 1), "tasks": tasks, "keys": keys, "rows": rows}
    finally:
        shutil.rmtree(folder)


def _described(path: Path) -> str:
    return f"{path.stat().st_size} bytes, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"


def _digest_of_rows(parts: Sequence[str]) -> str:
    """Return a digest of the rows of these files; the files also state the version of the code."""
    digest = hashlib.sha256()
    for part in parts:
        for batch in pq.ParquetFile(part).iter_batches(10_000):
            digest.update(repr(batch.to_pylist()).encode())
    return digest.hexdigest()


def main() -> None:
    """Print one JSON object for each number of documents."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=int, nargs="+")
    parser.add_argument("--steps", nargs="+", default=["exact_dedup", "minhash_dedup"], help="kinds of corpus steps")
    arguments = parser.parse_args()
    for count in arguments.documents:
        print(json.dumps(measure(count, arguments.steps), indent=1), flush=True)


if __name__ == "__main__":
    main()
