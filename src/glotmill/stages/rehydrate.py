"""`rehydrate`: how often a document should be read in training, by its copies and by its band of quality."""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

import pyarrow as pa
import xxhash
from pydantic import Field, model_validator

from glotmill.core.arrow import column, optional_texts, pylist
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Spec
from glotmill.stages.classify import BAND, UNAUDITED, UNSCORED

WEIGHT, REPEATS = "sampling_weight", "repeats"
_PROVIDES = pa.schema([pa.field(WEIGHT, pa.float64()), pa.field(REPEATS, pa.int32())])
_STEPS = 10_000  # a weight has four decimals

Size = Annotated[int, Field(ge=1)]
Weight = Annotated[float, Field(ge=1, le=1000)]
Factor = Annotated[float, Field(ge=0, le=1000)]
Band = Literal["hq", "mid", "low", "unscored"]


class RehydrateSpec(Spec):
    """Weighs each document by its `cluster_size`, its `quality_band`, or both; adds and drops no row.

    It stands behind the last step that drops copies. What many sites carry is more often worth reading than what one does,
    up to a point: Penedo et al. 2025 (arXiv:2506.20920, "rehydration"). At most one of `exponent` and `table` is given, and
    one of them or `bands`; the weights of size and band are multiplied, and then capped.

    Args:
        exponent: the weight is `cluster_size ** exponent`: 0 repeats nothing, 1 as often as it was found.
        table: cluster size -> weight, with an entry for 1; between two sizes the weight goes in a straight line over the
            logarithm of the size, and from the last one on it stays.
        bands: band -> factor, for `hq`, `mid`, `low` and `unscored`; unaudited bands count as those, a band that is not named
            as 1, and 0 leaves a band out of the reading.
        cap: no weight is greater. Four readings of a text are worth about as much as of new text, more are worth
            less (Muennighoff et al. 2023, arXiv:2305.16264).
        seed: of the coins that round `repeats`.
    """

    kind: Literal["rehydrate"]
    exponent: Annotated[float, Field(ge=0, le=1)] | None = None
    table: Mapping[Size, Weight] | None = None
    bands: Mapping[Band, Factor] | None = None
    cap: Weight = 4.0
    seed: int = Field(default=1, ge=0, lt=2**48)

    @model_validator(mode="after")
    def _one_curve(self) -> Self:
        given = [self.exponent is not None, self.table is not None]
        if sum(given) > 1 or not (any(given) or self.bands):
            raise ValueError(
                "give one of `exponent: 0.6` and `table: {1: 1, 16: 4, 100: 1}`, or `bands: {hq: 3, mid: 1.5}`, or both"
            )
        if self.table is not None and 1 not in self.table:
            raise ValueError("`table` has no weight for 1, a document without copies; add `1: 1`")
        above = [f"{size}: {weight:g}" for size, weight in sorted((self.table or {}).items()) if weight > self.cap]
        if above:
            raise ValueError(
                f"`table` is above `cap: {self.cap:g}` at {', '.join(above)}; raise the one or lower the other"
            )
        return self

    def contract(self, resources: Resources) -> Contract:
        sized = fields("doc_id", "cluster_size") if self.sized else fields("doc_id")
        banded = [pa.field(BAND, pa.string())] if self.bands else []
        return Contract(pa.schema([*sized, *banded]), _PROVIDES, frozenset())

    def build(self, resources: Resources) -> "Rehydrate":
        return Rehydrate(self)

    @property
    def sized(self) -> bool:
        """Whether the size of the cluster weighs."""
        return self.exponent is not None or self.table is not None

    def weight(self, size: int, band: str | None = None) -> float:
        """Return the weight of a document of a cluster of `size` and of a band, four decimals.

        >>> RehydrateSpec(name="weights", kind="rehydrate", exponent=0.5).weight(7)
        2.6458
        """
        own = self._on_curve(max(1, size)) if self.sized else 1.0
        factors = {str(name): factor for name, factor in (self.bands or {}).items()}
        return round(min(self.cap, own * factors.get((band or UNSCORED).removeprefix(f"{UNAUDITED}_"), 1.0)), 4)

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
        nothing: list[None] = [None] * len(batch)
        sizes: list[int | None] = pylist(batch.column("cluster_size")) if self._spec.sized else [1] * len(batch)
        bands: Sequence[str | None] = optional_texts(batch.column(BAND)) if self._spec.bands else nothing
        pairs = list(zip(sizes, bands, strict=True))
        known = {(size, band): self._spec.weight(size, band) for size, band in set(pairs) if size is not None}
        weights = [known.get((size, band)) if size is not None else None for size, band in pairs]
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
