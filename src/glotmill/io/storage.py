"""Bytes at an address: a local path or any fsspec URL, written once and never renamed."""

import hashlib
import os
import shutil
import uuid
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

import xxhash

from glotmill.core.errors import DataError
from glotmill.io import objects

_PIECE = 1 << 20


class _Synced(BufferedWriter):
    """A local file whose bytes are on the disk, not in its cache, when `close` returns."""

    def close(self) -> None:
        if not self.closed:
            self.flush()
            os.fsync(self.fileno())
        super().close()


def local_path(url: str) -> Path | None:
    """Return the path that an address names on this machine, or None for a remote one."""
    if "://" not in url:
        return Path(url)
    if url.startswith("file://"):
        return Path(unquote(urlsplit(url).path))
    return None


def absolute(url: str) -> str:
    """Return an address that means the same in every process: a path by its whole name, a URL as it is, neither with a last slash.

    >>> absolute("s3://corpora/basque-web/1.0.0/")
    's3://corpora/basque-web/1.0.0'
    """
    path = local_path(url)
    if path is not None:
        return str(path.absolute())
    return url if url.endswith("://") else url.rstrip("/")


def _missing(url: str) -> DataError:
    return DataError(f"{url}: no such file")


def _folder(url: str) -> DataError:
    return DataError(f"{url}: a folder, where a file was expected")


def join(url: str, *parts: str) -> str:
    """Return the address of something below `url`; `/` separates in every filesystem."""
    below = "/".join(part.strip("/") for part in parts if part.strip("/"))
    if not below:
        return url
    return url + below if url.endswith("://") or not url else f"{url.rstrip('/')}/{below}"


def read_bytes(url: str) -> bytes:
    """Return the whole content.

    Raises:
        DataError: nothing there. Other OSErrors propagate.
    """
    if local_path(url) is None:
        try:
            return objects.read_bytes(url)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise _missing(url) from error
        except IsADirectoryError as error:
            raise _folder(url) from error
    with open_read(url) as stream:
        return stream.read()


def write_bytes(url: str, data: bytes) -> None:
    """Write the whole content in one call; a local file is on the disk when this returns."""
    path = local_path(url)
    if path is None:
        objects.write_bytes(url, data)
        return
    with open_write(url) as stream:
        stream.write(data)


def replace_bytes(url: str, data: bytes) -> None:
    """Write the whole content in place of what is there: whoever reads, and whoever dies, finds the old or the new.

    For the few files that change after they were published. A local file is written beside its place and renamed; object
    stores put a file in one piece anyway.
    """
    path = local_path(url)
    if path is None:
        write_bytes(url, data)
        return
    _write_beside(path.with_name(f".{path.name}.new"), path, data)
    _sync_folder(path.parent)


def write_whole(url: str, data: bytes) -> None:
    """Write the whole content so that several writers of one file leave one of their contents, and never a part of it.

    A local file is written beside its place, under a name of this call, and renamed; object stores put a file in one piece.
    """
    path = local_path(url)
    if path is None:
        write_bytes(url, data)
        return
    _write_beside(path.with_name(f".{path.name}.{uuid.uuid4().hex}.new"), path, data)


def move_here(source: str, target: str) -> None:
    """Give a local file another name on the same disk, in place of what is there; folders are made."""
    there = Path(target)
    there.parent.mkdir(parents=True, exist_ok=True)
    Path(source).replace(there)


