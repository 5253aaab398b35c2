"""Texts in groups of bounded size, so that kernels read many at once and memory stays bounded."""

from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T", bound=Sized)


def grouped(texts: Iterable[T], most: int) -> Iterator[list[T]]:
    """Yield texts, or arrays of their code points, in lists of at most so many characters together; one may be longer."""
    group: list[T] = []
    size = 0
    for text in texts:
        if group and size + len(text) > most:
            yield group
            group, size = [], 0
        group.append(text)
        size += len(text)
    if group:
        yield group


def joined(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Return the code points of texts as one array, and where each begins and the last ends, shape (texts + 1,)."""
    points = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    return points, origins_of(texts)


def origins_of(texts: Sequence[Sized]) -> npt.NDArray[np.int64]:
    """Return where each of these begins among all, and where the last ends, shape (texts + 1,)."""
    lengths = np.array([len(text) for text in texts], np.int64)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
