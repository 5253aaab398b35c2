"""Latin: marks and letters that single languages write in one way, and keyboards and case mappings in two."""

import functools
import re
import unicodedata
from itertools import product

from glotmill.text.spelling.pack import Pack

_LINE_BELOW, _DOT_BELOW, _DOT_ABOVE = "\u0329", "\u0323", "\u0307"
_MARKS = "\u0300-\u036f"


def _composed(letters: str, marks: str) -> list[str]:
    """Return those letters with one mark that are one character."""
    pairs = (unicodedata.normalize("NFC", letter + mark) for letter, mark in product(letters, marks))
    return [character for character in pairs if len(character) == 1]


@functools.cache
def _lined() -> re.Pattern[str]:
    # A tone typed before or after the line is composed with the letter by NFC, and the line stands behind it.
    tones = [chr(code) for code in range(0x300, 0x315) if unicodedata.combining(chr(code)) == 230]
    return re.compile(f"[EeOoSs{''.join(_composed('EeOoSs', ''.join(tones)))}]{_LINE_BELOW}")


def _yoruba(text: str) -> str:
    return _lined().sub(_dotted, text)


def _dotted(found: re.Match[str]) -> str:
    apart = unicodedata.normalize("NFD", found[0]).replace(_LINE_BELOW, _DOT_BELOW)
    return unicodedata.normalize("NFC", apart)


@functools.cache
def _vietnamese_vowels() -> tuple[re.Pattern[str], dict[str, str]]:
    tones = "\u0300\u0301\u0303\u0309"
    found = {}
    for vowels, quality in (("AaEeOo", "\u0302"), ("Aa", "\u0306")):
        for vowel, tone in product(vowels, tones):
            written = unicodedata.normalize("NFC", vowel + tone) + quality
            found[written] = unicodedata.normalize("NFC", vowel + quality + tone)
    return re.compile("|".join(found)), found


def _vietnamese(text: str) -> str:
    pattern, vowels = _vietnamese_vowels()
    return pattern.sub(lambda found: vowels[found[0]], text)


_DOTTED_I = re.compile(f"[iı]{_DOT_ABOVE}+(?![{_MARKS}])")


def _turkish(text: str) -> str:
    return _DOTTED_I.sub("i", text)


_CATALAN = str.maketrans({"ŀ": "l·", "Ŀ": "L·"})


def _catalan(text: str) -> str:
    return text.translate(_CATALAN)


_ROMANIAN = str.maketrans("şţŞŢ", "șțȘȚ")


def _romanian(text: str) -> str:
    return text.translate(_ROMANIAN)


YORUBA_DOTS = Pack(
    name="yoruba_dots",
    about="A vertical line below e, o and s becomes the dot below: e̩ is ẹ, ó̩ is ọ́. The order of dot and tone is that of NFC.",
    source="CLDR 46, exemplar characters of yo; the Universal Declaration in Unicode changed in the same way in 2022 "
    "(eric-muller/udhr, pull request 47)",
    scripts=(),
    signs=_LINE_BELOW,
    change=_yoruba,
)

VIETNAMESE_MARKS = Pack(
    name="vietnamese_marks",
    about="A tone typed before circumflex or breve goes behind it, which NFC does not do: á̂ is ấ. Where a tone stands (hòa, "
    "hoà) is a choice of the writer and stays.",
    source="Unicode 7.1 (Vietnamese: quality first, then tone); TCVN 6909",
    scripts=(),
    signs="\u0302\u0306",
    change=_vietnamese,
)

TURKISH_DOTS = Pack(
    name="turkish_dots",
    about="The dot that lower-casing İ without knowing the language leaves goes: i̇stanbul is istanbul. i and ı stay.",
    source="Unicode Character Database, SpecialCasing.txt (tr, az)",
    scripts=(),
    signs=_DOT_ABOVE,
    change=_turkish,
)

CATALAN_ELA = Pack(
    name="catalan_ela",
    about="ŀ is l·: coŀlegi is col·legi.",
    source="Unicode Character Database 16.0, DoNotEmit.txt (Preferred_Spelling); CLDR 46, exemplar characters of ca",
    scripts=(),
    signs="ŀĿ",
    change=_catalan,
)

ROMANIAN_COMMAS = Pack(
    name="romanian_commas",
    about="ş and ţ with the cedilla of old code pages are ș and ț with a comma, in Turkish names too.",
    source="CLDR 46, exemplar characters of ro; Unicode 7.1 (cedilla and comma below in Romanian)",
    scripts=(),
    signs="şţŞŢ",
    change=_romanian,
)
