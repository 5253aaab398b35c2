"""The how-to page on reviewing licenses: its commands run as they stand, and later runs heed what was decided."""

from pathlib import Path

import pyarrow.parquet as pq

from glotmill.provenance.folder import RunFolder
from support.pages import run_page


def states(run: Path) -> dict[str, tuple[str, str]]:
    rows = [row for part in RunFolder(str(run)).parts() for row in pq.read_table(run / part).to_pylist()]
    return {row["url"]: (row["license"], row["license_state"]) for row in rows}


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "review-licenses.md", tmp_path)
    home = tmp_path / "guneak"
    assert "3 hosts written to begira.html and begira.csv" in said
    assert "1 hosts verified, 1 rejected, 2 of them new or changed" in said
    assert "decided_by: Ane Etxeberria" in said
    assert "0 problems" in said
    assert states(home / "out/guneak/1.0.0") == {
        "https://argazkiak.example/1": ("CC-BY-4.0", "declared"),
        "https://argazkiak.example/2": ("CC-BY-4.0", "declared"),
        "https://soukna.example/1": ("CC-BY-4.0", "declared"),
    }
    assert states(home / "out/guneak/1.1.0") == {
        "https://herria.example/1": ("CC-BY-SA-4.0", "verified"),
        "https://www.herria.example/2": ("CC-BY-SA-4.0", "verified"),
        "https://soukna.example/1": ("CC-BY-4.0", "declared"),
    }
    ledger = {
        row["url"]: row["reason"]
        for batch in RunFolder(str(home / "out/guneak/1.1.0")).ledger()
        for row in batch.to_pylist()
    }
    assert ledger == dict.fromkeys(
        ["https://argazkiak.example/1", "https://argazkiak.example/2", "https://herria.example/3"], "permit.conflict"
    )
