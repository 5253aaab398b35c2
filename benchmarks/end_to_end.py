"""From the same WARC files to a deduplicated corpus of one language: Glotmill and datatrove in the same run.

    make bench                                   # sets up datatrove's environment, then runs this
    make bench BENCH_ARGS="--language tur_Latn --repeat 1 --json"
    make bench BENCH_ARGS="--language cat_Latn --repeat 1 --copies 4 --shares 0.04,0.004,0.0004"

Both read the installation guide and the handbook (real pages, about 5,000 in 27 languages), extract with trafilatura,
identify with lid.176 at 0.65, judge with Gopher's quality rules and the language's own bounds and stop words, and
deduplicate with MinHash in 14 bands of 8, with two workers each. Whole processes are timed, start-up included, in
turns. Rows without the gate and with the fast extractor show what each is worth.

Recall is the share of native pages of the target language (`native` in the truth file) that are kept. Precision is the
share of kept texts that are right: the page stands in the target language's folder, and less than half of the kept
words of four letters or more stand on the English edition's page of the same name too, since these books are partly
untranslated and a page may hold both. A ratio counts only at equal or better recall and precision. A token is a word
between white space, so that no side's segmenter defines the unit.

With --shares the same is asked of sets in which the target language has so large a share of the pages: pages of the target,
or of all others, are left out evenly. With --copies every page stands in the set so many times, under addresses of its
own: both sides have to tell that they are duplicates, and a page counts once.
"""

import argparse
import gzip
import itertools
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from fastwarc.stream_io import GzipWriter
from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.extract.html2text import extract_plain_text

ROOT = Path(__file__).resolve().parent.parent
WARC, TRUTH = ROOT / ".cache/real/warc", ROOT / ".cache/real/truth.jsonl"
MODEL = ROOT / ".cache/models"
SOURCES = ("installation-guide", "debian-handbook")
LABELS = {"ell_Grek": ("el", None), "tur_Latn": ("tr", None), "pes_Arab": ("fa", "fas"), "cat_Latn": ("ca", None)}
COPY = "?copy="
WORKERS = 2

RECIPE = """\
name: bench
version: 1.0.0
languages: [{language}]
source:
  - {{kind: warc, of: installation-guide}}
  - {{kind: warc, of: debian-handbook}}
steps:
{gate}  - {{name: extract, kind: extract, engine: {engine}}}
  - {{name: rights, kind: permit, allow: any, consent: record-only}}
  - {{name: clean, kind: normalize}}
  - {{name: language, kind: identify, identifier: lid176, min_score: 0.65}}
  - {{name: quality, kind: judge, filters: [gopher_quality]}}
  - {{name: near, kind: minhash_dedup, bands: 14, rows: 8}}
sink: {{kind: parquet}}
shard_mb: 1.0
"""
GATE = "  - {name: gate, kind: gate}\n"


@dataclass(frozen=True)
class Measured:
    """One run: whole-process seconds, and the text of each page that was kept."""

    seconds: float
    kept: Mapping[str, str]


def glotmill(language: str, warc: Path, *, engine: str, gate: bool) -> Measured:
    """Run Glotmill as a process of its own in a fresh folder."""
    with tempfile.TemporaryDirectory() as scratch:
        project, out = Path(scratch, "project"), Path(scratch, "out")
        (project / "pipelines").mkdir(parents=True)
        text = RECIPE.format(language=language, engine=engine, gate=GATE if gate else "")
        (project / "pipelines" / "bench.yaml").write_text(text, encoding="utf-8")
        bind = [word for source in SOURCES for word in ("--bind", f"{source}={warc / source}")]
        command = [str(Path(sys.executable).parent / "glotmill"), "run", "bench", "--project", str(project)]
        command += ["--out", str(out), "--models", str(MODEL), "--workers", str(WORKERS), "--json", *bind]
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - begin
        table = pq.read_table(out / "bench" / "1.0.0" / "data", columns=["url", "text"])
        return Measured(seconds, {row["url"]: row["text"] for row in table.to_pylist()})


