"""How fast sources are read, against datatrove's readers, warcio and mwparserfromhell on the same files.

    make bench-sources
    make bench-sources BENCH_ARGS="--json"

WARC is the real pages of `make real-warc`; JSON Lines (gzip) and Parquet hold the prose of `make prose`. No dump of a wiki comes by package name,
so the wiki is made of the same prose: paragraphs with links, bold, references, templates, lists and tables, about as much markup as an article of
Wikipedia has. Every reader gives its documents: ours rows with ids, decoded pages, reasons; datatrove's `Document`s; warcio nothing but the bytes of each
record; mwparserfromhell the text of each page by `strip_code`, on the same pages found by lxml.

Speed is megabytes (10^6 bytes) of what stands in the compressed files per second of processor time: records, lines, XML; for Parquet the text. Each reader runs
in one process, the peers' in their own environment, and the fastest of `--repeat` passes counts.
"""

import argparse
import bz2
import gzip
import io
import json
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
from fastwarc.warc import ArchiveIterator

from glotmill.core.inputs import SourceSpec
from glotmill.io.jsonl import JsonlSource
from glotmill.io.parquet import ParquetSource
from glotmill.io.sharding import freeze_inputs
from glotmill.io.warc import WarcSource
from glotmill.io.wikimedia import WikimediaSource

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT / ".cache/real"
WIKI_BYTES = 12_000_000  # of prose that goes into the wiki
LIBRARY_BYTES = 3_000_000  # of XML that the library alone is given
SHARD = 64 << 20


def prose() -> Iterator[tuple[str, str]]:
    """Yield (language, text) of every document, in order."""
    for path in sorted((REAL / "prose").glob("*.jsonl")):
        for line in path.open(encoding="utf-8"):
            yield path.stem, json.loads(line)["text"]


def write_tables(folder: Path) -> dict[str, int]:
    """Write the prose as JSON Lines and as Parquet; return the bytes of lines and of text."""
    for kind in ("jsonl", "parquet"):
        (folder / kind).mkdir()
    texts, lines = [], 0
    with gzip.open(folder / "jsonl/prose.jsonl.gz", "wt", encoding="utf-8", compresslevel=6) as out:
        for number, (language, text) in enumerate(prose()):
            row = {"text": text, "url": f"https://prose.example/{number}", "language": language}
            line = json.dumps(row, ensure_ascii=False) + "\n"
            lines += len(line.encode())
            out.write(line)
            texts.append(row)
    pq.write_table(
        pa.Table.from_pylist(texts), folder / "parquet/prose.parquet", compression="zstd", row_group_size=1000
    )
    return {"jsonl": lines, "parquet": sum(len(row["text"].encode()) for row in texts)}


def wikitext(text: str, chance: random.Random) -> str:
    """Return a text as an article is written: marked up, with all that is no prose around it."""
    words = text.split()
    parts = [
        f"{{{{Infobox\n| name = {' '.join(words[:2])}\n| size = {{{{formatnum:{len(words)}}}}}\n| map = [[File:{words[0]}.svg|80px]]\n}}}}\n"
    ]
    for number, paragraph in enumerate(text.split("\n")):
        marked = []
        for word in paragraph.split():
            draw = chance.random()
            if draw < 0.03:
                marked.append(f"[[{word}]]")
            elif draw < 0.06:
                marked.append(f"[[{word} (x)|{word}]]")
            elif draw < 0.065:
                marked.append(f"''{word}''")
            elif draw < 0.075:
                marked.append(
                    f'{word}<ref name="r{number}">{{{{cite web|url=https://a.example/{number}|title={word}|date=2026}}}}</ref>'
                )
            elif draw < 0.08:
                marked.append(f"{{{{lang|xx|{word}}}}}")
            elif draw < 0.082:
                marked.append(f"{word}<br />")
            else:
                marked.append(word)
        line = " ".join(marked)
        heading = f"\n== {' '.join(words[number : number + 2])} ==\n" if number % 6 == 5 else ""
        parts.append(heading + ("* " if number % 9 == 8 else "") + line + "\n\n")
    rows = "\n|-\n".join(f"| {index} || [[{word}]]" for index, word in enumerate(words[:20]))
    parts.append(f'{{| class="wikitable"\n! a !! b\n|-\n{rows}\n|}}\n\n[[Category:{words[-1]}]]\n')
    return "".join(parts)


