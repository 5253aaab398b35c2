"""The token table: everything that measures and hashes need to know about a batch of texts, found in one scan."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from glotmill.core.steps import Batch
from glotmill.text import scripts
from glotmill.text.segment import pieces, well_formed

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]
Points = npt.NDArray[np.uint32]
_Columns = dict[str, npt.NDArray[Any]]  # by the names of TokenTable's fields, each of its own type

# LF, VT, FF, CR, NEL, LINE SEPARATOR, PARAGRAPH SEPARATOR; CR LF makes one more line, which is empty and not counted.
_LINE_BREAKS = np.array([0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029], np.uint32)
_ELLIPSES = np.array([ord(mark) for mark in "…⋯᠁︙"], np.uint32)
_DOTS = np.array([ord(mark) for mark in ".。・･"], np.uint32)  # three or more in a row are one ellipsis
_HASH_SIGNS = np.array([ord(mark) for mark in "#＃"], np.uint32)
_BULLETS = np.array([ord(mark) for mark in "•‣⁃◦▪▫■□●○◆◇▶►➤✓✔∙·・"], np.uint32)
# Only before a space: without one they open a dialogue, a number or emphasis. Dashes proper always open a dialogue.
_SPACED_BULLETS = np.array([ord(mark) for mark in "-*"], np.uint32)
_GROUP_CHARACTERS = 1_000_000  # texts scanned at once; bounds memory at about 60 bytes per character


@dataclass(frozen=True, slots=True, eq=False)
class TokenTable:
    """Words, lines and characters of a batch of texts, as columns.

    The words of document i are the positions `word_bounds[i]` to `word_bounds[i + 1]` of every `word_*` column, the
    same for lines. Offsets and lengths count code points of the text, from the start of its document.

    Args:
        word_bounds: shape (documents + 1,).
        word_starts: offset of each word, shape (words,).
        word_lengths: its length in code points.
        word_bases: its length in code points that are not combining marks, so that NFC and NFD count alike.
        word_alphabetic: whether it has a letter (else it has only numbers).
        word_hashes: xxh3-64 of the UTF-8 of the casefolded word: equal words are equal in every process and run.
        line_bounds: shape (documents + 1,). Lines that hold only white space are no lines.
        line_starts: offset of each line without the white space around it, shape (lines,).
        line_lengths: its length without the white space around it.
        line_last: its last code point.
        line_bullets: whether it opens with a bullet.
        line_ellipses: whether it ends in an ellipsis.
        line_hashes: xxh3-64 of the UTF-8 of the casefolded line without the white space around it.
        classes: characters per class (`scripts.CLASSES`), shape (documents, classes).
        hash_signs: number of `#`, shape (documents,).
        ellipses: number of ellipses (`…`, or three dots or more), shape (documents,).
        symbol_runs: number of stretches between white space that hold punctuation or symbols but no letter,
            digit or number: what a table's rules, arrows and emoji leave, shape (documents,).
    """

    word_bounds: Ints
    word_starts: Ints
    word_lengths: Ints
    word_bases: Ints
    word_alphabetic: Bools
    word_hashes: Hashes
    line_bounds: Ints
    line_starts: Ints
    line_lengths: Ints
    line_last: Points
    line_bullets: Bools
    line_ellipses: Bools
    line_hashes: Hashes
    classes: Ints
    hash_signs: Ints
    ellipses: Ints
    symbol_runs: Ints

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
        words, word_bounds = _gather(self.word_bounds, indices)
        lines, line_bounds = _gather(self.line_bounds, indices)
        columns: _Columns = {"word_bounds": word_bounds, "line_bounds": line_bounds}
        for field in fields(self):
            if field.name not in columns:
                rows = words if field.name.startswith("word_") else lines if field.name.startswith("line_") else indices
                columns[field.name] = getattr(self, field.name)[rows]
        return TokenTable(**columns)


def _gather(bounds: Ints, indices: npt.NDArray[np.int64]) -> tuple[Ints, Ints]:
    starts, counts = bounds[:-1][indices], np.diff(bounds)[indices]
    new_bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
    shift = np.repeat(starts - new_bounds[:-1], counts)
    return np.arange(new_bounds[-1], dtype=np.int64) + shift, new_bounds


def tokens(batch: Batch, column: str = "text") -> TokenTable:
    """Return the token table of a batch's text column, scanned once per version of the text; null scans as empty."""
    return batch.derive(column, "tokens", lambda: scan(batch.texts(column)))


class _HashMemo(dict[str, int]):
    def __missing__(self, word: str) -> int:
        self[word] = value = xxhash.xxh3_64_intdigest(word.casefold().encode("utf-8"))
        return value


def scan(texts: Sequence[str]) -> TokenTable:
    """Return the token table of these texts.

    Every string scans: the empty one, one without words, one with lone surrogates (read as U+FFFD).
    """
    parts = [_scan_group(group) for group in _groups(texts)] or [_scan_group([])]
    columns: _Columns = {}
    for field in fields(TokenTable):
        arrays = [getattr(part, field.name) for part in parts]
        if field.name.endswith("_bounds"):
            counts = np.concatenate([np.diff(bounds) for bounds in arrays])
            columns[field.name] = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
        else:
            columns[field.name] = np.concatenate(arrays)
    return TokenTable(**columns)


def _groups(texts: Sequence[str]) -> Iterator[list[str]]:
    group: list[str] = []
    size = 0
    for text in texts:
        if group and size + len(text) > _GROUP_CHARACTERS:
            yield group
            group, size = [], 0
        group.append(well_formed(text))
        size += len(text)
    if group:
        yield group


