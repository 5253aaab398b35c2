"""The sheet on which people rate documents by quality: drawn by language and band, written as CSV, read back as ratings."""

import csv
import heapq
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pyarrow.parquet as pq

from glotmill.core.errors import DataError, SettingsError
from glotmill.core.hashing import sha256_text
from glotmill.io import storage
from glotmill.provenance.folder import RunFolder
from glotmill.report.spreadsheets import read_rows, safe_cell
from glotmill.stages.classify import BAND, SCORE, UNAUDITED
from glotmill.text.quality.card import BANDS

COLUMNS: Final = ("sheet", "number", "doc_id", "language", "rating", "note", "rated_by", "rated_on")
RATINGS: Final = ("good", "bad", "unsure")
MOST: Final = 10_000  # documents of a sheet: who rates one in ten seconds needs 28 hours for them
_TEXT: Final = 4_000  # characters shown; a cell of a spreadsheet holds 32,767
_NAME_LENGTH: Final = 100  # characters of a person's name: it goes into a card
_COMMAND: Final = "`glotmill audit RUN --by quality --sheet FILE`"
_NAME = re.compile(r"(?P<run>[^/]+)/(?P<count>\d{1,5})/(?P<languages>[\w+]+)/(?P<plan>[0-9a-f]{12})")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One document of the sheet.

    Args:
        doc_id: of the document.
        language: its canonical tag.
        band: without `unaudited_`.
        text: how it begins; empty until `with_texts`.
        rest: characters that are not shown.
    """

    doc_id: str
    language: str
    band: str
    text: str = ""
    rest: int = 0


@dataclass(frozen=True, slots=True)
class Population:
    """The documents of a language in a band.

    Args:
        documents: how many.
        least_score: of them.
    """

    documents: int
    least_score: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sample of a corpus, the same in every call.

    Args:
        name: `<run>@<version>/<documents asked for>/<languages>/<plan>`: what it can be drawn again by.
        strata: (language, band) -> what was drawn from.
        rows: in the order in which people see them, which says nothing of bands.
    """

    name: str
    strata: Mapping[tuple[str, str], Population]
    rows: tuple[Drawn, ...]


@dataclass(frozen=True, slots=True)
class Ratings:
    """What one person said.

    Args:
        file: it stands in.
        by: the person.
        on: the last day named.
        words: doc_id -> good, bad or unsure.
    """

    file: str
    by: str
    on: date
    words: Mapping[str, str]


def draw(folder: RunFolder, *, count: int, languages: Sequence[str]) -> Sheet:
    """Return a sample of a finished run's documents, equally many of each band of each language, as far as there are.

    Drawn are those of a stratum whose id has the smallest digest together with the run's fingerprint. The corpus is read
    once without its texts; per stratum at most `count` documents are held.

    Args:
        folder: of the run.
        count: documents in all, 1 to 10,000.
        languages: canonical tags; none means all.

    Raises:
        SettingsError: the folder holds no finished run, the run has no bands, or fewer documents are asked for than strata.
    """
    if not 1 <= count <= MOST:
        raise SettingsError(f"{count} documents: a sheet has 1 to {MOST:,}")
    manifest = folder.read_json("manifest.json")
    missing = {BAND, SCORE} - {column["name"] for column in manifest["columns"]}
    if missing:
        raise SettingsError(
            f"{folder.address} stores no bands of quality ({', '.join(sorted(missing))}): no step of its recipe is of kind "
            "classify\n  Add one and run the recipe under a new version."
        )
    wanted = frozenset(languages)
    heaps: dict[tuple[str, str], list[tuple[int, str]]] = {}
    documents: dict[tuple[str, str], int] = {}
    least: dict[tuple[str, str], float] = {}
    plan = str(manifest["fingerprint"])
    for row in _read(folder, ("doc_id", "language", BAND, SCORE)):
        band = (row[BAND] or "").removeprefix(f"{UNAUDITED}_")
        key = (row["language"], band)
        if band not in BANDS or None in (row["language"], row[SCORE]) or (wanted and row["language"] not in wanted):
            continue
        documents[key] = documents.get(key, 0) + 1
        least[key] = min(least.get(key, row[SCORE]), row[SCORE])
        # As negatives, since heapq keeps the smallest on top.
        heap, entry = heaps.setdefault(key, []), (-_rank(plan, row["doc_id"]), row["doc_id"])
        if len(heap) < count:
            heapq.heappush(heap, entry)
        else:
            heapq.heappushpop(heap, entry)
    if not documents:
        of = f" in {', '.join(sorted(wanted))}" if wanted else ""
        raise SettingsError(f"{folder.address} has no document with a band of quality{of}")
    keys = sorted(documents, key=lambda key: (key[0], BANDS.index(key[1])))
    if count < len(keys):
        raise SettingsError(f"{count} documents cannot be drawn from {len(keys)} bands of languages: ask for more")
    shares = _dealt(count, [documents[key] for key in keys])
    drawn = [
        (-rank, Drawn(doc_id, *key))
        for key, share in zip(keys, shares, strict=True)
        for rank, doc_id in sorted(heaps[key], reverse=True)[:share]
    ]
    rows = tuple(row for _, row in sorted(drawn, key=lambda pair: (pair[1].language, pair[0])))
    recipe = manifest["recipe"]
    name = f"{recipe['name']}@{recipe['version']}/{count}/{'+'.join(sorted(wanted)) or 'all'}/{plan[:12]}"
    return Sheet(name, {key: Population(documents[key], least[key]) for key in keys}, rows)


