"""`extract_sites`: text, title and date of pages where their site's rules say they stand, and what is known of its license."""

import json
from dataclasses import dataclass
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field, StrictStr

from glotmill.core.arrow import booleans, column, optional_texts, pylist, strings
from glotmill.core.errors import RecipeError
from glotmill.core.schema import EVIDENCE, fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Scope, Spec
from glotmill.crawl.site_pages import MAX_DEPTH, MAX_NODES
from glotmill.crawl.sites import FOLDER, Site, Sites, load_sites
from glotmill.licensing.evidence import Evidence, carried, unique
from glotmill.licensing.site_statements import SiteStatements
from glotmill.licensing.table import TABLE_FILE, LicenseTable, load_table
from glotmill.stages.extract import Extract, ExtractSpec
from glotmill.stages.markup import beyond
from glotmill.stages.sandbox import Breach, Limits, Sandbox

_BREACHES = ("timeout", "memory", "crash")
_REASONS = (
    *("no_html", "too_large", "too_many_nodes", "too_deep", "no_rule", "no_text", "empty", "parse_error"),
    *_BREACHES,
)


class ExtractSitesSpec(Spec):
    """Takes the text of pages by the rules of their sites, and leaves the sites' licenses for `permit` to weigh.

    A page belongs to a site by its host. What a person verified of the site, and what stands on the page where the site's
    license rule points, goes into `license_evidence`; so `permit` comes behind this step. Limits and what becomes of pages
    beyond them are as in `extract`.

    Args:
        sites: a file of `manifests/sites/`.
        engine: extracts pages of sites without rules, and of no site; `none` drops them.
        tables: whether tables are part of the text that the engine finds.
        max_bytes: characters of the decoded page.
        max_nodes: elements.
        max_depth: levels of nesting.
        seconds: wall time for one page.
        cpu_seconds: CPU time for one page.
        memory_mb: memory for one page, beyond that of the idle child.
        recycle_after: pages until the child is replaced.
    """

    kind: Literal["extract_sites"]
    sites: Annotated[StrictStr, Field(pattern=rf"^{FOLDER}/[a-z0-9][a-z0-9_-]*\.yaml$")]
    engine: Literal["trafilatura", "resiliparse", "none"]
    tables: bool = True
    max_bytes: Annotated[int, Field(ge=1, le=8_000_000)] = 5_000_000
    max_nodes: Annotated[int, Field(ge=1, le=MAX_NODES)] = MAX_NODES
    max_depth: Annotated[int, Field(ge=3, le=MAX_DEPTH)] = MAX_DEPTH
    seconds: Annotated[float, Field(gt=0, le=3600)] = 10.0
    cpu_seconds: Annotated[float, Field(gt=0, le=3600)] = 10.0
    memory_mb: Annotated[int, Field(ge=16)] = 512
    recycle_after: Annotated[int, Field(ge=1)] = 2000

    def files(self, scope: Scope) -> tuple[str, ...]:
        return (TABLE_FILE, self.sites)

    def contract(self, resources: Resources) -> Contract:
        self._load(resources)
        return Contract(
            requires=fields("url", "html", "title"),
            provides=fields("text", "title", "date", "license_evidence"),
            reasons=frozenset(f"extract_sites.{code}" for code in _REASONS),
            precedes=frozenset({"license_state"}),
        )

    def build(self, resources: Resources) -> "ExtractSites":
        return ExtractSites(self, *self._load(resources))

    def _load(self, resources: Resources) -> tuple[Sites, LicenseTable]:
        if TABLE_FILE not in resources.files:
            raise RecipeError(
                "the license table is missing",
                file=TABLE_FILE,
                remedy="Take the one that comes with glotmill: delete yours, or leave the folder manifests/ out.",
            )
        table = load_table(resources.files[TABLE_FILE], TABLE_FILE)
        return load_sites(resources.files[self.sites], self.sites, table), table


@dataclass(frozen=True, slots=True)
class _Found:
    """What became of one page."""

    text: str | None = None
    title: str | None = None
    date: str | None = None
    marks: tuple[str, ...] = ()
    reason: str | None = None
    detail: str | None = None


