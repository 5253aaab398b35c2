"""The identifiers that are compared, each by how to open it; one that is not there is left out."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from identification.measures import NOTHING
from identification.split import Manifest

from glotmill.core.errors import SettingsError
from glotmill.core.models import MODELS_FILE, registered
from glotmill.io.models import locate
from glotmill.text.identification import cld2, fasttext
from glotmill.text.identification.base import Identifier
from glotmill.text.identification.ensemble import open_ensemble

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / ".cache/models"


def _own(module: str, name: str) -> Callable[[], Identifier]:
    """Return what opens an identifier that comes with Glotmill: its module's `shipped()`, or else the class itself."""

    def opened() -> Identifier:
        found = importlib.import_module(f"glotmill.text.identification.{module}")
        identifier: Identifier = (getattr(found, "shipped", None) or getattr(found, name))()
        return identifier

    return opened


def _lid176() -> Identifier:
    entry = registered("lid176", "fasttext", (ROOT / MODELS_FILE).read_text("utf-8"))
    return fasttext.open_identifier(locate(entry, "lid176", MODELS, ROOT))


def _all_four() -> Identifier:
    names = ("words", "ngrams", "lid176", "cld2")
    return open_ensemble({name: IDENTIFIERS[name]() for name in names})


IDENTIFIERS: Mapping[str, Callable[[], Identifier]] = {
    "words": _own("words", "WordIdentifier"),
    "ngrams": _own("ngrams", "NgramIdentifier"),
    "ensemble": _own("ensemble", "EnsembleIdentifier"),
    "all four": _all_four,
    "lid176": _lid176,
    "cld2": cld2.open_identifier,
}


def open_all(models: Mapping[str, Path]) -> tuple[dict[str, Identifier], dict[str, str]]:
    """Return the identifiers that are there, and why the others are not.

    Args:
        models: further fastText models by name.
    """
    found: dict[str, Identifier] = {}
    missing: dict[str, str] = {}
    for name, opened in IDENTIFIERS.items():
        try:
            found[name] = opened()
        except (SettingsError, ModuleNotFoundError) as error:
            missing[name] = str(error).splitlines()[0]
    return found | {name: fasttext.open_identifier(path) for name, path in models.items()}, missing


@dataclass(frozen=True, slots=True)
class Judge:
    """An identifier that answers in the languages of the manifest.

    Args:
        identifier: to ask.
        languages: of each of its labels.
    """

    identifier: Identifier
    languages: tuple[str, ...]

    def judge(self, texts: Sequence[str]) -> list[str]:
        """Return the likeliest language of each text, empty where there is none."""
        places = self.identifier.identify(texts).labels[:, 0].tolist()
        return [NOTHING if place < 0 else self.languages[place] for place in places]


def judge(identifier: Identifier, manifest: Manifest) -> Judge:
    """Return an identifier with its labels merged."""
    return Judge(identifier, tuple(map(manifest.language, identifier.labels)))
