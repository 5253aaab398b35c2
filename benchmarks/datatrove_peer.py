"""The peer of the end-to-end benchmark: datatrove 0.10 from the same WARC files to a deduplicated corpus of one language.

It runs in the peers' environment (`.venv-peers`, which `make bench` sets up), never in Glotmill's:

    .venv-peers/bin/python benchmarks/datatrove_peer.py --warc .cache/real/warc --out /tmp/peer \
        --language ell_Grek --label el --model .cache/models/lid176/lid.176.ftz

The pipeline is the one of datatrove's own examples, with its defaults, but for what the comparison asks for:

* its language filter downloads lid.176.bin; here it reads the file given by --model, so both sides use one model;
* Gopher's bounds on word length and its stop words are those of filters/languages/<tag>.yaml; the numbers that are
  the same for all languages are datatrove's defaults, which are those of filters/gopher_quality.yaml;
* its word tokenizer and MinHash are told the language.

It prints one JSON object, and writes OUT/kept.jsonl: the address and the number of characters of each page kept.
"""

import argparse
import gzip
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("LOGURU_LEVEL", "ERROR")

import yaml
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.extractors import Trafilatura
from datatrove.pipeline.filters import GopherQualityFilter, LanguageFilter
from datatrove.pipeline.readers import JsonlReader, WarcReader
from datatrove.pipeline.writers.jsonl import JsonlWriter

ROOT = Path(__file__).resolve().parent.parent
BUCKETS, HASHES = 14, 8


def language_filter(label: str, model: Path) -> LanguageFilter:
    """Return datatrove's language filter on a local model file."""
    found = LanguageFilter(languages=label, backend="ft176")
    # datatrove copies what this address names into its cache and opens the copy; a path is an address too.
    found.model.MODEL_URL = str(model.resolve())
    return found


def quality_filter(tag: str, language: str) -> GopherQualityFilter:
    """Return datatrove's Gopher filter with the language's own bounds and stop words."""
    known = yaml.safe_load((ROOT / "filters" / "languages" / f"{tag}.yaml").read_text("utf-8"))
    lengths = known["bounds"]["gopher_quality"]["mean_word_length"]
    return GopherQualityFilter(
        min_avg_word_length=lengths.get("below"),
        max_avg_word_length=lengths.get("above"),
        stop_words=known["stop_words"],
        language=language,
    )


def stages(arguments: argparse.Namespace, work: Path) -> dict[str, tuple[list[PipelineStep], int]]:
    """Return the stages by name: their steps and their number of tasks."""
    language = arguments.tokenizer or arguments.language.partition("_")[0]
    config = MinhashConfig(num_buckets=BUCKETS, hashes_per_bucket=HASHES)
    filtered, signatures, buckets, removals = (str(work / name) for name in ("filtered", "sigs", "buckets", "remove"))
    return {
        "extract_and_filter": (
            [
                WarcReader(str(arguments.warc), glob_pattern="**/*.warc.gz"),
                Trafilatura(favour_precision=True, timeout=arguments.timeout),
                language_filter(arguments.label, arguments.model),
                quality_filter(arguments.language, language),
                JsonlWriter(filtered),
            ],
            arguments.tasks,
        ),
        "signatures": (
            [JsonlReader(filtered), MinhashDedupSignature(signatures, config=config, language=language)],
            arguments.tasks,
        ),
        "buckets": ([MinhashDedupBuckets(signatures, buckets, config=config)], BUCKETS),
        "cluster": ([MinhashDedupCluster(buckets, removals, config=config)], 1),
        "dedup_filter": (
            [JsonlReader(filtered), MinhashDedupFilter(removals), JsonlWriter(str(work / "corpus"))],
            arguments.tasks,
        ),
    }


def documents(folder: Path) -> list[dict[str, object]]:
    """Return the documents that a stage wrote, in order of their addresses."""
    found = []
    for file in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            found += [json.loads(line) for line in lines]
    return sorted(found, key=lambda document: document["metadata"]["url"])


def main(argv: Sequence[str]) -> None:
    """Run the stages one after the other and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warc", type=Path, required=True, help="folder of .warc.gz files, searched in depth")
    parser.add_argument("--out", type=Path, required=True, help="emptied first")
    parser.add_argument("--language", required=True, help="canonical tag: ell_Grek")
    parser.add_argument("--label", required=True, help="the model's label for it: el")
    parser.add_argument("--tokenizer", help="datatrove's own code for it, where it is another: fas for pes_Arab")
    parser.add_argument("--model", type=Path, required=True, help="lid.176.ftz or .bin")
    parser.add_argument("--tasks", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=1.0, help="seconds per page for the extractor")
    arguments = parser.parse_args(argv)
    shutil.rmtree(arguments.out, ignore_errors=True)
    work = arguments.out / "work"
    seconds = {}
    for name, (steps, tasks) in stages(arguments, work).items():
        begin = time.perf_counter()
        LocalPipelineExecutor(
            steps, tasks=tasks, workers=arguments.workers, logging_dir=str(arguments.out / "logs" / name)
        ).run()
        seconds[name] = round(time.perf_counter() - begin, 3)
    kept = documents(work / "corpus")
    lines = [json.dumps({"url": one["metadata"]["url"], "characters": len(one["text"])}) for one in kept]
    (arguments.out / "kept.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    print(
        json.dumps(
            {
                "framework": f"datatrove {version('datatrove')}",
                "extractor": f"trafilatura {version('trafilatura')}",
                "language": arguments.language,
                "workers": arguments.workers,
                "seconds": round(sum(seconds.values()), 3),
                "stages": seconds,
                "before_dedup": len(documents(work / "filtered")),
                "kept": len(kept),
                "kept_file": str(arguments.out / "kept.jsonl"),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
