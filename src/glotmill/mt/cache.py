"""Translations made so far, by what decided them: what makes a run repeatable, and resumable to the segment."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from glotmill.core.errors import SettingsError
from glotmill.mt.backends.base import Answer, Request

FILE: Final = "translations.sqlite"
_VERSION: Final = 1
_WAIT: Final = 120.0  # seconds for another process to finish writing
_AT_ONCE: Final = 500  # keys of one query
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS translations (
    key BLOB PRIMARY KEY, engine TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, characters INTEGER NOT NULL,
    text TEXT NOT NULL, finish TEXT NOT NULL, detail TEXT NOT NULL, avg_logprob REAL,
    tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL
) WITHOUT ROWID
"""
_INSERT: Final = "INSERT OR IGNORE INTO translations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Spent:
    """What the translations of one engine and direction took.

    Args:
        engine: its name in the registry.
        source: tag of the language translated from.
        target: tag of the language translated into.
        requests: different requests; what is asked twice is paid once.
        characters: of the requests.
        answered: characters of the answers.
        tokens_in: as the engine counts; 0 where it does not.
        tokens_out: as the engine counts.
    """

    engine: str
    source: str
    target: str
    requests: int
    characters: int
    answered: int
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Who answers: what goes into each key beside the request.

    Args:
        engine: its name in the registry.
        fingerprint: everything that decides its answers.
        source: tag of the language to translate from.
        target: tag of the language to translate into.
    """

    engine: str
    fingerprint: str
    source: str
    target: str

    def key(self, request: Request) -> bytes:
        """Return the SHA-256 of everything that decides an answer."""
        parts = [self.fingerprint, self.source, self.target, request.text, *request.context]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).digest()


Row = tuple[bytes, str, str, str, int, str, str, str, float | None, int, int]  # as the table has it


class Cache(Protocol):
    """Answers by what decided them. The first answer to a request stays, whatever an engine says later."""

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Answer]:
        """Return the answers there are, by key."""
        ...

    def put(self, origin: Origin, made: Mapping[bytes, tuple[Request, Answer]]) -> None:
        """Keep answers; those that would not come again the same way are left out."""
        ...

    def spent(self) -> tuple[Spent, ...]:
        """Return what all translations in it took, by engine and direction."""
        ...

    def close(self) -> None:
        """Let files go."""
        ...


def rows_of(origin: Origin, made: Mapping[bytes, tuple[Request, Answer]]) -> list[Row]:
    """Return answers as rows, without those that would not come again the same way."""
    return [
        (
            key,
            origin.engine,
            origin.source,
            origin.target,
            len(request.text),
            answer.text,
            answer.finish,
            answer.detail,
            answer.avg_logprob,
            answer.tokens_in,
            answer.tokens_out,
        )
        for key, (request, answer) in made.items()
        if answer.lasting
    ]


class TranslationCache:
    """One SQLite file for all processes of a run. The first answer to a request stays, whatever an engine says later.

    Args:
        folder: a local folder, made where it is missing; None keeps everything in memory.
    """

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._place = ":memory:" if folder is None else str(folder / FILE)
        try:
            self._connection = sqlite3.connect(self._place, timeout=_WAIT, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            [version] = self._connection.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise SettingsError(f"{self._place} was written by another version of Glotmill: name another folder")
            self._connection.execute(_TABLE)
            self._connection.execute(f"PRAGMA user_version={_VERSION}")
        except sqlite3.Error as error:
            raise SettingsError(
                f"{self._place} holds no translations ({error}): delete it, they are made anew"
            ) from error

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Answer]:
        """Return the answers there are, by key."""
        found: dict[bytes, Answer] = {}
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            query = (
                "SELECT key, text, finish, detail, avg_logprob, tokens_in, tokens_out FROM translations "  # noqa: S608
                f"WHERE key IN ({','.join('?' * len(some))})"
            )
            for key, *fields in self._run(query, some):
                found[bytes(key)] = Answer(*fields)
        return found

    def put(self, origin: Origin, made: Mapping[bytes, tuple[Request, Answer]]) -> None:
        """Write answers, in one transaction; those that would not come again the same way are left out."""
        self.take_in(rows_of(origin, made))

    def take_in(self, rows: Sequence[Row]) -> None:
        """Write rows, in one transaction."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(_INSERT, rows)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise SettingsError(f"{self._place} cannot be written: {error}") from error

    def spent(self) -> tuple[Spent, ...]:
        """Return what all translations in it took, by engine and direction."""
        query = (
            "SELECT engine, source, target, count(*), sum(characters), sum(length(text)), sum(tokens_in), sum(tokens_out) "
            "FROM translations GROUP BY engine, source, target ORDER BY engine, source, target"
        )
        return tuple(Spent(*row) for row in self._run(query, ()))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _run(self, query: str, values: Sequence[bytes]) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise SettingsError(f"{self._place} cannot be read ({error}): delete it, they are made anew") from error
