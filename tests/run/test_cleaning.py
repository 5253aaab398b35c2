"""`clean_run` leaves no text of a refused document behind, and a run that still verifies and stays finished."""

import json
from pathlib import Path

from glotmill.run.cleaning import clean_run
from support.corpora import digests
from support.rights import Licensed, check, rows


def test_samples_of_refused_texts_go_and_the_run_stays_verified_and_finished(tmp_path: Path) -> None:
    given = rows(18)
    for row in given[9:]:
        row["license"] = "CC-BY-ND-4.0"
    bench = Licensed(tmp_path, given)
    folder = bench.run()
    ledger = [row for batch in folder.ledger() for row in batch.to_pylist()]
    refused = [row for row in ledger if row["reason"].startswith("permit.")]
    assert len(refused) == 9
    assert all(row["sample"] for row in refused)
    stale = Path(folder.address) / "phase-0" / "ledger" / "shard-00000-dead.parquet"
    stale.write_bytes(b"of an attempt that died")
    before = digests(folder)
    assert clean_run(folder).samples == 9
    cleaned = [row for batch in folder.ledger() for row in batch.to_pylist()]
    assert [{**row, "sample": None} for row in ledger] == [{**row, "sample": None} for row in cleaned]
    assert [row["sample"] for row in cleaned if row["reason"].startswith("permit.")] == [None] * 9
    names = {path.name for path in (Path(folder.address) / "phase-0" / "ledger").iterdir()}
    said = json.loads(next((Path(folder.address) / "phase-0" / "receipts").iterdir()).read_text(encoding="utf-8"))
    assert names == {said["receipt"]["files"]["ledger"]["name"].removeprefix("ledger/")}
    assert check(folder).problems == []
    assert clean_run(folder).samples == 0
    assert digests(bench.run()) == before
