"""How results look: tables for people, one JSON object for programs, progress while it works."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from glotmill.core.errors import GlotmillError

if TYPE_CHECKING:
    from glotmill.run.events import Event, Listener


def as_json(value: object) -> None:
    """Print one JSON object."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; numbers right-aligned, nothing wrapped away when not on a terminal."""
    from rich.console import Console
    from rich.table import Table

    out = Table(box=None, pad_edge=False, header_style="bold")
    for index, name in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], int) or row[index] in ("", None) for row in rows)
        out.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        out.add_row(*(_cell(value) for value in row))
    console = Console(soft_wrap=False, highlight=False)
    if not console.is_terminal:
        console = Console(width=160, highlight=False)
    if title:  # Rich would break it at the width of the table, and it may be an address
        console.print(title, style="italic", markup=False, soft_wrap=True)
    console.print(out)


def _cell(value: object) -> str:
    from rich.markup import escape

    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


def line(text: str = "") -> None:
    """Print a line."""
    print(text)


def complaint(text: str) -> None:
    """Print a line on standard error that says who is speaking."""
    print(f"glotmill: {text}", file=sys.stderr)


def in_words(error: BaseException) -> str:
    """Return an error for people: what is wrong, and where, as far as its notes know."""
    given = getattr(error, "__notes__", ())
    if isinstance(error, GlotmillError):  # it says itself what is wrong; of its notes, where it happened is of use
        return f"{error}{''.join(f' ({note})' for note in [one for one in given if _is_short(one)][:1])}"
    notes = "".join(f" ({note})" for note in given[:1])
    if isinstance(error, OSError) and error.strerror:
        place = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{place}{notes}"
    return f"{type(error).__name__}: {error}{notes}"


def _is_short(note: str) -> bool:
    return "\n" not in note


def size(number: float) -> str:
    """Return a number of bytes for people: `3.4 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def duration(seconds: float) -> str:
    """Return a time for people: `4.2 s`, `3 min 20 s`, `5 h 02 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60:02d} min"


_EVERY = 5.0  # seconds between two words about progress


class Watch:
    """Says now and then on standard error how many documents were read."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._begun = self._said = time.monotonic()

    def __call__(self, what: str, documents: int) -> None:
        now = time.monotonic()
        if not self._quiet and now - self._said >= _EVERY:
            self._said = now
            print(f"{what}: {documents:,} documents, {now - self._begun:.0f} s", file=sys.stderr, flush=True)


@contextmanager
def progress(*, quiet: bool) -> "Iterator[Listener]":
    """Yield a listener that shows a run's events on standard error: bars on a terminal, lines elsewhere."""
    from glotmill.run.events import silent

    if quiet:
        yield silent
    elif sys.stderr.isatty():
        with _bars() as listener:
            yield listener
    else:
        yield _Lines()


class _Lines:
    """One line when a phase begins, ends, or ten seconds have passed."""

    def __init__(self) -> None:
        self._begun = self._said = time.monotonic()
        self._seen = self._kept = self._dropped = self._reused = 0
        self._steps: dict[str, list[int]] = {}

    def __call__(self, event: "Event") -> None:
        now = time.monotonic()
        if event.kind == "note":
            print(f"{event.phase}: {event.text}", file=sys.stderr, flush=True)
            return
        if event.kind == "phase":
            self._begun, self._seen, self._kept, self._dropped = now, 0, 0, 0
            self._reused, self._steps = event.done, {}
            print(f"{event.phase}: {event.done} of {event.total} tasks done", file=sys.stderr, flush=True)
            self._said = now
            return
        seen, kept, gone = totals(event)
        self._seen, self._kept, self._dropped = self._seen + seen, self._kept + kept, self._dropped + gone
        for count in event.counts:
            own = self._steps.setdefault(count.step, [0, 0])
            own[0], own[1] = own[0] + count.rows_in + count.derived, own[1] + count.kept
        if event.done == event.total or now - self._said >= 10:
            self._said = now
            words = f"{event.phase}: {event.done} of {event.total} tasks done"
            if self._seen:
                rate = self._seen / max(now - self._begun, 0.001)
                words += f", {self._seen:,} documents ({rate:,.0f}/s), {self._kept:,} kept, {self._dropped:,} dropped"
            fresh = event.done - self._reused
            if event.done < event.total and fresh:
                words += f", about {duration((event.total - event.done) * (now - self._begun) / fresh)} left"
            print(words, file=sys.stderr, flush=True)
        if event.done == event.total and self._steps:
            each = ", ".join(f"{name} {kept:,} of {given:,}" for name, (given, kept) in self._steps.items())
            print(f"{event.phase}: kept by step: {each}", file=sys.stderr, flush=True)


def totals(event: "Event") -> tuple[int, int, int]:
    """Return (read, kept, removed) of the shard that an event reports."""
    if not event.counts:
        return 0, 0, 0
    removed = sum(count.dropped + count.quarantined for count in event.counts)
    return event.counts[0].rows_in, event.counts[-1].kept, removed


@contextmanager
def _bars() -> "Iterator[Listener]":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[words]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    tasks: dict[str, Any] = {}
    sums: dict[str, list[float]] = {}
    with Progress(*columns, console=Console(stderr=True)) as bars:

        def listen(event: "Event") -> None:
            if event.kind == "note":
                bars.console.print(f"{event.phase}: {event.text}", markup=False, highlight=False)
                return
            if event.phase not in tasks:
                tasks[event.phase] = bars.add_task(event.phase, total=event.total, words="")
                sums[event.phase] = [0.0, 0.0, 0.0, time.monotonic()]
            own = sums[event.phase]
            for index, number in enumerate(totals(event)):
                own[index] += number
            rate = own[0] / max(time.monotonic() - own[3], 0.001)
            words = f"{rate:,.0f} documents/s, {own[1]:,.0f} kept, {own[2]:,.0f} dropped" if own[0] else ""
            bars.update(tasks[event.phase], completed=event.done, total=event.total, words=words)

        yield listen
