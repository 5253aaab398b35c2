"""Rows of Common Crawl's columnar index that a selection wants, without reading those that it cannot want.

The schema is that of github.com/commoncrawl/cc-index-table (`cc-index-schema-flat.json`, read in November 2026). Row groups
whose statistics rule a value out are not read; of the others first the columns that decide, then the rest where a row
is wanted. The index is sorted by `url_surtkey`, so that top-level domains, domains and hosts rule out most of it, and
languages hardly any.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glotmill.core.arrow import booleans
from glotmill.core.errors import DataError
from glotmill.crawl.commoncrawl.seeds import Seeds

_BATCH_ROWS = 65_536
_LANGUAGES, _TLD, _HOST, _DOMAIN = "content_languages", "url_host_tld", "url_host_name", "url_host_registered_domain"
_KEY = "url_surtkey"
_MIME, _STATUS, _URL = "content_mime_detected", "fetch_status", "url"
# What is taken of a row; where a crawl's index has no such column, it is null.
TAKEN: Mapping[str, pa.DataType] = {
    _URL: pa.string(),
    "fetch_time": pa.timestamp("us", "UTC"),
    "content_digest": pa.string(),
    _LANGUAGES: pa.string(),
    "warc_filename": pa.string(),
    "warc_record_offset": pa.int64(),
    "warc_record_length": pa.int64(),
}
_DICTIONARIES = (_LANGUAGES, _TLD, _HOST, _DOMAIN, _MIME)

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is wanted of the index: a row has to meet all that is named; None and empty ask nothing.

    Args:
        codes: of `content_languages`.
        first: only the code that stands first, the language of most of the page, counts.
        tlds: last parts of host names, without a dot.
        domains: registered domains.
        hosts: host names.
        seeds: sites by hand.
        mimes: detected media types.
        statuses: of HTTP.
    """

    codes: frozenset[str] | None = None
    first: bool = False
    tlds: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    seeds: Seeds | None = None
    mimes: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()

    def for_robots(self) -> "Selection":
        """Return what is wanted of the robots.txt captures of the same sites."""
        seeds = None if self.seeds is None else self.seeds.whole()
        return Selection(tlds=self.tlds, domains=self.domains, hosts=self.hosts, seeds=seeds, statuses=(200,))


@dataclass(slots=True)
class Tally:
    """What was counted of one file of the index: the rows, those in row groups that were not read, those wanted."""

    rows: int = 0
    unread: int = 0
    wanted: int = 0


@dataclass(frozen=True, slots=True)
class _Test:
    """A column that decides, by its values: listed ones, or whichever a function takes."""

    column: str
    takes: Callable[[Any], bool]
    values: tuple[Any, ...] = field(default=())  # all that it takes, sorted, where they can be listed
    surts: tuple[str, ...] = field(default=())  # beginnings of all keys that it takes, sorted, none of them in another


def select(file: pq.ParquetFile, wanted: Selection, tally: Tally, *, name: str) -> Iterator[pa.RecordBatch]:
    """Yield the wanted rows of one file, in its order, with the columns of `TAKEN`; a row group at a time.

    Args:
        file: opened with `read_dictionary` of `dictionaries()`, better without read-ahead.
        wanted: of its rows.
        tally: counted in as it goes.
        name: of the file, for messages.

    Raises:
        DataError: a column that decides is missing, or the file cannot be read.
    """
    tests = _tests(wanted)
    missing = [one.column for one in tests if one.column not in file.schema_arrow.names]
    if missing:
        words = ": crawls before CC-MAIN-2018-39 have no languages" if missing[0] == _LANGUAGES else ""
        raise DataError(f"{name} has no column {missing[0]}{words}")
    for needed in (_URL, "warc_filename", "warc_record_offset", "warc_record_length"):
        if needed not in file.schema_arrow.names:
            raise DataError(f"{name} has no column {needed}: it is no index of Common Crawl")
    try:
        for group in range(file.metadata.num_row_groups):
            yield from _of_group(file, group, tests, tally)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataError(f"{name}: {error}") from error


def _of_group(file: pq.ParquetFile, group: int, tests: Sequence[_Test], tally: Tally) -> Iterator[pa.RecordBatch]:
    metadata = file.metadata.row_group(group)
    tally.rows += metadata.num_rows
    if not all(_possible(metadata, test) for test in tests):
        tally.unread += metadata.num_rows
        return
    masks = _masks(file, group, tests) if tests else [np.ones(metadata.num_rows, np.bool_)]
    mask = np.concatenate(masks) if masks else np.zeros(0, np.bool_)
    found = int(mask.sum())
    tally.wanted += found
    if not found:
        return
    columns = [column for column in TAKEN if column in file.schema_arrow.names]
    begin = 0
    for batch in file.iter_batches(_BATCH_ROWS, row_groups=[group], columns=columns, use_threads=False):
        here = mask[begin : begin + batch.num_rows]
        begin += batch.num_rows
        if here.any():
            yield _taken(batch.filter(booleans(here)))


