"""The step `identify`: says what language a document is in, and keeps the recipe's languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
from pydantic import Field, StrictStr

from glotmill.core.arrow import column, optional_texts, strings
from glotmill.core.errors import RecipeError
from glotmill.core.models import MODELS_FILE, registered
from glotmill.core.schema import ALTERNATES, fields
from glotmill.core.steps import Batch, Contract, MapStep, Outcome, Resources, Scope, Spec
from glotmill.text.identification.fasttext import MAX_CHARACTERS, FastTextIdentifier, open_identifier
from glotmill.text.labels import LabelMap, label_map
from glotmill.text.rules import language_path, read_language
from glotmill.text.scripts import dominant_script

EMPTY = "identify.empty"
OTHER_LANGUAGE = "identify.other_language"
LOW_SCORE = "identify.low_score"
_ALTERNATES = 3


class IdentifySpec(Spec):
    """What a recipe says about `identify`.

    Args:
        model: a fastText model in manifests/models.yaml.
        min_score: documents of a target language that score less are dropped; a language file may state another
            bound for the model (`identification`), which then counts.
        max_characters: only the first so many characters are read. On 506 UDHR texts lid.176 labels 4,000 characters as
            it labels the whole on 446, at twice the speed; the 40 differences looked at scored under 0.5.
    """

    kind: Literal["identify"]
    model: StrictStr
    min_score: float = Field(default=0.5, ge=0.0, le=1.0)
    max_characters: int = Field(default=MAX_CHARACTERS, ge=100)

    def files(self, scope: Scope) -> tuple[str, ...]:
        return (MODELS_FILE, *(f"{language_path(tag)}?" for tag in scope.languages))

    def models(self) -> tuple[str, ...]:
        return (self.model,)

    def contract(self, resources: Resources) -> Contract:
        entry = registered(self.model, "fasttext", resources.files[MODELS_FILE])
        self._min_scores(resources)
        if entry.labels:
            self._label_map(entry.labels, resources.scope)
        return Contract(
            requires=fields("text"),
            provides=fields("language", "language_score", "language_alternates", "script"),
            reasons=frozenset({EMPTY, OTHER_LANGUAGE, LOW_SCORE}),
        )

    def build(self, resources: Resources) -> MapStep:
        identifier = open_identifier(resources.models[self.model], max_characters=self.max_characters)
        labels = self._label_map(identifier.model_labels, resources.scope)
        return Identify(self, identifier, labels, self._min_scores(resources))

    def _min_scores(self, resources: Resources) -> Mapping[str, float]:
        found: dict[str, float] = {}
        for tag in resources.scope.languages:
            language = read_language(tag, resources.files)
            own = language.identification.get(self.model) if language else None
            found[tag] = own.min_score if own else self.min_score
        return found

    def _label_map(self, labels: Sequence[str], scope: Scope) -> LabelMap:
        found = label_map(labels, scope.languages)
        if found.unknown():
            raise RecipeError(
                f"the model {self.model} has no label for {', '.join(found.unknown())}",
                field="model",
                remedy=f"Name a model that knows it; any fastText model can be registered in {MODELS_FILE}.",
            )
        return found


@dataclass(frozen=True, slots=True)
class _Finding:
    language: str | None = None
    score: float | None = None
    alternates: tuple[tuple[str, float], ...] = ()
    script: str | None = None
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Identify:
    """Identifies each row's text; built by `IdentifySpec`."""

    spec: IdentifySpec
    identifier: FastTextIdentifier
    labels: LabelMap
    min_scores: Mapping[str, float]

    def __call__(self, batch: Batch) -> Outcome:
        findings = [self._identify(text or "") for text in optional_texts(batch.column("text"))]
        alternates = [
            None if found.script is None else [{"label": label, "score": score} for label, score in found.alternates]
            for found in findings
        ]
        rows = batch.with_columns(
            {
                "language": strings(found.language for found in findings),
                "language_score": column((found.score for found in findings), pa.float64()),
                "language_alternates": column(alternates, ALTERNATES),
                "script": strings(found.script for found in findings),
            }
        )
        reasons = strings(found.reason for found in findings)
        return Outcome(rows, reasons, strings(found.detail for found in findings))

    def _identify(self, text: str) -> _Finding:
        line = self.identifier.line(text)
        script = dominant_script(line)
        if script is None:
            return _Finding(reason=EMPTY, detail=f"no letter in the first {len(line)} characters")
        predictions = self.identifier.predict(line)
        guess = self.labels.guess(predictions, script)
        if guess is None:
            return _Finding(script=script, reason=EMPTY, detail="the model gives no label")
        alternates = tuple(
            (label, round(min(max(probability, 0.0), 1.0), 4)) for label, probability in predictions[:_ALTERNATES]
        )
        reason = detail = None
        if guess.tag not in self.labels.targets:
            reason, detail = OTHER_LANGUAGE, f"label {guess.label} in {script}, score {guess.score}"
        elif guess.score < self.min_scores[guess.tag]:
            reason, detail = LOW_SCORE, f"label {guess.label}, score {guess.score} < {self.min_scores[guess.tag]}"
        return _Finding(guess.tag, guess.score, alternates, script, reason, detail)
