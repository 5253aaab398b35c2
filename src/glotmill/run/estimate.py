"""How much disk a run takes, estimated from the sizes of its inputs alone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from glotmill.io import storage
from glotmill.io.parquet import ParquetSource, open_parquet
from glotmill.plan.resolve import Plan
from glotmill.run.inputs import glance

# Measured on the demo's real pages (gzip WARC, 13,000 pages, every target language kept): bytes on disk per input
# byte. Ceilings: a run that keeps one language out of many takes a small part of it.
_TEXT_PER_BYTE = 0.35  # a phase's data file
_KEYS_PER_BYTE = 0.25  # keys of one corpus step


@dataclass(frozen=True, slots=True)
class Estimate:
    """Sizes in bytes."""

    files: int
    input_bytes: int
    shards: int
    intermediate_bytes: int
    corpus_bytes: int

    def as_dict(self) -> dict[str, int]:
        """Return the estimate as a plain mapping."""
        return asdict(self)


def estimate(plan: Plan, bindings: Mapping[str, str]) -> Estimate:
    """Return what a run over the bound inputs would take; lists files, reads no document."""
    inputs = glance(plan, bindings)
    size = sum(file.size for file in inputs.files)
    corpus_steps = sum(phase.emits is not None for phase in plan.phases)
    intermediate = size * (_TEXT_PER_BYTE * len(plan.phases) + _KEYS_PER_BYTE * corpus_steps)
    return Estimate(len(inputs.files), size, len(inputs.shards), int(intermediate), int(size * _TEXT_PER_BYTE))


def documents_in(plan: Plan, bindings: Mapping[str, str]) -> int | None:
    """Return how many documents the bound inputs hold, where all are Parquet, which says so; None where others are among them."""
    kinds = {source.of: source for source in plan.recipe.sources}
    count = 0
    for file in glance(plan, bindings).files:
        if not isinstance(kinds[file.source], ParquetSource):
            return None
        with storage.open_read(file.url) as stream:
            count += open_parquet(stream, file.url).metadata.num_rows
    return count
