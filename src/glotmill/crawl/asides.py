"""Links that a shard keeps for when nothing nearer is left to ask for."""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime

from glotmill.crawl.entries import Aside
from glotmill.crawl.messages import Link
from glotmill.crawl.worth import PageVerdict
from glotmill.dedup.addresses import host as host_of

_OF_HOST = 100  # links of one host; its front page and what stands near are among the first
_OF_ALL = 1_000_000


class Asides:
    """The table of such links, inside the transactions of its frontier."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._count: int = db.execute("SELECT count(*) FROM aside").fetchone()[0]

    def add(self, links: Iterable[Aside]) -> None:
        """Keep links, each with the nearest page that it stands on; beyond 100 of a host or a million they are forgotten."""
        for one in links:
            link, via, name = one.link, one.via, host_of(one.link.url)
            if not name or self._db.execute("SELECT 1 FROM urls WHERE url = ?", (link.url,)).fetchone():
                continue
            nearer = self._db.execute(
                "UPDATE aside SET via = ?, accepted = ?, standing = ?, hops = ?, beyond = ? WHERE url = ? AND beyond > ?",
                (via.url, via.accepted, via.standing, via.hops, via.beyond, link.url, via.beyond),
            ).rowcount
            if not nearer and self._count < _OF_ALL and self._of_host(name) < _OF_HOST:
                modified = None if link.last_modified is None else link.last_modified.timestamp()
                self._count += self._db.execute(
                    "INSERT INTO aside VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (url) DO NOTHING",
                    (
                        *(link.url, name, link.source, link.language, modified, link.weight),
                        *(via.url, via.accepted, via.standing, via.hops, via.beyond),
                    ),
                ).rowcount

    def rows(self, *, host: str | None, after: str, limit: int) -> list[Aside]:
        """Return links of one host or of all, by URL from behind `after`."""
        some, values = ("url > ?", [after]) if host is None else ("host = ? AND url > ?", [host, after])
        found = self._db.execute(
            "SELECT url, source, language, modified, weight, via, accepted, standing, hops, beyond FROM aside"  # noqa: S608  # ours
            f" WHERE {some} ORDER BY url LIMIT ?",  # ours
            (*values, limit),
        )
        return [
            Aside(
                Link(url, source, language, None if seen is None else datetime.fromtimestamp(seen, UTC), weight),
                PageVerdict(via, bool(accepted), 0, 0, hops=hops, beyond=beyond, standing=standing),
            )
            for url, source, language, seen, weight, via, accepted, standing, hops, beyond in found
        ]

    def remove(self, urls: Iterable[str]) -> None:
        """Forget links."""
        self._count -= self._db.executemany("DELETE FROM aside WHERE url = ?", [(url,) for url in urls]).rowcount

    def _of_host(self, name: str) -> int:
        row = self._db.execute("SELECT count(*) FROM (SELECT 1 FROM aside WHERE host = ? LIMIT ?)", (name, _OF_HOST))
        return int(row.fetchone()[0])
