"""The table of words behind `WordIdentifier`: which words speak for which language, and how loudly."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from glotmill.text import scripts

# An entry is two numbers of 16 bits: the distance of its hash from the one before, and what it says. A distance that
# 16 bits cannot hold is bridged by entries that say nothing.
_LABEL_SHIFT: Final = 5
_LEVELS: Final = 1 << _LABEL_SHIFT
_SILENT: Final = (1 << 16 - _LABEL_SHIFT) - 1
_WIDEST: Final = (1 << 16) - 1
LEVEL: Final = 0.05  # the unit of weight; 1 is what a word of four letters is worth
BUCKET_SHIFT: Final = 12  # 2^20 buckets of hashes, some two words in each
HASH_SHIFT: Final = 32  # of the 64 bits of the scan the upper ones are kept
STATES: Final = ("supported", "unmeasured", "unsupported")
_COLUMNS: Final = (
    "label",
    "words",
    "shared",
    "documents",
    "group",
    "coverage",
    "shared_coverage",
    "measured_on",
    "state",
)

Hashes = npt.NDArray[np.uint32]
Labels = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float64]
Packed = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Label:
    """What is on record about a label.

    Args:
        tag: its canonical tag, `eus_Latn`.
        words: words of its own in the table.
        shared: frequent words in the table that other languages have as well.
        documents: documents that FineWeb-2 has in it, for the prior.
        group: the languages it is easily taken for, by a name they share, or the empty string.
        coverage: words of its own per 100 words of text in it; None where no text was at hand.
        shared_coverage: its shared words per 100 words.
        measured_on: the text: `prose`, `storybook`, `udhr` (which flatters: the lists were probably drawn from it
            too), or the empty string.
        state: one of `STATES`; an unsupported label gets no verdict.
    """

    tag: str
    words: int
    shared: int
    documents: int
    group: str
    coverage: float | None
    shared_coverage: float | None
    measured_on: str
    state: str

    @property
    def script(self) -> str:
        """The script of the tag."""
        return self.tag.partition("_")[2]


@dataclass(frozen=True, slots=True, eq=False)
class WordTable:
    """Words by their hash, with the label each speaks for.

    Args:
        hashes: upper 32 bits of the scan's hash, ascending, shape (entries,); a word of several labels has an entry each.
        labels: position in `records`, -1 for entries that say nothing, shape (entries,).
        weights: evidence for the label, more than 0, shape (entries,).
        records: the labels, by their tags.
    """

    hashes: Hashes
    labels: Labels
    weights: Weights
    records: tuple[Label, ...]


def pack(hashes: Hashes, labels: Labels, weights: Weights) -> Packed:
    """Return entries as they lie on disk, shape (2, entries or somewhat more).

    Args:
        hashes: shape (n,), in any order.
        labels: shape (n,).
        weights: shape (n,), up to 1.6, kept to the nearest twentieth.

    Raises:
        ValueError: more labels than eleven bits can name.
    """
    if len(labels) and int(labels.max()) >= _SILENT:
        raise ValueError(f"more than {_SILENT} labels")
    order = np.lexsort((labels, hashes))
    ordered = hashes[order].astype(np.int64)
    gaps = np.diff(ordered, prepend=0)
    bridges = np.maximum(0, -(-(gaps - _WIDEST) // _WIDEST))
    ends = np.cumsum(bridges + 1) - 1
    packed = np.empty((2, int(ends[-1]) + 1 if len(ends) else 0), np.uint16)
    packed[0], packed[1] = _WIDEST, _SILENT << _LABEL_SHIFT
    packed[0, ends] = gaps - bridges * _WIDEST
    levels = np.clip(np.rint(weights[order] / LEVEL), 1, _LEVELS).astype(np.int64) - 1
    packed[1, ends] = labels[order].astype(np.int64) << _LABEL_SHIFT | levels
    return packed


def unpack(packed: Packed, records: Sequence[Label]) -> WordTable:
    """Return the table that `pack` made of these labels."""
    hashes = np.cumsum(packed[0], dtype=np.int64).astype(np.uint32)
    labels = (packed[1] >> _LABEL_SHIFT).astype(np.int32)
    labels[labels == _SILENT] = -1
    weights = ((packed[1] & (_LEVELS - 1)).astype(np.float64) + 1) * LEVEL
    for column in (hashes, labels, weights):
        column.flags.writeable = False
    return WordTable(hashes, labels, weights, tuple(records))


def format_records(records: Sequence[Label], comment: str) -> str:
    """Return labels as lines of tab-separated values under a comment."""
    lines = [*(f"# {line}" for line in comment.splitlines()), "\t".join(_COLUMNS)]
    for record in records:
        figures = ["" if value is None else f"{value:.1f}" for value in (record.coverage, record.shared_coverage)]
        counts = [str(record.words), str(record.shared), str(record.documents)]
        lines.append("\t".join([record.tag, *counts, record.group, *figures, record.measured_on, record.state]))
    return "\n".join(lines) + "\n"


def parse_records(text: str) -> tuple[Label, ...]:
    """Return the labels that `format_records` wrote."""
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return tuple(
        Label(
            tag,
            int(words),
            int(shared),
            int(documents),
            group,
            float(coverage) if coverage else None,
            float(shared_coverage) if shared_coverage else None,
            measured_on,
            state,
        )
        for tag, words, shared, documents, group, coverage, shared_coverage, measured_on, state in rows[1:]
    )


def read(folder: Path) -> WordTable:
    """Return the table in a folder, `words.npy` and `words.tsv`."""
    records = parse_records((folder / "words.tsv").read_text(encoding="utf-8"))
    return unpack(np.load(folder / "words.npy", allow_pickle=False), records)


@functools.cache
def shipped() -> WordTable:
    """Return the table that comes with Glotmill; read once per process, in about 30 ms."""
    with resources.as_file(resources.files("glotmill.text.identification")) as folder:
        return read(folder)


def script_positions(tags: Sequence[str]) -> npt.NDArray[np.int32]:
    """Return the script of each tag as a position in `scripts.dominant_names()`, shape (tags,)."""
    place = {name: position for position, name in enumerate(scripts.dominant_names())}
    return np.array([place[tag.partition("_")[2]] for tag in tags], np.int32)
