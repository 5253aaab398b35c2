"""A tiny Common Crawl on loopback, and what can be wrong with it."""

import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from glotmill.core.inputs import InputFile, Slice
from glotmill.crawl.commoncrawl.source import CommonCrawlSource
from glotmill.licensing.agents import AGENTS_FILE

ROOT = Path(__file__).resolve().parents[2]
AGENTS = {AGENTS_FILE: (ROOT / AGENTS_FILE).read_text(encoding="utf-8")}

# From path, first byte asked for (None: all of it) and number of the try to what the server does instead of its duty:
# a status, `503 after N`, `cut` (half of the bytes), `whole` (ignores the range), `other` (another range), `close`.
Fault = Callable[[str, int | None, int], str | None]


class Place:
    """A server's address, what was asked, and how many bytes it sent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.fault: Fault = lambda path, start, attempt: None
        self.asked: list[tuple[str, int | None]] = []
        self.sent = 0
        self.tries: Counter[tuple[str, int | None]] = Counter()
        self.lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    """Answers as its place says; `place` is set by a subclass for each server."""

    place: Place
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_HEAD(self):
        self._answer()

    def do_GET(self):
        self._answer()

    def _answer(self):
        place, path, asked = self.place, self.path.lstrip("/"), self.headers.get("Range")
        first, last = (int(part) for part in asked.removeprefix("bytes=").split("-")) if asked else (None, None)
        with place.lock:
            place.asked.append((path, first))
            place.tries[path, first] += 1
            attempt = place.tries[path, first]
        wrong = place.fault(path, first, attempt)
        file = place.folder / path
        if wrong == "close":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif wrong and wrong[0].isdigit():
            wait = wrong.partition(" after ")[2]
            self._head(int(wrong[:3]), 0, [("Retry-After", wait)] if wait else [])
        elif wrong == "whole":
            self._endless()
        elif not file.is_file():
            self._head(404, 0)
        elif first is None or last is None:
            self._whole(file.read_bytes())
        else:
            self._range(file.read_bytes(), first, last, wrong)

    def _whole(self, data):
        self._head(200, len(data))
        if self.command == "GET":
            self._send(data)

    def _range(self, data, first, last, wrong):
        if first >= len(data):
            self._head(416, 0, [("Content-Range", f"bytes */{len(data)}")])
            return
        if wrong == "other":
            first, last = first + 1, last + 1
        part = data[first : last + 1]
        self._head(206, len(part), [("Content-Range", f"bytes {first}-{first + len(part) - 1}/{len(data)}")])
        self._send(part[: len(part) // 2] if wrong == "cut" else part)
        self.close_connection = self.close_connection or wrong == "cut"

    def _endless(self):
        """A terabyte, until nobody listens."""
        self._head(200, 1 << 40)
        self.close_connection = True
        with suppress(OSError):
            while self.place.sent < 50_000_000:
                self._send(b"\0" * 65_536)

    def _head(self, status, length, fields=()):
        self.send_response(status)
        for name, value in (*fields, ("Content-Length", str(length))):
            self.send_header(name, value)
        self.end_headers()

    def _send(self, data):
        self.wfile.write(data)
        with self.place.lock:
            self.place.sent += len(data)

    def log_message(self, *args):
        pass

    def handle(self):
        with suppress(OSError):
            super().handle()


@contextmanager
def served(folder: Path, *, tls: ssl.SSLContext | None = None) -> Iterator[Place]:
    """Serve a folder with byte ranges while the block runs, over HTTPS where there is a certificate."""
    place = Place(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"place": place}))
    server.daemon_threads = True
    if tls is not None:  # the handshake is done in the thread of its connection
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    place.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def source(**fields) -> CommonCrawlSource:
    """A source of the tiny Common Crawl's two crawls, Basque unless told otherwise."""
    given = {"kind": "commoncrawl", "of": "commoncrawl", "crawls": ("CC-MAIN-2026-40", "CC-MAIN-2026-44"), **fields}
    return CommonCrawlSource.model_validate(given)


def job(*languages: str, files: dict[str, str] | None = None, **fields):
    """What the fetch of such a source is told."""
    targets = languages or ("eus_Latn",)
    return source(**fields).job(name="proba", languages=targets, files={**AGENTS, **(files or {})})


def rows(folder: Path, spec: CommonCrawlSource | None = None, *, target: int = 1 << 30) -> list[dict]:
    """What a finished fetch gives to a run, read in slices of about so many bytes; each row with its reason."""
    spec = spec or source()
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    found = []
    for name in sorted(spec.chosen(names)):
        file = InputFile(spec.of, name, str(folder / name), (folder / name).stat().st_size, "")
        for part in spec.split(file, target):
            for outcome in spec.read(Slice(file, part.start, part.end)):
                reasons = outcome.reasons.to_pylist() if outcome.reasons is not None else [None] * len(outcome.batch)
                found += [{**row, "reason": r} for row, r in zip(outcome.batch.rows.to_pylist(), reasons, strict=True)]
    return found


def archives(folder: Path) -> dict[str, bytes]:
    """The bytes of everything that a fetch publishes: archives, their indexes and receipts, and what failed."""
    kept = [*(folder / "warc").iterdir(), *(folder / "receipts").iterdir(), *folder.glob("failed-*.jsonl")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(kept)}
