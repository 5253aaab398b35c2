"""Hebrew: letters of display that NFC leaves."""

import functools
import unicodedata

from glotmill.text.spelling.pack import Pack


@functools.cache
def _letters() -> dict[int, str]:
    return {code: unicodedata.normalize("NFKC", chr(code)) for code in (*range(0xFB20, 0xFB29), 0xFB4F)}


def _fold(text: str) -> str:
    return text.translate(_letters())


HEBREW_FORMS = Pack(
    name="hebrew_forms",
    about="Wide letters and the ligature ﭏ become letters. Pointed forms are letters and points by NFC already; Yiddish װ, ײ "
    "and all points stay.",
    source="Unicode 9.1 (alphabetic presentation forms); NFKC of each form",
    scripts=("Hebr",),
    signs="\ufb20-\ufb28\ufb4f",
    change=_fold,
)
