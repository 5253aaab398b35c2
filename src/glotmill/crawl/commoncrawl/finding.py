"""Which files the index of a crawl consists of, and which files of extracted text it has."""

from collections.abc import Sequence

from glotmill.core.errors import DataError
from glotmill.crawl.commoncrawl.base import Base, Missing, read_paths
from glotmill.crawl.commoncrawl.listing import IndexFile
from glotmill.crawl.commoncrawl.pace import Pace
from glotmill.crawl.commoncrawl.wet import sampled

_TABLE = "cc-index/table/cc-main/warc"


def index_files(base: Base, pace: Pace, crawl: str, subset: str) -> list[IndexFile]:
    """Return the files of one crawl and subset (`warc`, `robotstxt`), sorted; none where the crawl has no such subset.

    By Common Crawl's own list of paths, `crawl-data/<crawl>/cc-index-table.paths.gz`, or where there is none and the base can be
    listed, by its folders.

    Raises:
        DataError: there is neither.
    """
    listed = f"crawl-data/{crawl}/cc-index-table.paths.gz"
    paths = read_paths(base, pace, listed)
    folder = f"{_TABLE}/crawl={crawl}/subset={subset}"
    if isinstance(paths, Missing):
        found = base.list(folder) if paths.reason == "not_found" else None
        if found is None:
            raise DataError(f"no list of the index of {crawl}: {paths.detail} ({paths.reason})")
        paths = found
    part = f"/crawl={crawl}/subset={subset}/"
    return [IndexFile(crawl, path) for path in sorted(set(paths)) if part in path and path.endswith(".parquet")]


def wet_files(base: Base, pace: Pace, crawl: str, number: int) -> Sequence[str]:
    """Return a sample of the paths of a crawl's WET files, by its list `crawl-data/<crawl>/wet.paths.gz`.

    Raises:
        DataError: there is no such list, or nothing in it.
    """
    listed = f"crawl-data/{crawl}/wet.paths.gz"
    paths = read_paths(base, pace, listed)
    if isinstance(paths, Missing):
        raise DataError(f"{paths.detail} ({paths.reason})")
    found = sampled(paths, number)
    if not found:
        raise DataError(f"{listed} names no WET file")
    return found
