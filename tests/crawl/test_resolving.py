"""Names and addresses of this machine."""

import asyncio

from glotmill.crawl.resolving import SystemResolver


def test_the_system_knows_itself_and_each_address_once():
    found = asyncio.run(SystemResolver().resolve("localhost"))
    assert set(found) <= {"127.0.0.1", "::1"}
    assert len(found) == len(set(found)) > 0
