"""Runs a named function on one page at a time in a child process with limits, so that no page can hurt a run."""

import contextlib
import json
import os
import secrets
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from glotmill.core.errors import SettingsError
from glotmill.stages.sandbox_child import ELSEWHERE, EXIT_MEMORY, FUNCTIONS, LENGTH, TOKEN_BYTES

Cause = Literal["timeout", "memory", "crash"]

# The second chance of a page, alone in a fresh worker (law 12).
RETRY_FACTOR = 4
_CHILD = Path(__file__).with_name("sandbox_child.py")
# The kernel keeps the limits; this backstop is for a worker that is stopped, or stuck where timers do not reach.
_GRACE_SECONDS = 30.0
_START_SECONDS = 120.0
_PIPE_BYTES = 1 << 20
_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one page may use.

    Args:
        seconds: wall time.
        cpu_seconds: CPU time, user and system.
        memory_mb: memory beyond what the child holds after its imports, in MiB.
    """

    seconds: float
    cpu_seconds: float
    memory_mb: int

    def times(self, factor: int) -> "Limits":
        """Return limits that are `factor` times as wide."""
        return Limits(self.seconds * factor, self.cpu_seconds * factor, self.memory_mb * factor)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the function made of a page: a value, nothing, or the class name of the exception it raised."""

    value: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """A page that broke its limits, or the child, twice; the second time alone and with wider limits.

    Args:
        cause: of the second time.
        detail: both times in words. Holds limits, signals and exit codes only, so equal runs say the same.
    """

    cause: Cause
    detail: str


@dataclass(frozen=True, slots=True)
class _End:
    """How a worker ended: exit code (negative: signal) and its peak of resident memory in bytes."""

    code: int
    peak: int


class _NurseryLost(Exception):
    """The child that forks the workers is gone."""


class Sandbox:
    """A function of pages, run in a child process; started by the first page, at home in this process alone.

    A worker serves `recycle_after` pages and is then replaced; replacing costs milliseconds, since workers are forked
    by a nursery that has done the imports. No page is lost when a worker ends: it is run once more, alone, with four
    times the limits, and a second breach is the result.

    On Linux the memory limit is kept by the kernel while the page is worked on; macOS keeps only the check after it.

    Args:
        function: a name in `sandbox_child.FUNCTIONS`, or `package.module:name` of a function like those.
        options: plain JSON values for it.
        limits: what one page may use.
        recycle_after: pages per worker.

    Raises:
        SettingsError: this system has no resource limits, or the child cannot start.
    """

    def __init__(
        self, function: str, *, options: Mapping[str, object] | None = None, limits: Limits, recycle_after: int = 2000
    ) -> None:
        if os.name != "posix":
            message = "Resource limits for child processes do not exist on Windows; run Glotmill under WSL."
            raise SettingsError(message)
        if function not in FUNCTIONS and not ELSEWHERE.fullmatch(function):
            raise ValueError(f"no such function: {function!r}; known: {sorted(FUNCTIONS)}, or package.module:name")
        self._function = function
        self._options = dict(options or {})
        self._limits = limits
        self._recycle_after = recycle_after
        self._nursery: _Nursery | None = None

    def __call__(self, document: str, about: Mapping[str, str] | None = None) -> Answer | Breach:
        """Return what the function makes of one document.

        Args:
            document: a page, any string.
            about: what the function needs to know beside it (`url`, `latest`).
        """
        facts = dict(about or {})
        first = self._attempt(document, facts, self._limits)
        if isinstance(first, Answer):
            return first
        wider = self._limits.times(RETRY_FACTOR)
        second = self._attempt(document, facts, wider, alone=True)
        if isinstance(second, Answer):
            return second
        return Breach(second.cause, f"{second.detail}; before: {first.detail}")

    @property
    def worker_pid(self) -> int | None:
        """The process that works on pages at present."""
        return None if self._nursery is None else self._nursery.worker

    def close(self) -> None:
        """End the child; safe to call twice, and a later call starts a new one."""
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _attempt(self, document: str, about: dict[str, str], limits: Limits, *, alone: bool = False) -> Answer | Breach:
        try:
            nursery = self._home()
            nursery.ready_worker(limits, self._recycle_after, fresh=alone)
            result = nursery.serve(document, about, limits)
            if alone:
                nursery.retire_worker()
        except (_NurseryLost, BrokenPipeError):
            self.close()
            return Breach("crash", "the sandbox itself ended")
        if isinstance(result, Answer):
            return result
        return _breach(result, limits)

    def _home(self) -> "_Nursery":
        # A fork of this process must not share its pipes with the parent.
        if self._nursery is not None and self._nursery.owner != os.getpid():
            self._nursery = None
        if self._nursery is None:
            self._nursery = _Nursery(self._function, self._options)
        return self._nursery


def _breach(end: _End | None, limits: Limits) -> Breach:
    if end is None or -end.code in (signal.SIGALRM, signal.SIGPROF):
        return Breach("timeout", f"no result within {limits.seconds:g} s, {limits.cpu_seconds:g} s of CPU time")
    # A library that does not check its allocations dies of a signal when memory ends.
    if end.code == EXIT_MEMORY or (end.code < 0 and end.peak > 0.9 * limits.memory_mb * _MB):
        return Breach("memory", f"more than {limits.memory_mb} MB of memory")
    if end.code < 0:
        return Breach("crash", f"{_signal_name(-end.code)} (signal {-end.code})")
    return Breach("crash", f"exit code {end.code}")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown signal"


