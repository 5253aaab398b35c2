"""The how-to page on filter rules: its commands run as they stand, and its examples fall where it says."""

import json
from pathlib import Path

import pytest
import yaml

from support.pages import run_page

PAGE = Path("docs") / "how-to" / "add-a-filter-rule.md"


@pytest.mark.slow
def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / PAGE, tmp_path)
    home = tmp_path / "pazar"
    rules = yaml.safe_load((home / "filters/shouting.yaml").read_text(encoding="utf-8"))["rules"]
    written = [rule["examples"][side]["text"] for rule in rules for side in ("kept", "dropped")]
    rows = [json.loads(line)["text"] for line in (home / "pages.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows[:4] == written
    dry = said.partition("Dry run of pazar")[2]
    assert "shouting.too_many_symbols" in dry
    assert "shouting.too_much_uppercase" in dry
    assert "symbol_share 0.3947 > 0.1" in dry
