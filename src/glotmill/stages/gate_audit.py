"""The gate's audit lane: some of what it rejects goes the full way and is judged by another identifier."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import xxhash
from pydantic import Field, StrictStr

from glotmill.core.arrow import optional_texts
from glotmill.core.errors import RecipeError
from glotmill.core.models import MODELS_FILE, registered
from glotmill.core.steps import Batch, Frozen, Resources, Scope
from glotmill.stages.extract import BREACHES, Extract, ExtractSpec
from glotmill.text.identification.fasttext import FastTextIdentifier, open_identifier
from glotmill.text.labels import LabelMap, label_map
from glotmill.text.rules import language_path, read_language
from glotmill.text.scripts import dominant_script

NO_TARGET: Final = "gate.no_target_language"
CONFIRMED: Final = "gate.audit_confirmed"
MISSED: Final = "gate.audit_missed"  # and the language that was missed, `gate.audit_missed_eus_Latn`
BREACH: Final = "gate.audit_breach"
# Strata: pages that something other than their text says are in a target, and all others.
STRATA: Final = ("", "_hinted")
_SALT: Final = b"gate audit\x1f"


class AuditSpec(Frozen):
    """Which rejects are audited, and how.

    Args:
        share: of the rejects, chosen by a hash of their `doc_id`.
        model: a fastText model in manifests/models.yaml that judges the extracted text; never what the gate itself asks.
        engine: of the extraction.
        min_score: probability of a target that makes a reject a miss; where a language's file states another bound
            for the model, that counts.
    """

    share: Annotated[float, Field(gt=0, le=1)]
    model: StrictStr
    engine: Literal["trafilatura", "resiliparse"] = "trafilatura"
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.5

    def files(self, scope: Scope) -> tuple[str, ...]:
        """Return the project files that an audit reads."""
        return (MODELS_FILE, *(f"{language_path(tag)}?" for tag in scope.languages))

    def check(self, resources: Resources) -> None:
        """Raise RecipeError where the model is none that knows the targets."""
        entry = registered(self.model, "fasttext", resources.files[MODELS_FILE])
        if entry.labels:
            self._labels(entry.labels, resources.scope)

    def build(self, resources: Resources) -> "Audit":
        """Open the model and return the lane; its child process starts with the first reject."""
        identifier = open_identifier(resources.models[self.model])
        bounds = {}
        for tag in resources.scope.languages:
            language = read_language(tag, resources.files)
            own = language.identification.get(self.model) if language else None
            bounds[tag] = own.min_score if own else self.min_score
        extract = ExtractSpec(name="audit", kind="extract", engine=self.engine)
        labels = self._labels(identifier.model_labels, resources.scope)
        return Audit(self.share, extract.build(resources), identifier, labels, bounds)

    def _labels(self, labels: Sequence[str], scope: Scope) -> LabelMap:
        found = label_map(labels, scope.languages)
        if found.unknown():
            raise RecipeError(
                f"the model {self.model} has no label for {', '.join(found.unknown())}, so that it cannot find what "
                "the gate misses of them",
                field="audit.model",
                remedy="Name a model that knows it, or leave `audit` out.",
            )
        return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an audited reject.

    Args:
        reason: CONFIRMED, BREACH, or MISSED with the language; without the stratum.
        detail: the evidence.
        text: what was extracted, for people who look the verdict over; None where nothing was.
    """

    reason: str
    detail: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """Judges rejects; built by `AuditSpec`."""

    share: float
    extract: Extract
    identifier: FastTextIdentifier
    labels: LabelMap
    bounds: Mapping[str, float]

    def chosen(self, doc_id: str) -> bool:
        """Tell whether a reject is audited: always the same of the same records."""
        return xxhash.xxh3_64_intdigest(_SALT + doc_id.encode()) < math.floor(self.share * 2**64)

    def judge(self, batch: Batch) -> list[Verdict]:
        """Return a verdict on each page."""
        outcome = self.extract(batch)
        refused, details = (optional_texts(column) for column in (outcome.reasons, outcome.details))
        columns = zip(outcome.batch.texts("text"), refused, details, strict=True)
        return [
            self._verdict(text)
            if why is None
            else Verdict(BREACH if why in BREACHES else CONFIRMED, f"{why}: {detail}")
            for text, why, detail in columns
        ]

    def close(self) -> None:
        """End the child process."""
        self.extract.close()

    def _verdict(self, text: str) -> Verdict:
        line = self.identifier.line(text)
        script = dominant_script(line)
        guess = self.labels.guess(self.identifier.predict(line), script) if script else None
        if guess is None:
            return Verdict(CONFIRMED, f"no language in {len(line)} characters", text)
        missed = guess.tag is not None and guess.score >= self.bounds.get(guess.tag, math.inf)
        reason = f"{MISSED}_{guess.tag}" if missed else CONFIRMED
        return Verdict(reason, f"label {guess.label}, score {guess.score}", text)


def reasons(languages: Sequence[str]) -> frozenset[str]:
    """Return every reason that an audited gate for these languages gives."""
    plain = (NO_TARGET, CONFIRMED, BREACH, *(f"{MISSED}_{tag}" for tag in languages))
    return frozenset(f"{reason}{stratum}" for reason in plain for stratum in STRATA)
