"""What is known, asked for and done: the queue of one shard, which moves only in whole transactions.

The order that makes a kill harmless: a page's records are written into the WARC and synced, then `finish` commits, at
once, the page's state, where its record lies, how long the WARC is, the links it gave, when its host may be asked
again and whatever notes belong to it. After a kill, `recover` puts what was in flight back and says how long each WARC
counts; what lies behind is cut off, so that each page is there once.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from glotmill.core.errors import LedgerError
from glotmill.crawl.asides import Asides
from glotmill.crawl.entries import Aside, Entry, Found, Notes, Recovery, Released, Result, Written
from glotmill.crawl.messages import Link
from glotmill.crawl.outbox import Outbox
from glotmill.crawl.shards import ShardFile, shard_of
from glotmill.crawl.totals import Totals, read_totals, totals_note
from glotmill.dedup.addresses import host as host_of
from glotmill.licensing.domains import registered_domain

QUEUED, IN_FLIGHT, DONE, FAILED, SKIPPED = range(5)
TOTALS = "totals"  # the kind of a note
STATES = ("queued", "in_flight", "done", "failed", "skipped")
_PROMOTED = 2_000  # hosts that become ready in one claim, the longest waiting first: 10,000 took 65 to 140 ms
_PUT_BACK = 1_000_000  # of the priority of what waits for a robots.txt that cannot be reached
_SPACING = 1.0  # seconds between hosts of one domain that wait for it; `Limits.domain_interval` as it comes


class Frontier:
    """The queue of one shard. Not for several threads.

    Args:
        folder: of all shards.
        shard: number of this one.
        shards: number of all; a registered domain is in the one of `shard_of`.
        budget: requests that a host may have in all, unless a result says otherwise.
        host_limit: URLs of one host that are remembered; further ones are forgotten.

    Raises:
        SettingsError: in use by another process, or made with other settings.
    """

    def __init__(
        self, folder: Path, *, shard: int = 0, shards: int = 1, budget: int = 10_000, host_limit: int = 100_000
    ) -> None:
        self._file = ShardFile(folder, shard=shard, shards=shards)
        self._db = self._file.db
        self._shard, self._shards = shard, shards
        self._budget, self._host_limit = budget, host_limit
        self._outbox = Outbox(self._db)
        self._asides = Asides(self._db)
        self._rebudget()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the shard; entries in flight stay so until `recover`."""
        self._file.close()

    def _rebudget(self) -> None:
        """Give hosts the budget of now where they had that of an earlier time; not where they were given their own."""
        with self._file.transaction() as db:
            known = db.execute("SELECT value FROM meta WHERE key = 'budget'").fetchone()
            db.execute("INSERT OR REPLACE INTO meta VALUES ('budget', ?)", (str(self._budget),))
            if known is not None and int(known[0]) != self._budget:
                db.execute("UPDATE hosts SET budget = ? WHERE budget = ?", (self._budget, int(known[0])))
                db.execute(
                    "UPDATE hosts SET turn = CASE WHEN queued = 0 OR in_flight > 0 OR asked >= budget THEN 0"
                    " WHEN turn = 2 THEN 2 ELSE 1 END"
                )

    def recover(self) -> Recovery:
        """Put what was in flight back into the queue and say how much of each open WARC counts; call it first."""
        with self._file.transaction() as db:
            hosts = db.execute(
                "SELECT id, name FROM hosts WHERE id IN (SELECT host FROM urls WHERE state = 1) ORDER BY name"
            ).fetchall()
            # It is counted beside the attempts: a page that kills its process must not do so for ever.
            requeued = db.execute(
                "UPDATE urls SET state = 0, attempts = attempts - 1, interrupted = interrupted + 1 WHERE state = 1"
            ).rowcount
            for host, _ in hosts:
                db.execute("UPDATE hosts SET queued = queued + in_flight, in_flight = 0 WHERE id = ?", (host,))
                self._requeue_host(host)
            files = dict(db.execute("SELECT name, committed FROM files WHERE open ORDER BY name"))
        return Recovery(requeued, files, tuple(name for _, name in hosts))

    def add(self, found: Iterable[Found]) -> int:
        """Queue what is new in one transaction and return how many that were.

        A URL that is queued already keeps the greater priority; one that was asked for stays as it is. Links of other
        shards wait in `outgoing`.
        """
        try:
            with self._file.transaction():
                count = self._add(found, via=None)
        except BaseException:
            self._outbox.forget_sent()  # what it remembers as sent was taken back
            raise
        self._file.trim_log()
        return count

    def known(self, urls: Iterable[str]) -> frozenset[str]:
        """Return those of some URLs that this shard has, in whatever state."""
        asked = list(dict.fromkeys(urls))
        found: set[str] = set()
        for start in range(0, len(asked), 500):
            some = asked[start : start + 500]
            marks = ",".join("?" * len(some))
            found.update(row[0] for row in self._db.execute(f"SELECT url FROM urls WHERE url IN ({marks})", some))  # noqa: S608  # marks
        return frozenset(found)

    def claim(
        self, now: float, limit: int, *, earliest: Callable[[str, str], float] | None = None, explore: int = 0
    ) -> list[Entry]:
        """Take at most `limit` entries, the best of each host whose time has come, hosts by their best entry.

        Takes O(log hosts + log queue) per entry: hosts whose time comes move from one index to the other once.

        Args:
            now: Unix seconds.
            limit: entries.
            earliest: (host, registered domain) -> when it may be asked, Unix seconds, for limits that hosts share;
                a host that may not yet waits until then; one host of each domain is taken at a time, the next ones
                wait a second each.
            explore: entries that go first to hosts of which nothing was asked yet, the best of them.
        """
        entries: list[Entry] = []
        held: dict[str, int] = {}  # domain -> its hosts that were taken or held back in this claim
        with self._file.transaction() as db:
            db.execute(
                "UPDATE hosts SET turn = 2 WHERE id IN"
                " (SELECT id FROM hosts WHERE turn = 1 AND next_time <= ? ORDER BY next_time LIMIT ?)",
                (now, _PROMOTED),
            )
            new = db.execute(
                "SELECT id, name, domain FROM hosts WHERE turn = 2 AND asked = 0 ORDER BY rank DESC, next_time LIMIT ?",
                (explore,),
            ).fetchall()
            ready = db.execute(
                "SELECT id, name, domain FROM hosts WHERE turn = 2 ORDER BY rank DESC, next_time LIMIT ?",
                (limit if earliest is None else limit + 1_000,),
            ).fetchall()
            for host, name, domain in dict.fromkeys([*new, *ready]):
                if len(entries) == limit:
                    break
                if earliest is not None:
                    time = earliest(name, domain)
                    if math.isinf(time):
                        continue  # something of it is in flight that is no entry: a robots.txt
                    ahead = held.get(domain, 0)
                    held[domain] = ahead + 1
                    if time > now or ahead:
                        # Each waits for those ahead of it, or a platform's thousand hosts would be asked about, and
                        # hide all others, whenever one of them may start.
                        time = max(time, now) + ahead * _SPACING
                        db.execute("UPDATE hosts SET turn = 1, next_time = ? WHERE id = ?", (time, host))
                        continue
                entries.append(self._take(host, name, domain))
        return entries

    def _take(self, host: int, name: str, domain: str) -> Entry:
        row = self._db.execute(
            "SELECT u.id, u.url, u.source, u.language, u.priority, u.hops, coalesce(u.via, v.url), u.attempts, u.etag,"
            " u.last_modified, u.digest, u.beyond, u.redirects, u.capture, u.interrupted FROM urls u LEFT JOIN urls v ON v.id = u.via_id"
            " WHERE u.host = ? AND u.state = 0 ORDER BY u.priority DESC, u.id LIMIT 1",
            (host,),
        ).fetchone()
        self._db.execute("UPDATE urls SET state = 1, attempts = attempts + 1 WHERE id = ?", row[:1])
        self._db.execute(
            "UPDATE hosts SET queued = queued - 1, in_flight = 1, asked = asked + 1, turn = 0 WHERE id = ?", (host,)
        )
        return Entry(row[0], row[1], name, domain, *row[2:])

    def release(self, entry: Entry, next_time: float) -> None:
        """Put an entry back that was not asked for after all; its host waits until `next_time` (Unix seconds)."""
        self.finish_all([], released=[Released(entry, next_time)])

    def finish(self, entry: Entry, result: Result, written: Written | None = None) -> None:
        """Commit all that came of an entry at once; its WARC must be synced up to `written.end` before.

        Raises:
            LedgerError: the entry is not in flight.
        """
        self.finish_all([(entry, result, written)])

    def finish_all(
        self,
        ended: Sequence[tuple[Entry, Result, Written | None]],
        notes: Notes | None = None,
        *,
        released: Sequence[Released] = (),
        durable: bool = False,
    ) -> None:
        """Commit several entries, and notes beside theirs, in one transaction: one sync of the WARC serves them all.

        What is `released` is committed with them: were a robots.txt noted first, a kill would lose its sitemaps. With
        `durable` the commit outlasts a power cut: a mark on which a WARC is published may not go back.
        """
        try:
            with self._file.durable_transaction() if durable else self._file.transaction():
                for entry, result, written in ended:
                    self._finish(entry, result, written)
                for one in released:
                    self._release(one)
                self._note(notes or {})
        except BaseException:
            self._outbox.forget_sent()  # what it remembers as sent was taken back
            raise
        self._file.trim_log()

    def _finish(self, entry: Entry, result: Result, written: Written | None) -> None:
        db = self._db
        file = None if written is None else self._committed(written.file, written.end)
        state = QUEUED if result.outcome == "retry" else STATES.index(result.outcome)
        visit = (result.etag, result.last_modified, result.digest) if result.outcome == "done" else (None, None, None)
        host = self._landed(
            entry,
            "state = ?, reason = ?, status = ?, etag = coalesce(?, etag), last_modified = coalesce(?, last_modified),"
            " digest = coalesce(?, digest), finished = ?, file = coalesce(?, file), place = coalesce(?, place),"
            " capture = coalesce(?, capture), priority = coalesce(?, priority)",
            (
                *(state, result.reason, result.status, *visit, result.at),
                *((file, None, None) if written is None else (file, written.place, written.capture)),
                result.priority if state == QUEUED else None,
            ),
        )
        db.execute(
            "UPDATE hosts SET queued = queued + ?, asked = asked - ?, next_time = ?, weight = coalesce(?, weight),"
            " budget = coalesce(?, budget) WHERE id = ?",
            (int(state == QUEUED), int(not result.asked), result.next_time, result.weight, result.budget, host),
        )
        self._add(result.found, via=entry)
        self._asides.add(result.aside)
        self._note(result.notes)
        self._requeue_host(host)

    def _release(self, released: Released) -> None:
        back = (
            ""
            if released.until is None
            else f", priority = min(priority, priority - {_PUT_BACK} * (priority > {-_PUT_BACK / 2}))"
        )
        host = self._landed(released.entry, f"state = 0, attempts = attempts - 1{back}", ())
        next_time = released.next_time
        if released.until is not None:
            row = self._db.execute("SELECT max(priority) FROM urls WHERE host = ? AND state = 0", (host,)).fetchone()
            next_time = released.until if row[0] <= -_PUT_BACK / 2 else next_time
        self._db.execute(
            "UPDATE hosts SET queued = queued + 1, asked = asked - 1, next_time = ? WHERE id = ?", (next_time, host)
        )
        self._add(released.found, via=None)
        self._requeue_host(host)

    def _landed(self, entry: Entry, change: str, values: tuple[object, ...]) -> int:
        row = self._db.execute(
            f"UPDATE urls SET {change} WHERE id = ? AND url = ? AND state = 1 RETURNING host",  # noqa: S608  # ours
            (*values, entry.id, entry.url),
        ).fetchone()
        if row is None:
            raise LedgerError(f"{entry.url} is not in flight: it was finished before, or never claimed")
        self._db.execute("UPDATE hosts SET in_flight = 0 WHERE id = ?", row)
        return int(row[0])

    def _requeue_host(self, host: int) -> None:
        self._db.execute(
            "UPDATE hosts SET turn = CASE WHEN queued = 0 OR in_flight > 0 OR asked >= budget THEN 0 ELSE 1 END,"
            " rank = weight + coalesce((SELECT priority FROM urls WHERE host = hosts.id AND state = 0"
            " ORDER BY priority DESC LIMIT 1), 0) WHERE id = ?",
            (host,),
        )

    def _add(self, found: Iterable[Found], *, via: Entry | None) -> int:
        db = self._db
        fresh: dict[int, tuple[int, float]] = {}  # host -> (new entries, best priority)
        rooms: dict[str, tuple[int, int]] = {}  # host name -> (row, known)
        for one in found:
            url = one.link.url
            name = host_of(url)
            if not name:
                continue
            domain = registered_domain(name)
            shard = shard_of(domain, self._shards)
            from_page = via is not None and one.via in (None, via.url)
            if shard != self._shard:
                self._outbox.send(shard, one, via.url if via is not None and from_page else one.via)
                continue
            if name not in rooms:
                rooms[name] = self._host(name, domain)
            host, known = rooms[name]
            new = 0
            if known < self._host_limit:
                new = db.execute(
                    "INSERT INTO urls (url, host, priority, hops, beyond, redirects, source, language, modified, via_id, via)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (url) DO NOTHING",
                    (
                        *(url, host, one.priority, one.hops, one.beyond, one.redirects),
                        *(one.link.source, one.link.language),
                        None if one.link.last_modified is None else one.link.last_modified.timestamp(),
                        via.id if via is not None and from_page else None,
                        None if from_page else one.via,
                    ),
                ).rowcount
            if new:
                rooms[name] = (host, known + 1)
            elif not db.execute(
                "UPDATE urls SET priority = ?, hops = min(hops, ?), beyond = min(beyond, ?) WHERE url = ? AND state = 0"
                " AND priority < ?",
                (one.priority, one.hops, one.beyond, url, one.priority),
            ).rowcount:
                continue
            count, best = fresh.get(host, (0, one.priority))
            fresh[host] = (count + new, max(best, one.priority))
        db.executemany(
            "UPDATE hosts SET queued = queued + ?, known = known + ?, rank = CASE WHEN queued = 0 THEN weight + ? ELSE"
            " max(rank, weight + ?) END, turn = CASE WHEN in_flight > 0 OR asked >= budget THEN 0 WHEN turn = 2 THEN 2"
            " ELSE 1 END WHERE id = ?",
            [(count, count, best, best, host) for host, (count, best) in sorted(fresh.items())],
        )
        return sum(count for count, _ in fresh.values())

    def _host(self, name: str, domain: str) -> tuple[int, int]:
        row = self._db.execute("SELECT id, known FROM hosts WHERE name = ?", (name,)).fetchone()
        if row is None:
            row = self._db.execute(
                "INSERT INTO hosts (name, domain, budget) VALUES (?, ?, ?) RETURNING id, known",
                (name, domain, self._budget),
            ).fetchone()
        return int(row[0]), int(row[1])

    def outgoing(self, shard: int, limit: int) -> list[tuple[int, Found]]:
        """Return links that belong to another shard, oldest first, each with its number.

        Add them there, then tell `delivered` the last number: a kill between the two delivers again, and what is
        known there is not added twice.
        """
        return self._outbox.rows(shard, limit)

    def sends(self) -> bool:
        """Tell whether links wait for other shards."""
        return self._outbox.waits()

    def delivered(self, shard: int, number: int) -> None:
        """Forget what was sent to a shard, up to this number."""
        self._outbox.remove(shard, number)

    def queued(self, host: str, *, after: int = 0, limit: int = 1_000) -> list[tuple[int, Link]]:
        """Return what is queued of a host, each with its number, by numbers from behind `after`."""
        rows = self._db.execute(
            "SELECT u.id, u.url, u.source, u.language FROM urls u JOIN hosts h ON h.id = u.host"
            " WHERE h.name = ? AND u.state = 0 AND u.id > ? ORDER BY u.id LIMIT ?",
            (host, after, limit),
        )
        return [(number, Link(url, source, language)) for number, url, source, language in rows]

    def give_up(self, host: str, numbers: Iterable[int], reason: str, at: float) -> None:
        """Skip what is queued of a host, unasked."""
        with self._file.transaction() as db:
            changed = db.executemany(
                "UPDATE urls SET state = 4, reason = ?, finished = ? WHERE id = ? AND state = 0",
                [(reason, at, number) for number in numbers],
            ).rowcount
            row = db.execute(
                "UPDATE hosts SET queued = queued - ? WHERE name = ? RETURNING id", (changed, host)
            ).fetchone()
            if row is not None:
                self._requeue_host(row[0])

    def asides(self, *, host: str | None = None, after: str = "", limit: int = 1_000) -> list[Aside]:
        """Return links that were set aside, of one host or of all, by URL from behind `after`."""
        return self._asides.rows(host=host, after=after, limit=limit)

    def take_up(self, found: Sequence[Found]) -> int:
        """Queue links that were set aside, in one transaction; return how many are new."""
        with self._file.transaction():
            self._asides.remove(one.link.url for one in found)
            return self._add(found, via=None)

    def note(self, notes: Notes, written: Written | None = None) -> None:
        """Commit notes that belong to no entry (a robots.txt), and how long the WARC is that holds their records."""
        with self._file.transaction():
            if written is not None:
                self._committed(written.file, written.end)
            self._note(notes)

    def _note(self, notes: Notes) -> None:
        for (kind, key), value in notes.items():
            if value is None:
                self._db.execute("DELETE FROM notes WHERE kind = ? AND key = ?", (kind, key))
            else:
                self._db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", (kind, key, value))

    def noted(self, kind: str, key: str) -> bytes | None:
        """Return a note, or None."""
        row: tuple[bytes] | None = self._db.execute(
            "SELECT value FROM notes WHERE kind = ? AND key = ?", (kind, key)
        ).fetchone()
        return None if row is None else row[0]

    def all_noted(self, kind: str) -> list[tuple[str, bytes]]:
        """Return all notes of a kind, by key."""
        rows: list[tuple[str, bytes]] = self._db.execute(
            "SELECT key, value FROM notes WHERE kind = ? ORDER BY key", (kind,)
        ).fetchall()
        return rows

    def set_host(self, name: str, *, weight: float | None = None, budget: int | None = None) -> None:
        """Change what is added to the priorities of a host, or the requests it may have in all; None leaves either."""
        with self._file.transaction() as db:
            row = db.execute(
                "UPDATE hosts SET weight = coalesce(?, weight), budget = coalesce(?, budget) WHERE name = ? RETURNING id",
                (weight, budget, name),
            ).fetchone()
            if row is not None:
                self._requeue_host(row[0])

    def revisit(self, *, finished_before: float, limit: int, priority: float) -> int:
        """Queue at most `limit` pages again that were done before a time (Unix seconds); return how many.

        So many more may be asked for than the crawl's bound says.
        """
        with self._file.transaction() as db:
            rows = db.execute(
                "UPDATE urls SET state = 0, attempts = 0, interrupted = 0, redirects = 0, priority = ? WHERE id IN (SELECT id FROM urls WHERE state = 2"
                " AND finished < ? ORDER BY finished LIMIT ?) RETURNING host",
                (priority, finished_before, limit),
            ).fetchall()
            for (host,) in rows:
                db.execute("UPDATE hosts SET queued = queued + 1, asked = max(asked - 1, 0) WHERE id = ?", (host,))
            for host in sorted({row[0] for row in rows}):
                self._requeue_host(host)
            totals = read_totals(self.noted(TOTALS, ""))
            self._note({(TOTALS, ""): totals_note(replace(totals, granted=totals.granted + len(rows)))})
        return len(rows)

    def denied(self) -> list[str]:
        """Return URLs of pages that were fetched once and skipped later, since their owner denies the use."""
        rows = self._db.execute(
            "SELECT url FROM urls WHERE state = 4 AND reason = 'consent.denied' AND digest IS NOT NULL ORDER BY url"
        )
        return [row[0] for row in rows]

    def totals(self) -> Totals:
        """Return what this shard has done since its crawl began."""
        return read_totals(self.noted(TOTALS, ""))

    def open_file(self, name: str) -> None:
        """Register a WARC before anything is written into it."""
        self._db.execute("INSERT INTO files (name) VALUES (?) ON CONFLICT (name) DO NOTHING", (name,))

    def close_file(self, name: str) -> int:
        """Mark a WARC as complete, on the disk for a power cut too, and return its bytes that count."""
        with self._file.durable_transaction() as db:
            committed: int = db.execute(
                "UPDATE files SET open = 0 WHERE name = ? RETURNING committed", (name,)
            ).fetchone()[0]
        return committed

    def _committed(self, name: str, end: int) -> int:
        row: tuple[int] = self._db.execute(
            "INSERT INTO files (name, committed) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET committed = max(committed, excluded.committed) RETURNING id",
            (name, end),
        ).fetchone()
        return row[0]

    def next_time(self) -> float | None:
        """Return when the next host's time comes, Unix seconds (in the past where one is ready); None if none waits."""
        row: tuple[float | None] = self._db.execute(
            "SELECT min(t) FROM (SELECT min(next_time) AS t FROM hosts WHERE turn = 1"
            " UNION ALL SELECT * FROM (SELECT next_time FROM hosts WHERE turn = 2 LIMIT 1))"
        ).fetchone()
        return row[0]
