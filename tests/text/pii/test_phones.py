"""Phone numbers of every plan that phonenumbers carries; amounts, dates and addresses of machines stay."""

import phonenumbers
import pytest

from glotmill.core.errors import SettingsError
from glotmill.text.pii.digits import plain
from glotmill.text.pii.phones import phones

KINDS = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)


def _examples(country: str, form: int) -> list[str]:
    examples = (phonenumbers.example_number_for_type(country, kind) for kind in KINDS)
    return [phonenumbers.format_number(example, form) for example in examples if example is not None]


def test_numbers_with_a_plus_are_found_for_every_country():
    find = phones(())
    missed = [
        (country, example)
        for country in sorted(phonenumbers.SUPPORTED_REGIONS)
        for example in _examples(country, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        if [span[:2] for span in find(f"Namba {example}.")] != [(6, 6 + len(example))]
    ]
    assert missed == []


@pytest.mark.parametrize(
    "country", ["DE", "TR", "TH", "IN", "CN", "EG", "KH", "TZ", "ES", "FR", "KR", "JP", "PL", "GR", "IL", "IR"]
)
def test_announced_numbers_are_found_as_their_country_writes_them(country):
    find = phones((country,))
    for example in _examples(country, phonenumbers.PhoneNumberFormat.NATIONAL):
        text = f"Tel: {example} ."
        assert [text[span.start : span.end] for span in find(text)] == [example]


@pytest.mark.parametrize(
    ("country", "text", "number"),
    [
        ("DE", "Rufen Sie uns an: (030) 901820-0 oder später", "(030) 901820-0"),
        ("DE", "Handy 0171 2345678", "0171 2345678"),
        ("TH", "โทร๐๘๑-๒๓๔-๕๖๗๘ได้ทุกวัน", "๐๘๑-๒๓๔-๕๖๗๘"),
        ("IN", "फ़ोन: ०२२-२५५५ ५५५५ पर", "०२२-२५५५ ५५५५"),
        ("CN", "电话：010-62751234。", "010-62751234"),
        ("ES", "Deitu 943 12 34 56 telefonora", "943 12 34 56"),
        ("EG", "هاتف ٠١٠ ٠١٢٣ ٤٥٦٧ مساءً", "٠١٠ ٠١٢٣ ٤٥٦٧"),
        ("TZ", "Piga simu 0713 123 456 sasa", "0713 123 456"),
        ("KH", "ទូរស័ព្ទ 012 345 678 ។", "012 345 678"),
        ("TR", "Telefon: 0 (312) 213 29 65", "0 (312) 213 29 65"),
    ],
)
def test_numbers_are_found_in_running_text(country, text, number):
    assert [text[span.start : span.end] for span in phones((country,))(plain(text))] == [number]


@pytest.mark.parametrize(
    "text",
    [
        "am 01.02.2024 und 2024-10-12, 10/11/2023",
        "von 1990-2000 bis 0.91 (1994 Januar)",
        "Netz 192.168.0.0/255.255.255.0, 10.8.0.0 255.255.255.0",
        "10.000.000 USD, 123 456 789 Kč, 12 34 56 78",
        "ISBN 978-3-16-148410-0, DIN 55350-11",
        "112, 110 und 116117",
        "Tel. 12 345",
        "ราคา 1,234,567.00 บาท",
        "+1 + 2 = 3; 3+4",
    ],
)
def test_what_is_no_phone_number_stays(text):
    assert list(phones(("DE", "ES", "TH", "CZ"))(plain(text))) == []


def test_an_unknown_country_is_named():
    with pytest.raises(SettingsError, match="no numbering plan for XX"):
        phones(("DE", "XX"))
