"""Digits of any script as ASCII digits, code point by code point, so that spans hold in both texts."""

import re
import unicodedata

_OTHER_DIGIT = re.compile(r"[^\D0-9]")
# Signs that numbers are written with: no-break and thin spaces, hyphens and dashes, full-width plus and brackets.
_SIGNS = {
    "\u00a0": " ",
    "\u2007": " ",
    "\u2009": " ",
    "\u202f": " ",
    "\u3000": " ",
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2013": "-",
    "\u2212": "-",
    "\uff0d": "-",
    "\uff0b": "+",
    "\uff08": "(",
    "\uff09": ")",
    "\uff0e": ".",
    "\uff0f": "/",
}
# `str.translate` asks for every character of a text; this for those that are there.
_SIGN = re.compile(f"[{''.join(_SIGNS)}]")
# A number of seven digits or more, however it is grouped, or a code of letters and digits: less is nobody's number.
_LONG = re.compile(r"[0-9](?:[^0-9\n]{0,3}[0-9]){6}")


def plain(text: str) -> str:
    """Return a text of the same length whose digits are 0 to 9 and whose spaces and hyphens in numbers are ASCII.

    `plain("๐๘๑–๒๓๔")` gives `"081-234"`.
    """
    if text.isascii():
        return text
    return _SIGN.sub(
        lambda match: _SIGNS[match[0]], _OTHER_DIGIT.sub(lambda match: str(unicodedata.digit(match[0])), text)
    )


def has_numbers(text: str) -> bool:
    """Tell whether a plain text has seven digits close together; where it has not, no number of a person is there."""
    return _LONG.search(text) is not None
