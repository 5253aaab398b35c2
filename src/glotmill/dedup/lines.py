"""Lines and paragraphs that many documents share: navigation, cookie notices, footers."""

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from pydantic import Field, StrictStr, field_validator, model_validator

from glotmill.core.arrow import booleans, column, is_null, optional_texts, strings, to_numpy
from glotmill.core.errors import DataError
from glotmill.core.hashing import content_hash
from glotmill.core.schema import fields
from glotmill.core.steps import COUNTS, Batch, Contract, CorpusSpec, Needs, Outcome, Resources
from glotmill.dedup import ids, keeper, keyed
from glotmill.dedup.addresses import host
from glotmill.dedup.mixing import U64, mix
from glotmill.dedup.units import NORM_VERSION, Digits, Unit, Units, find, without

UNITS, SITES = "units", "sites"
REASON = "line_dedup.too_little_left"
PARAMETERS = b"glotmill.line_dedup"  # metadata key in every file of the step

_HOST_BITS, _LANGUAGE_BITS = 48, 16
_EVERYWHERE = np.uint64(0)  # in place of a site: the whole corpus
Count = Annotated[int, Field(ge=2)]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class LineDedupSpec(CorpusSpec):
    """Removes, or only counts, the lines or paragraphs that many documents hold; a document counts once.

    A site is a host, and where rows have a `language`, that language on it. A unit is repeated

    - everywhere, if it has `min_letters` letters and stands in `min_documents` documents on `min_hosts` hosts: cookie
      notices, license texts. What one host alone repeats is its own affair: it may be a poem's refrain, or a page that
      nobody translated.
    - on a site, if it stands in `min_documents_of_site` of its documents and in `min_share_of_site` of all that it has:
      navigation and footers, however short. A heading such as "Introduction" is on a small share of a site's pages.

    Rows without a host are of no site, and count as one more host.

    Copies of whole documents make all their lines repeated, so this step stands behind those that remove documents.

    Args:
        unit: `line`: what others call a paragraph (CCNet, Dolma: text between line breaks); `paragraph`: lines without
            a blank line between them.
        mode: `remove` takes repeated units out of `text`; `annotate` only counts them. Either writes the columns
            `repeated_lines`, `repeated_line_share` (of the letters of all lines) and `removed_lines`, or the same
            of paragraphs.
        min_documents: that a unit stands in to be repeated everywhere; null for no such rule.
        min_hosts: on which these documents are.
        min_letters: of such a unit.
        min_documents_of_site: that a unit stands in to be repeated on a site; null for no such rule.
        min_share_of_site: of all documents of the site.
        min_letters_of_site: of such a unit.
        digits: `keep`: "page 7" and "page 8" are two; `fold`: they are one, as in CCNet.
        leave: `none` removes every copy (CCNet); `one` leaves the first in that document which `keep` puts first of
            those that hold it, in the corpus or in the site (C4).
        keep: the keeper order, most important first; ends with the smallest doc_id.
        quality: numeric column that the criterion `quality` of the keeper order reads; the greater value comes first.
        min_letters_left: a document that loses units and has fewer letters left in the others is dropped.
    """

    needs: ClassVar[Needs] = Needs(memory_mb=2048)

    kind: Literal["line_dedup"]
    # There are ten or twenty times as many lines as documents. `reduce` takes 80 to 100 bytes a row (measured), so that
    # 2 GB in each of these are 80 million documents of 15 lines of their own.
    partitions: int = Field(default=64, ge=1, le=4096)
    unit: Unit = "line"
    mode: Literal["remove", "annotate"] = "remove"
    min_documents: Count | None = 20
    min_hosts: Annotated[int, Field(ge=1)] = 3
    min_letters: Annotated[int, Field(ge=1)] = 20
    min_documents_of_site: Count | None = 10
    min_share_of_site: Annotated[float, Field(gt=0.0, le=1.0)] = 0.3
    min_letters_of_site: Annotated[int, Field(ge=1)] = 1
    digits: Digits = "keep"
    leave: Literal["none", "one"] = "none"
    keep: tuple[keeper.Criterion, ...] = keeper.DEFAULT_KEEP
    quality: StrictStr | None = None
    min_letters_left: Annotated[int, Field(ge=1)] = 1

    @field_validator("keep")
    @classmethod
    def _each_once(cls, keep: tuple[keeper.Criterion, ...]) -> tuple[keeper.Criterion, ...]:
        return keeper.each_once(keep)

    @model_validator(mode="after")
    def _some_rule(self) -> Self:
        if self.min_documents is None and self.min_documents_of_site is None:
            raise ValueError("without `min_documents` and `min_documents_of_site` nothing is repeated")
        return self

    def contract(self, resources: Resources) -> Contract:
        """State the columns and the one reason."""
        own = [pa.field(name, kind) for name, kind in zip(self.columns(), _TYPES, strict=True)]
        requires = pa.schema([*fields("text"), *keeper.quality_field(self.quality)])
        if self.mode == "annotate":
            return Contract(requires, pa.schema(own), frozenset())
        return Contract(requires, pa.schema([*fields("text", "content_hash"), *own]), frozenset([REASON]))

    def columns(self) -> tuple[str, str, str]:
        """Return the names of the columns it adds: repeated units, their share of all letters, removed units."""
        return f"repeated_{self.unit}s", f"repeated_{self.unit}_share", f"removed_{self.unit}s"

    def parameters(self) -> str:
        """Return what makes keys comparable, as JSON; it travels in every file of the step."""
        values = {
            "norm": NORM_VERSION,
            "unicode": unicodedata.unidata_version,
            "unit": self.unit,
            "digits": self.digits,
            "min_letters": self.min_letters,
            "min_letters_of_site": self.min_letters_of_site,
            "keep": list(self.keep) if self.leave == "one" else None,
        }
        return json.dumps(values, sort_keys=True)

    def tables(self) -> Mapping[str, pa.Schema]:
        """Return the schema of each table that `emit` gives."""
        metadata = {PARAMETERS: self.parameters().encode()}
        key = pa.field("key", pa.uint64(), nullable=False)
        documents = pa.field("documents", pa.int32(), nullable=False)
        units = [
            key,
            pa.field("site", pa.uint64(), nullable=False),
            pa.field("long", pa.bool_(), nullable=False),  # has the letters that the rule of the corpus asks for
            documents,
        ]
        if self.leave == "one":
            units += [pa.field("doc_id", ids.ID, nullable=False), *keeper.rank_fields(self.keep)]
        return {UNITS: pa.schema(units, metadata), SITES: pa.schema([key, documents], metadata)}

    def build(self, resources: Resources) -> "LineDedup":
        """Return the step."""
        return LineDedup(self)


