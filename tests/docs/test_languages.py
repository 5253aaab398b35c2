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
    floor = {"kept": 0.95, "navigation_dropped": 1.0}
    assert written["row"](one, floor) == "| `kan_Knda` | Kannada | Knda | proven | 0.95 kept, 1.00 dropped | 20 |"
    assert written["row"](one, None) == "| `kan_Knda` | Kannada | Knda | proven |  | 20 |"
    counted = written["gate"]({**floor, "documents": 71})
    assert counted == "0.95 kept of 71 documents, 1.00 dropped"
