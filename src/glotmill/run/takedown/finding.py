"""Which rows a takedown reaches: those named, texts that equal them, and everything derived from either."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import booleans, optional_texts, pylist, to_numpy
from glotmill.dedup.tombstones import Value, text_keys
from glotmill.io import storage
from glotmill.provenance.files import read_batches
from glotmill.provenance.folder import RunFolder
from glotmill.run.takedown.reading import corpus_rows, ledger_rows, members, superseded_pairs
from glotmill.run.takedown.request import Request, address_keys

Relation = Literal["named", "twin", "derived", "consent"]
Bools = npt.NDArray[np.bool_]

_SAID = ("url", "detail", "sample")  # what a ledger row says of a document beside its id and its fate


@dataclass(slots=True)
class Touched:
    """What a takedown finds in one run.

    Args:
        removed: doc_id of rows of the corpus -> why they go.
        changed: doc_id of rows that stay -> their new value of `consent`.
        copies: ids that lists of copies of rows that stay must not name any more.
        struck: ids of ledger rows that lose address, detail and sample.
        parts: path of each part that changes -> rows of it that go.
        ledgers: (phase, name of a ledger file) that change.
        documents: rows that go, by language (`-` where unknown).
        tokens: of the rows that go, likewise.
    """

    removed: dict[str, Relation] = field(default_factory=dict)
    changed: dict[str, str] = field(default_factory=dict)
    copies: set[str] = field(default_factory=set)
    struck: set[str] = field(default_factory=set)
    parts: dict[str, int] = field(default_factory=dict)
    ledgers: set[tuple[str, str]] = field(default_factory=set)
    documents: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.parts or self.ledgers)

    def relations(self) -> dict[str, int]:
        """Return how many rows of the corpus go, by why."""
        return dict(sorted(Counter(self.removed.values()).items()))


@dataclass(frozen=True, slots=True)
class Found:
    """What a takedown reaches in several runs.

    Args:
        runs: one for each folder, in their order.
        values: what must not come back: as named, and what was found by it.
        addresses: of everything that goes or went, in the form of `address_key`, for archives.
    """

    runs: tuple[Touched, ...]
    values: frozenset[Value]
    addresses: frozenset[str]


class _Reach:
    """Ids and texts that are known to go, growing until nothing more hangs on them."""

    def __init__(self, request: Request, denied: Iterable[str]) -> None:
        self.request = request
        self.documents = _column(request.documents)
        self.follows_twins = request.twins == "remove"
        self.relations: dict[str, Relation] = dict.fromkeys(denied, "consent")
        self.relations.update(dict.fromkeys(request.documents, "named"))
        self.textual: set[str] = set(request.documents)  # whose text is the one that goes, or nearly
        self.silenced: set[str] = set()  # dropped copies of what goes, which may come back from where they stand
        self.texts: set[str] = set()
        self.parallel: set[str] = set()
        self.urls: set[str] = set()  # as they stand in rows
        self.grew = True

    def add(self, name: str, relation: Relation) -> None:
        """Let a document go, for the first reason that is found."""
        if name not in self.relations:
            self.relations[name] = relation
            self.grew = True
        if relation in ("named", "twin") and name not in self.textual:
            self.textual.add(name)
            self.grew = True

    def add_text(self, key: str | None) -> None:
        """Let every document with this text go."""
        if key is not None and self.follows_twins and key not in self.texts:
            self.texts.add(key)
            self.grew = True

    def add_parallel(self, group: str | None) -> None:
        """Let every document of a parallel group go."""
        if group is not None and group not in self.parallel:
            self.parallel.add(group)
            self.grew = True

    def known(self) -> "_Known":
        """Return what is known so far, as columns to look up in; what is added while a run is read waits for the next time."""
        derived = (name for name, relation in self.relations.items() if relation == "derived")
        sets = (self.relations, self.textual, derived, self.silenced, self.texts, self.parallel)
        return _Known(*(_column(one) for one in sets))

    def silence(self, name: str) -> None:
        """Let a ledger row of a document say nothing more."""
        if name not in self.silenced:
            self.silenced.add(name)
            self.grew = True


@dataclass(frozen=True, slots=True)
class _Known:
    relations: pa.Array
    textual: pa.Array
    derived: pa.Array
    silenced: pa.Array
    texts: pa.Array
    parallel: pa.Array


def find(
    folders: Sequence[RunFolder],
    request: Request,
    *,
    denied: Iterable[str] = (),
    consents: Mapping[str, str] | None = None,
) -> Found:
    """Return what a request reaches in corpora and ledgers; reads them as often as something new hangs on what goes.

    From what is named it goes on to texts that equal it or were judged near copies of it, kept or dropped (the keeper of a
    cluster stands for its members), and from all of them to what was derived: rows that name one as parent, and rows
    with the `parallel_id` of one that was not derived itself.

    Args:
        folders: of finished runs that belong together: a corpus, its deltas, and what was made of them.
        request: what is named.
        denied: ids of rows whose owners deny consent: they go with what was derived from them, their twins stay.
        consents: doc_id -> the new value of `consent` of rows that stay.
    """
    reach = _Reach(request, denied)
    first = True
    while reach.grew:
        reach.grew = False
        for folder in folders:
            _scan_ledger(folder, reach, named=first)
            _scan_corpus(folder, reach, named=first)
            _scan_superseded(folder, reach)
        if first and reach.follows_twins:
            _scan_phases(folders, reach)
        first = False
    runs = tuple(_touched(folder, reach, consents or {}) for folder in folders)
    values = {*request.values(), *(("text", key) for key in reach.texts)}
    values.update(("document", name) for name in reach.relations)
    consent_urls = {url for folder in folders for url in _urls_of(folder, reach, "consent")}
    values.update(("url", key) for url in consent_urls for key in address_keys(url))
    addresses = {*request.urls, *(key for url in reach.urls for key in address_keys(url))}
    return Found(runs, frozenset(values), frozenset(addresses))


def _scan_corpus(folder: RunFolder, reach: _Reach, *, named: bool) -> None:
    so_far = reach.known()
    for _, rows in corpus_rows(folder):
        own = _named(rows, reach) if named else _none(rows)
        derived = _any_in(rows.column("parent_ids"), so_far.relations)
        derived |= _is_in(rows.column("parallel_id"), so_far.parallel)
        twin = _none(rows)
        if reach.follows_twins:
            twin = _is_in(rows.column("content_hash"), so_far.texts)
            twin |= _with_copy(rows.column("copies"), so_far, reach.request)
        known = _is_in(rows.column("doc_id"), so_far.relations)
        chosen = np.flatnonzero(own | twin | derived | known)
        for place, row in zip(chosen.tolist(), _rows(rows, chosen), strict=True):
            relation: Relation = _own(row, reach) if own[place] else "twin" if twin[place] else "derived"
            reach.add(row["doc_id"], relation if own[place] else reach.relations.get(row["doc_id"], relation))
            if row["doc_id"] in reach.textual:
                reach.add_text(row["content_hash"])
            if row["url"]:
                reach.urls.add(row["url"])
            if not row["parent_ids"] and reach.relations[row["doc_id"]] != "consent":
                reach.add_parallel(row["parallel_id"])


def _scan_ledger(folder: RunFolder, reach: _Reach, *, named: bool) -> None:
    so_far = reach.known()
    for _, rows in ledger_rows(folder):
        own = _named(rows, reach) if named else _none(rows)
        known = _is_in(rows.column("doc_id"), so_far.relations)
        copies = _is_in(rows.column("related"), so_far.relations)
        derived = _any_in(rows.column("parent_ids"), so_far.relations)
        chosen = np.flatnonzero(own | known | copies | derived)
        for place, row in zip(chosen.tolist(), _rows(rows, chosen), strict=True):
            name, keeper = row["doc_id"], row["related"]
            if own[place]:
                reach.add(name, _own(row, reach))
            elif copies[place] and keeper in reach.textual and reach.follows_twins:
                reach.add(name, "twin")
            elif derived[place]:
                reach.add(name, "derived")
            elif copies[place]:
                reach.silence(name)
            if name in reach.relations and row["url"]:
                reach.urls.add(row["url"])
            if name in reach.textual and keeper is not None and reach.follows_twins:
                reach.add(keeper, "twin")


def _own(row: Mapping[str, Any], reach: _Reach) -> Relation:
    """Return why a row at a named address goes: what was derived from a page stands at the page's address."""
    return "derived" if row["parent_ids"] and row["doc_id"] not in reach.request.documents else "named"


