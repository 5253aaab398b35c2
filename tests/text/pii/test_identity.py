"""Numbers of persons: every rule held against python-stdnum, and against chance."""

import importlib
import random

import pytest

from glotmill.text.pii.digits import plain
from glotmill.text.pii.identity import NUMBERS, national_ids

RANDOM = random.Random(20261128)


def _digits(count: int) -> str:
    return "".join(RANDOM.choice("0123456789") for _ in range(count))


def _born(form: str) -> str:
    year = RANDOM.randrange(1900, 2025)
    return form.format(Y=year, y=year % 100, m=RANDOM.randrange(1, 14), d=RANDOM.randrange(1, 32))


def _ymd(rest: int) -> str:
    return _born("{y:02d}{m:02d}{d:02d}") + _digits(rest)


def _dmy(rest: int) -> str:
    return _born("{d:02d}{m:02d}{y:02d}") + _digits(rest)


# Country, index of its number, the module of python-stdnum, numbers of which some are valid, and how many of those
# that we take it may refuse: it knows which dates are in the future and which centuries go with which digits.
ORACLES = [
    ("BE", 0, "be.nn", lambda: _ymd(5), 0.2),
    ("BG", 0, "bg.egn", lambda: _ymd(4), 0),
    ("BR", 0, "br.cpf", lambda: _digits(11), 0),
    ("CN", 0, "cn.ric", lambda: "110105" + _born("{Y}{m:02d}{d:02d}") + _digits(3) + RANDOM.choice("0123456789X"), 0),
    ("CZ", 0, "cz.rc", lambda: _ymd(4), 0),
    ("DE", 0, "de.idnr", lambda: "".join(RANDOM.sample("123456789", 9)) + _digits(2), 0),
    ("EE", 0, "ee.ik", lambda: RANDOM.choice("3456") + _ymd(4), 0),
    ("ES", 0, "es.dni", lambda: _digits(8) + RANDOM.choice("TRWAGMYFPDXBNJZSQVHLCKE"), 0),
    ("ES", 1, "es.nie", lambda: RANDOM.choice("XYZ") + _digits(7) + RANDOM.choice("TRWAGMYFPDXBNJZSQVHLCKE"), 0),
    ("FI", 0, "fi.hetu", lambda: _dmy(0) + "-" + _digits(3) + RANDOM.choice("0123456789ABCDEFHJKLMNPRSTUVWXY"), 0),
    ("FR", 0, "fr.nir", lambda: RANDOM.choice("12") + _digits(2) + f"{RANDOM.randrange(1, 13):02d}75" + _digits(8), 0),
    ("GR", 0, "gr.amka", lambda: _dmy(5), 0),
    ("HR", 0, "hr.oib", lambda: _digits(11), 0),
    ("IL", 0, "il.idnr", lambda: _digits(9), 0),
    ("IN", 0, "in_.aadhaar", lambda: RANDOM.choice("23456789") + _digits(11), 0),
    (
        "IT",
        0,
        "it.codicefiscale",
        lambda: f"RSSMRA80A{RANDOM.randrange(1, 32):02d}H501{RANDOM.choice('ABCDEFGHIJ')}",
        0,
    ),
    ("KR", 0, "kr.rrn", lambda: _ymd(7), 0.1),
    ("LT", 0, "lt.asmens", lambda: RANDOM.choice("3456") + _ymd(4), 0),
    ("LV", 0, "lv.pvn", lambda: _dmy(0) + RANDOM.choice("12") + _digits(4), 0),
    ("NL", 0, "nl.bsn", lambda: _digits(9), 0),
    ("NO", 0, "no.fodselsnummer", lambda: _dmy(5), 0.5),
    ("PL", 0, "pl.pesel", lambda: _ymd(5), 0.01),
    ("PT", 0, "pt.nif", lambda: RANDOM.choice("123") + _digits(8), 0),
    ("PT", 1, "pt.cc", lambda: _digits(9) + "ZZ" + _digits(1), 0),
    ("RO", 0, "ro.cnp", lambda: RANDOM.choice("12") + _ymd(0) + f"{RANDOM.randrange(1, 47):02d}" + _digits(4), 0),
    ("RU", 1, "ru.inn", lambda: _digits(12), 0),
    ("SE", 0, "se.personnummer", lambda: _ymd(0) + "-" + _digits(4), 0),
    ("SI", 0, "si.emso", lambda: _born("{d:02d}{m:02d}") + f"9{RANDOM.randrange(40, 99)}50" + _digits(4), 0),
    ("TH", 0, "th.pin", lambda: RANDOM.choice("12345678") + _digits(12), 0),
    ("TR", 0, "tr.tckimlik", lambda: _digits(11), 0),
    ("UA", 0, "ua.rntrc", lambda: _digits(10), 0),
    ("ZA", 0, "za.idnr", lambda: _ymd(7), 0.5),
]


