"""Khmer: letters that Unicode deprecates, vowels in pieces, and the order of marks."""

import re

from glotmill.text.spelling.pack import Pack

_DEPRECATED = str.maketrans({0x17A3: "\u17a2", 0x17A4: "\u17a2\u17b6"})
# Written out as ranges, in the order in which they stand behind a consonant and its subscripts.
_ROBAT = "\u17cc"
_SHIFTERS = "\u17c9\u17ca"
_VOWELS = "\u17b6-\u17c5"
_ABOVE = "\u17c6\u17cb\u17cd-\u17d1\u17dd"
_FINAL = "\u17c7\u17c8"
_ORDER = (_ROBAT, _SHIFTERS, _VOWELS, _ABOVE, _FINAL)
_MARKS = "".join(_ORDER)
_STACK = re.compile(f"[{_MARKS}]{{2,}}")
_CLASSES = tuple(re.compile(f"[{kind}]") for kind in _ORDER)
# Nearly every stack of real text is in order: a search that fails saves a call for each.
_WRONG = re.compile(
    "|".join(f"[{''.join(_ORDER[place + 1 :])}][{_ORDER[place]}]" for place in range(len(_ORDER) - 1))
    + f"|([{_MARKS}])\\1|\u17c1[\u17b8\u17b6]"
)


def _marks(text: str) -> str:
    text = text.translate(_DEPRECATED)
    return text if _WRONG.search(text) is None else _STACK.sub(_order, text)


def _order(found: re.Match[str]) -> str:
    ordered = "".join("".join(kind.findall(found[0])) for kind in _CLASSES)
    joined = _once(ordered).replace("\u17c1\u17b8", "\u17be").replace("\u17c1\u17b6", "\u17c4")
    return _once(joined)


def _once(marks: str) -> str:
    return re.sub(r"(.)\1+", r"\1", marks)


KHMER_MARKS = Pack(
    name="khmer_marks",
    about="ើ and ោ in one piece instead of េ with ី or ា, marks behind the vowel (not ំា but ាំ), a mark typed twice once, អ for "
    "the deprecated U+17A3. Subscripts keep their place and letter, and so do non-joiners.",
    source="Unicode 16.4 (order of Khmer syllables; deprecated letters); Khmer Encoding Structure, L2/22-290, and SIL's "
    "Khmer Character Specification",
    scripts=("Khmr",),
    signs="\u17a3\u17a4\u17b6-\u17d1\u17dd",
    change=_marks,
)
