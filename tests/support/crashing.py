"""A task whose process dies, importable in worker processes."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from glotmill.provenance.receipts import Receipt


@dataclass(frozen=True)
class Crashing:
    """Kills its own process at its first attempts at item 1, as the kernel does when memory runs out.

    Args:
        folder: gets a file per attempt at an item.
        times: how many attempts die.
    """

    folder: str
    times: int

    def __call__(self, item: int) -> Receipt:
        before = len(list(Path(self.folder).glob(f"{item}.*")))
        Path(self.folder, f"{item}.{before}").touch()
        if item == 1 and before < self.times:
            os.kill(os.getpid(), signal.SIGKILL)
        return Receipt("plan", f"part-{item:05d}", {})
