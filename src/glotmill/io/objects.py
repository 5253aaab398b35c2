"""Files in object stores, through fsspec: read by ranges, put whole, asked for again while the store does not answer.

A store is held to little: that a whole object appears under its name at once or not at all, and that an object asked for by its
name is there once it was put. Nothing is renamed. A listing may be behind; what is asked for by name is not looked for in one.
"""

import errno
import io
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, TypeVar, cast
from urllib.parse import unquote

from glotmill.core.errors import SettingsError, StoreError, StoreRefusedError

T = TypeVar("T")

_EXTRAS = {
    "s3": "s3",
    "s3a": "s3",
    "gs": "gcs",
    "gcs": "gcs",
    "abfs": "azure",
    "abfss": "azure",
    "az": "azure",
    "hf": "hf",
}
WAITS_S = (0.5, 1.0, 2.0, 4.0, 8.0)  # between tries; the clients of S3 wait and try on their own within each
_IN_MEMORY = 8 << 20  # bytes of a file being written before it goes to a temporary file
_FIRST_AHEAD, _MOST_AHEAD = 128 << 10, 8 << 20  # bytes asked for at once: doubled while a file is read in one go
_WHOLE = 1 << 20  # smaller files come in one request, whatever is read of them
_TAIL = 64 << 10  # with the first bytes that are read near the end come these: footers of Arrow and Parquet stand there
_ABANDONED = timedelta(hours=24)  # no file of a run takes a day to upload
_ABORTING = "aborting uploads that nobody finished"

_NOT_PASSING = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, FileExistsError)
_OUR_FAULT = {errno.EINVAL, errno.ENAMETOOLONG, errno.ENOSPC, errno.EROFS, errno.EMFILE, errno.ENOTSUP}
_CLIENTS = {
    "aiobotocore",
    "aiohttp",
    "azure",
    "botocore",
    "gcsfs",
    "google",
    "httpx",
    "huggingface_hub",
    "requests",
    "urllib3",
}
_NO_CREDENTIALS = (
    "NoCredentialsError",
    "PartialCredentialsError",
    "DefaultCredentialsError",
    "CredentialRetrievalError",
)

# Names of stores' accounts stand before the @ in Azure's addresses (container@account), and a user's name in SFTP's.
_NAMES_USERS = {"abfs", "abfss", "adl", "az", "wasb", "wasbs", "sftp", "ssh", "hdfs", "webhdfs"}
_USER = re.compile(r"(?P<protocol>[a-z][\w.+-]*)://(?P<user>[^/@\s]*)@", re.IGNORECASE)
_SECRET = re.compile(
    r"[?&;#](?P<name>(?:[\w.-]*(?:token|signature|credential|secret|password|passwd|api[_-]?key|access[_-]?key|accesskeyid)[\w.-]*"
    r"|sig|key|auth|authorization))=[^&;#\s]*",
    re.IGNORECASE,
)


def refuse_secrets(address: str, option: str = "") -> None:
    """Refuse an address that carries a password or a token: addresses are shown, logged and written down.

    Raises:
        SettingsError: it does; the text shows the address without it.
    """
    found = _secret_in(address)
    if found:
        place = f"{option} " if option else ""
        raise SettingsError(
            f"{place}{without_secrets(address)}: the address carries {found}. Give credentials to the store's own client instead "
            "(environment variables, its configuration file, the machine's role); addresses are written into logs and files"
        )


@lru_cache(maxsize=4096)
def _secret_in(address: str) -> str:
    for text in (address, unquote(address)):
        for user in _USER.finditer(text):
            if ":" in user["user"] or user["protocol"].lower() not in _NAMES_USERS:
                return "a user name or a password"
        query = _SECRET.search(text)
        if query:
            return f"a secret ({query['name']}=...)"
    return ""


def without_secrets(text: str) -> str:
    """Return a text with passwords and tokens of the addresses in it struck out."""
    struck = _struck(text)
    plain = unquote(struck)  # they hide behind percent signs, too
    return struck if _struck(plain) == plain else _struck(plain)


def _struck(text: str) -> str:
    struck = _USER.sub(lambda match: f"{match['protocol']}://***@", text)
    return _SECRET.sub(lambda match: f"{match[0][0]}{match['name']}=***", struck)


