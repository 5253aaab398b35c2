"""How much disk a run takes, and how many requests to an object store, estimated from its inputs' names and sizes alone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import cast

from glotmill.core.steps import CorpusSpec
from glotmill.io import storage
from glotmill.io.parquet import ParquetSource, open_parquet
from glotmill.plan.resolve import Plan
from glotmill.run.inputs import glance

# Measured on the demo's real pages (gzip WARC, 13,000 pages, every target language kept): bytes on disk per input
# byte. Ceilings: a run that keeps one language out of many takes a small part of it.
_TEXT_PER_BYTE = 0.35  # a phase's data file
_KEYS_PER_BYTE = 0.25  # keys of one corpus step

# Requests, counted by a proxy before an S3 server in runs of 3, 10 and 24 shards, three phases, two corpus steps of 16
# partitions: the estimate is within a tenth of each, and a quarter low where a corpus has many small parts (60 in the
# demo). A step that connects documents (minhash) gathers partitions once more.
_WRITES_PER_SHARD, _LISTS_PER_SHARD, _READS_PER_SHARD = 3, 2, 11  # and phase
_WRITES_PER_PARTITION, _LISTS_PER_PARTITION, _READS_PER_PARTITION = 3, 2, 12  # of a corpus step
_WRITES_PER_PART, _READS_PER_PART = 2, 7
_WRITES, _LISTS, _READS = 20, 30, 50  # of any run
_READ_AT_ONCE, _PUT_AT_ONCE = 8 << 20, 50 << 20  # bytes of one range, and of one part of a multipart upload


@dataclass(frozen=True, slots=True)
class Requests:
    """What a run asks of an object store that holds its input, phases and corpus.

    Args:
        writes: what stores bill as such: PUT, POST, and LIST. Deleting is free.
        reads: GET and HEAD.
        bytes_written: what goes to the store.
        bytes_read: what comes from it; more where shards are so small that files are read whole for a part of them.
    """

    writes: int
    reads: int
    bytes_written: int
    bytes_read: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """Sizes in bytes, and requests where the run is in an object store."""

    files: int
    input_bytes: int
    shards: int
    intermediate_bytes: int
    corpus_bytes: int
    requests: Requests

    def as_dict(self) -> dict[str, object]:
        """Return the estimate as a plain mapping."""
        return asdict(self)


def estimate(plan: Plan, bindings: Mapping[str, str]) -> Estimate:
    """Return what a run over the bound inputs would take; lists files, reads no document."""
    inputs = glance(plan, bindings)
    size = sum(file.size for file in inputs.files)
    corpus_steps = sum(phase.emits is not None for phase in plan.phases)
    intermediate = size * (_TEXT_PER_BYTE * len(plan.phases) + _KEYS_PER_BYTE * corpus_steps)
    corpus = int(size * _TEXT_PER_BYTE)
    requests = _requests(plan, len(inputs.shards), size, int(intermediate), corpus)
    return Estimate(len(inputs.files), size, len(inputs.shards), int(intermediate), corpus, requests)


def _requests(plan: Plan, shards: int, size: int, intermediate: int, corpus: int) -> Requests:
    phases = len(plan.phases)
    corpus_steps = [cast(CorpusSpec, phase.emits.spec) for phase in plan.phases if phase.emits is not None]
    parts = len(plan.recipe.languages) + int(corpus / (plan.recipe.sink.part_mb * 1024 * 1024))
    tables = sum(len(spec.tables()) for spec in corpus_steps)
    partitions = sum(spec.partitions for spec in corpus_steps)
    pieces = sum(2 * (spec.partitions + 1) * len(spec.tables()) for spec in corpus_steps)
    puts = (
        shards * (_WRITES_PER_SHARD * phases + tables) + _WRITES_PER_PARTITION * partitions + _WRITES_PER_PART * parts
    )
    lists = shards * _LISTS_PER_SHARD * phases + _LISTS_PER_PARTITION * partitions
    gets = shards * (_READS_PER_SHARD * phases + pieces) + _READS_PER_PARTITION * partitions + _READS_PER_PART * parts
    read = size + intermediate
    written = intermediate + corpus
    return Requests(
        writes=puts + lists + _WRITES + _LISTS + written // _PUT_AT_ONCE,
        reads=gets + _READS + read // _READ_AT_ONCE,
        bytes_written=written,
        bytes_read=read,
    )


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
