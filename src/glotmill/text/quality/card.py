"""The card of a quality model: what it is made of, what it is worth, and where its bands begin."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StrictStr, ValidationError, model_validator

from glotmill.core.errors import RecipeError
from glotmill.core.models import ModelName
from glotmill.core.steps import Frozen
from glotmill.text.quality.calibrating import Curve, Finite
from glotmill.text.quality.embedding import EmbeddingInfo
from glotmill.text.quality.fitting import Training
from glotmill.text.quality.perceptron import PerceptronTraining

FOLDER = "manifests/quality"
BANDS = ("hq", "mid", "low")
Share = Annotated[float, Field(ge=0, le=1)]


def card_path(name: str) -> str:
    """Return the project file of a model's card."""
    return f"{FOLDER}/{name}.json"


class Cuts(Frozen):
    """Where bands begin, as shares of a crawl that scores less.

    Args:
        hq: from here on a document is among the best.
        mid: from here on it is in the middle; the rest is low.
    """

    hq: Annotated[float, Field(gt=0, lt=1)] = 0.9
    mid: Annotated[float, Field(gt=0, lt=1)] = 0.5

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.mid >= self.hq:
            raise ValueError(f"hq begins above mid: hq {self.hq:g} is not greater than mid {self.mid:g}")
        return self


class Figure(Frozen):
    """A number, and its 95 % interval over resampled domains, where there are several."""

    value: Finite | None
    low: Finite | None = None
    high: Finite | None = None


class DataSource(Frozen):
    """A source that a model was made of.

    Args:
        role: what its documents were taken for.
        name: as its manifest says.
        license: expression, or per-page, per-row.
        licenses: where pages or rows have their own: license -> documents used, as they claim it or as `permit` decided,
            the twenty most frequent.
        evidence: for the license.
        read: rows.
        refused: reason of a step or of reading -> rows.
        used: documents that are left.
        digest: over the digests of its files.
    """

    role: Literal["positives", "negatives", "crawl"]
    of: StrictStr
    name: StrictStr
    license: StrictStr
    licenses: Mapping[str, int]
    evidence: StrictStr
    read: int
    refused: Mapping[str, int]
    used: int
    digest: StrictStr


class Rate(Frozen):
    """What part of some documents of the crawl reaches a band of their language."""

    documents: int
    hq: Share
    mid: Share


class Floor(Frozen):
    """What an audit by people found.

    Args:
        least_score: documents that score less are in no band above `low`.
        precision: of the band hq: share of its rated documents that people called good.
        low: lower end of its 95 % interval.
        rated: documents.
        evidence: who rated, when, and how.
    """

    least_score: Finite
    precision: Share
    low: Share
    rated: Annotated[int, Field(ge=1)]
    evidence: Annotated[StrictStr, Field(min_length=10)]


class LanguagePart(Frozen):
    """What holds for one language.

    Args:
        positives: documents trained on.
        negatives: the same.
        domains: domains or sources among them, and documents of each class in the largest ten.
        domain_count: how many there are.
        metrics: on held-out domains, by name, with intervals: `auc`, `auc_against_<source>`, `calibration_error`.
        seeds: `auc` by seed; the first is that of the model that is kept.
        controls: what models and scores that know nothing of quality reach, by name.
        curve: score -> chance of being good, both classes being as frequent; fitted on held-out domains.
        crawl: documents whose scores make the quantiles.
        quantiles: scores at the quantiles 0, 0.005, ... 1 of those documents.
        by_source: keep rates of the crawl's domains, the ten largest.
        by_length: keep rates by the number of words: `up to 100`, `up to 300`, `up to 1000`, `more`.
        by_genre: keep rates by genre, the ten most frequent, where a column of a step or the manifest of a source names it.
        by_variety: the same by dialect or standard of the language.
        by_label: the same by what a step `label` says documents are like.
        floor: from an audit; without one, bands are called unaudited.
    """

    positives: int
    negatives: int
    domains: Mapping[str, tuple[int, int]]
    domain_count: int
    metrics: Mapping[str, Figure]
    seeds: Mapping[str, Figure]
    controls: Mapping[str, Figure]
    curve: Curve
    crawl: int
    quantiles: Annotated[tuple[Finite, ...], Field(min_length=2)]
    by_source: Mapping[str, Rate]
    by_length: Mapping[str, Rate]
    by_genre: Mapping[str, Rate] = {}
    by_variety: Mapping[str, Rate] = {}
    by_label: Mapping[str, Rate] = {}
    floor: Floor | None = None

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if list(self.quantiles) != sorted(self.quantiles):
            raise ValueError("quantiles must be finite and ascend")
        return self


