"""Numbers of bank accounts (IBAN, ISO 13616) and of payment cards (ISO/IEC 7812)."""

import re
from collections.abc import Iterator

from glotmill.text.pii.checks import luhn, mod_97
from glotmill.text.pii.spans import Span

# Characters of an IBAN by country: SWIFT's IBAN registry, release 101.
_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,29}", re.ASCII)

# As cards print them: whole, in fours, or 4-6-4 and 4-6-5; the month that they end with may stand behind.
_CARD = re.compile(
    r"(?<![A-Za-z0-9])(?<![0-9][ .,+-])"
    r"(?:[0-9]{13,19}|[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{1,4}(?:\1[0-9]{3})?|[0-9]{4}([ -])[0-9]{6}\2[0-9]{4,5})"
    r"(?![A-Za-z0-9]|[.,-][0-9]| (?!(?:0[1-9]|1[0-2]) ?/ ?[0-9]{2})[0-9])",
    re.ASCII,
)
_SCHEMES = (
    (re.compile(r"4"), {13, 16, 19}),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), {16}),  # Mastercard
    (re.compile(r"3[47]"), {15}),  # American Express
    (re.compile(r"30[0-5]|3[689]"), {14, 16}),  # Diners Club
    (re.compile(r"6011|64[4-9]|65"), {16, 19}),  # Discover, RuPay, Elo
    (re.compile(r"60|8[12]|508"), {16}),  # RuPay
    (re.compile(r"35(?:2[89]|[3-8])"), {16, 19}),  # JCB
    (re.compile(r"62"), {16, 17, 18, 19}),  # UnionPay
    (re.compile(r"220[0-4]"), {16, 17, 18, 19}),  # Mir
    (re.compile(r"9792"), {16}),  # Troy
    (re.compile(r"5018|5020|5038|5893|6304|6759|676[1-3]"), {16, 17, 18, 19}),  # Maestro
)


def ibans(text: str) -> Iterator[Span]:
    """Yield the account numbers of a plain text: a country's length and right check digits, grouped or not."""
    position = 0
    while match := _IBAN.search(text, position):
        position = match.start() + 2
        length = _LENGTHS.get(match[0][:2].upper())
        end = None if length is None else _end(text, match.start(), length)
        if end is None:
            continue
        code = re.sub("[ -]", "", text[match.start() : end]).upper()
        if mod_97(code[4:] + code[:4]):
            yield Span(match.start(), end, "iban")
            position = end


def cards(text: str) -> Iterator[Span]:
    """Yield the card numbers of a plain text: a known scheme's beginning and length, and a right check digit."""
    for match in _CARD.finditer(text):
        digits = re.sub("[ -]", "", match[0])
        known = any(len(digits) in lengths and scheme.match(digits) for scheme, lengths in _SCHEMES)
        if known and luhn(digits):
            yield Span(match.start(), match.end(), "card")


def _end(text: str, start: int, length: int) -> int | None:
    """Return where a code of so many characters ends that has single separators; None where it goes on, or is cut."""
    position = start
    for number in range(length):
        character = text[position : position + 1]
        if number and character in (" ", "-"):
            position += 1
            character = text[position : position + 1]
        if not (character.isascii() and character.isalnum()):
            return None
        position += 1
    following = text[position : position + 1]
    return None if following.isascii() and following.isalnum() else position
