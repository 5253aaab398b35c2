"""The source of wikis: MediaWiki XML dumps, one document per page, its wikitext made into plain text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field, StrictStr, field_validator

from glotmill.core.errors import DataError, RecipeError
from glotmill.core.hashing import document_id
from glotmill.core.inputs import InputFile, Slice, SourceSpec
from glotmill.core.schema import DOCUMENT_SCHEMA, STRINGS
from glotmill.core.steps import Outcome
from glotmill.io.bzip2 import even_cuts
from glotmill.io.mediawiki_xml import (
    SUFFIX,
    PageBytes,
    WikiPage,
    parse_page,
    read_pages,
    read_site,
    title_of_beginning,
)
from glotmill.io.rows import Gatherer, Row
from glotmill.io.storage import open_read
from glotmill.licensing.sources import HOST, load_source, source_file
from glotmill.text.wikitext.article import Article, Reading, Tables, read_article
from glotmill.text.wikitext.inline import TooComplexError, template_name
from glotmill.text.wikitext.site import Links, Site, language_of, redirect_target, title_path

_BATCH_ROWS = 64
_DATE = re.compile(r"(?<![0-9])(20\d{2})(\d{2})(\d{2})(?![0-9])")  # euwiki-20261101-pages-articles-multistream.xml.bz2
_MULTISTREAM = "-multistream"
_REASONS = (
    "bad_xml",
    "broken_stream",
    "empty",
    "hidden",
    "namespace",
    "no_text",
    "not_wikitext",
    "page_too_large",
    "redirect",
    "too_complex",
    "truncated",
)
# What a page holds that its text leaves out, as columns: kinds of `Article.left_out`.
_COUNTS: Mapping[str, str] = {"wiki_templates": "template", "wiki_tables": "table", "wiki_formulas": "formula"}

_ELEMENT = "element"
COLUMNS = pa.schema(
    [
        DOCUMENT_SCHEMA.field("date"),
        pa.field("wiki_page", pa.int64()),
        pa.field("wiki_revision", pa.int64()),
        pa.field("wiki_namespace", pa.int32()),
        pa.field(
            "wiki_sections", pa.list_(pa.field(_ELEMENT, pa.struct([("level", pa.int32()), ("title", pa.string())])))
        ),
        pa.field("wiki_links", STRINGS),
        pa.field("wiki_categories", STRINGS),
        pa.field(
            "wiki_languages",
            pa.list_(pa.field(_ELEMENT, pa.struct([("edition", pa.string()), ("title", pa.string())]))),
        ),
        *(pa.field(name, pa.int32()) for name in _COUNTS),
    ]
)


class WikimediaSource(SourceSpec):
    """Pages of wikis out of their XML dumps.

    The license of a dump is its project's, so a source is of one: `host` has to be among the hosts that the source's entry
    is about, and what a dump says of itself has to be on `host`.

    Args:
        host: of the wikis that the dumps may be of: `wikipedia.org` for all its editions.
        namespaces: numbers of those that are read; 0 holds the articles.
        tables: left out of the text, or kept as Markdown.
        show_templates: template -> its parameter that is shown in the text (`{lang: "2"}`); all others are left out.
        skip_sections: headings whose sections are left out, in the wikis' languages.
        variant: the spelling to choose where a page offers several (`zh-hans`); by default the first.
        dump_date: of dumps whose file names have none.
        max_page_bytes: of XML; longer pages are `wikimedia.page_too_large`. MediaWiki itself takes 2 MiB of text.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".xml.bz2", ".xml", ".xml.gz", ".xml-p1p999.bz2")

    kind: Literal["wikimedia"]
    host: Annotated[StrictStr, Field(pattern=HOST)]
    namespaces: Annotated[tuple[int, ...], Field(min_length=1)] = (0,)
    tables: Tables = "drop"
    show_templates: Mapping[StrictStr, StrictStr] = {}
    skip_sections: tuple[StrictStr, ...] = ()
    variant: Annotated[StrictStr, Field(pattern=r"^[a-z]{2,3}(-[a-z]+)*$")] | None = None
    dump_date: date | None = None
    max_page_bytes: int = Field(default=8_000_000, ge=1, le=1 << 30)

    @field_validator("namespaces")
    @classmethod
    def _each_once(cls, numbers: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(numbers)) != len(numbers):
            raise ValueError("a namespace stands twice")
        return numbers

    def check(self, files: Mapping[str, str]) -> None:
        """Refuse an entry whose license is of other wikis, or of other parts of them, than those that are read.

        Raises:
            RecipeError: naming the field, and what the entry covers.
        """
        entry = source_file(self.of)
        extent = load_source(files[entry], entry).wiki
        if extent is None:
            raise RecipeError(
                "it does not say which wikis its license covers",
                file=entry,
                field="wiki.hosts",
                remedy=f"If it is the license of {self.host}, write wiki: {{hosts: [{self.host}]}}.",
            )
        if not any(_within(self.host, host) for host in extent.hosts):
            raise RecipeError(
                f"the license in {entry} is that of {', '.join(extent.hosts)}, and not that of {self.host}",
                field="host",
                remedy=f"Name the source whose entry is about {self.host}, or write one: `of` leads to the entry.",
            )
        beyond = sorted(set(self.namespaces) - set(extent.namespaces or self.namespaces))
        if beyond:
            raise RecipeError(
                f"the license in {entry} covers the namespaces {_listed(extent.namespaces or ())}, and not {_listed(beyond)}",
                field="namespaces",
                remedy="Leave them out, or read them as a source of their own, whose entry has their license.",
            )

    def chosen(self, names: Sequence[str]) -> list[str]:
        """Return the dumps of articles among the files: of one that is there twice, the multistream one alone.

        A folder as it is downloaded also holds indexes, histories, stubs and logs; other names can be bound one by one.
        """
        dumps = [name for name in names if "pages-articles" in name and SUFFIX.search(name)]
        twins = {name.replace(_MULTISTREAM, "") for name in dumps if _MULTISTREAM in name}
        return [name for name in dumps if _MULTISTREAM in name or name not in twins]

    def split(self, file: InputFile, target_bytes: int) -> Sequence[Slice]:
        """Cut bzip2 and plain files into equal byte ranges; the reader moves each cut to the next stream or page.

        No index is needed. A bzip2 file of a single stream has one place to begin at: its first slice reads it whole.
        """
        if file.name.endswith(".gz"):
            return (Slice(file, 0, file.size),)
        return tuple(Slice(file, start, end) for start, end in even_cuts(file.size, target_bytes))

    def read(self, part: Slice) -> Iterator[Outcome]:
        gatherer = Gatherer(_BATCH_ROWS, more=COLUMNS)
        with open_read(part.file.url) as stream:
            try:
                reader = _Reader(self, part.file, read_site(stream))
                for page in read_pages(stream, part.start, part.end, limit=self.max_page_bytes):
                    yield from gatherer.add(reader.row(page))
            except DataError as error:
                raise DataError(f"{part.file.url}: {error}") from error
        yield from gatherer.flush()

    def reasons(self) -> frozenset[str]:
        return frozenset(f"wikimedia.{name}" for name in _REASONS)

    def provides(self) -> pa.Schema:
        return COLUMNS


