"""The recipe of a mix: which policy, how many tokens, shared between which groups of documents, and how often at most."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt, StrictStr, field_validator, model_validator

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Frozen
from glotmill.core.yamlfile import near, parse
from glotmill.plan.recipe import Publisher
from glotmill.text.tags import canonical

By = Literal["language", "quality_band", "license_class", "source", "origin", "corpus"]
Epochs = Annotated[float, Field(gt=0, le=1_000)]
Units = Annotated[StrictInt, Field(ge=0, le=10**18)]  # sums of them fit into 64 bits


class Temperature(Frozen):
    """Shares by size to the power of `alpha`: 1 leaves sizes as they are, 0 makes all groups equal.

    q_i = n_i^alpha / sum_j n_j^alpha, as in XLM-R (Conneau et al. 2020, Unsupervised Cross-lingual Representation
    Learning at Scale, with alpha 0.3); a temperature T is alpha = 1 / T.
    """

    kind: Literal["temperature"]
    alpha: Annotated[float, Field(ge=0, le=1)]


class UniMax(Frozen):
    """As equal shares as `max_epochs` allows, from the smallest group to the largest (Chung et al. 2023, arXiv 2304.09151)."""

    kind: Literal["unimax"]


class Rule(Frozen):
    """What holds for the groups that it matches, in place of what holds for all.

    Args:
        where: value of `by` -> values that match; each has to.
        weight: multiplies the share; 0 leaves the groups out.
        max_epochs: how often a document is taken at most.
        budget: of each of the groups, taken before the others share what is left.
    """

    where: Annotated[dict[By, tuple[StrictStr, ...]], Field(min_length=1)]
    weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    max_epochs: Epochs | None = None
    budget: Units | None = None

    @field_validator("where")
    @classmethod
    def _tags(cls, where: dict[By, tuple[str, ...]]) -> dict[By, tuple[str, ...]]:
        return {
            name: tuple(one if one == "-" or name != "language" else canonical(one) for one in values)
            for name, values in where.items()
        }


class MixRecipe(Frozen):
    """The file that `glotmill mix` reads.

    Args:
        seed: of the order, and of which documents are taken.
        allow: the license policy of `manifests/licenses.yaml` that every row passes, whatever its corpus allowed.
        consent: `strictest` leaves out documents whose owner denies training, `record-only` takes them.
        count: what a budget counts: the column `tokens`, or the bytes of `text` in UTF-8.
        by: what makes a group: documents that agree in all of these.
        budget: of the whole mix; without one, every document is taken once.
        sampling: how groups share the budget.
        max_epochs: how often a document is taken at most.
        max_mt_token_fraction: tokens of translations by all tokens that are read, repeats included, of each language; a mix that
            would have more is refused. Needs `language` and `origin` among `by`, and counts tokens.
        groups: exceptions; of those that match a group, the first holds.
        part_mb: Arrow bytes per part file, in MiB, about.
        row_group_rows: rows per row group.
    """

    name: Annotated[StrictStr, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    version: Annotated[StrictStr, Field(pattern=r"^\d+\.\d+\.\d+([.-][a-z0-9]+)*$")]
    description: StrictStr = ""
    publisher: Publisher | None = None
    seed: Annotated[StrictInt, Field(ge=0, lt=2**63)]
    allow: StrictStr
    consent: Literal["strictest", "record-only"]
    count: Literal["tokens", "utf8-bytes"]
    by: Annotated[tuple[By, ...], Field(min_length=1)]
    budget: Annotated[Units, Field(ge=1)] | None = None
    sampling: Annotated[Temperature | UniMax, Field(discriminator="kind")] | None = None
    max_epochs: Epochs = 1.0
    max_mt_token_fraction: Annotated[float, Field(ge=0, lt=1)] | None = None
    groups: tuple[Rule, ...] = ()
    part_mb: Annotated[float, Field(gt=0, le=1024)] = 256.0
    row_group_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 1_000

    @field_validator("by")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError("a name stands twice")
        return names

    @model_validator(mode="after")
    def _fits(self) -> "MixRecipe":
        if (self.budget is None) != (self.sampling is None):
            raise ValueError("budget and sampling go together: without both, every document is taken once")
        if self.budget is None and (self.max_epochs != 1 or any(_shares(rule) for rule in self.groups)):
            raise ValueError("max_epochs, weights and budgets of groups need a budget; weight 0 leaves groups out")
        if self.max_mt_token_fraction is not None and not (
            self.count == "tokens" and {"language", "origin"} <= set(self.by)
        ):
            raise ValueError("max_mt_token_fraction needs count: tokens, and language and origin in by")
        return self


def _shares(rule: Rule) -> bool:
    return rule.max_epochs is not None or rule.budget is not None or rule.weight not in (0.0, 1.0)


def parse_mix(text: str, *, file: str) -> MixRecipe:
    """Return the recipe of a mix from its YAML text.

    Raises:
        RecipeError: naming the file, the field and what would be right.
    """
    recipe = parse(text, MixRecipe, file=file)
    for number, rule in enumerate(recipe.groups):
        for name in rule.where:
            if name not in recipe.by:
                raise RecipeError(
                    f"{name} does not make groups here", file=file, field=f"groups.{number}.where",
                    remedy=f"Add it to by. {near(name, recipe.by)}",
                )  # fmt: skip
    return recipe
