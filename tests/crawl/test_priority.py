"""Which links come first."""

from datetime import UTC, datetime, timedelta

import pytest

from glotmill.crawl.messages import Link
from glotmill.crawl.priority import base_priority

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    ("link", "hops", "priority"),
    [
        (Link("u", "seed"), 0, 0.9),
        (Link("u", "sitemap"), 0, 0.5),
        (Link("u", "sitemap", weight=1.0), 0, 0.6),
        (Link("u", "feed", last_modified=NOW - timedelta(days=2)), 1, 0.78),
        (Link("u", "link", last_modified=NOW - timedelta(days=200)), 1, 0.43),
        (Link("u", "link"), 90, 0.0),
        (Link("u", "a new source"), 0, 0.45),
    ],
)
def test_priorities(link, hops, priority):
    assert base_priority(link, hops=hops, now=NOW) == pytest.approx(priority)
