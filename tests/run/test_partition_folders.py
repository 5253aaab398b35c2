"""Folders of a corpus: whatever its values look like, no document is written over another, and verification holds."""

from pathlib import Path

import pyarrow.parquet as pq

from glotmill.provenance.verify import verify
from support.corpora import LABEL, Bench

SINK = {"kind": "parquet", "partition_by": ["author"], "part_mb": 0.01, "row_group_rows": 50}


def test_values_that_need_escapes_keep_their_documents_apart(tmp_path: Path) -> None:
    authors = ["é1", "ຑ", ".", "..", "", "unknown", None, "a/b", "A=b"]
    rows = [
        {"text": "Gaur euria egin du.", "author": a, "url": f"https://a.example/{n}"} for n, a in enumerate(authors)
    ]
    bench = Bench(tmp_path, rows, [])
    bench.write_recipe([LABEL], sink=SINK)
    folder = bench.run()
    found = {
        row["url"]: part.split("/")[1]
        for part in folder.parts()
        for row in pq.read_table(folder.join(part), partitioning=None).to_pylist()
    }
    escaped = ["%C3%A91", "%E0%BA%91", "%2E", "%2E%2E", "unknown", "unknown", "unknown", "a%2Fb", "A%3Db"]
    assert found == {f"https://a.example/{n}": name for n, name in enumerate(escaped)}
    assert verify(folder, check_row=lambda row: None).problems == []


def test_long_values_have_folders_too(tmp_path: Path) -> None:
    rows = [
        {"text": "Gaur euria egin du.", "author": author, "url": f"https://a.example/{number}"}
        for number, author in enumerate(["ማእከላዊ ገበያ " * 20 + "ሀ", "ማእከላዊ ገበያ " * 20 + "ለ"])
    ]
    bench = Bench(tmp_path, rows, [])
    bench.write_recipe([LABEL], sink=SINK)
    folder = bench.run()
    assert len({part.split("/")[1] for part in folder.parts()}) == 2
    assert verify(folder, check_row=lambda row: None).problems == []
