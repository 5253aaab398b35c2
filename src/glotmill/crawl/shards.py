"""The SQLite file of one shard of the frontier: its tables, its version, and that one process writes to it."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import xxhash

from glotmill.core.errors import DataError, SettingsError

SCHEMA_VERSION = 3
PAGE_CACHE_KB = 65_536
WAL_PAGES = 4_000  # of 4 KiB: what one checkpoint copies; 2,000 and 8,000 were no faster at 1 M URLs
MAX_WAL_BYTES = 64_000_000  # beyond it the log is emptied as soon as no reader holds it

# turn: 0 = nothing to ask for now (empty, busy or budget spent), 1 = waits for next_time, 2 = its time has come.
# The two partial indexes are the heaps: hosts by time, and hosts by rank among those whose time has come.
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE hosts (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, domain TEXT NOT NULL,
  next_time REAL NOT NULL DEFAULT 0, turn INTEGER NOT NULL DEFAULT 0,
  weight REAL NOT NULL DEFAULT 0, rank REAL NOT NULL DEFAULT 0,
  known INTEGER NOT NULL DEFAULT 0, queued INTEGER NOT NULL DEFAULT 0, in_flight INTEGER NOT NULL DEFAULT 0,
  asked INTEGER NOT NULL DEFAULT 0, budget INTEGER NOT NULL
);
CREATE INDEX waiting ON hosts (next_time) WHERE turn = 1;
CREATE INDEX ready ON hosts (rank DESC, next_time) WHERE turn = 2;
CREATE INDEX fresh ON hosts (rank DESC, next_time) WHERE turn = 2 AND asked = 0;
CREATE TABLE urls (
  id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, host INTEGER NOT NULL REFERENCES hosts (id),
  state INTEGER NOT NULL DEFAULT 0, priority REAL NOT NULL, hops INTEGER NOT NULL, source TEXT NOT NULL,
  language TEXT, modified REAL, via_id INTEGER, via TEXT, attempts INTEGER NOT NULL DEFAULT 0,
  beyond INTEGER NOT NULL DEFAULT 0, redirects INTEGER NOT NULL DEFAULT 0,
  reason TEXT, status INTEGER, etag TEXT, last_modified TEXT, digest TEXT, finished REAL,
  file INTEGER REFERENCES files (id), place INTEGER, capture TEXT, interrupted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX queue ON urls (host, priority DESC, id) WHERE state = 0;
CREATE INDEX flying ON urls (id) WHERE state = 1;
CREATE TABLE files (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, committed INTEGER NOT NULL DEFAULT 0, open INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE notes (kind TEXT, key TEXT, value BLOB NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE outgoing (
  id INTEGER PRIMARY KEY AUTOINCREMENT, shard INTEGER NOT NULL, url TEXT NOT NULL, source TEXT NOT NULL, language TEXT,
  modified REAL, weight REAL NOT NULL, priority REAL NOT NULL, hops INTEGER NOT NULL, via TEXT,
  beyond INTEGER NOT NULL, redirects INTEGER NOT NULL
);
CREATE INDEX outgoing_to ON outgoing (shard, id);
CREATE TABLE aside (
  url TEXT PRIMARY KEY, host TEXT NOT NULL, source TEXT NOT NULL, language TEXT, modified REAL, weight REAL NOT NULL,
  via TEXT NOT NULL, accepted INTEGER NOT NULL, standing REAL NOT NULL, hops INTEGER NOT NULL, beyond INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX aside_of ON aside (host);
"""


def shard_of(domain: str, shards: int) -> int:
    """Return the shard that a registered domain belongs to, 0 .. shards - 1, the same on every machine."""
    return xxhash.xxh3_64_intdigest(domain.encode("utf-8", "surrogatepass")) % shards


def shard_path(folder: Path, shard: int) -> Path:
    """Return where the file of a shard lies."""
    return folder / f"frontier-{shard:05d}.sqlite"


