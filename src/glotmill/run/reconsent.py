"""Consent asked again: what later signals of sites and pages would cost a corpus, before anything is taken out of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import xxhash

from glotmill.core.arrow import optional_texts, pylist
from glotmill.core.errors import SettingsError
from glotmill.crawl.replay import Snapshots, site_of
from glotmill.dedup.tombstones import address_key
from glotmill.io import storage
from glotmill.io.parquet import open_parquet
from glotmill.licensing.agents import AiAgents
from glotmill.licensing.consent import USE, ConsentPolicy, consent_column, read_column, rulings_of, stricter
from glotmill.provenance.folder import RunFolder

_BATCH_ROWS = 5_000
_COLUMNS = ["doc_id", "url", "language", "tokens", "consent"]
_STRICTNESS: tuple[ConsentPolicy, ...] = ("record-only", "as-of-fetch", "strictest")


@dataclass(slots=True)
class Loss:
    """What signals mean for the rows of one language.

    Args:
        documents: all rows.
        tokens: of all rows.
        denied: rows whose owners deny training by signals that are not in the corpus yet.
        denied_tokens: of those.
        lost: rows that the policy takes out for it.
        lost_tokens: of those.
        changed: rows that stay and whose `consent` says something else now.
    """

    documents: int = 0
    tokens: int = 0
    denied: int = 0
    denied_tokens: int = 0
    lost: int = 0
    lost_tokens: int = 0
    changed: int = 0


@dataclass(slots=True)
class Reconsent:
    """What signals mean for a corpus.

    Args:
        policy: that is applied.
        records: snapshots that speak of its sites and pages.
        languages: by language, `-` where unknown.
        rules: kind of signal that denies -> rows.
        denied: ids of rows that the policy takes out.
        consents: doc_id -> new value of `consent`, of rows that stay.
    """

    policy: ConsentPolicy
    records: int = 0
    languages: dict[str, Loss] = field(default_factory=dict)
    rules: Counter[str] = field(default_factory=Counter)
    denied: set[str] = field(default_factory=set)
    consents: dict[str, str] = field(default_factory=dict)


def policy_of(folders: Sequence[RunFolder], chosen: ConsentPolicy | None) -> ConsentPolicy:
    """Return the policy that corpora were made with, the strictest of several, or the one that somebody chose.

    Raises:
        SettingsError: no step of their recipes has one, and none was chosen.
    """
    if chosen is not None:
        return chosen
    found = {
        step["consent"]
        for folder in folders
        for manifest in _lineage(folder.read_json("manifest.json"))
        for step in manifest["recipe"]["steps"]
        if step.get("consent") in get_args(ConsentPolicy)
    }
    if not found:
        raise SettingsError(f"no step of {folders[0].address} has a policy on consent: choose one by --policy")
    return max(found, key=_STRICTNESS.index)


def reconsider(
    folders: Sequence[RunFolder], signals: Iterable[str], *, policy: ConsentPolicy, agents: AiAgents
) -> Reconsent:
    """Return what snapshots mean for the rows of corpora; reads, and writes nothing.

    A denial wins over whatever was said before or since, and silence changes nothing. `strictest` takes out what is
    denied; `as-of-fetch` is bound by what was said with the page alone, so that later signals change nothing;
    `record-only` writes down what is said.

    Args:
        folders: of finished runs.
        signals: WARC or JSON Lines files, or folders of them (`crawl.replay`).
        policy: see `policy_of`.
        agents: whose being kept out says that training is not wanted.
    """
    snapshots = Snapshots(agents, *_wanted(folders))
    for location in signals:
        snapshots.read(location)
    found = Reconsent(policy, snapshots.records)
    for folder in folders:
        for rows in _rows(folder, _COLUMNS):
            # Site by site, so that its files are parsed once.
            for row in sorted(pylist(rows.to_struct_array()), key=lambda row: site_of(row["url"] or "")):
                _judge(row, snapshots, found)
    return found


def _judge(row: Mapping[str, Any], snapshots: Snapshots, found: Reconsent) -> None:
    loss = found.languages.setdefault(row["language"] or "-", Loss())
    tokens = row["tokens"] or 0
    loss.documents += 1
    loss.tokens += tokens
    new = rulings_of(snapshots.signals(row["url"])) if row["url"] else {}
    before = read_column(row["consent"])
    after = stricter(before, new)
    denies = (
        USE in after and after[USE].verdict == "denied"
    )  # what was said with the page holds beside what is said now
    if denies:
        loss.denied += 1
        loss.denied_tokens += tokens
        found.rules[after[USE].rule] += 1
    if found.policy == "as-of-fetch":
        return
    if denies and found.policy == "strictest":
        loss.lost += 1
        loss.lost_tokens += tokens
        found.denied.add(row["doc_id"])
    elif after != before:
        loss.changed += 1
        found.consents[row["doc_id"]] = consent_column(after)


def _wanted(folders: Sequence[RunFolder]) -> tuple[Callable[[str], bool], frozenset[str]]:
    """Return what tells whether an address is one of these corpora's, and their sites; 8 bytes a URL."""
    sites: set[str] = set()
    hashes = [np.empty(0, np.uint64)]
    for folder in folders:
        for rows in _rows(folder, ["url"]):
            urls = [url for url in optional_texts(rows.column("url")) if url]
            sites.update(site_of(url) for url in urls)
            hashes.append(np.array([_hash(address_key(url)) for url in urls], np.uint64))
    known = np.unique(np.concatenate(hashes))

    def wants(key: str) -> bool:
        value = np.uint64(_hash(key))
        place = int(np.searchsorted(known, value))
        return place < len(known) and bool(known[place] == value)

    return wants, frozenset(sites - {""})


def _hash(key: str) -> int:
    return xxhash.xxh3_64_intdigest(key.encode("utf-8", "surrogatepass"))


def _rows(folder: RunFolder, columns: list[str]) -> Iterator[pa.RecordBatch]:
    for path in folder.parts():
        with storage.open_read(folder.join(path)) as stream:
            yield from open_parquet(stream, path).iter_batches(_BATCH_ROWS, columns=columns)


def _lineage(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    here: Mapping[str, Any] | None = manifest
    while here is not None:
        yield here
        here = here.get("parent")
