"""The how-to page on `language add`: its commands run as they stand, one after the other, and do what the page says."""

import re
from pathlib import Path

import yaml

from glotmill.text.identification.own import own_path, parse_own
from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "add-a-language.md", tmp_path)
    looked, _, after = said.partition("filters/identification/jpn_Latn.yaml would be (--write writes it)")
    assert "WARNING: 2,050 bytes of text are little" in looked
    assert "held out by source (10)" in looked
    assert re.search(r"ita_Latn +30 characters +both +0 of", looked)
    assert "written: filters/identification/jpn_Latn.yaml" in after
    assert "written: filters/languages/jpn_Latn.yaml" in after
    assert "0 with problems" in after
    dropped, _, kept = after.rpartition("\nkept\n")
    assert "label ita_Latn in Latn" in dropped
    assert "Kyō wa tenki ga ii node" in kept
    home = tmp_path / "romaji"
    text = (home / own_path("jpn_Latn")).read_text(encoding="utf-8")
    assert parse_own(text, own_path("jpn_Latn")).words[0] == "wa"
    language = yaml.safe_load((home / "filters" / "languages" / "jpn_Latn.yaml").read_text(encoding="utf-8"))
    assert language["stop_words"][:3] == ["wa", "ga", "o"]
    assert (language["bounds"], language["sentence_ends"]) == ({}, ["."])
