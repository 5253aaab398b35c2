"""The how-to page on steps of one's own: its package installs, its step is found by its entry point, and judges as it says."""

import re
from pathlib import Path

import pyarrow.parquet as pq

from glotmill.provenance.folder import RunFolder
from support.pages import run_page
from support.rights import check


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "add-a-step.md", tmp_path)
    assert "pipelines/typo.yaml: steps.1.abvoe: no such field" in said
    assert "packages.chat: " in said
    run = RunFolder(str(tmp_path / "ongea/out/gumzo/1.0.0"))
    assert re.fullmatch(r"[0-9a-f]{16}", run.read_json("manifest.json")["packages"]["chat"])
    assert check(run).problems == []
    rows = pq.read_table(tmp_path / "ongea/out/gumzo/1.0.0/data").to_pylist()
    assert [row["url"] for row in rows] == ["https://gumzo.example/2"]