class ShardFile:
    """An open shard: a connection of its own process, and the lock that keeps others out.

    Args:
        folder: of all shards; made if missing. On a local disk: SQLite's log needs shared memory.
        shard: number of this shard.
        shards: number of all; fixed when the file is made.

    Raises:
        SettingsError: another process (or another object of this one) has it open; it was made for another number
            of shards, or by another version of the schema.
    """

    def __init__(self, folder: Path, *, shard: int, shards: int) -> None:
        if not 0 <= shard < shards:
            raise SettingsError(f"there is no shard {shard} among {shards}")
        folder.mkdir(parents=True, exist_ok=True)
        self.path = shard_path(folder, shard)
        self._lock = locked(self.path)
        try:
            # Transactions are begun by hand, so that none begins by itself.
            self.db = sqlite3.connect(self.path, isolation_level=None, timeout=30)
            self._open(shard, shards)
        except BaseException:
            os.close(self._lock)
            raise

    def _open(self, shard: int, shards: int) -> None:
        for pragma in (
            "journal_mode = WAL",
            # A kill loses no commit; a power cut can lose the last ones, never the order, so that WARC offsets hold.
            "synchronous = NORMAL",
            f"cache_size = -{PAGE_CACHE_KB}",
            f"wal_autocheckpoint = {WAL_PAGES}",
            f"journal_size_limit = {MAX_WAL_BYTES}",
            "temp_store = MEMORY",
            "trusted_schema = OFF",
        ):
            self.db.execute(f"PRAGMA {pragma}")
        wanted = {"schema": str(SCHEMA_VERSION), "shard": str(shard), "shards": str(shards)}
        with self.transaction():
            if self.db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    self.db.execute(statement)
                self.db.executemany("INSERT INTO meta VALUES (?, ?)", wanted.items())
        found = dict(self.db.execute("SELECT key, value FROM meta"))
        wrong = [f"{key} {found.get(key)}, not {value}" for key, value in wanted.items() if found.get(key) != value]
        if wrong:
            self.db.close()
            raise SettingsError(
                f"{self.path} was made with {', '.join(wrong)}: crawl into a new folder, or with the old setting"
            )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit all that is done inside, or, on any exception, nothing of it."""
        try:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
            except BaseException:
                with suppress(sqlite3.OperationalError):  # which a full disk has done already
                    self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if not any(word in str(error) for word in ("disk", "full", "readonly")):
                raise
            raise DataError(f"{self.path}: {error}; is the disk full or read-only?") from error

    @contextmanager
    def durable_transaction(self) -> Iterator[sqlite3.Connection]:
        """Do the same, and let this commit and all before it outlast a power cut."""
        self.db.execute("PRAGMA synchronous = FULL")
        try:
            with self.transaction() as db:
                yield db
        finally:
            self.db.execute("PRAGMA synchronous = NORMAL")

    def trim_log(self) -> None:
        """Empty the log where a long reader let it grow beyond its limit and is gone now."""
        log = self.path.with_name(self.path.name + "-wal")
        if log.exists() and log.stat().st_size > MAX_WAL_BYTES:
            self.db.execute("PRAGMA busy_timeout = 0")  # a reader still there: the next time then
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self.db.execute("PRAGMA busy_timeout = 30000")

    def close(self) -> None:
        """Close the file and let others have it."""
        if self._lock >= 0:
            self.db.close()
            os.close(self._lock)
            self._lock = -1


def locked(path: Path) -> int:
    """Take the lock beside a file and return its descriptor; the system frees it when the process ends, however it ends.

    Raises:
        SettingsError: another process has it.
    """
    lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.pread(lock, 100, 0).decode("ascii", "replace").strip()
        os.close(lock)
        raise SettingsError(
            f"{path} is in use by process {owner or 'unknown'}: one process at a time works on it"
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode("ascii"), 0)
    return lock
