"""The how-to page on quality classifiers: its commands run as they stand, and do what the page says."""

import json
from pathlib import Path

from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "train-a-quality-classifier.md", tmp_path)
    assert "control: auc shuffled labels" in said
    assert "unaudited_hq\nunaudited_low\nunaudited_mid" in said
    first, again = (
        json.loads((tmp_path / "ubora/out/mtandao" / version / "manifest.json").read_text(encoding="utf-8"))
        for version in ("1.0.0", "1.0.0-rejudged")
    )
    assert (first["account"]["kept"], first["account"]["dropped"]) == (200, 0)
    assert 50 <= again["account"]["kept"] <= 70
    assert again["parent"]["models"] == first["models"]
    assert "120 documents written to soma.html and soma.csv" in said
    assert "Cohen's kappa 0." in said
    assert said.endswith("\nhq\nlow\n")
    assert (tmp_path / "ubora/soma.html").read_text(encoding="utf-8").count("<article ") == 120
    card = json.loads((tmp_path / "ubora/manifests/quality/ubora.json").read_text(encoding="utf-8"))
    assert card["languages"]["swh_Latn"]["metrics"]["auc"]["value"] > 0.95
    floor = card["languages"]["swh_Latn"]["floor"]
    assert floor["precision"] > 0.6
    assert floor["rated"] == 20
    assert "Rated by Asha on 2026-11-27 and Juma on 2026-11-27, blind" in floor["evidence"]
    assert "they called" in (tmp_path / "ubora/models/ubora.md").read_text(encoding="utf-8")
