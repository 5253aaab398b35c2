"""Near-duplicate removal at one size, on synthetic shingle sets: wall time and peak memory of a process of its own.

    .venv/bin/python benchmarks/dedup_growth.py 100000
    .venv/bin/python benchmarks/dedup_growth.py 1000000 --kind equal     # or forms

With `--kind copies` every document is a set of `--shingles` random shingles, and one in ten is a copy of another with 5 % of them replaced (Jaccard 0.905); with
`equal` all sets are one, so that every bucket holds all documents; with `forms` two thirds of each set are the same, so that any two have Jaccard 0.5, and
one in ten is a copy as above.
Signatures and band keys are computed by the product's own functions; files, passes and digests are the engine's own, 20,000 documents a shard, one
process. It prints one JSON object; each pass is timed by the receipts.
"""

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
from dedup_passes import Engine, engine

from glotmill.core.arrow import nulls
from glotmill.dedup import copies, ids
from glotmill.dedup.minhash import BANDS, COUNTS, SHINGLES, MinhashDedupSpec
from glotmill.dedup.mixing import U64, mix
from glotmill.dedup.shingles import ShingleSets
from glotmill.dedup.signatures import band_keys, signatures

SHARD = 20_000
REPLACED = 0.05


def sets_of(numbers: U64, *, shingles: int, kind: str) -> ShingleSets:
    """Return the sets of these documents; number 10 k + 9 is a copy of a document ahead of it."""
    place = np.arange(shingles, dtype=np.uint64)
    if kind == "equal":
        numbers = np.zeros_like(numbers)
    copied = numbers % np.uint64(10) == np.uint64(9)
    origin = numbers.copy()
    others = mix(numbers[copied]) % np.maximum(numbers[copied] // np.uint64(10), np.uint64(1))
    origin[copied] = others * np.uint64(10) + mix(others + numbers[copied]) % np.uint64(9)
    keys = np.repeat(origin[:, None], shingles, axis=1)
    replaced = round(REPLACED * shingles)
    keys[copied, :replaced] = numbers[copied][:, None]
    if kind == "forms":
        keys[:, shingles // 3 :] = 0
    hashes = mix(keys * np.uint64(1 << 12) + place)
    hashes.sort(axis=1)
    return ShingleSets(np.arange(len(numbers) + 1, dtype=np.int64) * shingles, hashes.reshape(-1))


def facts(numbers: U64, field: pa.Field) -> pa.Array:
    """Return addresses of 60 characters and a license for each document; what earlier steps would say is null."""
    if field.name == "url":
        names = [
            f"https://www.{number % 5000:04d}.example/albisteak/2026/11/27/{number:012d}" for number in numbers.tolist()
        ]
        return pa.array(names, field.type)
    said = {"license": "CC-BY-SA-4.0", "license_class": "sharealike", "license_state": "declared"}
    return (
        pa.array([said[field.name]] * len(numbers), field.type)
        if field.name in said
        else nulls(field.type, len(numbers))
    )


def write(bench: Engine, *, documents: int, shingles: int, kind: str) -> None:
    """Write what `emit` would give for these sets."""
    spec = bench.spec
    schemas = spec.tables()
    for start in range(0, documents, SHARD):
        numbers = np.arange(start, min(start + SHARD, documents), dtype=np.uint64)
        sets = sets_of(numbers, shingles=shingles, kind=kind)
        keys = band_keys(
            signatures(sets, count=spec.bands * spec.rows, seed=spec.seed), bands=spec.bands, rows=spec.rows
        )
        names = np.stack([mix(numbers), mix(~numbers)], axis=1)
        bands = [pa.array(keys.reshape(-1)), ids.column(np.repeat(names, spec.bands, axis=0))]
        rows = [
            pa.array(names[:, 0]),
            ids.column(names),
            pa.array(np.zeros(len(numbers), bool)),
            pa.array(np.full(len(numbers), shingles, np.int32)),
            pa.LargeListArray.from_arrays(
                pa.array(sets.offsets), pa.array(sets.hashes), type=schemas[SHINGLES].field("shingles").type
            ),
            *[pa.array(np.zeros(len(numbers), np.int64))] * len(spec.keep),
            *(facts(numbers, field) for field in copies.FIELDS),
        ]
        bench.write(
            {
                BANDS: pa.Table.from_arrays([*bands, pa.array(np.zeros(keys.size, bool))], schema=schemas[BANDS]),
                SHINGLES: pa.Table.from_arrays(rows, schema=schemas[SHINGLES]),
            }
        )


def peak_gb() -> float:
    """Return the most memory this process has held; `ru_maxrss` would begin with that of the process that started it."""
    status = Path("/proc/self/status").read_text("utf-8")
    return round(int(status.split("VmHWM:")[1].split()[0]) / 2**20, 2)


def seconds_of_passes(folder: Path) -> dict[str, float]:
    """Return the seconds of each pass, summed over its tasks."""
    found: defaultdict[str, float] = defaultdict(float)
    for path in (folder / "phase-0/receipts").iterdir():
        found[path.stem.partition("-")[0]] += json.loads(path.read_text())["receipt"]["about"]["seconds"]
    return {f"seconds_{name}": round(value, 2) for name, value in sorted(found.items())}


def main() -> None:
    """Print the figures of one size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=int)
    parser.add_argument("--shingles", type=int, default=400, help="per document; real ones of 3 KB have about 400")
    parser.add_argument("--kind", choices=("copies", "equal", "forms"), default="copies")
    parser.add_argument("--bucket-limit", type=int, default=256, help="`bucket_limit` of the step")
    parser.add_argument("--memory-mb", type=int, default=1024, help="`memory_mb` of the step")
    arguments = parser.parse_args()
    spec = MinhashDedupSpec(
        name="near", kind="minhash_dedup", memory_mb=arguments.memory_mb, bucket_limit=arguments.bucket_limit
    )
    with engine(spec) as bench:
        start = time.perf_counter()
        write(bench, documents=arguments.documents, shingles=arguments.shingles, kind=arguments.kind)
        written, peak_write = time.perf_counter() - start, peak_gb()
        size = sum(path.stat().st_size for path in bench.folder.rglob("*") if path.is_file())
        start = time.perf_counter()
        table = bench.pass_over()
        passed = time.perf_counter() - start
        passes = seconds_of_passes(bench.folder)
    print(
        json.dumps(
            {
                "kind": arguments.kind,
                "documents": arguments.documents,
                "shingles": arguments.shingles,
                "copies": len(range(9, arguments.documents, 10)),
                **json.loads(table.schema.metadata[COUNTS]),
                "key_bytes_per_document": round(size / arguments.documents),
                "seconds_write": round(written, 1),
                "seconds_passes": round(passed, 1),
                **passes,
                "peak_gb_write": peak_write,
                "peak_gb": peak_gb(),
            }
        )
    )


if __name__ == "__main__":
    main()