class ModelCard(Frozen):
    """`manifests/quality/<name>.json`, written by `glotmill train quality`.

    Args:
        name: of the model in `manifests/models.yaml`.
        version: of its recipe.
        sha256: of the model file; the card of another file is refused.
        features: version of what the model reads of a text.
        license: of the model.
        seed: of the model that is kept; two further ones are reported.
        ngrams: least and greatest number of characters of n-grams of words; None for words alone.
        training: how fastText was trained; None for a network over an embedding.
        embedding: the one that the network reads; None for fastText.
        network: how the network was trained; None for fastText.
        bands: where they begin unless a recipe says otherwise.
        steps: of the recipe, that all documents went through.
        data: sources.
        copies: documents left out because the other class, or an earlier document, has their text: by which rule.
        languages: by tag.
        warnings: what to know before the model is trusted.
        code: versions that made it.
    """

    format: Literal["glotmill-quality/1"] = "glotmill-quality/1"
    name: ModelName
    version: StrictStr
    description: StrictStr = ""
    sha256: Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{64}$")]
    features: StrictStr
    license: StrictStr
    seed: int
    ngrams: tuple[int, int] | None
    training: Training | None
    embedding: EmbeddingInfo | None = None
    network: PerceptronTraining | None = None
    bands: Cuts
    steps: tuple[Mapping[str, object], ...]
    data: tuple[DataSource, ...]
    copies: Mapping[str, int]
    languages: Annotated[Mapping[StrictStr, LanguagePart], Field(min_length=1)]
    warnings: tuple[StrictStr, ...]
    code: Mapping[str, str]


def unrated(tag: str) -> str:
    """Return the warning that stands in a card as long as a language's bands have no floor."""
    return f"{tag}: no person has rated its bands: they are called unaudited"


def with_floors(card: ModelCard, floors: Mapping[str, Floor]) -> ModelCard:
    """Return a card with floors of some of its languages, and without the warnings that they lack one."""
    parts = {tag: card.languages[tag].model_copy(update={"floor": found}) for tag, found in floors.items()}
    gone = set(map(unrated, floors))
    left = tuple(warning for warning in card.warnings if warning not in gone)
    return card.model_copy(update={"languages": {**card.languages, **parts}, "warnings": left})


def with_earlier_floors(card: ModelCard, before: ModelCard) -> tuple[ModelCard, list[str]]:
    """Return a card with the floors of the one before where both are of one model file, and the languages that lose theirs.

    People rated what scores chose: the scores of another model choose other documents.
    """
    floors = {tag: part.floor for tag, part in before.languages.items() if part.floor is not None}
    if before.sha256 != card.sha256:
        return card, sorted(floors)
    return with_floors(card, {tag: floor for tag, floor in floors.items() if tag in card.languages}), []


def parse_card(text: str, file: str) -> ModelCard:
    """Return a card from its JSON; NaN and infinity are no numbers in it.

    Raises:
        RecipeError: it is none; names the field.
    """
    try:
        return ModelCard.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise RecipeError(
            f"no card of a quality model: {first['msg']}",
            file=file,
            field=".".join(map(str, first["loc"])),
            remedy="`glotmill train quality` writes it; restore it, or train the model again.",
        ) from error
