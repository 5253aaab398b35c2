"""What two texts have in common: sets of hashed word or character n-grams, by script.

Normalisation is NFKC and case folding. Punctuation, symbols and white space separate; combining marks and digits
stay, because without them Hindi, Thai and Vietnamese words collapse and weather bulletins become equal. Invisible
format characters vanish, but for the zero-width space, which separates.

A spaced script gives one token per word. Han, Kana, Thai, Lao, Khmer, Myanmar, Tibetan and other scripts that are
written without spaces between words give one token per base character with its marks, whatever white space stands
between them. A shingle begins at every token and is `n` tokens long where it begins with a word, `n_unspaced` where
it begins with a character, so that mixed text needs no special case. Where a token near the end is in no such window
(a text shorter than n, for one), the last tokens, as many as the longer of the two, are one shingle: no token is
ever left out. A text without a letter or digit has no shingle.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, pairwise

import numpy as np
import numpy.typing as npt

from glotmill.dedup.mixing import U64, fixed_weights, mix, weights

NORM_VERSION = 1  # raise it whenever a text could give other shingles

# Unicode blocks whose letters and numbers are one token each (Blocks.txt; those of line-breaking class ID or SA, and
# Tibetan, Javanese, Balinese, which also put no space between words). Hangul is written with spaces.
UNSPACED = (
    (0x0E00, 0x0E7F),  # Thai
    (0x0E80, 0x0EFF),  # Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x1B00, 0x1B7F),  # Balinese
    (0x2E80, 0x2FDF),  # CJK Radicals Supplement, Kangxi Radicals
    (0x3005, 0x3007),  # CJK Symbols and Punctuation: iteration mark, closing mark, zero
    (0x3021, 0x303C),  # CJK Symbols and Punctuation: Suzhou numerals, kana repeat marks
    (0x3040, 0x312F),  # Hiragana, Katakana, Bopomofo
    (0x31A0, 0x31BF),  # Bopomofo Extended
    (0x31F0, 0x31FF),  # Katakana Phonetic Extensions
    (0x3400, 0x4DBF),  # CJK Unified Ideographs Extension A
    (0x4E00, 0x9FFF),  # CJK Unified Ideographs
    (0xA000, 0xA4CF),  # Yi Syllables, Yi Radicals
    (0xA980, 0xA9FF),  # Javanese, Myanmar Extended-B
    (0xAA60, 0xAADF),  # Myanmar Extended-A, Tai Viet
    (0xF900, 0xFAFF),  # CJK Compatibility Ideographs
    (0x11700, 0x1174F),  # Ahom
    (0x17000, 0x18D8F),  # Tangut, Khitan
    (0x1AFF0, 0x1B2FF),  # Kana Extended and Supplement, Nushu
    (0x20000, 0x3FFFF),  # CJK Unified Ideographs Extensions B and later
)
# Default-ignorable characters that are not format characters (DerivedCoreProperties.txt): fillers, variation selectors.
_INVISIBLE = frozenset(
    chain(
        (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0),
        range(0x180B, 0x1810),
        range(0xFE00, 0xFE10),
        range(0xE0100, 0xE01F0),
    )
)
_ZERO_WIDTH_SPACE = 0x200B

_SEPARATOR, _WORD, _BASE, _MARK, _IGNORED, _UNSEEN = range(6)
_CODE_POINTS = 0x110000
_CHUNK = 1 << 16  # code points at a time: the arrays of one chunk stay in the L2 cache (measured: 2^15..2^17 equal)
_PIECE = 1024  # characters normalised at a time
_CHARACTER_STREAM, _POSITION_STREAM, _WINDOW_STREAM = 1, 2, 3


@dataclass(frozen=True, slots=True)
class ShingleSets:
    """The shingles of several texts: `hashes[offsets[i]:offsets[i + 1]]` is text i's set, ascending.

    Args:
        offsets: shape (texts + 1,).
        hashes: 64-bit hashes, shape (offsets[-1],).
    """

    offsets: npt.NDArray[np.int64]
    hashes: U64

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of(self, index: int) -> U64:
        """Return one text's set as an ascending array."""
        return self.hashes[self.offsets[index] : self.offsets[index + 1]]


