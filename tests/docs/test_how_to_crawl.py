"""The how-to page on crawls: its commands run as they stand, and print what the page says."""

from pathlib import Path

from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "crawl-sites.md", tmp_path)
    assert "3 pages asked for" in said
    assert "skipped: robots.disallowed" in said
    assert "2 kept in" in said
    assert "0 problems" in said
    log = (tmp_path / "saioa" / "server.log").read_text(encoding="utf-8")
    assert log.count("GET /robots.txt") == 1
    assert "GET /itxita" not in log
