"""The step `identify`: says what language a document is in, and keeps the recipe's languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pyarrow as pa
from pydantic import Field, ValidationInfo, field_validator

from glotmill.core.arrow import column, optional_texts, strings
from glotmill.core.errors import RecipeError
from glotmill.core.models import MODELS_FILE
from glotmill.core.schema import ALTERNATES, fields
from glotmill.core.steps import Batch, Contract, MapStep, Outcome, Resources, Scope, Spec
from glotmill.stages.identifiers import Identifiers, labels_of, own_files, own_languages
from glotmill.text.identification.base import Identifier
from glotmill.text.identification.ensemble import EnsembleIdentifier
from glotmill.text.identification.fasttext import MAX_CHARACTERS, FastTextIdentifier
from glotmill.text.identification.opening import model_names, open_identifiers
from glotmill.text.identification.parts import Level, mixed_share, parts_of, shares
from glotmill.text.labels import LabelMap, label_map
from glotmill.text.rules import language_path, read_language
from glotmill.text.scripts import dominant_scripts

EMPTY = "identify.empty"
NO_LANGUAGE = "identify.no_language"
OTHER_LANGUAGE = "identify.other_language"
LOW_SCORE = "identify.low_score"
MIXED = "identify.mixed"
_ALTERNATES = 3
_DISAGREEMENT = pa.field("language_disagreement", pa.float64())
_MIXTURE = (pa.field("code_mixed_ratio", pa.float64()), pa.field("language_shares", ALTERNATES))


class IdentifySpec(Spec):
    """What a recipe says about `identify`.

    Args:
        identifier: `words`, `ngrams` (both come with Glotmill), `cld2` (an extra), or a fastText model in
            manifests/models.yaml; or a list of them, which vote. There is no default.
        min_score: documents of a target language that score less are dropped; a language file may state another
            bound for the identifier (`identification`), which then counts. Of several the least counts.
        max_characters: only the first so many characters are read by a fastText model. On 506 UDHR texts lid.176 labels
            4,000 characters as it labels the whole on 446, at twice the speed; the 40 differences looked at scored
            under 0.5.
        level: `line` and `paragraph` also identify parts and give the columns `language_shares`, the share of letters in
            each language, and `code_mixed_ratio`, that of letters in other languages than the document's. Members of
            its macrolanguage are other languages only where they are targets too.
        max_mixed: documents with a greater `code_mixed_ratio` are dropped; needs a level.
    """

    kind: Literal["identify"]
    identifier: Identifiers
    min_score: float = Field(default=0.5, ge=0.0, le=1.0)
    max_characters: int = Field(default=MAX_CHARACTERS, ge=100)
    level: Literal["document"] | Level = "document"
    max_mixed: float | None = Field(default=None, ge=0.0, le=1.0)

    @field_validator("max_mixed")
    @classmethod
    def _of_parts(cls, given: float | None, info: ValidationInfo) -> float | None:
        if given is not None and info.data.get("level") == "document":
            raise ValueError("needs level: line or level: paragraph")
        return given

    def files(self, scope: Scope) -> tuple[str, ...]:
        languages = [f"{language_path(tag)}?" for tag in scope.languages]
        return (*([MODELS_FILE] if self.models() else []), *languages, *own_files(self.identifier, scope))

    def models(self) -> tuple[str, ...]:
        return model_names(self.identifier)

    def contract(self, resources: Resources) -> Contract:
        known = [labels_of(name, resources) for name in self.identifier]
        if all(labels is not None for labels in known):
            self._label_map([label for labels in known for label in labels or ()], resources.scope)
        self.least_scores(resources)
        provides = [*fields("language", "language_score", "language_alternates", "script")]
        provides += [_DISAGREEMENT] if len(self.identifier) > 1 else []
        provides += _MIXTURE if self.level != "document" else ()
        reasons = {EMPTY, NO_LANGUAGE, OTHER_LANGUAGE, LOW_SCORE, *([] if self.max_mixed is None else [MIXED])}
        return Contract(fields("text"), pa.schema(provides), frozenset(reasons))

    def build(self, resources: Resources) -> MapStep:
        identifier = open_identifiers(
            self.identifier,
            resources.models,
            max_characters=self.max_characters,
            owns=own_languages(resources),
        )
        known = identifier.model_labels if isinstance(identifier, FastTextIdentifier) else identifier.labels
        labels = self._label_map(known, resources.scope)
        return Identify(self, identifier, labels, self.least_scores(resources))

    def least_scores(self, resources: Resources) -> Mapping[str, float]:
        """Return the score below which documents of each of the recipe's languages are dropped."""
        found: dict[str, float] = {}
        for tag in resources.scope.languages:
            language = read_language(tag, resources.files)
            own = [language.identification.get(name) for name in self.identifier] if language else []
            found[tag] = min((one.min_score for one in own if one), default=self.min_score)
        return found

    def _label_map(self, labels: Sequence[str], scope: Scope) -> LabelMap:
        found = label_map(labels, scope.languages)
        if found.unknown():
            raise RecipeError(
                f"{' and '.join(self.identifier)} {'has' if len(self.identifier) == 1 else 'have'} no label for {', '.join(found.unknown())}",
                field="identifier",
                remedy=f"Name one that knows it; any fastText model can be registered in {MODELS_FILE}, and "
                f"`glotmill language add {found.unknown()[0]} --text PATH` teaches words and ngrams a language.",
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


Predictions = list[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Identify:
    """Identifies each row's text; built by `IdentifySpec`."""

    spec: IdentifySpec
    identifier: Identifier
    labels: LabelMap
    min_scores: Mapping[str, float]

    def __call__(self, batch: Batch) -> Outcome:
        texts = [text or "" for text in optional_texts(batch.column("text"))]
        scripts, predictions, disagreement = self._predicted(texts)
        findings = [
            self._judged(text, script, found) for text, script, found in zip(texts, scripts, predictions, strict=True)
        ]
        columns = {}
        if disagreement is not None:
            columns["language_disagreement"] = column(disagreement, pa.float64())
        if self.spec.level != "document":
            mixed, listed, findings = self._mixtures(texts, findings, self.spec.level)
            columns["code_mixed_ratio"] = column(mixed, pa.float64())
            columns["language_shares"] = column(listed, ALTERNATES)
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
                **columns,
            }
        )
        reasons = strings(found.reason for found in findings)
        return Outcome(rows, reasons, strings(found.detail for found in findings))

    def _predicted(self, texts: Sequence[str]) -> tuple[list[str | None], list[Predictions], list[float | None] | None]:
        """Return of each text its script, labels with scores, and how far the voters disagree."""
        identifier = self.identifier
        if isinstance(identifier, FastTextIdentifier):
            lines = [identifier.line(text) for text in texts]
            scripts = dominant_scripts(lines)
            # The model's own labels: what a label of several languages counts for, the targets decide.
            return (
                scripts,
                [identifier.predict(line) if script else [] for line, script in zip(lines, scripts, strict=True)],
                None,
            )
        scripts = dominant_scripts(list(texts))
        disagreement: list[float | None] | None = None
        if isinstance(identifier, EnsembleIdentifier):
            votes = identifier.votes(texts)
            guesses = identifier.pooled(texts, votes)
            apart = identifier.disagreement(votes, guesses).round(4).tolist()
            disagreement = [value if script else None for value, script in zip(apart, scripts, strict=True)]
        else:
            guesses = identifier.identify(texts)
        found = [
            [(identifier.labels[label], score) for label, score in zip(labels, scores, strict=True) if label >= 0]
            for labels, scores in zip(guesses.labels.tolist(), guesses.scores.tolist(), strict=True)
        ]
        return scripts, found, disagreement

    def _judged(self, text: str, script: str | None, predictions: Predictions) -> _Finding:
        if script is None:
            read = min(len(text), self.spec.max_characters) if self.spec.models() else len(text)
            return _Finding(reason=EMPTY, detail=f"no letter in the first {read} characters")
        guess = self.labels.guess(predictions, script)
        if guess is None:
            return _Finding(script=script, reason=NO_LANGUAGE, detail=f"no verdict on text in {script}")
        alternates = tuple(
            (label, round(min(max(probability, 0.0), 1.0), 4)) for label, probability in predictions[:_ALTERNATES]
        )
        reason = detail = None
        if guess.tag not in self.labels.targets:
            reason, detail = OTHER_LANGUAGE, f"label {guess.label} in {script}, score {guess.score}"
        elif guess.score < self.min_scores[guess.tag]:
            reason, detail = LOW_SCORE, f"label {guess.label}, score {guess.score} < {self.min_scores[guess.tag]}"
        return _Finding(guess.tag, guess.score, alternates, script, reason, detail)

    def _mixtures(
        self, texts: Sequence[str], findings: Sequence[_Finding], level: Level
    ) -> tuple[list[float | None], list[list[dict[str, str | float]] | None], list[_Finding]]:
        """Return of each text the share in other languages and all shares, and the findings with those too mixed dropped."""
        mixed: list[float | None] = []
        listed: list[list[dict[str, str | float]] | None] = []
        judged: list[_Finding] = []
        limit = 1.0 if self.spec.max_mixed is None else self.spec.max_mixed
        for parts, found in zip(parts_of(self.identifier, texts, level), findings, strict=True):
            own = shares(parts)
            ratio = None if found.language is None else self._mixed(own, found.language)
            mixed.append(ratio)
            listed.append([{"label": tag, "score": share} for tag, share in own] or None)
            if found.reason is None and ratio is not None and ratio > limit:
                others = ", ".join(
                    f"{tag} {share}" for tag, share in own if self._mixed([(tag, 1.0)], found.language or tag)
                )
                detail = f"{ratio} > {limit} in other languages: {others}"
                judged.append(replace(found, reason=MIXED, detail=detail))
            else:
                judged.append(found)
        return mixed, listed, judged

    def _mixed(self, found: Sequence[tuple[str, float]], language: str) -> float | None:
        return mixed_share(found, language, apart=self.labels.targets)