def normalize(text: str) -> str:
    """Return a text as shingles see it, separators aside: NFKC and full case folding (Unicode 3.13, D146)."""
    if text.isascii():
        return text.lower()
    return "".join(map(_fold, pieces(text)))


def _fold(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)


def pieces(text: str) -> Iterator[str]:
    """Cut before white space, across which nothing composes.

    `unicodedata.normalize` is quadratic in the length of a run of unordered marks: 100,000 of them take 8 s in one
    piece and 0.1 s in pieces. A piece without white space is cut where it is full, but not before a mark.
    """
    start = 0
    while len(text) - start > _PIECE:
        end = max(text.rfind(" ", start + 1, start + _PIECE), text.rfind("\n", start + 1, start + _PIECE))
        if end < 0:
            end = start + _PIECE
            while end < min(start + _PIECE + 32, len(text)) and unicodedata.combining(text[end]):
                end += 1
        yield text[start:end]
        start = end
    yield text[start:]


def shingle(texts: Sequence[str], *, n: int, n_unspaced: int) -> ShingleSets:
    """Return the shingle set of each text; a text's set does not depend on its neighbours.

    Args:
        texts: any strings, lone surrogates and NUL included.
        n: words per shingle.
        n_unspaced: characters (base and marks) per shingle in scripts without spaces: `"สวัสดีครับ"` has seven.
    """
    sizes: list[npt.NDArray[np.int64]] = [np.zeros(1, np.int64)]
    hashes: list[U64] = []
    for chunk in _chunks(texts):
        counts, values = _shingle_chunk(chunk, n=n, n_unspaced=n_unspaced)
        sizes.append(counts)
        hashes.append(values)
    return ShingleSets(np.cumsum(np.concatenate(sizes)), np.concatenate(hashes) if hashes else np.empty(0, np.uint64))