class ExtractSites:
    """The step; its child processes start with the first page for each, and end with `close`."""

    def __init__(self, spec: ExtractSitesSpec, sites: Sites, table: LicenseTable) -> None:
        self._spec = spec
        self._sites = sites
        self._statements = SiteStatements(table)
        self._verified = {site.name: site.evidence(table) for site in sites.sites}
        self._rules = {site.name: site.extract.model_dump_json() for site in sites.sites if site.extract is not None}
        limits = Limits(spec.seconds, spec.cpu_seconds, spec.memory_mb)
        name = "glotmill.crawl.site_pages:page_function"
        self._sandbox = Sandbox(name, limits=limits, recycle_after=spec.recycle_after)
        self._engine = None if spec.engine == "none" else Extract(_engine_spec(spec))

    def __call__(self, batch: Batch) -> Outcome:
        urls = optional_texts(batch.column("url"))
        sites = [None if url is None else self._sites.site_of(url) for url in urls]
        pages = optional_texts(batch.column("html"))
        found = [self._page(html, site) for html, site in zip(pages, sites, strict=True)]
        evidence = [
            [*earlier, *self._evidence(site, one.marks)]
            for earlier, site, one in zip(_earlier(batch), sites, found, strict=True)
        ]
        return Outcome(
            batch.with_columns(
                {
                    "text": strings(one.text for one in found),
                    "title": _filled(batch, "title", [one.title for one in found]),
                    "date": _filled(batch, "date", [one.date for one in found]),
                    "license_evidence": column(([piece.row() for piece in one] or None for one in evidence), EVIDENCE),
                }
            ),
            strings(one.reason and f"extract_sites.{one.reason}" for one in found),
            strings(one.detail for one in found),
            quarantined=booleans([one.reason in _BREACHES for one in found]),
        )

    def close(self) -> None:
        """End the child processes."""
        self._sandbox.close()
        if self._engine is not None:
            self._engine.close()

    def _page(self, html: str | None, site: Site | None) -> _Found:
        rules = None if site is None else self._rules.get(site.name)
        if rules is None:
            return self._without_rules(html, site)
        if html is None:
            return _Found(reason="no_html", detail="the source gave no page")
        spec = self._spec
        limit = beyond(html, max_bytes=spec.max_bytes, max_nodes=spec.max_nodes, max_depth=spec.max_depth)
        if limit is not None:
            return _Found(reason=limit[0], detail=limit[1])
        answer = self._sandbox(html, {"rules": rules})
        if isinstance(answer, Breach):
            return _Found(reason=answer.cause, detail=answer.detail)
        if answer.value is None:
            return _Found(reason="parse_error", detail=answer.error)
        page = json.loads(answer.value)
        fault = page["fault"]
        if fault is not None:
            assert site is not None
            return _Found(reason=fault, detail=_FAULTS[fault].format(site=site.name, characters=len(html)))
        return _Found(page["text"], page["title"], page["date"], tuple(page["license"]))

    def _without_rules(self, html: str | None, site: Site | None) -> _Found:
        if self._engine is None:
            where = "the page is of no site" if site is None else f"the site {site.name} has no rules"
            return _Found(reason="no_rule", detail=f"{where} of {self._spec.sites}")
        text, reason, detail = self._engine.page(html)
        return _Found(text, reason=reason, detail=detail)

    def _evidence(self, site: Site | None, marks: tuple[str, ...]) -> list[Evidence]:
        if site is None:
            return []
        verified = self._verified[site.name]
        said = [piece for mark in marks for piece in self._statements.read(mark)]
        return unique([*said, *([verified] if verified is not None else [])])


_FAULTS = {
    "no_text": "the text rule of {site} finds nothing in {characters} characters",
    "too_large": "a tag with more attributes than the parser is given",
}


def _engine_spec(spec: ExtractSitesSpec) -> ExtractSpec:
    given = spec.model_dump(exclude={"kind", "sites"})
    return ExtractSpec.model_validate({**given, "kind": "extract"})


def _earlier(batch: Batch) -> list[list[Evidence]]:
    if "license_evidence" not in batch.rows.schema.names:
        return [[] for _ in range(len(batch))]
    return [carried(rows) for rows in pylist(batch.column("license_evidence"))]


def _filled(batch: Batch, name: str, found: list[str | None]) -> pa.StringArray:
    """Return what was found, and what the row had where nothing was."""
    if name not in batch.rows.schema.names:
        return strings(found)
    return strings(one or had for one, had in zip(found, optional_texts(batch.column(name)), strict=True))