def datatrove(language: str, pages: Path) -> Measured:
    """Run datatrove as a process of its own, in its own environment."""
    label, tokenizer = LABELS[language]
    with tempfile.TemporaryDirectory() as scratch:
        warc, out = Path(scratch, "warc"), Path(scratch, "out")
        warc.mkdir()
        for source in SOURCES:
            shutil.copytree(pages / source, warc / source)
        command = [str(ROOT / ".venv-peers/bin/python"), str(ROOT / "benchmarks/datatrove_peer.py")]
        command += ["--warc", str(warc), "--out", str(out), "--language", language, "--label", label]
        command += ["--model", str(MODEL / "lid176/lid.176.ftz"), "--workers", str(WORKERS)]
        command += ["--tokenizer", tokenizer] if tokenizer else []
        begin = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - begin
        # Its deduplication cannot begin where its filters kept nothing.
        if done.returncode and "No files found" not in done.stderr:
            raise SystemExit(f"datatrove failed:\n{done.stderr[-3000:]}")
        kept: dict[str, str] = {}
        for file in sorted((out / "work" / "corpus").glob("*.jsonl.gz")):
            with gzip.open(file, "rt", encoding="utf-8") as lines:
                for line in lines:
                    document = json.loads(line)
                    kept[document["metadata"]["url"]] = document["text"]
        return Measured(seconds, kept)


class Judge:
    """Knows which page is in which language, and what the English edition says on the page of the same name."""

    def __init__(self, language: str) -> None:
        pages = [json.loads(line) for line in TRUTH.read_text(encoding="utf-8").splitlines()]
        self.pages = [page for page in pages if page["source"] in SOURCES]
        self.folder = {page["url"] for page in self.pages if page["language"] == language}
        self.native = {page["url"] for page in self.pages if page["language"] == language and page["kind"] == "native"}
        english = {page["url"] for page in self.pages if page["language"] == "eng_Latn"}
        self._english = {_name(url): words for url, words in _words_of(english).items()}

    def right(self, url: str, text: str) -> bool:
        """Tell whether a kept text is in the target language."""
        words = _long_words(text)
        shared = sum(word in self._english.get(_name(url), frozenset()) for word in words)
        return url in self.folder and shared < len(words) / 2


def _name(url: str) -> tuple[str, str]:
    return url.split("/")[2], url.rpartition("/")[2]


