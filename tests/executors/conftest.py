"""One Ray for all tests of a session: it takes seconds to start."""

from collections.abc import Iterator

import pytest

from glotmill.executors.ray import RayExecutor


@pytest.fixture(scope="session")
def ray_here() -> Iterator[RayExecutor]:
    executor = RayExecutor(None, 2)
    yield executor
    executor.close()
