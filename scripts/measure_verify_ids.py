"""Measure what comparing the ids of so many documents takes `glotmill verify`: memory, processor time and disk.

python scripts/measure_verify_ids.py 1000000 4000000

A third of the ids stand in the corpus, the others in the ledger. Each number is measured in a process of its own.
"""

import argparse
import hashlib
import json
import multiprocessing
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from glotmill.provenance.sorting import SortedLines
from glotmill.provenance.verdict import Verdict
from glotmill.provenance.verify_ids import Ids, Place


def measure(documents: int) -> dict[str, float]:
    """Return MB of memory that are added to those of the packages, processor seconds, and MB of disk."""
    before, begun = _peak_mb(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        ids, verdict = Ids(SortedLines(Path(folder)), [f"part-{number}" for number in range(1000)]), Verdict()
        for number in range(documents):
            doc_id = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()
            if number % 3:
                ids.removed(doc_id)
            else:
                ids.kept(doc_id, 0, Place(number % 1000, number // 1000 + 1, "attribution"))
        ids.compare(verdict, mix=False, inherited=False)
        disk = sum(path.stat().st_size for path in Path(folder).rglob("*"))
    if verdict.found:
        raise SystemExit(f"{verdict.found} problems where there are none")
    seconds = time.process_time() - begun
    return {
        "documents": documents,
        "mb": round(_peak_mb() - before),
        "seconds": round(seconds, 1),
        "disk_mb": round(disk / 1e6),
    }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", type=int, nargs="+")
    for documents in parser.parse_args().documents:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            print(json.dumps(pool.submit(measure, documents).result()))


if __name__ == "__main__":
    main()
