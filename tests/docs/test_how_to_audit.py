"""The how-to page on the gate's audit: its commands run as they stand, and a person's word counts."""

from pathlib import Path

import pytest

from support.pages import run_page


@pytest.mark.slow
def test_the_commands_of_the_page_run_in_order(
    root: Path, tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (models_dir / "lid176" / "lid.176.ftz").is_file():
        pytest.skip("lid176 is not fetched; `make` fetches it")
    cache = tmp_path / "cache" / "glotmill"
    cache.mkdir(parents=True)
    (cache / "models").symlink_to(models_dir)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache.parent))
    said = run_page(root / "docs" / "how-to" / "audit-the-gate.md", tmp_path)
    assert "plain: 2 of 2 rejects audited" in said
    assert "2 audited pages written to look.csv" in said
