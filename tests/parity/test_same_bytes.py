"""Law 10: the same bytes from one process, two, and Ray."""

import os
from pathlib import Path

import pytest

from glotmill.executors.choose import executor_for
from support.corpora import LABEL, SHORT, Bench, digests, documents

STEPS = [
    LABEL,
    SHORT,
    {"name": "exact", "kind": "exact_dedup"},
    {"name": "lines", "kind": "line_dedup", "leave": "one"},
    {"name": "near", "kind": "minhash_dedup", "bands": 14, "rows": 8},
]


def near_duplicates() -> list[dict]:
    """Documents of which every third is another one with its last word changed."""
    rows = documents(150)
    for index in range(0, 150, 3):
        text = " ".join(f"{rows[index]['text']} {part}" for part in range(6))
        rows[index] = {**rows[index], "text": text}
        rows[index + 1] = {**rows[index + 1], "text": f"{text} bukaera"}
    return [{**row, "text": f"{row['text']}\nHasiera | หน้าแรก"} for row in rows]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, near_duplicates(), STEPS)


@pytest.mark.parametrize(("on", "workers"), [("local", 2), ("ray", 2)])
def test_corpus_and_manifest_are_the_same_bytes_on_every_executor(
    bench: Bench, tmp_path: Path, on: str, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    )
    quiet = digests(bench.run())
    executor = executor_for(on, workers, None)
    try:
        other = digests(bench.run(executor=executor, out=tmp_path / f"out-{on}"))
    finally:
        executor.close()
    assert other == quiet
    assert len(quiet) >= 2


def test_how_many_documents_a_file_holds_changes_neither_decisions_nor_texts(bench: Bench, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    first = pq.read_table(bench.run().join("data"), columns=["url", "text"]).sort_by("url")
    for path in bench.inputs.iterdir():
        path.unlink()
    bench.write_inputs(near_duplicates(), per_file=7)
    second = pq.read_table(bench.run(out=tmp_path / "other").join("data"), columns=["url", "text"]).sort_by("url")
    # Which of two equals is kept may turn on ids, which name file and line; how many are kept may not.
    assert first.num_rows == second.num_rows
