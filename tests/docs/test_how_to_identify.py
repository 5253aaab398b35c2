"""The how-to page on identification: its commands run as they stand, and print what the page says."""

from pathlib import Path

from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    run_page(root / "docs" / "how-to" / "identify-languages.md", tmp_path)
