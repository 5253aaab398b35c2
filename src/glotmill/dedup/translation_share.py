"""The step `cap_translations`: no more tokens that engines wrote than a share of each language's corpus."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from glotmill.core.arrow import booleans, optional_texts, pylist, strings, to_numpy
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, CorpusSpec, Needs, Outcome, Resources
from glotmill.dedup import ids

TABLE = "translations"
REASON = "cap_translations.above_share"
_REDUCED = pa.schema(
    [
        pa.field("language", pa.string()),
        pa.field("doc_id", ids.ID),  # null: all native documents of the language together
        pa.field("tokens", pa.int64()),
    ]
)
_RESOLVED = pa.schema([pa.field("doc_id", ids.ID, nullable=False), pa.field("detail", pa.string(), nullable=False)])


class CapTranslationsSpec(CorpusSpec):
    """Drops translations of a language, chosen by nothing but their id, until at most a share of its tokens is left to them.

    A language without native documents keeps none. Put it behind what drops and `count_tokens`.

    Args:
        max_mt_token_fraction: tokens of translations by tokens of all documents, per language.
    """

    needs: ClassVar[Needs] = Needs()

    kind: Literal["cap_translations"]
    max_mt_token_fraction: float = Field(ge=0.0, lt=1.0)

    def contract(self, resources: Resources) -> Contract:
        """State the columns and the one reason."""
        return Contract(fields("language", "origin", "tokens"), pa.schema([]), frozenset([REASON]))

    def tables(self) -> Mapping[str, pa.Schema]:
        """Return the schema of the table that `emit` gives."""
        return {
            TABLE: pa.schema(
                [
                    pa.field("key", pa.uint64(), nullable=False),
                    pa.field("doc_id", ids.ID, nullable=False),
                    pa.field("language", pa.string()),
                    pa.field("tokens", pa.int64(), nullable=False),
                    pa.field("translated", pa.bool_(), nullable=False),
                ]
            )
        }

    def build(self, resources: Resources) -> "CapTranslations":
        """Return the step."""
        return CapTranslations(self)


@dataclass(frozen=True, slots=True)
class CapTranslations:
    """The passes of the step."""

    spec: CapTranslationsSpec

    def emit(self, batch: Batch) -> Mapping[str, pa.RecordBatch]:
        """Return id, language and tokens of each row."""
        packed = ids.pack(batch.texts("doc_id"))
        origins = optional_texts(batch.column("origin"))
        columns = [
            pa.array(ids.words(packed)[:, 0], pa.uint64()),
            packed,
            batch.column("language"),
            pc.fill_null(batch.column("tokens"), 0),
            booleans([origin == "mt" for origin in origins]),
        ]
        return {TABLE: pa.RecordBatch.from_arrays(columns, schema=self.spec.tables()[TABLE])}

    def reduce(self, read: Callable[[str], pa.Table]) -> pa.Table:
        """Return the translations of a partition, and the native tokens of each language in one row."""
        table = read(TABLE)
        translated = table.column("translated")
        native = table.filter(pc.invert(translated)).group_by("language").aggregate([("tokens", "sum")])
        sums = pa.table(
            [native.column("language"), pa.nulls(native.num_rows, ids.ID), native.column("tokens_sum")], schema=_REDUCED
        ).sort_by("language")
        own = table.filter(translated).select(_REDUCED.names).cast(_REDUCED)
        return pa.concat_tables([sums, own]).combine_chunks()

    def resolve(self, reduced: Iterable[pa.Table], read: Callable[[str], Iterable[pa.Table]]) -> pa.Table:
        """Return which translations go: those with the greatest ids, beyond what the native tokens of their language allow."""
        table = pa.concat_tables([_REDUCED.empty_table(), *reduced]).combine_chunks()
        sums = table.filter(pc.is_null(table.column("doc_id")))
        native: dict[str, int] = {}
        for language, tokens in zip(pylist(sums.column("language")), pylist(sums.column("tokens")), strict=True):
            native[language or ""] = native.get(language or "", 0) + tokens
        rows = table.filter(pc.is_valid(table.column("doc_id"))).combine_chunks()
        words, tokens = ids.words(rows.column("doc_id")), to_numpy(rows.column("tokens"))
        languages = np.array([language or "" for language in pylist(rows.column("language"))], np.str_)
        gone: list[ids.Words] = []
        details: list[str] = []
        for language in np.unique(languages).tolist():
            own = np.flatnonzero(languages == language)
            own = own[np.lexsort((words[own, 1], words[own, 0]))]
            share, own_native = self.spec.max_mt_token_fraction, native.get(language, 0)
            allowed = math.floor(own_native * share / (1.0 - share))
            beyond = own[np.cumsum(tokens[own]) > allowed]
            gone.append(words[beyond])
            said = f"share of translations {share:g}: {allowed} tokens beside {own_native} native ones"
            details += [said] * len(beyond)
        chosen = np.concatenate(gone) if gone else np.empty((0, 2), np.uint64)
        return pa.table([ids.column(chosen), pa.array(details, pa.string())], schema=_RESOLVED)

    def apply(self, batch: Batch, table: pa.Table) -> Outcome:
        """Drop them."""
        places = pc.index_in(ids.pack(batch.texts("doc_id")), value_set=table.column("doc_id").combine_chunks())
        details = optional_texts(table.column("detail").take(places))
        return Outcome(batch, strings(None if one is None else REASON for one in details), strings(details))
