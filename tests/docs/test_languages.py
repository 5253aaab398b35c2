"""docs/languages says of every language on file what its file and its gate say."""

import runpy
from pathlib import Path

import pytest

from glotmill.text.rules import read_language


@pytest.fixture(scope="module")
def written() -> dict:
    return runpy.run_path(str(Path(__file__).resolve().parents[2] / "scripts" / "write_languages.py"))


def test_the_pages_of_languages_are_those_of_the_files(root: Path, written: dict) -> None:
    stale = [
        name
        for name, text in written["pages"]().items()
        if (root / "docs/languages" / name).read_text(encoding="utf-8") != text
    ]
    assert stale == [], "run scripts/write_languages.py"


def test_a_line_says_script_status_gate_and_number_of_words(root: Path, written: dict) -> None:
    text = (root / "filters/languages/kan_Knda.yaml").read_text(encoding="utf-8")
    language = read_language("kan_Knda", {"filters/languages/kan_Knda.yaml": text})
    assert language is not None
    one = language.model_copy(update={"status": "proven"})
    floor = {"documents": 71, "share": 0.97, "kept": 0.9, "navigation": 1.0, "scanned": 0.5}
    said = "0.97 of 71 kept, at least 0.90; 0.75 dropped"
    assert written["row"](one, floor) == f"| [`kan_Knda`](kan_Knda.md) | Kannada | Knda | proven | {said} | 20 |"
    assert written["row"](language, None) == "| `kan_Knda` | Kannada | Knda | unproven |  | 20 |"


def test_every_proven_language_has_a_page_and_no_other(root: Path, written: dict) -> None:
    proven = {language.tag for language in written["languages"]() if language.status == "proven"}
    found = {path.stem for path in (root / "docs/languages").glob("*.md")} - {"README"}
    assert found == proven


def test_a_page_says_what_the_gate_does_not_reach(root: Path) -> None:
    text = (root / "docs/languages/vie_Latn.md").read_text(encoding="utf-8")
    assert "Below the aim of 0.9: translations that stutter or kept words of their source (0.75)." in text
    assert "Fewer than ten pages" in (root / "docs/languages/eus_Latn.md").read_text(encoding="utf-8")
    hindi = (root / "docs/languages/hin_Deva.md").read_text(encoding="utf-8")
    assert "One source, split by its pages" in hindi
    assert "`mar_Deva`: आणि, आहे" in hindi
