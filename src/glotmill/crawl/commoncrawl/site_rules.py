"""What robots.txt captures of Common Crawl say of the use of a page, from the files they were frozen into."""

import functools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xxhash

from glotmill.crawl.archive import published
from glotmill.crawl.commoncrawl.captures import Capture, Wanted
from glotmill.crawl.commoncrawl.freezing import CRAWL
from glotmill.crawl.commoncrawl.listing import robots_key
from glotmill.crawl.records import date_text
from glotmill.crawl.robots import Robots, parse
from glotmill.io.http_message import Head, decode_body, parse_head
from glotmill.io.warc_records import read_records
from glotmill.licensing.agents import AiAgents
from glotmill.licensing.signals import from_robots

_BLOCK = 8 << 20
_ROBOTS_BYTES = 500 << 10  # RFC 9309, section 2.5
_CACHED = 1_000


@dataclass(frozen=True, slots=True)
class _Rules:
    robots: Robots
    seen: datetime


class SiteRules:
    """Robots.txt files by crawl and site, read when they are asked for; 20 bytes a site in memory.

    Args:
        folder: of the fetch, with the list `robots` fetched.
        listed: what was on that list.
        agents: whose being kept out says that training is not wanted.
    """

    def __init__(self, folder: Path, listed: Iterable[Wanted], agents: AiAgents) -> None:
        self._agents = agents
        self._files = [path for path in published(folder) if path.name.startswith("robots-")]
        found = sorted(place for number, path in enumerate(self._files) for place in _places(path, number))
        self._keys: npt.NDArray[np.uint64] = np.array([key for key, _, _ in found], np.uint64)
        self._places: npt.NDArray[np.int64] = np.array([place for _, *place in found], np.int64).reshape(-1, 2)
        keys = np.array(sorted({_hash(robots_key(one.crawl, one.url)) for one in listed}), np.uint64)
        self._unread = frozenset(np.setdiff1d(keys, self._keys).tolist())
        self._rules = functools.lru_cache(_CACHED)(self._read)

    def unread(self, wanted: Wanted) -> bool:
        """Tell whether there is a robots.txt that speaks of a page, and could not be fetched."""
        return bool(self._unread) and _hash(robots_key(wanted.crawl, wanted.url)) in self._unread

    def lines(self, wanted: Wanted, capture: Capture) -> Sequence[str]:
        """Return the signals about a page, one JSON object each, as crawls write them; none where there is no robots.txt."""
        rules = self._rules(robots_key(wanted.crawl, wanted.url))
        if rules is None:
            return ()
        lines = rules.robots.use_lines(wanted.url, self._agents.training)
        signals = from_robots(lines, rules.robots.refused(wanted.url, self._agents.training))
        seen = date_text(rules.seen)
        return [
            json.dumps(
                {"kind": one.signal, "use": one.use, "verdict": one.verdict, "raw": one.raw, "seen": seen},
                sort_keys=True,
            )
            for one in signals
        ]

    def _read(self, key: str) -> _Rules | None:
        wanted = _hash(key)
        place = int(np.searchsorted(self._keys, np.uint64(wanted)))
        if place == len(self._keys) or int(self._keys[place]) != wanted:
            return None
        number, offset = (int(part) for part in self._places[place])
        path = self._files[number]
        with path.open("rb") as stream:
            record = next(read_records(stream, offset, path.stat().st_size, keep=_BLOCK))
        head = parse_head(record.block)
        assert isinstance(head, Head)  # it was verified before it was written
        body = decode_body(record.block[head.size :], head, _ROBOTS_BYTES).data
        url = record.headers[b"warc-target-uri"].decode("utf-8", "replace")
        return _Rules(parse(body, url), datetime.fromisoformat(record.headers[b"warc-date"].decode()))


def _places(path: Path, number: int) -> list[tuple[int, int, int]]:
    """Return (hash of crawl and site, number of the file, offset of the capture) of each robots.txt of a file."""
    found: list[tuple[int, int, int]] = []
    offset, url = 0, ""
    with path.open("rb") as stream:
        for record in read_records(stream, 0, path.stat().st_size, keep=4_096):
            kind = record.headers.get(b"warc-type", b"")
            if kind == b"response":
                offset = int(record.ref.partition("+")[0])
                url = record.headers[b"warc-target-uri"].decode("utf-8", "replace").strip("<>")
            elif kind == b"metadata":
                fields = dict(
                    line.partition(": ")[::2] for line in record.block.decode("utf-8", "replace").splitlines()
                )
                found.append((_hash(robots_key(fields.get(CRAWL, ""), url)), number, offset))
    return found


def _hash(key: str) -> int:
    return xxhash.xxh3_64_intdigest(key.encode("utf-8", "surrogatepass"))