def _scan_superseded(folder: RunFolder, reach: _Reach) -> None:
    """A published document and the one that supersedes it are copies of each other."""
    for pair in superseded_pairs(folder) if reach.follows_twins else ():
        if not reach.textual.isdisjoint(pair):
            for name in pair:
                reach.add(name, "twin")


def _scan_phases(folders: Sequence[RunFolder], reach: _Reach) -> None:
    """Learn the texts of documents that were dropped, where phases still have them: what equals one goes, too."""
    wanted = _column(reach.textual)
    for folder in folders:
        for phase in folder.phases():
            address = folder.join(phase, "data")
            if not reach.textual or not storage.exists(address):
                continue
            for name, _ in storage.list_files(address):
                for batch in read_batches(storage.join(address, name)):
                    for key in text_keys(batch.filter(booleans(_is_in(batch.column("doc_id"), wanted)))):
                        reach.add_text(key)


def _touched(folder: RunFolder, reach: _Reach, consents: Mapping[str, str]) -> Touched:
    found = Touched()
    known, new, urls = reach.known(), _column(consents), _column(reach.urls)
    for path, rows in corpus_rows(folder):
        gone = _is_in(rows.column("doc_id"), known.relations)
        owners, names = _copies_that_go(rows.column("copies"), known, reach.request)
        stale = ~gone[owners]
        changed = ~gone & _is_in(rows.column("doc_id"), new)
        if not gone.any() and not stale.any() and not changed.any():
            continue
        found.parts[path] = found.parts.get(path, 0) + int(gone.sum())
        found.copies.update(name for name, one in zip(names, stale.tolist(), strict=True) if one)
        for row in _rows(rows, np.flatnonzero(gone)):
            found.removed[row["doc_id"]] = reach.relations[row["doc_id"]]
            found.documents[row["language"] or "-"] += 1
            found.tokens[row["language"] or "-"] += row["tokens"] or 0
        found.changed.update((row["doc_id"], consents[row["doc_id"]]) for row in _rows(rows, np.flatnonzero(changed)))
    for place, rows in ledger_rows(folder):
        hit = _is_in(rows.column("doc_id"), known.relations) | _is_in(rows.column("doc_id"), known.silenced)
        hit = (hit | _is_in(rows.column("url"), urls)) & _speaks(rows)
        if hit.any():
            found.ledgers.add(place)
            found.struck.update(pylist(rows.filter(booleans(hit)).column("doc_id")))
    return found


