"""The how-to pages on sources and licenses: their commands run as they stand, and rows have the licenses that the pages say."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from support.pages import run_page


def licenses(data: Path) -> dict[str, tuple[str, str]]:
    return {row["text"][:6]: (row["license"], row["license_state"]) for row in pq.read_table(data).to_pylist()}


def test_the_commands_of_the_page_on_sources_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "add-a-source.md", tmp_path)
    assert [line.split() for line in said.splitlines() if line.startswith(("barua", "hadithi", "vipande"))] == [
        ["barua", "2", "2"],
        ["hadithi", "3", "2"],
        ["vipande", "1", "0"],
    ]
    assert licenses(tmp_path / "soko/out/soko/1.0.0/data") == {
        "Wavuvi": ("CC-BY-4.0", "declared"),
        "ชาวประ": ("CC-BY-SA-4.0", "declared"),
        "Mheshi": ("CC0-1.0", "verified"),
        "เรียนท": ("CC0-1.0", "verified"),
    }


@pytest.mark.slow
def test_the_commands_of_the_page_on_licenses_run_in_order(root: Path, tmp_path: Path) -> None:
    run_page(root / "docs" / "how-to" / "add-a-license.md", tmp_path)
    assert licenses(tmp_path / "herria/out/oharrak/1.1.0/data") == {
        "Udal l": ("LicenseRef-Herri-1.0", "declared"),
        "Igeril": ("CC-BY-4.0", "declared"),
    }
