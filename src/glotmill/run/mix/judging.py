"""What a mix says of single rows: whether their rights allow it, which group they belong to, and how much they count."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import optional_texts, pylist, to_numpy
from glotmill.dedup.tombstones import PREFIX, first, parsed
from glotmill.io import storage
from glotmill.io.parquet import open_parquet
from glotmill.licensing.consent import USE, Ruling, read_column
from glotmill.licensing.decision import Decision
from glotmill.plan.mix_recipe import MixRecipe, Rule
from glotmill.plan.mixing import MixPlan, column_of

Values = tuple[str, ...]  # of one group, in the order of `by`

NOTHING: Final = "-"  # the value of a row that has none
DENIED, SUPERSEDED = "permit.consent_denied", "mix.superseded"
LEFT_OUT, OVER_BUDGET = "mix.weight_zero", "mix.over_budget"


@dataclass(frozen=True, slots=True)
class Judged:
    """Rows of one batch as a mix sees them.

    Args:
        reasons: why the row cannot be taken at all, or None; shape (rows,).
        details: the evidence.
        groups: values of each row's group.
        units: what each row counts: tokens, or bytes.
    """

    reasons: list[str | None]
    details: list[str | None]
    groups: list[Values]
    units: npt.NDArray[np.int64]


class Judge:
    """Judges rows, one batch after the other."""

    def __init__(self, plan: MixPlan) -> None:
        self._plan, self._policy = plan, plan.policy()
        self._refusal = lru_cache(maxsize=65_536)(self._refuse)  # most rows of a site are alike

    @property
    def columns(self) -> list[str]:
        """Columns that judging needs."""
        measured = "tokens" if self._plan.recipe.count == "tokens" else "text"
        made = (column for name in self._plan.recipe.by if (column := column_of(name)) is not None)
        rights = ("license", "license_state", "license_class", "consent")
        named = ("url", "text") if self._plan.tombstones else ()
        return list(dict.fromkeys(("doc_id", "language", *rights, measured, *made, *named)))

    def __call__(self, rows: pa.RecordBatch, corpus: str) -> Judged:
        """Return what there is to say of rows.

        Args:
            rows: with `columns`; one that a corpus does not have is null.
            corpus: `name@version` of where they stand.
        """
        rights = [
            optional_texts(rows.column(name)) for name in ("license", "license_state", "license_class", "consent")
        ]
        found = [self._refusal(*row) for row in zip(*rights, strict=True)]
        if len(self._superseded):
            replaced = pylist(pc.is_in(rows.column("doc_id"), value_set=self._superseded))
            found = [(SUPERSEDED, None) if hit else said for hit, said in zip(replaced, found, strict=True)]
        if self._plan.tombstones:
            gone = parsed(self._plan.tombstones)
            kinds = first(gone.records(rows), gone.texts(rows))
            found = [
                said if kind is None else (f"{PREFIX}{kind}", None) for kind, said in zip(kinds, found, strict=True)
            ]
        made = [self._values(rows, column_of(name), corpus) for name in self._plan.recipe.by]
        return Judged(
            [reason for reason, _ in found],
            [detail for _, detail in found],
            list(zip(*made, strict=True)),
            units_of(rows, self._plan.recipe),
        )

    def _values(self, rows: pa.RecordBatch, column: str | None, corpus: str) -> list[str]:
        if column is None:
            return [corpus] * rows.num_rows
        return [value or NOTHING for value in optional_texts(rows.column(column))]

    def _refuse(
        self, expression: str | None, state: str | None, license_class: str | None, consent: str | None
    ) -> tuple[str | None, str | None]:
        decision = Decision(
            license=expression, state=state or "none", license_class=license_class or "unknown", port=None, evidence=()
        )
        refusal = self._policy.allows(decision)
        if refusal is not None:
            return f"permit.{refusal.code}", refusal.detail
        denied = self._plan.recipe.consent != "record-only"
        if denied and read_column(consent).get(USE, Ruling("unknown")).verdict == "denied":
            return DENIED, consent
        return None, None

    @cached_property
    def _superseded(self) -> pa.Array:
        names: list[str] = []
        for address in self._plan.superseded:
            with storage.open_read(address) as stream:
                for batch in open_parquet(stream, address).iter_batches(columns=["doc_id"]):
                    names.extend(pylist(batch.column("doc_id")))
        return pa.array(sorted(names), pa.string())


def units_of(rows: pa.RecordBatch, recipe: MixRecipe) -> npt.NDArray[np.int64]:
    """Return what rows count: `tokens`, or the bytes of `text`; null is 0."""
    counted = rows.column("tokens") if recipe.count == "tokens" else pc.binary_length(rows.column("text"))
    found: npt.NDArray[np.int64] = to_numpy(pc.fill_null(counted.cast(pa.int64()), 0)).astype(np.int64)
    return found


def rule_of(recipe: MixRecipe, values: Values) -> tuple[int, Rule] | None:
    """Return the first of a recipe's exceptions that matches a group, and its number."""
    named: Mapping[str, str] = dict(zip(recipe.by, values, strict=True))
    return next(
        (
            (number, rule)
            for number, rule in enumerate(recipe.groups)
            if all(named[name] in given for name, given in rule.where.items())
        ),
        None,
    )
