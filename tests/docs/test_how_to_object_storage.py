"""The how-to page on object storage: its commands run as they stand, against an S3 server."""

from pathlib import Path

import pytest

pytest.importorskip("moto")
pytest.importorskip("s3fs")

from support.object_store import at_hand, proxied, s3_server
from support.pages import run_page


@pytest.mark.slow
def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_server() as address, proxied(address) as proxy, at_hand(proxy, monkeypatch):
        said = run_page(root / "docs" / "how-to" / "object-storage.md", tmp_path)
    assert "in an object store, about:" in said
    assert "3 records read: 2 kept in" in said
    assert "exact" in said
    assert "freed in" in said
