"""Hosts and URLs that are never asked for, by lists of any length."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import xxhash

from glotmill.core.errors import RecipeError
from glotmill.crawl.urls import MAX_URL
from glotmill.dedup.addresses import canonical_url
from glotmill.dedup.addresses import host as host_of

MAX_ENTRIES = 20_000_000  # 160 MB
MAX_PATTERNS = 1_000  # with `*`: each is tried on each URL, 0.2 us
_CHUNK = 65_536  # hashes gathered before they become an array
_SCHEME = re.compile(r"^https?://", re.IGNORECASE)
_PLAIN_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*")
_NAME = re.compile(r"[^\s/*$?#]+")


@dataclass(frozen=True, slots=True)
class Blocklist:
    """Hosts, URL prefixes and patterns; a million entries take 8 MB, 30 MB and 3 s of a core while they are read.

    Entries are kept as 64-bit hashes (XXH3): of a million, one URL in 10^12 is blocked by chance.

    Args:
        hashes: uint64, sorted, of hosts (`el.example`) and prefixes (`el.example/a/b`).
        patterns: what the path is tried against, or None.
        longest: segments of the longest prefix.
    """

    hashes: np.ndarray[tuple[int], np.dtype[np.uint64]]
    patterns: re.Pattern[str] | None
    longest: int

    @classmethod
    def of(cls, paths: Iterable[Path]) -> Self:
        """Read lists, a line at a time; `#` begins a comment.

        `el.example` blocks a host and all its subdomains. `el.example/a/b` blocks that path and all below it, on the
        host and its subdomains; a scheme in front is ignored (the lists of hosts and URLs of the University of Toulouse
        are of these two kinds). `/*/print$` and `/cgi-bin/` are patterns as in robots.txt, for every host: `*` is
        anything, `$` the end of the URL, query included.

        Raises:
            RecipeError: a file is missing, an entry is too long or is none of these, or there are too many.
        """
        return cls._of((str(path), number, entry) for path in paths for number, entry in _entries(path))

    @classmethod
    def read(cls, texts: Mapping[str, str]) -> Self:
        """Read lists from their texts, by name; as `of`."""
        return cls._of((name, number, entry) for name, text in texts.items() for number, entry in _lines(text))

    @classmethod
    def _of(cls, entries: Iterable[tuple[str, int, str]]) -> Self:
        chunks: list[np.ndarray[tuple[int], np.dtype[np.uint64]]] = []
        waiting: list[int] = []
        patterns: list[str] = []
        longest = count = 0
        for file, number, entry in entries:
            if entry.startswith("/"):
                patterns.append(_pattern(entry))
            else:
                key = _key(entry)
                if key is None:
                    raise RecipeError(
                        f"line {number} is neither a host, nor host/path, nor /pattern: {entry[:80]!r}",
                        file=file,
                        remedy="el.example, el.example/a/b or /*/print$",
                    )
                longest = max(longest, key.count("/"))
                waiting.append(_hash(key))
                count += 1
            if len(patterns) > MAX_PATTERNS or count > MAX_ENTRIES:
                raise RecipeError(f"more than {MAX_PATTERNS:,} patterns or {MAX_ENTRIES:,} entries", file=file)
            if len(waiting) == _CHUNK:
                chunks.append(np.array(waiting, dtype=np.uint64))
                waiting.clear()
        chunks.append(np.array(waiting, dtype=np.uint64))
        compiled = re.compile("|".join(patterns), re.DOTALL) if patterns else None
        return cls(np.unique(np.concatenate(chunks)), compiled, longest)

    def blocks(self, url: str) -> bool:
        """Return whether a URL in the frontier's form is on the list."""
        name = host_of(url)
        path = "/" + url.partition("://")[2].partition("/")[2]
        if self.patterns is not None and self.patterns.match(path):
            return True
        if not len(self.hashes):
            return False
        labels = name.split(".")
        ends = [""]
        plain = path.partition("?")[0].strip("/")
        for segment in plain.split("/")[: self.longest] if plain else ():
            ends.append(f"{ends[-1]}/{segment}")
        keys = [".".join(labels[start:]) + end for start in range(len(labels)) for end in ends]
        asked = np.array([_hash(key) for key in keys], dtype=np.uint64)
        places = np.minimum(np.searchsorted(self.hashes, asked), len(self.hashes) - 1)
        return bool((self.hashes[places] == asked).any())


def _entries(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(4 * MAX_URL):
                number += 1
                if len(line) == 4 * MAX_URL:
                    raise RecipeError(f"line {number} is longer than a URL may be", file=str(path))
                entry = line.decode("utf-8-sig", "replace").split("#")[0].strip()
                if entry:
                    yield number, entry
    except OSError as error:
        raise RecipeError(f"cannot be read: {error.strerror}", file=str(path)) from error


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        entry = line.split("#")[0].strip()
        if entry:
            yield number, entry


def _key(entry: str) -> str | None:
    """Return host, or host and path without the last slash, in canonical form; None for anything else."""
    bare = _SCHEME.sub("", entry)
    if _PLAIN_HOST.fullmatch(bare) and "xn--" not in bare:
        return bare  # most lines of most lists; a million in 3 s instead of 20
    if "*" in bare or len(bare.split()) != 1 or _NAME.match(bare) is None:
        return None
    url = canonical_url(f"https://{bare}")
    name = host_of(url)
    path = "/" + url.partition("://")[2].partition("/")[2]
    return name + path.partition("?")[0].rstrip("/") if name else None


def _hash(key: str) -> int:
    return xxhash.xxh3_64_intdigest(key.encode("utf-8", "surrogatepass"))


def _pattern(entry: str) -> str:
    body, end = (entry[:-1], r"\Z") if entry.endswith("$") else (entry, "")
    escaped = canonical_url(f"https://x.example{body}").removeprefix("https://x.example")
    # Atomic steps: each `*` takes the nearest match and never gives it back, so that no URL takes long. That is exact
    # but for the last piece before `$`, which may stand at the end only: there `*` is as long as it can be.
    pieces = [re.escape(piece) for piece in re.split(r"\*+", escaped)]
    if len(pieces) == 1:
        return pieces[0] + end
    *firsts, last = pieces
    steps = firsts[0] + "".join(f"(?>.*?{piece})" for piece in firsts[1:])
    return steps + (f".*{last}{end}" if end else f"(?>.*?{last})")