def _scan_group(texts: list[str]) -> TokenTable:
    """Scan texts as one array of code points in which a line feed closes each text."""
    joined = "".join(itertools.chain.from_iterable((text, "\n") for text in texts))
    points = scripts.code_points(joined)
    kinds = scripts.classes_of(points)
    lengths = np.array([len(text) + 1 for text in texts], np.int64)
    origins = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
    documents = _Documents(origins)
    closing = origins[1:] - 1
    cells = np.repeat(np.arange(len(texts)), lengths) * len(scripts.CLASSES) + kinds
    cells = np.delete(cells, closing)
    classes = np.bincount(cells, minlength=len(texts) * len(scripts.CLASSES))
    return TokenTable(
        **_words(texts, kinds, documents),
        **_lines(joined, points, kinds, documents),
        classes=classes.reshape(len(texts), len(scripts.CLASSES)).astype(np.int64),
        hash_signs=documents.count(np.flatnonzero(np.isin(points, _HASH_SIGNS))),
        ellipses=documents.count(_ellipsis_starts(points)),
        symbol_runs=documents.count(_symbol_runs(kinds)),
    )


@dataclass(frozen=True, slots=True)
class _Documents:
    """Where each document starts in the joined text, and where the last one ends."""

    origins: Ints

    def of(self, positions: Ints) -> Ints:
        return np.searchsorted(self.origins, positions, side="right") - 1

    def count(self, positions: Ints) -> Ints:
        """Return how many of these sorted positions fall into each document."""
        return np.diff(np.searchsorted(positions, self.origins)).astype(np.int64)

    def bounds(self, positions: Ints) -> Ints:
        return np.searchsorted(positions, self.origins).astype(np.int64)


def _words(texts: list[str], kinds: npt.NDArray[np.uint8], documents: _Documents) -> _Columns:
    segments: list[str] = []
    for text in texts:
        segments.extend(pieces(text))
        segments.append("\n")  # the line feed that closes the text in the joined array
    lengths = np.fromiter(map(len, segments), np.int64, len(segments))
    ends = np.cumsum(lengths, dtype=np.int64)
    starts = ends - lengths
    letters = _between(kinds == scripts.LETTER, starts, ends)
    numbers = _between((kinds == scripts.DIGIT) | (kinds == scripts.NUMBER), starts, ends)
    marks = _between(kinds == scripts.MARK, starts, ends)
    kept = letters + numbers > 0
    memo = _HashMemo()
    hashes = list(map(memo.__getitem__, itertools.compress(segments, kept.tolist())))
    starts = starts[kept]
    return {
        "word_bounds": documents.bounds(starts),
        "word_starts": starts - documents.origins[documents.of(starts)],
        "word_lengths": lengths[kept],
        "word_bases": (lengths - marks)[kept],
        "word_alphabetic": letters[kept] > 0,
        "word_hashes": np.array(hashes, np.uint64),
    }


def _between(mask: Bools, starts: Ints, ends: Ints) -> Ints:
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(mask, dtype=np.int64)])
    sums: Ints = total[ends] - total[starts]
    return sums


def _lines(joined: str, points: Points, kinds: npt.NDArray[np.uint8], documents: _Documents) -> _Columns:
    ends = np.flatnonzero(np.isin(points, _LINE_BREAKS))
    starts = np.concatenate([np.zeros(1, np.int64), ends + 1])[: len(ends)]
    visible = np.flatnonzero(kinds != scripts.SPACE)
    first, after = np.searchsorted(visible, starts), np.searchsorted(visible, ends)
    full = after > first
    starts, ends = visible[first[full]], visible[after[full] - 1] + 1
    spans = zip(starts.tolist(), ends.tolist(), strict=True)
    hashes = [xxhash.xxh3_64_intdigest(joined[start:end].casefold().encode("utf-8")) for start, end in spans]
    opening, last = points[starts], points[ends - 1]
    spaced = kinds[starts + 1] == scripts.SPACE
    dots = np.isin(points, _DOTS)
    three = (ends - starts >= 3) & dots[ends - 1] & dots[ends - 2] & dots[ends - 3]
    return {
        "line_bounds": documents.bounds(starts),
        "line_starts": starts - documents.origins[documents.of(starts)],
        "line_lengths": ends - starts,
        "line_last": last,
        "line_bullets": np.isin(opening, _BULLETS) | (np.isin(opening, _SPACED_BULLETS) & spaced),
        "line_ellipses": np.isin(last, _ELLIPSES) | three,
        "line_hashes": np.array(hashes, np.uint64),
    }


def _run_starts(mask: Bools) -> tuple[Ints, Ints]:
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def _ellipsis_starts(points: Points) -> Ints:
    starts, ends = _run_starts(np.isin(points, _DOTS))
    single, _ = _run_starts(np.isin(points, _ELLIPSES))
    return np.sort(np.concatenate([starts[ends - starts >= 3], single]))


def _symbol_runs(kinds: npt.NDArray[np.uint8]) -> Ints:
    starts, ends = _run_starts(kinds != scripts.SPACE)
    words = (kinds == scripts.LETTER) | (kinds == scripts.DIGIT) | (kinds == scripts.NUMBER)
    signs = (kinds == scripts.PUNCTUATION) | (kinds == scripts.SYMBOL)
    bare: Ints = starts[(_between(words, starts, ends) == 0) & (_between(signs, starts, ends) > 0)]
    return bare
