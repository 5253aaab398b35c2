"""The how-to page on identifiers: its commands run as they stand, one after the other, and do what the page says."""

import json
from pathlib import Path

from glotmill.text.tags import from_label, matches
from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "use-another-identifier.md", tmp_path)
    manifest = json.loads((tmp_path / "lugha/out/inkuru/1.0.0/manifest.json").read_text(encoding="utf-8"))
    assert (manifest["account"]["kept"], manifest["account"]["dropped"]) == (1, 2)
    assert "identify.other_language" in said
    assert (tmp_path / "lugha/cache/lugha/lugha.bin").read_bytes() == (tmp_path / "lugha/lugha.bin").read_bytes()
    swahili, thai, nothing = said.splitlines()[-3:]
    assert swahili.startswith("[('swh_Latn', ")
    assert thai.startswith("[('tha_Thai', ")
    assert nothing == "[]"


def test_labels_mean_what_the_page_says() -> None:
    assert from_label("sr", "Cyrl") == "srp_Cyrl"
    assert from_label("ar", "Latn") != "arb_Arab"
    assert from_label("est_Latn", "Latn") == "ekk_Latn"
    assert from_label("zh", "Hani") == from_label("zho_Hans", "Hani") == "cmn_Hani"
    assert from_label("als", "Latn") == "gsw_Latn"
    assert from_label("als_Latn", "Latn") == "als_Latn"
    assert not any(matches(label, tag) for label in ("zxx_Zzzz", "und_Latn") for tag in ("eus_Latn", "khm_Khmr"))
