"""Telephone numbers, by the numbering plans that the package phonenumbers carries.

A number with `+` and a country's prefix is taken where its plan knows it. One that is written as in its own country
is taken where the plan knows it and either it begins with the prefix that the country dials for a trunk line (0 in
Germany), or a word before it announces it: without either, `12 34 56 78` is an amount as often as a number.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from glotmill.core.errors import SettingsError
from glotmill.text.pii import announced
from glotmill.text.pii.spans import Span

_GAP = r"[ ./()-]{1,3}"
_INTERNATIONAL = re.compile(rf"(?<![0-9A-Za-z+])\+ ?\(?[0-9]+(?:{_GAP}[0-9]+)*", re.ASCII)
_NATIONAL = re.compile(rf"(?<![0-9A-Za-z+])(?<![0-9][.,/:-])(?<![0-9] )\(?[0-9]+(?:{_GAP}[0-9]+)*", re.ASCII)
_DATE = re.compile(
    r"[0-9]{1,2}([./-])[0-9]{1,2}\1(?:[0-9]{4}|[0-9]{2})(?![0-9])|[0-9]{4}([./-])[0-9]{1,2}\2[0-9]{1,2}(?![0-9])"
)
# Amounts and fractions: 10.000.000, 0.91.
_AMOUNT = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?![0-9])|[0-9]\.[0-9]")
_GROUPS = re.compile("[0-9]+")
_DIGITS = (7, 15)  # the longest number has 15 (ITU-T E.164); a shorter one is a service's, not a person's
_MOST_GROUPS = 7

# Telephone, mobile, fax and call, as pages in the proven languages write them before a number.
_WORDS = announced.pattern(
    (
        *(
            "tel",
            "tfn",
            "tlf",
            "tlf.",
            "fax",
            "gsm",
            "mob",
            "simu",
            "phone",
            "telef",
            "télé",
            "teléf",
            "fono",
            "whatsapp",
        ),
        *("mobil", "móvil", "celular", "puhelin", "puh.", "sími", "hívja", "handy", "ponsel", "telp"),
        *("mugikor", "deitu", "rufen", "bellen", "chiama", "llama", "ligue", "zadzwoń", "volejte", "ara:", "arayın"),
        *(
            "τηλ",
            "κιν",
            "тел",
            "моб",
            "факс",
            "звон",
            "հեռ",
            "טל",
            "נייד",
            "פקס",
            "هاتف",
            "جوال",
            "موبايل",
            "تلفن",
            "همراه",
            "فون",
        ),
        *("फ़ोन", "फोन", "मोबाइल", "दूरभाष", "संपर्क", "ফোন", "মোবাইল", "தொலைபேசி", "โทร", "มือถือ", "เบอร์", "ទូរស័ព្ទ"),
        *(
            "电话",
            "電話",
            "手机",
            "手機",
            "热线",
            "传真",
            "携帯",
            "でんわ",
            "전화",
            "휴대폰",
            "연락처",
            "팩스",
            "điện thoại",
            "đt",
            "sđt",
            "☎",
            "📞",
            "☏",
        ),
    )
)


def phones(countries: tuple[str, ...]) -> Callable[[str], Iterator[Span]]:
    """Return a finder of the numbers of these countries' plans, and of all that are written with `+`, in plain texts.

    Args:
        countries: ISO 3166-1 alpha-2 codes.

    Raises:
        SettingsError: the package phonenumbers is missing, or knows no such country.
    """
    plans = _plans()
    unknown = sorted(set(countries) - plans.SUPPORTED_REGIONS)
    if unknown:
        raise SettingsError(
            f"no numbering plan for {', '.join(unknown)}; countries are ISO 3166-1 codes such as DE or TH"
        )
    trunks = {country: _trunk(plans, country) for country in countries}

    def find(text: str) -> Iterator[Span]:
        end = 0
        for match in sorted(
            (*_INTERNATIONAL.finditer(text), *_NATIONAL.finditer(text)), key=lambda match: (match.start(), -match.end())
        ):
            for span in _in_run(plans, trunks, text, max(match.start(), end), match.end()):
                yield span
                end = span.end

    return find


def _plans() -> Any:
    try:
        import phonenumbers  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise SettingsError("to find phone numbers needs a package\n  Run: pip install 'glotmill[phones]'") from error
    return phonenumbers


def _trunk(plans: Any, country: str) -> str:
    return plans.PhoneMetadata.metadata_for_region(country).national_prefix or ""


def _in_run(plans: Any, trunks: dict[str, str], text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the numbers in a run of groups of digits: from each group on, the longest that a plan knows."""
    groups = [match.span() for match in _GROUPS.finditer(text, start, end)]
    first = 0
    while first < len(groups):
        begin = groups[first][0]
        plus = text[max(start, begin - 2) : begin].lstrip(" ").startswith("+")
        found = None
        apart = first == 0 or text[begin - 1] in " (/"  # or it goes on: an address of a machine, a fraction
        found = _longest(plans, trunks, text, groups[first : first + _MOST_GROUPS], plus=plus, apart=apart)
        if found is None:
            first += 1
            continue
        bracket = text[max(start, begin - 1) : begin] == "(" and ")" in text[begin : groups[first + found - 1][1]]
        opening = max(start, text.rfind("+", start, begin)) if plus else begin - bracket
        yield Span(opening, groups[first + found - 1][1], "phone")
        first += found


def _longest(
    plans: Any, trunks: dict[str, str], text: str, groups: list[tuple[int, int]], *, plus: bool, apart: bool
) -> int | None:
    """Return how many of the groups are a number together, at least one; None where no plan knows any."""
    begin = groups[0][0]
    counts = [count for count in range(len(groups), 0, -1) if _has_length(groups[:count], plus=plus)]
    if not counts:
        return None
    if plus:
        return next(
            (count for count in counts if _is_number(plans, "+" + text[begin : groups[count - 1][1]], None)), None
        )
    if not apart or _DATE.match(text, begin) or _AMOUNT.match(text, begin):
        return None
    dialled = [country for country, trunk in trunks.items() if trunk and text.startswith(trunk, begin)]
    if len(dialled) < len(trunks) and _WORDS.search(announced.before(text, begin)):
        dialled = list(trunks)
    for count in counts:
        written = text[begin : groups[count - 1][1]]
        if any(_is_number(plans, written, country) for country in dialled):
            return count
    return None


def _has_length(groups: list[tuple[int, int]], *, plus: bool) -> bool:
    """Tell whether there are digits enough, and not in a row of single ones, which is a table or a range."""
    digits = sum(end - start for start, end in groups)
    alone = sum(end - start == 1 for start, end in groups[1:])
    return _DIGITS[0] <= digits <= _DIGITS[1] and (plus or alone <= 1)


def _is_number(plans: Any, written: str, country: str | None) -> bool:
    try:
        return bool(plans.is_valid_number(plans.parse(written, country)))
    except plans.NumberParseException:
        return False
