"""The hosts of a finished run by what they weigh, and what their pages say of licenses: what a person has to look at."""

import heapq
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import pyarrow.parquet as pq

from glotmill.core.hashing import sha256_text
from glotmill.io import storage
from glotmill.licensing.addresses import site_host
from glotmill.provenance.folder import RunFolder

KEPT, DROPPED = "kept", "dropped"
NOT_SAID: Final = "-"
_COLUMNS = ("doc_id", "url", "title", "text", "language", "license", "license_state", "license_evidence", "tokens")
_WEIGHED = ("url", "license", "license_state", "license_evidence", "tokens", "text")
_MAX_MARKS = 50  # kinds of marks counted per host; a host with more says everything
_TEXT = 600  # characters of a sample's text
_REFUSED = re.compile(r"license (.{1,300}?), state (\w+), first signal ([\w-]+)")

_SIDES = re.compile(r"([\w-]+) says ")


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """What pages of a host have in common: fate (kept, dropped), license as the run decided it, state, signal."""

    fate: str
    license: str
    state: str
    signal: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One page of a host.

    Args:
        url: of the page.
        title: of the page.
        language: canonical tag, or None.
        text: how its text begins.
        mark: what the run held of it.
        evidence: every statement that was weighed, as rows of `license_evidence`; of a dropped page the ledger's words.
    """

    url: str
    title: str | None
    language: str | None
    text: str
    mark: Mark
    evidence: tuple[Mapping[str, str | None], ...]


@dataclass(slots=True)
class Host:
    """A host's pages in a run.

    Args:
        host: without `www.`.
        kept: pages in the corpus.
        dropped: pages that a permit step dropped.
        tokens: of the pages kept; characters where the run counted no tokens.
        marks: how many pages have which mark.
        samples: pages to look at.
    """

    host: str
    kept: int = 0
    dropped: int = 0
    tokens: int = 0
    marks: Counter[Mark] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)

    def count(self, mark: Mark) -> None:
        """Count a page."""
        if mark in self.marks or len(self.marks) < _MAX_MARKS:
            self.marks[mark] += 1
        else:
            self.marks[Mark(mark.fate, "others", NOT_SAID, NOT_SAID)] += 1

    def commonest(self) -> tuple[str | None, float]:
        """Return the license that most pages name, and the share of all pages that do; None where no page names one."""
        names: Counter[str] = Counter()
        for mark, pages in self.marks.items():
            if mark.license not in (NOT_SAID, "others"):
                names[mark.license] += pages
        if not names:
            return None, 0.0
        name, pages = min(names.items(), key=lambda pair: (-pair[1], pair[0]))
        return name, pages / (self.kept + self.dropped)

    def ordered_marks(self) -> list[tuple[Mark, int]]:
        """Return the marks, commonest first."""
        return sorted(self.marks.items(), key=lambda pair: (-pair[1], pair[0]))


def hosts_of(folder: RunFolder, *, limit: int, samples: int) -> list[Host]:
    """Return the hosts of a finished run that weigh most, with samples of their pages.

    Hosts are ranked by the tokens of their pages in the corpus, then by how many pages permit steps dropped. Samples are the same
    in every call: of each kind of mark in turn the pages whose id has the smallest digest. The corpus is read twice, one
    batch at a time.

    Args:
        folder: of the run.
        limit: hosts at most.
        samples: pages per host at most.

    Raises:
        SettingsError: the folder holds no finished run.
    """
    hosts: dict[str, Host] = {}
    counted = folder.read_json("manifest.json")["totals"]["tokens"] > 0
    columns = [name for name in _WEIGHED if name != "text" or not counted]
    for row in _kept(folder, columns):
        host = hosts.setdefault(row["host"], Host(row["host"]))
        host.kept += 1
        host.tokens += row["tokens"] or 0 if counted else len(row["text"] or "")
        host.count(_mark(row))
    for row in _dropped(folder):
        host = hosts.setdefault(row["host"], Host(row["host"]))
        host.dropped += 1
        host.count(_refused(row))
    ranked = sorted(hosts.values(), key=lambda one: (-one.tokens, -one.dropped, one.host))[:limit]
    if samples:
        _sample(folder, {one.host: one for one in ranked}, samples)
    return ranked


def _sample(folder: RunFolder, hosts: Mapping[str, Host], number: int) -> None:
    # Per host and mark a heap of the `number` smallest digests, as negatives since heapq keeps the smallest on top.
    heaps: dict[tuple[str, Mark], list[tuple[int, str, Sample]]] = {}

    def offer(row: Mapping[str, Any], mark: Mark, evidence: Sequence[Mapping[str, str | None]]) -> None:
        heap = heaps.setdefault((row["host"], mark), [])
        digest = int(sha256_text(row["doc_id"])[:16], 16)
        if len(heap) == number and digest >= -heap[0][0]:
            return
        text = (row["text"] or "")[:_TEXT]
        sample = Sample(row["url"], row["title"], row["language"], text, mark, tuple(evidence))
        push = heapq.heappush if len(heap) < number else heapq.heappushpop
        push(heap, (-digest, row["doc_id"], sample))

    for row in _kept(folder, _COLUMNS):
        if row["host"] in hosts and _mark(row) in hosts[row["host"]].marks:
            offer(row, _mark(row), [one for one in row["license_evidence"] or () if one is not None])
    for row in _dropped(folder):
        if row["host"] in hosts and _refused(row) in hosts[row["host"]].marks:
            said = {"signal": row["reason"], "raw": row["detail"]}
            offer({**row, "text": row["sample"], "title": None}, _refused(row), [said])
    for host in hosts.values():
        queues = [sorted(heaps.get((host.host, mark), []), reverse=True) for mark, _ in host.ordered_marks()]
        while len(host.samples) < number and any(queues):
            host.samples += [queue.pop(0)[2] for queue in queues if queue][: number - len(host.samples)]


def _kept(folder: RunFolder, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the corpus's rows that have a host, with it."""
    for part in folder.parts():
        with storage.open_read(folder.join(part)) as stream:
            for batch in pq.ParquetFile(stream).iter_batches(batch_size=1000, columns=list(columns)):
                yield from _with_host(cast(list[dict[str, Any]], batch.to_pylist()))


