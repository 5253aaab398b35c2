"""The peers of the deduplication benchmark: datatrove, datasketch and rensa.

It runs in the peers' environment (`.venv-peers`), never in Glotmill's, and is called by `benchmarks/dedup.py`:

    .venv-peers/bin/python benchmarks/dedup_peer.py --documents FILE.jsonl --pairs FILE.json --whole FOLDER --repeat 3

Each line of the file is {"language": ..., "n": ..., "text": ..., "words": [...]}; the folder has a file of JSON lines per language, `eus_Latn.jsonl`, with
`id` and `text`. It prints one JSON object:

* `rates`: seconds per pass over the documents of each language, the fastest of `--repeat`, for datatrove's shingles and signature with its own
  tokenizer, for the same with the words of the file in place of its normalisation and tokenizer, for its MinHash values alone, from these shingles,
  and for datasketch and rensa on n-grams of these words joined in Python;
* `whole`: wall and processor seconds of datatrove's four stages, from the files of the folder to files of what is kept, each language one task of the
  first and the last stage; the fastest of `--repeat`; and the ids that were kept;
* `one_text`: how many different texts datatrove sees in each list of `--pairs`.

What a tokenizer loads is not timed.
"""

import argparse
import contextlib
import io
import json
import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("LOGURU_LEVEL", "ERROR")
os.environ.update(dict.fromkeys(("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

from datasketch import MinHash
from datatrove.data import Document
from datatrove.pipeline.dedup import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
    minhash,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.text import simplify_text
from dedup_timing import fastest_whole
from rensa import RMinHash

BANDS, ROWS, N = 14, 8, 5
SIMPLIFY = minhash.simplify_text


class Words:
    """Stands in for a word tokenizer and gives the words of the file."""

    def __init__(self, known: dict[str, list[str]]) -> None:
        self._known = known

    def word_tokenize(self, text: str) -> list[str]:
        return self._known[text]


def fastest(work: Callable[[], object], *, repeat: int) -> float:
    """Return the seconds of the fastest of several calls."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def grams(words: Sequence[str], n: int) -> list[str]:
    """Return n-grams, or all words as one where there are fewer."""
    return [" ".join(words[start : start + n]) for start in range(max(len(words) - n + 1, 1))]


def by_datatrove(step: MinhashDedupSignature, texts: Sequence[str]) -> int:
    """Compute the signatures of all texts and return how many shingles there were."""
    total = 0
    for text in texts:
        shingles = step.get_shingles(text)
        total += shingles.size
        if shingles.size:
            step.get_signature(shingles)
    return total


def rates(rows: Sequence[dict[str, Any]], scratch: str, *, repeat: int) -> dict[str, Any]:
    """Return the seconds of each peer for the documents of one language."""
    texts, n = [row["text"] for row in rows], rows[0]["n"]
    step = signature(rows[0]["language"], scratch)
    found: dict[str, Any] = {"datatrove": fastest(lambda: by_datatrove(step, texts), repeat=repeat)}
    step.word_tokenizer = Words({row["text"]: row["words"] for row in rows})
    step.config.n_grams = n
    minhash.simplify_text = lambda text, _: text  # our words are normalised already
    found["datatrove_same_words"] = fastest(lambda: by_datatrove(step, texts), repeat=repeat)
    found["shingles_same_words"] = by_datatrove(step, texts)
    prepared = [step.get_shingles(text) for text in texts]
    found["datatrove_values"] = fastest(lambda: [step.get_signature(each) for each in prepared], repeat=repeat)
    minhash.simplify_text = SIMPLIFY
    words = [row["words"] for row in rows]
    count = BANDS * ROWS
    found["datasketch"] = fastest(
        lambda: MinHash.bulk(([gram.encode() for gram in set(grams(own, n))] for own in words), num_perm=count),
        repeat=repeat,
    )
    found["rensa"] = fastest(
        lambda: RMinHash.digests_from_token_sets([grams(own, n) for own in words], count, 1), repeat=repeat
    )
    return found


def signature(language: str, folder: str) -> MinhashDedupSignature:
    """Return datatrove's first stage, its tokenizer loaded."""
    config = MinhashConfig(n_grams=N, num_buckets=BANDS, hashes_per_bucket=ROWS)
    step = MinhashDedupSignature(folder, config=config, language=language)
    step.get_shingles(" ".join("abcdef"))
    return step


def whole(folder: Path, *, repeat: int) -> dict[str, Any]:
    """Run all four stages, from files to files; each language is one task of the first and the last stage."""
    files = sorted(folder.glob("*.jsonl"))
    with tempfile.TemporaryDirectory() as scratch:
        for file in files:
            signature(file.stem, scratch)  # loads its tokenizer, which later steps share

    def documents(file: Path) -> Iterable[Document]:
        read: Iterable[Document] = JsonlReader(str(folder), glob_pattern=file.name, add_file_path=False).run(None)
        return read

    def work(out: Path) -> None:
        at = {name: str(out / name) for name in ("signatures", "buckets", "removed", "kept")}
        config = MinhashConfig(n_grams=N, num_buckets=BANDS, hashes_per_bucket=ROWS)
        for task, file in enumerate(files):
            step = MinhashDedupSignature(at["signatures"], config=config, language=file.stem)
            step.run(documents(file), rank=task, world_size=len(files))
        for bucket in range(BANDS):
            MinhashDedupBuckets(at["signatures"], at["buckets"], config=config).run(None, rank=bucket, world_size=BANDS)
        MinhashDedupCluster(at["buckets"], at["removed"], config=config).run(None, 0, world_size=1)
        for task, file in enumerate(files):
            left = MinhashDedupFilter(at["removed"]).run(documents(file), rank=task, world_size=len(files))
            deque(JsonlWriter(at["kept"], compression=None).run(left, rank=task, world_size=len(files)), maxlen=0)

    def kept(out: Path) -> list[int]:
        lines = [line for file in (out / "kept").iterdir() for line in file.read_bytes().splitlines()]
        return [int(json.loads(line)["id"]) for line in lines]

    return fastest_whole(work, kept, repeat=repeat)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, required=True, help="a JSON list of lists of texts")
    parser.add_argument("--whole", type=Path, required=True, help="a folder of JSON lines, one file per language")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    groups: dict[str, list[dict[str, Any]]] = {}
    for line in arguments.documents.read_text("utf-8").splitlines():
        row = json.loads(line)
        groups.setdefault(row["language"], []).append(row)
    pairs = json.loads(arguments.pairs.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stderr(io.StringIO()):
        found = {
            "rates": {language: rates(rows, scratch, repeat=arguments.repeat) for language, rows in groups.items()},
            "whole": whole(arguments.whole, repeat=arguments.repeat),
            "one_text": [len({simplify_text(text) for text in texts}) for texts in pairs],
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
