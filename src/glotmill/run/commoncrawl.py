"""Carrying out the fetch of a source from Common Crawl: the list first, then the records on it, each call going on."""

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from glotmill import __version__
from glotmill.core.errors import DataError, PlanConflictError, SettingsError
from glotmill.crawl.archive import Operator
from glotmill.crawl.commoncrawl import finding, wet
from glotmill.crawl.commoncrawl.base import Base, open_base
from glotmill.crawl.commoncrawl.captures import Barred, Capture, Wanted
from glotmill.crawl.commoncrawl.fetching import Consent, Work, fetch
from glotmill.crawl.commoncrawl.freezing import Freezer
from glotmill.crawl.commoncrawl.index import Selection
from glotmill.crawl.commoncrawl.job import RECORD, FetchJob
from glotmill.crawl.commoncrawl.listing import Captures, Counts, Identify, IndexFile, Keys, Listing
from glotmill.crawl.commoncrawl.pace import Pace
from glotmill.crawl.commoncrawl.site_rules import SiteRules
from glotmill.crawl.commoncrawl.source import FINISHED, CommonCrawlSource
from glotmill.crawl.shards import locked
from glotmill.dedup.tombstones import Tombstones
from glotmill.io import storage
from glotmill.plan.resolve import Plan
from glotmill.provenance.receipts import Receipt, write_receipt
from glotmill.run.events import Event, Listener, silent

_SAID_S = 10.0
_INDEX_FILES = "index.json"
_ROBOTS_RECORD = 2 << 20  # bytes of a compressed record: four times what RFC 9309 has a reader take of the file