def _masks(file: pq.ParquetFile, group: int, tests: Sequence[_Test]) -> list[Mask]:
    columns = sorted({test.column for test in tests})
    batches = file.iter_batches(_BATCH_ROWS, row_groups=[group], columns=columns, use_threads=False)
    return [_mask(batch, tests) for batch in batches]


def _mask(batch: pa.RecordBatch, tests: Sequence[_Test]) -> Mask:
    mask = np.ones(batch.num_rows, np.bool_)
    for test in tests:
        if mask.any():
            mask &= _by_value(batch.column(test.column), test.takes)
    return mask


def _by_value(array: pa.Array, takes: Callable[[Any], bool]) -> Mask:
    """Ask once per different value; null is never taken."""
    encoded = cast(Any, array if pa.types.is_dictionary(array.type) else pc.dictionary_encode(array))
    verdicts = np.array([value is not None and takes(value) for value in encoded.dictionary.to_pylist()] + [False])
    places = encoded.indices.fill_null(len(verdicts) - 1).to_numpy(zero_copy_only=False)
    return cast(Mask, verdicts[places])


def _taken(batch: pa.RecordBatch) -> pa.RecordBatch:
    arrays = []
    for name, kind in TAKEN.items():
        if name not in batch.schema.names:
            arrays.append(pa.nulls(batch.num_rows, kind))
            continue
        column = cast(Any, batch.column(name))
        column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        arrays.append(_in_utc(column) if pa.types.is_timestamp(kind) else column.cast(kind))
    return pa.RecordBatch.from_arrays(arrays, names=list(TAKEN))


def _in_utc(column: Any) -> pa.Array:
    """Return times in microseconds of UTC: the index has them without a zone, and means that one."""
    plain = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return plain if column.type.tz else pc.assume_timezone(plain, "UTC")


def dictionaries(schema: pa.Schema) -> list[str]:
    """Return the columns of an index that are read as dictionaries: few values, asked once each."""
    return [name for name in _DICTIONARIES if name in schema.names]


def _tests(wanted: Selection) -> list[_Test]:
    """Return what decides, the cheapest and the most selective first."""
    tests: list[_Test] = []
    if wanted.tlds:
        tests.append(_listed(_TLD, wanted.tlds))
    if wanted.domains:
        tests.append(_listed(_DOMAIN, wanted.domains))
    if wanted.hosts:
        tests.append(_listed(_HOST, wanted.hosts))
    if wanted.seeds is not None:
        tests.append(_Test(_HOST, wanted.seeds.names, surts=wanted.seeds.surts()))
    if wanted.codes is not None:
        codes, first = wanted.codes, wanted.first
        tests.append(_Test(_LANGUAGES, lambda value: not codes.isdisjoint(value.split(",")[: 1 if first else None])))
    if wanted.statuses:
        tests.append(_listed(_STATUS, wanted.statuses))
    if wanted.mimes:
        tests.append(_listed(_MIME, wanted.mimes))
    if wanted.seeds is not None and any(wanted.seeds.prefixes.values()):
        tests.append(_Test(_URL, wanted.seeds.covers))
    return tests


def _listed(column: str, values: Sequence[Any]) -> _Test:
    known = frozenset(values)
    return _Test(column, known.__contains__, tuple(sorted(known)))


def _possible(group: Any, test: _Test) -> bool:
    """Tell whether a row group can hold what a test takes, by its statistics."""
    values = test.values or test.surts
    bounds = _bounds(group, test.column if test.values else _KEY) if values else None
    if bounds is None or any(type(bound) is not type(values[0]) for bound in bounds):
        return True
    at = bisect_left(values, bounds[0])
    if at < len(values) and values[at] <= bounds[1]:
        return True
    # Keys of a site that begins before this row group may go on in it.
    return bool(test.surts) and at > 0 and bool(bounds[0].startswith(values[at - 1]))


def _bounds(group: Any, column: str) -> tuple[Any, Any] | None:
    """Return the least and the greatest value of a column, where the file says."""
    for place in range(group.num_columns):
        if group.column(place).path_in_schema == column:
            statistics = group.column(place).statistics
            return (statistics.min, statistics.max) if statistics is not None and statistics.has_min_max else None
    return None
