"""The peers of the benchmark of sources: datatrove's readers and warcio.

It runs in the peers' environment (`.venv-peers`), never in Glotmill's, and is called by `benchmarks/sources.py`:

    .venv-peers/bin/python benchmarks/sources_peer.py --warc .cache/real/warc --folder FOLDER

It prints one JSON object: source and reader -> processor seconds of the fastest pass, and how many documents it gave.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("LOGURU_LEVEL", "ERROR")

from datatrove.pipeline.readers import JsonlReader, ParquetReader, WarcReader
from warcio.archiveiterator import ArchiveIterator


def by_warcio(folder: Path) -> int:
    """Read every record's bytes, nothing decoded."""
    records = 0
    for path in sorted(folder.rglob("*.warc.gz")):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream):
                record.content_stream().read()
                records += 1
    return records


def fastest(run: Callable[[], int], repeat: int) -> tuple[float, int]:
    """Return processor seconds of the fastest pass, and how many documents it gave."""
    best, documents = float("inf"), 0
    for _ in range(repeat):
        begun = time.process_time()
        documents = run()
        best = min(best, time.process_time() - begun)
    return best, documents


def main() -> None:
    """Print the seconds of each reader."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warc", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    readers = {
        "warc datatrove": lambda: sum(1 for _ in WarcReader(str(arguments.warc), glob_pattern="**/*.warc.gz").run()),
        "jsonl datatrove": lambda: sum(1 for _ in JsonlReader(str(arguments.folder / "jsonl")).run()),
        "parquet datatrove": lambda: sum(1 for _ in ParquetReader(str(arguments.folder / "parquet")).run()),
        "warc warcio": lambda: by_warcio(arguments.warc),
    }
    print(json.dumps({name: fastest(run, arguments.repeat) for name, run in readers.items()}))


if __name__ == "__main__":
    main()
