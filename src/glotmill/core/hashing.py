"""Identities and digests: what a document, a text or a file is called."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import xxhash


def document_id(source: str, *parts: str | int) -> str:
    """Return the 128-bit id of a record, 32 hexadecimal digits.

    The parts name the record itself (file name, byte offset or row, URL, record time), so that two records
    with the same text have two ids and no record can stand for another.
    """
    joined = "\x1f".join([source, *(str(part) for part in parts)])
    return xxhash.xxh3_128_hexdigest(joined.encode("utf-8", "surrogatepass"))


def document_ids(source: str, file: str, parts: Sequence[str]) -> list[str]:
    """Return `document_id(source, file, part)` of many records of one file, in their order."""
    head = f"{source}\x1f{file}\x1f"
    try:
        return [xxhash.xxh3_128_hexdigest(head + part) for part in parts]
    except UnicodeEncodeError:  # half a surrogate pair in a key: such parts need the slower way
        return [document_id(source, file, part) for part in parts]


def content_hash(text: str) -> str:
    """Return xxh3-128 of a text's UTF-8 bytes, 32 hexadecimal digits."""
    return xxhash.xxh3_128_hexdigest(text.encode("utf-8", "surrogatepass"))


def canonical_json(value: object) -> str:
    """Return JSON with sorted keys and no spaces, the form that digests are taken of."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def sha256_text(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a local file, hexadecimal, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_folder(folder: Path) -> str:
    """Return the SHA-256 of a folder: of the lines that `sha256sum` prints for its files, sorted by name.

    Names are relative, with `/` between their parts.
    """
    files = sorted((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file())
    return sha256_text("".join(f"{sha256_file(path)}  {name}\n" for name, path in files))