def _long_words(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", text.casefold()) if len(word) >= 4]


def _words_of(urls: set[str]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for source in SOURCES:
        for file in sorted((WARC / source).glob("*.warc.gz")):
            for record in ArchiveIterator(file.open("rb"), record_types=WarcRecordType.response):
                url = record.headers["WARC-Target-URI"]
                if url in urls:
                    html = record.reader.read().decode("utf-8", "replace")
                    found[url] = frozenset(_long_words(extract_plain_text(html)))
    return found


def chosen_pages(judge: Judge, share: float | None) -> set[str]:
    """Return addresses of pages of which the target language has this share; all for None."""
    wanted = sorted(judge.folder)
    others = sorted({page["url"] for page in judge.pages} - judge.folder)
    if share is None:
        return {*wanted, *others}
    few = round(share / (1 - share) * len(others))
    if few > len(wanted):
        few, others = len(wanted), spread(others, round(len(wanted) * (1 - share) / share))
    return {*spread(wanted, max(1, few)), *others}


def spread(urls: Sequence[str], count: int) -> list[str]:
    """Return so many addresses, evenly out of all."""
    return [urls[place * len(urls) // count] for place in range(count)]


def write_set(folder: Path, urls: set[str], copies: int) -> int:
    """Write WARC files with these pages, each so many times, and return how many records there are."""
    count = 0
    for source in SOURCES:
        (folder / source).mkdir(parents=True)
        for file, copy in itertools.product(sorted((WARC / source).glob("*.warc.gz")), range(copies)):
            records = ArchiveIterator(file.open("rb"), record_types=WarcRecordType.response, parse_http=False)
            with (folder / source / f"{copy}-{file.name}").open("wb") as out:
                for record in records:
                    url = record.headers["WARC-Target-URI"]
                    if url not in urls:
                        continue
                    record.freeze()
                    record.headers["WARC-Target-URI"] = f"{url}{COPY}{copy}" if copy else url
                    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{url} {copy}")
                    record.headers["WARC-Record-ID"] = f"<urn:uuid:{name}>"
                    # One writer per record: on a shared one all records become one member, which other readers refuse.
                    writer = GzipWriter(out)
                    record.write(writer)
                    writer.finish()
                    count += 1
    return count


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", choices=sorted(LABELS), default="ell_Grek")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each row, in turns; medians are printed")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--copies", type=int, default=1, help="of every page")
    parser.add_argument("--shares", metavar="A,B", help="of the target language among the pages, 0.04 say")
    options = parser.parse_args(argv)
    shares = [float(share) for share in options.shares.split(",")] if options.shares else [None]
    judge = Judge(options.language)
    results = []
    for share in shares:
        with tempfile.TemporaryDirectory() as folder:
            urls = chosen_pages(judge, share)
            pages = write_set(Path(folder), urls, options.copies)
            found = compared(
                judge, options.language, Path(folder), urls, repeat=options.repeat, brief=share is not None
            )
        results.append({"share": share, "pages": pages, "copies": options.copies, **found})
        if not options.json:
            show(results[-1], options.language, options.repeat)
    if options.json:
        print(json.dumps({"figures": results[0]["figures"], "language": options.language, "sets": results}, indent=1))


def compared(judge: Judge, language: str, warc: Path, urls: set[str], *, repeat: int, brief: bool) -> dict[str, Any]:
    """Run every row on a set of pages, in turns, and return what was measured; `brief`: with the gate alone."""
    rows: dict[str, Callable[[], Measured]] = {
        "glotmill": lambda: glotmill(language, warc, engine="trafilatura", gate=True),
        "datatrove": lambda: datatrove(language, warc),
        "glotmill, no gate": lambda: glotmill(language, warc, engine="trafilatura", gate=False),
        "glotmill, no gate, resiliparse": lambda: glotmill(language, warc, engine="resiliparse", gate=False),
        "glotmill, resiliparse": lambda: glotmill(language, warc, engine="resiliparse", gate=True),
    }
    if brief:
        rows = {name: run for name, run in rows.items() if "no gate" not in name}
    native = judge.native & urls
    runs: dict[str, list[Measured]] = {name: [] for name in rows}
    for _ in range(repeat):
        for name, run in rows.items():
            runs[name].append(run())
    table = []
    for name, measured in runs.items():
        seconds = statistics.median(one.seconds for one in measured)
        kept = {url.partition(COPY)[0]: text for url, text in measured[0].kept.items()}
        right = {url: text for url, text in kept.items() if judge.right(url, text)}
        words = sum(len(text.split()) for text in right.values())
        table.append(
            {
                "row": name,
                "seconds": round(seconds, 2),
                "kept": len(kept),
                "recall": round(len(native & set(kept)) / len(native), 4),
                "precision": round(len(right) / max(1, len(kept)), 4),
                "core_ms_per_1000_target_tokens": round(1e6 * WORKERS * seconds / max(1, words), 1),
            }
        )
    by_row = {row["row"]: row for row in table}
    pairs = zip(runs["glotmill"], runs["datatrove"], strict=True)
    ratios = [theirs.seconds / ours.seconds for ours, theirs in pairs]
    ours, theirs = by_row["glotmill"], by_row["datatrove"]
    figures = {
        "ratio_vs_datatrove": round(statistics.median(ratios), 2),
        "seconds": ours["seconds"],
        "seconds_datatrove": theirs["seconds"],
        "recall": ours["recall"],
        "recall_datatrove": theirs["recall"],
        "precision": ours["precision"],
        "precision_datatrove": theirs["precision"],
    }
    counts = ours["recall"] >= theirs["recall"] and ours["precision"] >= theirs["precision"]
    return {"figures": figures, "native_pages": len(native), "rows": table, "ratio_counts": counts}


def show(found: Mapping[str, Any], language: str, repeat: int) -> None:
    """Print one set as a table."""
    print(
        f"\n{found['pages']} pages, each {found['copies']} times, {found['native_pages']} native {language} pages, "
        f"{WORKERS} workers each, median of {repeat}"
    )
    print("| row | seconds | kept | recall | precision | core-ms per 1,000 target tokens |")
    print("|---|---|---|---|---|---|")
    for row in found["rows"]:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")
    verdict = "counts" if found["ratio_counts"] else "does not count: recall or precision is lower"
    print(f"\ndatatrove / glotmill: {found['figures']['ratio_vs_datatrove']} ({verdict})", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
