"""The how-to page on the German Commons: its commands run as they stand, and leave what the page says."""

from pathlib import Path

from glotmill.provenance.folder import RunFolder
from glotmill.report.funnel import by_group
from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "german-commons.md", tmp_path)
    assert "german-books CC0-1.0 verified 0" in said
    assert "german-minutes CC0-1.0 declared 1" in said
    assert "daß die Dampfschiffahrt auf dem See ruhte, warteten wir jeden Abend am Steg auf" in said
    assert (
        "Die Verwaltung antwortet, dass die Bänke bis zum Erntefest stehen; wer spenden will, überweist auf <iban>."
        in said
    )
    assert "verified, 2 parts, 2 rows" in said
    groups = by_group(RunFolder(str(tmp_path / "allmende/out/german-commons/1.0.0")), "domain")
    assert [(one.name, one.documents, one.kept) for one in groups] == [("literature", 1, 1), ("politics", 1, 1)]
