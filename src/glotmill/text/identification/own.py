"""The file by which a language joins the identifiers: its words by frequency, counted in text that a user has."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field, StrictStr

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Frozen
from glotmill.core.yamlfile import parse
from glotmill.text.identification import word_weights
from glotmill.text.identification.ngram_weights import FEWEST_WORDS
from glotmill.text.rules import Evidence
from glotmill.text.tags import canonical

FOLDER: Final = "filters/identification"
LARGEST: Final = 1_000_000  # characters of a file; those that `glotmill language add` writes have a tenth
_MOST_COUNT: Final = 10**15
_HOW: Final = "A line is a word, a space, and how often it was counted: `etxe 41`."


class OwnFile(Frozen):
    """The content of `filters/identification/<tag>.yaml`.

    Args:
        tag: equals the file's name.
        evidence: what the words were counted in; without source and license nobody can check them.
        words: a line for each, the most frequent first: the word, how often it was counted, and, where texts in other
            languages were counted too, in how many of these it is as usual.
    """

    tag: StrictStr
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]
    words: StrictStr


@dataclass(frozen=True, slots=True)
class OwnLanguage:
    """The words of a language by frequency.

    Args:
        tag: canonical.
        words: the most frequent first, each one word of the scan in the script of the tag.
        counts: of each, 1 or more.
        others: of each, in how many other languages' texts it was found as usual.
    """

    tag: str
    words: tuple[str, ...]
    counts: tuple[int, ...]
    others: tuple[int, ...]


def own_path(tag: str) -> str:
    """Return the project path of a language's words."""
    return f"{FOLDER}/{tag}.yaml"


def read_own(tag: str, files: Mapping[str, str]) -> OwnLanguage | None:
    """Return the words of a language, or None where the project has none.

    Raises:
        RecipeError: the file is wrong: which field, which line, what would be right.
    """
    text = files.get(own_path(tag))
    return None if text is None else parse_own(text, own_path(tag))


@functools.lru_cache(maxsize=16)
def parse_own(text: str, file: str) -> OwnLanguage:
    """Return the words in the text of a file of this name; errors as `read_own`."""
    if len(text) > LARGEST:
        remedy = "Leave out the rarest words: a few thousand are enough."
        raise RecipeError(
            f"{len(text):,} characters are more than {LARGEST:,}", file=file, field="words", remedy=remedy
        )
    found = parse(text, OwnFile, file=file)
    tag = file.rpartition("/")[2].removesuffix(".yaml")
    if found.tag != tag or _canonical(found.tag, file) != tag:
        raise RecipeError(f"the file is about {found.tag!r}", file=file, field="tag", remedy=f"tag: {tag}")
    words: list[str] = []
    counts: list[int] = []
    others: list[int] = []
    for number, line in enumerate(found.words.split("\n"), 1):
        if line.strip():
            word, count, other = _line(line, number, file)
            if counts and count > counts[-1]:
                message = f"line {number}, {line!r}: a word stands before one that is more frequent"
                raise RecipeError(
                    message, file=file, field="words", remedy="Sort the lines by count, the greatest first."
                )
            words.append(word)
            counts.append(count)
            others.append(other)
    _check_words(tag, words, file)
    return OwnLanguage(tag, tuple(words), tuple(counts), tuple(others))


def _canonical(tag: str, file: str) -> str:
    try:
        return canonical(tag)
    except RecipeError as error:
        raise RecipeError(error.message, file=file, field="tag", remedy=error.remedy) from None


def _line(line: str, number: int, file: str) -> tuple[str, int, int]:
    parts = line.split()
    numbers = [int(part) if part.isascii() and part.isdigit() and len(part) < 16 else -1 for part in parts[1:]]
    if len(parts) not in (2, 3) or min(numbers) < 0 or not 1 <= numbers[0] <= _MOST_COUNT:
        raise RecipeError(
            f"line {number}, {line[:80]!r}, is no word with its count", file=file, field="words", remedy=_HOW
        )
    return parts[0], numbers[0], numbers[1] if len(numbers) > 1 else 0


def _check_words(tag: str, words: Sequence[str], file: str) -> None:
    usable = set(word_weights.entries(tag, words).places.tolist())
    for place, word in enumerate(words):
        if place not in usable:
            raise RecipeError(
                f"{word[:80]!r} is no word in the script of {tag}, or stands twice",
                file=file,
                field="words",
                remedy="Take the line out: a word is one word to the scan, in the tag's script, and stands once.",
            )
    if len(words) < FEWEST_WORDS:
        remedy = f"Count more text: `glotmill language add {tag} --text PATH --write`."
        raise RecipeError(f"{len(words)} words, fewer than {FEWEST_WORDS}", file=file, field="words", remedy=remedy)
