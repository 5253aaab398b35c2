"""The how-to page on `lint-licenses`: its commands run as they stand and find what the page says."""

import re
from pathlib import Path

from glotmill.licensing.linting.findings import CODES
from support.pages import run_page

PAGE = Path("docs") / "how-to" / "lint-licenses.md"


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / PAGE, tmp_path)
    table, rest = said.split("5 entries: 4 errors, 2 warnings, 1 notes\n")
    (shown,) = re.findall(r"^error: .*$", (root / PAGE).read_text(encoding="utf-8"), re.MULTILINE)
    assert f"{shown}\n" in table
    assert re.findall(r"\[(\w+)\]$", table, re.MULTILINE) == [
        "not_an_id", "not_open", "deprecated", "software", "duplicate", "says_nothing", "no_source"
    ]  # fmt: skip
    assert '"freer_than_parts": 1' in rest
    assert rest.endswith("1 entries: 0 errors, 0 warnings, 0 notes\n")


def test_the_page_explains_every_code(root: Path) -> None:
    text = (root / PAGE).read_text(encoding="utf-8")
    explained = {
        code
        for row in re.findall(r"^\| ([\w, ]+) \| (?:error|warning|note) ", text, re.MULTILINE)
        for code in row.split(", ")
    }
    assert explained == set(CODES)
