"""The how-to page on `rehydrate`: its commands run as they stand, and print what the page says."""

from pathlib import Path

from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "upsample-by-cluster-size.md", tmp_path)
    rows = [line for line in said.splitlines() if line.split(" ")[0] in {"1", "3", "16", "200"} and "." in line]
    assert [row.split()[:2] for row in rows[:4]] == [["1", "1.0"], ["3", "1.9332"], ["16", "4.0"], ["200", "4.0"]]
    assert [row.split()[:2] for row in rows[4:]] == [["1", "1.0"], ["3", "2.1887"], ["16", "4.0"], ["200", "1.0"]]
    repeats = [int(row.split()[2]) for row in rows]
    assert repeats[0] == 1
    assert repeats[1] in (1, 2)
    assert repeats[2:5] == [4, 4, 1]
    readings = sum(repeats[:4])
    assert f"{readings} readings of 4 documents" in said
    assert f"{readings} readings in the stream" in said
    assert "table: {1: 1, 2: 4, 16: 4, 128: 1}" in said
