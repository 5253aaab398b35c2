"""Repeated lines: what goes on real pages and in real prose, how fast, and what a million documents cost.

    make bench-lines
    make bench-lines BENCH_ARGS="--json"

Pages are those of the installation guide and of the Debian handbook, extracted by three engines. A line is navigation if
it stands in an element of the page that is so by its class: a header, a footer, links to the pages around. Prose is all
of .cache/real/prose, each source a host of its own, so that its language there is a site: what goes is no navigation.

Speed is this process's own, `emit` and `apply` with the removal, on the text of all pages, the fastest of three passes;
the baseline counts the same lines, NFKC, casefolded and with white space as one space, in a Python dictionary of sets and
removes them.

Growth is that of synthetic documents: 15 lines of their own, 8 of 20 that the pages of their site share, two of 50 notices that
are everywhere; 1,000 documents a site. Passes run in a process each; memory is its peak beyond what it had when it began.
"""

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from fastwarc.warc import ArchiveIterator
from lxml import html as markup
from resiliparse.extract.html2text import extract_plain_text

from glotmill.core.arrow import empty
from glotmill.core.hashing import document_id
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.dedup.addresses import host
from glotmill.dedup.lines import COUNTS, LineDedup, LineDedupSpec
from glotmill.provenance.files import ArrowFile, read_batch, read_batches
from glotmill.run.keys import KeyTables
from glotmill.stages.extract import ExtractSpec

REAL = Path(__file__).resolve().parent.parent / ".cache/real"
SOURCES = ("installation-guide", "debian-handbook")
NAVIGATION = (
    '//*[contains(@class,"navheader") or contains(@class,"navfooter") or contains(@class,"docnav") or @id="title"'
    ' or contains(@class,"footer")]|//header|//footer|//nav'
)
SPEC = LineDedupSpec(name="lines", kind="line_dedup")
ROWS, SHARD = 500, 10_000
GROWTH = (10_000, 100_000, 1_000_000)


@dataclass(frozen=True)
class Page:
    """A page, its language, and the text of what is navigation in it."""

    url: str
    language: str
    html: str
    navigation: str


def pages() -> list[Page]:
    """Return the pages of both books in order."""
    languages = {row["url"]: row["language"] for row in map(json.loads, (REAL / "truth.jsonl").open(encoding="utf-8"))}
    found = []
    for source in SOURCES:
        for file in sorted((REAL / "warc" / source).glob("*.warc.gz")):
            with file.open("rb") as stream:
                for record in ArchiveIterator(stream, parse_http=True):
                    url, body = record.headers["WARC-Target-URI"], record.reader.read()
                    elements = markup.fromstring(body).xpath(NAVIGATION)
                    navigation = " ".join(" ".join(element.text_content().split()) for element in elements)
                    found.append(Page(url, languages[url], body.decode("utf-8", "replace"), navigation))
    return found


def all_text(found: Sequence[Page]) -> list[str]:
    """Return the whole text of each page."""
    return [extract_plain_text(page.html, main_content=False, alt_texts=False) for page in found]


def main_text(engine: str) -> Callable[[Sequence[Page]], list[str]]:
    """Return the product's own extraction by an engine."""

    def extract(found: Sequence[Page]) -> list[str]:
        step = ExtractSpec(name="extract", kind="extract", engine=engine).build(Resources(Scope((), ())))
        try:
            rows = pa.record_batch({"html": pa.array([page.html for page in found], pa.large_string())})
            return step(Batch(rows)).batch.texts("text")
        finally:
            step.close()

    return extract


def batches(urls: Sequence[str], languages: Sequence[str], texts: Sequence[str]) -> list[Batch]:
    """Return rows in batches as the engine makes them."""
    found = []
    for start in range(0, len(texts), ROWS):
        own = slice(start, start + ROWS)
        columns = {"doc_id": [document_id("b", url) for url in urls[own]], "url": urls[own], "language": languages[own]}
        found.append(Batch(pa.record_batch({**columns, "text": pa.array(texts[own], pa.string())})))
    return found


def removed(spec: LineDedupSpec, rows: Sequence[Batch]) -> tuple[list[list[str]], list[list[str]], dict[str, int]]:
    """Return per document the lines that go and those that stay, and the totals of the table."""
    step = spec.build(Resources(Scope((), ())))
    written = [step.emit(batch) for batch in rows]
    tables = {name: pa.Table.from_batches([keys[name] for keys in written]) for name in spec.tables()}
    table = step.resolve([step.reduce(tables.__getitem__)], lambda name: iter([tables[name]]))
    gone, kept = [], []
    for batch in rows:
        for before, after in zip(batch.texts(), step.apply(batch, table).batch.texts(), strict=True):
            left = [line.strip() for line in after.split("\n") if line.strip()]
            kept.append(left)
            gone.append(_minus([line.strip() for line in before.split("\n") if line.strip()], left))
    return gone, kept, json.loads(table.schema.metadata[COUNTS])


