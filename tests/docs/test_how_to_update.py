"""The how-to page on updates: its commands run as they stand, and print what the page says."""

from pathlib import Path

from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "update-a-corpus.md", tmp_path)
    assert "3 records read: 1 kept in" in said
    assert "\n2026-12\n" in said
    assert "published before" in said
    assert said.rstrip().endswith("3 documents")
