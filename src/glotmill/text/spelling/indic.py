"""Scripts of South Asia: vowels in pieces, letters that once were sequences, and joiners that join nothing."""

import functools
import re
import unicodedata
from importlib import resources

from glotmill.text.spelling.pack import Pack

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_FIRST, _LAST = 0x0900, 0x0DFF  # Devanagari to Sinhala
_SCRIPTS = ("Deva", "Beng", "Guru", "Gujr", "Orya", "Taml", "Telu", "Knda", "Mlym", "Sinh")
_VIRAMA_CLASS = 9


@functools.cache
def _vowels() -> tuple[re.Pattern[str], dict[str, str]]:
    """Read the table and close it: where a piece of a sequence is itself a vowel in pieces, the whole is one too."""
    lines = resources.files("glotmill.text.spelling").joinpath("vowels.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    found = {_text(sequence): _text(vowel) for _, sequence, vowel, _ in rows}
    open_ends = True
    while open_ends:
        longer = {
            before.replace(inner, pieces): whole
            for before, whole in found.items()
            for pieces, inner in found.items()
            if inner in before
        }
        open_ends = not longer.keys() <= found.keys()
        found = longer | found
    return re.compile("|".join(sorted(found, key=len, reverse=True))), found


def _text(codes: str) -> str:
    return "".join(chr(int(code, 16)) for code in codes.split())


def _join_vowels(text: str) -> str:
    pattern, vowels = _vowels()
    return pattern.sub(lambda found: vowels[found[0]], text)


# Consonants whose right stem is what the sign AA looks like: half a letter and the sign are the letter (table 12-2).
_STEMMED = "खगघचजझञणतथधनऩपबभमयलवशषसॹॺॻॼॾॿ"
_STEM = re.compile(f"(?:(?<=[{_STEMMED}])|(?<=[{_STEMMED}]\u093c))(?:\u094d{_ZWJ}?\u093e)+")


def _join_stems(text: str) -> str:
    return _STEM.sub("", text)


_CHILLUS = {"ണ": "ൺ", "ന": "ൻ", "ര": "ർ", "ല": "ൽ", "ള": "ൾ", "ക": "ൿ"}
_CHILLU = re.compile(f"([{''.join(_CHILLUS)}])\u0d4d{_ZWJ}")


def _chillus(text: str) -> str:
    return _CHILLU.sub(lambda found: _CHILLUS[found[1]], text)


def _khanda_ta(text: str) -> str:
    return text.replace(f"ত\u09cd{_ZWJ}", "ৎ")


_JOINERS = re.compile(f"[{_ZWNJ}{_ZWJ}]+")


@functools.cache
def _kinds() -> dict[str, str]:
    """Map each letter and mark of these scripts to its kind: l, m, or v for a virama."""
    kinds = {}
    for sign in map(chr, range(_FIRST, _LAST + 1)):
        category = unicodedata.category(sign)[0].lower()
        if category in "lm":
            kinds[sign] = "v" if unicodedata.combining(sign) == _VIRAMA_CLASS else category
    return kinds


def _tidy_joiners(text: str) -> str:
    return _JOINERS.sub(_joiner, text)


def _joiner(found: re.Match[str]) -> str:
    start, end = found.span()
    before = _kinds().get(found.string[start - 1 : start])
    after = _kinds().get(found.string[end : end + 1])
    if before is None and after is None:
        return found[0]
    joiner = found[0][0]
    if after in ("m", "v"):
        return joiner
    return joiner if before == "v" and (joiner == _ZWJ or after == "l") else ""


_MISPLACED_NUKTA = re.compile("([कखगजडढफय])([\u093e-\u094c])\u093c")


def _hindi_nukta(text: str) -> str:
    return _MISPLACED_NUKTA.sub("\\1\u093c\\2", text)


INDIC_VOWELS = Pack(
    name="indic_vowels",
    about="Vowels typed in pieces that look like one letter or sign become it: अा is आ, एे is ऐ, ಉಾ is ಊ. Half letters with the "
    "sign AA (ख्ा) become letters. Nukta needs no rule: NFC takes क़ apart and puts the pieces in order.",
    source="Unicode 12.1 to 13.2, tables of vowel letters; Unicode Character Database 16.0, DoNotEmit.txt; "
    "google-research/nisaba for pairs of Devanagari signs",
    scripts=_SCRIPTS,
    signs="".join(
        f"{chr(first)}-{chr(last)}"
        for first, last in ((0x093A, 0x093B), (0x093E, 0x094D), (0x0956, 0x0957), (0x09BE, 0x0DDF))
    ),
    change=lambda text: _join_vowels(_join_stems(text)),
)

INDIC_JOINERS = Pack(
    name="indic_joiners",
    about="Joiners go where they change nothing: between letters without a virama, and non-joiners at a word's end. Beside a "
    "virama or before a vowel sign they stay (ශ්‍රී, क्‍ष, ఎక్స్‌ప్రెస్, র‍্যা), several as one.",
    source="UAX 31 A2 and B; Unicode 12.1 (rendering of half forms), 12.2, 12.9, 13.2",
    scripts=_SCRIPTS,
    signs=_ZWNJ + _ZWJ,
    change=_tidy_joiners,
)

BENGALI_KHANDA_TA = Pack(
    name="bengali_khanda_ta",
    about="ত, virama and joiner, its spelling before Unicode 4.1, become ৎ.",
    source="Unicode 12.2; Unicode Character Database 16.0, DoNotEmit.txt (Bengali_Khanda_Ta)",
    scripts=("Beng",),
    signs=_ZWJ,
    change=_khanda_ta,
)

MALAYALAM_CHILLUS = Pack(
    name="malayalam_chillus",
    about="A consonant, virama and joiner, their spelling before Unicode 5.1, become a chillu: അവന്‍ is അവൻ.",
    source="Unicode 12.9, table of chillus; Unicode Character Database 16.0, DoNotEmit.txt (Malayalam_Chillu); "
    "google-research/nisaba for ൿ",
    scripts=("Mlym",),
    signs=_ZWJ,
    change=_chillus,
)

HINDI_NUKTA = Pack(
    name="hindi_nukta",
    about="A nukta typed behind the vowel sign goes before it: बडी़ is बड़ी. Other languages, such as Limbu, write it there.",
    source="Unicode 12.1 (the nukta follows its consonant); words of Hindi web pages in huggingface/fineweb-2",
    scripts=(),
    signs="\u093c",
    change=_hindi_nukta,
)
