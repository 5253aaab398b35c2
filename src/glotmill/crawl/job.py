"""What a crawl is told: as whom, where from, for which languages, and within which bounds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from glotmill.core.steps import Resources
from glotmill.crawl.addresses import PORTS
from glotmill.crawl.blocklists import Blocklist
from glotmill.crawl.hunt import HuntSpec
from glotmill.crawl.limits import Agent
from glotmill.crawl.limits import Limits as FetchLimits
from glotmill.crawl.politeness import Limits as PoliteLimits
from glotmill.crawl.sites import Sites
from glotmill.crawl.totals import Totals
from glotmill.dedup.tombstones import Tombstones
from glotmill.licensing.agents import AiAgents
from glotmill.licensing.consent import ConsentPolicy
from glotmill.stages.gate import GateSpec


@dataclass(frozen=True, slots=True)
class CrawlJob:
    """One crawl, as every shard of it is told.

    Args:
        name: of the crawl; stands in its WARC files.
        plan: fingerprint of what this crawl is; stands in its receipts.
        seeds: URLs that it begins with.
        sites: the sites of a tailored crawl; None follows links wherever they lead.
        blocked: hosts and URLs that are never asked for.
        taken_down: what was taken down from corpora: its addresses and sites are never asked for.
        languages: canonical tags of the targets.
        gate: judges pages as they come; None takes every page for accepted.
        resources: what the plan resolved for the gate.
        hunt: how it chooses among the URLs it knows.
        agent: as whom it asks.
        consent: what becomes of pages whose owners deny training.
        agents: of others, whose being kept out says that training is not wanted.
        max_pages: requests of pages, of all shards together; None sets no bound.
        host_budget: requests that a host may have in all.
        shards: of the frontier.
        concurrency: requests in flight in one shard.
        fetch: bounds of one request.
        polite: how polite to be.
        ports: that may be asked.
        allow_private: loopback and private addresses may be asked: for tests and networks of one's own.
        names: host -> addresses, in place of the system's resolver: for tests.
        loopback: every name means this machine: for rehearsals against servers of one's own.
        patience: seconds; where nothing may be asked for sooner, the crawl ends and leaves the rest for another time.
        warc_bytes: a WARC of so many bytes gets no further page.
    """

    name: str
    plan: str
    seeds: tuple[str, ...]
    languages: tuple[str, ...]
    agent: Agent
    agents: AiAgents
    consent: ConsentPolicy = "strictest"
    sites: Sites | None = None
    blocked: Blocklist | None = None
    taken_down: Tombstones = field(default_factory=Tombstones)
    gate: GateSpec | None = None
    resources: Resources | None = None
    hunt: HuntSpec = field(default_factory=HuntSpec)
    max_pages: int | None = None
    host_budget: int = 10_000
    shards: int = 1
    concurrency: int = 64
    fetch: FetchLimits = field(default_factory=FetchLimits)
    polite: PoliteLimits = field(default_factory=PoliteLimits)
    ports: frozenset[int] = frozenset(PORTS.values())
    allow_private: bool = False
    names: Mapping[str, tuple[str, ...]] | None = None
    loopback: bool = False
    patience: float = 900.0
    warc_bytes: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ShardReport:
    """What one shard did in one go.

    Args:
        shard: its number.
        done: what was counted in it.
        idle: nothing is left to ask for.
        waiting: what is left may be asked for only later than the job's patience.
    """

    shard: int
    done: Totals
    idle: bool = True
    waiting: bool = False

    @property
    def pages(self) -> int:
        """Requests of pages."""
        return self.done.pages

    @property
    def outcomes(self) -> Mapping[str, int]:
        """State and reason -> pages."""
        return self.done.outcomes


def frontier_folder(folder: Path) -> Path:
    """Return where the frontier of a crawl lies in its folder: on a local disk."""
    return folder / "frontier"