def _write_beside(beside: Path, path: Path, data: bytes) -> None:
    try:
        write_bytes(str(beside), data)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_read(url: str) -> BinaryIO:
    """Open for reading, binary and seekable.

    Raises:
        DataError: nothing there, or a folder. Other OSErrors propagate.
    """
    path = local_path(url)
    try:
        return objects.open_read(url) if path is None else path.open("rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _missing(url) from error
    except IsADirectoryError as error:
        raise _folder(url) from error


def read_range(url: str, start: int, length: int) -> bytes:
    """Return `length` bytes from `start` on; fewer only where the file ends. No more than these are read.

    Raises:
        DataError: nothing there, or a folder. Other OSErrors propagate.
    """
    path = local_path(url)
    if path is not None:
        with open_read(url) as stream:
            stream.seek(start)
            return stream.read(length)
    try:
        return objects.read_range(url, start, length)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _missing(url) from error


def open_write(url: str) -> BinaryIO:
    """Open a new file for writing; folders are made, a local file is synced to disk on close.

    In a store the file appears whole when it is closed, and not at all where its `with` block ends in an error.
    """
    path = local_path(url)
    if path is None:
        return cast(BinaryIO, objects.Writer(url))
    path.parent.mkdir(parents=True, exist_ok=True)
    return cast(BinaryIO, _Synced(FileIO(path, "w"), _PIECE))


def list_files(url: str) -> list[tuple[str, int]]:
    """Return (name relative to `url`, size in bytes) of every file below, sorted by name.

    A file lists itself under its own name. A folder without files, or none at all on an object store, is empty.

    Raises:
        DataError: a local address where nothing is.
    """
    path = local_path(url)
    if path is None:
        return objects.list_files(url)
    if path.is_file():
        return [(path.name, path.stat().st_size)]
    if not path.is_dir():
        raise DataError(f"{url}: no such file or folder")
    found = [
        ((Path(folder) / name).relative_to(path).as_posix(), (Path(folder) / name).stat().st_size)
        for folder, _, names in os.walk(path)
        for name in names
        if (Path(folder) / name).is_file()  # a dangling link is no file
    ]
    return sorted(found)


def list_below(url: str) -> list[tuple[str, int]]:
    """Return what `list_files` does, and nothing where nothing is."""
    path = local_path(url)
    return list_files(url) if path is None or path.exists() else []


def exists(url: str) -> bool:
    """Return whether a file or folder is there."""
    path = local_path(url)
    if path is not None:
        return path.exists()
    return objects.exists(url)


def is_file(url: str) -> bool:
    """Return whether a file, not a folder, is there."""
    path = local_path(url)
    if path is not None:
        return path.is_file()
    return objects.is_file(url)


def size(url: str) -> int:
    """Return a file's size in bytes.

    Raises:
        DataError: nothing there.
    """
    return int(_info(url)["size"])


def _info(url: str) -> dict[str, Any]:
    path = local_path(url)
    try:
        if path is not None:
            return {"size": path.stat().st_size}
        return objects.info(url)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _missing(url) from error


def delete(url: str) -> None:
    """Delete a file, or a folder with all it holds; what is not there is fine."""
    path = local_path(url)
    try:
        if path is None:
            objects.delete(url)
        elif path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return


def abort_uploads(url: str) -> int:
    """Abort uploads into a store below an address that were begun over a day ago and not finished; return how many."""
    return 0 if local_path(url) is not None else objects.abort_uploads(url)


def digest(url: str) -> str:
    """Return `etag:<tag>` where the store names a strong one, else `xxh3:<128-bit hex>` of the content.

    Raises:
        DataError: nothing there.
    """
    info = _info(url)
    tag = str(info.get("ETag") or info.get("etag") or "")
    if tag and not tag.startswith("W/"):  # a weak tag promises likeness, not equal bytes
        return "etag:" + tag.strip('"')
    hasher = xxhash.xxh3_128()
    with open_read(url) as stream:
        while piece := stream.read(_PIECE):
            hasher.update(piece)
    return f"xxh3:{hasher.hexdigest()}"


def sha256(url: str) -> tuple[str, int]:
    """Return a file's SHA-256, hexadecimal, and how many bytes it has, read in pieces.

    Raises:
        DataError: nothing there.
    """
    hasher, total = hashlib.sha256(), 0
    with open_read(url) as stream:
        while piece := stream.read(_PIECE):
            hasher.update(piece)
            total += len(piece)
    return hasher.hexdigest(), total
