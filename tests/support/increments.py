"""Published corpora and what is added to them, in tests."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from glotmill.executors.local import LocalExecutor
from glotmill.plan.update import By, recipe_again
from glotmill.provenance.folder import RunFolder
from glotmill.run.driver import Driver
from glotmill.run.settings import Settings
from glotmill.run.shard import release_steps
from glotmill.run.update import next_update
from support.kinds import KINDS


def lines(folder: Path, rows: list[dict[str, object]], name: str = "new.jsonl") -> Path:
    """Write rows as a file of a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return folder


def updated(base: RunFolder, inputs: Path, *, by: By = "none", workers: int = 1) -> RunFolder:
    """Carry out the next delta of a corpus."""
    executor = LocalExecutor(workers)
    try:
        plan = recipe_again(base, extra=KINDS)
        planned = next_update(base, plan, by=by, executor=executor, extra=KINDS)
        settings = Settings(planned.out, {"stories": str(inputs)}, workers=workers)
        return Driver(planned.plan, settings, {}, executor=executor).run()
    finally:
        executor.close()
        release_steps()


def all_of(folder: RunFolder, name: str) -> list[Any]:
    """Return a column of a corpus."""
    parts = [pq.ParquetFile(folder.join(part)).read([name]).column(name) for part in folder.parts()]
    return [value for part in parts for value in part.to_pylist()]


def texts(*folders: RunFolder) -> list[str]:
    """Return the texts of corpora, sorted."""
    return sorted(text for folder in folders for text in all_of(folder, "text"))
