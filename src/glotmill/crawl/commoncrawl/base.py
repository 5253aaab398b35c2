"""Byte ranges of Common Crawl's files, wherever they are: over HTTP, on a local disk, on an object store."""

import http.client
import io
import re
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar
from urllib.parse import SplitResult, quote, urlsplit

from glotmill import __version__
from glotmill.core.errors import DataError, SettingsError, StoreError, StoreRefusedError
from glotmill.crawl.commoncrawl.pace import Pace
from glotmill.crawl.politeness import parse_retry_after
from glotmill.io import storage

T = TypeVar("T")

HOME = "https://data.commoncrawl.org/"
TRIES = 5
_BACKOFF_S = 1.0  # after the first failure; doubled by each further one
_PIECE = 64 << 10
_TIMEOUT_S = 30.0  # of one wait for the server
_GRACE_S, _SLOWEST = 60.0, 30_000.0  # seconds of one body, and bytes a second that it must keep beyond them
_PATHS_BYTES, _PATHS_PLAIN = 16 << 20, 256 << 20  # of a list of paths: real ones have 0.2 MB, 14 MB plain
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.=-]*(?:/[A-Za-z0-9][A-Za-z0-9_.=-]*)*\Z")
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(?:\d{1,18}|\*)\Z", re.ASCII)

Reason = Literal[
    "not_found",
    "beyond_end",
    "forbidden",
    "unavailable",
    "range_ignored",
    "wrong_range",
    "http_status",
]
# Of these the next try, or the next row, may hear better: they say nothing about the row.
OUTAGES: frozenset[Reason] = frozenset({"forbidden", "unavailable", "range_ignored"})


@dataclass(frozen=True, slots=True)
class Missing:
    """Why there are no bytes.

    Args:
        reason: `not_found` (404, 410), `beyond_end` (the file is shorter than that), `forbidden` (401, 403: what Common
            Crawl answers those that it has had enough of), `unavailable` (429, 5xx, no connection, cut off),
            `range_ignored` (200: it would send the whole file, of which nothing was read), `wrong_range` (206 with other
            bytes than asked for), `http_status` (anything else, redirects too).
        detail: in words.
        again: whether to ask once more.
        wait: seconds that the server asks to wait (Retry-After); None where it says nothing.
    """

    reason: Reason
    detail: str
    again: bool = False
    wait: float | None = None


class Base(Protocol):
    """Where the paths of Common Crawl begin: `crawl-data/...` and `cc-index/...` lie below."""

    def read(self, path: str, start: int, length: int) -> bytes | Missing:
        """Return exactly `length` bytes of a file from `start` on, asked for once."""
        ...

    def size(self, path: str) -> int | Missing:
        """Return a file's bytes."""
        ...

    def list(self, folder: str) -> Sequence[str] | None:
        """Return the paths of the files below a folder, sorted; None where that cannot be asked."""
        ...


def checked_path(path: str) -> str:
    """Return a path from an index as it is, where it names something below the base and nothing else.

    Raises:
        ValueError: it has a scheme, `..`, empty or hidden parts, or signs that paths of Common Crawl do not have.
    """
    if len(path) > 1_000 or not _PATH.match(path):
        raise ValueError(f"no path below the base: {path[:100]!r}")
    return path


def open_base(location: str, pace: Pace) -> Base:
    """Return what stands at a base URL, a local folder or any fsspec URL.

    Raises:
        SettingsError: a URL without a host.
    """
    if location.startswith(("http://", "https://")):
        return HttpBase(location, pace)
    return StoreBase(location, pace)


class StoreBase:
    """A local folder, or an object store by fsspec; the pace holds for the store."""

    def __init__(self, location: str, pace: Pace) -> None:
        self._location = location
        self._pace = pace if storage.local_path(location) is None else Pace(float("inf"))

    def read(self, path: str, start: int, length: int) -> bytes | Missing:
        self._pace.wait()
        try:
            data = storage.read_range(storage.join(self._location, checked_path(path)), start, length)
        except DataError as error:
            return Missing("not_found", str(error))
        except StoreRefusedError as error:
            return Missing("forbidden", str(error))
        except (OSError, StoreError) as error:
            return Missing("unavailable", f"{path}: {error}", again=True)
        if len(data) < length:
            return Missing("beyond_end", f"{path} has {len(data)} of {length} bytes from {start} on")
        return data

    def size(self, path: str) -> int | Missing:
        self._pace.wait()
        try:
            return storage.size(storage.join(self._location, checked_path(path)))
        except DataError as error:
            return Missing("not_found", str(error))
        except StoreRefusedError as error:
            return Missing("forbidden", str(error))
        except (OSError, StoreError) as error:
            return Missing("unavailable", f"{path}: {error}", again=True)

    def list(self, folder: str) -> Sequence[str] | None:
        self._pace.wait()
        try:
            found = storage.list_files(storage.join(self._location, folder))
        except DataError:
            return ()
        return tuple(f"{folder}/{name}" for name, _ in found)


