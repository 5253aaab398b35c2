"""Identification by any fastText model: lid.176, GlotLID, OpenLID, or one of your own."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glotmill.core.errors import SettingsError
from glotmill.text.identification.base import Guesses
from glotmill.text.identification.tagging import Tagging, tagging
from glotmill.text.scripts import dominant_scripts
from glotmill.text.segment import well_formed

MAX_CHARACTERS = 4000  # measured on lid.176, see `IdentifySpec`
_PREFIX = "__label__"
_PREDICTIONS = 10  # labels whose probabilities are summed; lid.176's eleventh stayed under 0.04 on 506 UDHR texts

Predict = Callable[[str], list[tuple[str, float]]]


def open_model(path: Path) -> tuple[Predict, list[str]]:
    """Open a fastText model, once per process and state of the file, and return its prediction function and its labels without prefix.

    The function takes one line and gives the best labels first. There is no call for many texts at once on
    purpose: it rounds the last bits differently, and scores would depend on the size of batches.

    Raises:
        SettingsError: the file is no fastText model that identifies languages.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise SettingsError(f"{path} cannot be opened as a fastText model: {error.strerror}") from error
    return _opened(path.resolve(), found.st_mtime_ns, found.st_size)


@functools.cache
def _opened(path: Path, _changed: int, _size: int) -> tuple[Predict, list[str]]:
    import fasttext  # noqa: PLC0415  # heavy, and only workers need it

    try:
        model: Any = fasttext.load_model(str(path))
        labels = [label.removeprefix(_PREFIX) for label in model.get_labels()]
    except ValueError as error:
        raise SettingsError(f"{path} cannot be opened as a fastText model: {error}") from error

    return predictor(model), labels


def predictor(model: Any) -> Predict:
    """Return the prediction function of a fastText model that is open: the one way in which any is asked."""

    def predict(line: str) -> list[tuple[str, float]]:
        names, probabilities = model.predict(line, k=_PREDICTIONS)
        pairs = zip(names, probabilities, strict=True)
        return [(name.removeprefix(_PREFIX), float(probability)) for name, probability in pairs]

    return predict


@dataclass(frozen=True, slots=True)
class FastTextIdentifier:
    """Identifies texts by a fastText model (Joulin et al. 2016, arXiv:1607.01759); built by `open_identifier`.

    Args:
        predict: gives the model's own labels of one line, with probabilities, the best first.
        model_labels: all labels of the model, without the prefix `__label__`.
        tags: what they mean.
        max_characters: only the first so many characters of a text are read.
    """

    predict: Predict
    model_labels: tuple[str, ...]
    tags: Tagging
    max_characters: int = MAX_CHARACTERS

    @property
    def labels(self) -> tuple[str, ...]:
        """The canonical tags that the model's labels can mean."""
        return self.tags.tags

    def line(self, text: str) -> str:
        """Return what the model reads of a text: its beginning, as one line of well-formed characters.

        fastText reads one line; it takes every other kind of white space as the end of a word, too.
        """
        return well_formed(text[: self.max_characters]).replace("\n", " ")

    def identify(self, texts: Sequence[str]) -> Guesses:
        """Return the likeliest tags of texts, in order; a text without letters has none."""
        lines = [self.line(text) for text in texts]
        scripts = dominant_scripts(lines)
        predictions = [
            self.predict(line) if script is not None else [] for line, script in zip(lines, scripts, strict=True)
        ]
        return self.tags.guesses(predictions, scripts)


def open_identifier(path: Path, *, max_characters: int = MAX_CHARACTERS) -> FastTextIdentifier:
    """Open a fastText model, `.bin` or `.ftz`, as an identifier.

    Raises:
        SettingsError: the file is no fastText model that identifies languages.
    """
    predict, labels = open_model(path)
    return FastTextIdentifier(predict, tuple(labels), tagging(labels), max_characters)
