"""The how-to page on extraction: its commands run as they stand, and its pages come out as the page says."""

from pathlib import Path

import pyarrow.dataset as ds

from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "extract-text.md", tmp_path)
    assert "text found by blocks" in said
    table = ds.dataset(tmp_path / "bustani/out/bustani/1.0.0/data", format="parquet").to_table()
    texts = dict(zip(table["url"].to_pylist(), table["text"].to_pylist(), strict=True))
    assert texts["https://bustani.example/bei"].split("\n") == [
        "Bei za sokoni",
        "Kila Jumamosi mama hupeleka matunda sokoni na kuuza yote kabla ya saa sita mchana.",
        *("| Tunda | Bei |", "| --- | --- |", "| Embe | 500 |", "| Chungwa | 200 |"),
        *("1. Osha matunda", "2. Panga mezani"),
    ]
    assert texts["https://bustani.example/ame"].startswith("雨の日\n椿の咲く庭に")
    assert "می‌رود" in texts["https://bustani.example/nan"]
    assert table["extractor"].to_pylist() == ["blocks"] * 3