_TYPES = (pa.int32(), pa.float64(), pa.int32())
_FOUND = pa.schema(
    [
        pa.field("key", pa.uint64(), nullable=False),
        pa.field("site", pa.uint64(), nullable=False),  # 0 for the whole corpus
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("keeper", ids.ID),  # null where no copy is left
    ]
)


@dataclass(slots=True)
class LineDedup:
    """The four passes; a corpus step.

    `emit` writes 21 bytes per distinct unit, site and batch, and 28 plus 8 per criterion more where one copy is left;
    `reduce` holds one partition of them; `resolve` and `apply` hold the repeated units alone, 24 bytes each (40 with a
    keeper), and 12 bytes per site.
    """

    spec: LineDedupSpec
    _looked_up: list["_Repeated"] = field(default_factory=list, repr=False)

    def __reduce__(self) -> tuple[type["LineDedup"], tuple[LineDedupSpec]]:
        return LineDedup, (self.spec,)  # what is looked up is sorted again where it is needed, never sent

    def tables(self) -> Mapping[str, pa.Schema]:
        """Return the schema of each table that `emit` gives."""
        return self.spec.tables()

    def emit(self, batch: Batch) -> Mapping[str, pa.RecordBatch]:
        """Return how many documents of each site hold a unit, and how many documents each site has."""
        spec, schemas = self.spec, self.tables()
        units, sites = self._units(batch), _sites(batch)
        long = self._long(units)
        keys, rows, long = _distinct(units, long | (self._short(units) & (sites[units.texts] != _EVERYWHERE)), long)
        own = sites[rows]
        ranked = np.lexsort((own, keys))
        if spec.leave == "one":
            packed = ids.pack(batch.texts("doc_id"))
            identities = ids.words(packed)
            rank_columns = keeper.rank_columns(batch, spec.keep, quality=spec.quality)
            ranks = [to_numpy(rank)[rows] for rank in rank_columns]
            ranked = keeper.order(ranks, identities[rows], groups=[keys, own])
        keys, own, rows, long = keys[ranked], own[ranked], rows[ranked], long[ranked]
        bounds = keyed.group_starts(keys, own)
        heads = bounds[:-1]
        columns = [
            pa.array(keys[heads], pa.uint64()),
            pa.array(own[heads], pa.uint64()),
            booleans(long[heads]),
            pa.array(np.diff(bounds), pa.int32()),
        ]
        if spec.leave == "one":
            best = pa.array(rows[heads], pa.int64())
            columns += [packed.take(best), *(rank.take(best) for rank in rank_columns)]
        names, counts = np.unique(sites[sites != _EVERYWHERE], return_counts=True)
        return {
            UNITS: pa.RecordBatch.from_arrays(columns, schema=schemas[UNITS]),
            SITES: pa.RecordBatch.from_arrays(
                [pa.array(names, pa.uint64()), pa.array(counts, pa.int32())], schema=schemas[SITES]
            ),
        }

    def reduce(self, read: Callable[[str], pa.Table]) -> pa.Table:
        """Return the units that enough documents hold, overall or of one site; the share of a site is seen to later."""
        spec, table = self.spec, self._often(self._checked(read(UNITS)))
        keys, sites = keyed.unsigned(table, "key"), keyed.unsigned(table, "site")
        documents, long = keyed.integers(table, "documents"), keyed.integers(table, "long").astype(bool)
        identities: ids.Words | None = None
        ranks: list[keeper.Ranks] = []
        if spec.leave == "one":
            identities, ranks = ids.words(table.column("doc_id")), keeper.table_ranks(table, spec.keep)

        def counted(names: U64, chosen: Bools, least: int | None, hosts: int) -> pa.Table:
            rows = np.flatnonzero(chosen) if least is not None else np.zeros(0, np.int64)
            groups = [keys[rows], names[rows]]
            if identities is None:
                order = np.lexsort((groups[1], groups[0]))
            else:
                order = keeper.order([rank[rows] for rank in ranks], identities[rows], groups=groups)
            rows = rows[order]
            bounds = keyed.group_starts(keys[rows], names[rows])
            totals = np.add.reduceat(documents[rows], bounds[:-1]) if len(rows) else documents[rows]
            enough = totals >= (least or 0)
            if hosts > 1:
                enough &= _hosts(keys[rows], sites[rows]) >= hosts
            heads = rows[bounds[:-1][enough]]
            kept = pa.nulls(len(heads), ids.ID) if identities is None else ids.column(identities[heads])
            columns = [pa.array(keys[heads]), pa.array(names[heads]), pa.array(totals[enough]), kept]
            return pa.Table.from_arrays(columns, schema=_FOUND)

        overall = counted(np.full(len(keys), _EVERYWHERE), long, spec.min_documents, spec.min_hosts)
        of_sites = counted(sites, sites != _EVERYWHERE, spec.min_documents_of_site, 1)
        known = np.isin(keyed.unsigned(of_sites, "key"), keyed.unsigned(overall, "key"))
        found = pa.concat_tables([overall, of_sites.filter(booleans(~known))])
        return found.replace_schema_metadata(table.schema.metadata)

    def resolve(self, reduced: Iterable[pa.Table], read: Callable[[str], Iterable[pa.Table]]) -> pa.Table:
        """Return the repeated units by key and site: all that are so overall, and those with their share of a site."""
        found = pa.concat_tables([_FOUND.empty_table(), *(self._checked(table).cast(_FOUND) for table in reduced)])
        names, totals = self._documents_of_sites(read(SITES))
        sites = keyed.unsigned(found, "site")
        documents = keyed.integers(found, "documents")
        if len(names):
            place = np.minimum(np.searchsorted(names, sites), len(names) - 1)
            if not ((names[place] == sites) | (sites == _EVERYWHERE)).all():
                raise DataError(f"step {self.spec.name}: a unit is of a site of which no document was counted")
            enough = (sites == _EVERYWHERE) | (documents >= self.spec.min_share_of_site * totals[place])
            found = found.filter(booleans(enough))
        keys, sites = keyed.unsigned(found, "key"), keyed.unsigned(found, "site")
        found = found.take(pa.array(np.lexsort((sites, keys)), pa.int64()))
        everywhere = int((sites == _EVERYWHERE).sum())
        counts = {"everywhere": everywhere, "of_sites": len(sites) - everywhere, "sites": len(names)}
        metadata = {PARAMETERS: self.spec.parameters().encode(), COUNTS: json.dumps(counts, sort_keys=True).encode()}
        return found.combine_chunks().replace_schema_metadata(metadata)

    def apply(self, batch: Batch, table: pa.Table) -> Outcome:
        """Count the repeated units of each document and, in mode `remove`, take them out of its text."""
        spec, units = self.spec, self._units(batch)
        repeated, kept = self._repeated(table).holds(
            units.hashes, _sites(batch)[units.texts], long=self._long(units), short=self._short(units)
        )
        gone = repeated & ~_left(batch, units, kept) if spec.leave == "one" else repeated
        if spec.mode == "annotate":
            gone = np.zeros(len(repeated), bool)
        found, removed = _per_text(repeated, units), _per_text(gone, units)
        letters, in_repeated = _per_text(units.letters, units), _per_text(units.letters * repeated, units)
        share = np.round(in_repeated / np.maximum(letters, 1), 4)
        columns: dict[str, pa.Array] = {
            name: pa.array(values, kind)
            for name, values, kind in zip(spec.columns(), (found, share, removed), _TYPES, strict=True)
        }
        if spec.mode == "annotate":
            return Outcome(batch.with_columns(columns))
        texts = _texts_without(batch, units, gone, np.flatnonzero(removed))
        columns |= {
            "text": column(texts, pa.string()),  # out of Arrow, so free of the surrogates that `strings` looks for
            "content_hash": strings(None if text is None else content_hash(text) for text in texts),
        }
        left = letters - _per_text(units.letters * gone, units)
        reasons: list[str | None] = [None] * len(batch)
        details: list[str | None] = [None] * len(batch)
        totals = np.diff(units.bounds)
        for row in np.flatnonzero((removed > 0) & (left < spec.min_letters_left)).tolist():
            reasons[row] = REASON
            details[row] = (
                f"letters {left[row]} < {spec.min_letters_left}, {removed[row]} of {totals[row]} {spec.unit}s removed"
            )
        return Outcome(batch.with_columns(columns), strings(reasons), strings(details))

    def _often(self, table: pa.Table) -> pa.Table:
        """Return the rows of units that can be repeated by either rule; most lines of a corpus stand in one document."""
        bounds = (self.spec.min_documents, self.spec.min_documents_of_site)
        least = min(bound for bound in bounds if bound is not None)
        keys = keyed.unsigned(table, "key")
        order = np.argsort(keys)
        starts = keyed.group_starts(keys[order])
        documents = to_numpy(table.column("documents"))[order]
        totals = np.add.reduceat(documents, starts[:-1], dtype=np.int64) if len(documents) else documents
        rows = order[np.repeat(totals >= least, np.diff(starts))]
        return table.take(pa.array(np.sort(rows), pa.int64()))

    def _units(self, batch: Batch) -> Units:
        return find(batch.texts("text"), unit=self.spec.unit, digits=self.spec.digits)

    def _long(self, units: Units) -> Bools:
        """Tell which units the rule of the corpus is about."""
        return (units.letters >= self.spec.min_letters) & (self.spec.min_documents is not None)

    def _short(self, units: Units) -> Bools:
        """Tell which units the rule of sites is about."""
        return (units.letters >= self.spec.min_letters_of_site) & (self.spec.min_documents_of_site is not None)

    def _repeated(self, table: pa.Table) -> "_Repeated":
        if not self._looked_up or self._looked_up[0].table is not table:
            self._looked_up[:] = [_Repeated(self._checked(table))]
        return self._looked_up[0]

    def _checked(self, table: pa.Table) -> pa.Table:
        return keyed.checked(table, PARAMETERS, self.spec.parameters(), step=self.spec.name)

    def _documents_of_sites(self, shards: Iterable[pa.Table]) -> tuple[U64, Ints]:
        """Return the sites, ascending, and how many documents each has, adding up shard by shard."""
        names, totals = np.zeros(0, np.uint64), np.zeros(0, np.int64)
        for shard in shards:
            table = self._checked(shard)
            names, places = np.unique(np.concatenate([names, keyed.unsigned(table, "key")]), return_inverse=True)
            counts = np.concatenate([totals, keyed.integers(table, "documents")])
            totals = np.bincount(places, weights=counts, minlength=len(names)).astype(np.int64)
        return names, totals


