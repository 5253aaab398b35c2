"""Chinese characters: radicals of dictionaries that stand for characters in copied text."""

import re
import unicodedata

from glotmill.text.spelling.pack import Pack

# Of the supplement, those two alone have a character that they stand for.
_RADICALS = "\u2e9f\u2ef3\u2f00-\u2fd5"
_RUN = re.compile(f"[{_RADICALS}]+")
_WRITING = re.compile(
    "[\u3005-\u3007\u3041-\u3096\u30a1-\u30fc\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def _fold(text: str) -> str:
    return _RUN.sub(_characters, text)


def _characters(found: re.Match[str]) -> str:
    start, end = found.span()
    neighbors = found.string[start - 1 : start] + found.string[end : end + 1]
    return unicodedata.normalize("NFKC", found[0]) if _WRITING.search(neighbors) else found[0]


HAN_RADICALS = Pack(
    name="han_radicals",
    about="Kangxi radicals beside Chinese characters or kana become the characters they look like: ⽇本 is 日本, as text copied "
    "from PDF files needs. Radicals among themselves, as in a table of them, stay.",
    source="Unicode 18.2 (radicals are not to be used in place of ideographs); NFKC of each radical",
    scripts=("Hani", "Jpan"),
    signs=_RADICALS,
    change=_fold,
)
