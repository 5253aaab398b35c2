"""Of equal texts the one that people wrote stays, whichever executor decides and whatever else speaks for the other."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glotmill.core.steps import Batch
from glotmill.dedup.keeper import DEFAULT_KEEP, rank_columns
from glotmill.executors.choose import executor_for
from support.corpora import LABEL, SENTENCES, Bench

STEPS = [
    LABEL,
    {"name": "clean", "kind": "normalize"},
    {"name": "exact", "kind": "exact_dedup"},
    {"name": "near", "kind": "minhash_dedup", "bands": 14, "rows": 8},
]
# Each native text has a copy that an engine wrote, and one with another last word: both older, the latter longer.
TEXTS = [" ".join(f"{sentence} {part}." for part in range(12)) for sentence in SENTENCES]
NATIVE = [{"text": text, "url": f"https://a.example/native-{place}"} for place, text in enumerate(TEXTS)]
TRANSLATED = [
    {
        "text": f"{text} {more}".strip(),
        "url": f"https://a.example/mt{more}-{place}",
        "origin": "mt",
        "crawl_time": "2020-01-01",
    }
    for place, text in enumerate(TEXTS)
    for more in ("", "amaiera")
]


@pytest.mark.parametrize(
    ("on", "workers"),
    [("local", 1), pytest.param("local", 2, marks=pytest.mark.slow), pytest.param("ray", 2, marks=pytest.mark.slow)],
)
def test_native_documents_stay_and_their_translated_copies_go(
    tmp_path: Path, on: str, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tests = str(Path(__file__).parent.parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")]))
    bench = Bench(tmp_path, [*TRANSLATED[:10], *NATIVE, *TRANSLATED[10:]], STEPS)
    executor = executor_for(on, workers, None)
    try:
        folder = bench.run(executor=executor)
    finally:
        executor.close()
    kept = [row for part in folder.parts() for row in pq.read_table(folder.join(part)).to_pylist()]
    assert sorted(row["url"] for row in kept) == sorted(row["url"] for row in NATIVE)
    ids = {row["doc_id"] for row in kept}
    ledger = [row for batch in folder.ledger() for row in batch.to_pylist()]
    assert {row["reason"] for row in ledger} == {"exact_dedup.same_text", "minhash_dedup.near_duplicate"}
    assert all(row["related"] in ids for row in ledger)


def test_a_freer_license_does_not_speak_for_a_translation() -> None:
    rows = pa.record_batch(
        {
            "origin": ["mt", "native"],
            "license_class": ["public-domain", "sharealike"],
            "license_state": ["verified", "declared"],
            "text": ["Umweni", "Umweni"],
            "crawl_time": pa.array([0, 1], pa.timestamp("us", "UTC")),
        }
    )
    first, *_ = rank_columns(Batch(rows), DEFAULT_KEEP, quality=None)
    assert first.to_pylist() == [1, 0]
