"""Wrecks real prose in the ways the web does, by stated recipes, so that gates can ask whether rules notice.

Every recipe is a pure function of a document, its name and the language: the same document is wrecked alike on every
machine. None looks at a rule or a bound. The kinds:

* `truncated`: a page of teasers (a headline and the start of each paragraph, cut with an ellipsis), or its first words.
* `keywords`: lists for search engines, out of the document's own longer words.
* `scanned`: lines of a column as they were printed, hyphens included, with letters that were mistaken, lost or split.
* `translated`: machine output gone wrong: a phrase that repeats itself to the end, or words left in the source language
  and function words lost.
* `mojibake`: read in another code page, or stripped of what a page could not encode. What `normalize` repairs is no wreck.
"""

import random
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from glotmill.stages.normalize import normalize_text
from glotmill.text.rules import LanguageFile
from glotmill.text.segment import words

_UNSPACED = frozenset({"Thai", "Laoo", "Khmr", "Mymr", "Hani", "Jpan"})
_HYPHENATED = frozenset({"Latn", "Cyrl", "Grek", "Armn"})
_ELLIPSES = ("…", "...", " […]")
_LEAST_DAMAGE = 0.02  # of the letters that mojibake must have changed for the document to count as wrecked

# Letters that scanners take for each other.
_ALIKE: Mapping[str, str] = MappingProxyType(
    {
        "a": "oä", "b": "h6", "c": "eo", "d": "cl", "e": "co", "f": "t", "g": "q9", "h": "b", "i": "l1!", "l": "1I|",
        "m": "rn", "n": "ri", "o": "0c", "q": "g", "r": "t", "s": "5", "t": "f+", "u": "ii", "v": "y", "z": "2",
        "B": "8", "D": "O", "E": "F", "G": "6", "I": "l1", "O": "0Q", "S": "5", "T": "7", "Z": "2",
        "а": "о", "в": "8", "е": "с", "и": "н", "н": "и", "о": "0", "п": "л", "л": "п", "с": "е", "ш": "щ", "З": "3",
        "α": "a", "ε": "s", "η": "n", "ι": "l", "ν": "v", "ο": "0", "σ": "o", "τ": "r",
    }
)  # fmt: skip
_DIRT = "|~^°.,'*·"
# Code pages that pages in a script were written in, and those that they are read in by mistake.
_CODE_PAGES: Mapping[str, Sequence[tuple[str, str]]] = MappingProxyType(
    {
        "Cyrl": (("cp1251", "latin-1"), ("koi8-r", "cp1251"), ("utf-8", "cp1251")),
        "Grek": (("cp1253", "latin-1"), ("utf-8", "cp1253")),
        "Hebr": (("cp1255", "cp1252"), ("utf-8", "cp1255")),
        "Arab": (("cp1256", "cp1252"), ("utf-8", "cp1256")),
        "Thai": (("tis-620", "latin-1"), ("utf-8", "tis-620")),
        "Jpan": (("shift_jis", "cp1252"), ("euc_jp", "shift_jis"), ("utf-8", "shift_jis")),
        "Hani": (("gbk", "cp1252"), ("gbk", "big5"), ("utf-8", "gbk")),
        "Hang": (("euc_kr", "cp1252"), ("utf-8", "euc_kr")),
    }
)
_LATIN_PAGES = (("utf-8", "cp1252"), ("latin-1", "utf-8"), ("utf-8", "mac_roman"))
_CENTRAL = frozenset({"pol", "ces", "slk", "slv", "hun", "hrv", "ron"})
_TURKIC = frozenset({"tur", "azj"})


def misread(text: str, rate: float, chance: random.Random) -> str:
    """Return a text as a scanner reads it that mistakes a share of letters and marks.

    Latin, Cyrillic and Greek letters become what looks like them, others any letter of the text; half of the marks that
    are mistaken are lost.
    """
    signs = [sign for sign in text if sign.isalpha() or unicodedata.combining(sign)]
    found = []
    for sign in text:
        is_mark = unicodedata.category(sign).startswith("M")
        if not (is_mark or sign.isalpha()) or chance.random() >= rate:
            found.append(sign)
        elif not is_mark or chance.random() < 0.5:
            found.append(chance.choice(_ALIKE.get(sign) or signs))
    return "".join(found)


@dataclass(frozen=True, slots=True)
class Wrecker:
    """Wrecks documents of one language.

    Args:
        language: its file.
        foreign: prose in the language that translations are from.
    """

    language: LanguageFile
    foreign: Sequence[str]

    @property
    def script(self) -> str:
        """The language's script."""
        return self.language.tag.partition("_")[2]

    def wreck(self, kind: str, text: str) -> str | None:
        """Return a document wrecked, or None where this kind does it no harm."""
        chance = random.Random(f"{kind} {self.language.tag} {text}")  # a string seeds by its digest
        return _KINDS[kind](self, text, chance)

    @property
    def gap(self) -> str:
        """What stands between two words."""
        return "" if self.script in _UNSPACED else " "

    def columns(self, width: int) -> int:
        """Return how many characters say as much as so many of English."""
        return max(4, round(width * (self.language.relative_length or 1.0)))


