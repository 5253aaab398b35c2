"""The script and the class of characters, in bulk, after the Unicode Script and General_Category properties."""

import functools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import numpy as np
import numpy.typing as npt

_UNICODE_SIZE = 0x110000
# Classes of characters, in the order of the columns of `TokenTable.classes`.
CLASSES = ("other", "letter", "mark", "digit", "number", "punctuation", "symbol", "space", "control")
OTHER, LETTER, MARK, DIGIT, NUMBER, PUNCTUATION, SYMBOL, SPACE, CONTROL = range(len(CLASSES))
_CLASS_LETTERS = {
    "l": LETTER,
    "m": MARK,
    "d": DIGIT,
    "n": NUMBER,
    "p": PUNCTUATION,
    "y": SYMBOL,
    "s": SPACE,
    "f": CONTROL,
}
# Word_Break values of UAX #29, in angle brackets runs that a dictionary cuts; the order is that of the word kernel.
WORD_BREAKS = (
    "Other",
    "CR",
    "LF",
    "Newline",
    "Extend",
    "Format",
    "ZWJ",
    "ALetter",
    "Hebrew_Letter",
    "Numeric",
    "ExtendNumLet",
    "MidLetter",
    "MidNum",
    "MidNumLet",
    "Single_Quote",
    "Double_Quote",
    "WSegSpace",
    "Regional_Indicator",
    "Hangul_Syllable",
    "<Thai>",
    "<Laoo>",
    "<Khmr>",
    "<Mymr>",
    "<Jpan>",
)
# Where the properties of a code point stand in one 32-bit number, so that a kernel looks up once.
WORD_SHIFT, FLAG_SHIFT, SCRIPT_SHIFT = 4, 9, 16
CLASS_MASK, WORD_MASK, SCRIPT_MASK = 0xF, 0x1F, 0xFF
CLOSES, PICTOGRAPHIC, ENDS_SENTENCE, UPPERCASE = (1 << FLAG_SHIFT << place for place in range(4))
_FLAGS = {"c": CLOSES, "e": PICTOGRAPHIC, "t": ENDS_SENTENCE, "u": UPPERCASE}
_NEUTRAL = ("Zzzz", "Zyyy", "Zinh")  # unknown, common to several scripts, inherited from the letter before
# Chinese pages quote Japanese names and brands; Japanese prose is 40 to 70 % kana, Korean prose over 90 % Hangul.
_LEAST_KANA_OR_HANGUL = 0.1


@dataclass(frozen=True, slots=True)
class _Tables:
    names: tuple[str, ...]
    script_of: npt.NDArray[np.uint8]  # per code point an index into names
    class_of: npt.NDArray[np.uint8]  # per code point an index into CLASSES
    properties: npt.NDArray[np.uint32]