def with_texts(folder: RunFolder, sheet: Sheet) -> tuple[Drawn, ...]:
    """Return the rows of a sheet with how their texts begin; the corpus is read a second time."""
    ids = {row.doc_id for row in sheet.rows}
    texts = {row["doc_id"]: row["text"] or "" for row in _read(folder, ("doc_id", "text")) if row["doc_id"] in ids}
    return tuple(
        Drawn(row.doc_id, row.language, row.band, text[:_TEXT], max(0, len(text) - _TEXT))
        for row in sheet.rows
        for text in [texts[row.doc_id]]
    )


def _read(folder: RunFolder, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    for part in folder.parts():
        with storage.open_read(folder.join(part)) as stream:
            for batch in pq.ParquetFile(stream).iter_batches(columns=list(columns)):
                yield from batch.to_pylist()


def _rank(plan: str, doc_id: str) -> int:
    return int(sha256_text(f"{plan} {doc_id}")[:16], 16)


def _dealt(count: int, sizes: Sequence[int]) -> list[int]:
    """Return how many to draw of each stratum: one each in turn, as long as it has any."""
    shares = [0] * len(sizes)
    left = min(count, sum(sizes))
    while left:
        for place, size in enumerate(sizes):
            if left and shares[place] < size:
                shares[place] += 1
                left -= 1
    return shares


def as_csv(sheet: Sheet, rows: Sequence[Drawn]) -> str:
    """Return a sheet as CSV with an empty column `rating`; its last column is the text.

    Neither score nor band stands in it: who knows them rates them.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, "text"])
    for number, row in enumerate(rows, start=1):
        text = f"{row.text}{f' […{row.rest:,}]' if row.rest else ''}"
        writer.writerow([sheet.name, number, row.doc_id, row.language, "", "", "", "", safe_cell(text)])
    return out.getvalue()


def asked_for(text: str, *, name: str) -> tuple[int, tuple[str, ...]]:
    """Return (documents, languages) of the sheet that a file says it is.

    Raises:
        DataError: it is no such file, or says so of two sheets.
    """
    found: dict[str, int] = {}
    for line, row in read_rows(text, name=name, needs=("sheet", "doc_id", "rating"), written_by=_COMMAND):
        found.setdefault(row["sheet"], line)
    if not found:
        raise DataError(f"{name} has no rows")
    (first, line), *others = found.items()
    if others:
        raise DataError(f"{name}, line {others[0][1]}: a row of another sheet, {others[0][0]!r} instead of {first!r}")
    match = _NAME.fullmatch(first)
    if match is None:
        raise DataError(f"{name}, line {line}: {first!r} is no name of a sheet; {_COMMAND} writes it")
    languages = () if match["languages"] == "all" else tuple(match["languages"].split("+"))
    return int(match["count"]), languages


def read_sheet(text: str, *, name: str, sheet: Sheet, by: str | None, on: date) -> Ratings:
    """Return what a person said of every document of a sheet.

    Args:
        text: CSV as `as_csv` or the page writes it, columns in any order, or as spreadsheets save that.
        name: of the file, for errors.
        sheet: that it has to be.
        by: who rated, where no row says so.
        on: when, where no row says so.

    Raises:
        DataError: it is another sheet, lacks rows or ratings, or a value cannot be meant; names file and line.
    """
    numbers = {row.doc_id: number for number, row in enumerate(sheet.rows, start=1)}
    words: dict[str, str] = {}
    raters: dict[str, int] = {}
    days: list[date] = []
    for line, row in read_rows(text, name=name, needs=("sheet", "doc_id", "rating"), written_by=_COMMAND):
        where = f"{name}, line {line}"
        if row["sheet"] != sheet.name:
            raise DataError(f"{where}: the sheet is {row['sheet']!r}, and this run's is {sheet.name!r}")
        if row["doc_id"] not in numbers:
            raise DataError(f"{where}: {row['doc_id']!r} is no document of this sheet")
        if row["doc_id"] in words:
            raise DataError(f"{where}: {row['doc_id']} stands twice")
        words[row["doc_id"]] = _rating(row["rating"], where)
        if row.get("rated_by"):
            raters.setdefault(_person(row["rated_by"], where), line)
        if row.get("rated_on"):
            days.append(_day(row["rated_on"], where))
    lacking = [doc_id for doc_id in numbers if doc_id not in words]
    if lacking:
        raise DataError(
            f"{name} lacks {len(lacking)} of {len(numbers)} rows, the first is number {numbers[lacking[0]]}, {lacking[0]}: "
            "what people leave out is seldom like the rest; write unsure where they cannot tell"
        )
    if len(raters) > 1:
        (first, _), (second, line), *_ = raters.items()
        raise DataError(f"{name}, line {line}: rated by {second}, and above by {first}; one file for each of them")
    who = next(iter(raters), by)
    if who:
        _person(who, name)
    else:
        raise DataError(f"{name}: who rated? Fill in rated_by, or give --rater NAME")
    return Ratings(name, who, max(days, default=on), words)


def _rating(given: str, where: str) -> str:
    word = given.casefold()
    if not word:
        raise DataError(f"{where}: no rating; write good, bad, or unsure where nobody can tell")
    if word not in RATINGS:
        raise DataError(f"{where}: {given!r} is no rating; write good, bad or unsure")
    return word


def _person(given: str, where: str) -> str:
    if len(given) > _NAME_LENGTH or not given.isprintable():
        raise DataError(f"{where}: rated_by is no name of a person: {given[:_NAME_LENGTH]!r}")
    return given


def _day(given: str, where: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise DataError(f"{where}: {given!r} is no day; write it as 2026-11-27") from error
