"""The token table: everything that measures and hashes need to know about a batch of texts, found in one scan."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from glotmill.core.steps import Batch
from glotmill.text import scripts
from glotmill.text.groups import grouped, joined
from glotmill.text.hashing import folding
from glotmill.text.segment import dictionary_breaks

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]
Points = npt.NDArray[np.uint32]
_Columns = dict[str, npt.NDArray[Any]]  # by the names of TokenTable's fields, each of its own type

_RAGGED = ("word", "line", "paragraph")
_GROUP_CHARACTERS = 1_000_000  # texts scanned at once; bounds memory at about 60 bytes per character


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The words of a batch of texts, as columns; the columns of `TokenTable` by the same names.

    Args:
        bounds: shape (documents + 1,).
        starts: shape (words,).
        lengths: shape (words,).
        bases: shape (words,).
        alphabetic: shape (words,).
        scripts: shape (words,).
        hashes: shape (words,).
    """

    bounds: Ints
    starts: Ints
    lengths: Ints
    bases: Ints
    alphabetic: Bools
    scripts: npt.NDArray[np.uint8]
    hashes: Hashes

    def __len__(self) -> int:
        return len(self.bounds) - 1


@dataclass(frozen=True, slots=True, eq=False)
class TokenTable:
    """Words, lines, paragraphs and characters of a batch of texts, as columns.

    The words of document i are the positions `word_bounds[i]` to `word_bounds[i + 1]` of every `word_*` column, the
    same for lines and paragraphs. Offsets and lengths count code points of the text, from the start of its document.
    Hashes are those of `hashing.text_hash`: of the casefolded text, equal in every process and run.

    Args:
        word_bounds: shape (documents + 1,).
        word_starts: offset of each word, shape (words,).
        word_lengths: its length in code points.
        word_bases: its length in code points that are not combining marks, so that NFC and NFD count alike.
        word_alphabetic: whether it has a letter (else it has only numbers).
        word_mixed: whether it has letters and numbers.
        word_scripts: the script of its first letter, a position in `scripts.names()`; 0 where it has none.
        word_hashes: its hash.
        line_bounds: shape (documents + 1,). Lines that hold only white space are no lines.
        line_starts: offset of each line without the white space around it, shape (lines,).
        line_lengths: its length without the white space around it.
        line_last: its last code point.
        line_closing: its last code point that is no closing quote, bracket, mark of emphasis or space, if there is one.
        line_words: the number of words in it.
        line_bullets: whether it opens with a bullet.
        line_ellipses: whether it ends in an ellipsis, or in one in brackets.
        line_hashes: the hash of the line without the white space around it.
        paragraph_bounds: shape (documents + 1,). A paragraph is a stretch of lines without a blank line between them.
        paragraph_starts: offset of its first line, shape (paragraphs,).
        paragraph_lengths: its length up to the end of its last line.
        paragraph_hashes: a hash over the hashes of its lines.
        lengths: code points, shape (documents,).
        newlines: line breaks of any kind, CR LF as one, shape (documents,).
        classes: characters per class (`scripts.CLASSES`), shape (documents, classes).
        scripts: letters per script (`scripts.names()`), shape (documents, scripts).
        uppercase: letters in upper or title case, shape (documents,).
        hash_signs: number of `#`, shape (documents,).
        ellipses: number of ellipses (`…`, or three dots or more), shape (documents,).
        symbol_runs: number of stretches between white space that hold punctuation or symbols but no letter,
            digit or number: what a table's rules, arrows and emoji leave, shape (documents,).
        braces: number of `{` and `}`, shape (documents,).
        sentences: ends of sentences: marks with Unicode's property Sentence_Terminal, several in a row as one, and
            those of ASCII only before white space or the end of the text, shape (documents,).
        intruders: places where signs stand between two letters of scripts that part words by spaces, among them a symbol,
            a number that is no digit, or a mark that no spelling sets there (`?`, `¿`), shape (documents,).
        derived: what was computed from the whole table and is shared by several measures, by name.
    """

    word_bounds: Ints
    word_starts: Ints
    word_lengths: Ints
    word_bases: Ints
    word_alphabetic: Bools
    word_mixed: Bools
    word_scripts: npt.NDArray[np.uint8]
    word_hashes: Hashes
    line_bounds: Ints
    line_starts: Ints
    line_lengths: Ints
    line_last: Points
    line_closing: Points
    line_words: Ints
    line_bullets: Bools
    line_ellipses: Bools
    line_hashes: Hashes
    paragraph_bounds: Ints
    paragraph_starts: Ints
    paragraph_lengths: Ints
    paragraph_hashes: Hashes
    lengths: Ints
    newlines: Ints
    classes: Ints
    scripts: npt.NDArray[np.int32]
    uppercase: Ints
    hash_signs: Ints
    ellipses: Ints
    symbol_runs: Ints
    braces: Ints
    sentences: Ints
    intruders: Ints
    derived: dict[str, npt.NDArray[Any]] = field(init=False, default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.word_bounds) - 1

    @property
    def word_counts(self) -> Ints:
        """Words per document, shape (documents,)."""
        return np.diff(self.word_bounds)

    @property
    def line_counts(self) -> Ints:
        """Lines per document, shape (documents,)."""
        return np.diff(self.line_bounds)

    @property
    def words(self) -> Words:
        """The columns of words alone."""
        return Words(*(getattr(self, f"word_{column.name}") for column in fields(Words)))

    def words_of(self, index: int) -> Hashes:
        """Return the hashes of a document's words in reading order, shape (its words,)."""
        return self.word_hashes[self.word_bounds[index] : self.word_bounds[index + 1]]

    def lines_of(self, index: int) -> Hashes:
        """Return the hashes of a document's lines in reading order, shape (its lines,)."""
        return self.line_hashes[self.line_bounds[index] : self.line_bounds[index + 1]]

    def word_spans_of(self, index: int) -> Ints:
        """Return where a document's words start and end in its text, shape (its words, 2)."""
        part = slice(self.word_bounds[index], self.word_bounds[index + 1])
        return np.stack([self.word_starts[part], self.word_starts[part] + self.word_lengths[part]], axis=1)

    def per_document(self, values: npt.NDArray[np.int64] | Bools, bounds: Ints) -> Ints:
        """Return the sum of a word or line column over each document, shape (documents,).

        Args:
            values: a column with one value per word or line.
            bounds: `word_bounds` or `line_bounds`, whichever the column belongs to.
        """
        total = np.concatenate([np.zeros(1, np.int64), np.cumsum(values, dtype=np.int64)])
        sums: Ints = total[bounds[1:]] - total[bounds[:-1]]
        return sums

    def take(self, indices: npt.NDArray[np.int64]) -> "TokenTable":
        """Return the table of the documents at these positions, in this order."""
        columns: _Columns = {}
        rows: dict[str, Ints] = {}
        for prefix in _RAGGED:
            rows[prefix], columns[f"{prefix}_bounds"] = _gather(getattr(self, f"{prefix}_bounds"), indices)
        for name in _names():
            if name not in columns:
                columns[name] = getattr(self, name)[rows.get(name.partition("_")[0], indices)]
        return TokenTable(**columns)