@functools.cache
def _tables() -> _Tables:
    text = resources.files("glotmill.text").joinpath("unicode_ranges.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    names = (*_NEUTRAL, *sorted({row[2] for row in rows} - set(_NEUTRAL)))
    index = {name: position for position, name in enumerate(names)}
    properties = np.zeros(_UNICODE_SIZE, np.uint32)
    for first, last, script, letter, word, flags in rows:
        properties[int(first, 16) : int(last, 16) + 1] = (
            _CLASS_LETTERS.get(letter, OTHER)
            | WORD_BREAKS.index(word) << WORD_SHIFT
            | sum(_FLAGS[flag] for flag in flags)
            | index[script] << SCRIPT_SHIFT
        )
    script_of = (properties >> SCRIPT_SHIFT).astype(np.uint8)
    class_of = (properties & CLASS_MASK).astype(np.uint8)
    for table in (properties, script_of, class_of):
        table.flags.writeable = False
    return _Tables(names, script_of, class_of, properties)


def names() -> tuple[str, ...]:
    """Return the script codes in the order of the columns of `TokenTable.scripts`.

    The first three are no scripts: unknown, common to several, inherited from the letter before.
    """
    return _tables().names


def properties() -> npt.NDArray[np.uint32]:
    """Return per code point its class, word break value, flags and script in one number, shape (0x110000,)."""
    return _tables().properties


@functools.cache
def known_scripts() -> frozenset[str]:
    """Return the ISO 15924 codes that a tag can carry: every script of Unicode, and Japanese as a whole."""
    return frozenset(_tables().names) - set(_NEUTRAL) | {"Jpan"}


@functools.cache
def direction(script: str) -> Literal["ltr", "rtl"]:
    """Return the direction in which lines of an ISO 15924 script run, as HTML spells it: `direction("Arab")` is `rtl`.

    By the Bidi_Class of the script's first letter (UAX #9); a script that Unicode does not know runs to the right.
    """
    tables = _tables()
    if script not in tables.names:
        return "ltr"
    letters = (tables.script_of == tables.names.index(script)) & (tables.class_of == LETTER)
    first = int(letters.argmax())
    return "rtl" if letters[first] and unicodedata.bidirectional(chr(first)) in ("R", "AL") else "ltr"


def code_points(text: str) -> npt.NDArray[np.uint32]:
    """Return a text's code points, shape (characters,); a lone surrogate becomes U+FFFD."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    surrogate = (points >= 0xD800) & (points <= 0xDFFF)
    return np.where(surrogate, np.uint32(0xFFFD), points) if surrogate.any() else points


def classes_of(points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Return per code point its index into `CLASSES`."""
    return _tables().class_of[points]


def dominant_script(text: str) -> str | None:
    """Return the ISO 15924 script of most letters of a text, or None where it has no letter.

    Han, kana, bopomofo and Hangul are weighed as one group: `Jpan` where at least a tenth of it is kana, `Hang` where
    at least a tenth is Hangul (and more than kana), else `Hani`. `dominant_script("東京都の人口")` is `Jpan`.
    """
    return dominant_scripts([text])[0]


def dominant_scripts(texts: Sequence[str]) -> list[str | None]:
    """Return `dominant_script` of each text; one table look-up for all of them."""
    tables = _tables()
    found: list[str | None] = []
    for text in texts:
        points = code_points(text)
        letters = tables.script_of[points[tables.class_of[points] == LETTER]]
        counts = np.bincount(letters, minlength=len(tables.names))
        found.append(_decide(tables.names, counts))
    return found


def dominant_names() -> tuple[str, ...]:
    """Return the scripts that `dominant_of` counts with: those of `names()`, and Japanese as a whole."""
    return (*names(), "Jpan")


def dominant_of(letters: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return `dominant_script` of texts whose letters are counted, as positions in `dominant_names()`.

    Args:
        letters: letters per script, `TokenTable.scripts`, shape (texts, scripts).

    Returns:
        positions, -1 where a text has no letter, shape (texts,).
    """
    place = {name: position for position, name in enumerate(dominant_names())}
    counts = letters.astype(np.int64)
    counts[:, : len(_NEUTRAL)] = 0
    kana = counts[:, place["Hira"]] + counts[:, place["Kana"]]
    hangul = counts[:, place["Hang"]].copy()
    group = kana + hangul + counts[:, place["Hani"]] + counts[:, place["Bopo"]]
    counts[:, [place[name] for name in ("Hira", "Kana", "Hang", "Hani", "Bopo")]] = 0
    least = group * _LEAST_KANA_OR_HANGUL
    joined = np.where(kana >= least, place["Jpan"], place["Hani"])
    joined = np.where((hangul >= least) & (hangul > kana), place["Hang"], joined)
    ranks = np.argsort(np.argsort(dominant_names()))
    most = counts.argmax(axis=1)
    highest = counts.max(axis=1, initial=0)
    wins = (group > highest) | ((group == highest) & (ranks[joined] < ranks[most]))
    found = np.where((group > 0) & wins, joined, most)
    return np.where((highest > 0) | (group > 0), found, -1).astype(np.int32)


def _decide(names: tuple[str, ...], counts: npt.NDArray[np.int64]) -> str | None:
    tally = {name: int(count) for name, count in zip(names, counts, strict=True) if count and name not in _NEUTRAL}
    if not tally:
        return None
    kana = tally.pop("Hira", 0) + tally.pop("Kana", 0)
    hangul = tally.pop("Hang", 0)
    group = kana + hangul + tally.pop("Hani", 0) + tally.pop("Bopo", 0)
    if group:
        least = group * _LEAST_KANA_OR_HANGUL
        name = "Hang" if hangul >= least and hangul > kana else "Jpan" if kana >= least else "Hani"
        tally[name] = group
    return min(tally, key=lambda name: (-tally[name], name))