class HttpBase:
    """A web server; each thread keeps one connection. Redirects are not followed, proxies not asked.

    Args:
        url: of the folder that paths are below.
        pace: of all requests.
    """

    def __init__(self, url: str, pace: Pace) -> None:
        parts = urlsplit(url)
        if not parts.hostname or parts.query or parts.fragment or parts.username:
            raise SettingsError(f"{url}: a base is a URL such as {HOME}")
        self._parts: SplitResult = parts
        self._pace = pace
        self._own = threading.local()
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None

    def read(self, path: str, start: int, length: int) -> bytes | Missing:
        end = start + length - 1
        answer = self._ask("GET", path, {"Range": f"bytes={start}-{end}"})
        if isinstance(answer, Missing):
            return answer
        if answer.status != 206:
            return self._refused(answer, path)
        given = _RANGE.match((answer.getheader("Content-Range") or "").strip())
        if given is None or int(given[1]) != start or int(given[2]) > end:
            self._drop()
            return Missing(
                "wrong_range", f"{path}: asked for {start}-{end}, got {answer.getheader('Content-Range')!r:.80}"
            )
        if int(given[2]) < end:
            self._drop()
            return Missing("beyond_end", f"{path} ends at byte {given[2]}, before {end}")
        return self._body(answer, path, length)

    def size(self, path: str) -> int | Missing:
        answer = self._ask("HEAD", path, {})
        if isinstance(answer, Missing):
            return answer
        length = answer.getheader("Content-Length") or ""
        if answer.status != 200 or not length.isdecimal():
            return self._refused(answer, path)
        answer.read()
        return int(length)

    def list(self, folder: str) -> Sequence[str] | None:
        return None

    def _ask(self, method: str, path: str, fields: dict[str, str]) -> http.client.HTTPResponse | Missing:
        """Send a request and return the answer's head; a kept connection that the server has closed is opened anew."""
        target = f"{self._parts.path.rstrip('/')}/{quote(checked_path(path), safe='/=')}"
        headers = {**fields, "User-Agent": f"Glotmill/{__version__}", "Accept-Encoding": "identity"}
        self._pace.wait()
        kept = getattr(self._own, "connection", None) is not None
        try:
            return self._send(method, target, headers)
        except (http.client.RemoteDisconnected, ConnectionError) as error:
            self._drop()
            if not kept:
                return Missing("unavailable", f"{path}: {type(error).__name__}: {error}"[:300], again=True)
        except ssl.SSLCertVerificationError as error:  # the next try would meet the same certificate
            self._drop()
            return Missing("unavailable", f"{path}: the server's certificate: {error.verify_message}"[:300])
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            return Missing("unavailable", f"{path}: {type(error).__name__}: {error}"[:300], again=True)
        return self._ask(method, path, fields)

    def _send(self, method: str, target: str, fields: dict[str, str]) -> http.client.HTTPResponse:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            host, port = self._parts.hostname or "", self._parts.port
            if self._tls is not None:
                connection = http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=self._tls)
            else:
                connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
            self._own.connection = connection
        connection.request(method, target, headers=fields)
        return connection.getresponse()

    def _body(self, answer: http.client.HTTPResponse, path: str, length: int) -> bytes | Missing:
        span, got = _GRACE_S + length / _SLOWEST, io.BytesIO()
        until = time.monotonic() + span
        try:
            while got.tell() <= length and (piece := answer.read(min(_PIECE, length + 1 - got.tell()))):
                got.write(piece)
                if time.monotonic() > until:
                    self._drop()
                    return Missing(
                        "unavailable", f"{path}: {got.tell()} of {length} bytes in {span:,.0f} s", again=True
                    )
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            return Missing("unavailable", f"{path}: {type(error).__name__} after {got.tell()} bytes", again=True)
        if got.tell() != length:
            self._drop()
            if got.tell() > length:
                return Missing("wrong_range", f"{path}: more than {length} bytes came")
            return Missing("unavailable", f"{path}: {got.tell()} of {length} bytes came", again=True)
        return got.getvalue()

    def _refused(self, answer: http.client.HTTPResponse, path: str) -> Missing:
        self._drop()  # what it would still send is not read
        status, said = answer.status, f"{path}: status {answer.status}"
        if status == 200:
            return Missing("range_ignored", f"{said}: the server would send the whole file")
        if status in (404, 410):
            return Missing("not_found", said)
        if status == 416:
            return Missing("beyond_end", said)
        if status in (401, 403):
            return Missing("forbidden", said)
        if status == 429 or status >= 500:
            wait = parse_retry_after(answer.getheader("Retry-After"), time.time())
            return Missing("unavailable", said, again=True, wait=wait)
        return Missing("http_status", said)

    def _drop(self) -> None:
        connection = getattr(self._own, "connection", None)
        self._own.connection = None
        if connection is not None:
            connection.close()


