"""What a run reads: input files, slices of them, shards of slices, and the source protocol."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
from pydantic import Field, StrictStr

from glotmill.core.steps import Frozen, Outcome, Track


@dataclass(frozen=True, slots=True, order=True)
class InputFile:
    """One frozen input file.

    Args:
        source: the name that the recipe gives the source.
        name: path relative to the bound location, `/` as separator; what receipts use.
        url: where it is now (an fsspec URL or a path); never enters data or fingerprints.
        size: in bytes.
        digest: `xxh3:<hex>` of the content, or the store's `etag:<...>`.
        delivery: of several that bring files of the same names; enters ids alone.
    """

    source: str
    name: str
    url: str
    size: int
    digest: str
    delivery: str = ""

    @property
    def identity(self) -> str:
        """What ids of its documents are made of: its name, and the delivery where there are several."""
        return f"{self.delivery}/{self.name}" if self.delivery else self.name


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """A part of one input file: bytes [start, end) of a WARC, row groups of a Parquet file, a whole JSONL file."""

    file: InputFile
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Shard:
    """What one worker does at a time: one or more slices of one source, in order."""

    index: int
    slices: tuple[Slice, ...]


class SourceSpec(Frozen):
    """What a recipe says about one source; `of` is the name that run settings bind to a location.

    Every source has `manifests/sources/<of>.yaml`: license, evidence, terms, contact.
    """

    suffixes: ClassVar[tuple[str, ...]] = ()  # file names that belong to such a source

    of: StrictStr = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    track: Track = "web"
    optional: bool = False  # left out, and said so, where no run setting binds it

    def files(self) -> tuple[str, ...]:
        """Return the project files that this source needs beside its own entry."""
        return ()

    def check(self, files: Mapping[str, str]) -> None:
        """Read the project files of `files` as a run would.

        Args:
            files: project path -> text; the source's own entry among them.

        Raises:
            RecipeError: one of them is wrong; without a file, this entry of the recipe does not fit to them.
        """

    def notes(self, languages: Sequence[str]) -> tuple[str, ...]:
        """Return what a reader of the plan should know of this source, in words; none where all is as it looks.

        Args:
            languages: canonical tags of the recipe's targets.
        """
        return ()

    def chosen(self, names: Sequence[str]) -> list[str]:
        """Return those of the files at a location that are this source's, by their suffixes.

        Args:
            names: relative to the location, `/` as separator; of a location that is one file, that file is taken unasked.
        """
        return [name for name in names if name.endswith(self.suffixes)]

    def split(self, file: InputFile, target_bytes: int) -> Sequence[Slice]:
        """Return the slices of one file, by a rule that depends on the file's content alone."""
        return (Slice(file, 0, file.size),)

    def read(self, part: Slice) -> Iterator[Outcome]:
        """Yield batches of `SOURCE_SCHEMA` rows; a record that cannot be used is a row with a reason.

        Raises:
            DataError: the file itself is missing or is not what the source promised.
        """
        raise TypeError(f"{type(self).__name__} reads nothing")

    def reasons(self) -> frozenset[str]:
        """Return every reason code that `read` can give."""
        return frozenset()

    def provides(self) -> pa.Schema:
        """Return the columns that `read` gives beyond `SOURCE_SCHEMA`; they are null for the recipe's other sources."""
        return pa.schema([])
