"""Numbers that states give to persons, by country; each is told from other numbers by its check digits.

A number of digits alone is taken anywhere only where at most one in a hundred random ones would pass (a date of
birth and a check digit, or two check digits) and it has at least eleven, or where its punctuation is its own
(`900101-1234567`). Others are taken behind a word that announces them. The tests hold every rule against another
implementation and count what passes by chance.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from glotmill.text.pii import announced
from glotmill.text.pii.checks import is_date, luhn, mod_11_2, mod_11_10, verhoeff, weighted
from glotmill.text.pii.spans import Span

_SEPARATORS = re.compile(r"[ ./-]")


@dataclass(frozen=True, slots=True)
class Number:
    """One kind of number.

    Args:
        name: as people call it.
        valid: tells whether a number without separators, its letters upper-case, is one.
        anywhere: its shape where it needs no word; None where it always does.
        behind: its shape behind a word.
        words: that announce it.
    """

    name: str
    valid: Callable[[str], bool]
    anywhere: str | None = None
    behind: str | None = None
    words: tuple[str, ...] = ()


def national_ids(countries: tuple[str, ...]) -> Callable[[str], Iterator[Span]]:
    """Return a finder of the numbers of these countries in plain texts.

    Args:
        countries: ISO 3166-1 alpha-2 codes, each with numbers in `NUMBERS`.
    """
    rules = []
    for country in countries:
        for number in NUMBERS[country]:
            words = announced.pattern(number.words) if number.words else None
            rules += [
                (_shape(shape), number.valid, asked)
                for shape, asked in ((number.anywhere, None), (number.behind, words))
                if shape is not None
            ]

    def find(text: str) -> Iterator[Span]:
        found = [span for rule in rules for span in _found(text, *rule)]
        end = 0
        for span in sorted(found, key=lambda span: (span.start, -span.end)):
            if span.start >= end:
                yield span
                end = span.end

    return find


def _shape(shape: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9])(?<![0-9][.,/+-])(?:{shape})(?![A-Za-z0-9]|[.,/-][0-9])", re.ASCII)


def _found(
    text: str, shape: re.Pattern[str], valid: Callable[[str], bool], words: re.Pattern[str] | None
) -> Iterator[Span]:
    for match in shape.finditer(text):
        if not valid(_SEPARATORS.sub("", match[0]).upper()):
            continue
        if words is None or words.search(announced.before(text, match.start())):
            yield Span(match.start(), match.end(), "id")


# What makes a number valid, by country. `number` has no separators.


def _born(year: str, month: str, day: str) -> bool:
    return is_date(int(year), int(month), int(day))


def _bulgarian(number: str) -> bool:
    month = int(number[2:4])
    month -= 40 if month > 40 else 20 if month > 20 else 0  # born in this century, or before 1900
    check = weighted(number[:9], (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10
    return is_date(int(number[:2]), month, int(number[4:6])) and check == int(number[9])


def _brazilian(number: str) -> bool:
    if len(set(number)) == 1:
        return False
    first = weighted(number[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(number[:10], range(11, 1, -1)) * 10 % 11 % 10
    return number[9:] == f"{first}{second}"


def _belgian(number: str) -> bool:
    month = int(number[2:4]) % 20 if int(number[2:4]) < 53 else 99  # 20 or 40 more in the numbers of non-residents
    known = is_date(int(number[:2]), month, int(number[4:6]))
    # Who was born from 2000 on has a 2 before the number when it is divided; nobody is born in 2040 yet.
    prefixes = ("", "2") if number[0] < "4" else ("",)
    return known and int(number[9:]) in [97 - int(prefix + number[:9]) % 97 for prefix in prefixes]


def _chinese(number: str) -> bool:
    return number[6:8] in ("18", "19", "20") and _born(number[8:10], number[10:12], number[12:14]) and mod_11_2(number)


def _croatian(number: str) -> bool:
    return mod_11_10(number)


def _czech(number: str) -> bool:
    month = int(number[2:4])
    month -= 50 if month > 50 else 0  # women
    month -= 20 if month > 20 else 0  # where a day's numbers were used up
    if not is_date(int(number[:2]), month, int(number[4:6])):
        return False
    # Until 1985 a rest of ten was written 0.
    return len(number) == 9 or int(number) % 11 == 0 or (int(number[:9]) % 11 == 10 and number[9] == "0")


def _danish(number: str) -> bool:
    return _born(number[4:6], number[2:4], number[:2])


def _dutch(number: str) -> bool:
    return number.strip("0") != "" and weighted(number, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _baltic(number: str) -> bool:
    if number[0] not in "12345678" or not _born(number[1:3], number[3:5], number[5:7]):
        return False
    check = weighted(number, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if check == 10:
        check = weighted(number, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return check == int(number[10])


def _finnish(number: str) -> bool:
    digits = number[:6] + number[-4:-1]
    check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31]
    given = 2 <= int(digits[6:]) < 900  # higher ones are of hospitals and tests
    return given and _born(digits[4:6], digits[2:4], digits[:2]) and check == number[-1]


def _french(number: str) -> bool:
    department = number[5:7]
    corsican = {"2A": "19", "2B": "18"}.get(department, department)
    month = int(number[3:5])
    plausible = 1 <= month <= 12 or 20 <= month <= 42 or month >= 50  # unknown or foreign months of birth
    return plausible and 97 - int(number[:5] + corsican + number[7:13]) % 97 == int(number[13:])


def _german(number: str) -> bool:
    counts = [number[:10].count(digit) for digit in set(number[:10])]
    repeated = [count for count in counts if count > 1]
    return number[0] != "0" and len(repeated) == 1 and repeated[0] in (2, 3) and mod_11_10(number)


def _greek(number: str) -> bool:
    return _born(number[4:6], number[2:4], number[:2]) and luhn(number)


def _hungarian_tax(number: str) -> bool:
    return number[0] == "8" and weighted(number[:9], range(1, 10)) % 11 == int(number[9])


def _hungarian_health(number: str) -> bool:
    return number.strip("0") != "" and weighted(number[:8], (3, 7) * 4) % 10 == int(number[8])


def _indian(number: str) -> bool:
    return number != number[::-1] and verhoeff(number)


def _iranian(number: str) -> bool:
    rest = weighted(number[:9], range(10, 1, -1)) % 11
    return len(set(number)) > 1 and int(number[9]) == (rest if rest < 2 else 11 - rest)


def _israeli(number: str) -> bool:
    return number.strip("0") != "" and luhn(number)


_OMOCODIA = str.maketrans("LMNPQRSTUV", "0123456789")
_ITALIAN_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def _italian(number: str) -> bool:
    """Codice fiscale (Decreto ministeriale 12 March 1974): letters stand for digits where two persons' would be one."""
    day = int(number[9:11].translate(_OMOCODIA))
    values = [int(character, 36) % 36 for character in number[:15]]
    values = [value if value < 10 else value - 10 for value in values]
    total = sum(_ITALIAN_ODD[value] if position % 2 == 0 else value for position, value in enumerate(values))
    return (1 <= day <= 31 or 41 <= day <= 71) and chr(ord("A") + total % 26) == number[15]