def read_again(base: Base, pace: Pace, path: str, start: int, length: int) -> bytes | Missing:
    """Return a range, asked for up to five times; between tries nothing is asked for as long as the server says.

    Raises:
        DataError: that is longer than the pace has patience for.
    """
    return _again(lambda: base.read(path, start, length), pace)


def alive(base: Base, path: str, offset: int) -> bool:
    """Tell whether a base answers ranges: that a file is not there, or is shorter, is an answer. Asked once."""
    found = base.read(path, offset, 1)
    return not isinstance(found, Missing) or found.reason not in OUTAGES


def size_again(base: Base, pace: Pace, path: str) -> int | Missing:
    """Return a file's bytes, asked for up to five times, as `read_again` does."""
    return _again(lambda: base.size(path), pace)


def _again(ask: Callable[[], T | Missing], pace: Pace) -> T | Missing:
    answer = ask()
    for attempt in range(1, TRIES):
        if not isinstance(answer, Missing) or not answer.again:
            break
        pace.hold(_BACKOFF_S * 2.0 ** (attempt - 1) if answer.wait is None else answer.wait)
        answer = ask()
    if isinstance(answer, Missing) and answer.wait:
        pace.hold(answer.wait)
    return answer


def read_paths(base: Base, pace: Pace, path: str) -> Sequence[str] | Missing:
    """Return the lines of a gzipped list of paths, those that name no file below the base left out.

    Raises:
        DataError: it is no such list, or larger than 16 MB.
    """
    size = size_again(base, pace, path)
    if isinstance(size, Missing):
        return size
    if size > _PATHS_BYTES:
        raise DataError(f"{path} has {size:,} bytes: no list of paths")
    data = read_again(base, pace, path, 0, size)
    if isinstance(data, Missing):
        return data
    try:
        inflater = zlib.decompressobj(31)
        plain = inflater.decompress(data, _PATHS_PLAIN)
    except zlib.error as error:
        raise DataError(f"{path}: no gzip file: {error}") from error
    if not inflater.eof:
        raise DataError(f"{path}: the gzip file ends early, or is larger than {_PATHS_PLAIN:,} bytes")
    return tuple(line for line in plain.decode("utf-8", "replace").split() if _PATH.match(line))


class RangeFile(io.RawIOBase):
    """A file of a base as pyarrow reads one: what is asked for is read, nothing ahead.

    Args:
        base: where it is.
        pace: of retries.
        path: of the file.

    Raises:
        DataError: it is not there.
    """

    def __init__(self, base: Base, pace: Pace, path: str) -> None:
        super().__init__()
        self._base, self._pace, self._path, self._at = base, pace, path, 0
        size = size_again(base, pace, path)
        if isinstance(size, Missing):
            raise DataError(f"{size.detail} ({size.reason})")
        self.length = size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self.length)[whence]
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        wanted = self.length - self._at if size is None or size < 0 else min(size, self.length - self._at)
        if wanted <= 0:
            return b""
        data = read_again(self._base, self._pace, self._path, self._at, wanted)
        if isinstance(data, Missing):
            raise OSError(f"{data.detail} ({data.reason})")
        self._at += len(data)
        return data

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # whatever holds bytes
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)
