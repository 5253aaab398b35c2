"""Which payloads a shard has archived already, and where: what makes a later copy a revisit."""

import base64
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from glotmill.crawl.records import Earlier

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CACHE_KB = 4096
_TABLE = """\
create table if not exists payloads (
    digest blob primary key, url text not null, date integer not null, record text not null,
    file integer not null, offset integer not null
) without rowid"""


class Payloads:
    """A SQLite table from payload digest to its first capture.

    It keeps 4 MB in memory however many rows it has; on disk a row takes about 190 bytes. It is a saving, not a record:
    a lost row costs one payload stored twice. What must never be is a row for a record that is gone, so each says
    where its record stands, and `forget` follows the archive when that is cut back.

    Args:
        path: the database; it and its folder are made where they are missing.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._base = sqlite3.connect(path, isolation_level=None)
        self._base.execute("pragma journal_mode=wal")
        self._base.execute("pragma synchronous=normal")
        self._base.execute(f"pragma cache_size=-{_CACHE_KB}")
        self._base.execute(_TABLE)

    def find(self, digest: str) -> Earlier | None:
        """Return the first capture of a payload, `digest` being `sha1:<base32>`."""
        row = self._base.execute("select url, date, record from payloads where digest = ?", (_key(digest),)).fetchone()
        if row is None:
            return None
        url, date, record = row
        return Earlier(url, _EPOCH + timedelta(microseconds=date), record)

    def add(self, digest: str, capture: Earlier, *, file: int, offset: int) -> None:
        """Remember a capture whose record stands at byte `offset` of the shard's file number `file`."""
        if not self._base.in_transaction:
            self._base.execute("begin")
        date = (capture.date - _EPOCH) // timedelta(microseconds=1)
        self._base.execute(
            "insert or ignore into payloads values (?, ?, ?, ?, ?, ?)",
            (_key(digest), capture.url, date, capture.record, file, offset),
        )

    def save(self) -> None:
        """Commit what was added."""
        if self._base.in_transaction:
            self._base.execute("commit")

    def forget(self, *, file: int, offset: int) -> None:
        """Remove captures whose records stand at or after a place of the archive."""
        self._base.execute("delete from payloads where file > ? or (file = ? and offset >= ?)", (file, file, offset))
        self.save()

    def __len__(self) -> int:
        return int(self._base.execute("select count(*) from payloads").fetchone()[0])

    def close(self) -> None:
        """Commit and close."""
        self.save()
        self._base.close()


def _key(digest: str) -> bytes:
    return base64.b32decode(digest.partition(":")[2])