def write_wiki(folder: Path) -> int:
    """Write the multistream dump; return the bytes of its XML."""
    (folder / "wikimedia").mkdir()
    chance, streams, size = random.Random(1), [], 0
    documents = [pair for pair in prose() if len(pair[1].split()) > 50]
    chance.shuffle(documents)
    pages: list[str] = []
    for number, (_, text) in enumerate(documents, 1):
        if size > WIKI_BYTES:
            break
        size += len(text.encode())
        pages.append(
            f"  <page>\n    <title>Page {number}</title>\n    <ns>0</ns>\n    <id>{number}</id>\n    <revision>\n      <id>{number + 9}</id>\n"
            f"      <timestamp>2026-09-14T08:30:00Z</timestamp>\n      <model>wikitext</model>\n"
            f'      <text xml:space="preserve">{escape(wikitext(text, chance))}</text>\n    </revision>\n  </page>\n'
        )
        if len(pages) == 100:
            streams.append("".join(pages))
            pages = []
    head = (
        '<mediawiki version="0.11" xml:lang="en">\n  <siteinfo>\n    <dbname>xxwiki</dbname>\n    <base>https://xx.wikipedia.org/wiki/Main</base>\n'
        '    <namespaces><namespace key="0" /><namespace key="14">Category</namespace></namespaces>\n  </siteinfo>\n'
    )
    parts = [part.encode() for part in (head, *streams, "".join(pages), "</mediawiki>\n")]
    path = folder / "wikimedia/xxwiki-20261101-pages-articles-multistream.xml.bz2"
    path.write_bytes(b"".join(map(bz2.compress, parts)))
    return sum(map(len, parts))


def warc_bytes() -> int:
    """Return how long the records of the pages are, heads included."""
    total = 0
    for path in sorted((REAL / "warc").rglob("*.warc.gz")):
        with gzip.open(path, "rb") as stream:
            while piece := stream.read(1 << 20):
                total += len(piece)
    return total


def fastest(run: Callable[[], int], repeat: int) -> tuple[float, int]:
    """Return processor seconds of the fastest pass, and how many documents it gave."""
    best, documents = float("inf"), 0
    for _ in range(repeat):
        begun = time.process_time()
        documents = run()
        best = min(best, time.process_time() - begun)
    return best, documents


def read(spec: SourceSpec, location: Path) -> Callable[[], int]:
    """Return what reads a source through and counts the rows that are documents."""
    files = freeze_inputs(spec, str(location)).files

    def run() -> int:
        documents = 0
        for file in files:
            for part in spec.split(file, SHARD):
                for outcome in spec.read(part):
                    refused = 0 if outcome.reasons is None else len(outcome.reasons) - outcome.reasons.null_count
                    documents += len(outcome.batch) - refused
        return documents

    return run


def by_fastwarc() -> int:
    """Read every record with FastWARC, HTTP heads parsed, nothing decoded."""
    records = 0
    for path in sorted((REAL / "warc").rglob("*.warc.gz")):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream):
                record.reader.read()
                records += 1
    return records


