"""Links that a shard has found and another one has to ask for."""

import sqlite3
from datetime import UTC, datetime

from glotmill.crawl.entries import Found
from glotmill.crawl.messages import Link

_REMEMBERED = 100_000  # links that are not sent again: every page of a site has the same ones


class Outbox:
    """The table of such links, inside the transactions of its frontier."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._sent: dict[str, None] = {}

    def send(self, shard: int, one: Found, via: str | None) -> None:
        """Put a link in for a shard, unless it went there not long ago."""
        link = one.link
        if link.url in self._sent:
            return
        if len(self._sent) >= _REMEMBERED:
            self._sent.clear()
        self._sent[link.url] = None
        modified = None if link.last_modified is None else link.last_modified.timestamp()
        self._db.execute(
            "INSERT INTO outgoing (shard, url, source, language, modified, weight, priority, hops, via, beyond, redirects)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(shard, link.url, link.source, link.language, modified, link.weight),
                *(one.priority, one.hops, via, one.beyond, one.redirects),
            ),
        )

    def forget_sent(self) -> None:
        """Take nothing for sent any more: what was put in since the last commit was taken back."""
        self._sent.clear()

    def rows(self, shard: int, limit: int) -> list[tuple[int, Found]]:
        """Return links for a shard, oldest first, each with its number."""
        rows = self._db.execute(
            "SELECT id, url, source, language, modified, weight, priority, hops, via, beyond, redirects FROM outgoing"
            " WHERE shard = ? ORDER BY id LIMIT ?",
            (shard, limit),
        )
        return [
            (number, Found(Link(url, source, language, _time(modified), weight), *rest))
            for number, url, source, language, modified, weight, *rest in rows
        ]

    def waits(self) -> bool:
        """Tell whether any wait."""
        return self._db.execute("SELECT 1 FROM outgoing LIMIT 1").fetchone() is not None

    def remove(self, shard: int, number: int) -> None:
        """Forget what went to a shard, up to this number."""
        self._db.execute("DELETE FROM outgoing WHERE shard = ? AND id <= ?", (shard, number))


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
