"""What an n-gram is in a language: eight words, or as many letters as say three words of English."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from statistics import median_low
from typing import Literal

import numpy as np
import numpy.typing as npt

from glotmill.text.decontamination.folds import UNSPACED, folds
from glotmill.text.groups import origins_of
from glotmill.text.scripts import code_points

Unit = Literal["word", "character"]

# Words per n-gram: PaLM (Chowdhery et al. 2022, section 8), the Llama 3 report (section 5.1.4).
_WORDS = 8
# Letters per n-gram: as many as say this many words of English. On half of 50 languages (benchmarks/decontaminate.py
# --languages first, containment 0.7) two, three and four found 0.75, 0.55 and 0.27 of the questions with a changed word in
# the middle, and took 105, 75 and 61 of 10,147 documents for quotes of a sentence that they share only a part of.
_WORTH = 3
# Shorter questions ("Who are you?") are ordinary sentences, and stand in many documents by themselves.
_LEAST_WORDS = 5
_UNSPACED = UNSPACED | {"Jpan"}


@dataclass(frozen=True, slots=True)
class Grams:
    """The n-grams of a benchmark.

    Args:
        unit: `word`, or `character`: a letter or digit with its marks.
        n: units per n-gram.
        least: questions of fewer units have none. Where it is less than n, questions in between have n-grams of
            `least` units.
    """

    unit: Unit
    n: int
    least: int

    @property
    def short(self) -> int:
        """Units per n-gram of questions that have fewer than n."""
        return min(self.n, self.least)


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """The units of texts: `hashes[bounds[i]:bounds[i + 1]]` are those of text i.

    Args:
        bounds: shape (texts + 1,).
        starts: where each begins in its text, in code points, shape (units,).
        ends: where it ends, shape (units,).
        hashes: shape (units,).
    """

    bounds: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    hashes: npt.NDArray[np.uint64]


def grams_of(language: str) -> Grams:
    """Return the n-grams for questions in a language.

    Words, but for scripts without spaces (Thai, Khmer, Chinese) and for languages in which eight words say what nine of
    English say, or more (Finnish, Turkish, Basque, Zulu, Tamil, Korean). There an n-gram is as many letters and
    digits as say what three words of English say in the Universal Declaration of Human Rights, 14 in Turkish and 4 in
    Chinese, and a question has at least as many as say five. An unmeasured language of a script without spaces counts as
    the median of its script; any other is taken in words.

    Args:
        language: a canonical tag, `tur_Latn`.
    """
    unspaced = language.partition("_")[2] in _UNSPACED
    return grams_in("character" if unspaced or language in _letters() else "word", language)


def grams_in(unit: Unit, language: str) -> Grams:
    """Return the n-grams for questions in a language, in this unit.

    Args:
        unit: what n-grams are counted in.
        language: a canonical tag. One that is not measured counts as the median of its script, or of all.
    """
    if unit == "word":
        return Grams("word", _WORDS, _LEAST_WORDS)
    letters = _letters().get(language)
    if letters is None:
        script = language.partition("_")[2]
        letters = median_low(
            [count for tag, count in _letters().items() if tag.endswith(f"_{script}")] or _letters().values()
        )
    return Grams("character", letters * _WORTH // _WORDS, -(-letters * _LEAST_WORDS // _WORDS))


@functools.cache
def _letters() -> dict[str, int]:
    text = resources.files("glotmill.text.decontamination").joinpath("characters.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {tag: int(letters) for tag, _, letters in rows}


def tokenize(texts: Sequence[str], unit: Unit) -> Tokens:
    """Return the units of texts; what a text gives does not depend on its neighbors.

    `"Zenbat urte?"` has two words, and ten characters; `"ใครแต่ง"` has six characters either way.

    Args:
        texts: any strings, in NFC where it matters.
        unit: what they are taken in.
    """
    from glotmill.text.decontamination.gram_kernel import find_tokens  # noqa: PLC0415  # numba takes 0.3 s

    tables = folds()
    points = code_points("".join(texts))
    return Tokens(
        *find_tokens(points, origins_of(texts), tables.kinds, tables.single, tables.several, unit == "character")
    )
