"""Documents of a file or folder, outside any run: JSON Lines, Parquet, or plain text with one document per file."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal
from urllib.parse import urlsplit

import pyarrow as pa
import xxhash

from glotmill.core.arrow import optional_texts
from glotmill.core.errors import DataError
from glotmill.core.inputs import InputFile, Slice, SourceSpec
from glotmill.core.steps import Outcome
from glotmill.io import storage
from glotmill.io.columns import Place, TableSource, make_row
from glotmill.io.jsonl import JsonlSource
from glotmill.io.parquet import ParquetSource, open_parquet
from glotmill.io.rows import outcome as rows_outcome
from glotmill.io.sharding import freeze_inputs

_BATCH_DOCUMENTS, _BATCH_CHARACTERS = 256, 8_000_000
_LARGEST = 64 << 20  # bytes of a text file: a book is a hundredth of it
_SOURCE = "source"  # the column that says where a row comes from
Refuse = Callable[[pa.RecordBatch], Sequence[str | None]]
_CARRIER = "title"  # the document column that it is read into: no source of rows can map one to `source`


class _TextSource(TableSource):
    """Documents out of text files in UTF-8, one each."""

    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    kind: Literal["text"]

    def read(self, part: Slice) -> Iterator[Outcome]:
        text, fault = None, "too_large"
        if part.file.size <= _LARGEST:
            try:
                text, fault = storage.read_bytes(part.file.url).decode("utf-8-sig"), ""
            except UnicodeDecodeError:
                fault = "not_utf8"
        row = make_row(self, "text", Place(part.file, 1), {"text": text})
        yield rows_outcome([replace(row, reason=f"text.{fault}") if fault else row])


@dataclass(frozen=True, slots=True)
class Texts:
    """Some documents.

    Args:
        texts: of each.
        sources: where each comes from: the column `source` of its row, else the host of its URL, else "".
        refused: reason -> rows among them that hold no text, or that were refused.
    """

    texts: tuple[str, ...]
    sources: tuple[str, ...]
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Collection:
    """The files of a file or folder that hold documents.

    Args:
        location: as the user gave it.
        column: that holds the text.
        files: each with the kind of source that reads it, by name.
    """

    location: str
    column: str
    files: tuple[tuple[str, InputFile], ...]

    @property
    def name(self) -> str:
        """The last part of the location: what may be published about where the documents were."""
        return self.location.rstrip("/").rsplit("/", 1)[-1]

    @property
    def digest(self) -> str:
        """The file's digest, or one over the names and digests of all files."""
        if len(self.files) == 1:
            return self.files[0][1].digest
        listed = "\n".join(f"{file.name} {file.digest}" for _, file in self.files)
        return f"xxh3:{xxhash.xxh3_128_hexdigest(listed.encode('utf-8'))}"


def find_documents(location: str, *, column: str = "text") -> Collection:
    """List the files of a location that hold documents, with their digests.

    Args:
        location: a file, a folder or an fsspec URL; of a folder every file of a known kind counts.
        column: column or field of rows that holds the text.

    Raises:
        DataError: nothing there, or no file of a known kind.
    """
    suffixes = {kind: _spec(kind, column).suffixes for kind in _KINDS}
    known = ", ".join(suffix for own in suffixes.values() for suffix in own)
    if storage.is_file(location):
        kinds = [kind for kind, own in suffixes.items() if location.endswith(own)]
    else:
        names = [name for name, _ in storage.list_files(location)]
        kinds = [kind for kind, own in suffixes.items() if any(name.endswith(own) for name in names)]
    if not kinds:
        raise DataError(f"{location}: no documents; files that can hold them end in {known}")
    found = [(kind, file) for kind in kinds for file in freeze_inputs(_spec(kind, column), location).files]
    return Collection(location, column, tuple(sorted(found, key=lambda pair: pair[1].name)))


def read_documents(collection: Collection, *, refuse: Refuse | None = None) -> Iterator[Texts]:
    """Yield the documents of all files, in the order of their names, in batches of bounded size.

    Args:
        collection: of files.
        refuse: gives for each row of `SOURCE_SCHEMA` why it is left out, or None; None leaves out none.

    Raises:
        DataError: a file is not what its name says, or has no such column.
    """
    waiting: list[Texts] = []
    for texts in _read(collection, refuse):
        waiting.append(texts)
        if (
            sum(len(one.texts) for one in waiting) >= _BATCH_DOCUMENTS
            or sum(len(text) for one in waiting for text in one.texts) >= _BATCH_CHARACTERS
        ):
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


_KINDS = ("jsonl", "parquet", "text")


def _read(collection: Collection, refuse: Refuse | None) -> Iterator[Texts]:
    for kind, file in collection.files:
        spec = _spec(kind, collection.column, names_source=kind == "jsonl" or _has_source(kind, file))
        for part in spec.split(file, _LARGEST):
            for outcome in spec.read(part):
                yield _texts(outcome, refuse)


def _joined(parts: Sequence[Texts]) -> Texts:
    refused: Counter[str] = Counter()
    for part in parts:
        refused.update(part.refused)
    return Texts(
        tuple(text for part in parts for text in part.texts),
        tuple(source for part in parts for source in part.sources),
        dict(sorted(refused.items())),
    )


def _spec(kind: str, column: str, *, names_source: bool = False) -> SourceSpec:
    columns = {"text": column, **({_CARRIER: _SOURCE} if names_source else {})}
    if kind == "jsonl":
        return JsonlSource(kind="jsonl", of="documents", columns=columns)
    if kind == "parquet":
        return ParquetSource(kind="parquet", of="documents", columns=columns)
    return _TextSource(kind="text", of="documents")


def _has_source(kind: str, file: InputFile) -> bool:
    """Return whether a Parquet file has the column: mapping one that is not there is an error."""
    if kind != "parquet":
        return False
    with storage.open_read(file.url) as stream:
        return _SOURCE in open_parquet(stream, file.url).schema_arrow.names


def _texts(outcome: Outcome, refuse: Refuse | None) -> Texts:
    found = optional_texts(outcome.batch.column("text"))
    named = optional_texts(outcome.batch.column(_CARRIER))
    urls = optional_texts(outcome.batch.column("url"))
    reasons = [None] * len(found) if outcome.reasons is None else optional_texts(outcome.reasons)
    against = [None] * len(found) if refuse is None else refuse(outcome.batch.rows)
    rows = [row for row, text in enumerate(found) if text and against[row] is None]
    refused = Counter(reasons[row] or "no_text" for row, text in enumerate(found) if not text)
    refused.update(why for text, why in zip(found, against, strict=True) if text and why is not None)
    return Texts(
        tuple(found[row] or "" for row in rows),
        tuple(named[row] or _host(urls[row]) for row in rows),
        dict(sorted(refused.items())),
    )


def _host(url: str | None) -> str:
    try:
        return urlsplit(url or "").hostname or ""
    except ValueError:
        return ""