def by_library(folder: Path) -> tuple[Callable[[], int], int]:
    """Return what reads the first pages of the wiki with lxml and mwparserfromhell, and the bytes of XML that it reads."""
    import mwparserfromhell  # noqa: PLC0415
    from lxml import etree  # noqa: PLC0415

    [path] = (folder / "wikimedia").iterdir()
    xml = bz2.decompress(path.read_bytes())
    cut = xml.index(b"</page>", min(LIBRARY_BYTES, len(xml) - 1000)) + len(b"</page>")
    compressed = bz2.compress(xml[:cut] + b"</mediawiki>")

    def run() -> int:
        pages = 0
        for _, element in etree.iterparse(io.BytesIO(bz2.decompress(compressed)), tag="text"):
            pages += bool(mwparserfromhell.parse(element.text or "").strip_code())
            element.clear()
        return pages

    return run, cut


def peers(folder: Path, *, python: Path, repeat: int) -> dict[str, Any]:
    """Return seconds and documents of the peers' readers, which run in their own environment."""
    command = [
        str(python),
        str(ROOT / "benchmarks/sources_peer.py"),
        "--warc",
        str(REAL / "warc"),
        "--folder",
        str(folder),
        "--repeat",
        str(repeat),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def measure(folder: Path, *, python: Path, repeat: int) -> dict[str, Any]:
    """Return the rows of the table, and the figures."""
    sizes = {**write_tables(folder), "wikimedia": write_wiki(folder), "warc": warc_bytes()}
    specs: dict[str, tuple[SourceSpec, Path]] = {
        "warc": (WarcSource(kind="warc", of="real"), REAL / "warc"),
        "parquet": (ParquetSource(kind="parquet", of="prose"), folder / "parquet"),
        "jsonl": (JsonlSource(kind="jsonl", of="prose"), folder / "jsonl"),
        "wikimedia": (WikimediaSource(kind="wikimedia", of="wiki", host="wikipedia.org"), folder / "wikimedia"),
    }
    rows = []

    def add(source: str, reader: str, size: int, seconds: float, documents: int) -> None:
        rate = round(size / 1e6 / seconds, 1)
        rows.append(
            {
                "source": source,
                "reader": reader,
                "megabytes": round(size / 1e6, 1),
                "documents": documents,
                "mb_per_s": rate,
            }
        )

    for source, (spec, location) in specs.items():
        add(source, "glotmill", sizes[source], *fastest(read(spec, location), repeat))
    add("warc", "fastwarc, bytes only", sizes["warc"], *fastest(by_fastwarc, repeat))
    for name, (seconds, documents) in sorted(peers(folder, python=python, repeat=repeat).items()):
        source, _, reader = name.partition(" ")
        add(source, reader, sizes[source], seconds, documents)
    library, size = by_library(folder)
    add("wikimedia", "mwparserfromhell, whole pages", size, *fastest(library, 1))
    rate = {(row["source"], row["reader"]): row["mb_per_s"] for row in rows}
    figures = {f"{source}_mb_per_s": rate[source, "glotmill"] for source in specs}
    figures |= {
        f"{source}_mb_per_s_{reader}": value
        for (source, reader), value in rate.items()
        if reader in ("datatrove", "warcio")
    }
    figures["wikimedia_mb_per_s_mwparserfromhell"] = rate["wikimedia", "mwparserfromhell, whole pages"]
    order = list(specs)
    return {"rows": sorted(rows, key=lambda row: (order.index(row["source"]), -row["mb_per_s"])), "figures": figures}


def main() -> None:
    """Print the table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peers", type=Path, default=ROOT / ".venv-peers/bin/python", help="the peers' Python")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="glotmill-sources-") as folder:
        found = measure(Path(folder), python=arguments.peers, repeat=arguments.repeat)
    if arguments.json:
        print(json.dumps(found))
        return
    print("| source | reader | MB | documents | MB/s of one core |\n|---|---|---|---|---|")
    for row in found["rows"]:
        print(f"| {row['source']} | {row['reader']} | {row['megabytes']} | {row['documents']} | {row['mb_per_s']} |")
    print("\nfigures:", json.dumps(found["figures"]))


if __name__ == "__main__":
    main()
