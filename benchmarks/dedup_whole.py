"""Whole deduplication from files of documents to files of what is kept: the same files for each side, and what each does to the copies in them.

Every side begins with JSON lines, one file per language, reads them twice or keeps what it read in files, and has files between its passes; each writes
what it keeps in a format of its own. Copies are as similar as `AT_LEAST` by our shingles: words are replaced, or characters in scripts without spaces. By
another side's n-grams they may be less similar, which is what the table by language shows.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from dedup_texts import COMPARED, copy_of, documents_of, tokens_of
from dedup_timing import fastest_whole

from glotmill.dedup.folds import normalize
from glotmill.io.jsonl import read_objects
from glotmill.io.storage import open_read
from glotmill.provenance.files import write_parquet

EVERY, AT_LEAST = 4, 0.9  # one document in so many has a copy, so similar
KEPT = pa.schema([pa.field("id", pa.int64()), pa.field("text", pa.string())])


@dataclass(frozen=True)
class Document:
    """A text, its language, and the place of the document that it is an edited copy of."""

    text: str
    language: str
    original: int | None = None


def documents() -> list[Document]:
    """Return all documents of the languages compared, then a copy of one in four.

    A document that has a copy is given in the normal form that the copy is made from, so that words alone differ.
    """
    source = random.Random(20261128)
    found = [Document(text, tag) for tag in COMPARED for text in documents_of(tag)]
    for tag in COMPARED:
        own = [place for place, each in enumerate(found) if each.language == tag and each.original is None]
        vocabulary = sorted({token.text for place in own for token in tokens_of(normalize(found[place].text))})
        for place in own[::EVERY]:
            found[place] = Document(normalize(found[place].text), tag)
            copy = copy_of(found[place].text, tag, vocabulary, at_least=AT_LEAST, source=source)
            found.append(Document(copy.text, tag, place))
    return found


def write(found: Sequence[Document], folder: Path) -> None:
    """Write one file of JSON lines per language; `id` is the place of a document in the sequence, as a string."""
    for tag in COMPARED:
        with (folder / f"{tag}.jsonl").open("w", encoding="utf-8") as file:
            for place, each in enumerate(found):
                if each.language == tag:
                    file.write(json.dumps({"id": str(place), "text": each.text}, ensure_ascii=False) + "\n")


def ours(
    folder: Path, run: Callable[[Sequence[str]], tuple[Sequence[int | None], object]], *, repeat: int
) -> dict[str, Any]:
    """Time our side: read, run all passes, read again and write the documents that are kept, as the engine does."""
    few = [text for _, text in islice(read(folder), 100)]
    run([*few, *few])  # compiles

    def work(out: Path) -> None:
        verdicts, _ = run([text for _, text in read(folder)])
        kept = (row for row, keeper in zip(read(folder), verdicts, strict=True) if keeper is None)
        write_parquet(str(out), "kept.parquet", batches(kept), KEPT, row_group_rows=5_000)

    def places(out: Path) -> list[int]:
        return [int(place) for place in pq.read_table(out / "kept.parquet").column("id").to_pylist()]

    return fastest_whole(work, places, repeat=repeat)


def read(folder: Path) -> Iterator[tuple[int, str]]:
    """Yield id and text of each document in the files."""
    for tag in COMPARED:
        with open_read(str(folder / f"{tag}.jsonl")) as stream:
            for _, row in read_objects(stream):
                if isinstance(row, str):
                    raise TypeError(row)
                yield int(row["id"]), row["text"]


def batches(rows: Iterator[tuple[int, str]]) -> Iterator[pa.RecordBatch]:
    while some := list(islice(rows, 256)):
        yield pa.RecordBatch.from_arrays([pa.array(column) for column in zip(*some, strict=True)], schema=KEPT)


def compare(found: Sequence[Document], sides: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Any]:
    """Return what each side took for all documents, and how many of each language's copies it dropped.

    A copy is dropped where one of the two is kept; `lost` are documents of which nothing similar was kept.
    """
    size = sum(len(each.text.encode()) for each in found)
    copies = [(place, each) for place, each in enumerate(found) if each.original is not None]
    rows: dict[str, Any] = {}
    for name, side in sides.items():
        if side is None:
            rows[name] = None
            continue
        kept = set(side["kept"])
        pairs = [(each.language, {place, each.original} & kept) for place, each in copies]
        dropped = Counter(tag for tag, left in pairs if len(left) == 1)
        alone = set(range(len(found))) - {place for pair, each in copies for place in (pair, each.original)}
        rows[name] = {
            "seconds": side["seconds"],
            "cpu_seconds": side["cpu_seconds"],
            "gb_per_core_hour": size / 1e9 / side["seconds"] * 3600,
            "kept": len(kept),
            "copies_dropped": {tag: dropped[tag] for tag in COMPARED},
            "lost": sum(not left for _, left in pairs) + len(alone - kept),
        }
    of = Counter(each.language for _, each in copies)
    return {"documents": len(found), "bytes": size, "copies": {tag: of[tag] for tag in COMPARED}, "sides": rows}


def show(whole: Mapping[str, Any]) -> None:
    """Print what each side took, what became of the copies, and a sentence."""
    sides = {name: side for name, side in whole["sides"].items() if side}
    print(
        "\n| whole, from files to files | seconds | processor seconds | GB per core-hour | kept | copies dropped | lost |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, side in sides.items():
        dropped = f"{sum(side['copies_dropped'].values())} of {sum(whole['copies'].values())}"
        cells = [f"{side['seconds']:.2f}", f"{side['cpu_seconds']:.2f}", f"{side['gb_per_core_hour']:.1f}"]
        print(f"| {name} | {' | '.join([*cells, str(side['kept']), dropped, str(side['lost'])])} |")
    print(f"\n| copies dropped, of | {' | '.join(sides)} | n-grams per document: {' | '.join(whole['grams'])} |")
    print("|---|" + "---|" * (len(sides) + len(whole["grams"])))
    for tag, of in whole["copies"].items():
        cells = [f"{side['copies_dropped'][tag]} of {of}" for side in sides.values()]
        cells += [f"{mean[tag]:.0f}" for mean in whole["grams"].values()]
        print(f"| {tag} | {' | '.join(cells)} |")
    rates = [f"{name} {side['gb_per_core_hour']:.1f}" for name, side in sides.items()]
    print(
        f"\nWhole deduplication of {whole['documents']:,} documents, {whole['bytes'] / 1e6:.1f} MB, files read and written, on one core, in GB of text "
        f"per core-hour: {', '.join(rates)}."
    )
    if extra := whole["text_dedup"]:
        print(
            f"text-dedup takes {extra['one_document']:.2f} s for a single document, and {extra['pooled']:.2f} s for all with `num_proc` 1."
        )