class _Reader:
    """Makes rows out of the pages of one file."""

    def __init__(self, spec: WikimediaSource, file: InputFile, site: Site) -> None:
        if not _within(site.host, spec.host):
            raise DataError(
                f"a dump of {site.host or 'no address'}, where source {spec.of!r} is of {spec.host}: its license is another"
            )
        self._spec, self._file, self._site = spec, file, site
        base, wiki, _ = site.base.partition("/wiki/")
        self._path = base + wiki if wiki else site.base.rpartition("/")[0] + "/"
        self._language = language_of(site.language) or site.language or None
        self._time = _dump_time(file.name, spec.dump_date)
        self._reading = Reading(
            Links(site),
            site.language,
            spec.tables,
            {template_name(name): parameter for name, parameter in spec.show_templates.items()},
            frozenset(title.casefold() for title in spec.skip_sections),
            spec.variant,
        )

    def row(self, page: PageBytes) -> Row:
        """Return one page as a row, with the reason why it is no document, or none."""
        if page.fault is not None:
            known = title_of_beginning(page.xml)
            where = f"page {known[1]} ({known[0]}): " if known else ""
            return self._refused(page, known, page.fault, where + (page.detail or ""))
        read = parse_page(page.xml)
        if isinstance(read, str):
            return self._refused(page, title_of_beginning(page.xml), "bad_xml", read)
        row = replace(
            self._bare(page, read.page_id, read.revision_id, title=read.title),
            more={"wiki_page": read.page_id, "wiki_revision": read.revision_id, "wiki_namespace": read.namespace},
        )
        refusal = self._refusal(read)
        if refusal is not None:
            return replace(row, reason=f"wikimedia.{refusal[0]}", detail=refusal[1])
        try:
            article = read_article(read.text or "", self._reading)
        except TooComplexError as error:
            return replace(row, reason="wikimedia.too_complex", detail=str(error))
        row = replace(row, more={**(row.more or {}), "date": read.timestamp, **_columns(article)})
        if not article.text:
            left = ", ".join(f"{count} {kind}" for kind, count in article.left_out.items())
            return replace(row, reason="wikimedia.no_text", detail=f"nothing but {left or 'links'}")
        return replace(row, text=article.text)

    def _refusal(self, page: WikiPage) -> tuple[str, str] | None:
        if page.namespace not in self._spec.namespaces:
            name = self._site.namespaces.get(page.namespace, "")
            return "namespace", f"namespace {page.namespace} ({name})" if name else f"namespace {page.namespace}"
        if page.model != "wikitext":
            return "not_wikitext", f"model {page.model:.80}"
        if page.redirect is not None:
            return "redirect", f"to {page.redirect:.300}"
        if page.text is None:
            return "hidden", "the export holds no text of this revision"
        if not page.text.strip():
            return "empty", f"{len(page.text)} characters, all blank"
        target = redirect_target(page.text)
        return None if target is None else ("redirect", f"to {target:.300}")

    def _refused(self, page: PageBytes, known: tuple[str, int] | None, fault: str, detail: str) -> Row:
        title, number = known or (None, "")
        row = self._bare(page, number, "", title=title)
        more = {"wiki_page": number} if known else {}
        return replace(row, more=more, reason=f"wikimedia.{fault}", detail=detail)

    def _bare(self, page: PageBytes, number: int | str, revision: int | str, *, title: str | None) -> Row:
        place = f"{page.stream}:{page.offset}"
        return Row(
            # Page and revision say what it is, the place tells two exports of one revision in one file apart.
            doc_id=document_id(self._spec.of, self._file.identity, place, number, revision),
            source=self._spec.of,
            track=self._spec.track,
            url=f"{self._path}{title_path(title)}" if title else None,
            title=title or None,
            language=self._language,
            crawl_time=self._time,
            warc_ref=f"{self._file.name}:{place}",
        )


def _within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _columns(article: Article) -> dict[str, Any]:
    return {
        "wiki_sections": [{"level": one.level, "title": one.title} for one in article.sections],
        "wiki_links": list(article.links),
        "wiki_categories": list(article.categories),
        "wiki_languages": [{"edition": edition, "title": title} for edition, title in article.languages],
        **{name: article.left_out.get(kind, 0) for name, kind in _COUNTS.items()},
    }


def _dump_time(name: str, given: date | None) -> datetime | None:
    """Return when a dump was begun: its file's name says it, unless the recipe does."""
    if given is not None:
        return datetime(given.year, given.month, given.day, tzinfo=UTC)
    found = _DATE.search(name)
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC) if found else None
    except ValueError:
        return None
