"""The event log of a run: what each attempt of the driver said and when, and a sign of life while it works."""

import json
import os
import platform
import re
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Literal, Self

from glotmill.core.errors import DataError, StoreError
from glotmill.io import storage
from glotmill.io.objects import without_secrets
from glotmill.provenance.folder import RunFolder
from glotmill.run.events import Event

FOLDER: Final = "events"
EVERY: Final = 15.0  # seconds between two signs of life, and between two pieces of a log on an object store
SILENT: Final = 4 * EVERY  # after so long without a sign an attempt on another machine counts as dead
_LONG_SILENT: Final = 10 * SILENT  # on this machine, where a busy process may be late with its signs
_AWAY: Final = (StoreError, OSError)  # a store that does not answer, a disk that is full
_LONGEST: Final = 500  # characters of a note or an error
_PIECE = re.compile(r"(?P<attempt>\d{8}T\d{12}-[0-9a-f]{8})(?:\.(?P<number>\d{6}))?\.jsonl")
_INSTANT = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ")

Outcome = Literal["done", "failed", "interrupted"]


class EventLog:
    """Writes what one attempt of a driver says into files of its own; a context manager.

    `events/<start>-<attempt>.jsonl` holds one JSON object a line, `events/<start>-<attempt>.alive` the time of the last
    sign of life. An object store cannot append: there the log is cut into pieces `<start>-<attempt>.000001.jsonl`, each put
    once. Times, hosts and attempts stand here and in receipts alone; nothing reads them to make data.

    Args:
        folder: of the run.
        total: shards of the run.
        workers: tasks under way at once, where that is known.
    """

    def __init__(self, folder: RunFolder, *, total: int, workers: int | None) -> None:
        now = datetime.now(UTC)
        self.attempt = f"{now:%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}"
        self._base = folder.join(FOLDER, self.attempt)
        self._local = storage.local_path(self._base)
        self._begin = {"total": total, "workers": workers, "host": platform.node(), "pid": os.getpid()}
        self._lines: list[str] = []
        self._pieces = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._live, name="glotmill-event-log", daemon=True)

    def __enter__(self) -> Self:
        self._write("begin", self._begin)
        self._sign()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        outcome: Outcome = "done" if error is None else "failed" if isinstance(error, Exception) else "interrupted"
        words = "" if error is None else _in_words(error)
        with suppress(*_AWAY):  # what ended the run is the news, not that its log cannot say so
            self._write("end", {"outcome": outcome, "error": words})
            self._put_lines()

    def __call__(self, event: Event) -> None:
        """Write an event down."""
        values: dict[str, Any] = {"phase": event.phase}
        if event.kind == "note":
            values["text"] = _shown(event.text)
        else:
            values |= {"done": event.done, "total": event.total}
        if event.counts:
            values["steps"] = [
                {
                    "step": count.step,
                    "in": count.rows_in,
                    "derived": count.derived,
                    "kept": count.kept,
                    "dropped": count.dropped,
                    "quarantined": count.quarantined,
                }
                for count in event.counts
            ]
        self._write(event.kind, values)

    def _write(self, kind: str, values: Mapping[str, Any]) -> None:
        line = json.dumps({"at": _now(), "kind": kind, **values}, sort_keys=True, ensure_ascii=False)
        with self._lock:
            if self._local is None:
                self._lines.append(line)  # the thread puts it: the run waits for no store
            else:
                path = self._local.with_name(f"{self._local.name}.jsonl")
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("ab") as stream:
                    stream.write(_encoded([line]))

    def _put_lines(self) -> None:
        """Put the lines that wait as one piece; one caller at a time, while others go on writing."""
        with self._lock:
            waiting = list(self._lines)
        if waiting:
            # Counted once it is there: one that failed may have arrived, and is put over.
            storage.write_bytes(f"{self._base}.{self._pieces + 1:06d}.jsonl", _encoded(waiting))
            self._pieces += 1
            with self._lock:
                del self._lines[: len(waiting)]

    def _live(self) -> None:
        while not self._over.wait(EVERY):
            with suppress(*_AWAY):  # one that is away for a while must not end the log; the lines wait
                self._put_lines()
                self._sign()

    def _sign(self) -> None:
        storage.replace_bytes(f"{self._base}.alive", _now().encode())


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt of a driver left in the log.

    Args:
        name: `<start>-<attempt>`.
        events: in order, each with `at` and `kind`; a line that its writer did not finish is left out.
        alive: time of its last sign of life; None where it gave none.
    """

    name: str
    events: Sequence[Mapping[str, Any]]
    alive: str | None

    @property
    def begun(self) -> str:
        """When it began, ISO 8601 in UTC."""
        return str(self.events[0]["at"])

    @property
    def last(self) -> str:
        """When it was last heard of."""
        return max(str(self.events[-1]["at"]), self.alive or "")

    def end(self) -> Mapping[str, Any] | None:
        """Return its last event where that is its end."""
        return self.events[-1] if self.events[-1].get("kind") == "end" else None

    def runs(self, now: datetime) -> bool:
        """Tell whether it is still at work: by its process on this machine, elsewhere by its last sign of life."""
        if self.end() is not None:
            return False
        first = self.events[0]
        silent = (now - datetime.fromisoformat(self.last)).total_seconds()
        if first.get("host") == platform.node() and isinstance(first.get("pid"), int):
            # A number of a process is given again, after a restart of the machine soon.
            return silent <= _LONG_SILENT and _process_lives(first["pid"])
        return silent <= SILENT


def last_attempt(folder: RunFolder) -> Attempt | None:
    """Return the attempt that began last, or None where no attempt left a log."""
    address = folder.join(FOLDER)
    names = [name for name, _ in storage.list_files(address)] if storage.exists(address) else []
    found: dict[str, list[str]] = {}
    for name in names:
        match = _PIECE.fullmatch(name)
        if match is not None:
            found.setdefault(match["attempt"], []).append(name)
    for attempt in sorted(found, reverse=True):
        events = [event for name in sorted(found[attempt]) for event in _events(storage.join(address, name))]
        if events:
            alive = f"{attempt}.alive"
            said = storage.read_bytes(storage.join(address, alive)).decode("utf-8", "replace") if alive in names else ""
            return Attempt(attempt, events, said if _INSTANT.fullmatch(said) else None)
    return None


def _events(address: str) -> list[dict[str, Any]]:
    found = []
    try:
        text = storage.read_bytes(address).decode("utf-8", "replace")
    except DataError:
        return []
    for line in text.split("\n"):  # not splitlines: U+2028 may stand in a line
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue  # its writer died while writing it
        if isinstance(event, dict) and _well_formed(event):
            found.append(event)
    return found


def _well_formed(event: Mapping[str, Any]) -> bool:
    numbers = all(isinstance(event.get(name, 0), int) for name in ("done", "total"))
    return numbers and isinstance(event.get("kind"), str) and _INSTANT.fullmatch(str(event.get("at"))) is not None


def _process_lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # it is there, and not ours
    return True


def _in_words(error: BaseException) -> str:
    """Return what ended an attempt, and of several errors the first three."""
    words = _shown(f"{type(error).__name__}: {error}")
    nested = error.exceptions[:3] if isinstance(error, BaseExceptionGroup) else ()
    return "; ".join([words, *(_in_words(one) for one in nested)])


def _shown(text: str) -> str:
    """Return words without names, passwords and tokens that stand in addresses, cut to what a log needs."""
    return without_secrets(text)[:_LONGEST]


def _encoded(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
