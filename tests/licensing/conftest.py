"""The license table and what is built on it, once per session."""

import pytest

from glotmill.licensing.decision import Judge
from glotmill.licensing.detection import Detector
from glotmill.licensing.table import LicenseTable, load_table


@pytest.fixture(scope="session")
def table(root) -> LicenseTable:
    return load_table((root / "manifests" / "licenses.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def detector(table) -> Detector:
    return Detector(table)


@pytest.fixture(scope="session")
def judge(table) -> Judge:
    return Judge(table)
