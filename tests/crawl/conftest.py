"""What tests of the crawl share."""

from pathlib import Path

import pytest

from glotmill.demo.commoncrawl import build


@pytest.fixture(scope="session")
def common_crawl(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny Common Crawl; not to be written to."""
    folder = tmp_path_factory.mktemp("commoncrawl")
    build(root / "pipelines" / "demo_web", folder)
    return folder
