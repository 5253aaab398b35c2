"""The how-to page on Common Crawl: its commands run as they stand, and print what the page says."""

from pathlib import Path

import pytest

from support.pages import run_page


@pytest.mark.slow
def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "common-crawl.md", tmp_path)
    assert "no list yet" not in said
    assert "requests and" in said
    assert "not finished" in said
    assert "permit.consent_denied" in said
    assert "verified" in said
    assert "0 problems" in said
    assert said.rstrip().splitlines()[-1].startswith("kijijichetu.example: ")
