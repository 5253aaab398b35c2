"""Near-duplicates: candidates by MinHash bands, dropped only where exact shingle Jaccard proves them."""

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, StrictStr, field_validator

from glotmill.core.arrow import to_numpy
from glotmill.core.errors import DataError
from glotmill.core.schema import fields
from glotmill.core.steps import COUNTS, Batch, Contract, CorpusSpec, Groups, Needs, Outcome, Resources
from glotmill.dedup import candidates, clusters, copies, ids, keeper, keyed, set_store
from glotmill.dedup.set_store import SetStore
from glotmill.dedup.shingles import NORM_VERSION, ShingleSets, shingle
from glotmill.dedup.signatures import band_keys, signatures
from glotmill.dedup.verification import Decisions, chained, decide

BANDS, SHINGLES = "bands", "shingles"
REASON = "minhash_dedup.near_duplicate"
PARAMETERS = b"glotmill.minhash"  # metadata key in every file of the step

_GROUP = pa.field("group", pa.int32(), nullable=False)
# What a group's documents hold beside their sets, by the size of its texts: a group of so many has 64 MB of it.
_DOCUMENTS_PER_MB = 128
_COUNTED = ("candidates", "dropped", "refused", "unchecked")

Ints = npt.NDArray[np.int64]
Count = Annotated[int, Field(ge=1, le=1024)]


class MinhashDedupSpec(CorpusSpec):
    """Drops a document if a kept one that ranks higher shares a band with it and is at least `threshold` similar.

    With 14 bands of 8 rows a pair is compared with probability 0.9996 at Jaccard 0.9, 0.92 at 0.8, 0.56 at 0.7.

    Args:
        bands: number of bands.
        rows: signature values per band.
        n: words per shingle, in scripts with spaces.
        n_unspaced: characters per shingle, in scripts without. Five words are about eight characters of Chinese; and
            one changed word of two characters then changes nine of some thousand shingles, as much as one changed
            word does elsewhere (five of some five hundred).
        threshold: smallest Jaccard similarity of the two shingle sets, computed exactly.
        seed: of the permutations.
        keep: the keeper order, most important first; ends with the smallest doc_id.
        linkage: `verified` is the rule above. `components` drops what any chain of shared bands connects with a document
            that ranks higher, without comparing them, as FineWeb-2's pipeline does (Penedo et al. 2025,
            arXiv:2506.20920): its clusters and their sizes, which chain pages made from one template.
        quality: numeric column that the criterion `quality` of the keeper order reads; the greater value is kept.
        published: in an update of a published corpus, whether its documents stay whatever arrives (`wins`) or are ranked
            with the new ones by the keeper order, so that a new one can supersede them (`ranked`).
        most_copies: how many of the copies that it stands for a kept document lists; `cluster_size` counts all.
        memory_mb: of shingle sets that a task holds at a time. Documents that no chain of buckets joins are decided lot
            by lot; a component that alone is larger is compared block by block. Both go through scratch files.
        bucket_limit: how many kept documents of one bucket a document is compared with at most, so that a bucket of
            a million filled-in forms stays linear. Copies of one document do not fill it: only one of them is kept.
            Among 20,000 forms of Jaccard 0.5 with 1,000 planted copies, any limit from 16 to 1024 finds 989 of the
            990 copies that no limit finds, and 256 takes 3 s in place of 14 (measured).
    """

    indexed: ClassVar[bool] = True
    needs: ClassVar[Needs] = Needs(memory_mb=2048)
    gathers: ClassVar[str | None] = SHINGLES

    kind: Literal["minhash_dedup"]
    bands: Count = 14
    rows: Count = 8
    n: Count = 5
    n_unspaced: Count = 8
    threshold: float = Field(default=0.8, gt=0.0, le=1.0)
    seed: int = Field(default=1, ge=0, lt=2**48)
    keep: tuple[keeper.Criterion, ...] = keeper.DEFAULT_KEEP
    linkage: Literal["verified", "components"] = "verified"
    bucket_limit: int = Field(default=256, ge=1)
    quality: StrictStr | None = None
    published: keeper.Published = "wins"
    most_copies: int = Field(default=100, ge=0)
    memory_mb: int = Field(default=1024, ge=1)

    @field_validator("keep")
    @classmethod
    def _each_once(cls, keep: tuple[keeper.Criterion, ...]) -> tuple[keeper.Criterion, ...]:
        return keeper.each_once(keep)

    def pass_needs(self) -> Needs:
        """Return what one task of its passes needs: as much as `memory_mb` and its tables beside it."""
        return Needs(memory_mb=max(self.needs.memory_mb, self.memory_mb + 1024))

    def contract(self, resources: Resources) -> Contract:
        """State the columns and the one reason."""
        requires = pa.schema([*fields("text"), *keeper.quality_field(self.quality)])
        return Contract(requires, clusters.PROVIDES, frozenset([REASON]))

    def parameters(self) -> str:
        """Return what makes keys and shingles comparable, as JSON; it travels in every file of the step."""
        values = {
            "norm": NORM_VERSION,
            "unicode": unicodedata.unidata_version,
            "n": self.n,
            "n_unspaced": self.n_unspaced,
            "bands": self.bands,
            "rows": self.rows,
            "seed": self.seed,
            "keep": list(self.keep),
            "quality": self.quality,
            "sets": self.linkage == "verified",
        }
        return json.dumps(values, sort_keys=True)

    def tables(self) -> Mapping[str, pa.Schema]:
        """Return the schema of each table that `emit` gives."""
        bands = [
            pa.field("key", pa.uint64(), nullable=False),
            pa.field("doc_id", ids.ID, nullable=False),
            pa.field("published", pa.bool_(), nullable=False),
        ]
        shingles = [
            *bands,
            pa.field("shingle_count", pa.int32(), nullable=False),
            pa.field("shingles", pa.large_list(pa.field("item", pa.uint64(), nullable=False)), nullable=False),
            *keeper.rank_fields(self.keep),
            *copies.FIELDS,
        ]
        metadata = {PARAMETERS: self.parameters().encode()}
        return {BANDS: pa.schema(bands, metadata), SHINGLES: pa.schema(shingles, metadata)}

    def build(self, resources: Resources) -> "MinhashDedup":
        """Return the step."""
        return MinhashDedup(self)


