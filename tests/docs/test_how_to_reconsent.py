"""The how-to page on consent: its commands run as they stand, and print what the page says."""

from pathlib import Path

import pyarrow.parquet as pq

from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "reconsent.md", tmp_path)
    assert "policy strictest: 3 snapshots" in said
    assert "takedown.consent" in said
    assert "0 problems" in said
    rows = pq.read_table(tmp_path / "habari/out/habari/2026.11.1/data").to_pylist()
    assert {row["url"]: row["consent"] for row in rows} == {
        "https://pwani.example/mvuvi": "train-ai=allowed by content-usage",
        "https://talat.example/saphan": "train-ai=unknown",
    }
