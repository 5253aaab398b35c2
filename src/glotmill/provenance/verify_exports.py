"""Verification of what is derived from a manifest: derived again, and compared line by line."""

import gzip
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import zip_longest
from typing import IO, Any, Final

from glotmill.io import storage
from glotmill.provenance.exports import derive
from glotmill.provenance.exports.attribution import FOLDER
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.verdict import Verdict

_MOST: Final = 3  # differences named per file
_SHOWN: Final = 160  # characters of a line


def verify_exports(folder: RunFolder, manifest: Mapping[str, Any], verdict: Verdict) -> None:
    """Derive everything again from manifest and rows, and note where what stands in the folder says otherwise.

    Compressed files are compared by what is in them: another version of zlib packs the same lines differently.
    """
    with tempfile.TemporaryDirectory(prefix="glotmill-") as scratch:
        names = derive(folder, manifest, scratch)
        for name in names:
            before = verdict.found
            _compare(name, folder.join(name), storage.join(scratch, name), verdict)
            if verdict.found == before:
                verdict.exports.append(name)
    shards = folder.join(FOLDER)
    found = [f"{FOLDER}/{name}" for name, _ in storage.list_files(shards)] if storage.exists(shards) else []
    for name in sorted(set(found) - set(names)):
        verdict.note(f"{name}: the manifest gives no such file")


def _compare(name: str, found: str, expected: str, verdict: Verdict) -> None:
    if not storage.exists(found):
        verdict.note(f"{name}: missing")
        return
    differences = 0
    try:
        with _lines(found) as own, _lines(expected) as right:
            for number, (line, wanted) in enumerate(zip_longest(own, right), start=1):
                if line != wanted:
                    differences += 1
                    verdict.note(f"{name}: line {number} is {_shown(line)}, the manifest gives {_shown(wanted)}")
                if differences == _MOST:
                    return
    except (OSError, EOFError) as error:
        verdict.note(f"{name}: not readable: {error}")


@contextmanager
def _lines(address: str) -> Iterator[IO[bytes]]:
    with storage.open_read(address) as stream:
        if address.endswith(".gz"):
            with gzip.GzipFile(fileobj=stream) as packed:
                yield packed  # type: ignore[misc]  # lines of bytes, as of any other file
        else:
            yield stream


def _shown(line: bytes | None) -> str:
    if line is None:
        return "not there"
    text = line.decode("utf-8", "replace").strip()
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