class _Repeated:
    """Finds units in a table of results by binary search; built once per table, 24 bytes per row."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        keys, sites = keyed.unsigned(table, "key"), keyed.unsigned(table, "site")
        self._everywhere: Ints = np.flatnonzero(sites == _EVERYWHERE).astype(np.int64)
        self._keys = keys[self._everywhere]  # ascending, as the table is
        of_sites = np.flatnonzero(sites != _EVERYWHERE).astype(np.int64)
        pairs = _pairs(keys[of_sites], sites[of_sites])
        order = np.argsort(pairs, kind="stable")
        self._of_sites, self._pairs = of_sites[order], pairs[order]

    def holds(self, hashes: U64, sites: U64, *, long: Bools, short: Bools) -> tuple[Bools, pa.Array]:
        """Return which units are repeated, and of each whose copy is left, null where none is; both of shape (units,).

        Args:
            hashes: of units, shape (units,).
            sites: on which each stands.
            long: which the rule of the corpus is about.
            short: which the rule of sites is about.
        """
        rows = np.full(len(hashes), -1, np.int64)
        for names, wanted, own, chosen in (
            (self._pairs, _pairs(hashes, sites), self._of_sites, short),
            (self._keys, hashes, self._everywhere, long),
        ):
            if len(names):
                place = np.minimum(np.searchsorted(names, wanted), len(names) - 1)
                hit = chosen & (names[place] == wanted)
                rows[hit] = own[place[hit]]
        repeated = rows >= 0
        kept = self.table.column("keeper").take(pa.array(rows, pa.int64(), mask=~repeated))
        return repeated, kept


def _pairs(keys: U64, sites: U64) -> U64:
    return mix(keys ^ mix(sites))


def _sites(batch: Batch) -> U64:
    """Return a hash of host and language of each row, 0 where there is no host, shape (rows,).

    The upper 48 bits are the host's: among ten million hosts, two have the same with probability 0.2.
    """
    names = batch.rows.schema.names
    if "url" not in names:
        return np.full(len(batch), _EVERYWHERE)
    hosts = [host(url) for url in optional_texts(batch.column("url"))]
    languages = batch.texts("language") if "language" in names else [""] * len(hosts)
    hashed = {name: xxhash.xxh3_64_intdigest(name.encode("utf-8", "surrogatepass")) for name in {*hosts, *languages}}
    sites = [
        (hashed[name] >> _LANGUAGE_BITS << _LANGUAGE_BITS | hashed[language] >> _HOST_BITS) if name else 0
        for name, language in zip(hosts, languages, strict=True)
    ]
    return np.array(sites, np.uint64)


def _hosts(keys: U64, sites: U64) -> Ints:
    """Return on how many hosts each unit stands, shape (distinct keys,).

    Args:
        keys: ascending, shape (rows,).
        sites: in any order among equal keys.
    """
    names = sites >> np.uint64(_LANGUAGE_BITS)
    order = np.lexsort((names, keys))
    pairs = keyed.group_starts(keys[order], names[order])[:-1]
    return np.diff(keyed.group_starts(keys[order][pairs]))


def _distinct(units: Units, chosen: Bools, long: Bools) -> tuple[U64, Ints, Bools]:
    """Return the chosen units, each once per text: their hashes, their texts, and whether they are long."""
    keys, rows, long = units.hashes[chosen], units.texts[chosen], long[chosen]
    order = np.lexsort((rows, keys))
    heads = order[keyed.group_starts(keys[order], rows[order].astype(np.uint64))[:-1]]
    return keys[heads], rows[heads], long[heads]


def _per_text(values: Ints | Bools, units: Units) -> Ints:
    """Return the sum of a column of units over each text, shape (texts,)."""
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(values, dtype=np.int64)])
    sums: Ints = total[units.bounds[1:]] - total[units.bounds[:-1]]
    return sums


def _left(batch: Batch, units: Units, kept: pa.Array) -> Bools:
    """Tell which units are the copy that is left: the first in the document that is the unit's keeper."""
    own = ids.words(ids.pack(batch.texts("doc_id")))[units.texts]
    present = ~is_null(kept)
    held = ids.words(pc.fill_null(kept, bytes(16)))
    candidates = np.flatnonzero(present & (held == own).all(axis=1))
    names, texts = units.hashes[candidates], units.texts[candidates]
    order = np.lexsort((candidates, texts, names))
    heads = order[keyed.group_starts(names[order], texts[order].astype(np.uint64))[:-1]]
    left = np.zeros(len(units.hashes), bool)
    left[candidates[heads]] = True
    return left


def _texts_without(batch: Batch, units: Units, gone: Bools, changed: Ints) -> list[str | None]:
    """Return the texts of a batch without the units that are gone."""
    texts = optional_texts(batch.column("text"))
    for row in changed.tolist():
        own = np.arange(units.bounds[row], units.bounds[row + 1])
        own = own[gone[own]]
        texts[row] = without(texts[row] or "", units.starts[own].tolist(), units.ends[own].tolist())
    return texts
