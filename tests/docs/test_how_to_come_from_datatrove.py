"""The how-to page for those who come from datatrove: its commands run as they stand, and say what the page says."""

import json
import re
from pathlib import Path

import pytest
from datatrove.pipeline import filters, formatters

from glotmill.provenance.folder import RunFolder
from glotmill.report.funnel import funnel
from support.command import glotmill
from support.pages import run_page

PAGE = Path("docs") / "how-to" / "come-from-datatrove.md"


@pytest.fixture(scope="module")
def said(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("datatrove")
    return run_page(root / PAGE, folder), folder / "umzug"


def reasons(folder: Path, bounds: str) -> dict[str, int]:
    run = RunFolder(str(folder / f"out/umzug-{bounds}/1.0.0"))
    return {row.reason: row.dropped for row in funnel(run.counts()) if row.reason is not None}


def test_the_commands_of_the_page_run_in_order_and_the_bounds_decide_differently(said: tuple[str, Path]) -> None:
    printed, folder = said
    assert "'ástẹ́rọ́ìdì' is far longer than the others" in printed
    assert reasons(folder, "fineweb2") == {
        "fineweb_quality.too_many_line_breaks": 1,
        "fineweb_quality.lines_without_end_mark": 1,
    }
    assert reasons(folder, "languages") == {"fineweb_quality.lines_without_end_mark": 1}
    assert "https://blatt.example/zugabteil" in printed


def test_lint_filters_objects_to_as_many_files_as_the_page_says(root: Path) -> None:
    said = json.loads(glotmill("lint-filters", str(root / "filters/fineweb2"), "--json", cwd=root, code=1))
    assert len({finding["file"] for finding in said["findings"]}) == 7


def test_every_class_in_the_table_is_one_of_datatrove(root: Path) -> None:
    table = (root / PAGE).read_text(encoding="utf-8").partition("## The thresholds")[0]
    named = set(re.findall(r"`(\w+(?:Filter|Formatter))\b", table))
    assert len(named) >= 9
    assert {name for name in named if not hasattr(filters, name) and not hasattr(formatters, name)} == set()
