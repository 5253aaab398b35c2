"""The how-to page on `decontaminate`: its commands run as they stand, and what they leave is what the page says."""

import json
from pathlib import Path

import pyarrow.parquet as pq

from glotmill.provenance.folder import RunFolder
from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "decontaminate.md", tmp_path)
    assert "maswali: 1 of 2 items in swh_Latn" in said
    assert "too short 1" in said
    dropped = tmp_path / "clean/out/clean/1.0.0"
    ledger = [row for batch in RunFolder(str(dropped)).ledger() for row in batch.to_pylist()]
    assert {(row["url"], row["reason"], row["detail"]) for row in ledger} == {
        ("https://a.example/1", "decontaminate.galdera", "galdera 1 share 1.0000 by galdera-tr"),
        ("https://a.example/3", "decontaminate.galdera", "galdera 1 share 1.0000 by galdera-th"),
        ("https://a.example/5", "decontaminate.maswali", "maswali 1 share 1.0000 by maswali"),
    }
    funnel = json.loads((dropped / "manifest.json").read_text(encoding="utf-8"))["account"]
    assert (funnel["kept"], funnel["dropped"]) == (3, 3)
    cut = tmp_path / "clean/out/clean/1.1.0"
    rows = {row["url"]: row for part in RunFolder(str(cut)).parts() for row in pq.read_table(cut / part).to_pylist()}
    assert (
        rows["https://a.example/1"]["text"]
        == "Dün akşam bilgi yarışması vardı. Kimse bilemedi. Sonra hep birlikte çay içtik."
    )
    assert rows["https://a.example/3"]["text"] == "วันนี้ครูถามนักเรียนว่า นักเรียนทุกคนเงียบไปพักใหญ่"
    assert rows["https://a.example/5"]["text"] == "Tuma jibu lako."
    assert rows["https://a.example/6"]["contamination"] == []
    found = json.loads(said[said.rindex('{\n  "run"') :])["benchmarks"]
    assert found["galdera"] == {
        "documents_dropped": 0,
        "documents_kept": 2,
        "items": 1,
        "items_by_index": {"galdera-th": [1], "galdera-tr": [1]},
    }
