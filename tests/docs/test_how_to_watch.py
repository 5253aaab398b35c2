"""The how-to page on watching: its commands run as they stand, and what they leave is what the page says."""

from pathlib import Path

from support.pages import run_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "watch-a-run.md"


def test_the_page_runs_and_leaves_a_log_and_two_reports(tmp_path: Path) -> None:
    said = run_page(PAGE, tmp_path)
    run = tmp_path / "azoka" / "out" / "azoka" / "1.0.0"
    assert "1.0.0: finished" in said
    assert [path.suffix for path in sorted((run / "events").iterdir())] == [".alive", ".jsonl"]
    page = (run / "report.html").read_text(encoding="utf-8")
    assert page.count("Azokan sagarrak") == 2  # the copy that was dropped, and the one that was kept
    assert "Ez du inork" not in page
    assert "Tokens per 100 words, letters" in page
    assert "Cost needs a price" not in page
    assert "This is a dry run" in (tmp_path / "azoka" / "dry-run.html").read_text(encoding="utf-8")
