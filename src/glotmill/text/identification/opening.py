"""Identifiers by the names that recipes and commands call them."""

import functools
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Final

from glotmill.text.identification import (
    cld2,
    ensemble,
    extension,
    fasttext,
    ngram_table,
    ngram_usage,
    word_table,
    words,
)
from glotmill.text.identification.base import Identifier
from glotmill.text.identification.own import OwnLanguage


def _ngrams() -> Identifier:
    from glotmill.text.identification import ngrams  # noqa: PLC0415  # brings numba

    return ngrams.shipped()


BUILT_IN: Final[Mapping[str, Callable[[], Identifier]]] = MappingProxyType(
    {"words": words.shipped, "ngrams": _ngrams, "cld2": cld2.open_identifier}
)


# Those that a file in filters/identification teaches a language.
TAUGHT: Final = ("words", "ngrams")


def _built_in(name: str, owns: tuple[OwnLanguage, ...]) -> Identifier:
    return _taught(name, owns) if owns and name in TAUGHT else BUILT_IN[name]()


@functools.lru_cache(maxsize=4)
def _taught(name: str, owns: tuple[OwnLanguage, ...]) -> Identifier:
    """Return words or n-grams that know these languages too; built once per process and languages, in about 1 s."""
    if name == "words":
        return words.WordIdentifier(extension.extended_words(word_table.shipped(), owns))
    from glotmill.text.identification import ngrams  # noqa: PLC0415  # brings numba

    table = extension.extended_ngrams(ngram_table.shipped(), ngram_usage.shipped(), owns)
    return ngrams.NgramIdentifier(table)


def model_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return which of these identifiers are models that have to be fetched or found."""
    return tuple(name for name in names if name not in BUILT_IN)


@functools.cache
def known_labels(name: str) -> tuple[str, ...] | None:
    """Return the tags that an identifier of `BUILT_IN` can give, without opening its table; None where it must be opened.

    Words give no verdict for languages of which their list covers too little.
    """
    folder = resources.files("glotmill.text.identification")
    if name == "words":
        records = word_table.parse_records(folder.joinpath("words.tsv").read_text(encoding="utf-8"))
        return tuple(record.tag for record in records if record.state != "unsupported")
    if name == "ngrams":
        lines = folder.joinpath("ngrams.tsv").read_text(encoding="utf-8").splitlines()
        return tuple(line.split("\t")[0] for line in lines if not line.startswith("#"))[1:]
    return None


def open_identifiers(
    names: Sequence[str], models: Mapping[str, Path], *, max_characters: int, owns: Sequence[OwnLanguage] = ()
) -> Identifier:
    """Return an identifier by its name, or the ensemble of several.

    Args:
        names: of `BUILT_IN` or of fastText models.
        models: name -> file, of the models among them.
        max_characters: that fastText models read of a text.
        owns: languages of the user's own, which words and n-grams then know.

    Raises:
        SettingsError: a package or model file is missing, or nobody fitted weights for these members.
    """
    members: dict[str, Identifier] = {
        name: _built_in(name, tuple(owns))
        if name in BUILT_IN
        else fasttext.open_identifier(models[name], max_characters=max_characters)
        for name in names
    }
    return next(iter(members.values())) if len(members) == 1 else ensemble.open_ensemble(members)
