"""From the same WARC files to a deduplicated corpus of one language: Glotmill and datatrove in the same run.

    make bench                                   # sets up datatrove's environment, then runs this
    make bench BENCH_ARGS="--language tur_Latn --repeat 1 --json"

Both read the installation guide and the handbook (real pages, about 5,000 in 27 languages), extract with trafilatura,
identify with lid.176 at 0.65, judge with Gopher's quality rules and the language's own bounds and stop words, and
deduplicate with MinHash in 14 bands of 8, with two workers each. Whole processes are timed, start-up included, in
turns. Rows without the gate and with the fast extractor show what each is worth.

Recall is the share of native pages of the target language (`native` in the truth file) that are kept. Precision is the
share of kept texts that are right: the page stands in the target language's folder, and less than half of the kept
words of four letters or more stand on the English edition's page of the same name too, since these books are partly
untranslated and a page may hold both. A ratio counts only at equal or better recall and precision. A token is a word
between white space, so that no side's segmenter defines the unit.
"""

import argparse
import gzip
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.extract.html2text import extract_plain_text

ROOT = Path(__file__).resolve().parent.parent
WARC, TRUTH = ROOT / ".cache/real/warc", ROOT / ".cache/real/truth.jsonl"
MODEL = ROOT / ".cache/models"
SOURCES = ("installation-guide", "debian-handbook")
LABELS = {"ell_Grek": ("el", None), "tur_Latn": ("tr", None), "pes_Arab": ("fa", "fas")}
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
GATE = "  - {name: gate, kind: gate, model: lid176}\n"


@dataclass(frozen=True)
class Measured:
    """One run: whole-process seconds, and the text of each page that was kept."""

    seconds: float
    kept: Mapping[str, str]


def glotmill(language: str, *, engine: str, gate: bool) -> Measured:
    """Run Glotmill as a process of its own in a fresh folder."""
    with tempfile.TemporaryDirectory() as scratch:
        project, out = Path(scratch, "project"), Path(scratch, "out")
        (project / "pipelines").mkdir(parents=True)
        text = RECIPE.format(language=language, engine=engine, gate=GATE if gate else "")
        (project / "pipelines" / "bench.yaml").write_text(text, encoding="utf-8")
        bind = [word for source in SOURCES for word in ("--bind", f"{source}={WARC / source}")]
        command = [str(Path(sys.executable).parent / "glotmill"), "run", "bench", "--project", str(project)]
        command += ["--out", str(out), "--models", str(MODEL), "--workers", str(WORKERS), "--json", *bind]
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - begin
        table = pq.read_table(out / "bench" / "1.0.0" / "data", columns=["url", "text"])
        return Measured(seconds, {row["url"]: row["text"] for row in table.to_pylist()})


def datatrove(language: str) -> Measured:
    """Run datatrove as a process of its own, in its own environment."""
    label, tokenizer = LABELS[language]
    with tempfile.TemporaryDirectory() as scratch:
        warc, out = Path(scratch, "warc"), Path(scratch, "out")
        warc.mkdir()
        for source in SOURCES:
            shutil.copytree(WARC / source, warc / source)
        command = [str(ROOT / ".venv-peers/bin/python"), str(ROOT / "benchmarks/datatrove_peer.py")]
        command += ["--warc", str(warc), "--out", str(out), "--language", language, "--label", label]
        command += ["--model", str(MODEL / "lid176/lid.176.ftz"), "--workers", str(WORKERS)]
        command += ["--tokenizer", tokenizer] if tokenizer else []
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - begin
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


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", choices=sorted(LABELS), default="ell_Grek")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each row, in turns; medians are printed")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    language: str = options.language
    judge = Judge(language)
    rows: dict[str, Callable[[], Measured]] = {
        "glotmill": lambda: glotmill(language, engine="trafilatura", gate=True),
        "datatrove": lambda: datatrove(language),
        "glotmill, no gate": lambda: glotmill(language, engine="trafilatura", gate=False),
        "glotmill, no gate, resiliparse": lambda: glotmill(language, engine="resiliparse", gate=False),
        "glotmill, resiliparse": lambda: glotmill(language, engine="resiliparse", gate=True),
    }
    runs: dict[str, list[Measured]] = {name: [] for name in rows}
    for _ in range(options.repeat):
        for name, run in rows.items():
            runs[name].append(run())
    table = []
    for name, measured in runs.items():
        seconds = statistics.median(one.seconds for one in measured)
        kept = measured[0].kept
        right = {url: text for url, text in kept.items() if judge.right(url, text)}
        words = sum(len(text.split()) for text in right.values())
        table.append(
            {
                "row": name,
                "seconds": round(seconds, 2),
                "kept": len(kept),
                "recall": round(len(judge.native & set(kept)) / len(judge.native), 4),
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
        "pages": len(judge.pages),
        "recall": ours["recall"],
        "recall_datatrove": theirs["recall"],
        "precision": ours["precision"],
        "precision_datatrove": theirs["precision"],
    }
    counts = ours["recall"] >= theirs["recall"] and ours["precision"] >= theirs["precision"]
    if options.json:
        result = {
            "figures": figures,
            "language": language,
            "native_pages": len(judge.native),
            "rows": table,
            "ratio_counts": counts,
        }
        print(json.dumps(result, indent=1))
        return
    print(
        f"{len(judge.pages)} pages, {len(judge.native)} native {language} pages, {WORKERS} workers each, median of {options.repeat}"
    )
    print("| row | seconds | kept | recall | precision | core-ms per 1,000 target tokens |")
    print("|---|---|---|---|---|---|")
    for row in table:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")
    verdict = "counts" if counts else "does not count: recall or precision is lower"
    print(f"\ndatatrove / glotmill: {figures['ratio_vs_datatrove']} ({verdict})")


if __name__ == "__main__":
    main(sys.argv[1:])
