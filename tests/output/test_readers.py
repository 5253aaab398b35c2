"""A corpus opens with the default call of every reader that people use."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from glotmill.core.schema import DOCUMENT_SCHEMA, SCHEMA_VERSION
from glotmill.provenance.folder import RunFolder
from support.corpora import LABEL, SHORT, Bench, documents


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    rows = [
        {**row, "language": "eus_Latn" if index % 2 else "tha_Thai", "license": "CC0-1.0"}
        for index, row in enumerate(documents(80))
    ]
    bench = Bench(tmp_path_factory.mktemp("readers"), rows, [LABEL, SHORT])
    return bench.run()


def urls_kept() -> set[str]:
    return {f"https://stories.example/{index}" for index in range(80) if index % 10 != 9}


def test_pyarrow_reads_the_folder_with_all_columns(corpus: RunFolder) -> None:
    table = pq.read_table(corpus.join("data"))
    assert set(table.column("url").to_pylist()) == urls_kept()
    assert table.schema.names == DOCUMENT_SCHEMA.names
    assert table.schema.metadata[b"glotmill.schema_version"] == str(SCHEMA_VERSION).encode()


def test_datasets_loads_the_files(corpus: RunFolder, tmp_path: Path) -> None:
    import datasets

    files = [str(path) for path in sorted(Path(corpus.join("data")).rglob("*.parquet"))]
    loaded = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path))["train"]
    assert set(loaded["url"]) == urls_kept()


def test_duckdb_reads_the_folder(corpus: RunFolder) -> None:
    import duckdb

    query = f"select language, count(*) from '{corpus.join('data')}/**/*.parquet' group by language order by language"
    counts = dict(duckdb.sql(query).fetchall())
    assert counts == {"eus_Latn": 32, "tha_Thai": 40}


def test_polars_reads_the_folder(corpus: RunFolder) -> None:
    import polars as pl

    frame = pl.read_parquet(f"{corpus.join('data')}/**/*.parquet")
    assert set(frame["url"]) == urls_kept()
    assert frame["license_evidence"][0][0]["spdx"] == "CC0-1.0"


def test_the_documented_columns_are_those_of_the_schema(root: Path) -> None:
    text = (root / "docs" / "reference" / "columns.md").read_text(encoding="utf-8")
    corpus_part = text.partition("## Ledger")[0]
    documented = [
        name.strip()
        for line in corpus_part.splitlines()
        if line.startswith("| ") and not line.startswith(("| column", "|---"))
        for name in line.split("|")[1].split(",")
    ]
    assert documented == DOCUMENT_SCHEMA.names
    assert f"Schema version {SCHEMA_VERSION}" in text
