"""What all tests share: where the repository and real data are, and a loud end where required data is missing."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# Machines are noisy: no example fails for the time that it takes.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """Where `make` puts fetched models."""
    return ROOT / ".cache" / "models"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """In CI no test on real data is skipped: there a skip is a failure."""
    outcome = yield
    report = outcome.get_result()
    required = os.environ.get("GLOTMILL_REQUIRE_REAL") == "1"
    if required and report.skipped and item.get_closest_marker("real"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and GLOTMILL_REQUIRE_REAL=1 forbids it: {report.longrepr}"
