"""Zero-width joiners on their way through extractors that delete what is not printable.

trafilatura 2.3.1 drops every character for which `str.isprintable` is false, U+200C and U+200D among them (measured:
13 of 13 lost), and with them the spelling of Persian words and of Indic conjuncts. So they travel as two printable
letters that the page does not hold, and are put back afterwards. Private-use characters would not do: they are not
printable either.
"""

import re

ZWNJ, ZWJ = "\u200c", "\u200d"
_AS_WRITTEN = re.compile("\u200c|\u200d|&(?:zwn?j|#820[45]|#x200[cd]);", re.IGNORECASE)
# Linear B ideograms: letters, so that no word is split, in a script without living users.
_STAND_INS = tuple(chr(code) for code in range(0x10080, 0x100FB))


def shelter(html: str) -> tuple[str, tuple[str, str] | None]:
    """Return the page with its joiners replaced, and what stands for (U+200C, U+200D); None where it has none."""
    if _AS_WRITTEN.search(html) is None:
        return html, None
    free = [letter for letter in _STAND_INS if letter not in html]
    if len(free) < 2:
        return html, None
    return _AS_WRITTEN.sub(lambda found: free[_is_joiner(found[0])], html), (free[0], free[1])


def restore(text: str, stand_ins: tuple[str, str] | None) -> str:
    """Return the text with its joiners back: `restore("می𐂀خواهم", ("𐂀", "𐂁"))` is `"می‌خواهم"`."""
    if stand_ins is None:
        return text
    return text.replace(stand_ins[0], ZWNJ).replace(stand_ins[1], ZWJ)


def _is_joiner(written: str) -> bool:
    return written.lower() in (ZWJ, "&zwj;", "&#8205;", "&#x200d;")
