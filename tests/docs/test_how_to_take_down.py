"""The how-to page on takedowns: its commands run as they stand, and print what the page says."""

from pathlib import Path

from support.pages import run_page
from support.takedowns import holding


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "take-down.md", tmp_path)
    assert "nothing was changed" in said
    assert "release 1.0.0 -> 2.0.0" in said
    assert "0 problems" in said
    assert "tombstones.url: taken down" in said
    assert "tombstones.document" in said
    for folder in ("out", "again", "manifests"):
        assert holding(tmp_path / "albisteak" / folder, "errota.example", "giltza urdina") == []
