"""The backend that streams lines through a program: apertium, a script around a model, two programs in a pipe.

A request is a line, its answer a line. Whether that holds is checked by counting: a batch that comes back with more or
fewer lines, or not at all, is halved until the requests that are to blame stand alone. Programs that move words across
lines, as transfer does in apertium, are given an empty line after each request (`paragraph`), which ends a sentence there.
"""

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Literal

from glotmill.core.errors import SettingsError
from glotmill.mt.backends.base import Answer, BackendInfo, Request, Usage, failed

Frame = Literal["line", "paragraph"]
Lifetime = Literal["batch", "run"]

_BATCH_LINES: Final = 256
_CHUNK: Final = 1 << 16  # bytes read at once
_CHUNKS: Final = 64  # that wait to be looked at
_LONGEST: Final = 50  # bytes of answers per byte of requests, on average, and a megabyte for all
_COMPLAINT: Final = 500  # bytes of what a program says on standard error
# Single requests in a row that gave nothing, before the program counts as broken: one that never gave anything, one that did.
_MAX_BARREN: Final = (8, 64)


class CommandBackend:
    """Runs a program on batches of requests.

    Args:
        info: of the engine.
        command: program and arguments.
        frame: what stands between requests.
        lifetime: whether the program reads to the end of its input for each `batch`, or stays for the whole `run`
            and answers each line as it comes.
        seconds: that one batch may take.
    """

    def __init__(
        self, info: BackendInfo, command: Sequence[str], *, frame: Frame, lifetime: Lifetime, seconds: float
    ) -> None:
        self.info, self.usage = info, Usage()
        self._command, self._frame, self._lifetime, self._seconds = tuple(command), frame, lifetime, seconds
        self._process: _Process | None = None
        self._barren, self._answered = 0, False

    def translate(self, requests: Sequence[Request]) -> list[Answer]:
        if shutil.which(self._command[0]) is None:
            raise SettingsError(f"no program {self._command[0]!r} on this machine: install it, or name another engine")
        answers: list[Answer] = []
        for start in range(0, len(requests), _BATCH_LINES):
            answers += self._batch([request.text for request in requests[start : start + _BATCH_LINES]])
        self.usage.requests += len(requests)
        return answers

    def close(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None

    def _batch(self, texts: list[str]) -> list[Answer]:
        try:
            lines = self._exchange(texts)
        except _BrokenError as error:
            self.usage.note(error.kind)
            self._barren += len(texts) == 1
            if self._barren >= _MAX_BARREN[self._answered]:
                program = " ".join(self._command)
                raise SettingsError(f"{program} gave no answer {self._barren} times in a row: {error}") from error
            if len(texts) == 1:
                return [failed(f"{error.kind}: {error}", lasting=error.kind == "framing")]
            half = len(texts) // 2
            return self._batch(texts[:half]) + self._batch(texts[half:])
        self._barren, self._answered = 0, True
        return [Answer(line) if line.strip() else failed("an empty answer", lasting=True) for line in lines]

    def _exchange(self, texts: list[str]) -> list[str]:
        between = b"\n\n" if self._frame == "paragraph" else b"\n"
        data = b"".join(text.encode("utf-8", "replace") + between for text in texts)
        process = self._running()
        try:
            if self._lifetime == "batch":
                said = process.exchange(data, None, seconds=self._seconds)
            else:
                wanted = len(texts) * len(between)
                said = process.exchange(data, lambda read: read.count(b"\n") >= wanted, seconds=self._seconds)
            lines = self._lines(said, len(texts))
        except _BrokenError:
            self.close()
            raise
        if self._lifetime == "batch":
            self.close()
        return lines

    def _lines(self, said: bytes, wanted: int) -> list[str]:
        try:
            text = said.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _BrokenError("framing", f"not UTF-8 at byte {error.start}") from error
        text = text.replace("\r\n", "\n")
        found = text.removesuffix("\n").split("\n") if text else []
        if self._frame == "paragraph":
            found = self._paragraphs(text, wanted)
        if len(found) != wanted:
            raise _BrokenError("framing", f"{wanted} requests came back as {len(found)} lines")
        return found

    def _paragraphs(self, text: str, wanted: int) -> list[str]:
        """Return what stands between empty lines. Each counts: an empty answer and one of two paragraphs are no two answers."""
        found = [" ".join(part.split("\n")).strip() for part in text.split("\n\n")]
        while len(found) > wanted and not found[-1]:
            found.pop()
        return found

    def _running(self) -> "_Process":
        if self._process is not None and not self._process.is_quiet():
            self.close()
        if self._process is None:
            self.usage.restarts += self._lifetime == "run"
            self._process = _Process(self._command)
        return self._process


class _BrokenError(Exception):
    """A batch did not come back as it must: it `died`, met its `deadline`, was `overlong` or lost its `framing`."""

    def __init__(self, kind: str, detail: str) -> None:
        self.kind = kind
        super().__init__(detail)


class _Process:
    """A program under way, with threads that read and write, so that neither side waits for the other."""

    def __init__(self, command: Sequence[str]) -> None:
        self._child = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"},
            start_new_session=os.name == "posix",  # so that a whole pipe can be ended
        )
        self._chunks: queue.Queue[bytes] = queue.Queue(_CHUNKS)
        self._complaint = b""
        threading.Thread(target=self._read, daemon=True).start()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def is_quiet(self) -> bool:
        """Return whether the program lives and has said nothing that nobody asked for."""
        return self._child.poll() is None and self._chunks.empty()

    def exchange(self, data: bytes, done: Callable[[bytearray], bool] | None, *, seconds: float) -> bytes:
        """Send data and return what the program says until it is done; without `done`, until it ends.

        Raises:
            _BrokenError: it died, took too long or said too much.
        """
        threading.Thread(target=self._write, args=(data, done is None), daemon=True).start()
        said = bytearray()
        deadline = time.monotonic() + seconds
        while done is None or not done(said):
            try:
                chunk = self._chunks.get(timeout=max(deadline - time.monotonic(), 0.0))
            except queue.Empty:
                raise _BrokenError("deadline", f"no end after {seconds:g} s") from None
            if not chunk:
                self._check_end(done is None, deadline)
                break
            said += chunk
            if len(said) > _LONGEST * len(data) + (1 << 20):
                raise _BrokenError("overlong", f"{len(said)} bytes for {len(data)}")
        return bytes(said)

    def end(self) -> None:
        """End the program and whatever it started."""
        if self._child.poll() is None:  # of one that ended, the number may be another's by now
            with contextlib.suppress(OSError):
                if os.name == "posix":
                    os.killpg(self._child.pid, signal.SIGKILL)
                else:
                    self._child.kill()
            self._child.wait()
        if self._child.stdin is not None:
            with contextlib.suppress(OSError):
                self._child.stdin.close()
        while self._chunks.qsize():  # lets a reader that waits for room come to its end
            self._chunks.get_nowait()

    def _check_end(self, expected: bool, deadline: float) -> None:  # noqa: FBT001
        try:
            code = self._child.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            raise _BrokenError("deadline", "the program closed its output and did not end") from None
        self._listener.join(1.0)
        if code or not expected:
            complaint = self._complaint.decode("utf-8", "replace").strip()
            raise _BrokenError("died", f"exit code {code}{': ' if complaint else ''}{complaint}")

    def _write(self, data: bytes, last: bool) -> None:  # noqa: FBT001
        if self._child.stdin is not None:
            with contextlib.suppress(OSError, ValueError):  # it died: whoever reads will see
                self._child.stdin.write(data)
                self._child.stdin.flush()
                if last:
                    self._child.stdin.close()

    def _read(self) -> None:
        if self._child.stdout is not None:
            with contextlib.suppress(OSError, ValueError):
                while chunk := os.read(self._child.stdout.fileno(), _CHUNK):
                    self._chunks.put(chunk)
                self._child.stdout.close()
        self._chunks.put(b"")

    def _listen(self) -> None:
        if self._child.stderr is not None:
            with contextlib.suppress(OSError, ValueError):
                while said := os.read(self._child.stderr.fileno(), _CHUNK):
                    self._complaint = (self._complaint + said)[-_COMPLAINT:]
                self._child.stderr.close()
