"""What tests of mixes share: corpora small enough to be quick, in several pieces all the same."""

from pathlib import Path

import pytest

from glotmill.plan import mixing as planning
from glotmill.provenance.folder import RunFolder
from support.mixes import copies, two_versions
from support.rights import Licensed


@pytest.fixture(autouse=True)
def several_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small corpora are one piece otherwise."""
    monkeypatch.setattr(planning, "_PIECE_BYTES", 20_000)


@pytest.fixture(scope="module")
def corpus(bench: Licensed) -> RunFolder:
    return bench.run()


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Licensed:
    return two_versions(tmp_path_factory.mktemp("versions"))


@pytest.fixture
def two_corpora(versions: Licensed, tmp_path: Path) -> tuple[Licensed, RunFolder, RunFolder]:
    return (versions, *copies(versions, tmp_path))
