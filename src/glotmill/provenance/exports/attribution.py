"""ATTRIBUTION: title, author, address and license of every row whose license asks for credit, and what was changed."""

import gzip
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from glotmill.io import storage
from glotmill.licensing.expressions import parse_expression
from glotmill.provenance.exports.corpus import Corpus
from glotmill.provenance.exports.escape import link, plain
from glotmill.provenance.exports.survey import Credit, Survey

FILE: Final = "ATTRIBUTION.md"
FOLDER: Final = "attribution"
IN_ONE_FILE: Final = 10_000  # rows: a page of 2 MB, which still opens in a browser
PER_SHARD: Final = 100_000


def write(
    corpus: Corpus, found: Survey, out: str, *, in_one_file: int = IN_ONE_FILE, per_shard: int = PER_SHARD
) -> list[str]:
    """Write `ATTRIBUTION.md` and, for many rows, `attribution/00000.md.gz` and so on; return their names.

    One row is in memory at a time. Which row stands where depends on the rows alone.

    Args:
        corpus: the corpus.
        found: of its rows.
        out: folder to write into.
        in_one_file: most rows that stand in `ATTRIBUTION.md` itself.
        per_shard: rows of each file beyond that.
    """
    names: list[str] = []
    rows = found.credited()
    if found.credits <= in_one_file:
        lines = _lines(corpus, rows)
    else:
        shards = -(-found.credits // per_shard)
        for number in range(shards):
            names.append(f"{FOLDER}/{number:05d}.md.gz")
            _write_shard(storage.join(out, names[-1]), _lines(corpus, islice(rows, per_shard)))
        lines = iter([f"The list is long and stands in {shards} files, in the order of licenses and sites:", ""])
        lines = iter([*lines, *(f"- [{name}]({name})" for name in names)])
    with storage.open_write(storage.join(out, FILE)) as stream:
        for line in (*_head(corpus, found), ""):
            stream.write(f"{line}\n".encode())
        for line in lines:
            stream.write(f"{line}\n".encode())
    return [FILE, *names]


def _write_shard(address: str, lines: Iterable[str]) -> None:
    # No name and no time in the header: the same rows give the same bytes.
    with (
        storage.open_write(address) as stream,
        gzip.GzipFile(filename="", mode="wb", fileobj=stream, compresslevel=6, mtime=0) as packed,
    ):
        for line in lines:
            packed.write(f"{line}\n".encode())


def _head(corpus: Corpus, found: Survey) -> Iterator[str]:
    yield f"# Attribution for {plain(corpus.name)}, release {corpus.manifest['release']}"
    yield ""
    yield (
        f"{found.credits:,} of {found.documents:,} documents are under licenses that ask for "
        "credit or a notice. Each is named below with its title and author where they are known, its address, and the id "
        "of its row. Whoever passes the documents on keeps these lines with them."
    )
    yield ""
    yield (
        "**The texts were changed.** They are parts of the originals, taken out, filtered and normalized by these steps, "
        "in this order; nobody named here has approved of it:"
        if "parents" not in corpus.manifest
        else "**The texts were changed.** They are parts of the originals, taken out, filtered and normalized by the steps of "
        "the corpus that each is from, in this order, and taken, some of them several times, by those of the mix; nobody "
        "named here has approved of it:"
    )
    yield ""
    yield from (f"1. {plain(step)}" for step in corpus.history)
    if corpus.unlicensed:
        yield ""
        yield (
            f"{corpus.unlicensed:,} documents have no license that is known, and are not listed. Nothing says that "
            "anybody may use them."
        )


def _lines(corpus: Corpus, rows: Iterable[Credit]) -> Iterator[str]:
    license_: tuple[str, str] | None = None
    site: str | None = None
    for row in rows:
        if (row.license, row.port) != license_:
            license_, site = (row.license, row.port), None
            yield ""
            yield f"## {_license_title(*license_)}"
            for name in _ids(row.license):
                where = corpus.address(name, row.port or None)
                yield ""
                yield f"{plain(corpus.title(name))}" + (f": {link(where)}" if where else "")
        if row.site != site:
            site = row.site
            yield ""
            yield f"### {plain(site)}"
            yield ""
        yield _line(row)


def _license_title(expression: str, port: str) -> str:
    return plain(expression) + (f" (port {plain(port)})" if port else "")


def _ids(expression: str) -> list[str]:
    node = parse_expression(expression)
    return [] if node is None else list(dict.fromkeys(node.ids()))


def _line(row: Credit) -> str:
    title = f'"{plain(row.title)}"' if row.title else "Untitled"
    author = f", by {plain(row.author)}" if row.author else ""
    where = link(row.url) if row.url else f"source {plain(row.source)}"
    return f"- {title}{author}, {where}, row {row.doc_id}"