@pytest.mark.parametrize(("country", "index", "module", "draw", "lenient"), ORACLES, ids=[row[2] for row in ORACLES])
def test_check_digits_agree_with_another_implementation(country, index, module, draw, lenient):
    oracle = importlib.import_module(f"stdnum.{module}")
    number = NUMBERS[country][index]
    ours = theirs = 0
    for _ in range(3000):
        drawn = draw()
        valid = number.valid(drawn.replace("-", "").upper())
        if oracle.is_valid(drawn):
            theirs += 1
            assert valid, drawn
        ours += valid
    assert theirs >= 5
    assert ours - theirs <= lenient * ours


@pytest.mark.parametrize("country", sorted(NUMBERS))
def test_random_digits_are_rarely_anybodys_number(country):
    find = national_ids((country,))
    lengths = (9, 10, 11, 12, 13, 14, 15, 16, 18)
    found = {length: sum(bool(list(find(_digits(length)))) for _ in range(1500)) for length in lengths}
    assert max(found.values()) <= 30  # 1 in 100, with room for chance


@pytest.mark.parametrize(
    ("country", "text", "number"),
    [
        ("ES", "Zenbakia 12345678Z da, gorde ezazu.", "12345678Z"),
        ("DE", "Meine Steuer-ID lautet 86 095 742 719.", "86 095 742 719"),
        ("IN", "मेरा आधार नंबर २३४१ २३४१ २३४६ है", "२३४१ २३४१ २३४६"),
        ("TH", "เลขประจำตัวประชาชน๑๒๓๔๕๖๗๘๙๐๑๒๑ของฉัน", "๑๒๓๔๕๖๗๘๙๐๑๒๑"),
        ("TH", "บัตร1-2345-67890-12-1หาย", "1-2345-67890-12-1"),
        ("CN", "身份证号码11010519491231002X请核对", "11010519491231002X"),
        ("KR", "주민등록번호는 900101-1234568입니다", "900101-1234568"),
        ("KR", "주민등록번호는 210101-3999999입니다", "210101-3999999"),
        ("TR", "T.C. KİMLİK NO: 10000000146", "10000000146"),
        ("IR", "کد ملی ۰۰۸۴۵۷۵۹۴۸ ثبت شد", "۰۰۸۴۵۷۵۹۴۸"),
        ("IL", "ת״ז 123456782 של המבקש", "123456782"),
        ("JP", "マイナンバーは1234 5678 9018です", "1234 5678 9018"),
        ("BR", "Meu CPF: 529.982.247-25.", "529.982.247-25"),
        ("SE", "född 640823-3234 i Umeå", "640823-3234"),
        ("HU", "Az adóazonosító jele 8071592153 volt.", "8071592153"),
        ("FR", "numéro 2 55 08 14 168 025 38, merci", "2 55 08 14 168 025 38"),
        ("UA", "ІПН 1759013776 платника", "1759013776"),
        ("RU", "СНИЛС 112-233-445 95", "112-233-445 95"),
    ],
)
def test_numbers_are_found_in_running_text(country, text, number):
    spans = list(national_ids((country,))(plain(text)))
    assert [text[span.start : span.end] for span in spans] == [number]


@pytest.mark.parametrize(
    ("country", "text"),
    [
        ("DE", "Einwohner: 86095742718, im Jahr 2011."),
        ("DE", "Auflage 86 095 742 719 Stück"),
        ("HR", "Broj 12345678903 u tablici"),
        ("NL", "bestelling 111222333 verzonden"),
        ("TH", "รหัสสินค้า 1234567890121"),
        ("IN", "कुल 2341 2341 2346 रुपये"),
        ("KR", "주문 900101-1234567"),
        ("ES", "ISO 20240101T120000Z"),
        ("SE", "order 640823-3235"),
    ],
)
def test_what_is_not_announced_or_does_not_check_stays(country, text):
    assert list(national_ids((country,))(plain(text))) == []