def _dropped(folder: RunFolder) -> Iterator[dict[str, Any]]:
    """Yield the rows that permit steps dropped for want of a license."""
    for batch in folder.ledger():
        rows = cast(list[dict[str, Any]], batch.to_pylist())
        yield from _with_host(
            [row for row in rows if row["reason"].startswith("permit.") and row["reason"] != "permit.consent_denied"]
        )


def _with_host(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        host = site_host(row["url"] or "")
        if host is not None:
            yield {**row, "host": host}


def _mark(row: Mapping[str, Any]) -> Mark:
    evidence = [one for one in row["license_evidence"] or () if one is not None]
    led = next((one for one in evidence if one["spdx"] == row["license"]), None) if row["license"] else None
    said = led or (evidence[0] if evidence else None)
    signal = (said["signal"] if said else None) or NOT_SAID
    return Mark(KEPT, row["license"] or NOT_SAID, row["license_state"] or NOT_SAID, signal)


def _refused(row: Mapping[str, Any]) -> Mark:
    """Return the mark of a dropped row, from the ledger's words."""
    match = _REFUSED.match(row["detail"] or "")
    if match is None:
        sides = list(dict.fromkeys(_SIDES.findall(row["detail"] or "")))[:3]
        return Mark(DROPPED, NOT_SAID, "conflict" if sides else NOT_SAID, " against ".join(sides) or row["reason"])
    name = NOT_SAID if match[1] == "unknown" else match[1]
    return Mark(DROPPED, name, match[2], NOT_SAID if match[3] == "no" else match[3])
