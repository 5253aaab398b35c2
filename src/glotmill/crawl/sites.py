"""`manifests/sites/<name>.yaml`: the sites of a tailored crawl, who checked their licenses, and where on a page what stands.

EusCrawl (Artetxe et al. 2022, arXiv:2203.08111) showed what this is worth: a corpus from 33 sites with open licenses, each
with its own extraction, whose text reads better than that of larger crawls.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, StrictInt, StrictStr, field_validator, model_validator

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Frozen
from glotmill.core.yamlfile import parse
from glotmill.crawl.selectors import check_css, check_xpath
from glotmill.licensing.evidence import Evidence, statement
from glotmill.licensing.expressions import Licensing, parse_expression
from glotmill.licensing.table import LicenseTable
from glotmill.text.tags import canonical

FOLDER = "manifests/sites"  # of the project: a file for each tailored crawl
MINIMUM_DELAY_S = 3.0  # seconds between two requests to a host: what politeness grants every site
MAX_URL = 2_048  # characters; longer ones belong to no site
_SEED = re.compile(r"https?://[!-~]+")
_HOST = re.compile(r"(?!-)[a-z0-9-]+(?:\.[a-z0-9-]+)+")

Pattern = Annotated[StrictStr, Field(min_length=1, max_length=500)]
Rule = Annotated[StrictStr, Field(min_length=1, max_length=300)]


class Selector(Frozen):
    """Where something stands on a page: a CSS selector or an XPath 1.0 expression, one of them.

    Args:
        css: elements, in document order; those inside others that match are not taken twice.
        xpath: elements, attributes or text; no functions but those of XPath 1.0, no variables, no prefixes.
        attribute: with `css`, the attribute to read instead of the element's text: `content`, `datetime`, `href`.
    """

    css: Rule | None = None
    xpath: Rule | None = None
    attribute: Annotated[StrictStr, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9:_-]*$")] | None = None

    @field_validator("css")
    @classmethod
    def _css(cls, value: str | None) -> str | None:
        if value is not None:
            check_css(value)
        return value

    @field_validator("xpath")
    @classmethod
    def _xpath(cls, value: str | None) -> str | None:
        if value is not None:
            check_xpath(value)
        return value

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.css is None) == (self.xpath is None):
            raise ValueError("write either css or xpath")
        if self.attribute is not None and self.css is None:
            raise ValueError("attribute goes with css; an XPath names attributes itself: //time/@datetime")
        return self


class DateSelector(Selector):
    """Where a page's date stands, and how it is written.

    Args:
        format: of `strptime`, numbers alone (`%d/%m/%Y`); without it the text must begin with an ISO 8601 date.
    """

    format: StrictStr | None = None

    @field_validator("format")
    @classmethod
    def _numbers(cls, value: str | None) -> str | None:
        codes = set(re.findall(r"%(.)", value or ""))
        if value is not None and (not {"d", "m"} < codes or not codes & {"Y", "y"} or codes - set("dmYyHMSzjT%")):
            raise ValueError(
                "a date format has %d, %m and %Y (or %y), and %H, %M, %S, %z at most: names of months differ by language"
            )
        return value


class Extraction(Frozen):
    """Where title, text, date and license stand on the site's pages. A page without text by its rule is no document."""

    text: Selector
    title: Selector | None = None
    date: DateSelector | None = None
    license: Selector | None = None


class SiteLicense(Frozen):
    """The license of a site's texts, as a person found it.

    Args:
        expression: SPDX.
        evidence: on which page it stands, in which words.
        verified_by: who looked.
        verified_on: when, `2026-11-01`.
    """

    expression: StrictStr
    evidence: StrictStr = Field(min_length=20)
    verified_by: StrictStr = Field(min_length=1, max_length=100)
    verified_on: date

    @field_validator("verified_on", mode="before")
    @classmethod
    def _day(cls, value: object) -> object:
        if type(value) is date or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
            return value
        raise ValueError("write the day as 2026-11-01")