def _chunks(texts: Sequence[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for text in texts:
        chunk.append(normalize(text))
        size += len(chunk[-1])
        if size >= _CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


@cache
def _class_table() -> npt.NDArray[np.uint8]:
    return np.full(_CODE_POINTS, _UNSEEN, np.uint8)


@cache
def _character_hashes() -> U64:
    return fixed_weights(_CODE_POINTS, _CHARACTER_STREAM)


def _classify(code_point: int) -> int:
    category = unicodedata.category(chr(code_point))
    if code_point in _INVISIBLE:
        return _IGNORED
    if category == "Cf":
        return _SEPARATOR if code_point == _ZERO_WIDTH_SPACE else _IGNORED
    if category[0] == "M":
        return _MARK
    # Unassigned and private characters count as letters: this Python's Unicode may be older than the text.
    if category[0] in "LN" or category in ("Co", "Cn"):
        return _BASE if any(first <= code_point <= last for first, last in UNSPACED) else _WORD
    return _SEPARATOR


def _classes(code_points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Look classes up; the table learns each code point when it first occurs, so starting costs nothing."""
    table = _class_table()
    classes = table[code_points]
    unseen = classes == _UNSEEN
    if unseen.any():
        for code_point in np.unique(code_points[unseen]).tolist():
            table[code_point] = _classify(code_point)
        classes = table[code_points]
    return classes


@dataclass(frozen=True, slots=True)
class _Tokens:
    hashes: U64  # (tokens,)
    unspaced: npt.NDArray[np.bool_]  # (tokens,)
    offsets: npt.NDArray[np.int64]  # (texts + 1,): where each text's tokens begin


def _tokenize(texts: Sequence[str]) -> _Tokens:
    joined = "\n".join(texts)  # a line feed separates, so that no token reaches into the next text
    code_points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint32, copy=False)
    starts_of_texts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) + 1 for text in texts], out=starts_of_texts[1:])
    classes = _classes(code_points)

    visible = classes != _IGNORED
    if not visible.all():
        # Removing characters moves those behind them: count the visible ones before each text.
        before = np.concatenate([[0], np.cumsum(visible)])
        starts_of_texts = before[np.minimum(starts_of_texts, len(code_points))]
        code_points, classes = code_points[visible], classes[visible]

    owners = _owners(classes)
    inside = owners != _SEPARATOR
    begins = classes == _BASE
    begins |= (owners == _WORD) & (np.concatenate([[_SEPARATOR], owners[:-1]]) != _WORD)
    places = np.flatnonzero(begins)
    offsets = np.searchsorted(places, starts_of_texts).astype(np.int64)
    if len(places) == 0:
        return _Tokens(np.empty(0, np.uint64), np.empty(0, bool), offsets)

    firsts = np.flatnonzero(begins[inside])
    characters = code_points[inside]
    lengths = np.diff(firsts, append=len(characters))
    positions = np.arange(len(characters)) - np.repeat(firsts, lengths)
    longest = int(lengths.max())
    by_position = fixed_weights(64, _POSITION_STREAM) if longest <= 64 else weights(longest, stream=_POSITION_STREAM)
    terms = _character_hashes()[characters] * by_position[positions]
    return _Tokens(mix(np.add.reduceat(terms, firsts)), classes[places] == _BASE, offsets)


def _owners(classes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Give each mark the class of the character it stands on; a mark on nothing is a word of its own."""
    marks = classes == _MARK
    if not marks.any():
        return classes
    last_base = np.maximum.accumulate(np.where(marks, 0, np.arange(len(classes))))
    owners = classes[last_base]
    owners[marks & ((owners == _SEPARATOR) | (owners == _MARK))] = _WORD
    return owners


def _shingle_chunk(texts: Sequence[str], *, n: int, n_unspaced: int) -> tuple[npt.NDArray[np.int64], U64]:
    tokens = _tokenize(texts)
    firsts, ends = tokens.offsets[:-1], tokens.offsets[1:]
    total = len(tokens.hashes)
    if total == 0:
        return np.zeros(len(texts), np.int64), np.empty(0, np.uint64)
    lengths = np.where(tokens.unspaced, n_unspaced, n)
    window_ends = np.arange(total) + lengths
    fits = window_ends <= np.repeat(ends, ends - firsts)
    hashes = np.zeros(total, np.uint64)
    for length, kind in ((n, ~tokens.unspaced), (n_unspaced, tokens.unspaced)):
        starts = np.flatnonzero(fits & kind)
        hashes[starts] = _window_hashes(tokens.hashes, starts, np.full(1, length))

    # Windows over each token: +1 where one begins, -1 where it ends.
    begun = np.zeros(total + 1, np.int64)
    begun[np.flatnonzero(fits)] += 1
    np.subtract.at(begun, window_ends[fits], 1)
    bare = np.flatnonzero(np.cumsum(begun[:-1]) == 0)
    if len(bare):
        # Only tokens so near the end that their own window does not fit can be bare: one shingle over the end of the
        # text covers them all. It stands at the first of them, where no window begins.
        texts_bare, at = np.unique(np.searchsorted(ends, bare, side="right"), return_index=True)
        tail = np.minimum(ends[texts_bare] - firsts[texts_bare], max(n, n_unspaced))
        hashes[bare[at]] = _window_hashes(tokens.hashes, ends[texts_bare] - tail, tail)
        fits[bare[at]] = True

    before = np.concatenate([[0], np.cumsum(fits)])
    return _unique(hashes[fits], before[tokens.offsets])


def _window_hashes(tokens: U64, starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> U64:
    """Hash the window of `lengths` tokens (shape (starts,), or (1,) for all) at each start."""
    longest = int(lengths.max(initial=0))
    by_place = fixed_weights(longest + 1, _WINDOW_STREAM)
    sums: U64 = np.zeros(len(starts), np.uint64)
    shortest = int(lengths.min(initial=longest))
    for place in range(longest):
        if place < shortest:
            sums += tokens[starts + place] * by_place[place]
        else:
            longer = np.flatnonzero(lengths > place)
            sums[longer] += tokens[starts[longer] + place] * by_place[place]
    return mix(sums + lengths.astype(np.uint64))


def _unique(hashes: U64, offsets: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], U64]:
    bounds = offsets.tolist()
    for start, end in pairwise(bounds):
        hashes[start:end].sort()
    fresh = np.ones(len(hashes), bool)
    fresh[1:] = hashes[1:] != hashes[:-1]
    inner = offsets[:-1]
    fresh[inner[inner < len(hashes)]] = True
    before = np.concatenate([[0], np.cumsum(fresh)])
    return np.diff(before[offsets]), hashes[fresh]