def _minus(lines: Sequence[str], left: Sequence[str]) -> list[str]:
    """Return the lines that are not left; what is left keeps its order."""
    rest, gone = iter(left), []
    following = next(rest, None)
    for line in lines:
        if line == following:
            following = next(rest, None)
        else:
            gone.append(line)
    return gone


def quality(found: Sequence[Page]) -> Iterator[dict[str, Any]]:
    """Yield, per engine, how many lines and characters of navigation and of other text go and stay."""
    engines = {
        "all_text": all_text,
        "resiliparse": main_text("resiliparse"),
        "trafilatura": main_text("trafilatura"),
    }
    for name, extract in engines.items():
        rows = batches([page.url for page in found], [page.language for page in found], extract(found))
        for rule, spec in (("site", SPEC), ("everywhere_one_host", SPEC.model_copy(update={"min_hosts": 1}))):
            gone, kept, totals = removed(spec, rows)
            row: dict[str, Any] = {"engine": name, "rule": rule, **totals}
            for what, lines in (("gone", gone), ("kept", kept)):
                parts = [
                    (line.lstrip("•* ") in page.navigation, len(line))
                    for page, own in zip(found, lines, strict=True)
                    for line in own
                ]
                for kind, flag in (("navigation", True), ("other", False)):
                    row[f"{kind}_{what}"] = sum(own == flag for own, _ in parts)
                    row[f"{kind}_{what}_characters"] = sum(size for own, size in parts if own == flag)
            yield row


def prose() -> dict[str, Any]:
    """Return what goes of real prose."""
    urls, languages, texts = [], [], []
    for file in sorted((REAL / "prose").glob("*.jsonl")):
        for number, row in enumerate(map(json.loads, file.open(encoding="utf-8"))):
            urls.append(f"https://{row['source']}.example/{file.stem}/{number}")
            languages.append(file.stem)
            texts.append(row["text"])
    result: dict[str, Any] = {"characters": sum(map(len, texts)), "documents": len(texts)}
    for name, change in (("keep", {}), ("fold", {"digits": "fold"}), ("one_host", {"min_hosts": 1})):
        gone, _, totals = removed(SPEC.model_copy(update=change), batches(urls, languages, texts))
        result[f"{name}_characters_gone"] = sum(len(line) for lines in gone for line in lines)
        result[f"{name}_documents_touched"] = sum(map(bool, gone))
        result[f"{name}_everywhere"] = totals["everywhere"]
    return result


def speed(found: Sequence[Page]) -> dict[str, float]:
    """Return megabytes of UTF-8 a second: of `emit`, of `apply`, and of a Python dictionary for either."""
    texts = all_text(found)
    urls, languages = [page.url for page in found], [page.language for page in found]
    size = sum(len(text.encode()) for text in texts) / 1e6
    rows, step = batches(urls, languages, texts), SPEC.build(Resources(Scope((), ())))
    step.emit(rows[0])  # loads the kernels
    best: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        for _ in range(3):
            begun = time.process_time()
            result = work()
            best[name] = max(best.get(name, 0.0), round(size / (time.process_time() - begun), 1))
        return result

    written = timed("emit", lambda: [step.emit(batch) for batch in rows])
    tables = {name: pa.Table.from_batches([keys[name] for keys in written]) for name in SPEC.tables()}
    table = step.resolve([step.reduce(tables.__getitem__)], lambda name: iter([tables[name]]))
    timed("apply", lambda: [step.apply(batch, table) for batch in rows])
    holders = timed("dictionary_emit", lambda: _holders(urls, languages, texts))
    timed("dictionary_apply", lambda: _without(holders, urls, languages, texts))
    return best


def _counted(line: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", line).casefold().split())


def _holders(urls: Sequence[str], languages: Sequence[str], texts: Sequence[str]) -> dict[Any, set[int]]:
    holders: dict[Any, set[int]] = defaultdict(set)
    for number, (url, language, text) in enumerate(zip(urls, languages, texts, strict=True)):
        site = (host(url), language)
        holders[site].add(number)
        for line in text.split("\n"):
            if line and not line.isspace():
                holders[site, _counted(line)].add(number)
    return holders


def _without(holders: dict[Any, set[int]], urls: Sequence[str], languages: Sequence[str], texts: Sequence[str]) -> int:
    total = 0
    for url, language, text in zip(urls, languages, texts, strict=True):
        site = (host(url), language)
        least = max(10, 0.3 * len(holders[site]))
        kept = [
            line
            for line in text.split("\n")
            if not line or line.isspace() or len(holders[site, _counted(line)]) < least
        ]
        total += len("\n".join(kept))
    return total


def synthetic(first: int, count: int) -> list[Batch]:
    """Return documents of sites with a navigation and notices."""
    chance = random.Random(first)
    rows: tuple[list[str], list[str]] = ([], [])
    for number in range(first, first + count):
        site = number // 1000
        own = [f"lerro {number} {part} zuhaitz hosto ibai harri" for part in range(15)]
        shared = [f"menu {site} {item} hasiera" for item in chance.sample(range(20), 8)]
        notices = [f"oharra {item} cookieak eta lege informazioa hemen" for item in chance.sample(range(50), 2)]
        rows[0].append(f"https://site{site}.example/{number}")
        rows[1].append("\n".join(own + shared + notices))
    return batches(rows[0], ["eus_Latn"] * count, rows[1])


def grown(documents: int) -> dict[str, Any]:
    """Return bytes, seconds and peak memory of each pass over so many documents."""
    with tempfile.TemporaryDirectory() as folder:
        result: dict[str, Any] = {"documents": documents}
        for name, work in (("emit", _emit), ("reduce", _reduce), ("resolve", _resolve), ("apply", _apply)):
            context = multiprocessing.get_context("spawn")
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=_measured, args=(work, folder, documents, sender))
            process.start()
            sender.close()  # so that a child that dies ends the wait
            result |= {f"{name}_{key}": value for key, value in receiver.recv().items()}
            process.join()
        return result


