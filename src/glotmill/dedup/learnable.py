"""Which rows nothing is learned from: those that were taken down, and those that no person wrote."""

from collections.abc import Callable

import pyarrow as pa

from glotmill.core.arrow import optional_texts
from glotmill.dedup.tombstones import PREFIX, Tombstones, first

NATIVE = "native"
ORIGIN = "origin_"  # of reasons: origin_mt, origin_synthetic, origin_augmented


def not_native(origin: str | None) -> str | None:
    """Return why a row of an origin is no example of its language as people write it, or None."""
    return None if origin is None or origin == NATIVE else f"{ORIGIN}{origin}"


def standing(taken_down: Tombstones) -> Callable[[pa.RecordBatch], list[str | None]]:
    """Return what says of each row of a source why it must not come back, or None."""

    def verdicts(rows: pa.RecordBatch) -> list[str | None]:
        if not taken_down:
            return [None] * rows.num_rows
        found = first(taken_down.records(rows), taken_down.texts(rows))
        return [None if one is None else f"{PREFIX}{one}" for one in found]

    return verdicts


def learnable(taken_down: Tombstones) -> Callable[[pa.RecordBatch], list[str | None]]:
    """Return what says of each row of a source why nothing is learned of the language from it, or None.

    What machines translated, made up or rewrote is set aside beside what was taken down: words and bounds that come from it
    would be a machine's.
    """
    gone = standing(taken_down)

    def verdicts(rows: pa.RecordBatch) -> list[str | None]:
        origins = optional_texts(rows.column("origin"))
        return [one or not_native(origin) for one, origin in zip(gone(rows), origins, strict=True)]

    return verdicts