def _gather(bounds: Ints, indices: npt.NDArray[np.int64]) -> tuple[Ints, Ints]:
    starts, counts = bounds[:-1][indices], np.diff(bounds)[indices]
    new_bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
    shift = np.repeat(starts - new_bounds[:-1], counts)
    return np.arange(new_bounds[-1], dtype=np.int64) + shift, new_bounds


def tokens(batch: Batch, column: str = "text") -> TokenTable:
    """Return the token table of a batch's text column, scanned once per version of the text; null scans as empty."""
    return batch.derive(column, "tokens", lambda: scan(batch.texts(column)))


def scan(texts: Sequence[str]) -> TokenTable:
    """Return the token table of these texts, in time and memory linear in their length.

    Every string scans: the empty one, one without words, one with lone surrogates (read as U+FFFD).
    """
    parts = [_scan_group(group) for group in grouped(texts, _GROUP_CHARACTERS)] or [_scan_group([])]
    columns: _Columns = {}
    for name in _names():
        arrays = [getattr(part, name) for part in parts]
        if len(arrays) == 1:
            columns[name] = arrays[0]
        elif name.endswith("_bounds"):
            counts = np.concatenate([np.diff(bounds) for bounds in arrays])
            columns[name] = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
        else:
            columns[name] = np.concatenate(arrays)
    return TokenTable(**columns)


def scan_words(points: Points, origins: Ints, *, by_script: bool) -> Words:
    """Return the words of texts that are code points already, in time linear in their number.

    Args:
        points: code points of all texts, no surrogates, shape (n,).
        origins: where each text begins, and n, shape (texts + 1,).
        by_script: whether runs for the dictionaries are cut only where their script changes, in a hundredth of the
            time: the words of other scripts are those of `scan`, those of Thai, Khmer or Japanese are none.
    """
    parts = [_words_of_group(points, origins[first : last + 1], by_script) for first, last in _cuts(origins)]
    if not parts:
        parts = [_words_of_group(points, np.zeros(1, np.int64), by_script)]
    bounds = [np.zeros(1, np.int64)]
    for part in parts:
        bounds.append(part.bounds[1:] + bounds[-1][-1])
    rest = (np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(Words)[1:])
    return Words(np.concatenate(bounds), *rest)


