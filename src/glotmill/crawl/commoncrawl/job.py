"""What a fetch from Common Crawl is told: which pages of which crawls, and as what they are frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from glotmill.crawl.commoncrawl.index import Selection
from glotmill.crawl.commoncrawl.listing import Captures
from glotmill.dedup.tombstones import Tombstones
from glotmill.licensing.agents import AiAgents

Format = Literal["warc", "wet"]
RECORD = "commoncrawl.json"  # in a fetch's folder: what it is and how far


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchJob:
    """One fetch.

    Args:
        name: of the fetch; stands in its WARC files.
        plan: fingerprint of what this fetch is; stands in its receipts.
        identity: what may not change while it goes on, by name: digests.
        crawls: `CC-MAIN-2026-30` and so on, in the recipe's order.
        format: `warc`, pages by the index, or `wet`, whole files of extracted text.
        wanted: of the rows of the index.
        captures: which of several captures of a page is taken.
        robots: whether robots.txt captures are fetched, too.
        most: pages at most; None for all.
        longest: bytes of a record, compressed; longer ones are not fetched.
        inflated: bytes that a record may inflate to.
        wet_files: of each crawl.
        agents: whose being kept out says that training is not wanted.
        taken_down: pages that are never fetched.
        warc_bytes: a WARC file of so many bytes gets no further record.
    """

    name: str
    plan: str
    identity: Mapping[str, str]
    crawls: tuple[str, ...]
    format: Format
    wanted: Selection
    captures: Captures
    robots: bool
    most: int | None
    longest: int
    inflated: int
    wet_files: int
    agents: AiAgents
    taken_down: Tombstones = field(default_factory=Tombstones)
    warc_bytes: int = 1_000_000_000