def _measured(work: Callable[[str, int], dict[str, Any]], folder: str, documents: int, sender: Any) -> None:
    step = SPEC.build(Resources(Scope((), ())))
    step.emit(synthetic(0, ROWS)[0])
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
    before = _memory("VmRSS")
    begun = time.perf_counter()
    facts = work(folder, documents)
    peak = (_memory("VmHWM") - before) / 1024
    sender.send({"seconds": round(time.perf_counter() - begun, 1), "mb": round(peak, 1), **facts})


def _memory(name: str) -> int:
    """Return a line of /proc/self/status in KiB; `getrusage` gives a child the peak of its parent."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _step() -> LineDedup:
    return SPEC.build(Resources(Scope((), ())))


def _files(folder: str, table: str) -> list[str]:
    return [str(file) for file in sorted(Path(folder, "keys").glob(f"{table}-shard-*.arrow"))]


def _emit(folder: str, documents: int) -> dict[str, Any]:
    for shard in range(-(-documents // SHARD)):
        keys = KeyTables(SPEC, _step())
        for batch in synthetic(shard * SHARD, min(SHARD, documents - shard * SHARD)):
            keys.add(batch)
        keys.write(folder, _Item(f"shard-{shard:05d}"))  # type: ignore[arg-type]  # what it looks at: names
    files = [*_files(folder, "units"), *_files(folder, "sites")]
    return {"bytes": sum(Path(file).stat().st_size for file in files)}


@dataclass(frozen=True)
class _Item:
    task: str
    attempt: str = "a"


def _reduce(folder: str, _documents: int) -> dict[str, Any]:
    rows = 0
    for partition in range(SPEC.partitions):

        def read(table: str, partition: int = partition) -> pa.Table:
            return pa.Table.from_batches([read_batch(file, partition) for file in _files(folder, table)])

        found = _step().reduce(read)
        rows += found.num_rows
        _write(folder, f"keys/reduce-{partition:03d}.arrow", found)
    return {"rows": rows}


def _write(folder: str, name: str, table: pa.Table) -> None:
    with ArrowFile(folder, name, table.schema) as file:
        for batch in table.combine_chunks().to_batches() or [empty(table.schema)]:
            file.write(batch)
        file.close()


def _resolve(folder: str, _documents: int) -> dict[str, Any]:
    reduced = (
        pa.Table.from_batches(list(read_batches(str(file))))
        for file in sorted(Path(folder, "keys").glob("reduce-*.arrow"))
    )
    table = _step().resolve(
        reduced, lambda name: (pa.Table.from_batches(list(read_batches(file))) for file in _files(folder, name))
    )
    _write(folder, "keys/resolve.arrow", table)
    return {"rows": table.num_rows}


def _apply(folder: str, _documents: int) -> dict[str, Any]:
    table = pa.Table.from_batches(list(read_batches(str(Path(folder, "keys/resolve.arrow")))))
    step, gone = _step(), 0
    for batch in synthetic(0, SHARD):
        gone += sum(step.apply(batch, table).batch.rows.column("removed_lines").to_pylist())
    return {"removed_of_first_shard": gone}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one object on stdout, the tables on stderr")
    parser.add_argument("--largest", type=int, default=GROWTH[-1], help="documents of the largest synthetic corpus")
    options = parser.parse_args()
    out = sys.stderr if options.json else sys.stdout
    found = pages()
    figures: dict[str, Any] = {}
    for row in quality(found):
        name = f"{row.pop('engine')}_{row.pop('rule')}"
        figures |= {f"{name}_{key}": value for key, value in row.items()}
        print(name, row, file=out)
    for name, values in (("prose", prose()), ("mb_per_second", speed(found))):
        figures |= {f"{name}_{key}": value for key, value in values.items()}
        print(name, values, file=out)
    for documents in (size for size in GROWTH if size <= options.largest):
        values = grown(documents)
        figures |= {f"growth_{documents}_{key}": value for key, value in values.items()}
        print("growth", values, file=out)
    if options.json:
        print(json.dumps({"figures": figures}))


if __name__ == "__main__":
    main()
