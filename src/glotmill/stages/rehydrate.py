"""`rehydrate`: how often a document should be read in training, by the number of copies that it stands for."""

import math
from bisect import bisect_right
from collections.abc import Mapping
from typing import Annotated, Literal, Self

import pyarrow as pa
import xxhash
from pydantic import Field, model_validator

from glotmill.core.arrow import column, pylist
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Spec

WEIGHT, REPEATS = "sampling_weight", "repeats"
_PROVIDES = pa.schema([pa.field(WEIGHT, pa.float64()), pa.field(REPEATS, pa.int32())])
_STEPS = 10_000  # a weight has four decimals

Size = Annotated[int, Field(ge=1)]
Weight = Annotated[float, Field(ge=1, le=1000)]


class RehydrateSpec(Spec):
    """Weighs each document by its `cluster_size`; adds and drops no row. It stands behind the last step that drops copies.

    What many sites carry is more often worth reading than what one does, up to a point: Penedo et al. 2025
    (arXiv:2506.20920, "rehydration"). Exactly one of `exponent` and `table` is given.

    Args:
        exponent: the weight is `cluster_size ** exponent`: 0 repeats nothing, 1 as often as it was found.
        table: cluster size -> weight, with an entry for 1; between two sizes the weight goes in a straight line over the
            logarithm of the size, and from the last one on it stays.
        cap: no weight is greater. Four readings of a text are worth about as much as of new text, more are worth
            less (Muennighoff et al. 2023, arXiv:2305.16264).
        seed: of the coins that round `repeats`.
    """

    kind: Literal["rehydrate"]
    exponent: Annotated[float, Field(ge=0, le=1)] | None = None
    table: Mapping[Size, Weight] | None = None
    cap: Weight = 4.0
    seed: int = Field(default=1, ge=0, lt=2**48)

    @model_validator(mode="after")
    def _one_curve(self) -> Self:
        if (self.exponent is None) == (self.table is None):
            raise ValueError("give one of `exponent: 0.6` and `table: {1: 1, 16: 4, 100: 1}`")
        if self.table is not None and 1 not in self.table:
            raise ValueError("`table` has no weight for 1, a document without copies; add `1: 1`")
        above = [f"{size}: {weight:g}" for size, weight in sorted((self.table or {}).items()) if weight > self.cap]
        if above:
            raise ValueError(
                f"`table` is above `cap: {self.cap:g}` at {', '.join(above)}; raise the one or lower the other"
            )
        return self

    def contract(self, resources: Resources) -> Contract:
        return Contract(fields("doc_id", "cluster_size"), _PROVIDES, frozenset())

    def build(self, resources: Resources) -> "Rehydrate":
        return Rehydrate(self)

    def weight(self, size: int) -> float:
        """Return the weight of a document of a cluster of `size`, four decimals.

        >>> RehydrateSpec(name="weights", kind="rehydrate", exponent=0.5).weight(7)
        2.6458
        """
        return round(min(self.cap, self._on_curve(max(1, size))), 4)

    def _on_curve(self, size: int) -> float:
        if self.exponent is not None:
            return float(size**self.exponent)
        knots = sorted((self.table or {}).items())
        after = bisect_right(knots, size, key=lambda knot: knot[0])
        left, low = knots[after - 1]
        if after == len(knots):
            return low
        right, high = knots[after]
        return low + (high - low) * math.log(size / left) / math.log(right / left)


class Rehydrate:
    """The step."""

    def __init__(self, spec: RehydrateSpec) -> None:
        self._spec = spec

    def __call__(self, batch: Batch) -> Outcome:
        sizes: list[int | None] = pylist(batch.column("cluster_size"))
        known = {size: self._spec.weight(size) for size in set(sizes) if size is not None}
        weights = [None if size is None else known[size] for size in sizes]
        repeats = [
            None if weight is None else rounded(weight, doc_id, seed=self._spec.seed)
            for weight, doc_id in zip(weights, batch.texts("doc_id"), strict=True)
        ]
        return Outcome(
            batch.with_columns({WEIGHT: column(weights, pa.float64()), REPEATS: column(repeats, pa.int32())})
        )


def rounded(weight: float, doc_id: str, *, seed: int) -> int:
    """Return a weight of four decimals rounded down or up, so that over all documents the mean is the weight.

    The coin is a hash of the document's id: it falls the same way in every run, and a greater weight never gives fewer.
    """
    whole, rest = divmod(round(weight * _STEPS), _STEPS)
    coin = xxhash.xxh3_64_intdigest(f"rehydrate\x1f{seed}\x1f{doc_id}".encode()) * _STEPS >> 64
    return whole + (coin < rest)
