"""The how-to page on ablations: its commands run as they stand, and say what the page says."""

from pathlib import Path

from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "ablate.md", tmp_path)
    assert "better: out/safi/1.0.0/data/swh_Latn" in said
    assert "+0.0000 (0.0000 to 0.0000)" in said
    assert "no difference is shown" in said
    assert said.rstrip().endswith("over 3 draws of swh_Latn: better: safi@1.0.0")