def _opened(url: str) -> tuple[Any, str]:
    """Return the filesystem of an address and the name there.

    Raises:
        SettingsError: the address carries a secret, or no package here knows its protocol.
    """
    refuse_secrets(url)
    import fsspec.core  # noqa: PLC0415  # a tenth of a second that runs on local files need not spend

    protocol = url.split("://", 1)[0]
    try:
        filesystem, name = fsspec.core.url_to_fs(url, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        extra = _EXTRAS.get(protocol)
        remedy = f"pip install 'glotmill[{extra}]'" if extra else "install the fsspec package that knows it"
        raise SettingsError(f"{url}: no filesystem for {protocol}:// addresses ({error}); {remedy}") from error
    return filesystem, cast(str, name)


class _TooShort(OSError):
    """An answer ended before its object did."""


def _ask(url: str, doing: str, request: Callable[[Any, str], T]) -> T:
    """Carry a request out, again while it fails for reasons that pass.

    Raises:
        StoreError: it failed to the end, or the store refuses it.
        FileNotFoundError, IsADirectoryError, NotADirectoryError: nothing of that name is there, or no file.
    """
    filesystem, name = _opened(url)
    begun = time.monotonic()
    for wait in (*WAITS_S, None):
        try:
            return request(filesystem, name)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise
        except Exception as error:
            if not _is_of_the_store(error):
                raise
            if wait is None or not _passes(error):
                raise _explained(url, doing, error, time.monotonic() - begun) from None
        time.sleep(wait)
    raise AssertionError  # the last try returns or raises


def _is_of_the_store(error: Exception) -> bool:
    return isinstance(error, OSError) or type(error).__module__.partition(".")[0] in _CLIENTS


def _passes(error: Exception) -> bool:
    if isinstance(error, _NOT_PASSING) or type(error).__name__ in _NO_CREDENTIALS:
        return False
    return not (isinstance(error, OSError) and error.errno in _OUR_FAULT)


def _explained(url: str, doing: str, error: Exception, seconds: float) -> StoreError:
    said = without_secrets(f"{type(error).__name__}: {error}".strip().rstrip(":"))
    if type(error).__name__ in _NO_CREDENTIALS:
        remedy = "the store's client found no credentials: set them in its environment variables, its configuration file or the machine's role"
    elif isinstance(error, PermissionError):
        remedy = "the credentials lack a right for it; docs/how-to/object-storage.md lists the rights that a run needs"
    elif _passes(error):
        remedy = (
            f"{len(WAITS_S) + 1} tries in {seconds:.0f} s; look at the store and the way to it (endpoint, region, quota). "
            "What is done stays done: the same command goes on from here"
        )
    else:
        remedy = "the store refuses it"
    kind = StoreError if _passes(error) else StoreRefusedError
    return kind(f"{url}: {doing}: {said}; {remedy}")


def info(url: str) -> dict[str, Any]:
    """Return what the store says of a name: `size` in bytes, `type`, and an `ETag` where it gives one.

    Raises:
        FileNotFoundError: nothing there.
        StoreError: as everything here.
    """

    def request(filesystem: Any, name: str) -> dict[str, Any]:
        filesystem.invalidate_cache()  # some keep what they have seen, whatever they are told
        return cast(dict[str, Any], filesystem.info(name))

    return _ask(url, "asking for it", request)


def exists(url: str) -> bool:
    """Return whether a file or a folder is there."""
    try:
        info(url)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def is_file(url: str) -> bool:
    """Return whether a file is there."""
    try:
        return bool(info(url)["type"] == "file")
    except (FileNotFoundError, NotADirectoryError):
        return False


def _size(url: str, found: dict[str, Any]) -> int:
    if found["type"] != "file":
        raise IsADirectoryError(url)
    if found["size"] is None:
        raise StoreError(
            f"{url}: the server does not say how large it is, so nobody could tell whether it came whole; copy it"
        )
    return int(found["size"])


def read_bytes(url: str) -> bytes:
    """Return the whole content; an answer that ends early is asked for again."""
    found = info(url)
    return _range(url, 0, _size(url, found))


def read_range(url: str, start: int, length: int) -> bytes:
    """Return bytes from `start` on; fewer than `length` only where the file ends."""
    data = _ask(url, "reading", lambda filesystem, name: _bytes_of(url, filesystem, name, start, start + length))
    if len(data) == length:
        return data
    end = min(start + length, _size(url, info(url)))
    return data if start + len(data) >= end else _range(url, start, end)


def _range(url: str, start: int, end: int) -> bytes:
    """Return bytes of a file that is known to have them."""
    if start >= end:
        return b""

    def request(filesystem: Any, name: str) -> bytes:
        data = _bytes_of(url, filesystem, name, start, end)
        if len(data) != end - start:
            raise _TooShort(f"{len(data)} of {end - start} bytes came")
        return data

    return _ask(url, "reading", request)


def _bytes_of(url: str, filesystem: Any, name: str, start: int, end: int) -> bytes:
    data = cast(bytes, filesystem.cat_file(name, start=start, end=end))
    if len(data) > end - start:
        raise StoreError(
            f"{url}: reading: {len(data)} bytes came where {end - start} were asked for: the server knows no ranges; copy it"
        )
    return data


class _Reader(io.RawIOBase):
    """A file read by ranges, more at once the longer it is read in one go."""

    def __init__(self, url: str, size: int) -> None:
        self._url, self._size = url, size
        self._at, self._start, self._held, self._ahead = 0, 0, b"", _FIRST_AHEAD

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"negative seek position {base + offset}")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if self._at >= self._size or not view.nbytes:
            return 0
        end = self._start + len(self._held)
        if not self._start <= self._at < end:
            self._ahead = min(2 * self._ahead, _MOST_AHEAD) if self._at == end else _FIRST_AHEAD
            stop = min(self._at + max(view.nbytes, self._ahead), self._size)
            start = 0 if self._size <= _WHOLE else min(self._at, self._size - _TAIL)
            if self._size <= _WHOLE:
                stop = self._size
            self._held, self._start = _range(self._url, start, stop), start
        piece = memoryview(self._held)[self._at - self._start :][: view.nbytes]
        view[: piece.nbytes] = piece
        self._at += piece.nbytes
        return piece.nbytes