@dataclass(frozen=True, slots=True)
class Access:
    """Where Common Crawl is, and how it is asked; none of it changes what comes.

    Args:
        location: base URL, local folder or fsspec URL.
        rate: requests a second, at most, of all connections together.
        connections: requests under way at once.
        patience: seconds that a server's Retry-After is waited for.
    """

    location: str
    rate: float = 10.0
    connections: int = 8
    patience: float = 900.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a list holds and how far its fetch is: listed = fetched + failed + left.

    Args:
        counts: of the rows of the index.
        fetched: records in the WARC files.
        bytes: of them.
        failed: reason -> records.
        left: not asked for yet.
    """

    counts: Counts = field(default_factory=Counts)
    fetched: int = 0
    bytes: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    left: int = 0

    @property
    def left_bytes(self) -> int:
        """Bytes of the records that are not asked for yet, about."""
        return max(self.counts.bytes - self.bytes, 0) if self.left else 0


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a fetch has done so far, all calls together.

    Args:
        folder: where it lies.
        finished: nothing is left to ask for.
        pages: of the list of pages.
        robots: of the list of robots.txt captures; None where they are not joined, or the list is not made yet.
        wet: files of extracted text: how many, and their bytes; None where pages are fetched.
    """

    folder: str
    finished: bool
    pages: Fetched | None = None
    robots: Fetched | None = None
    wet: Mapping[str, int] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as a plain mapping, with what is left to be asked for: `requests` and `bytes`."""
        lists = [one for one in (self.pages, self.robots) if one is not None]
        return {
            **asdict(self),
            "requests": sum(one.left for one in lists),
            "bytes": sum(one.left_bytes for one in lists),
        }


def fetch_job(plan: Plan, source: CommonCrawlSource) -> FetchJob:
    """Return what the fetch of a recipe's source is told.

    Raises:
        RecipeError: the index can find none of the languages.
    """
    name = f"{plan.recipe.name}@{plan.recipe.version}/{source.of}"
    return source.job(name=name, languages=plan.recipe.languages, files=plan.files)


def carry_out(
    job: FetchJob,
    folder: str,
    access: Access,
    *,
    listener: Listener = silent,
    most: int | None = None,
    list_only: bool = False,
    again: bool = False,
) -> Outlook:
    """Carry a fetch out, or on, and return what it has done so far.

    The list of pages is made first and not changed after; then that of the robots.txt captures of their sites, which are
    fetched before the pages, so that what they say goes into the pages' records.

    Args:
        job: what to fetch.
        folder: local; gets `list`, `warc`, `receipts` and `state`.
        access: to Common Crawl.
        listener: told of it.
        most: pages that this call asks for at most.
        list_only: make the lists, and fetch nothing.
        again: ask once more for what failed.

    Raises:
        PlanConflictError: the folder holds another fetch.
        DataError: the index is missing, or the server does not answer; what is there counts.
        SettingsError: the folder is not a local one, or another process works on it.
    """
    path = storage.local_path(folder)
    if path is None:
        raise SettingsError(f"{folder}: a fetch needs a folder on a local disk; copy it away when it is done")
    known = outlook(folder, job)
    if known is not None and known.finished and (list_only or not again):
        return known
    path.mkdir(parents=True, exist_ok=True)
    lock = locked(path / RECORD)
    try:
        pace = Pace(access.rate, patience=access.patience)
        one = _Fetch(job, path, open_base(access.location, pace), pace, access.connections, listener)
        one.begin()
        if job.format == "wet":
            return one.wet(list_only=list_only)
        return one.pages(most=most, list_only=list_only, again=again)
    finally:
        os.close(lock)


def outlook(folder: str, job: FetchJob | None = None) -> Outlook | None:
    """Return what a folder says of the fetch in it, None where there is none.

    Args:
        folder: path, or fsspec URL of a copy.
        job: what should be in it; None asks nothing.

    Raises:
        PlanConflictError: it is another one.
    """
    address = storage.join(folder, RECORD)
    if not storage.exists(address):
        return None
    value = json.loads(storage.read_bytes(address))
    if job is not None:
        differ = sorted(name for name, digest in job.identity.items() if value["identity"].get(name) != digest)
        if differ:
            raise PlanConflictError(
                f"{folder} holds another fetch ({value['name']}): {', '.join(differ)} differ",
                remedy="Bind the source to a new folder, or take the recipe back.",
            )
    return Outlook(folder, value["finished"], _fetched(value["pages"]), _fetched(value["robots"]), value["wet"])


def check_fetched(plan: Plan, bindings: Mapping[str, str]) -> None:
    """Refuse folders that hold the fetch of another selection than the recipe's.

    Raises:
        PlanConflictError: one does.
    """
    for source in plan.recipe.sources:
        if isinstance(source, CommonCrawlSource) and source.of in bindings:
            outlook(bindings[source.of], fetch_job(plan, source))


def _fetched(value: dict[str, Any] | None) -> Fetched | None:
    return None if value is None else Fetched(**{**value, "counts": Counts(**value["counts"])})


class _Fetch:
    """One call of a fetch."""

    def __init__(
        self, job: FetchJob, folder: Path, base: Base, pace: Pace, connections: int, listener: Listener
    ) -> None:
        self._job, self._folder, self._base, self._pace = job, folder, base, pace
        self._connections, self._tell = connections, listener
        self._operator = Operator(
            "Common Crawl", f"Glotmill/{__version__}", job.name, robots="as Common Crawl heeded it"
        )

    def begin(self) -> None:
        if not (self._folder / RECORD).exists():
            self._write(finished=False)

    def wet(self, *, list_only: bool) -> Outlook:
        paths = [
            path
            for crawl in self._job.crawls
            for path in finding.wet_files(self._base, self._pace, crawl, self._job.wet_files)
        ]
        if list_only:
            return self._write(finished=False, wet={"files": 0, "bytes": 0, "records": 0, "left": len(paths)})
        counts = {"files": 0, "bytes": 0, "records": 0, "left": len(paths)}
        for number, path in enumerate(paths, 1):
            receipt = wet.fetch(path, self._folder, base=self._base, pace=self._pace, plan=self._job.plan)
            counts["files"], counts["left"] = number, len(paths) - number
            counts["bytes"] += receipt.files["wet"].bytes
            counts["records"] += receipt.facts["records"]
            self._tell(Event("done", "wet", done=number, total=len(paths)))
        return self._finish(wet=counts)

    def pages(self, *, most: int | None, list_only: bool, again: bool) -> Outlook:
        pages = self._listing("pages")
        counts = self._listed(
            pages,
            "pages",
            "warc",
            self._job.wanted,
            captures=self._job.captures,
            most=self._job.most,
            gone=self._job.taken_down,
        )
        robots = robots_counts = None
        if self._job.robots:
            robots = self._listing("robots")
            robots_counts = self._listed(
                robots, "robots", "robotstxt", self._job.wanted.for_robots(), captures="newest", most=None,
                gone=Tombstones(), sites=pages.sites,
            )  # fmt: skip
        here = self._write(
            finished=False,
            pages=self._state("pages", counts),
            robots=None if robots_counts is None else self._state("robots", robots_counts),
        )
        if list_only:
            return here
        (self._folder / "receipts" / f"{FINISHED}.json").unlink(missing_ok=True)
        rules: SiteRules | None = None
        asked: Fetched | None = None
        if robots is not None and robots_counts is not None:
            asked, _ = self._fetch(robots, "robots", robots_counts, again=again)
            rows = (row if isinstance(row, Wanted) else row.wanted for _, row in robots.rows())
            listed = (wanted for wanted in rows if wanted is not None)
            rules = SiteRules(self._folder, listed, self._job.agents)
        got, finished = self._fetch(pages, "pages", counts, rules=rules, most=most, again=again)
        return (self._finish if finished else self._pause)(pages=got, robots=asked)

    def _listing(self, name: str) -> Listing:
        identify: Identify = "robots" if name == "robots" else "record" if self._job.captures == "all" else "page"
        # However short a recipe's pages are to be, the rules of their sites are read.
        longest = max(self._job.longest, _ROBOTS_RECORD) if name == "robots" else self._job.longest
        return Listing(self._folder, name, plan=self._job.plan, identify=identify, longest=longest)

    def _listed(
        self,
        listing: Listing,
        name: str,
        subset: str,
        wanted: Selection,
        *,
        captures: Captures,
        most: int | None,
        gone: Tombstones,
        sites: Callable[[], Keys] | None = None,
    ) -> Counts:
        """Make a list, or find it made, and return what became of the rows of its index."""
        files = self._index(subset)
        keys: Keys | None = None
        gathered: list[Receipt] = []
        for number, file in enumerate(files):
            done = listing.gathered(number)
            if done is None:
                keys = sites() if sites is not None and keys is None else keys
                done = listing.gather(number, file, wanted, self._base, self._pace, sites=keys)
            gathered.append(done)
            self._tell(Event("done", f"index of {name}", done=number + 1, total=len(files)))
        counts = listing.merge(gathered, captures=captures, most=most, gone=gone)
        if not counts.balanced():
            raise DataError(f"list of {name}: rows were lost or gained: {counts}")
        return counts

    def _index(self, subset: str) -> Sequence[IndexFile]:
        """Return the files of the index, by what the first call found; a crawl may lack robots.txt captures, but not pages."""
        path = self._folder / "list" / f"{subset}-{_INDEX_FILES}"
        if not path.exists():
            found = [
                file
                for crawl in self._job.crawls
                for file in finding.index_files(self._base, self._pace, crawl, subset)
            ]
            without = sorted(set(self._job.crawls) - {file.crawl for file in found})
            if without and subset == "warc":
                raise DataError(f"no index of {', '.join(without)}")
            storage.replace_bytes(str(path), json.dumps([[file.crawl, file.path] for file in found], indent=0).encode())
        return [IndexFile(*file) for file in json.loads(path.read_text(encoding="utf-8"))]

    def _fetch(
        self,
        listing: Listing,
        name: str,
        counts: Counts,
        *,
        again: bool,
        rules: SiteRules | None = None,
        most: int | None = None,
    ) -> tuple[Fetched, bool]:
        job = self._job
        work = Work(
            self._base, self._pace, self._connections, job.inflated, f"crawl-data/{job.crawls[0]}/warc.paths.gz"
        )
        with self._freezer(name) as freezer:
            over = freezer.progress.done >= self._rows_of(freezer, counts)
            if again and over and freezer.progress.failed:
                freezer.again()
            rows = self._left(listing, freezer)
            rows = rows if rules is None else _barred(rows, rules)
            consent: Consent = _silence if rules is None else rules.lines
            told = _Words(self._tell, name, counts.listed)
            finished = fetch(freezer, rows, work, consent=consent, told=told, most=most)
            if finished:
                freezer.end()
                self._failures(freezer, name)
            return self._of(freezer, counts), finished

    def _freezer(self, name: str) -> Freezer:
        job = self._job
        return Freezer(self._folder, name, operator=self._operator, plan=job.plan, max_bytes=job.warc_bytes)

    def _left(self, listing: Listing, freezer: Freezer) -> Iterator[tuple[int, Wanted | Barred]]:
        tour, done = freezer.tour(), freezer.progress.done
        if tour is None:
            return listing.rows(done)
        wanted = frozenset(tour[done:])
        if not wanted:
            return iter(())
        return ((row, what) for row, what in listing.rows(min(wanted)) if row in wanted)

    def _rows_of(self, freezer: Freezer, counts: Counts) -> int:
        tour = freezer.tour()
        return counts.listed if tour is None else len(tour)

    def _state(self, name: str, counts: Counts) -> Fetched:
        if not (self._folder / "state" / f"{name}.jsonl").exists():
            return Fetched(counts, left=counts.listed)
        with self._freezer(name) as freezer:
            return self._of(freezer, counts)

    def _of(self, freezer: Freezer, counts: Counts) -> Fetched:
        progress = freezer.progress
        failed = dict(sorted(progress.failed.items()))
        left = self._rows_of(freezer, counts) - progress.done
        return Fetched(counts, progress.fetched, progress.bytes, failed, left)

    def _failures(self, freezer: Freezer, name: str) -> None:
        """Write down what failed, one JSON object a line; an empty file says that nothing did."""
        lines = [json.dumps(entry, ensure_ascii=False) + "\n" for entry in freezer.failures()]
        storage.replace_bytes(str(self._folder / f"failed-{name}.jsonl"), "".join(lines).encode("utf-8", "replace"))

    def _finish(self, **parts: Any) -> Outlook:
        write_receipt(str(self._folder / "receipts"), Receipt(self._job.plan, FINISHED, facts=_plain(parts)))
        return self._write(finished=True, **parts)

    def _pause(self, **parts: Any) -> Outlook:
        return self._write(finished=False, **parts)

    def _write(self, *, finished: bool, **parts: Any) -> Outlook:
        """Write down how far the fetch is."""
        job = self._job
        value = {
            "name": job.name,
            "identity": dict(job.identity),
            "finished": finished,
            "pages": None,
            "robots": None,
            "wet": None,
        }
        text = json.dumps({**value, **_plain(parts)}, sort_keys=True, indent=2) + "\n"
        storage.replace_bytes(str(self._folder / RECORD), text.encode())
        return Outlook(str(self._folder), finished, **parts)


class _Words:
    """Says now and then how far a list is."""

    def __init__(self, listener: Listener, name: str, total: int) -> None:
        self._listener, self._name, self._total, self._said = listener, name, total, -math.inf

    def __call__(self, freezer: Freezer) -> None:
        now, progress = time.monotonic(), freezer.progress
        if now - self._said < _SAID_S:
            return
        self._said = now
        failed = f", {sum(progress.failed.values()):,} failed" if progress.failed else ""
        text = f"{progress.fetched:,} of {self._total:,} records fetched{failed}"
        self._listener(Event("note", self._name, text=text))


def _barred(rows: Iterator[tuple[int, Wanted | Barred]], rules: SiteRules) -> Iterator[tuple[int, Wanted | Barred]]:
    """Bar the pages of sites whose robots.txt is there and could not be read: it may deny what the page does not."""
    for row, wanted in rows:
        if isinstance(wanted, Wanted) and rules.unread(wanted):
            yield row, Barred("robots_unread", "its site's robots.txt could not be fetched", wanted)
        else:
            yield row, wanted


def _silence(_: Wanted, __: Capture) -> Sequence[str]:
    return ()


def _plain(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: asdict(part) if isinstance(part, Fetched) else part for name, part in parts.items()}
