"""Near-duplicate removal at one size, on synthetic shingle sets: wall time and peak memory of a process of its own.

    .venv/bin/python benchmarks/dedup_growth.py 100000

Every document is a set of `--shingles` random shingles, and one in ten is a copy of another with 5 % of them replaced (Jaccard 0.905).
Signatures and band keys are computed by the product's own functions. Files are written as Arrow IPC, one of shingles per 20,000 documents and one of
bands per partition, and read back by `reduce` and `resolve`. It prints one JSON object.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from glotmill.core.steps import Resources, Scope
from glotmill.dedup import ids
from glotmill.dedup.minhash import BANDS, COUNTS, SHINGLES, MinhashDedupSpec
from glotmill.dedup.mixing import U64, mix
from glotmill.dedup.shingles import ShingleSets
from glotmill.dedup.signatures import band_keys, signatures

SHARD, PARTITIONS = 20_000, 32
REPLACED = 0.05
NOTHING = Resources(Scope((), ()))


def sets_of(numbers: U64, *, shingles: int) -> ShingleSets:
    """Return the sets of these documents; number 10 k + 9 is a copy of a document ahead of it."""
    place = np.arange(shingles, dtype=np.uint64)
    copies = numbers % np.uint64(10) == np.uint64(9)
    origin = numbers.copy()
    others = mix(numbers[copies]) % np.maximum(numbers[copies] // np.uint64(10), np.uint64(1))
    origin[copies] = others * np.uint64(10) + mix(others + numbers[copies]) % np.uint64(9)
    keys = np.repeat(origin[:, None], shingles, axis=1)
    replaced = round(REPLACED * shingles)
    keys[copies, :replaced] = numbers[copies][:, None]
    hashes = mix(keys * np.uint64(1 << 12) + place)
    hashes.sort(axis=1)
    return ShingleSets(np.arange(len(numbers) + 1, dtype=np.int64) * shingles, hashes.reshape(-1))


def write(spec: MinhashDedupSpec, folder: Path, *, documents: int, shingles: int) -> None:
    """Write what `emit` would give for these sets."""
    schemas = spec.tables()
    writers = [
        pa.ipc.new_stream(pa.OSFile(str(folder / f"bands-{part}"), "wb"), schemas[BANDS]) for part in range(PARTITIONS)
    ]
    for shard, start in enumerate(range(0, documents, SHARD)):
        numbers = np.arange(start, min(start + SHARD, documents), dtype=np.uint64)
        sets = sets_of(numbers, shingles=shingles)
        keys = band_keys(
            signatures(sets, count=spec.bands * spec.rows, seed=spec.seed), bands=spec.bands, rows=spec.rows
        )
        names = np.stack([mix(numbers), mix(~numbers)], axis=1)
        flat, owners = keys.reshape(-1), np.repeat(names, spec.bands, axis=0)
        parts = (flat >> np.uint64(32)) * np.uint64(PARTITIONS) >> np.uint64(32)
        for part, writer in enumerate(writers):
            own = np.flatnonzero(parts == part)
            writer.write(
                pa.RecordBatch.from_arrays([pa.array(flat[own]), ids.column(owners[own])], schema=schemas[BANDS])
            )
        zeros = pa.array(np.zeros(len(numbers), np.int64))
        rows = pa.RecordBatch.from_arrays(
            [
                pa.array(names[:, 0]),
                ids.column(names),
                pa.LargeListArray.from_arrays(
                    pa.array(sets.offsets), pa.array(sets.hashes), type=schemas[SHINGLES].field("shingles").type
                ),
                pa.array(np.ones(len(numbers), np.int32)),
                *[zeros] * len(spec.keep),
            ],
            schema=schemas[SHINGLES],
        )
        with pa.ipc.new_stream(pa.OSFile(str(folder / f"shingles-{shard:05d}"), "wb"), schemas[SHINGLES]) as out:
            out.write(rows)
    for writer in writers:
        writer.close()


def read(path: Path) -> pa.Table:
    with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as stream:
        return stream.read_all()


def peak_gb() -> float:
    """Return the most memory this process has held; `ru_maxrss` would begin with that of the process that started it."""
    status = Path("/proc/self/status").read_text("utf-8")
    return round(int(status.split("VmHWM:")[1].split()[0]) / 2**20, 2)


def main() -> None:
    """Print the figures of one size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=int)
    parser.add_argument("--shingles", type=int, default=400, help="per document; real ones of 3 KB have about 400")
    arguments = parser.parse_args()
    spec = MinhashDedupSpec(name="near", kind="minhash_dedup")
    step = spec.build(NOTHING)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        start = time.perf_counter()
        write(spec, folder, documents=arguments.documents, shingles=arguments.shingles)
        written, peak_write = time.perf_counter() - start, peak_gb()
        start = time.perf_counter()
        reduced = [
            step.reduce(lambda _, part=part: read(folder / f"bands-{part}"))  # type: ignore[misc]
            for part in range(PARTITIONS)
        ]
        seconds_reduce, peak_reduce = time.perf_counter() - start, peak_gb()

        def shards(_: str) -> Iterator[pa.Table]:
            return (read(path) for path in sorted(folder.glob("shingles-*")))

        start = time.perf_counter()
        table = step.resolve(reduced, shards)
        seconds_resolve = time.perf_counter() - start
    counts = json.loads(table.schema.metadata[COUNTS])
    copies = len(range(9, arguments.documents, 10))
    print(
        json.dumps(
            {
                "documents": arguments.documents,
                "shingles": arguments.shingles,
                "copies": copies,
                **counts,
                "seconds_write": round(written, 1),
                "seconds_reduce": round(seconds_reduce, 2),
                "seconds_resolve": round(seconds_resolve, 2),
                "peak_gb_write": peak_write,
                "peak_gb_reduce": peak_reduce,
                "peak_gb": peak_gb(),
            }
        )
    )


if __name__ == "__main__":
    main()