def _japanese(number: str) -> bool:
    rest = weighted(number[:11], (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return len(set(number)) > 1 and int(number[11]) == (0 if rest < 2 else 11 - rest)


def _korean_shape(number: str) -> bool:
    return _born(number[:2], number[2:4], number[4:6]) and number[6] in "1234567890"


def _korean(number: str) -> bool:
    check = (11 - weighted(number[:12], (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10
    return _korean_shape(number) and check == int(number[12])


def _latvian(number: str) -> bool:
    dated = number.startswith("32") or (_born(number[4:6], number[2:4], number[:2]) and number[6] in "012")
    check = (1 + weighted(number[:10], (10, 5, 8, 4, 2, 1, 6, 3, 7, 9))) % 11 % 10
    return dated and check == int(number[10])


def _norwegian(number: str) -> bool:
    day = int(number[:2])
    day -= 40 if day > 40 else 0  # D-numbers
    first = -weighted(number[:9], (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
    second = -weighted(number[:10], (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return is_date(int(number[4:6]), int(number[2:4]), day) and number[9:] == f"{first}{second}"


def _polish(number: str) -> bool:
    month = int(number[2:4]) % 20  # 20 more for each century from 2000 on, 80 for 1800
    check = -weighted(number[:10], (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10
    return is_date(int(number[:2]), month, int(number[4:6])) and check == int(number[10])


def _portuguese_tax(number: str) -> bool:
    rest = weighted(number[:8], range(9, 1, -1)) % 11
    return number[0] != "0" and int(number[8]) == (0 if rest < 2 else 11 - rest)


def _portuguese_card(number: str) -> bool:
    total = 0
    for position, character in enumerate(reversed(number)):
        value = int(character, 36) * (2 if position % 2 else 1)
        total += value - 9 if position % 2 and value > 9 else value
    return total % 10 == 0


def _romanian(number: str) -> bool:
    county = int(number[7:9])
    check = weighted(number[:12], (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    known = number[0] != "0" and (1 <= county <= 52 or county in (70, 80, 81, 82, 83))
    dated = _born(number[1:3], number[3:5], number[5:7])
    return known and dated and int(number[12]) == (1 if check == 10 else check)


def _russian_insurance(number: str) -> bool:
    return weighted(number[:9], range(9, 0, -1)) % 101 % 100 == int(number[9:])


def _russian_tax(number: str) -> bool:
    weights = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
    first = weighted(number[:10], weights[1:]) % 11 % 10
    second = weighted(number[:11], weights) % 11 % 10
    return number.strip("0") != "" and number[10:] == f"{first}{second}"


def _south_african(number: str) -> bool:
    return _born(number[:2], number[2:4], number[4:6]) and number[10] in "012" and luhn(number)


_SPANISH_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def _spanish(number: str) -> bool:
    digits = number[:-1].translate(str.maketrans("XYZ", "012"))
    return _SPANISH_LETTERS[int(digits) % 23] == number[-1]


def _swedish(number: str) -> bool:
    last_ten = number.replace("+", "")[-10:]
    day = int(last_ten[4:6])
    day -= 60 if day > 60 else 0  # coordination numbers
    return is_date(int(last_ten[:2]), int(last_ten[2:4]), day) and luhn(last_ten)


def _thai(number: str) -> bool:
    return number[0] not in "09" and (11 - weighted(number[:12], range(13, 1, -1)) % 11) % 10 == int(number[12])


def _turkish(number: str) -> bool:
    digits = [int(digit) for digit in number]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[0] != 0 and digits[9] == tenth and digits[10] == sum(digits[:10]) % 10


def _ukrainian(number: str) -> bool:
    check = weighted(number[:9], (-1, 5, 7, 9, 4, 6, 10, 5, 7)) % 11 % 10
    return number.strip("0") != "" and check == int(number[9])


def _yugoslav(number: str) -> bool:
    check = -weighted(number[:12], (7, 6, 5, 4, 3, 2) * 2) % 11 % 10
    return _born(number[5:7], number[2:4], number[:2]) and number[4] in "890" and check == int(number[12])


# Of Czechoslovakia, and of both states since.
_RODNE_CISLO = Number(
    "rodné číslo",
    _czech,
    anywhere="[0-9]{6}/[0-9]{4}",
    behind="[0-9]{6}/?[0-9]{3,4}",
    words=("rodné číslo", "rodného čísla", "rod. č", "r. č.", "r.č."),
)
_JMBG = Number("JMBG", _yugoslav, anywhere="[0-9]{13}")

NUMBERS: Mapping[str, tuple[Number, ...]] = {
    "BA": (_JMBG,),
    "BE": (
        Number(
            "rijksregisternummer", _belgian, anywhere=r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}[.-][0-9]{2}|[0-9]{11}"
        ),
    ),
    "BG": (Number("ЕГН", _bulgarian, behind="[0-9]{10}", words=("ЕГН", "единен граждански номер")),),
    "BR": (
        Number(
            "CPF",
            _brazilian,
            anywhere=r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}",
            behind="[0-9]{11}|[0-9]{9}-[0-9]{2}",
            words=("CPF", "cadastro de pessoa"),
        ),
    ),
    "CN": (Number("居民身份证号码", _chinese, anywhere="[1-9][0-9]{16}[0-9Xx]"),),
    "CZ": (_RODNE_CISLO,),
    "DE": (
        Number(
            "Steuer-Identifikationsnummer",
            _german,
            anywhere="[0-9]{11}",
            behind="[0-9]{2} [0-9]{3} [0-9]{3} [0-9]{3}",
            words=("Steuer-ID", "Steueridentifikation", "Identifikationsnummer", "IdNr", "Steuer-IdNr"),
        ),
    ),
    "DK": (
        Number(
            "CPR-nummer", _danish, behind="[0-9]{6}-?[0-9]{4}", words=("CPR", "personnummer", "cpr-nummer", "cpr-nr")
        ),
    ),
    "EE": (Number("isikukood", _baltic, anywhere="[0-9]{11}"),),
    "ES": (
        Number("DNI", _spanish, anywhere="[0-9]{8}[ -]?[A-Za-z]"),
        Number("NIE", _spanish, anywhere="[XYZxyz][ -]?[0-9]{7}[ -]?[A-Za-z]"),
    ),
    "FI": (Number("henkilötunnus", _finnish, anywhere="[0-9]{6}[-+A-FU-Ya-fu-y][0-9]{3}[0-9A-Ya-y]"),),
    "FR": (
        Number(
            "numéro de sécurité sociale",
            _french,
            anywhere="[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[ABab]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
        ),
    ),
    "GR": (Number("ΑΜΚΑ", _greek, anywhere="[0-9]{11}"),),
    "HR": (
        Number("OIB", _croatian, behind="[0-9]{11}", words=("OIB", "osobni identifikacijski broj")),
        _JMBG,
    ),
    "HU": (
        Number("adóazonosító jel", _hungarian_tax, behind="8[0-9]{9}", words=("adóazonosító", "adószám")),
        Number(
            "TAJ-szám",
            _hungarian_health,
            behind="[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}",
            words=("TAJ", "taj-szám", "tajszám"),
        ),
    ),
    "IL": (
        Number(
            "תעודת זהות", _israeli, behind="[0-9]{8}-?[0-9]", words=("תעודת זהות", "מספר זהות", "ת.ז", "ת״ז", 'ת"ז')
        ),
    ),
    "IN": (
        Number(
            "Aadhaar",
            _indian,
            behind="[2-9][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}",
            words=("Aadhaar", "Aadhar", "UIDAI", "आधार", "আধার", "ஆதார்", "ఆధార్", "ಆಧಾರ್", "ആധാർ", "આધાર", "ਆਧਾਰ", "آدھار"),
        ),
    ),
    "IR": (
        Number("کد ملی", _iranian, behind="[0-9]{10}|[0-9]{3}-[0-9]{6}-[0-9]", words=("کد ملی", "کدملی", "شماره ملی")),
    ),
    "IT": (
        Number(
            "codice fiscale",
            _italian,
            anywhere="[A-Za-z]{6}[0-9L-NP-Vl-np-v]{2}[A-EHLMPRSTa-ehlmprst][0-9L-NP-Vl-np-v]{2}[A-Za-z][0-9L-NP-Vl-np-v]{3}[A-Za-z]",
        ),
    ),
    "JP": (
        Number("個人番号", _japanese, behind="[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}", words=("個人番号", "マイナンバー")),
    ),
    "KR": (
        Number(
            "주민등록번호",
            _korean,
            anywhere="[0-9]{6}-[0-9]{7}",
        ),
        # Since October 2020 the last six digits are random: a date and the shape are all there is to hold on to.
        Number(
            "주민등록번호", _korean_shape, behind="[0-9]{6} ?-? ?[0-9]{7}", words=("주민등록", "주민번호", "외국인등록")
        ),
    ),
    "LT": (Number("asmens kodas", _baltic, anywhere="[0-9]{11}"),),
    "LV": (
        Number(
            "personas kods", _latvian, anywhere="[0-9]{6}-[0-9]{5}", behind="[0-9]{11}", words=("personas kod", "p.k.")
        ),
    ),
    "ME": (_JMBG,),
    "MK": (_JMBG,),
    "NL": (
        Number(
            "burgerservicenummer",
            _dutch,
            behind=r"[0-9]{9}|[0-9]{4}\.[0-9]{2}\.[0-9]{3}",
            words=("BSN", "burgerservicenummer", "bsn-nummer", "sofinummer", "sofi-nummer"),
        ),
    ),
    "NO": (Number("fødselsnummer", _norwegian, anywhere="[0-9]{6} ?[0-9]{5}"),),
    "PL": (Number("PESEL", _polish, behind="[0-9]{11}", words=("PESEL", "peselu")),),
    "PT": (
        Number(
            "NIF",
            _portuguese_tax,
            behind="[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
            words=("NIF", "contribuinte", "número fiscal"),
        ),
        Number("cartão de cidadão", _portuguese_card, anywhere="[0-9]{8} ?[0-9] ?[A-Z]{2}[0-9]"),
    ),
    "RO": (Number("CNP", _romanian, anywhere="[0-9]{13}"),),
    "RS": (_JMBG,),
    "RU": (
        Number("СНИЛС", _russian_insurance, anywhere="[0-9]{3}-[0-9]{3}-[0-9]{3}[ -][0-9]{2}"),
        Number("ИНН", _russian_tax, behind="[0-9]{12}", words=("ИНН",)),
    ),
    "SE": (
        Number(
            "personnummer",
            _swedish,
            anywhere="(?:18|19|20)?[0-9]{6}[-+][0-9]{4}|(?:18|19|20)[0-9]{10}",
            behind="[0-9]{10}",
            words=("personnummer", "samordningsnummer", "pnr"),
        ),
    ),
    "SI": (Number("EMŠO", _yugoslav, anywhere="[0-9]{13}"),),
    "SK": (_RODNE_CISLO,),
    "TH": (
        Number(
            "เลขประจำตัวประชาชน",
            _thai,
            anywhere="[1-8]([ -])[0-9]{4}\\1[0-9]{5}\\1[0-9]{2}\\1[0-9]",
            behind="[1-8][0-9]{12}",
            words=("ประชาชน", "เลขประจำตัว", "เลขที่บัตร"),
        ),
    ),
    "TR": (Number("T.C. kimlik numarası", _turkish, anywhere="[1-9][0-9]{10}"),),
    "UA": (
        Number(
            "РНОКПП", _ukrainian, behind="[0-9]{10}", words=("РНОКПП", "ІПН", "ідентифікаційний", "податковий номер")
        ),
    ),
    "ZA": (Number("identity number", _south_african, anywhere="[0-9]{6} ?[0-9]{4} ?[0-9]{3}"),),
}