@dataclass(slots=True)
class MinhashDedup:
    """The passes of near-duplicate removal; a grouping step.

    Per document with s shingles, `emit` writes 25 bytes for each band, and 8 s + 100 bytes and its address and license for
    verification. `reduce` holds a partition of bands and keeps the buckets of at least two documents; `group` holds those
    memberships, some 100 bytes each; `decide` the sets of one group, within `memory_mb`.
    """

    spec: MinhashDedupSpec
    _found: clusters.Found = field(default_factory=clusters.Found, repr=False)

    def tables(self) -> Mapping[str, pa.Schema]:
        """Return the schema of each table that `emit` gives."""
        return self.spec.tables()

    def emit(self, batch: Batch) -> Mapping[str, pa.RecordBatch]:
        """Return band keys, and shingle sets with ranks, of each row whose text has a letter or digit."""
        spec = self.spec
        found = shingle(batch.texts("text"), n=spec.n, n_unspaced=spec.n_unspaced)
        present = np.flatnonzero(np.diff(found.offsets) > 0)
        rows = batch if len(present) == len(batch) else batch.take(present)
        # Only empty sets are left out, so the flat array of hashes stays as it is.
        sets = ShingleSets(np.concatenate([[0], found.offsets[1:][present]]), found.hashes)
        keys = band_keys(
            signatures(sets, count=spec.bands * spec.rows, seed=spec.seed), bands=spec.bands, rows=spec.rows
        )
        packed = ids.pack(rows.texts("doc_id"))
        identities = ids.words(packed)
        schemas = self.tables()
        new = pa.array(np.zeros(len(rows), np.bool_))
        counts = np.diff(sets.offsets)
        kept = sets if spec.linkage == "verified" else ShingleSets(np.zeros_like(sets.offsets), sets.hashes[:0])
        return {
            BANDS: pa.RecordBatch.from_arrays(
                [
                    pa.array(keys.reshape(-1), pa.uint64()),
                    ids.column(np.repeat(identities, spec.bands, axis=0)),
                    pa.array(np.zeros(keys.size, np.bool_)),
                ],
                schema=schemas[BANDS],
            ),
            SHINGLES: pa.RecordBatch.from_arrays(
                [
                    pa.array(identities[:, 0], pa.uint64()),
                    packed,
                    new,
                    pa.array(counts, pa.int32()),
                    pa.LargeListArray.from_arrays(
                        pa.array(kept.offsets, pa.int64()),
                        pa.array(kept.hashes, pa.uint64()),
                        type=schemas[SHINGLES].field("shingles").type,
                    ),
                    *keeper.rank_columns(rows, spec.keep, quality=spec.quality),
                    *copies.columns(rows),
                ],
                schema=schemas[SHINGLES],
            ),
        }

    def reduce(self, read: Callable[[str], pa.Table]) -> pa.Table:
        """Return the rows of those buckets that hold at least two documents, one of them new; by key and id."""
        found = candidates.shared(candidates.memberships(self._checked(read(BANDS))))
        return pa.Table.from_arrays(found.arrays(), schema=self.tables()[BANDS])

    def group(self, reduced: Iterable[pa.Table]) -> Groups:
        """Return groups of documents that no bucket joins."""
        return candidates.grouped(
            (self._checked(table) for table in reduced),
            self.tables()[BANDS],
            most=self.spec.memory_mb * _DOCUMENTS_PER_MB,
        )

    def gather(self, rows: pa.RecordBatch, routes: pa.Table) -> pa.Table:
        """Return the shingle sets, ranks and facts of the documents that belong to a group."""
        table = self._checked(pa.Table.from_batches([rows]))
        wanted = ids.Numbered(ids.words(routes.column("doc_id")), _flags(routes))
        places = ids.places(wanted, ids.words(table.column("doc_id")), _flags(table))
        hit = np.flatnonzero(places >= 0)
        groups = keyed.integers(routes, "group")[places[hit]].astype(np.int32)
        taken = table.take(pa.array(hit, pa.int64()))
        return taken.append_column(_GROUP, pa.array(groups, pa.int32()))

    def decide(self, members: pa.Table, read: Callable[[Sequence[str] | None], Iterator[pa.Table]]) -> pa.Table:
        """Verify the candidates of one group and return what there is to say of clusters."""
        spec = self.spec
        found = candidates.memberships(members)
        documents, numbers = ids.number(found.documents, found.published)
        ranked, lengths = self._ranked(documents, read)
        position = _positions(ranked)
        labels = candidates.components(found.keys, position[numbers], len(ranked))
        memory = spec.memory_mb << 20
        if spec.linkage == "verified":
            # Components that do not fit into memory together are decided one lot after the other.
            lots = set_store.lots(labels, lengths[ranked], memory_bytes=memory)
            order = np.argsort(lots, kind="stable")
            ranked, lots = ranked[order], lots[order]
            position = _positions(ranked)
        fixed = documents.published[ranked] & (spec.published == "wins")
        if spec.linkage == "components":
            decisions = chained(labels, fixed)
        else:
            with SetStore(lengths[ranked], lots, memory_bytes=memory) as sets:
                for table in read(["doc_id", "published", "shingles"]):
                    lists = keyed.one_chunk(table.column("shingles"))
                    rows = position[self._places(documents, table)]
                    offsets = keyed.offsets(lists)
                    if not np.array_equal(np.diff(offsets), lengths[ranked[rows]]):
                        raise DataError(f"step {spec.name}: a set has not as many shingles as its row says")
                    sets.add(rows, offsets, keyed.flat(lists))
                decisions = decide(
                    sets, found.keys, position[numbers], fixed=fixed, tau=spec.threshold, limit=spec.bucket_limit
                )
        return self._result(documents, ranked, decisions, read)

    def resolve(self, reduced: Iterable[pa.Table], read: Callable[[str], Iterable[pa.Table]]) -> pa.Table:
        """Join what was decided on all groups."""
        totals = dict.fromkeys(_COUNTED, 0)

        def counted() -> Iterator[pa.Table]:
            for table in reduced:
                for name, value in json.loads((table.schema.metadata or {})[COUNTS]).items():
                    totals[name] += value
                yield table

        table = clusters.joined(counted())
        metadata = {PARAMETERS: self.spec.parameters().encode(), COUNTS: json.dumps(totals, sort_keys=True).encode()}
        return table.replace_schema_metadata(metadata)

    def apply(self, batch: Batch, table: pa.Table) -> Outcome:
        """Drop the near-duplicates; each names its keeper and the similarity."""
        return clusters.outcome(batch, self._found.index(table), REASON, _evidence)

    def _checked(self, table: pa.Table) -> pa.Table:
        return keyed.checked(table, PARAMETERS, self.spec.parameters(), step=self.spec.name)

    def _places(self, documents: ids.Numbered, table: pa.Table) -> Ints:
        return ids.places(documents, ids.words(table.column("doc_id")), _flags(table))

    def _ranked(
        self, documents: ids.Numbered, read: Callable[[Sequence[str] | None], Iterator[pa.Table]]
    ) -> tuple[Ints, Ints]:
        """Return the documents in keeper order, and how many shingles each has."""
        names = ["shingle_count", *keeper.rank_names(self.spec.keep)]
        values = [np.zeros(len(documents.published), np.int64) for _ in names]
        seen = np.zeros(len(documents.published), np.int64)
        for table in read(["doc_id", "published", *names]):
            places = self._places(documents, table)
            np.add.at(seen, places, 1)
            for own, name in zip(values, names, strict=True):
                own[places] = keyed.integers(table, name)
        if not (seen == 1).all():
            raise DataError(
                f"step {self.spec.name}: {len(seen)} candidate documents, but {int(seen.sum())} shingle sets for "
                "them; the shingle files do not belong to the band files"
            )
        first = [(~documents.published).astype(np.int64)] if self.spec.published == "wins" else []
        lengths, *ranks = values
        return keeper.order([*first, *ranks], documents.words), lengths

    def _result(
        self,
        documents: ids.Numbered,
        ranked: Ints,
        decisions: Decisions,
        read: Callable[[Sequence[str] | None], Iterator[pa.Table]],
    ) -> pa.Table:
        """Write decisions (in keeper order) down cluster by cluster."""
        dropped = np.flatnonzero(decisions.keepers >= 0)
        heads = np.unique(decisions.keepers[dropped])
        places = np.concatenate([heads, dropped])
        owners = np.concatenate([heads, decisions.keepers[dropped]])
        order = ids.ascending(owners, places)
        places, owners = places[order], owners[order]
        members = clusters.Members(
            documents.words[ranked[places]],
            documents.published[ranked[places]],
            keyed.group_starts(owners.astype(np.uint64)),
            self._facts(documents, ranked[places], read),
        )
        jaccards = decisions.jaccards[places]
        unknown = (decisions.keepers[places] < 0) | np.isnan(jaccards)
        table = clusters.result(
            members, pa.array(jaccards, pa.float64(), mask=unknown), most_copies=self.spec.most_copies
        )
        counts = (len(ranked), len(dropped), int(decisions.refused.sum()), int(decisions.unchecked.sum()))
        metadata = {COUNTS: json.dumps(dict(zip(_COUNTED, counts, strict=True)), sort_keys=True).encode()}
        return table.replace_schema_metadata(metadata)

    def _facts(
        self,
        documents: ids.Numbered,
        wanted: Ints,
        read: Callable[[Sequence[str] | None], Iterator[pa.Table]],
    ) -> pa.Table:
        """Return what is known of these documents, in their order."""
        row_of = np.full(len(documents.published), -1, np.int64)
        row_of[wanted] = np.arange(len(wanted))
        parts = [pa.schema(copies.FIELDS).empty_table()]
        rows = [np.empty(0, np.int64)]
        for table in read(["doc_id", "published", *copies.NAMES]) if len(wanted) else ():
            own = row_of[self._places(documents, table)]
            hit = np.flatnonzero(own >= 0)
            parts.append(table.select(copies.NAMES).take(pa.array(hit, pa.int64())).cast(parts[0].schema))
            rows.append(own[hit])
        order = np.argsort(np.concatenate(rows), kind="stable")
        return pa.concat_tables(parts).take(pa.array(order, pa.int64())).combine_chunks()


def _positions(ranked: Ints) -> Ints:
    """Return where each document stands in an order of documents."""
    position = np.empty(len(ranked), np.int64)
    position[ranked] = np.arange(len(ranked))
    return position


def _evidence(row: Mapping[str, object]) -> str:
    said = f"of one component with {row['keeper']}"
    if row["jaccard"] is not None:
        said = f"jaccard {row['jaccard']:.4f} with {row['keeper']}"
    return said + clusters.published_note(row)


def _flags(table: pa.Table) -> npt.NDArray[np.bool_]:
    return to_numpy(table.column("published")).astype(np.bool_)