def _readable(descriptors: list[int], seconds: float = 0.0) -> list[int]:
    """Return those with something to read, or at their end; poll, since select ends at descriptor 1,024."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return [descriptor for descriptor, _ in poll.poll(seconds * 1000)]


class _Nursery:
    """The child process that forks workers, and the three pipes to it: requests, answers, events."""

    def __init__(self, function: str, options: Mapping[str, object]) -> None:
        self.owner = os.getpid()
        self.worker: int | None = None
        self._limits: Limits | None = None
        self._served = 0
        self._token = secrets.token_bytes(TOKEN_BYTES)
        self._answers, answers = os.pipe()
        self._events, events = os.pipe()
        config = {
            "function": function,
            "options": dict(options),
            "parent": self.owner,
            "sys_path": [entry or os.getcwd() for entry in sys.path],  # noqa: PTH109  # as the interpreter means it
            "answers": answers,
            "status": events,
            "token": self._token.hex(),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_CHILD), json.dumps(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=(answers, events),
            pipesize=_PIPE_BYTES,
        )
        os.close(answers)
        os.close(events)
        self._unread_answer = bytearray()
        self._unread_events = bytearray()
        os.set_blocking(self._answers, False)
        os.set_blocking(self._events, False)
        try:
            event = self._event(_START_SECONDS)
        except _NurseryLost:
            event = {"event": "failed", "error": f"exit code {self._process.wait()}"}
        if event["event"] != "ready":
            self.close()
            raise SettingsError(f"the sandbox for {function!r} cannot start: {event.get('error', 'no answer')}")

    def ready_worker(self, limits: Limits, recycle_after: int, *, fresh: bool) -> None:
        """Make sure that a living worker with these limits waits for a page."""
        if self.worker is not None and _readable([self._events]):
            self._forget_worker()
        if self.worker is not None and (fresh or self._served >= recycle_after or self._limits != limits):
            self.retire_worker()
        if self.worker is None:
            wanted = {"seconds": limits.seconds, "cpu_seconds": limits.cpu_seconds, "memory": limits.memory_mb * _MB}
            self._send(json.dumps(wanted).encode())
            self.worker = int(self._event(_START_SECONDS)["pid"])
            self._limits, self._served = limits, 0

    def retire_worker(self) -> None:
        """Let the worker end by itself."""
        if self.worker is not None:
            self._send(b"")
            self._forget_worker()

    def serve(self, document: str, about: dict[str, str], limits: Limits) -> Answer | _End | None:
        """Return the worker's answer, or how it ended, or None where it had to be given up."""
        self._served += 1
        facts = json.dumps(about).encode()
        self._send(LENGTH.pack(len(facts)) + facts + document.encode("utf-8", "replace"))
        while True:
            ready = _readable([self._answers, self._events], limits.seconds + _GRACE_SECONDS)
            if not ready:
                self.close()
                raise _NurseryLost
            # An answer that is complete counts, whatever became of the worker afterwards.
            if self._answers in ready:
                answer = self._read_answer()
                if answer is not None:
                    return answer
            elif self._events in ready:
                return self._forget_worker()

    def close(self) -> None:
        """End nursery and worker at once."""
        if self.owner != os.getpid() or self._answers < 0:
            return
        if self.worker is not None:
            # The nursery reaps its worker only while it lives; killed in this order, the number is still the worker's.
            self._process.send_signal(signal.SIGSTOP)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.worker, signal.SIGKILL)
            self.worker = None
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        os.close(self._answers)
        os.close(self._events)
        self._answers = self._events = -1

    def _forget_worker(self) -> _End:
        ended = self._event(_GRACE_SECONDS)
        while _readable([self._answers]):  # what it left of an answer
            if not os.read(self._answers, _PIPE_BYTES):
                break
        self._unread_answer.clear()
        self._write(self._token)
        self._event(_GRACE_SECONDS)
        self.worker = None
        return _End(int(ended["code"]), int(ended["peak"]))

    def _read_answer(self) -> Answer | None:
        piece = os.read(self._answers, _PIPE_BYTES)
        if not piece:
            raise _NurseryLost
        self._unread_answer += piece
        if len(self._unread_answer) < LENGTH.size:
            return None
        end = LENGTH.size + LENGTH.unpack_from(self._unread_answer)[0]
        if len(self._unread_answer) < end:
            return None
        kind, value = self._unread_answer[LENGTH.size : LENGTH.size + 1], self._unread_answer[LENGTH.size + 1 : end]
        self._unread_answer.clear()
        text = value.decode("utf-8", "replace")
        if kind == b"E":
            return Answer(error=text)
        return Answer(value=text if kind == b"T" else None)

    def _event(self, seconds: float) -> dict[str, Any]:
        while b"\n" not in self._unread_events:
            if not _readable([self._events], seconds):
                raise _NurseryLost
            piece = os.read(self._events, 4096)
            if not piece:
                raise _NurseryLost
            self._unread_events += piece
        line, _, rest = self._unread_events.partition(b"\n")
        self._unread_events = rest
        event: dict[str, Any] = json.loads(line)
        return event

    def _send(self, payload: bytes) -> None:
        self._write(LENGTH.pack(len(payload)) + payload)

    def _write(self, data: bytes) -> None:
        if self._process.stdin is None:
            raise _NurseryLost
        self._process.stdin.write(data)
        self._process.stdin.flush()
