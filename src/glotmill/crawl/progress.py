"""What a shard holds, read beside the process that crawls it."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from glotmill.core.errors import DataError
from glotmill.crawl.frontier import STATES, TOTALS
from glotmill.crawl.shards import SCHEMA_VERSION
from glotmill.crawl.totals import Totals, read_totals


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of one shard at one moment.

    Args:
        states: state -> URLs, all five states.
        reasons: `state: reason` -> URLs, of those that failed or were skipped.
        hosts: known.
        waiting: hosts with something to ask for, their time come or not.
        spent: hosts with something to ask for and no budget left.
        next_time: when the next host may be asked, Unix seconds, or None.
        outgoing: links that wait for other shards.
        files: WARC name -> bytes that count.
        bytes: of the database, its log without.
    """

    states: Mapping[str, int]
    reasons: Mapping[str, int]
    hosts: int
    waiting: int
    spent: int
    next_time: float | None
    outgoing: int
    files: Mapping[str, int]
    bytes: int


def progress(path: Path) -> Progress:
    """Return what a shard's file (`shard_path`) holds; it may be in use.

    Raises:
        DataError: there is no shard of this version.
    """
    db = _opened(path)
    try:
        db.execute("BEGIN")  # one moment for all counts
        states = dict(db.execute("SELECT state, count(*) FROM urls GROUP BY state"))
        reasons = db.execute(
            "SELECT state, coalesce(reason, ''), count(*) FROM urls WHERE state IN (3, 4) GROUP BY 1, 2 ORDER BY 1, 2"
        )
        named = {f"{STATES[state]}: {reason}": count for state, reason, count in reasons}
        hosts, waiting, spent, time = db.execute(
            "SELECT count(*), count(CASE WHEN turn > 0 THEN 1 END), count(CASE WHEN queued > 0 AND asked >= budget THEN 1 END),"
            " min(CASE WHEN turn > 0 THEN next_time END) FROM hosts"
        ).fetchone()
        return Progress(
            states={name: states.get(number, 0) for number, name in enumerate(STATES)},
            reasons=named,
            hosts=hosts,
            waiting=waiting,
            spent=spent,
            next_time=time,
            outgoing=db.execute("SELECT count(*) FROM outgoing").fetchone()[0],
            files=dict(db.execute("SELECT name, committed FROM files ORDER BY name")),
            bytes=path.stat().st_size,
        )
    finally:
        db.close()


@dataclass(frozen=True, slots=True)
class Glance:
    """What a shard tells at once: what it has done, URLs that are queued, and when the next host may be asked."""

    totals: Totals
    queued: int
    next_time: float | None


def glance(path: Path) -> Glance:
    """Return what a shard's file says at a glance, in time that grows with its hosts; errors as `progress`."""
    db = _opened(path)
    try:
        note = db.execute("SELECT value FROM notes WHERE kind = ? AND key = ''", (TOTALS,)).fetchone()
        queued, time = db.execute(
            "SELECT coalesce(sum(CASE WHEN turn > 0 THEN queued END), 0), min(CASE WHEN turn > 0 THEN next_time END) FROM hosts"
        ).fetchone()
        return Glance(read_totals(None if note is None else note[0]), queued, time)
    finally:
        db.close()


def export(path: Path) -> Iterator[dict[str, object]]:
    """Return every URL of a shard in the order it was found, one small read at a time; it may be in use.

    Keys: url, host, state (a word), reason, status, source, language, hops, attempts, finished (Unix seconds), digest,
    file, place (bytes).

    Raises:
        DataError: there is no shard of this version.
    """
    db = _opened(path)
    db.row_factory = sqlite3.Row
    last = 0
    try:
        while True:
            rows = db.execute(
                "SELECT u.id, u.url, h.name AS host, u.state, u.reason, u.status, u.source, u.language, u.hops, u.attempts,"
                " u.finished, u.digest, f.name AS file, u.place FROM urls u JOIN hosts h ON h.id = u.host"
                " LEFT JOIN files f ON f.id = u.file WHERE u.id > ? ORDER BY u.id LIMIT 1000",
                (last,),
            ).fetchall()
            for row in rows:
                values = dict(row)
                last = values.pop("id")
                yield {**values, "state": STATES[values["state"]]}
            if not rows:
                return
    finally:
        db.close()


def _opened(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise DataError(f"{path}: no such shard; a crawl makes it when it starts")
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=30)
    try:
        found = db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    except sqlite3.DatabaseError as error:
        db.close()
        raise DataError(f"{path} is no shard of a frontier: {error}") from error
    if found != (str(SCHEMA_VERSION),):
        db.close()
        raise DataError(f"{path} has schema {found}, this version reads {SCHEMA_VERSION}")
    return db
