"""The how-to page on books: its commands run as they stand, and what they print is what the page says."""

from pathlib import Path

import pytest

from support.pages import run_page


@pytest.mark.slow
def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "read-books-and-scans.md", tmp_path)
    assert "gutunak.xml Lehen gutuna Itsasoko gutunak 1911 CC-BY-4.0 1 1" in said
    assert "eta arrainak urrundu dira kostatik. Donostia-Bilbo trenean etorriko naiz." in said
    assert "Haizea dator,\nekaitza dator." in said
    assert "reise.txt None None None CC0-1.0 2 1" in said
    assert (
        "daß die Dampfschiffahrt auf dem See ruhte und der Kaffee ohne Zucker getrunken wurde. Die Nord-Süd-Straße"
        in said
    )
