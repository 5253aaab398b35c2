"""Translations made so far that several machines share, in a folder that all of them see or an object store.

Whoever has answers writes them as a file of its own, once, under a name that holds the digest of its content: nobody writes into
what another wrote, and a file that a dying attempt left unfinished is none. Whoever looks for an answer reads the files that it
has not read yet, in the order of their names, into a working copy on its own disk, which ends with the process.
"""

import gzip
import hashlib
import io
import json
import tempfile
import uuid
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from glotmill.core.errors import DataError, SettingsError
from glotmill.io import storage
from glotmill.mt.backends.base import Answer, Request
from glotmill.mt.cache import FILE, Cache, Origin, Row, Spent, TranslationCache, rows_of

SUFFIX: Final = ".answers.jsonl.gz"
_VERSION: Final = 1
_LARGEST: Final = 256 << 20  # bytes of one file, unpacked: 512 answers take a thousandth of it
_KINDS: Final[tuple[type | tuple[type, ...], ...]] = (
    str,
    str,
    str,
    str,
    int,
    str,
    str,
    str,
    (float, int, type(None)),
    int,
    int,
)


class SharedCache:
    """Answers of all who share an address. The first answer that a process sees stays with it.

    Where two ask an engine that does not repeat itself for the same at the same time, each keeps its own answer, and later runs
    the one in the file whose name comes first.

    Args:
        address: fsspec URL, or `file://` and a folder that all machines see.

    Raises:
        SettingsError: nothing can be read or written there.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._home = tempfile.TemporaryDirectory(prefix="glotmill-translations-")
        self._local = TranslationCache(Path(self._home.name))
        self._seen: dict[str, int] = {}  # name -> size, of what was read
        self._refresh()

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Answer]:
        """Return the answers there are, by key; looks for new ones of others where one is missing."""
        found = self._local.get(keys)
        missing = [key for key in keys if key not in found]
        if missing and self._refresh():
            found.update(self._local.get(missing))
        return found

    def put(self, origin: Origin, made: Mapping[bytes, tuple[Request, Answer]]) -> None:
        """Write answers into a file of their own; those that would not come again the same way are left out."""
        rows = sorted(rows_of(origin, made))
        if not rows:
            return
        self._local.take_in(rows)
        data = _packed(rows)
        name = f"{hashlib.sha256(data).hexdigest()}-{uuid.uuid4().hex}{SUFFIX}"
        try:
            storage.write_bytes(storage.join(self._address, name), data)
        except OSError as error:
            raise SettingsError(f"{self._address} cannot be written: {error}") from error
        self._seen[name] = len(data)

    def spent(self) -> tuple[Spent, ...]:
        """Return what all translations took, by engine and direction."""
        self._refresh()
        return self._local.spent()

    def close(self) -> None:
        """Delete the working copy."""
        self._local.close()
        self._home.cleanup()

    def _refresh(self) -> bool:
        """Read what is new; tell whether anything was."""
        try:
            listed = storage.list_files(self._address) if storage.exists(self._address) else []
            new = [(name, size) for name, size in listed if name.endswith(SUFFIX) and self._seen.get(name) != size]
            for name, size in new:
                self._seen[name] = size
                self._local.take_in(_unpacked(name, storage.read_bytes(storage.join(self._address, name))))
        except (OSError, DataError) as error:
            raise SettingsError(f"{self._address} cannot be read: {error}") from error
        return bool(new)


def open_cache(address: str | None) -> Cache:
    """Return the translations at an address.

    Args:
        address: a local folder, which is for the processes of one machine; an address with `://`, `file://` among them, which is
            for many; None keeps everything in memory.
    """
    if address is None or "://" not in address:
        return TranslationCache(None if address is None else Path(address))
    return SharedCache(address)


def holds_translations(address: str) -> bool:
    """Return whether there are translations at an address; makes nothing."""
    if "://" in address:
        return storage.exists(address) and any(name.endswith(SUFFIX) for name, _ in storage.list_files(address))
    return (Path(address) / FILE).is_file()


def _packed(rows: Sequence[Row]) -> bytes:
    lines = [json.dumps({"glotmill_translations": _VERSION})]
    lines += [json.dumps([key.hex(), *rest], ensure_ascii=False) for key, *rest in rows]
    return gzip.compress("\n".join(lines).encode("utf-8"), mtime=0)


def _unpacked(name: str, data: bytes) -> list[Row]:
    """Return the rows of a file; none of one that is unfinished or not what its name says."""
    if hashlib.sha256(data).hexdigest() != name.rpartition("/")[2].partition("-")[0]:
        return []
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            text = stream.read(_LARGEST + 1)
        if len(text) > _LARGEST:
            return []
        first, *rest = [json.loads(line) for line in text.decode("utf-8").split("\n")]
    except (ValueError, RecursionError, OSError, EOFError, zlib.error):  # nobody of ours wrote that
        return []
    if first != {"glotmill_translations": _VERSION}:
        return []
    return [row for value in rest if (row := _row(value)) is not None]


def _row(value: Any) -> Row | None:
    if not isinstance(value, list) or len(value) != len(_KINDS):
        return None
    if not all(isinstance(part, kind) for part, kind in zip(value, _KINDS, strict=True)):
        return None
    try:
        return (bytes.fromhex(value[0]), *value[1:])  # checked one by one above
    except ValueError:
        return None
