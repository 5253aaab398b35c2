"""The source of Common Crawl's pages: what a recipe says of a selection, and the files that it was frozen into."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StrictInt, StrictStr, field_validator, model_validator

from glotmill.core.errors import DataError, RecipeError
from glotmill.core.hashing import canonical_json, document_id, sha256_text
from glotmill.core.inputs import InputFile, Slice
from glotmill.core.steps import Outcome
from glotmill.crawl.archive import check_size
from glotmill.crawl.commoncrawl import wet
from glotmill.crawl.commoncrawl.freezing import OFFSET, ORIGIN
from glotmill.crawl.commoncrawl.index import Selection
from glotmill.crawl.commoncrawl.job import RECORD, FetchJob, Format
from glotmill.crawl.commoncrawl.languages import blind_spots, codes, targets
from glotmill.crawl.commoncrawl.listing import Captures
from glotmill.crawl.commoncrawl.seeds import parse_seeds
from glotmill.dedup.tombstones import PROJECT_FILE, parsed
from glotmill.io.pages import Page
from glotmill.io.warc import WarcSource, metadata_lines
from glotmill.io.warc_records import Record
from glotmill.licensing.agents import AGENTS_FILE, load_agents
from glotmill.licensing.consent import consent_column

FINISHED = "commoncrawl"  # the receipt that a finished fetch has
_HTML = ("text/html", "application/xhtml+xml")
_MB = 1_000_000
_RATIO, _INFLATED = 10, 64_000_000  # of a record: pages inflate five- to tenfold, repetitive ones more
_CRAWL = r"^CC-MAIN-\d{4}(-\d{2,4})?$|^CC-MAIN-[0-9A-Za-z-]{1,40}$"
_NAME = r"^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$"

Name = Annotated[StrictStr, Field(pattern=_NAME)]


class CommonCrawlSource(WarcSource):
    """Pages of Common Crawl, chosen by its columnar index and read from the WARC files that they were fetched into.

    `glotmill fetch` comes first: it makes the list of what is wanted, fetches the records as byte ranges into the folder
    that the source is bound to, and holds each against its digest. A run reads what is there, and asks nobody.
    A page has to meet all that is named here.

    Args:
        crawls: snapshots, `CC-MAIN-2026-30`.
        format: `warc`, or `wet`: whole files of the text that Common Crawl has extracted, to see what it holds. They have no
            markup, so that no license is ever found in them.
        languages: `targets` takes pages that `content_languages` gives to a language of the recipe, `any` all pages.
        codes: of `content_languages`, in addition to the targets'.
        position: `first` takes a page where the language stands first, `any` wherever it stands.
        tlds: top-level domains: `[eus]`.
        domains: registered domains: `[adibidea.example]`.
        hosts: host names.
        seeds: a project file that lists sites, one a line: a pseudo-crawl.
        mimes: detected media types.
        statuses: of HTTP.
        captures: of several captures of a page, in one or more crawls, `newest` or `oldest` is taken, or `all`.
        robots: `join` fetches the robots.txt captures of the pages' sites, so that the column `consent` has what they say
            of training; `none` leaves it unknown.
        max_pages: pages at most, a sample by their addresses; None for all.
        max_record_mb: compressed records that are longer are not fetched.
        wet_files: of each crawl, a sample by their paths.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".warc", ".warc.gz", wet.SUFFIX)

    kind: Literal["commoncrawl"]  # type: ignore[assignment]  # a source of WARC files under another name
    crawls: Annotated[tuple[Annotated[StrictStr, Field(pattern=_CRAWL)], ...], Field(min_length=1)]
    format: Format = "warc"
    languages: Literal["targets", "any"] = "targets"
    codes: tuple[Annotated[StrictStr, Field(pattern=r"^[a-z]{3}$")], ...] = ()
    position: Literal["any", "first"] = "any"
    tlds: tuple[Name, ...] = ()
    domains: tuple[Name, ...] = ()
    hosts: tuple[Name, ...] = ()
    seeds: StrictStr | None = None
    mimes: tuple[StrictStr, ...] = _HTML
    statuses: tuple[Annotated[StrictInt, Field(ge=100, le=599)], ...] = (200,)
    captures: Captures = "newest"
    robots: Literal["join", "none"] = "join"
    max_pages: Annotated[int | None, Field(ge=1)] = None
    max_record_mb: Annotated[float, Field(gt=0, le=1000)] = 8.0
    wet_files: Annotated[int, Field(ge=1, le=100_000)] = 1

    @field_validator("crawls")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands twice")
        return names

    @model_validator(mode="after")
    def _selects(self) -> Self:
        unknown = sorted(set(self.codes) - set(codes()))
        if unknown:
            raise ValueError(f"Common Crawl's index has no code {', '.join(unknown)}; it has {', '.join(codes())}")
        if self.codes and self.languages == "any":
            raise ValueError("`languages: any` takes every language, so `codes` would add nothing")
        by_site = self.tlds or self.domains or self.hosts or self.seeds
        if self.format == "warc" and self.languages == "any" and not by_site:
            raise ValueError(
                "`languages: any` needs `tlds`, `domains`, `hosts` or `seeds`, or it would take everything"
            )
        return self

    def files(self) -> tuple[str, ...]:
        return (AGENTS_FILE, *((self.seeds,) if self.seeds is not None else ()))

    def check(self, files: Mapping[str, str]) -> None:
        if self.seeds is not None:
            parse_seeds(files[self.seeds], file=self.seeds)

    def notes(self, languages: Sequence[str]) -> tuple[str, ...]:
        """Return, in words, what the index cannot find of these languages by the selection."""
        return blind_spots(languages) if self.format == "warc" and self.languages == "targets" else ()

    def expected_pages(self, languages: Sequence[str]) -> int | None:
        """Return about how many pages a selection by language alone has in all its crawls, several captures of a page included.

        By what CC-MAIN-2026-04 had, pages that have one of the languages first; other selections narrow it, and `position: any` takes more.
        None where languages do not select.

        Args:
            languages: canonical tags of the recipe's targets.
        """
        if self.format != "warc" or self.languages == "any":
            return None
        found = targets(languages) | frozenset(self.codes)
        return len(self.crawls) * sum(codes()[code].pages or 0 for code in found)

    def chosen(self, names: Sequence[str]) -> list[str]:
        """Return the files of a finished fetch; all archives where none was carried out there.

        Raises:
            DataError: the fetch is not finished.
        """
        if RECORD not in names:
            return super().chosen(names)
        if f"receipts/{FINISHED}.json" not in names:
            raise DataError(f"the fetch for source {self.of!r} is not finished: `glotmill fetch` goes on with it")
        begin = "wet/" if self.format == "wet" else "warc/pages-"
        return [name for name in super().chosen(names) if name.startswith(begin)]

    def split(self, file: InputFile, target_bytes: int) -> Sequence[Slice]:
        if wet.is_wet(file.name):
            return (Slice(file, 0, file.size),)
        check_size(file)
        return super().split(file, target_bytes)

    def read(self, part: Slice) -> Iterator[Outcome]:
        return wet.read(part, source=self.of, track=self.track) if wet.is_wet(part.file.name) else super().read(part)

    def reasons(self) -> frozenset[str]:
        return super().reasons() | wet.REASONS

    def described(self, page: Page, record: Record, file: InputFile) -> Page:
        """Return a page with Common Crawl's own file as its place, and what the site's robots.txt says."""
        page = super().described(page, record, file)
        told = dict(metadata_lines(record))
        if ORIGIN not in told or OFFSET not in told:
            return page
        place = f"{file.delivery}/{told[ORIGIN]}" if file.delivery else told[ORIGIN]
        date = "" if page.crawl_time is None else page.crawl_time.isoformat()
        return page._replace(
            doc_id=document_id(self.of, place, told[OFFSET], page.url or "", date),
            warc_ref=f"{told[ORIGIN]}:{told[OFFSET]}",
            consent=page.consent or consent_column({}),
        )

    def job(self, *, name: str, languages: tuple[str, ...], files: Mapping[str, str]) -> FetchJob:
        """Return what the fetch is told.

        Args:
            name: of the fetch.
            languages: canonical tags of the targets.
            files: project path -> text, of `files` at least, and the project's tombstones where it has any.

        Raises:
            RecipeError: the index can find none of the languages, or a project file is wrong.
        """
        wanted = self._selection(languages, files)
        identity = {
            "crawls": list(self.crawls),
            "languages": [] if wanted.codes is None else sorted(wanted.codes),
            "selection": self.model_dump(
                mode="json",
                include={"format", "position", "tlds", "domains", "hosts", "mimes", "statuses", "wet_files"},
            ),
            "seeds": None if self.seeds is None else sha256_text(files[self.seeds]),
            "captures": [self.captures, self.max_pages, self.max_record_mb],
            "robots": [self.robots, sha256_text(files[AGENTS_FILE])],
        }
        longest = int(self.max_record_mb * _MB)
        return FetchJob(
            name=name,
            plan=sha256_text(canonical_json(identity)),
            identity={key: sha256_text(canonical_json(value)) for key, value in identity.items()},
            crawls=self.crawls,
            format=self.format,
            wanted=wanted,
            captures=self.captures,
            robots=self.robots == "join",
            most=self.max_pages,
            longest=longest,
            inflated=max(longest * _RATIO, _INFLATED),
            wet_files=self.wet_files,
            agents=load_agents(files[AGENTS_FILE]),
            taken_down=parsed(files.get(PROJECT_FILE, "")),
        )

    def _selection(self, languages: tuple[str, ...], files: Mapping[str, str]) -> Selection:
        found = None if self.languages == "any" else targets(languages) | frozenset(self.codes)
        if found is not None and not found and self.format == "warc":
            raise RecipeError(
                f"Common Crawl's index has no code for {', '.join(languages)}",
                field="source.languages",
                remedy="; ".join(blind_spots(languages)),
            )
        return Selection(
            codes=found,
            first=self.position == "first",
            tlds=self.tlds,
            domains=self.domains,
            hosts=self.hosts,
            seeds=None if self.seeds is None else parse_seeds(files[self.seeds], file=self.seeds),
            mimes=self.mimes,
            statuses=self.statuses,
        )