def _truncated(wrecker: Wrecker, text: str, chance: random.Random) -> str:
    if chance.random() < 0.5:
        spans = words(text)
        return text[: spans[min(30, len(spans) - 1)][1]] + chance.choice(_ELLIPSES)
    teasers = []
    ellipsis = chance.choice(_ELLIPSES)
    for paragraph in filter(None, map(str.strip, text.split("\n"))):
        spans = words(paragraph)
        length = wrecker.columns(chance.randint(80, 160))
        if len(paragraph) <= length or len(spans) < 8:
            continue
        headline = paragraph[: spans[chance.randint(2, 6)][1]]
        cut = max((end for _, end in spans if end <= length), default=spans[0][1])
        teasers.append(f"{headline}\n{paragraph[:cut]}{ellipsis}")
    return "\n\n".join(teasers) or text[: words(text)[30][1]] + ellipsis


def _keywords(wrecker: Wrecker, text: str, chance: random.Random) -> str:
    common = {word.casefold() for word in wrecker.language.stop_words}
    found = sorted(
        {text[start:end].casefold() for start, end in words(text)} - common, key=lambda word: (-len(word), word)
    )
    chosen = chance.sample(found[: max(12, len(found) // 3)], min(12, len(found)))
    heads, others = chosen[:3], chosen[3:] or chosen
    phrases = []
    for _ in range(chance.randint(50, 90)):
        parts = [chance.choice(heads), *chance.sample(others, min(chance.randint(1, 3), len(others)))]
        chance.shuffle(parts)
        phrases.append(wrecker.gap.join(parts))
    return chance.choice((", ", " | ", "\n", " ")).join(phrases)


def _scanned(wrecker: Wrecker, text: str, chance: random.Random) -> str:
    letters = sorted({sign for sign in text if sign.isalpha()})
    noise = chance.uniform(0.06, 0.12)
    found = []
    for sign in " ".join(text.split()):
        roll = chance.random()
        if sign == " ":
            found.append("" if roll < 0.04 else " ")
        elif roll >= noise:
            found.append(sign)
        elif roll < 0.12 * noise:
            found.append(sign + chance.choice(_DIRT))
        elif roll < 0.24 * noise:
            found.append(sign + " ")
        elif roll < 0.36 * noise or unicodedata.category(sign).startswith("M"):
            found.append("")
        else:
            found.append(chance.choice(_ALIKE.get(sign) or letters))
    damaged = "".join(found)
    width = wrecker.columns(chance.randint(44, 64))
    return "\n".join(_printed(damaged, width, hyphens=wrecker.script in _HYPHENATED, gap=wrecker.gap))


def _printed(text: str, width: int, *, hyphens: bool, gap: str) -> list[str]:
    lines = []
    while len(text) > width:
        line = text[:width]
        inside = text[width - 1].isalpha() and text[width].isalpha()
        if hyphens and inside and text[width - 3 : width + 3].isalpha():
            lines.append(f"{line}-")
        else:
            cut = line.rfind(" ") + 1 if inside and gap else width
            line = line[: cut or width]
            lines.append(line.rstrip())
        text = text[len(line) :].lstrip()
    return [*lines, text]


def _translated(wrecker: Wrecker, text: str, chance: random.Random) -> str:
    spans = words(text)
    if chance.random() < 0.5:
        start = chance.randrange(len(spans) // 4, len(spans) // 2)
        until = spans[min(start + chance.randint(2, 8), len(spans) - 1)]
        phrase = text[spans[start][0] : until[1]].replace("\n", " ") + wrecker.gap
        begun = text[: spans[start][0]]
        return begun + phrase * (1 + (len(text) - len(begun)) // len(phrase))
    common = {word.casefold() for word in wrecker.language.stop_words}
    source = chance.choice(wrecker.foreign)
    foreign = [source[start:end] for start, end in words(source)]
    found, place = [], 0
    for number, (start, end) in enumerate(spans):
        word, roll = text[start:end], chance.random()
        if word.casefold() in common:
            word = "" if roll < 0.5 else word
        elif roll < 0.5:
            word = f" {foreign[number % len(foreign)]} "
        found += [text[place:start], word]
        place = end
    return "".join(found) + text[place:]


def _mojibake(wrecker: Wrecker, text: str, chance: random.Random) -> str | None:
    code = wrecker.language.tag.partition("_")[0]
    pages = _CODE_PAGES.get(wrecker.script, (("utf-8", "cp1252"), ("utf-8", "mac_roman")))
    if wrecker.script == "Latn":
        legacy = [("cp1250", "latin-1")] if code in _CENTRAL else [("cp1254", "latin-1")] if code in _TURKIC else []
        pages = (*_LATIN_PAGES, *legacy, ("ascii", "ascii"))
    written, read = chance.choice(pages)
    wrecked = text.encode(written, "replace").decode(read, "replace")
    damaged = normalize_text(wrecked)
    return damaged if _changed(normalize_text(text), damaged) else None


def _changed(before: str, after: str) -> bool:
    """Tell whether the letters of a document are others than before, in more than a trace."""
    had, has = (Counter(filter(str.isalpha, text)) for text in (before, after))
    lost = sum(count for sign, count in had.items() if has[sign] < count / 2)
    return lost >= _LEAST_DAMAGE * max(had.total(), 1)


_KINDS: Mapping[str, Callable[[Wrecker, str, random.Random], str | None]] = MappingProxyType(
    {
        "truncated": _truncated,
        "keywords": _keywords,
        "scanned": _scanned,
        "translated": _translated,
        "mojibake": _mojibake,
    }
)
KINDS = tuple(_KINDS)
