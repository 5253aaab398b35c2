"""What tests of provenance share: one finished corpus under many licenses, to be copied and never changed."""

import pytest

from glotmill.provenance.folder import RunFolder
from support.rights import Licensed, rows


@pytest.fixture(scope="package")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return Licensed(tmp_path_factory.mktemp("finished"), rows()).run()
