"""The how-to page on object storage: its commands run as they stand, against an S3 server."""

from pathlib import Path

import pytest

pytest.importorskip("moto")
pytest.importorskip("s3fs")

from support.object_store import Proxy
from support.pages import run_page

pytest_plugins = ["support.stores"]


@pytest.mark.slow
def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path, store: Proxy) -> None:
    said = run_page(root / "docs" / "how-to" / "object-storage.md", tmp_path)
    assert "in an object store, about:" in said
    assert "3 records read: 2 kept in" in said
    assert "exact" in said
    assert "freed in" in said
