"""What a run says while it works; the command line decides how it looks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from glotmill.provenance.receipts import StepCount


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Args:
        kind: `phase` begins, one task is `done`, `note` for words.
        phase: `phase-0`, `phase-0 reduce`, `sink` ...
        done: tasks of the phase that are finished, reused ones included.
        total: tasks of the phase.
        counts: of the shard that is done.
        text: words, for a note.
    """

    kind: Literal["phase", "done", "note"]
    phase: str
    done: int = 0
    total: int = 0
    counts: tuple[StepCount, ...] = ()
    text: str = ""


Listener = Callable[[Event], None]


def silent(event: Event) -> None:
    """Listen to nothing."""
