"""The how-to page on `rejudge`: its commands run as they stand, one after the other, and do what the page says."""

import json
from pathlib import Path

from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "rejudge-a-corpus.md", tmp_path)
    before, after = (
        json.loads((tmp_path / "stories/out/hadithi" / version / "manifest.json").read_text(encoding="utf-8"))
        for version in ("1.0.0", "1.0.0-rejudged")
    )
    assert (before["account"]["kept"], before["account"]["dropped"]) == (3, 0)
    assert (after["account"]["kept"], after["account"]["dropped"]) == (3, 0)
    _, first, second = said.split("judged again")
    assert "gopher_quality.too_few_words" in first
    assert "gopher_quality.too_few_words" not in second
    assert "1.0.0-rejudged: verified" in said
