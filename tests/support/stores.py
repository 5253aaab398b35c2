"""Fixtures of an S3 server on loopback; test modules name this one in `pytest_plugins`."""

from collections.abc import Iterator

import pytest

from glotmill.io import objects
from support.object_store import Proxy, at_hand, proxied, s3_server


@pytest.fixture(scope="module")
def store_proxy() -> Iterator[Proxy]:
    """A proxy before an S3 server, one for the tests of a module."""
    with s3_server() as address, proxied(address) as proxy:
        yield proxy


@pytest.fixture
def store(store_proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """An S3 server that this process and its children find by themselves, asked again after hundredths of seconds."""
    with at_hand(store_proxy, monkeypatch):
        monkeypatch.setattr(objects, "WAITS_S", (0.01, 0.02, 0.03, 0.04, 0.05))
        yield store_proxy
