"""The source of pages that Glotmill fetches itself: what a recipe says of a crawl, and its WARC files once it is done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field, StrictStr, model_validator

from glotmill.core.arrow import optional_texts, strings
from glotmill.core.errors import SettingsError
from glotmill.core.hashing import canonical_json, sha256_text
from glotmill.core.inputs import InputFile, Slice
from glotmill.core.steps import Frozen, Outcome, Resources
from glotmill.crawl.addresses import PORTS
from glotmill.crawl.archive import check_size, stem
from glotmill.crawl.blocklists import Blocklist
from glotmill.crawl.hunt import HuntSpec
from glotmill.crawl.job import CrawlJob
from glotmill.crawl.limits import Agent
from glotmill.crawl.politeness import Limits as PoliteLimits
from glotmill.crawl.sites import load_sites
from glotmill.crawl.urls import frontier_url
from glotmill.dedup.tombstones import PROJECT_FILE, parsed
from glotmill.io import storage
from glotmill.io.warc import WarcSource
from glotmill.licensing.agents import AGENTS_FILE, load_agents
from glotmill.licensing.consent import ConsentPolicy
from glotmill.licensing.table import TABLE_FILE, load_table
from glotmill.stages.gate import GateSpec

DENIED = "denied.txt"  # in a crawl's folder: URLs of pages that were fetched, and whose owners later denied training
_DENIED_SINCE = "crawl.denied_since"
_DENIED_DETAIL = "a later visit found that training is denied"
_MINIMUM_DELAY_S = 3.0


class Contact(Frozen):
    """As whom a crawl asks; sent with every request and written into every WARC.

    Args:
        contact: an e-mail address or a URL where site owners reach a person.
        url: of a page that says what is crawled and why.
        product: the token that robots.txt rules name.
    """

    contact: StrictStr
    url: StrictStr
    product: StrictStr = "Glotmill"

    @model_validator(mode="after")
    def _usable(self) -> Self:
        try:
            self.agent()
        except SettingsError as error:
            raise ValueError(str(error)) from error
        return self

    def agent(self) -> Agent:
        """Return it as the fetcher takes it."""
        return Agent(self.contact, self.url, self.product)


class CrawlSource(WarcSource):
    """Pages that are crawled into the folder that the source is bound to, and read from there.

    The crawl is carried out first, by `glotmill crawl` or by `glotmill run`, and is frozen when it is done: the corpus is
    made of the WARC files that have receipts, and of the list of pages that may no longer be used.

    Args:
        agent: as whom to ask; there is no crawl without a contact.
        seeds: URLs to begin with.
        sites: a project file that names the sites of a tailored crawl, and their seeds; nothing else is fetched then.
        blocklists: project files with hosts and URLs that are never asked for, one a line (`crawl.blocklists`).
        consent: what becomes of pages whose owners deny training: `strictest` neither fetches nor keeps them,
            `as-of-fetch` asks for what only the site denies, `record-only` writes down what is said.
        hunt: how it chooses among the URLs it knows; pages are judged by the recipe's `gate`.
        max_pages: pages asked for at most.
        host_pages: pages of one host asked for at most; of hosts whose Crawl-delay is above a minute, 100.
        delay_s: seconds between two requests of a host, at least; a longer Crawl-delay wins.
        ports: that may be asked.
        shards: into which hosts are spread, each worked on by itself.
    """

    kind: Literal["crawl"]  # type: ignore[assignment]  # a source of WARC files under another name
    agent: Contact
    seeds: tuple[StrictStr, ...] = ()
    sites: StrictStr | None = None
    blocklists: tuple[StrictStr, ...] = ()
    consent: ConsentPolicy = "strictest"
    hunt: HuntSpec = HuntSpec()
    max_pages: Annotated[int, Field(ge=1)] = 100_000
    host_pages: Annotated[int, Field(ge=1)] = 10_000
    delay_s: Annotated[float, Field(ge=_MINIMUM_DELAY_S, le=3600)] = _MINIMUM_DELAY_S
    ports: tuple[Annotated[int, Field(ge=1, le=65_535)], ...] = tuple(sorted(PORTS.values()))
    shards: Annotated[int, Field(ge=1, le=1024)] = 1

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not self.seeds and self.sites is None:
            raise ValueError("a crawl needs `seeds`, or `sites` that have some")
        for seed in self.seeds:
            if frontier_url(seed) is None:
                raise ValueError(f"a seed is an http or https URL, as in https://adibidea.example/, not {seed!r:.80}")
        return self

    def check(self, files: Mapping[str, str]) -> None:
        Blocklist.read({name: files[name] for name in self.blocklists})
        if self.sites is not None:
            load_sites(files[self.sites], self.sites, load_table(files[TABLE_FILE], TABLE_FILE))

    def chosen(self, names: Sequence[str]) -> list[str]:
        """Return the WARC files whose receipts are there, all of them where no receipts are, and the list of denials."""
        receipts = {name.removeprefix("receipts/warc-") for name in names if name.startswith("receipts/warc-")}
        files = [name for name in super().chosen(names) if not receipts or f"{stem(name)}.json" in receipts]
        return files + [name for name in names if name == DENIED] if files else []

    def split(self, file: InputFile, target_bytes: int) -> Sequence[Slice]:
        if file.name == DENIED:
            return ()
        check_size(file)
        return super().split(file, target_bytes)

    def read(self, part: Slice) -> Iterator[Outcome]:
        denied = _denied(part.file)
        for outcome in super().read(part):
            yield outcome if not denied else _without(outcome, denied)

    def reasons(self) -> frozenset[str]:
        return super().reasons() | {_DENIED_SINCE}

    def files(self) -> tuple[str, ...]:
        """Return the project files that the crawl reads."""
        return (AGENTS_FILE, *self.blocklists, *((self.sites, TABLE_FILE) if self.sites is not None else ()))

    def job(
        self,
        *,
        name: str,
        languages: tuple[str, ...],
        files: Mapping[str, str],
        gate: GateSpec | None,
        resources: Resources | None,
    ) -> CrawlJob:
        """Return what the crawler is told.

        Args:
            name: of the crawl.
            languages: canonical tags of the targets.
            files: project path -> text, of `files` at least, and the project's tombstones where it has any.
            gate: the recipe's; None takes every page for one in a target language.
            resources: what the plan resolved for it.

        Raises:
            RecipeError: a project file is wrong.
        """
        table = load_table(files[TABLE_FILE], TABLE_FILE) if self.sites is not None else None
        sites = load_sites(files[self.sites], self.sites, table) if self.sites is not None else None
        identity = {
            "languages": list(languages),
            "gate": None if gate is None else gate.model_dump(mode="json"),
            "consent": self.consent,
            "shards": self.shards,
        }
        scope = {
            "seeds": self.seeds,
            "sites": None if self.sites is None else sha256_text(files[self.sites]),
            "hunt": self.hunt.model_dump(mode="json"),
            "bounds": [self.max_pages, self.host_pages],
        }
        return CrawlJob(
            name=name,
            plan=sha256_text(canonical_json(identity)),
            identity={key: sha256_text(canonical_json(value)) for key, value in identity.items()},
            scope=sha256_text(canonical_json(scope)),
            seeds=self.seeds,
            sites=sites,
            blocked=Blocklist.read({name: files[name] for name in self.blocklists}) if self.blocklists else None,
            taken_down=parsed(files.get(PROJECT_FILE, "")),
            languages=languages,
            gate=gate,
            resources=resources,
            hunt=self.hunt,
            agent=self.agent.agent(),
            agents=load_agents(files[AGENTS_FILE]),
            consent=self.consent,
            max_pages=self.max_pages,
            host_budget=self.host_pages,
            shards=self.shards,
            polite=PoliteLimits(min_delay=self.delay_s, max_delay=max(self.delay_s, PoliteLimits().max_delay)),
            ports=frozenset(self.ports),
        )


def _denied(file: InputFile) -> frozenset[str]:
    """Return the URLs of the list that stands beside a crawl's WARC files."""
    address = file.url.removesuffix(file.name) + DENIED
    if not storage.exists(address):
        return frozenset()
    return frozenset(storage.read_bytes(address).decode().splitlines())


def _without(outcome: Outcome, denied: frozenset[str]) -> Outcome:
    """Return what was read with a reason for each page whose owner has denied its use since."""
    urls = optional_texts(outcome.batch.column("url"))
    given = [None] * len(urls) if outcome.reasons is None else optional_texts(outcome.reasons)
    told = [None] * len(urls) if outcome.details is None else optional_texts(outcome.details)
    late = [reason is None and url in denied for url, reason in zip(urls, given, strict=True)]
    return replace(
        outcome,
        reasons=strings(_DENIED_SINCE if each else reason for each, reason in zip(late, given, strict=True)),
        details=strings(_DENIED_DETAIL if each else detail for each, detail in zip(late, told, strict=True)),
    )