def open_read(url: str) -> BinaryIO:
    """Open for reading, seekable; one request for every piece that is read.

    Raises:
        FileNotFoundError: nothing there.
        IsADirectoryError: a folder.
    """
    found = info(url)
    return io.BufferedReader(_Reader(url, _size(url, found)), 64 << 10)


class Writer(io.RawIOBase):
    """A file in the making, on this machine until `close` puts it into the store in one piece.

    A `with` block that ends in an error, `discard`, and a writer that is forgotten put nothing.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._file: Any = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, prefix="glotmill-")  # noqa: SIM115
        _opened(url)  # a wrong address is an error before anything is written

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return int(self._file.tell())

    def write(self, data: Any) -> int:
        return int(self._file.write(data))

    def discard(self) -> None:
        """Forget what was written; nothing appears in the store."""
        if not self.closed:
            self._file.close()
            super().close()

    def close(self) -> None:
        if self.closed:
            return
        try:
            self._file.flush()
            _put(self._url, self._file)
        finally:
            self.discard()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.discard()
        self.close()

    def __del__(self) -> None:
        self.discard()


def write_bytes(url: str, data: bytes) -> None:
    """Put a file of this content."""
    _put(url, io.BytesIO(data))


def _put(url: str, file: Any) -> None:
    """Put a file, and look that all of it arrived.

    Multipart uploads are the client's; where one fails, it aborts it and the file is put anew.
    """
    size = file.seek(0, os.SEEK_END)

    def request(filesystem: Any, name: str) -> None:
        file.seek(0)
        if size <= _IN_MEMORY:
            filesystem.pipe_file(name, file.read())
        else:
            with _named(file) as path:
                filesystem.put_file(path, name)
        filesystem.invalidate_cache()
        arrived = int(filesystem.info(name)["size"])
        if arrived != size:
            raise _TooShort(f"{arrived} of {size} bytes arrived")

    try:
        _ask(url, "writing", request)
    except FileNotFoundError as error:
        raise StoreError(f"{url}: writing: {without_secrets(str(error))}; make the bucket first") from None


class _named:  # noqa: N801  # reads as the function it is
    """A path under which the content of a temporary file can be read: its descriptor's, or a copy's."""

    def __init__(self, file: Any) -> None:
        self._file, self._copy = file, ""

    def __enter__(self) -> str:
        path = f"/proc/self/fd/{self._file.fileno()}"
        if Path(path).exists():
            return path
        handle, self._copy = tempfile.mkstemp(prefix="glotmill-")
        with os.fdopen(handle, "wb") as copy:
            while piece := self._file.read(_IN_MEMORY):
                copy.write(piece)
        return self._copy

    def __exit__(self, *_: object) -> None:
        if self._copy:
            Path(self._copy).unlink()


def list_files(url: str) -> list[tuple[str, int]]:
    """Return (name relative to `url`, size in bytes) of the files below it that the store lists now, by name."""

    def request(filesystem: Any, name: str) -> list[tuple[str, int]]:
        filesystem.invalidate_cache()
        base = name.rstrip("/")
        found: dict[str, int] = {}
        for path, about in filesystem.find(name, detail=True).items():
            whole = path.rstrip("/")
            relative = whole.rsplit("/", 1)[-1] if whole == base else path[len(base) :].lstrip("/")
            if about.get("type") != "directory" and not relative.endswith("/"):  # some mark folders by empty objects
                found[relative] = int(about.get("size") or 0)
        return sorted(found.items())

    try:
        return _ask(url, "listing", request)
    except (FileNotFoundError, NotADirectoryError):
        return []


def matching(pattern: str) -> list[str]:
    """Return the addresses' paths of the files that a pattern with wildcards names, with the pattern's own path first."""

    def request(filesystem: Any, name: str) -> list[str]:
        filesystem.invalidate_cache()
        found = filesystem.glob(name, detail=True)
        return [name, *sorted(path for path, about in found.items() if about.get("type") == "file")]

    return _ask(pattern, "listing", request)


def delete(url: str) -> None:
    """Delete a file by its name, or all files that are listed below a folder; what is not there is fine."""

    def request(filesystem: Any, name: str) -> None:
        filesystem.invalidate_cache()
        with suppress(FileNotFoundError, NotADirectoryError):
            if filesystem.info(name)["type"] == "file":
                filesystem.rm_file(name)
            else:
                filesystem.rm(name, recursive=True)

    _ask(url, "deleting", request)


def abort_uploads(url: str, *, older_than: timedelta = _ABANDONED) -> int:
    """Abort multipart uploads below an address that were begun so long ago, and return how many.

    A process that is killed while it uploads leaves one; S3 bills its parts until it is aborted. Google and Azure forget
    theirs after a week, and tell nobody of them.
    """
    begun_before = datetime.now(UTC) - older_than
    count = 0
    for upload in _uploads(url):
        if upload["Initiated"] < begun_before:
            _ask(url, _ABORTING, partial(_abort, upload))
            count += 1
    return count


def _abort(upload: Mapping[str, Any], filesystem: Any, name: str) -> None:
    with suppress(FileNotFoundError):  # aborted by a try whose answer was lost, or by its own worker
        filesystem.abort_mpu(name.partition("/")[0], upload["Key"], upload["UploadId"])


def _uploads(url: str) -> Iterator[Mapping[str, Any]]:
    """Yield all uploads below an address: S3 lists 1,000 at a time, and the method of s3fs asks for the first of them."""

    def page(filesystem: Any, name: str) -> dict[str, Any]:
        bucket, _, key = name.partition("/")
        if not hasattr(filesystem, "list_multipart_uploads"):
            return {}
        prefix = f"{key.rstrip('/')}/" if key else ""
        found = filesystem.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=prefix, **markers)
        return {**found, "Uploads": [one for one in found.get("Uploads", ()) if one["Key"].startswith(prefix)]}

    markers: dict[str, str] = {}
    while True:
        listed = _ask(url, _ABORTING, page)
        yield from listed.get("Uploads", ())
        following = {
            "KeyMarker": listed.get("NextKeyMarker", ""),
            "UploadIdMarker": listed.get("NextUploadIdMarker", ""),
        }
        if not listed.get("IsTruncated") or following == markers:
            return
        markers = following
