"""The peer of whole deduplication that compares what shares a band, text-dedup: from JSON lines to a data set of what is kept.

It runs in an environment of its own (`.venv-textdedup`, Python 3.12 or later), and is called by `benchmarks/dedup.py`:

    .venv-textdedup/bin/python benchmarks/text_dedup_peer.py --whole FOLDER --texts FILE.json --repeat 3

The folder has a file of JSON lines per language, `eus_Latn.jsonl`, with `id` and `text`. Bands, rows, words per n-gram and threshold are ours. Three options
are not its defaults. `check_false_positive` compares candidates, as we do; without it version 0.4.1 drops every document of a cluster, the one to keep
too, since the clusters that it then filters by are not numbered by documents (ChenghaoMou/text-dedup#130, after the release). `min_length` is 1: at 5, the
default, texts of fewer than five of its words are dropped. `num_proc` is 0, which datasets takes for no processes but this one: at 1 the same passes go
through a pool, and `save_to_disk` starts two interpreters. It prints one JSON object:

* `whole`: wall and processor seconds of `text_dedup.minhash.main`, without its imports, the fastest of `--repeat`, and the ids that were kept;
* `pooled`: the same with `num_proc` 1;
* `one_document`: the same for a single document, which is what starting costs;
* `grams`: per language, how many different n-grams its documents have, on average;
* `one_text`: how many different sets of n-grams each list of `--texts` has.
"""

import argparse
import contextlib
import json
import os
import statistics
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

os.environ.update(dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
os.environ.update({"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"})

from datasets import disable_progress_bars, load_from_disk
from dedup_timing import fastest_whole
from text_dedup import minhash
from text_dedup.config import Config
from text_dedup.config.base import load_config_from_toml

SETTINGS = """\
[input]
input_type = "local_files"
file_type = "json"

[input.read_arguments]
path = "json"
split = "train"
data_files = {files}
cache_dir = {cache}

[algorithm]
algorithm_name = "minhash"
text_column = "text"
num_perm = 112
bands = 14
rows = 8
ngram_size = 5
threshold = 0.8
check_false_positive = true
min_length = 1
num_proc = {processes}

[output]
output_dir = {out}

[debug]
enable_profiling = false
"""


def settings(folder: Path, files: Sequence[Path], *, processes: int) -> Config:
    """Return its configuration, which it reads from a file only."""
    values = {"files": [str(file) for file in files], "cache": str(folder / "cache"), "out": str(folder / "out")}
    written = folder / "config.toml"
    written.write_text(
        SETTINGS.format(**{name: json.dumps(value) for name, value in values.items()}, processes=processes), "utf-8"
    )
    return load_config_from_toml(written)


def run(files: Sequence[Path], processes: int, folder: Path) -> None:
    """Deduplicate the files into the folder."""
    minhash.main(settings(folder, files, processes=processes))


def kept(folder: Path) -> list[int]:
    """Return the ids of what was kept."""
    return [int(name) for name in load_from_disk(str(folder / "out"))["id"]]


def texts_of(file: Path) -> list[str]:
    return [json.loads(line)["text"] for line in file.read_bytes().splitlines()]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whole", type=Path, required=True, help="a folder of JSON lines, one file per language")
    parser.add_argument("--texts", type=Path, required=True, help="a JSON list of lists of texts")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    files = sorted(arguments.whole.glob("*.jsonl"))
    lists = json.loads(arguments.texts.read_text("utf-8"))
    disable_progress_bars()
    # Its log goes to standard output.
    with (
        tempfile.TemporaryDirectory() as scratch,
        Path(os.devnull).open("w") as nothing,
        contextlib.redirect_stdout(nothing),
    ):
        one = Path(scratch) / "one.jsonl"
        one.write_bytes(files[0].read_bytes().splitlines(keepends=True)[0])
        timed = partial(fastest_whole, kept=kept, repeat=arguments.repeat)
        grams = settings(Path(scratch), files, processes=0).algorithm.get_ngrams_func()
        found = {
            "whole": timed(partial(run, files, 0)),
            "pooled": timed(partial(run, files, 1)),
            "one_document": timed(partial(run, [one], 0)),
            "grams": {file.stem: statistics.mean(len(grams(text)) for text in texts_of(file)) for file in files},
            "one_text": [len({frozenset(grams(text)) for text in texts}) for texts in lists],
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
