"""Arabic script: forms and strokes of display, joiners, and the letters that Persian and Urdu write otherwise."""

import functools
import re
import unicodedata

from glotmill.text.spelling.pack import Change, Pack

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_TATWEEL = "ـ"
_BLOCKS = ((0x0600, 0x06FF), (0x0750, 0x077F), (0x0870, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC))
# Behind U+FDEF stand words and phrases as one sign (ﷲ ﷺ ﷽ ﷼), which readers know as signs.
_FORMS = ((0xFB50, 0xFDEF), (0xFE70, 0xFEFC))
_CLOSING = frozenset("»”’)]\"'")


@functools.cache
def _letters() -> frozenset[str]:
    return frozenset(sign for sign in _signs_of("L") if sign != _TATWEEL)


@functools.cache
def _letters_and_marks() -> frozenset[str]:
    return _letters() | frozenset(_signs_of("M"))


def _signs_of(category: str) -> list[str]:
    every = (chr(code) for first, last in _BLOCKS for code in range(first, last + 1))
    return [sign for sign in every if unicodedata.category(sign).startswith(category)]


@functools.cache
def _forms() -> dict[int, str]:
    """Map forms to their letters. Those of a mark on its own are a mark on a space or stroke, and stay."""
    folded = {
        code: unicodedata.normalize("NFKC", chr(code)) for first, last in _FORMS for code in range(first, last + 1)
    }
    real = _letters_and_marks() - {chr(code) for code in folded}
    return {code: letters for code, letters in folded.items() if real.issuperset(letters)}


def _fold_forms(text: str) -> str:
    return text.translate(_forms())


def _compose_hamza(text: str) -> str:
    return text.replace("\u0649\u0654", "ئ")


_STROKES = re.compile(f"{_TATWEEL}+")


def _unstretch(text: str) -> str:
    return _STROKES.sub(_stroke, text)


def _stroke(found: re.Match[str]) -> str:
    before, after = _around(found)
    if before in _letters_and_marks() and after in _letters():
        return ""
    return _TATWEEL if before in _letters_and_marks() or after in _letters_and_marks() else found[0]


_JOINERS = re.compile(f"[{_ZWNJ}{_ZWJ}]+")


def _tidy_joiners(*, after: frozenset[str]) -> Change:
    """Return what removes joiners that join nothing, but for a final one after these letters."""

    def tidy(found: re.Match[str]) -> str:
        before, behind = _around(found)
        if before not in _letters_and_marks() and behind not in _letters_and_marks():
            return found[0]
        run = _ZWNJ if found[0][0] == _ZWNJ == found[0][-1] else re.sub(r"(.)\1+", r"\1", found[0])
        if run != _ZWNJ or (before in after and not _in_word(behind)):
            return run
        return run if (_in_word(before) or before in _CLOSING) and _in_word(behind) else ""

    return functools.partial(_JOINERS.sub, tidy)


def _around(found: re.Match[str]) -> tuple[str, str]:
    start, end = found.span()
    return found.string[start - 1 : start], found.string[end : end + 1]


def _in_word(sign: str) -> bool:
    return bool(sign) and unicodedata.category(sign)[0] in "LMN"


# ۀ is the ligature of this heh and its hamza, which Unicode asks to be written apart.
_PERSIAN = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ۀ": "ه\u0654"})
_URDU = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ۀ": "ۂ"})
# Letters of Urdu that the other heh aspirates; after them only a dictionary knows which of the two was meant, and after
# a digit it is short for Hijri.
_ASPIRATED = "بپتٹجچدڈڑرکگلمن"
_GOAL = re.compile(f"(?<![{_ASPIRATED}{_TATWEEL}\u064b-\u0655\u0670\\d])ه(?!{_TATWEEL})")


def _persian(text: str) -> str:
    return text.translate(_PERSIAN)


def _urdu(text: str) -> str:
    text = text.translate(_URDU).replace("ه\u0654", "ۂ").replace("ہ\u0654", "ۂ")
    return _GOAL.sub("ہ", text)


ARABIC_FORMS = Pack(
    name="arabic_forms",
    about="Presentation forms become the letters they are forms of: ﻻ is لا, ﺳﻼﻡ is سلام. Signs of whole words (ﷲ, ﷺ, ﷽, ﷼), "
    "ornate parentheses and forms of a mark without a letter stay.",
    source="Unicode 9.2 (Arabic Presentation Forms: for compatibility only); NFKC of each form",
    scripts=("Arab",),
    signs="\ufb50-\ufdcf\ufe70-\ufefc",
    change=_fold_forms,
)

ARABIC_HAMZA = Pack(
    name="arabic_hamza",
    about="A hamza typed above alef maksura is ئ. Above Farsi yeh it stays: Urdu and Kashmiri write it there.",
    source="Unicode Character Database 16.0, DoNotEmit.txt (Hamza_Form)",
    scripts=("Arab",),
    signs="\u0654",
    change=_compose_hamza,
)

ARABIC_TATWEEL = Pack(
    name="arabic_tatweel",
    about="Strokes that only lengthen a word go: مرحبــــا is مرحبا. One stays where it shows the form of a letter or carries "
    "a mark: at a word's edge (الـ, هـ, لـ 5) and in رحمـٰن. Rows of strokes by themselves stay.",
    source="Unicode 9.2 (tatweel is for justification); behavior of CAMeL Tools, which removes all",
    scripts=("Arab",),
    signs=_TATWEEL,
    change=_unstretch,
)

ARABIC_JOINERS = Pack(
    name="arabic_joiners",
    about="Several non-joiners become one, and none stays at a word's edge, except after ه, where Kurdish needs it. Between "
    "letters, digits and words in other letters (Python‌ها) each stays.",
    source="Unicode 23.2 (cursive connection), UAX 31 A1; Kurdish: Unicode 9.2 (use of heh)",
    scripts=("Arab",),
    signs=_ZWNJ + _ZWJ,
    change=_tidy_joiners(after=frozenset("ه")),
)

PERSIAN_LETTERS = Pack(
    name="persian_letters",
    about="Arabic ي, ى and ك become ی and ک, and ۀ becomes هٔ, in Arabic quotations too. ة, أ, إ, ؤ and all vowel marks stay.",
    source="CLDR 46, exemplar characters of fa; ISIRI 6219; names list of U+06C0; behavior of hazm",
    scripts=(),
    signs="يىكۀ",
    change=_persian,
)

PERSIAN_JOINERS = Pack(
    name="persian_joiners",
    about="As arabic_joiners, after ه too: no Persian word ends in a non-joiner.",
    source="ISIRI 6219; behavior of hazm",
    scripts=(),
    signs=_ZWNJ + _ZWJ,
    change=_tidy_joiners(after=frozenset()),
)

URDU_LETTERS = Pack(
    name="urdu_letters",
    about="Arabic ي, ى and ك become ی and ک, ۀ becomes ۂ, and ه becomes ہ where it cannot be ھ: not after a letter that Urdu "
    "aspirates (ساته may be ساتھ), a mark or a digit.",
    source="CLDR 46, exemplar characters of ur; names list of U+06C0 and U+06C2; behavior of google-research/nisaba",
    scripts=(),
    signs="يىكۀه",
    change=_urdu,
)
