"""The how-to page on `calibrate`: its commands run as they stand, one after the other, and do what the page says."""

from pathlib import Path

import yaml

from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "calibrate-a-language.md", tmp_path)
    looked, _, after = said.partition("filters/languages/cnr_Cyrl.yaml would be (--write writes it):")
    _, written, linted = after.partition("written: filters/languages/cnr_Cyrl.yaml")
    assert "400 documents of prose.jsonl measured" in looked
    assert "split by source (10)" in looked
    assert "WARNING: gopher_quality.too_few_words drops 75% of the crawl, more than 60%" in looked
    assert "  crawl, dropped at 6: Почетна Вијести" in looked
    assert "too few documents" not in looked
    assert written
    assert "1 files linted, 1 with findings, 0 with errors" in linted
    assert "Recipes that judge by web_surface refuse the language." in linted
    text = (tmp_path / "crnogorski" / "filters" / "languages" / "cnr_Cyrl.yaml").read_text(encoding="utf-8")
    (evidence,) = yaml.safe_load(text)["evidence"]
    assert evidence["text"].startswith("Bounds of gopher_quality, script calibrated: method quantile, 2 bounds moved")
    assert evidence["license"] == "CC0-1.0"
