"""`gate`: is a page worth extracting for the recipe's languages? Asked before anything builds its tree."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StrictStr

from glotmill.core.arrow import optional_texts, strings
from glotmill.core.models import MODELS_FILE, registered
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Scope, Spec
from glotmill.stages.markup import visible_text
from glotmill.text.identification.fasttext import Predict, open_model
from glotmill.text.rules import language_path, read_language
from glotmill.text.segment import well_formed
from glotmill.text.tags import matches

# One paragraph of prose: fewer characters, and the model guesses; more, and a short text drowns in menus.
_BLOCK_CHARACTERS = 300
# Of a block its beginning is read: lid.176 is as sure of 200 characters as of 300, and takes two thirds of the time.
_READ_CHARACTERS = 200
# Of a page in many blocks the first ones are read and as many more, evenly spread: a bound on what a page can cost.
_FIRST_BLOCKS = 40
_LATER_BLOCKS = 40
_NO_TARGET = "gate.no_target_language"


class GateSpec(Spec):
    """Drops a page in which no block of text looks like one of the recipe's languages.

    The visible text, menus and footers included, is cut into blocks of about 300 characters, and each is identified by
    itself, so that one paragraph of Basque is found under any amount of Spanish furniture. What the gate cannot judge
    it passes: pages without `html`, beyond `max_bytes`, or with too little text, and every page where the model has no
    label for one of the languages.

    Args:
        model: a fastText model in manifests/models.yaml.
        min_score: probability of a label of the recipe's languages that lets a page pass; where a language's file asks
            less of the model (`identification`), that counts: the gate is never stricter than what follows it.
        min_letters: letters that a block must have to be judged.
        max_bytes: characters of the decoded page that are read at most.
    """

    kind: Literal["gate"]
    model: StrictStr
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.3
    min_letters: Annotated[int, Field(ge=1)] = 60
    max_bytes: Annotated[int, Field(ge=1)] = 5_000_000

    def files(self, scope: Scope) -> tuple[str, ...]:
        return (MODELS_FILE, *(f"{language_path(tag)}?" for tag in scope.languages))

    def models(self) -> tuple[str, ...]:
        return (self.model,)

    def contract(self, resources: Resources) -> Contract:
        registered(self.model, "fasttext", resources.files[MODELS_FILE])
        return Contract(fields("html"), fields(), frozenset({_NO_TARGET}))

    def build(self, resources: Resources) -> "Gate":
        predict, labels = open_model(resources.models[self.model])
        targets = {
            tag: frozenset(label for label in labels if matches(label, tag)) for tag in resources.scope.languages
        }
        return Gate(self, predict, targets, self._bounds(targets, resources))

    def _bounds(self, targets: Mapping[str, frozenset[str]], resources: Resources) -> Mapping[str, float]:
        """Return the lowest bound of any target for each label."""
        found: dict[str, float] = {}
        for tag, labels in targets.items():
            language = read_language(tag, resources.files)
            own = language.identification.get(self.model) if language else None
            bound = min(self.min_score, own.min_score) if own else self.min_score
            found.update({label: min(bound, found.get(label, bound)) for label in labels})
        return found


class Gate:
    """The step.

    Args:
        spec: the bounds.
        predict: gives labels with probabilities for a line.
        targets: for each of the recipe's languages, the model's labels for it.
        bounds: for each of these labels, the score that lets a page pass.
    """

    def __init__(
        self, spec: GateSpec, predict: Predict, targets: Mapping[str, frozenset[str]], bounds: Mapping[str, float]
    ) -> None:
        self._spec = spec
        self._predict = predict
        self._bounds = bounds
        # A language without a label would lose every page, whatever the others gain.
        self._judges = bool(targets) and all(targets.values())

    def __call__(self, batch: Batch) -> Outcome:
        if not self._judges:
            return Outcome(batch)
        details = [None if html is None else self._refusal(html) for html in optional_texts(batch.column("html"))]
        return Outcome(batch, strings(detail and _NO_TARGET for detail in details), strings(details))

    def _refusal(self, html: str) -> str | None:
        """Return why the page is not worth extracting, or None where it may be."""
        if len(html) > self._spec.max_bytes:
            return None
        chosen = [block[:_READ_CHARACTERS] for block in sample(blocks(well_formed(visible_text(html))))]
        if not any(map(self._enough, chosen)):
            return None
        first: Counter[str] = Counter()
        best = 0.0
        for block in chosen:
            predictions = self._predict(block)
            first.update(label for label, _ in predictions[:1])
            for label, probability in predictions:
                if label in self._bounds:
                    score = round(min(max(probability, 0.0), 1.0), 4)
                    if score >= self._bounds[label] and self._enough(block):
                        return None
                    best = max(best, score)
        if not first:
            return None
        label, count = min(first.items(), key=lambda item: (-item[1], item[0]))
        return f"{label} in {count} of {len(chosen)} blocks; wanted {best:.4f}, bound {self._spec.min_score}"

    def _enough(self, block: str) -> bool:
        return sum(map(str.isalpha, block)) >= self._spec.min_letters


def blocks(text: str) -> list[str]:
    """Return a text as consecutive blocks of whole lines, each one line of 300 characters or a little more.

    A line of more than two blocks is cut into blocks of 300 characters.
    """
    found: list[str] = []
    lines: list[str] = []
    length = 0
    for line in text.split("\n"):
        pieces = [line]
        if len(line) > 2 * _BLOCK_CHARACTERS:
            pieces = [line[at : at + _BLOCK_CHARACTERS] for at in range(0, len(line), _BLOCK_CHARACTERS)]
        for piece in pieces:
            lines.append(piece)
            length += len(piece)
            if length >= _BLOCK_CHARACTERS:
                found.append(" ".join(lines))
                lines, length = [], 0
    if length:
        found.append(" ".join(lines))
    return found


def sample(all_blocks: list[str]) -> list[str]:
    """Return the first 40 blocks, and at most 40 of the others, evenly spaced."""
    rest = all_blocks[_FIRST_BLOCKS:]
    if len(rest) <= _LATER_BLOCKS:
        return all_blocks
    return all_blocks[:_FIRST_BLOCKS] + [rest[index * len(rest) // _LATER_BLOCKS] for index in range(_LATER_BLOCKS)]