def _urls_of(folder: RunFolder, reach: _Reach, relation: Relation) -> Iterable[str]:
    names = _column(name for name, why in reach.relations.items() if why == relation)
    for _, rows in corpus_rows(folder) if len(names) else ():
        chosen = rows.filter(booleans(_is_in(rows.column("doc_id"), names)))
        yield from (url for url in optional_texts(chosen.column("url")) if url)


def _rows(rows: pa.RecordBatch, places: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    return pylist(rows.take(pa.array(places, pa.int64())).to_struct_array())


def _none(rows: pa.RecordBatch) -> Bools:
    return np.zeros(rows.num_rows, np.bool_)


def _named(rows: pa.RecordBatch, reach: _Reach) -> Bools:
    found = _is_in(rows.column("doc_id"), reach.documents)
    return found | _addressed(rows.column("url"), reach.request)


def _addressed(urls: pa.Array, request: Request) -> Bools:
    if not request.urls and not request.domains:
        return np.zeros(len(urls), np.bool_)
    return np.array([request.has_address(url) for url in optional_texts(urls)], np.bool_)


def _speaks(rows: pa.RecordBatch) -> Bools:
    """Return which ledger rows still say something that has to be struck."""
    said = _none(rows)
    for name in _SAID:
        said |= to_numpy(pc.is_valid(rows.column(name))).astype(np.bool_)
    return said


def _column(values: Iterable[str]) -> pa.Array:
    return pa.array(sorted(values), pa.string())


def _is_in(column: pa.Array, values: pa.Array) -> Bools:
    mask: Bools = to_numpy(pc.is_in(column, value_set=values)).astype(np.bool_)
    return mask


def _any_in(lists: pa.Array, values: pa.Array) -> Bools:
    """Return which lists hold one of some values."""
    found = np.zeros(len(lists), np.bool_)
    owners, held = members(lists)
    found[owners[_is_in(held, values)]] = True
    return found


def _with_copy(copies: pa.Array, known: _Known, request: Request) -> Bools:
    """Return which rows stand for a copy whose text goes, by its id or address; a copy that was derived is another text."""
    found = np.zeros(len(copies), np.bool_)
    owners, names, hit = _copies(copies, known.textual, request)
    found[owners[hit & ~_is_in(names, known.derived)]] = True
    return found


def _copies_that_go(copies: pa.Array, known: _Known, request: Request) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return the rows whose lists of copies name what goes, and the ids named, one for each naming."""
    owners, names, hit = _copies(copies, known.relations, request)
    return owners[hit], pylist(names.filter(booleans(hit)))


def _copies(copies: pa.Array, wanted: pa.Array, request: Request) -> tuple[npt.NDArray[np.int64], pa.Array, Bools]:
    owners, held = members(copies)
    names = pc.struct_field(held, "doc_id")
    return owners, names, _is_in(names, wanted) | _addressed(pc.struct_field(held, "url"), request)