def _cuts(origins: Ints) -> Iterator[tuple[int, int]]:
    """Yield the first and the last text of each group that is scanned at once, the latter excluded."""
    first = 0
    while first < len(origins) - 1:
        last = int(np.searchsorted(origins, origins[first] + _GROUP_CHARACTERS, side="right")) - 1
        last = min(max(last, first + 1), len(origins) - 1)
        yield first, last
        first = last


def _words_of_group(points: Points, origins: Ints, by_script: bool) -> Words:  # noqa: FBT001
    from glotmill.text import word_kernel  # noqa: PLC0415  # numba takes 0.3 s that `check` need not pay

    group, places = points[origins[0] : origins[-1]], origins - origins[0]
    properties = scripts.properties()
    breaks = word_kernel.script_breaks(group, properties) if by_script else _breaks(group, places)
    bounds, columns = word_kernel.find_words(group, places, breaks, properties, *folding())
    starts, lengths, bases, alphabetic, _, scripts_of, hashes = columns
    # Copies: the kernel gives views of arrays that have room for a word at every character.
    return Words(
        bounds, starts.copy(), lengths.copy(), bases.copy(), alphabetic.copy(), scripts_of.copy(), hashes.copy()
    )


@functools.cache
def _names() -> tuple[str, ...]:
    return tuple(column.name for column in fields(TokenTable) if column.name != "derived")


def _scan_group(texts: list[str]) -> TokenTable:
    """Scan texts as one array of code points."""
    from glotmill.text import line_kernel, word_kernel  # noqa: PLC0415  # numba takes 0.3 s that `check` need not pay

    points, origins = joined(texts)
    properties, folds = scripts.properties(), folding()
    breaks = _breaks(points, origins)
    word_bounds, words = word_kernel.find_words(points, origins, breaks, properties, *folds)
    line_bounds, lines, paragraph_bounds, paragraphs, counts, letters = line_kernel.find_lines(
        points,
        origins,
        properties,
        line_kernel.marks(),
        *folds,
        (len(line_kernel.COUNTS), len(scripts.CLASSES), len(scripts.names())),
    )
    counted = counts[:, : len(line_kernel.COUNTS)].T
    columns: _Columns = {
        **_ragged(
            "word", word_bounds, words, ("starts", "lengths", "bases", "alphabetic", "mixed", "scripts", "hashes")
        ),
        **_ragged(
            "line", line_bounds, lines, ("starts", "lengths", "last", "closing", "bullets", "ellipses", "hashes")
        ),
        **_ragged("paragraph", paragraph_bounds, paragraphs, ("starts", "lengths", "hashes")),
        **{name: np.ascontiguousarray(column) for name, column in zip(line_kernel.COUNTS, counted, strict=True)},
    }
    word_places = columns["word_starts"] + np.repeat(origins[:-1], np.diff(word_bounds))
    line_places = columns["line_starts"] + np.repeat(origins[:-1], np.diff(line_bounds))
    return TokenTable(
        **columns,
        line_words=np.searchsorted(word_places, line_places + columns["line_lengths"])
        - np.searchsorted(word_places, line_places),
        lengths=np.diff(origins),
        classes=np.ascontiguousarray(counts[:, len(line_kernel.COUNTS) :]),
        scripts=letters,
    )


def _ragged(prefix: str, bounds: Ints, arrays: tuple[npt.NDArray[Any], ...], names: tuple[str, ...]) -> _Columns:
    # Copies: the kernel gives views of arrays that have room for a word at every character.
    columns = {f"{prefix}_{name}": array.copy() for name, array in zip(names, arrays, strict=True)}
    return {f"{prefix}_bounds": bounds, **columns}


def _breaks(points: Points, origins: Ints) -> Bools:
    """Return where dictionaries start a segment, shape (points,), or nothing where there is nothing for them."""
    from glotmill.text import word_kernel  # noqa: PLC0415

    runs = word_kernel.dictionary_runs(points, origins, scripts.properties())
    if not len(runs):
        return np.zeros(0, np.bool_)
    text, found = word_kernel.distinct_runs(points, runs)
    starts = np.zeros(len(text), np.bool_)
    starts[dictionary_breaks(text)] = True
    return word_kernel.run_breaks(len(points), runs, found, starts)
