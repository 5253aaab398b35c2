"""Input lists frozen for a run, and their slices bundled into shards."""

import glob
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glotmill.core.errors import DataError
from glotmill.core.inputs import InputFile, Shard, Slice, SourceSpec
from glotmill.io import objects, storage

_SEEN = 8  # file names that an error shows


@dataclass(frozen=True, slots=True)
class Stat:
    """What a local file looked like when it was hashed; it spares hashing, and never enters a plan.

    Args:
        size: in bytes.
        mtime_ns: time of the last change.
        digest: as in InputFile.
    """

    size: int
    mtime_ns: int
    digest: str


@dataclass(frozen=True, slots=True)
class FrozenInputs:
    """A source's files, sorted by name, and beside them what spares the next run their hashing.

    Args:
        files: what the plan holds.
        stats: by url; local files only.
    """

    files: tuple[InputFile, ...]
    stats: Mapping[str, Stat]


def freeze_inputs(spec: SourceSpec, location: str, previous: Mapping[str, Stat] | None = None) -> FrozenInputs:
    """List a source's files with sizes and digests.

    Args:
        spec: the source; its suffixes say which files of a folder or pattern belong to it.
        location: a file (whatever its name), a folder, a pattern with `*`, or any of these as an fsspec URL.
            Below folders and patterns, names that begin with a dot are passed over.
        previous: stats of an earlier call; local files of the same size and time are not hashed again.

    Raises:
        DataError: nothing there, or nothing with the source's suffixes; the text names what was seen.
    """
    stats: dict[str, Stat] = {}
    files = [_frozen(spec.of, name, url, previous or {}, stats) for name, url in _chosen(spec, location)]
    return FrozenInputs(tuple(files), stats)


def list_inputs(spec: SourceSpec, location: str) -> tuple[InputFile, ...]:
    """List a source's files with sizes and without digests (empty), for estimates and rehearsals; else as `freeze_inputs`."""
    return tuple(InputFile(spec.of, name, url, storage.size(url), "") for name, url in _chosen(spec, location))


def _chosen(spec: SourceSpec, location: str) -> list[tuple[str, str]]:
    """Return (name, url) of the source's files at a location, by name."""
    base, names = _listing(location)
    chosen = names if storage.is_file(location) else spec.chosen([name for name in names if not _hidden(name)])
    if not chosen:
        seen = ", ".join(names[:_SEEN]) + (" ..." if len(names) > _SEEN else "") if names else "nothing"
        raise DataError(f"{location}: no file for source {spec.of!r} ({', '.join(spec.suffixes)}); there is: {seen}")
    return [(name, storage.join(base, name)) for name in sorted(chosen)]


def _hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def _frozen(source: str, name: str, url: str, previous: Mapping[str, Stat], stats: dict[str, Stat]) -> InputFile:
    path = storage.local_path(url)
    if path is None:
        return InputFile(source, name, url, storage.size(url), storage.digest(url))
    found = path.stat()
    known = previous.get(url)
    if known and (known.size, known.mtime_ns) == (found.st_size, found.st_mtime_ns):
        digest = known.digest
    else:
        digest = storage.digest(url)
    stats[url] = Stat(found.st_size, found.st_mtime_ns, digest)
    return InputFile(source, name, url, found.st_size, digest)


def _listing(location: str) -> tuple[str, list[str]]:
    """Return a base address and the names of the files below it that a location means."""
    path = storage.local_path(location)
    if path is not None:
        absolute = os.path.abspath(path)  # noqa: PTH100  # resolve() would follow links and change names
        if Path(absolute).is_file():
            return os.path.split(absolute)[0], [os.path.split(absolute)[1]]
        if _has_magic(location) and not Path(absolute).exists():
            base = _base(absolute)
            found = [Path(name) for name in glob.glob(absolute, recursive=True)]  # noqa: PTH207  # absolute pattern
            return base, sorted(name.relative_to(base).as_posix() for name in found if name.is_file())
        return absolute, [name for name, _ in storage.list_files(absolute)]
    if _has_magic(location):
        return _remote_pattern(location)
    if storage.is_file(location):
        base, _, name = location.rpartition("/")
        return base, [name]
    return location, [name for name, _ in storage.list_files(location)]


def _remote_pattern(location: str) -> tuple[str, list[str]]:
    pattern, *files = objects.matching(location)
    base, stripped = _base(location), _base(pattern)
    return base, sorted(path[len(stripped) :].lstrip("/") for path in files)


def _has_magic(location: str) -> bool:
    return any(sign in location for sign in "*?[")


def _base(pattern: str) -> str:
    """Return the folder above the first part of a pattern that has a wildcard."""
    first = min(pattern.find(sign) for sign in "*?[" if sign in pattern)
    return pattern[:first].rpartition("/")[0] or "/"


def make_shards(slices: Sequence[tuple[Slice, int]], target_bytes: int) -> tuple[Shard, ...]:
    """Bundle slices, in order, into shards of one source and at most `target_bytes` each, or one slice.

    Args:
        slices: (slice, its bytes), in the order of the recipe's sources and of file names.
        target_bytes: what a shard should hold.
    """
    bundles: list[list[Slice]] = []
    size = 0
    for part, weight in slices:
        fits = bundles and bundles[-1][0].file.source == part.file.source and size + weight <= target_bytes
        if fits:
            bundles[-1].append(part)
            size += weight
        else:
            bundles.append([part])
            size = weight
    return tuple(Shard(index, tuple(bundle)) for index, bundle in enumerate(bundles))


def plan_shards(sources: Sequence[tuple[SourceSpec, Sequence[InputFile]]], target_bytes: int) -> tuple[Shard, ...]:
    """Split every file of every source and bundle the slices; a rule of the input list alone.

    Args:
        sources: each source with its frozen files, in recipe order; files are taken by name.
        target_bytes: what a shard should hold, compressed.
    """
    weighed: list[tuple[Slice, int]] = []
    for spec, files in sources:
        for file in sorted(files):
            parts = spec.split(file, target_bytes)
            # A slice counts what it is counted in (bytes, row groups): its share of the file is what compares.
            extent = sum(part.end - part.start for part in parts) or 1
            weighed.extend((part, file.size * (part.end - part.start) // extent) for part in parts)
    return make_shards(weighed, target_bytes)
