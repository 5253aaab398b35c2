"""What exports need of every row, in one pass over the parts: whom to credit, and how much text each domain gave."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glotmill.core.arrow import optional_texts
from glotmill.io import storage
from glotmill.licensing.domains import domain_of
from glotmill.provenance.exports.corpus import Corpus
from glotmill.provenance.sorting import SortedLines
from glotmill.provenance.verify_parts import EPOCH

_COLUMNS: Final = ("doc_id", "url", "source", "title", "author", "license", "license_port", "track", "text")
_CURATED: Final = "curated"
_BATCH: Final = 1_000
_MOST: Final = 2_000  # characters of an address, title or author that are kept; lists show fewer
_WIDEST: Final = 10**18  # bytes; no domain has more


class Credit(NamedTuple):
    """One row to credit; empty strings stand for what nobody knows. Sorted by these fields."""

    license: str
    port: str
    site: str
    url: str
    title: str
    author: str
    source: str
    doc_id: str


class DomainSize(NamedTuple):
    """How much text of the track `web` came from a registered domain."""

    domain: str
    documents: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Survey:
    """What a pass over the rows found.

    Args:
        documents: how many there are; what a mix repeats is one.
        credits: how many of them ask for credit.
        domains: how many registered domains there are, curated data aside.
        ports: path of a part -> license expression and port -> rows, of those that have a port.
    """

    documents: int
    credits: int
    domains: int
    ports: Mapping[str, Mapping[tuple[str, str], int]]
    _credits: SortedLines
    _domains: SortedLines

    def credited(self) -> Iterator[Credit]:
        """Yield the rows to credit by license, port, site, address; once."""
        return (Credit(*json.loads(line)) for line in self._credits)

    def by_size(self) -> Iterator[DomainSize]:
        """Yield the domains by bytes of text, the largest first, equals by name; once."""
        for line in self._domains:
            rank, domain, documents = line.split("\t")
            yield DomainSize(domain, int(documents), _WIDEST - int(rank))


def survey(corpus: Corpus, scratch: Path) -> Survey:
    """Read all rows and return what they say; lines beyond what memory should hold lie in `scratch` while it is used.

    A document that a mix repeats is credited once, and its text counts once for its domain.
    """
    lines, sizes = SortedLines(scratch / "credits"), SortedLines(scratch / "sizes")
    asking = {license_: corpus.asks_for_credit(license_) for license_ in corpus.licenses}
    ports: dict[str, Counter[tuple[str, str]]] = {}
    columns = [*_COLUMNS, EPOCH] if corpus.manifest.get("mix") is not None else list(_COLUMNS)
    count = whole = 0
    for part in corpus.manifest["parts"]:
        found: dict[str, list[int]] = {}
        with storage.open_read(corpus.folder.join(part["path"])) as stream:
            for rows in pq.ParquetFile(stream).iter_batches(_BATCH, columns=columns):
                ports.setdefault(part["path"], Counter()).update(_ported(rows))
                batch = rows.filter(pc.equal(rows.column(EPOCH), 0)) if EPOCH in columns else rows
                whole += batch.num_rows
                domains = [domain_of(url) for url in optional_texts(batch.column("url"))]
                count += _credit(batch, domains, asking, lines)
                _measure(batch, domains, found)
        for domain, (documents, size) in found.items():
            sizes.add(f"{domain}\t{documents}\t{size}")
    ranked = SortedLines(scratch / "domains")
    number = 0
    for domain, documents, size in _summed(sizes):
        number += 1
        ranked.add(f"{_WIDEST - size:019d}\t{domain}\t{documents}")
    return Survey(whole, count, number, ports, lines, ranked)


def _ported(batch: pa.RecordBatch) -> Iterator[tuple[str, str]]:
    pairs = zip(optional_texts(batch.column("license")), optional_texts(batch.column("license_port")), strict=True)
    return ((license_, port) for license_, port in pairs if license_ is not None and port)


def _credit(batch: pa.RecordBatch, domains: list[str | None], asking: dict[str, bool], lines: SortedLines) -> int:
    columns = {name: optional_texts(batch.column(name)) for name in _COLUMNS if name != "text"}
    count = 0
    for index, license_ in enumerate(columns["license"]):
        if license_ is None or not asking.get(license_, True):
            continue
        row = {name: (values[index] or "")[:_MOST] for name, values in columns.items()}
        credit = Credit(
            license_,
            row["license_port"],
            domains[index] or row["source"],
            row["url"],
            row["title"],
            row["author"],
            row["source"],
            row["doc_id"],
        )
        lines.add(json.dumps(credit, ensure_ascii=False))
        count += 1
    return count


def _measure(batch: pa.RecordBatch, domains: list[str | None], found: dict[str, list[int]]) -> None:
    """Add up the text of each domain that was crawled or scraped; an address in curated data is where its makers got it."""
    sizes = pc.binary_length(batch.column("text")).to_pylist()
    for domain, size, track in zip(domains, sizes, optional_texts(batch.column("track")), strict=True):
        if domain is not None and track != _CURATED:
            sums = found.setdefault(domain, [0, 0])
            sums[0] += 1
            sums[1] += size or 0


def _summed(sizes: SortedLines) -> Iterator[tuple[str, int, int]]:
    """Yield each domain once; the lines of one stand together, since no domain holds a tab."""
    domain, documents, size = "", 0, 0
    for line in sizes:
        name, more, text = line.split("\t")
        if name != domain:
            if domain:
                yield domain, documents, size
            domain, documents, size = name, 0, 0
        documents, size = documents + int(more), size + int(text)
    if domain:
        yield domain, documents, size