class Limits(Frozen):
    """How much of a site is fetched, and how fast.

    Args:
        max_pages: fetches at most, redirects and failures among them.
        delay_s: seconds between two requests; a longer Crawl-delay wins.
    """

    max_pages: Annotated[StrictInt, Field(ge=1)] = 100_000
    delay_s: Annotated[float, Field(ge=MINIMUM_DELAY_S, le=3600)] = MINIMUM_DELAY_S


class Site(Frozen):
    """One site.

    Args:
        name: for reports; letters, digits, `-` and `_`.
        seeds: where the crawl begins; always wanted.
        hosts: whose pages the site has beside those of the seeds' hosts.
        include: RE2 patterns; a URL is fetched if one matches the whole of it. Without any, all pages of the hosts are.
        exclude: RE2 patterns; a URL that one matches as a whole is not fetched.
        languages: in which the site is written, canonical tags.
        license: what a person found; None where each page says it.
        extract: where on a page what stands; None leaves it to the recipe's extract step.
        limits: how much, how fast.
    """

    name: Annotated[StrictStr, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    seeds: Annotated[tuple[StrictStr, ...], Field(min_length=1)]
    hosts: tuple[StrictStr, ...] = ()
    include: Annotated[tuple[Pattern, ...], Field(max_length=100)] = ()
    exclude: Annotated[tuple[Pattern, ...], Field(max_length=100)] = ()
    languages: Annotated[tuple[StrictStr, ...], Field(min_length=1)]
    license: SiteLicense | None = None
    extract: Extraction | None = None
    limits: Limits = Limits()

    @field_validator("seeds")
    @classmethod
    def _seeds(cls, seeds: tuple[str, ...]) -> tuple[str, ...]:
        for seed in seeds:
            if not _SEED.fullmatch(seed) or host_of(seed) is None:
                raise ValueError(f"a seed is an http or https URL in ASCII without user or password, not {seed!r:.80}")
        return seeds

    @field_validator("hosts")
    @classmethod
    def _hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not _HOST.fullmatch(host):
                raise ValueError(f"a host is a name in lower case, as in www.adibidea.example, not {host!r:.80}")
        return hosts

    @field_validator("include", "exclude")
    @classmethod
    def _patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            _check_pattern(pattern)
        return patterns

    @cached_property
    def all_hosts(self) -> frozenset[str]:
        """The hosts whose pages the site has."""
        return frozenset(self.hosts) | {host for seed in self.seeds if (host := host_of(seed)) is not None}

    def wanted_all(self, urls: Sequence[str]) -> list[bool]:
        """Return for each URL whether the site's patterns let it be fetched.

        Patterns are matched by RE2, in time linear in the URL whatever they are; one call for all links of a page costs
        less than one per link (25 us for 100 URLs, and nearly as much for one).
        """
        inside = [len(url) <= MAX_URL and host_of(url) in self.all_hosts for url in urls]
        included = _matches(self.include, urls) if self.include else [True] * len(urls)
        excluded = _matches(self.exclude, urls)
        seeds = frozenset(self.seeds)
        return [
            url in seeds or (here and yes and not no)
            for url, here, yes, no in zip(urls, inside, included, excluded, strict=True)
        ]

    def evidence(self, table: LicenseTable) -> Evidence | None:
        """Return what a person verified as evidence for each page of the site, or None."""
        if self.license is None:
            return None
        found = self.license
        expression = Licensing(table).checked(found.expression, file="sites.yaml", field="license.expression")
        # Who and when come first: the rest may be cut.
        raw = f"{found.verified_by}, {found.verified_on.isoformat()}: {found.evidence}"
        return statement("site", raw, spdx=expression, locus="manifest", scope="site")


class Sites(Frozen):
    """A file of `manifests/sites/`.

    Args:
        publish: `open-only` refuses sites whose verified license is not open; `all` takes any.
        sites: each host belongs to one.
    """

    publish: Literal["open-only", "all"]
    sites: Annotated[tuple[Site, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names: set[str] = set()
        owners: dict[str, str] = {}
        for site in self.sites:
            if site.name in names:
                raise ValueError(f"two sites are called {site.name}")
            names.add(site.name)
            for host in sorted(site.all_hosts):
                if host in owners:
                    raise ValueError(f"{host} belongs to {owners[host]} and to {site.name}; a host belongs to one site")
                owners[host] = site.name
        return self

    @cached_property
    def by_host(self) -> Mapping[str, Site]:
        """Host -> site."""
        return {host: site for site in self.sites for host in site.all_hosts}

    def site_of(self, url: str) -> Site | None:
        """Return the site that a URL belongs to by its host, or None."""
        host = host_of(url)
        return None if host is None else self.by_host.get(host)

    def wanted(self, url: str) -> bool:
        """Return whether a URL is to be fetched; `Site.wanted_all` is faster for many."""
        site = self.site_of(url)
        return site is not None and site.wanted_all([url])[0]


def load_sites(text: str, file: str, table: LicenseTable | None = None) -> Sites:
    """Return a file of `manifests/sites/`, its language tags canonical.

    Args:
        text: YAML.
        file: its name, for errors.
        table: the license table; with it, licenses must be known and, for `open-only`, open.

    Raises:
        RecipeError: naming the field and what would be right.
    """
    sites = parse(text, Sites, file=file)
    return sites.model_copy(
        update={"sites": tuple(_checked(sites, index, file, table) for index in range(len(sites.sites)))}
    )


def _checked(sites: Sites, index: int, file: str, table: LicenseTable | None) -> Site:
    site, here = sites.sites[index], f"sites.{index}"
    tags = []
    for number, tag in enumerate(site.languages):
        try:
            tags.append(canonical(tag))
        except RecipeError as error:
            field = f"{here}.languages.{number}"
            raise RecipeError(error.message, file=file, field=field, remedy=error.remedy) from error
    if site.license is not None:
        _check_license(site.license.expression, sites.publish, file, f"{here}.license.expression", table)
    return site.model_copy(update={"languages": tuple(dict.fromkeys(tags))})


def _check_license(expression: str, publish: str, file: str, field: str, table: LicenseTable | None) -> None:
    if table is None:
        if parse_expression(expression) is None:
            remedy = "Write SPDX ids joined by AND or OR, or leave the license out where each page says its own."
            raise RecipeError(f"not a license expression: {expression!r}", file=file, field=field, remedy=remedy)
        return
    licensing = Licensing(table)
    known = licensing.checked(expression, file=file, field=field)
    if publish == "open-only" and not licensing.satisfies(known, lambda one: one.open_definition):
        raise RecipeError(
            f"{known} is not open, and this file says publish: open-only",
            file=file,
            field=field,
            remedy="Leave the site out, or write publish: all.",
        )


def host_of(url: str) -> str | None:
    """Return the host of an http or https URL in lower case; None for other URLs and those with credentials."""
    try:
        parts = urlsplit(url)
        name = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not name:
        return None
    return name.rstrip(".")


def _check_pattern(pattern: str) -> None:
    try:
        pc.match_substring_regex(pa.array([""]), pattern=pattern)
    except pa.ArrowInvalid as error:
        reason = str(error).removeprefix("Invalid regular expression: ")
        raise ValueError(
            f"no RE2 pattern: {reason}; RE2 has no look-around and no back-references, and dots of hosts are written \\."
        ) from error


def _matches(patterns: Sequence[str], urls: Sequence[str]) -> list[bool]:
    if not patterns:
        return [False] * len(urls)
    whole = "|".join(f"(?:{pattern})" for pattern in patterns)
    array = pa.array([url[: MAX_URL + 1].encode("utf-8", "replace").decode() for url in urls], pa.string())
    found: Any = pc.match_substring_regex(array, pattern=rf"\A(?:{whole})\z")
    return list(found.to_pylist())
