"""The how-to page on comparing runs: its commands run as they stand, and say what the page says."""

from pathlib import Path

from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "compare-two-runs.md", tmp_path)
    assert "kept: 4 by A, 2 by B, 2 by both with the same text" in said
    assert "quality: luze.too_few_words" in said
    assert "Albistea laster" in said
    assert said.rstrip().endswith("(`quality: luze.too_few_words`)")
