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

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from glotmill.dedup.folds import folds, normalize
from glotmill.dedup.mixing import U64, fixed_weights
from glotmill.text.groups import grouped, joined

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
S = TypeVar("S", bound=np.generic)

NORM_VERSION = 2  # raise it whenever a text could give other shingles
_GROUP_CHARACTERS = 1 << 16  # texts at once: what the kernel reads and writes of them stays in the L2 cache
_WINDOW_STREAM = 3


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """The tokens of several texts; those of text i are `offsets[i]` to `offsets[i + 1]`.

    Args:
        hashes: `text_hash` of each normalized token, shape (tokens,).
        unspaced: whether it is a character of a script without spaces, shape (tokens,).
        offsets: shape (texts + 1,).
    """

    hashes: U64
    unspaced: Flags
    offsets: Ints

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True, slots=True)
class ShingleSets:
    """The shingles of several texts: `hashes[offsets[i]:offsets[i + 1]]` is text i's set, ascending.

    Args:
        offsets: shape (texts + 1,).
        hashes: 64-bit hashes, shape (offsets[-1],).
    """

    offsets: Ints
    hashes: U64

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of(self, index: int) -> U64:
        """Return one text's set as an ascending array."""
        return self.hashes[self.offsets[index] : self.offsets[index + 1]]


def shingle(texts: Sequence[str], *, n: int, n_unspaced: int) -> ShingleSets:
    """Return the shingle set of each text; a text's set does not depend on its neighbours.

    Args:
        texts: any strings, lone surrogates and NUL included.
        n: words per shingle.
        n_unspaced: characters (base and marks) per shingle in scripts without spaces: `"สวัสดีครับ"` has seven.
    """
    return shingles_of(tokenize(texts), n=n, n_unspaced=n_unspaced)


def tokenize(texts: Sequence[str]) -> Tokens:
    """Return the tokens of each text, in time linear in its length: `"ไป 7-Eleven"` has four.

    Args:
        texts: any strings, lone surrogates and NUL included.
    """
    parts = [_tokens(group) for group in grouped(texts, _GROUP_CHARACTERS)]
    if not parts:
        return Tokens(np.zeros(0, np.uint64), np.zeros(0, np.bool_), np.zeros(1, np.int64))
    return Tokens(
        np.concatenate([part.hashes for part in parts]),
        np.concatenate([part.unspaced for part in parts]),
        _offsets(np.concatenate([np.diff(part.offsets) for part in parts])),
    )


def _tokens(texts: Sequence[str]) -> Tokens:
    from glotmill.dedup.shingle_kernel import find_tokens  # noqa: PLC0415  # numba takes 0.3 s that `check` need not pay

    offsets, hashes, unspaced, entangled = find_tokens(*_closed(texts), folds(), False)
    if not entangled.any():
        return Tokens(hashes, unspaced, offsets)
    normal = [normalize(texts[place]) for place in np.flatnonzero(entangled).tolist()]
    other_offsets, other_hashes, other_unspaced, _ = find_tokens(*_closed(normal), folds(), True)
    counts = np.diff(offsets)
    counts[entangled] = np.diff(other_offsets)
    others = np.repeat(entangled, counts)
    return Tokens(_merged(others, hashes, other_hashes), _merged(others, unspaced, other_unspaced), _offsets(counts))


def _closed(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint32], Ints]:
    return joined([text + "\n" for text in texts])


def _merged(others: Flags, first: npt.NDArray[S], second: npt.NDArray[S]) -> npt.NDArray[S]:
    merged = np.empty(len(others), first.dtype)
    merged[~others], merged[others] = first, second
    return merged


def _offsets(counts: Ints) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def shingles_of(tokens: Tokens, *, n: int, n_unspaced: int) -> ShingleSets:
    """Return the shingle set of each text from its tokens.

    Args:
        tokens: of the texts.
        n: tokens per shingle that begins with a word.
        n_unspaced: tokens per shingle that begins with a character of a script without spaces.
    """
    from glotmill.dedup.shingle_kernel import distinct, find_windows  # noqa: PLC0415  # as above

    weights = fixed_weights(max(n, n_unspaced), _WINDOW_STREAM)
    offsets, hashes = find_windows(tokens.offsets, tokens.hashes, tokens.unspaced, weights, n, n_unspaced)
    for start, end in pairwise(offsets.tolist()):
        hashes[start:end].sort()  # in vector registers, and n log n for hashes made to collide
    return ShingleSets(*distinct(offsets, hashes))
